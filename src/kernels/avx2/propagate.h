/* Working memory of the AVX2 error charge: weights that are read too far. */
#ifndef SG_KERNELS_AVX2_PROPAGATE_H
#define SG_KERNELS_AVX2_PROPAGATE_H

#include "kernels/kernels.h"

enum {
    SG__FAR_WEIGHTS = 64
}; /* weights that may be read past those of a channel */

/* sg__far_channels: how many channels, the last ones, have fewer weights than
 * that behind them. */
static inline uint32_t sg__far_channels(const sg__geometry *g)
{
    size_t fan_in = sg__fan_in(g), far = 1 + (SG__FAR_WEIGHTS - 1) / fan_in;
    return far < g->out_c ? (uint32_t)far : g->out_c;
}

static inline size_t sg__propagate_scratch(const sg__geometry *g, int bits)
{
    return (sg__far_channels(g) * sg__fan_in(g) + SG__FAR_WEIGHTS) *
           (size_t)bits / 8;
}

#endif
