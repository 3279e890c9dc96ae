/* Sinks of a stream of events: counts of samples, hot pixels, the events of
 * one sample; see recordings.h. */
#include "data/events/recordings.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The placer of a recording, whose hot pixels, if any, are of this sensor: the
 * file may be another one since it was read for them. */
static sg_status begin(sg__placer *p, const sg__event_shape *shape,
                       const sg__hot *hot, uint32_t height, uint32_t width,
                       const char *name, sg_error *error)
{
    sg_status status = sg__placer_begin(p, shape, height, width, name, error);
    if (status || !hot || !hot->silent)
        return status;
    p->silent = hot->silent;
    if (height == hot->height && width == hot->width)
        return SG_OK;
    return sg__fail(error, SG_E_IO,
                    "%.200s: has changed while it was read: a sensor of "
                    "%" PRIu32 "x%" PRIu32 ", before of %" PRIu32 "x%" PRIu32,
                    name, height, width, hot->height, hot->width);
}

/* Counting. */

typedef struct counter {
    sg__parts *parts;
    sg__placer placer;
    const sg__hot *hot;
    const char *name;
    uint32_t recording;
    uint16_t label;
    uint32_t first; /* sample of this recording */
    sg__place last;
} counter;

static size_t sample_bytes(const sg__parts *p)
{
    return (size_t)p->height * p->width * p->channels;
}

static sg_status take_shape(counter *c, sg_error *error)
{
    sg__parts *p = c->parts;
    const sg__placer *now = &c->placer;
    if (p->height == 0) {
        p->height = now->height;
        p->width = now->width;
        p->channels = now->channels;
    }
    if (p->height == now->height && p->width == now->width)
        return SG_OK;
    return sg__fail(error, SG_E_FORMAT,
                    "%.200s: samples of %" PRIu32 "x%" PRIu32 ", expected "
                    "%" PRIu32 "x%" PRIu32 " as of the recordings before; "
                    "crop= or size= make them alike",
                    c->name, now->height, now->width, p->height, p->width);
}

/* Room for one more sample, within the limit. */
static sg_status make_room(counter *c, sg_error *error)
{
    sg__parts *p = c->parts;
    const size_t bytes = sample_bytes(p);
    if (bytes > p->limit || p->count + UINT64_C(1) > p->limit / bytes)
        return sg__fail(error, SG_E_FORMAT,
                        "%.200s: more than %" PRIu64 " samples of %" PRIu32
                        "x%" PRIu32 "x%" PRIu32 ": they take more than "
                        "%" PRIu64 " bytes; ',limit=MIB' behind the path "
                        "takes more",
                        c->name, p->limit / bytes, p->height, p->width,
                        p->channels, p->limit);
    if (p->count < p->room)
        return SG_OK;
    uint64_t room = p->room ? 2 * (uint64_t)p->room : 1;
    if (room > p->limit / bytes)
        room = p->limit / bytes;
    uint8_t *counts = realloc(p->counts, (size_t)room * bytes);
    if (counts)
        p->counts = counts;
    uint16_t *labels = realloc(p->labels, (size_t)room * sizeof *labels);
    if (labels)
        p->labels = labels;
    struct sg__part *part = realloc(p->part, (size_t)room * sizeof *part);
    if (part)
        p->part = part;
    if (!counts || !labels || !part)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", c->name);
    p->room = (uint32_t)room;
    return SG_OK;
}

/* A new sample. Growing ones begin as the one before them ended. */
static sg_status add_sample(counter *c, uint64_t part, sg_error *error)
{
    sg__parts *p = c->parts;
    const size_t bytes = sample_bytes(p);
    sg_status status = make_room(c, error);
    if (status)
        return status;
    uint8_t *counts = p->counts + p->count * bytes;
    if (p->shape->growing && p->count > c->first)
        memcpy(counts, counts - bytes, bytes);
    else
        memset(counts, 0, bytes);
    p->labels[p->count] = c->label;
    p->part[p->count++] = (struct sg__part){c->recording, part};
    return SG_OK;
}

static sg_status count_sensor(void *self, uint32_t height, uint32_t width,
                              sg_error *error)
{
    counter *c = self;
    sg_status status = begin(&c->placer, c->parts->shape, c->hot, height,
                             width, c->name, error);
    return status ? status : take_shape(c, error);
}

static sg_status count_event(void *self, const sg__camera_event *event,
                             sg_error *error)
{
    counter *c = self;
    sg__parts *p = c->parts;
    sg__place at;
    if (!sg__placer_place(&c->placer, event, &at))
        return SG_OK;
    if (p->count == c->first || p->part[p->count - 1].part != at.part) {
        sg_status status = add_sample(c, at.part, error);
        if (status)
            return status;
    }
    uint8_t *count = &p->counts[(p->count - 1) * sample_bytes(p) + at.neuron];
    *count = (uint8_t)(*count + (*count < p->shape->cap));
    c->last = at;
    return SG_OK;
}

sg_status sg__parts_add(sg__parts *parts, const sg__event_format *format,
                        sg__source *source, const sg__hot *hot,
                        uint32_t recording, uint16_t label, sg_error *error)
{
    counter c = {.parts = parts,
                 .hot = hot,
                 .name = source->name,
                 .recording = recording,
                 .label = label,
                 .first = parts->count};
    const sg__sink sink = {count_sensor, count_event, &c};
    sg_status status =
        sg__stream_read(format, source, &parts->shape->known, &sink, error);
    if (!status && parts->count == c.first)
        return add_sample(&c, 0, error); /* no events: no spikes */
    if (!status && parts->count - c.first > 1 &&
        !sg__shape_keeps(parts->shape, &c.last, c.placer.seen))
        parts->count--;
    return status;
}

void sg__parts_free(sg__parts *parts)
{
    free(parts->counts);
    free(parts->labels);
    free(parts->part);
    parts->counts = NULL;
    parts->labels = NULL;
    parts->part = NULL;
}

/* Hot pixels. */

typedef struct tally {
    uint32_t *events;
    uint32_t height, width;
    uint64_t last;
} tally;

static sg_status tally_sensor(void *self, uint32_t height, uint32_t width,
                              sg_error *error)
{
    tally *t = self;
    t->height = height;
    t->width = width;
    t->events = calloc((size_t)height * width, sizeof *t->events);
    return t->events ? SG_OK
                     : sg__fail(error, SG_E_MEMORY, "events: out of memory");
}

static sg_status tally_event(void *self, const sg__camera_event *event,
                             sg_error *error)
{
    (void)error;
    tally *t = self;
    uint32_t *events = &t->events[(size_t)event->y * t->width + event->x];
    *events += *events < UINT32_MAX;
    t->last = event->time;
    return SG_OK;
}

sg_status sg__hot_pixels(const sg__event_shape *shape,
                         const sg__event_format *format, sg__source *source,
                         sg__hot *out, sg_error *error)
{
    tally t = {NULL, 0, 0, 0};
    const sg__sink sink = {tally_sensor, tally_event, &t};
    *out = (sg__hot){NULL, 0, 0};
    if (!shape->hot)
        return SG_OK;
    sg_status status =
        sg__stream_read(format, source, &shape->known, &sink, error);
    const size_t pixels = (size_t)t.height * t.width;
    if (!status) {
        *out =
            (sg__hot){malloc(pixels * sizeof *out->silent), t.height, t.width};
        if (!out->silent)
            status = sg__fail(error, SG_E_MEMORY, "%s: out of memory",
                              source->name);
    }
    for (size_t i = 0; out->silent && i < pixels; i++)
        out->silent[i] = sg__is_hot(shape, t.events[i], t.last);
    free(t.events);
    return status;
}

/* The events of one sample. */

typedef struct collector {
    const sg__parts *parts;
    sg__placer placer;
    const sg__hot *hot;
    const char *name;
    uint64_t part;
    uint8_t *counts;
    sg_data_event *event;
    size_t count, room;
} collector;

static sg_status collect_sensor(void *self, uint32_t height, uint32_t width,
                                sg_error *error)
{
    collector *c = self;
    const sg__parts *p = c->parts;
    sg_status status =
        begin(&c->placer, p->shape, c->hot, height, width, c->name, error);
    if (status)
        return status;
    if (c->placer.height != p->height || c->placer.width != p->width)
        return sg__fail(error, SG_E_IO,
                        "%.200s: has changed since it was opened: samples of "
                        "%" PRIu32 "x%" PRIu32 ", before of %" PRIu32
                        "x%" PRIu32,
                        c->name, c->placer.height, c->placer.width, p->height,
                        p->width);
    c->counts = calloc(sample_bytes(p), 1);
    return c->counts
               ? SG_OK
               : sg__fail(error, SG_E_MEMORY, "%s: out of memory", c->name);
}

static sg_status collect_event(void *self, const sg__camera_event *event,
                               sg_error *error)
{
    collector *c = self;
    sg__place at;
    if (!sg__placer_place(&c->placer, event, &at) || at.part > c->part ||
        (at.part < c->part && !c->parts->shape->growing) ||
        c->counts[at.neuron] == c->parts->shape->cap)
        return SG_OK;
    if (c->count == c->room) {
        size_t room = c->room ? 2 * c->room : 1024;
        sg_data_event *more = realloc(c->event, room * sizeof *more);
        if (!more)
            return sg__fail(error, SG_E_MEMORY, "%s: out of memory", c->name);
        c->event = more;
        c->room = room;
    }
    c->counts[at.neuron]++;
    c->event[c->count++] = (sg_data_event){at.time, at.neuron};
    return SG_OK;
}

sg_status sg__part_events(const sg__parts *parts, uint32_t i,
                          const sg__event_format *format, sg__source *source,
                          const sg__hot *hot, sg_data_event **events,
                          size_t *count, sg_error *error)
{
    collector c = {.parts = parts,
                   .hot = hot,
                   .name = source->name,
                   .part = parts->part[i].part};
    const sg__sink sink = {collect_sensor, collect_event, &c};
    sg_status status =
        sg__stream_read(format, source, &parts->shape->known, &sink, error);
    free(c.counts);
    if (status) {
        free(c.event);
        return status;
    }
    *events = c.event;
    *count = c.count;
    return SG_OK;
}
