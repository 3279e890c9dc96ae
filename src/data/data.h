/* Data sets inside the library: samples in memory, HWC bytes and labels, and
 * views of them, which share the arrays. */
#ifndef SG_DATA_DATA_H
#define SG_DATA_DATA_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/status.h"
#include "data/map.h"
#include "spikegrad/data.h"

/* What draws the pixels of samples when they are first asked for, by any
 * thread: a pure function of its arguments. */
typedef struct sg__drawer {
    void (*draw)(const struct sg__drawer *drawer, uint32_t index,
                 uint8_t *pixels);
    uint64_t seed;
    sg_split split;
    const void *user; /* of the function; outlives the samples */
} sg__drawer;

/* Who knows the events of samples: of number place, in new memory; and which
 * recording it is a part of, NULL: each is one. destroy frees self. */
typedef struct sg__recorder {
    sg_status (*read)(const void *self, uint32_t place, sg_data_event **events,
                      size_t *count, sg_error *error);
    uint32_t (*recording)(const void *self, uint32_t place);
    void (*destroy)(void *self);
    void *self;
} sg__recorder;

/* Where pixels are; those that are drawn once they are asked for have a state
 * each. */
typedef struct sg__samples {
    uint8_t *pixels;   /* [size][height][width][channels] */
    uint16_t *labels;  /* [size], each below classes */
    char **class_name; /* [classes] in one block, or NULL */
    size_t sample_bytes;
    sg__drawer drawer;
    _Atomic unsigned char *state; /* [size]; NULL: all pixels are there */
    sg__recorder recorder;        /* read is NULL: no events */
    bool lent;                    /* pixels are the caller's, who frees them */
    sg__map map;                  /* what pixels are part of, if of a file */
} sg__samples;

struct sg_data {
    sg_data_info info;
    const sg__samples *samples;
    uint32_t first;   /* sample i is number first + i of samples, */
    uint32_t *index;  /* or index[i], if not NULL */
    sg__samples *own; /* these two are NULL in a view */
    char *own_name;
};

/* sg__data_adopt: a data set over the given arrays, which it owns from here
 * on and frees if it fails. The caller has checked shape and labels, a byte
 * each; the name is copied. SG_E_MEMORY. */
sg_status sg__data_adopt(const sg_data_info *info, uint8_t *pixels,
                         uint8_t *labels, sg_data **out, sg_error *error);

/* sg__data_adopt_wide: the same with labels for any number of classes. */
sg_status sg__data_adopt_wide(const sg_data_info *info, uint8_t *pixels,
                              uint16_t *labels, sg_data **out,
                              sg_error *error);

/* sg__data_adopt_drawn: the same, of pixels that drawer is to draw. */
sg_status sg__data_adopt_drawn(const sg_data_info *info, uint8_t *pixels,
                               uint8_t *labels, const sg__drawer *drawer,
                               sg_data **out, sg_error *error);

/* sg__data_adopt_mapped: as sg__data_adopt_wide, of pixels that begin at byte
 * `begin` of a mapped file, which it closes. */
sg_status sg__data_adopt_mapped(const sg_data_info *info, sg__map *map,
                                size_t begin, uint16_t *labels, sg_data **out,
                                sg_error *error);

/* sg__data_check: SG_E_RANGE unless info is what a data set can be; the bytes
 * of all its pixels. */
sg_status sg__data_check(const sg_data_info *info, size_t *bytes,
                         sg_error *error);

/* sg__data_view: samples index[0..count-1] of data, an index in new memory
 * that the view owns, and that is freed if this fails. SG_E_MEMORY. */
sg_status sg__data_view(const sg_data *data, uint32_t *index, uint32_t count,
                        sg_data **out, sg_error *error);

/* sg__data_place: the number among data's samples of its sample i. */
static inline uint32_t sg__data_place(const sg_data *data, uint32_t i)
{
    return data->index ? data->index[i] : data->first + i;
}

#endif
