/* Generated recordings: a glyph in front of an event camera that makes three
 * saccades, with unlike pixels, noise, and now and then a pixel that never
 * stops. docs/semantics.md, "Generated recordings". */
#ifndef SG_DATA_EVENTS_CAMERA_H
#define SG_DATA_EVENTS_CAMERA_H

#include "data/events/stream.h"
#include "spikegrad/data.h"

enum {
    SG__CAMERA_SIDE = 34,
    SG__CAMERA_TIME = 300000 /* microseconds of a recording */
};

/* sg__camera_watch: calls fn for all events of a sample, not in the order of
 * their times; the same ones in the same order whenever it is called. */
void sg__camera_watch(uint64_t seed, sg_split split, uint32_t index,
                      void (*fn)(const sg__camera_event *event, void *user),
                      void *user);

#endif
