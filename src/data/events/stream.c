/* Bytes of a recording and events to their sink; see stream.h. */
#include "data/events/stream.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *sg__stream_columns(const sg__event_stream *s)
{
    return s->columns ? s->columns : "txyp";
}

uint64_t sg__stream_offset(const sg__event_stream *s)
{
    return s->source->offset - (s->have - s->at);
}

sg_status sg__stream_bad(sg__event_stream *s, uint64_t offset,
                         const char *format, ...)
{
    char text[160];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return sg__fail(s->error, SG_E_FORMAT, "%.200s: byte %" PRIu64 ": %s",
                    s->source->name, offset, text);
}

uint64_t sg__unwrap(uint64_t *last, unsigned bits, uint64_t counter)
{
    const uint64_t range = UINT64_C(1) << bits, half = range / 2;
    uint64_t time = (*last & ~(range - 1)) | counter;
    if (time + half < *last)
        time += range;
    else if (time >= range && time > *last + half)
        time -= range;
    *last = time;
    return time;
}

/* Brings n bytes together in the buffer, or what is left of the file. */
static sg_status fill(sg__event_stream *s, size_t n)
{
    size_t got;
    if (s->have - s->at >= n)
        return SG_OK;
    memmove(s->buffer, s->buffer + s->at, s->have - s->at);
    s->have -= s->at;
    s->at = 0;
    sg_status status =
        sg__source_read(s->source, s->buffer + s->have,
                        sizeof s->buffer - s->have, &got, s->error);
    s->have += got;
    return status;
}

sg_status sg__stream_peek(sg__event_stream *s, size_t n, const uint8_t **bytes,
                          size_t *got)
{
    sg_status status = fill(s, n);
    *bytes = s->buffer + s->at;
    *got = s->have - s->at < n ? s->have - s->at : n;
    return status;
}

sg_status sg__stream_take(sg__event_stream *s, size_t n, const char *what,
                          const uint8_t **bytes)
{
    size_t got;
    sg_status status = sg__stream_peek(s, n, bytes, &got);
    if (status)
        return status;
    s->at_event = sg__stream_offset(s);
    if (got == 0) {
        *bytes = NULL;
        return SG_OK;
    }
    if (got < n)
        return sg__stream_bad(s, s->source->offset,
                              "the file ends, expected %zu more bytes of %s",
                              n - got, what);
    s->at += n;
    return SG_OK;
}

sg_status sg__stream_line(sg__event_stream *s, char line[SG__LINE_MAX])
{
    size_t length = 0;
    for (size_t n = 0; n < SG__STREAM_BYTES; n++) {
        if (s->at == s->have) {
            sg_status status = fill(s, 1);
            if (status)
                return status;
            if (s->at == s->have)
                return sg__stream_bad(s, s->source->offset,
                                      "the file ends within a line of the "
                                      "header");
        }
        char c = (char)s->buffer[s->at++];
        if (c == '\n') {
            if (length > 0 && line[length - 1] == '\r')
                length--;
            line[length] = '\0';
            return SG_OK;
        }
        if (length < SG__LINE_MAX - 1)
            line[length++] = c;
    }
    return sg__stream_bad(s, sg__stream_offset(s),
                          "a line of the header has more than %d bytes",
                          SG__STREAM_BYTES);
}

sg_status sg__stream_sensor(sg__event_stream *s, uint64_t height,
                            uint64_t width)
{
    if (height > SG__SENSOR_MAX || width > SG__SENSOR_MAX)
        return sg__stream_bad(s, 0,
                              "a sensor of %" PRIu64 "x%" PRIu64 ", expected "
                              "at most %d a side",
                              height, width, SG__SENSOR_MAX);
    if (s->height == 0 && height > 0 && width > 0) {
        s->height = (uint32_t)height;
        s->width = (uint32_t)width;
    }
    return SG_OK;
}

/* The sensor's size as the caller says, or else the file, or else what is
 * usual; then the sink hears of it. Unknown: events are only looked at. */
static sg_status begin(sg__event_stream *s)
{
    s->begun = true;
    return s->height
               ? s->sink->sensor(s->sink->self, s->height, s->width, s->error)
               : SG_OK;
}

sg_status sg__stream_put(sg__event_stream *s, uint64_t time, uint32_t x,
                         uint32_t y, bool on)
{
    if (!s->begun) {
        sg_status status = begin(s);
        if (status)
            return status;
        s->start = s->absolute ? time : 0;
    }
    if (s->height == 0) {
        s->reach_x = x > s->reach_x ? x : s->reach_x;
        s->reach_y = y > s->reach_y ? y : s->reach_y;
        return SG_OK;
    }
    if (x >= s->width || y >= s->height)
        return sg__stream_bad(s, s->at_event,
                              "an event at x %" PRIu32 ", y %" PRIu32
                              " of a sensor of %" PRIu32 "x%" PRIu32
                              ", height x width",
                              x, y, s->height, s->width);
    time = time > s->start ? time - s->start : 0;
    if (time > s->latest)
        s->latest = time;
    const sg__camera_event event = {s->latest, x, y, on};
    return s->sink->put(s->sink->self, &event, s->error);
}

static sg_status read_all(sg__event_stream *s, const sg__event_format *format)
{
    sg_status status = format->read(s);
    if (status == SG_OK && !s->begun)
        status = begin(s); /* without events */
    if (status == SG_OK && s->height == 0)
        return sg__fail(s->error, SG_E_FORMAT,
                        "%.200s: does not say how large the sensor is, give "
                        "sensor=HxW; its events reach %" PRIu32 "x%" PRIu32,
                        s->source->name, s->reach_y + 1, s->reach_x + 1);
    return status;
}

sg_status sg__stream_read(const sg__event_format *format, sg__source *source,
                          const sg__known *known, const sg__sink *sink,
                          sg_error *error)
{
    sg__event_stream s;
    memset(&s, 0, offsetof(sg__event_stream, buffer));
    s.source = source;
    s.sink = sink;
    s.error = error;
    s.columns = known->columns;
    s.height = known->height;
    s.width = known->width;
    s.absolute = format->absolute;
    sg_status status = SG_OK;
    if (s.height == 0)
        status = sg__stream_sensor(&s, format->height, format->width);
    return status ? status : read_all(&s, format);
}
