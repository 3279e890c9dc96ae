/* The packed weights for dot products: bytes [block of 16 channels][kernel_h]
 * [quads][16][4], where quads is a run of kernel_w in_c taps in fours,
 * completed by 0. Weights of 16 bits are two such planes, w = 256 high + low:
 * first all high bytes, signed, then all low ones, unsigned. Behind them,
 * uint32[block][16]: the sums of what is signed. Layers by rows have slabs
 * instead (neon/ways.h). */
#ifndef SG_KERNELS_NEONDOT_PACK_H
#define SG_KERNELS_NEONDOT_PACK_H

#include "kernels/neon/pack.h"

enum { SG__DOT_BLOCK = SG__PACK_CHANNELS };

static inline size_t sg__quads(const sg__geometry *g)
{
    return ((size_t)g->kernel_w * g->in_c + 3) / 4;
}

/* Bytes of one block in a plane. */
static inline size_t sg__quad_block(const sg__geometry *g)
{
    return g->kernel_h * sg__quads(g) * 4 * SG__DOT_BLOCK;
}

static inline size_t sg__dot_plane(const sg__geometry *g)
{
    return sg__neon_blocks(g) * sg__quad_block(g);
}

/* sg__dot_sums: not for layers by rows. */
static inline uint32_t *sg__dot_sums(const sg__synapses *s)
{
    return (uint32_t *)((char *)s->packed +
                        sg__dot_plane(s->geo) * (size_t)s->bits / 8);
}

size_t sg__dense_part__neondot(const sg__geometry *g, int bits);
size_t sg__forward_part__neondot(const sg__geometry *g, int bits);
size_t sg__forward_scratch__neondot(const sg__geometry *g, int bits);

#endif
