/* Prophesee's .raw in the encodings EVT 2.0 and EVT 3.0 (their documentation of
 * the formats): a header of lines that begin with "% ", then words, the upper 4
 * bits of which say what they are. Little-endian. What comes before the first
 * time is passed over, and so are words of other kinds. */
#include "data/events/stream.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct header {
    int version; /* 2, 3; 0: not said */
    char told[16];
    uint64_t height, width;
} header;

static void note_version(header *h, const char *text)
{
    size_t n = strcspn(text, "; \r");
    if (n >= sizeof h->told)
        n = sizeof h->told - 1;
    memcpy(h->told, text, n);
    h->told[n] = '\0';
    if (strcmp(h->told, "2.0") == 0 || strcmp(h->told, "EVT2") == 0)
        h->version = 2;
    if (strcmp(h->told, "3.0") == 0 || strcmp(h->told, "EVT3") == 0)
        h->version = 3;
}

static void note_size(header *h, const char *text)
{
    const char *height = strstr(text, "height="),
               *width = strstr(text, "width=");
    if (height && width) {
        h->height = strtoull(height + 7, NULL, 10);
        h->width = strtoull(width + 6, NULL, 10);
    }
}

static void note(header *h, const char *text)
{
    char *end;
    if (strncmp(text, "evt ", 4) == 0) {
        note_version(h, text + 4);
    } else if (strncmp(text, "format ", 7) == 0) {
        note_version(h, text + 7);
        note_size(h, text + 7);
    } else if (strncmp(text, "geometry ", 9) == 0) {
        h->width = strtoull(text + 9, &end, 10);
        h->height = *end == 'x' ? strtoull(end + 1, NULL, 10) : 0;
    }
}

static sg_status read_header(sg__event_stream *s, header *h)
{
    for (;;) {
        char line[SG__LINE_MAX];
        const uint8_t *b;
        size_t got;
        sg_status status = sg__stream_peek(s, 2, &b, &got);
        if (status)
            return status;
        if (got < 2 || b[0] != '%' || b[1] != ' ')
            break;
        status = sg__stream_line(s, line);
        if (status)
            return status;
        if (strcmp(line, "% end") == 0)
            break;
        note(h, line + 2);
    }
    if (!h->version)
        return sg__stream_bad(s, 0,
                              "encoding %s, expected a header with "
                              "%% evt 2.0 or %% evt 3.0",
                              *h->told ? h->told : "not said");
    return sg__stream_sensor(s, h->height, h->width);
}

/* EVT 2.0: words of 32 bits. Kinds 0 and 1 are events, off and on: 6 low bits
 * of time, 11 of x, 11 of y; kind 8 has the 28 bits of time above. */
static sg_status read_evt2(sg__event_stream *s)
{
    uint64_t high = 0; /* without the 6 low bits */
    bool timed = false;
    for (;;) {
        const uint8_t *b;
        sg_status status = sg__stream_take(s, 4, "a word", &b);
        if (status || !b)
            return status;
        uint32_t word = sg__le32(b), kind = word >> 28;
        if (kind == 8) {
            (void)sg__unwrap(&high, 28, word & 0xfffffff);
            timed = true;
        } else if (kind <= 1 && timed) {
            status =
                sg__stream_put(s, (high << 6) + (word >> 22 & 63),
                               word >> 11 & 0x7ff, word & 0x7ff, kind == 1);
        }
        if (status)
            return status;
    }
}

/* Where EVT 3.0 stands: what was said last holds on. */
typedef struct evt3 {
    uint64_t high; /* without the 12 low bits */
    uint32_t low, y, x;
    bool on, timed;
} evt3;

static void set_high(evt3 *e, uint32_t now)
{
    const uint64_t before = e->high;
    if (sg__unwrap(&e->high, 12, now) != before)
        e->low = 0;
    e->timed = true;
}

static sg_status put_at(sg__event_stream *s, const evt3 *e, uint32_t x)
{
    if (!e->timed)
        return SG_OK;
    return sg__stream_put(s, (e->high << 12) + e->low, x, e->y, e->on);
}

/* n pixels side by side, from x on. */
static sg_status put_vector(sg__event_stream *s, evt3 *e, uint32_t valid,
                            uint32_t n)
{
    sg_status status = SG_OK;
    for (uint32_t i = 0; !status && i < n; i++)
        if (valid >> i & 1)
            status = put_at(s, e, e->x + i);
    e->x += n;
    if (e->x > SG__SENSOR_MAX)
        e->x = SG__SENSOR_MAX;
    return status;
}

/* EVT 3.0: words of 16 bits. Kinds: 0 y, 2 one event at x, 3 x of a vector, 4
 * and 5 vectors of 12 and 8 pixels, 6 and 8 low and high 12 bits of time. */
static sg_status read_evt3(sg__event_stream *s)
{
    evt3 e = {0};
    for (;;) {
        const uint8_t *b;
        sg_status status = sg__stream_take(s, 2, "a word", &b);
        if (status || !b)
            return status;
        const uint32_t word = sg__le16(b), low = word & 0xfff;
        switch (word >> 12) {
        case 0:
            e.y = word & 0x7ff;
            break;
        case 2:
            e.on = word >> 11 & 1;
            status = put_at(s, &e, word & 0x7ff);
            break;
        case 3:
            e.x = word & 0x7ff;
            e.on = word >> 11 & 1;
            break;
        case 4:
            status = put_vector(s, &e, low, 12);
            break;
        case 5:
            status = put_vector(s, &e, low & 0xff, 8);
            break;
        case 6:
            e.low = low;
            break;
        case 8:
            set_high(&e, low);
            break;
        default:
            break;
        }
        if (status)
            return status;
    }
}

static sg_status read_raw(sg__event_stream *s)
{
    header h = {0, "", 0, 0};
    sg_status status = read_header(s, &h);
    if (status)
        return status;
    return h.version == 2 ? read_evt2(s) : read_evt3(s);
}

const sg__event_format sg__events_raw = {
    .suffix = "raw",
    .name = "Prophesee RAW, EVT 2.0 and 3.0",
    .absolute = true,
    .read = read_raw,
};
