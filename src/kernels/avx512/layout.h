/* Which way each layer goes, and so how its weights are packed: one part that
 * the forward rows read, and behind it one that the propagate rows read. */
#ifndef SG_KERNELS_AVX512_LAYOUT_H
#define SG_KERNELS_AVX512_LAYOUT_H

#include "kernels/avx512/dense.h"
#include "kernels/avx512/lanes.h"

/* sg__by_dots: long fully connected layers with 8-bit weights, which are read
 * as they are; no part for the forward rows. */
static inline bool sg__by_dots(const sg__geometry *g, int bits)
{
    enum { FEWEST_INPUTS = 4096 };
    return bits == 8 && g->in_h * g->in_w == 1 && g->out_h * g->out_w == 1 &&
           g->kernel_h * g->kernel_w == 1 && g->in_c >= FEWEST_INPUTS;
}

/* sg__by_rows: 8-bit layers over many channels, whose forward part is slabs,
 * [64 output channels][tap][in_c][64], for both forward rows; smaller layers
 * stay near as they are. Any other layer's forward part is that of dense
 * products (dense.h). */
static inline bool sg__over_many(const sg__geometry *g)
{
    enum { FEWEST_WEIGHTS = 1 << 16 };
    return g->out_c % 64 == 0 && g->in_c % 64 == 0 &&
           sg__fan_in(g) * g->out_c >= FEWEST_WEIGHTS;
}

static inline bool sg__by_rows(const sg__geometry *g, int bits)
{
    return bits == 8 && sg__over_many(g) && !sg__by_dots(g, bits);
}

/* sg__by_halves: such layers with 16-bit weights, whose sparse forward row reads
 * slabs of floor(w / 256) and, behind them, of w mod 256 - 128. They follow what
 * the plain row reads. */
static inline bool sg__by_halves(const sg__geometry *g, int bits)
{
    return bits == 16 && sg__over_many(g);
}

/* sg__by_slabs: convolutions over many channels, whose part for the propagate
 * rows is slabs of bytes, [tap][in_c / 64][out_c][64]: w + 128, or of 16-bit
 * weights first floor(w / 256) + 128, then behind it w mod 256. Any other layer
 * has no such part. */
static inline bool sg__by_slabs(const sg__geometry *g)
{
    return g->in_c % 64 == 0 && g->in_h * g->in_w > 1;
}

/* sg__by_fans: 8-bit fully connected layers, whose errors select rows of the
 * weights as they are. A kernel may be larger than its padded image of one
 * pixel. */
static inline bool sg__by_fans(const sg__geometry *g, int bits)
{
    return bits == 8 && g->in_h * g->in_w == 1 && g->out_h * g->out_w == 1 &&
           g->kernel_h * g->kernel_w == 1;
}

/* sg__by_turning: 8-bit convolutions whose error charge may be had as a dense
 * product, the kernel turned round. A part of those by slabs. */
static inline bool sg__by_turning(const sg__geometry *g, int bits)
{
    return bits == 8 && sg__by_slabs(g) && g->stride_h == 1 &&
           g->stride_w == 1 && g->out_c % 16 == 0 && g->pad_h < g->kernel_h &&
           g->pad_w < g->kernel_w;
}

static inline size_t sg__forward_part(const sg__geometry *g, int bits)
{
    const size_t weights = sg__fan_in(g) * g->out_c;
    if (sg__by_dots(g, bits))
        return 0;
    if (sg__by_rows(g, bits))
        return weights;
    return sg__dense_pack_size(g, bits) +
           (sg__by_halves(g, bits) ? 2 * weights : 0);
}

/* sg__forward_slabs: of layers by rows, and by halves. */
static inline uint8_t *sg__forward_slabs(const sg__synapses *s)
{
    return (uint8_t *)s->packed + (sg__by_rows(s->geo, s->bits)
                                       ? 0
                                       : sg__dense_pack_size(s->geo, s->bits));
}

static inline size_t sg__propagate_part(const sg__geometry *g, int bits)
{
    return sg__by_slabs(g) ? sg__fan_in(g) * g->out_c * (size_t)bits / 8 : 0;
}

/* sg__propagate_slabs: the part for the propagate rows. */
static inline uint8_t *sg__propagate_slabs(const sg__synapses *s)
{
    return (uint8_t *)s->packed + sg__forward_part(s->geo, s->bits);
}

#endif
