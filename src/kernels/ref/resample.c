/* Reference resampling: positions are walked row by row. In a row, those whose
 * four neighbours all exist are one interval, since the image is convex; it
 * is taken without tests, what is left and right of it with all of them. */
#include <stdbool.h>

#include "core/bilinear.h"
#include "core/quantise.h"
#include "kernels/kernels.h"

/* Output columns first..last-1 of a row that starts at (sx, sy). */
static void edge(sg_shape shape, const sg__warp *w, int64_t sx, int64_t sy,
                 uint32_t first, uint32_t last, const uint8_t *in,
                 uint8_t *out)
{
    for (uint32_t i = first; i < last; i++) {
        int64_t px = sx + (int64_t)w->m[0] * i;
        int64_t py = sy + (int64_t)w->m[2] * i;
        sg__bilinear(shape, in, px, py, out + (size_t)i * shape.channels);
    }
}

/* The same where all neighbours exist: positions are 0..2^30 there, so 32
 * bits suffice. */
static inline void interior(uint32_t width, uint32_t channels,
                            const sg__warp *w, int64_t sx, int64_t sy,
                            uint32_t first, uint32_t last, const uint8_t *in,
                            uint8_t *out)
{
    const size_t row = (size_t)width * channels;
    uint32_t px = (uint32_t)(sx + (int64_t)w->m[0] * first);
    uint32_t py = (uint32_t)(sy + (int64_t)w->m[2] * first);
    out += (size_t)first * channels;
    for (uint32_t i = first; i < last; i++) {
        const uint8_t *p =
            in + ((size_t)(py >> 16) * width + (px >> 16)) * channels;
        uint32_t fx = (px >> 8) & 255, fy = (py >> 8) & 255;
        for (uint32_t c = 0; c < channels; c++, p++)
            *out++ = (uint8_t)sg__blend(p[0], p[channels], p[row],
                                        p[row + channels], fx, fy);
        px += (uint32_t)w->m[0];
        py += (uint32_t)w->m[2];
    }
}

/* Whether column i of a row that starts at (sx, sy) has all neighbours. */
static inline bool is_inside(sg_shape shape, const sg__warp *w, int64_t sx,
                             int64_t sy, uint32_t i)
{
    uint64_t x = (uint64_t)(sx + (int64_t)w->m[0] * i);
    uint64_t y = (uint64_t)(sy + (int64_t)w->m[2] * i);
    return x < (uint64_t)(shape.width - 1) << 16 &&
           y < (uint64_t)(shape.height - 1) << 16;
}

void sg__quantise__ref(size_t n, const uint8_t *pixels, int32_t levels,
                       uint8_t *counts)
{
    sg__quantise(n, pixels, levels, counts);
}

void sg__resample__ref(const sg__warp *w, sg_shape shape, int32_t levels,
                       const uint8_t *in, uint8_t *out)
{
    const size_t row = (size_t)shape.width * shape.channels;
    for (uint32_t y = 0; y < shape.height; y++) {
        int64_t sx = w->start_x + (int64_t)w->m[1] * y;
        int64_t sy = w->start_y + (int64_t)w->m[3] * y;
        uint32_t first = 0, last = shape.width;
        uint8_t *to = out + y * row;
        while (first < last && !is_inside(shape, w, sx, sy, first))
            first++;
        while (last > first && !is_inside(shape, w, sx, sy, last - 1))
            last--;
        edge(shape, w, sx, sy, 0, first, in, to);
        if (shape.channels == 1)
            interior(shape.width, 1, w, sx, sy, first, last, in, to);
        else
            interior(shape.width, shape.channels, w, sx, sy, first, last, in,
                     to);
        edge(shape, w, sx, sy, last, shape.width, in, to);
    }
    sg__quantise(shape.height * row, out, levels, out);
}
