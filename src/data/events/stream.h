/* The events of one recording, as they are read: a reader of a format takes
 * bytes from a stream and puts events into it; what becomes of them is the
 * sink's matter.
 *
 * What holds for every format is here: a pixel lies on the sensor, and time
 * never goes back. An event that is written behind a later one counts as
 * coming with it. */
#ifndef SG_DATA_EVENTS_STREAM_H
#define SG_DATA_EVENTS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "data/source.h"

enum {
    SG__SENSOR_MAX = 4096, /* pixels in a row or column of a sensor */
    SG__STREAM_BYTES = 1 << 16,
    SG__STREAM_TAKE_MAX = 4096,
    SG__LINE_MAX = 512
};

/* An event of a camera. time: microseconds; on: it got brighter. */
typedef struct sg__camera_event {
    uint64_t time;
    uint32_t x, y; /* from the upper left corner */
    bool on;
} sg__camera_event;

/* Who takes the events. sensor: its size is known, before the first event.
 * put: SG_E_MEMORY, or SG_E_FORMAT with a detail. */
typedef struct sg__sink {
    sg_status (*sensor)(void *self, uint32_t height, uint32_t width,
                        sg_error *error);
    sg_status (*put)(void *self, const sg__camera_event *event,
                     sg_error *error);
    void *self;
} sg__sink;

typedef struct sg__event_stream {
    sg__source *source;
    const sg__sink *sink;
    sg_error *error;
    const char *columns;       /* of tables without names; NULL: t, x, y, p */
    uint32_t height, width;    /* of the sensor; 0: not known */
    uint32_t reach_y, reach_x; /* of all events, if the size is not known */
    bool absolute;             /* times begin with the first event */
    bool begun;
    uint64_t start, latest;
    uint64_t at_event; /* offset of the event that is read */
    size_t at, have;
    uint8_t buffer[SG__STREAM_BYTES];
} sg__event_stream;

/* A format of recordings.
 *
 * suffix  of the files, without the dot
 * height, width  of the sensor if neither file nor caller says; 0: unknown
 * absolute  times have any beginning: the first event's becomes 0
 * read    all of a stream; SG_E_FORMAT with file, offset and what was expected */
typedef struct sg__event_format {
    const char *suffix, *name;
    uint32_t height, width;
    bool absolute;
    sg_status (*read)(sg__event_stream *s);
} sg__event_format;

/* X(NAME): the formats; each is a file beside this one, which defines
 * sg__events_NAME. */
#define SG__EVENT_FORMATS(X)                                                  \
    X(nmnist)                                                                 \
    X(aedat)                                                                  \
    X(dat)                                                                    \
    X(raw)                                                                    \
    X(csv)                                                                    \
    X(npy)                                                                    \
    X(npz)

#define SG__EVENT_DECLARE(name)                                               \
    extern const sg__event_format sg__events_##name;
SG__EVENT_FORMATS(SG__EVENT_DECLARE)
#undef SG__EVENT_DECLARE

/* sg__event_format_of: the format of a file by this name, which may end in
 * .gz; NULL if there is none. */
const sg__event_format *sg__event_format_of(const char *name);

/* sg__event_format_other: whether a file by this name is a recording of a kind
 * that is not read. */
bool sg__event_format_other(const char *name);

/* What the caller knows of a recording: the sensor's size, or 0, and which
 * columns a table without names has, as "txyp", or NULL for these. */
typedef struct sg__known {
    uint32_t height, width;
    const char *columns;
} sg__known;

/* sg__stream_read: reads all of source. SG_E_FORMAT; SG_E_MEMORY, SG_E_IO. */
sg_status sg__stream_read(const sg__event_format *format, sg__source *source,
                          const sg__known *known, const sg__sink *sink,
                          sg_error *error);

/* sg__stream_sensor: the file says how large the sensor is. Before the first
 * event; to be called with 0, 0 if the file does not say. */
sg_status sg__stream_sensor(sg__event_stream *s, uint64_t height,
                            uint64_t width);

/* sg__stream_put: the next event. */
sg_status sg__stream_put(sg__event_stream *s, uint64_t time, uint32_t x,
                         uint32_t y, bool on);

/* sg__unwrap: a counter of so many bits, below 64, as a time that goes on where
 * it begins anew at 0. *last is the time before, at first 0. A counter more than
 * half of its range behind has begun anew; one as far ahead, once it has, is an
 * event's from before that, which comes late. */
uint64_t sg__unwrap(uint64_t *last, unsigned bits, uint64_t counter);

/* sg__stream_take: the next n <= SG__STREAM_TAKE_MAX bytes; *bytes is NULL at
 * the end of the file. SG_E_FORMAT if it ends within them; what: of these
 * bytes, for the detail. */
sg_status sg__stream_take(sg__event_stream *s, size_t n, const char *what,
                          const uint8_t **bytes);

/* sg__stream_peek: up to n <= SG__STREAM_TAKE_MAX bytes that are next, which
 * stay. */
sg_status sg__stream_peek(sg__event_stream *s, size_t n, const uint8_t **bytes,
                          size_t *got);

/* sg__stream_line: a line of a header, without its end and cut after
 * SG__LINE_MAX - 1 characters; of up to 64 KiB. SG_E_FORMAT if the file ends
 * first, or it is longer. */
sg_status sg__stream_line(sg__event_stream *s, char line[SG__LINE_MAX]);

/* sg__stream_columns: of tables without names, as "txyp". */
const char *sg__stream_columns(const sg__event_stream *s);

/* sg__stream_offset: of the next byte in the file. */
uint64_t sg__stream_offset(const sg__event_stream *s);

/* sg__stream_bad: SG_E_FORMAT at the given offset of the file. */
sg_status sg__stream_bad(sg__event_stream *s, uint64_t offset,
                         const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static inline uint32_t sg__le16(const uint8_t *b)
{
    return (uint32_t)b[0] | (uint32_t)b[1] << 8;
}

static inline uint32_t sg__le32(const uint8_t *b)
{
    return sg__le16(b) | sg__le16(b + 2) << 16;
}

static inline uint32_t sg__be32(const uint8_t *b)
{
    return (uint32_t)b[3] | (uint32_t)b[2] << 8 | (uint32_t)b[1] << 16 |
           (uint32_t)b[0] << 24;
}

#endif
