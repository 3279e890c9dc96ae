#include "augment/move.h"

#include <string.h>

/* Output rows and columns whose source is inside the image. */
typedef struct window {
    int32_t top, bottom, left, right; /* first, one past the last */
} window;

static window visible(sg_shape shape, int32_t dx, int32_t dy)
{
    int32_t width = (int32_t)shape.width, height = (int32_t)shape.height;
    window v = {dy > 0 ? dy : 0, dy < 0 ? height + dy : height,
                dx > 0 ? dx : 0, dx < 0 ? width + dx : width};
    if (v.top >= v.bottom || v.left >= v.right)
        v = (window){height, height, width, width}; /* nothing is */
    return v;
}

/* Makes 0 what is outside of the window. */
static void blacken(sg_shape shape, window v, uint8_t *out)
{
    size_t c = shape.channels;
    size_t row = shape.width * c;
    size_t left = (size_t)v.left * c;
    size_t right = row - (size_t)v.right * c;
    memset(out, 0, (size_t)v.top * row);
    memset(out + (size_t)v.bottom * row, 0,
           (shape.height - (size_t)v.bottom) * row);
    for (int32_t y = v.top; y < v.bottom && left; y++)
        memset(out + (size_t)y * row, 0, left);
    for (int32_t y = v.top; y < v.bottom && right; y++)
        memset(out + (size_t)(y + 1) * row - right, 0, right);
}

/* The visible part, read from right to left. A constant number of channels
 * makes the copy of a pixel a few moves. */
static inline void mirror(sg_shape shape, size_t channels, window v,
                          int32_t dx, int32_t dy, const uint8_t *in,
                          uint8_t *out)
{
    const size_t row = shape.width * channels;
    for (int32_t y = v.top; y < v.bottom; y++) {
        const uint8_t *from = in + (size_t)(y - dy) * row + row - channels -
                              (size_t)(v.left - dx) * channels;
        uint8_t *to = out + (size_t)y * row + (size_t)v.left * channels;
        for (size_t k = 0; k < (size_t)(v.right - v.left); k++)
            memcpy(to + k * channels, from - k * channels, channels);
    }
}

void sg__move(const sg__kernels *kernels, sg_shape shape, int32_t dx,
              int32_t dy, bool flip, int32_t levels, const uint8_t *in,
              uint8_t *out)
{
    const size_t c = shape.channels, row = shape.width * c;
    window v = visible(shape, dx, dy);
    if (v.top == v.bottom) {
        memset(out, 0, shape.height * row);
        return;
    }
    /* unless mirrored, what is visible is one run, which wraps at the ends of
     * rows; those are blackened */
    size_t first = (size_t)v.top * row + (size_t)v.left * c;
    size_t last = (size_t)(v.bottom - 1) * row + (size_t)v.right * c;
    const uint8_t *source = out + first;
    if (!flip)
        source = in + (size_t)(v.top - dy) * row + (size_t)(v.left - dx) * c;
    else if (c == 1)
        mirror(shape, 1, v, dx, dy, in, out);
    else if (c == 3)
        mirror(shape, 3, v, dx, dy, in, out);
    else
        mirror(shape, c, v, dx, dy, in, out);
    kernels->quantise(last - first, source, levels, out + first);
    blacken(shape, v, out);
}
