/* Working memory of the NEON gradient: rows of counts, the events of each
 * channel, one channel's sums. */
#ifndef SG_KERNELS_NEON_GRADIENT_H
#define SG_KERNELS_NEON_GRADIENT_H

#include "kernels/neon/sums.h"

enum {
    SG__GATHERED_BYTES = 1 << 17, /* to stay in a core's cache */
    SG__GATHERED_MIN = 16,
    SG__GATHERED_MAX = 256
};

/* Rows of a gradient that are gathered at a time. */
static inline size_t sg__neon_gathered(const sg__geometry *g)
{
    size_t rows = SG__GATHERED_BYTES / sg__neon_taps(g);
    if (rows < SG__GATHERED_MIN)
        return SG__GATHERED_MIN;
    return rows < SG__GATHERED_MAX ? rows : SG__GATHERED_MAX;
}

static inline size_t sg__gradient_scratch(const sg__geometry *g)
{
    size_t rows = sg__neon_gathered(g), taps = sg__neon_taps(g);
    return rows * taps +
           SG__GRADIENT_CHANNELS * rows * sizeof(sg__neon_event) +
           taps * sizeof(int32_t);
}

#endif
