/* Bilinear reading of an image at a position between pixels, in integers. */
#ifndef SG_CORE_BILINEAR_H
#define SG_CORE_BILINEAR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/blend.h"
#include "core/rules.h"
#include "spikegrad/network.h"

/* A pixel of the image, or 0 outside of it. */
static inline uint32_t sg__pixel_or_0(sg_shape shape, const uint8_t *in,
                                      int64_t x, int64_t y, uint32_t channel)
{
    if (x < 0 || y < 0 || x >= shape.width || y >= shape.height)
        return 0;
    size_t at = (size_t)y * shape.width + (size_t)x;
    return in[at * shape.channels + channel];
}

/* sg__bilinear: all channels of image in at position (px, py), Q16, of which
 * the first 8 bits behind the point count; 0 outside. */
static inline void sg__bilinear(sg_shape shape, const uint8_t *in, int64_t px,
                                int64_t py, uint8_t *out)
{
    int64_t x = sg__floor_shift64(px, 16);
    int64_t y = sg__floor_shift64(py, 16);
    uint32_t fx = (uint32_t)((uint64_t)px >> 8) & 255;
    uint32_t fy = (uint32_t)((uint64_t)py >> 8) & 255;
    if (x < -1 || y < -1 || x >= shape.width || y >= shape.height) {
        memset(out, 0, shape.channels);
        return;
    }
    for (uint32_t c = 0; c < shape.channels; c++)
        out[c] = (uint8_t)sg__blend(sg__pixel_or_0(shape, in, x, y, c),
                                    sg__pixel_or_0(shape, in, x + 1, y, c),
                                    sg__pixel_or_0(shape, in, x, y + 1, c),
                                    sg__pixel_or_0(shape, in, x + 1, y + 1, c),
                                    fx, fy);
}

#endif
