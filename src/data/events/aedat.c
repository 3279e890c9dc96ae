/* AEDAT 2.0 and 3.1, as jAER and cAER write them (iniVation's documentation of
 * the formats). A header of lines that begin with #, the first of which has the
 * version; then events.
 *
 * 2.0: big-endian address and time, 32 bits each. DVS128: bits 15 external,
 * 14-8 y, 7-1 x, 0 off. DAVIS: bits 31 no event of the kind, 30-22 y, 21-12 x,
 * 11 on, 10 external. x counts from the right and y from below: so jAER, which
 * writes them, reads them.
 * 3.1: packets with a header of 28 bytes, little-endian. Those of type 1 have
 * events of 8 bytes: bits 31-17 x, 16-2 y, 1 on, 0 valid; then 31 bits of time,
 * to which the packet's overflow brings the ones above. */
#include "data/events/stream.h"

#include <inttypes.h>
#include <string.h>

typedef struct chip {
    const char *name; /* as it begins somewhere in a line of the header */
    uint32_t height, width;
    bool small; /* has the addresses of a DVS128 */
} chip;

static const chip chips[] = {
    {"DVS128", 128, 128, true},     {"Davis128", 128, 128, false},
    {"DAVIS128", 128, 128, false},  {"Davis208", 192, 208, false},
    {"DAVIS208", 192, 208, false},  {"Davis240", 180, 240, false},
    {"DAVIS240", 180, 240, false},  {"Davis346", 260, 346, false},
    {"DAVIS346", 260, 346, false},  {"Davis640", 480, 640, false},
    {"DAVIS640", 480, 640, false},  {"eDVS", 128, 128, true},
    {"DVXplorer", 480, 640, false},
};

/* What the header says. */
typedef struct header {
    int version; /* 2 or 3 */
    const chip *chip;
} header;

static void look_for_chip(const char *line, header *h)
{
    const bool names = strncmp(line, "# AEChip", 8) == 0 ||
                       strncmp(line, "#Source", 7) == 0 ||
                       strncmp(line, "# HardwareInterface", 19) == 0;
    for (size_t i = 0; names && i < sizeof chips / sizeof *chips; i++)
        if (!h->chip && strstr(line, chips[i].name))
            h->chip = &chips[i];
}

static sg_status read_version(sg__event_stream *s, header *h)
{
    char line[SG__LINE_MAX];
    const uint8_t *bytes;
    size_t got;
    sg_status status = sg__stream_peek(s, 9, &bytes, &got);
    if (status)
        return status;
    if (got < 9 || memcmp(bytes, "#!AER-DAT", 9) != 0)
        return sg__stream_bad(s, 0, "expected #!AER-DAT2.0 or #!AER-DAT3.1");
    status = sg__stream_line(s, line);
    if (status)
        return status;
    if (strncmp(line + 9, "2.0", 3) == 0)
        h->version = 2;
    else if (strncmp(line + 9, "3.1", 3) == 0)
        h->version = 3;
    else
        return sg__stream_bad(s, 9, "AEDAT version %.8s, expected 2.0 or 3.1",
                              line + 9);
    return SG_OK;
}

/* Whether a line of text with # in front is next: the first event may begin
 * with that byte too. Text beyond ASCII has to end as the lines of jAER do. */
static sg_status is_line(sg__event_stream *s, bool *yes)
{
    const uint8_t *bytes;
    size_t got, n = 0, ascii = 0;
    sg_status status = sg__stream_peek(s, SG__STREAM_TAKE_MAX, &bytes, &got);
    *yes = false;
    if (status || got == 0 || bytes[0] != '#')
        return status;
    for (; n < got && (bytes[n] >= ' ' || bytes[n] == '\t') && bytes[n] != 127;
         n++)
        ascii += ascii == n && bytes[n] < 128;
    if (ascii >= SG__LINE_MAX)
        *yes = true;
    else if (ascii == n)
        *yes = n < got && (bytes[n] == '\r' || bytes[n] == '\n');
    else
        *yes = n + 1 < got && bytes[n] == '\r' && bytes[n + 1] == '\n';
    return SG_OK;
}

static sg_status read_header(sg__event_stream *s, header *h)
{
    char line[SG__LINE_MAX];
    sg_status status = read_version(s, h);
    while (!status) {
        bool more = true;
        if (h->version == 2)
            status = is_line(s, &more);
        if (status || !more)
            break;
        uint64_t at = sg__stream_offset(s);
        status = sg__stream_line(s, line);
        if (!status && strcmp(line, "#!END-HEADER") == 0)
            break;
        if (!status && line[0] != '#')
            return sg__stream_bad(s, at, "expected #!END-HEADER before data");
        if (!status)
            look_for_chip(line, h);
    }
    if (!status && h->chip)
        status = sg__stream_sensor(s, h->chip->height, h->chip->width);
    return status;
}

/* x and y from the lower right corner. */
static sg_status put_turned(sg__event_stream *s, uint64_t time, uint32_t x,
                            uint32_t y, bool on)
{
    return sg__stream_put(s, time, x < s->width ? s->width - 1 - x : x,
                          y < s->height ? s->height - 1 - y : y, on);
}

static sg_status put_dvs128(sg__event_stream *s, uint32_t address,
                            uint64_t time)
{
    if (address & 0x8000) /* external */
        return SG_OK;
    return put_turned(s, time, address >> 1 & 127, address >> 8 & 127,
                      !(address & 1));
}

static sg_status put_davis(sg__event_stream *s, uint32_t address,
                           uint64_t time)
{
    if (address & 0x80000400) /* a frame's pixel, the IMU, external */
        return SG_OK;
    return put_turned(s, time, address >> 12 & 1023, address >> 22 & 511,
                      address >> 11 & 1);
}

/* Whether a file that does not say its camera is of a DVS128, which has
 * addresses of 16 bits: so its first one tells, if the sensor may be that. */
static sg_status guess_small(sg__event_stream *s, uint32_t address,
                             bool *small)
{
    *small = address < 0x10000 &&
             (s->height == 0 || (s->height == 128 && s->width == 128));
    return *small ? sg__stream_sensor(s, 128, 128) : SG_OK;
}

static sg_status read_2(sg__event_stream *s, const header *h)
{
    uint64_t clock = 0;
    bool begun = false, small = h->chip && h->chip->small;
    for (;; begun = true) {
        const uint8_t *b;
        sg_status status = sg__stream_take(s, 8, "an event", &b);
        if (status || !b)
            return status;
        uint32_t address = sg__be32(b);
        if (!h->chip && !begun)
            status = guess_small(s, address, &small);
        if (!status && !h->chip && small && address >= 0x10000)
            return sg__stream_bad(
                s, s->at_event,
                "an address of more than 16 bits behind "
                "those of a DVS128; expected a line # AEChip "
                "with the camera, or sensor=HxW of another");
        uint64_t time = sg__unwrap(&clock, 32, sg__be32(b + 4));
        if (!status)
            status = small ? put_dvs128(s, address, time)
                           : put_davis(s, address, time);
        if (status)
            return status;
    }
}

/* The header of a packet. */
typedef struct packet {
    uint32_t type, size, offset, overflow, capacity, number;
} packet;

static sg_status read_packet(sg__event_stream *s, packet *p, bool *end)
{
    const uint8_t *b;
    sg_status status = sg__stream_take(s, 28, "a packet's header", &b);
    *end = !b;
    if (status || !b)
        return status;
    *p = (packet){sg__le16(b),      sg__le32(b + 4),  sg__le32(b + 8),
                  sg__le32(b + 12), sg__le32(b + 16), sg__le32(b + 20)};
    if (p->size == 0 || p->size > INT32_MAX || p->capacity > INT32_MAX ||
        p->number > p->capacity || p->overflow > INT32_MAX)
        return sg__stream_bad(s, s->at_event,
                              "a packet of %" PRIu32 " events of %" PRIu32
                              " bytes in room for %" PRIu32
                              ", expected as many as there is room for",
                              p->number, p->size, p->capacity);
    if (p->type == 1 && (p->size != 8 || p->offset != 4))
        return sg__stream_bad(s, s->at_event,
                              "polarity events of %" PRIu32
                              " bytes, expected 8, their time behind 4",
                              p->size);
    return SG_OK;
}

static sg_status skip(sg__event_stream *s, uint64_t bytes)
{
    sg_status status = SG_OK;
    while (!status && bytes > 0) {
        const uint8_t *b;
        size_t n =
            bytes < SG__STREAM_TAKE_MAX ? (size_t)bytes : SG__STREAM_TAKE_MAX;
        status = sg__stream_take(s, n, "a packet", &b);
        if (!status && !b)
            return sg__stream_bad(s, sg__stream_offset(s),
                                  "the file ends within a packet");
        bytes -= n;
    }
    return status;
}

static sg_status read_polarity(sg__event_stream *s, const packet *p)
{
    for (uint32_t i = 0; i < p->number; i++) {
        const uint8_t *b;
        sg_status status = sg__stream_take(s, 8, "an event", &b);
        if (!status && !b)
            return sg__stream_bad(s, sg__stream_offset(s),
                                  "the file ends within a packet, expected "
                                  "%" PRIu32 " more events",
                                  p->number - i);
        if (status)
            return status;
        uint32_t data = sg__le32(b), time = sg__le32(b + 4);
        if (!(data & 1)) /* not valid */
            continue;
        if (time > INT32_MAX)
            return sg__stream_bad(s, s->at_event + 4,
                                  "a negative time, expected 31 bits");
        status = sg__stream_put(s, (uint64_t)p->overflow << 31 | time,
                                data >> 17, data >> 2 & 0x7fff, data >> 1 & 1);
        if (status)
            return status;
    }
    return skip(s, (uint64_t)(p->capacity - p->number) * p->size);
}

static sg_status read_3(sg__event_stream *s)
{
    for (;;) {
        packet p;
        bool end;
        sg_status status = read_packet(s, &p, &end);
        if (!status && end)
            return SG_OK;
        if (!status)
            status = p.type == 1 ? read_polarity(s, &p)
                                 : skip(s, (uint64_t)p.capacity * p.size);
        if (status)
            return status;
    }
}

static sg_status read_aedat(sg__event_stream *s)
{
    header h = {0, NULL};
    sg_status status = read_header(s, &h);
    if (status)
        return status;
    return h.version == 2 ? read_2(s, &h) : read_3(s);
}

const sg__event_format sg__events_aedat = {
    .suffix = "aedat",
    .name = "AEDAT 2.0 and 3.1",
    .absolute = true,
    .read = read_aedat,
};
