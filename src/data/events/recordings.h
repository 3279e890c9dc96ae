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

/* sg__parts_add: the samples of one recording, read from source.
 * SG_E_FORMAT if its samples have another shape than those before. */
sg_status sg__parts_add(sg__parts *parts, const sg__event_format *format,
                        sg__source *source, const bool *silent,
                        uint32_t recording, uint16_t label, sg_error *error);

void sg__parts_free(sg__parts *parts);

/* sg__hot_pixels: marks the pixels of a recording that are too busy,
 * bool[height][width] of its sensor in new memory, or NULL if none is asked
 * for. */
sg_status sg__hot_pixels(const sg__event_shape *shape,
                         const sg__event_format *format, sg__source *source,
                         bool **out, sg_error *error);

/* sg__part_events: the events of a sample, in new memory, no more of a neuron
 * than its count. part: as in sg__parts; whole: of the whole recording. */
sg_status sg__part_events(const sg__event_shape *shape,
                          const sg__event_format *format, sg__source *source,
                          const bool *silent, uint64_t part,
                          sg_data_event **events, size_t *count,
                          sg_error *error);

#endif
