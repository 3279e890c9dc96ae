/* Recordings as samples: spike counts when they are opened, and the events of
 * one sample anew from its file whenever they are asked for. */
#ifndef SG_DATA_EVENTS_RECORDINGS_H
#define SG_DATA_EVENTS_RECORDINGS_H

#include "data/data.h"
#include "data/events/shape.h"

/* The samples that are made of recordings, one after another. */
typedef struct sg__parts {
    const sg__event_shape *shape;
    uint8_t *counts; /* [count][height][width][channels] */
    uint16_t *labels;
    struct sg__part {
        uint32_t recording;
        uint64_t part;
    } * part;
    uint32_t count, room;
    uint32_t height, width, channels;
    uint64_t limit; /* bytes of counts */
} sg__parts;

/* Pixels of a recording that are too busy. */
typedef struct sg__hot {
    bool *silent;           /* [height][width]; NULL: none is asked for */
    uint32_t height, width; /* of the sensor that they were found on */
} sg__hot;

/* sg__parts_add: the samples of one recording, read from source.
 * SG_E_FORMAT if its samples have another shape than those before; SG_E_IO if
 * its sensor is not that of the hot pixels, as of a file that was replaced. */
sg_status sg__parts_add(sg__parts *parts, const sg__event_format *format,
                        sg__source *source, const sg__hot *hot,
                        uint32_t recording, uint16_t label, sg_error *error);

void sg__parts_free(sg__parts *parts);

/* sg__hot_pixels: marks the pixels of a recording that are too busy, in new
 * memory. */
sg_status sg__hot_pixels(const sg__event_shape *shape,
                         const sg__event_format *format, sg__source *source,
                         sg__hot *out, sg_error *error);

/* sg__part_events: the events of sample i of parts, in new memory, no more of a
 * neuron than its count. SG_E_IO if its recording has samples of another shape
 * now, or as sg__parts_add. */
sg_status sg__part_events(const sg__parts *parts, uint32_t i,
                          const sg__event_format *format, sg__source *source,
                          const sg__hot *hot, sg_data_event **events,
                          size_t *count, sg_error *error);

#endif
