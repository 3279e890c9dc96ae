/* Fuzz target: the readers of event recordings. The first byte of an input
 * chooses the format, the second some options, the rest is the file. What is
 * put out lies on the sensor and in the order of time, and what is taken twice
 * is the same twice. */
#include <stdlib.h>
#include <string.h>

#include "data/events/recordings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const sg__event_format *const formats[] = {
#define FORMAT(name) &sg__events_##name,
    SG__EVENT_FORMATS(FORMAT)
#undef FORMAT
};

enum { FORMATS = sizeof formats / sizeof *formats, LIMIT = 1 << 24 };

typedef struct watcher {
    uint32_t height, width;
    uint64_t last, events;
} watcher;

static sg_status watch_sensor(void *self, uint32_t height, uint32_t width,
                              sg_error *error)
{
    (void)error;
    watcher *w = self;
    if (w->height || !height || !width || height > SG__SENSOR_MAX ||
        width > SG__SENSOR_MAX)
        abort();
    w->height = height;
    w->width = width;
    return SG_OK;
}

static sg_status watch_event(void *self, const sg__camera_event *event,
                             sg_error *error)
{
    (void)error;
    watcher *w = self;
    if (event->x >= w->width || event->y >= w->height || event->time < w->last)
        abort();
    w->last = event->time;
    w->events++;
    return SG_OK;
}

/* Samples of one recording, small enough for many of them. */
static void count(const sg__event_format *format, const uint8_t *file,
                  size_t size, sg__event_shape *shape)
{
    sg__source source;
    sg_error error = {""};
    sg__parts parts = {.shape = shape, .limit = LIMIT};
    sg__source_memory("fuzz", file, size, &source);
    if (sg__parts_add(&parts, format, &source, NULL, 0, 1, &error) == SG_OK) {
        sg_data_event *event;
        size_t n;
        if (parts.count == 0)
            abort();
        sg__source_memory("fuzz", file, size, &source);
        if (sg__part_events(&parts, 0, format, &source, NULL, &event, &n,
                            &error) != SG_OK)
            abort();
        const size_t bytes =
            (size_t)parts.height * parts.width * parts.channels;
        uint64_t sum = 0;
        for (size_t i = 0; i < bytes; i++)
            sum += parts.counts[i];
        if (sum != n)
            abort();
        free(event);
    } else if (!error.text[0]) {
        abort();
    }
    sg__parts_free(&parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const sg__event_format *format = formats[data[0] % FORMATS];
    const uint8_t *file = data + 2;
    const uint8_t options = data[1];
    size -= 2;
    watcher w = {0, 0, 0, 0};
    const sg__sink sink = {watch_sensor, watch_event, &w};
    sg__source source;
    sg__source_memory("fuzz", file, size, &source);
    const sg__known known = {options & 1 ? 64 : 0, options & 1 ? 64 : 0, NULL};
    (void)sg__stream_read(format, &source, &known, &sink, NULL);
    sg__event_shape shape = {.bins = 1,
                             .split = true,
                             .cap = 3,
                             .known = {64, 64, NULL},
                             .to = UINT64_MAX};
    if (options & 2)
        shape.cut = 1000;
    if (options & 4)
        shape.growing = shape.cut > 0;
    if (options & 8 && !shape.cut)
        shape.cut_events = 5;
    count(format, file, size, &shape);
    return 0;
}
