/* Prophesee's .dat: a header of lines that begin with %, two bytes that say
 * what follows, then 8 bytes an event, little-endian: 32 bits of time, and from
 * version 2 on 14 bits of x, 14 of y, 4 of polarity; before that 9 bits of x, 8
 * of y, 1 of polarity. */
#include "data/events/stream.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct header {
    uint64_t version, height, width;
} header;

/* The number behind "% key ", if the line is that. */
static void take(const char *line, const char *key, uint64_t *value)
{
    size_t n = strlen(key);
    if (strncmp(line, key, n) == 0 && line[n] == ' ')
        *value = strtoull(line + n, NULL, 10);
}

static sg_status read_header(sg__event_stream *s, header *h)
{
    for (bool any = false;; any = true) {
        char line[SG__LINE_MAX];
        const uint8_t *b;
        size_t got;
        sg_status status = sg__stream_peek(s, 1, &b, &got);
        if (!status && (got == 0 || *b != '%'))
            return any ? SG_OK
                       : sg__stream_bad(s, 0,
                                        "expected a header of lines "
                                        "that begin with %%");
        if (!status)
            status = sg__stream_line(s, line);
        if (status)
            return status;
        const char *text = line + strspn(line, "% ");
        take(text, "Version", &h->version);
        take(text, "Height", &h->height);
        take(text, "Width", &h->width);
    }
}

static sg_status read_kind(sg__event_stream *s)
{
    const uint8_t *b;
    sg_status status = sg__stream_take(s, 2, "the header", &b);
    if (status)
        return status;
    if (!b)
        return sg__stream_bad(s, sg__stream_offset(s),
                              "the file ends, expected 2 bytes behind the "
                              "header");
    if ((b[0] != 0 && b[0] != 12) || b[1] != 8)
        return sg__stream_bad(s, s->at_event,
                              "events of kind %d and %d bytes, expected kind "
                              "0 or 12 and 8 bytes",
                              b[0], b[1]);
    return SG_OK;
}

static sg_status read_dat(sg__event_stream *s)
{
    header h = {0, 0, 0};
    uint64_t last = 0;
    sg_status status = read_header(s, &h);
    if (!status)
        status = read_kind(s);
    if (!status)
        status = sg__stream_sensor(s, h.height, h.width);
    while (!status) {
        const uint8_t *b;
        status = sg__stream_take(s, 8, "an event", &b);
        if (status || !b)
            break;
        uint64_t time = sg__unwrap(&last, 32, sg__le32(b));
        uint32_t at = sg__le32(b + 4);
        status = h.version >= 2
                     ? sg__stream_put(s, time, at & 0x3fff, at >> 14 & 0x3fff,
                                      at >> 28 & 1)
                     : sg__stream_put(s, time, at & 0x1ff, at >> 9 & 0xff,
                                      at >> 17 & 1);
    }
    return status;
}

const sg__event_format sg__events_dat = {
    .suffix = "dat",
    .name = "Prophesee DAT",
    .absolute = true,
    .read = read_dat,
};
