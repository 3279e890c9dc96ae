/* The packed layout of 8-bit weights for dot products:
 * int8[block][tap / 4][16][4], then int32[block][16], their sums. */
#ifndef SG_KERNELS_NEONDOT_PACK_H
#define SG_KERNELS_NEONDOT_PACK_H

#include "kernels/neon/lanes.h"

enum { SG__DOT_BLOCK = SG__PACK_CHANNELS };

static inline size_t sg__dot_blocks(const sg__geometry *g)
{
    return (g->out_c + SG__DOT_BLOCK - 1) / SG__DOT_BLOCK;
}

static inline uint32_t *sg__dot_sums(const sg__synapses *s)
{
    size_t weights =
        sg__dot_blocks(s->geo) * SG__DOT_BLOCK * sg__neon_taps(s->geo);
    return (uint32_t *)((char *)s->packed + weights);
}

#endif
