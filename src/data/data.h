/* Data sets inside the library: samples in memory, HWC bytes and labels.
 * A view shares the arrays of the data set it was cut from. */
#ifndef SG_DATA_DATA_H
#define SG_DATA_DATA_H

#include "base/status.h"
#include "spikegrad/data.h"

struct sg_data {
    sg_data_info info;
    const uint8_t *pixels; /* [size][height][width][channels] */
    const uint8_t *labels; /* [size], each below classes */
    size_t sample_bytes;
    char *own_name; /* these three are NULL in a view */
    uint8_t *own_pixels;
    uint8_t *own_labels;
};

/* sg__data_adopt: a data set over the given arrays, which it owns from here
 * on and frees if it fails. The caller has checked shape and labels; the name
 * is copied. SG_E_MEMORY. */
sg_status sg__data_adopt(const sg_data_info *info, uint8_t *pixels,
                         uint8_t *labels, sg_data **out, sg_error *error);

#endif
