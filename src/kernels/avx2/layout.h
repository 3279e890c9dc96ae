/* How weights are packed: one part that the forward rows read, and behind it
 * one that the propagate rows read. */
#ifndef SG_KERNELS_AVX2_LAYOUT_H
#define SG_KERNELS_AVX2_LAYOUT_H

#include "kernels/avx2/dense.h"
#include "kernels/avx2/ways.h"

static inline size_t sg__word_part(const sg__geometry *g)
{
    return sg__fan_in(g) * sg__word_step(g) * sizeof(int16_t);
}

static inline size_t sg__forward_part(const sg__geometry *g, int bits)
{
    const size_t weights = sg__fan_in(g) * g->out_c;
    if (bits == 16)
        return sg__word_part(g) + (sg__by_halves(g, bits) ? 2 * weights : 0);
    if (sg__by_rows(g, bits))
        return weights;
    return sg__quad_blocks(g) * (sg__quad_block(g) + sizeof(uint32_t));
}

static inline size_t sg__propagate_part(const sg__geometry *g, int bits)
{
    return sg__by_slabs(g) ? sg__fan_in(g) * g->out_c * (size_t)bits / 8 : 0;
}

/* sg__forward_slabs: of layers by rows, and by halves. */
static inline uint8_t *sg__forward_slabs(const sg__synapses *s)
{
    return (uint8_t *)s->packed + (s->bits == 16 ? sg__word_part(s->geo) : 0);
}

/* sg__propagate_slabs: the part for the propagate rows. */
static inline uint8_t *sg__propagate_slabs(const sg__synapses *s)
{
    return (uint8_t *)s->packed + sg__forward_part(s->geo, s->bits);
}

#endif
