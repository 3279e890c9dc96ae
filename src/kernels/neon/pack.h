/* The packed weights of the NEON rows (forward.c, ways.h). */
#ifndef SG_KERNELS_NEON_PACK_H
#define SG_KERNELS_NEON_PACK_H

#include "kernels/kernels.h"

static inline size_t sg__neon_blocks(const sg__geometry *g)
{
    return (g->out_c + SG__PACK_CHANNELS - 1) / SG__PACK_CHANNELS;
}

/* sg__neon_largest: of each block of 16 channels, the largest |w|. 8 bits. */
static inline uint32_t *sg__neon_largest(const sg__synapses *s)
{
    return (uint32_t *)s->packed + sg__neon_blocks(s->geo) *
                                       SG__PACK_CHANNELS * sg__fan_in(s->geo) /
                                       2;
}

/* sg__dense_part: bytes of what the dense products read.
 * sg__forward_part: of all that the forward rows read: that, slabs, or both. */
size_t sg__dense_part__neon(const sg__geometry *g, int bits);
size_t sg__forward_part__neon(const sg__geometry *g, int bits);
size_t sg__forward_scratch__neon(const sg__geometry *g, int bits);

/* sg__propagate_sparse_with: the row, given what is in front of its part. */
void sg__propagate_sparse_with(const sg__synapses *s, size_t forward_part,
                               size_t n, const int8_t *d, int32_t *u,
                               void *scratch);

/* sg__scratch_with: the most that any row needs, given the forward row's. */
size_t sg__scratch_with(const sg__geometry *g, int bits, size_t forward);

#endif
