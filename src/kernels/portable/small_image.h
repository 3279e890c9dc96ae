/* What the resampling kernels with vectors share: which images they take.
 * Any other goes to ref. */
#ifndef SG_KERNELS_PORTABLE_SMALL_IMAGE_H
#define SG_KERNELS_PORTABLE_SMALL_IMAGE_H

#include <stdbool.h>

#include "kernels/kernels.h"

enum {
    /* columns, so that a row and one 0 in front fit 32 lanes */
    SG__SMALL_WIDTH = 31,
    SG__SMALL_HEIGHT = 64
};

/* sg__image_is_small: whether the image is grey, of few rows and columns, and
 * no position is further out than 2^14 pixels, so that Q16 fits 32 bits. */
static inline bool sg__image_is_small(const sg__warp *w, sg_shape shape)
{
    const int64_t limit = INT64_C(1) << 30;
    if (shape.channels != 1 || shape.width > SG__SMALL_WIDTH ||
        shape.height > SG__SMALL_HEIGHT)
        return false;
    for (int64_t k = 0; k < 4; k++) { /* the corners are the extremes */
        int64_t x = k & 1 ? shape.width - 1 : 0;
        int64_t y = k & 2 ? shape.height - 1 : 0;
        int64_t sx = w->start_x + w->m[0] * x + w->m[1] * y;
        int64_t sy = w->start_y + w->m[2] * x + w->m[3] * y;
        if (sx < -limit || sx >= limit || sy < -limit || sy >= limit)
            return false;
    }
    return true;
}

/* Input rows that the positions of one output row may need. */
typedef struct sg__rows_in_sight {
    int32_t first, count;
} sg__rows_in_sight;

/* sg__rows_needed: of the output row that starts at sy, Q16. The count is
 * the same for every output row, so that loops over it are predictable;
 * first is moved such that all rows exist. */
static inline sg__rows_in_sight sg__rows_needed(const sg__warp *w,
                                                sg_shape shape, int64_t sy)
{
    int64_t rise = (int64_t)w->m[2] * (shape.width - 1);
    int64_t top = (rise < 0 ? sy + rise : sy) + (INT64_C(1) << 32);
    int64_t height = shape.height;
    int64_t first = (top >> 16) - 65536;
    int64_t count = ((rise < 0 ? -rise : rise) >> 16) + 3;
    count = count < height ? count : height;
    first = first < height - count ? first : height - count;
    return (sg__rows_in_sight){(int32_t)(first > 0 ? first : 0),
                               (int32_t)count};
}

#endif
