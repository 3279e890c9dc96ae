/* Forward pass driven by the counts that are not 0: when that pays. */
#ifndef SG_KERNELS_AVX2_LISTS_H
#define SG_KERNELS_AVX2_LISTS_H

#include "kernels/kernels.h"

/* sg__lists_pay: whether lists of taps can beat the dense row at all. Not for
 * windows as short as those of a first convolution over one to three channels,
 * nor for 8-bit weights, of which the dense row takes four at a time. */
static inline bool sg__lists_pay(const sg__geometry *g, int bits)
{
    return bits == 16 && (g->kernel_w == 1 || g->kernel_w * g->in_c > 16);
}

/* sg__lists_size: bytes of working memory they need. */
static inline size_t sg__lists_size(const sg__geometry *g)
{
    return sg__inputs(g) * 2 * sizeof(uint32_t) +
           (size_t)g->in_h * (g->in_w + 1) * sizeof(uint32_t);
}

#endif
