/* The ways of the AVX2 error charge, and their working memory. */
#ifndef SG_KERNELS_AVX2_PROPAGATE_H
#define SG_KERNELS_AVX2_PROPAGATE_H

#include "kernels/avx2/ways.h"

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

static inline size_t sg__far_size(const sg__geometry *g, int bits)
{
    return (sg__far_channels(g) * sg__fan_in(g) + SG__FAR_WEIGHTS) *
           (size_t)bits / 8;
}

/* Layers by slabs, and by groups (ways.h). */
size_t sg__slabs_scratch(const sg__geometry *g);
void sg__slabs_propagate(const sg__synapses *s, size_t n, const int8_t *d,
                         int32_t *u, void *scratch);
size_t sg__groups_scratch(const sg__geometry *g);
void sg__groups_propagate(const sg__synapses *s, size_t n, const int8_t *d,
                          int32_t *u, void *scratch);

static inline size_t sg__propagate_scratch(const sg__geometry *g, int bits)
{
    if (sg__by_slabs(g, bits))
        return sg__slabs_scratch(g);
    if (sg__by_groups(g, bits))
        return sg__groups_scratch(g);
    return sg__far_size(g, bits);
}

#endif
