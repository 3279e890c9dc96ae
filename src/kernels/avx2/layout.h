/* How weights are packed: one part that the forward rows read, and behind it
 * one that the propagate rows read. */
#ifndef SG_KERNELS_AVX2_LAYOUT_H
#define SG_KERNELS_AVX2_LAYOUT_H

#include "kernels/avx2/dense.h"
#include "kernels/avx2/ways.h"

static inline size_t sg__forward_part(const sg__geometry *g, int bits)
{
    if (bits == 16)
        return sg__fan_in(g) * sg__word_step(g) * sizeof(int16_t);
    if (sg__by_rows(g, bits))
        return sg__fan_in(g) * g->out_c;
    return sg__quad_blocks(g) * (sg__quad_block(g) + sizeof(uint32_t));
}

static inline size_t sg__propagate_part(const sg__geometry *g, int bits)
{
    if (!sg__by_slabs(g, bits))
        return 0;
    return sg__fan_in(g) * g->out_c * (size_t)bits / 8;
}

/* sg__propagate_slabs: the part for the propagate rows. */
static inline uint8_t *sg__propagate_slabs(const sg__synapses *s)
{
    return (uint8_t *)s->packed + sg__forward_part(s->geo, s->bits);
}

#endif
