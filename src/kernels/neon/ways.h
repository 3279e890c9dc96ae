/* Which way each layer goes, and so how its weights are packed: one part that
 * the forward rows read, and behind it one that the propagate rows read. */
#ifndef SG_KERNELS_NEON_WAYS_H
#define SG_KERNELS_NEON_WAYS_H

#include "kernels/kernels.h"
#include "kernels/portable/slab_shape.h"

/* sg__columns: targets of a slab, of so many channels. */
static inline size_t sg__columns(size_t channels)
{
    return channels % 128 == 0 ? 128 : 64;
}

static inline bool sg__over_many(const sg__geometry *g)
{
    enum { FEWEST_WEIGHTS = 1 << 16 };
    return g->out_c % 64 == 0 && g->in_c % 64 == 0 &&
           sg__fan_in(g) * g->out_c >= FEWEST_WEIGHTS;
}

/* sg__by_rows: 8-bit layers over many channels, whose forward part is slabs,
 * [out_c / columns][tap][in_c][columns], for both forward rows. Any other
 * layer's is that of dense products. */
static inline bool sg__by_rows(const sg__geometry *g, int bits)
{
    return bits == 8 && sg__over_many(g);
}

/* sg__by_halves: such layers with 16-bit weights, whose sparse forward row reads
 * slabs of floor(w / 256) and, behind them, of w mod 256 - 128. They follow what
 * the plain row reads. */
static inline bool sg__by_halves(const sg__geometry *g, int bits)
{
    return bits == 16 && sg__over_many(g);
}

/* sg__slab_bytes: of both, for the forward rows. */
static inline size_t sg__slab_bytes(const sg__geometry *g, int bits)
{
    return sg__over_many(g) ? sg__fan_in(g) * g->out_c * (size_t)bits / 8 : 0;
}

/* sg__by_sparse: layers by rows whose plain forward row is the sparse one too:
 * fully connected ones, which would have slabs turned for a few positions. */
static inline bool sg__by_sparse(const sg__geometry *g, int bits)
{
    return sg__by_rows(g, bits) && g->out_h * g->out_w == 1;
}

/* sg__by_slabs: convolutions over many channels, whose part for the propagate
 * rows is slabs of bytes, [tap][in_c / columns][out_c][columns], of 16-bit
 * weights the same two as above. Any other layer has no such part. */
static inline bool sg__by_slabs(const sg__geometry *g)
{
    return g->in_c % 64 == 0 && g->in_h * g->in_w > 1;
}

/* sg__by_blocks: 8-bit fully connected layers whose weights overflow the
 * cache: a block of columns is read once for the errors of all samples. */
static inline bool sg__by_blocks(const sg__geometry *g, int bits)
{
    enum { CACHE_BYTES = 1 << 18 };
    return bits == 8 && g->in_h * g->in_w == 1 && g->out_h * g->out_w == 1 &&
           g->kernel_h * g->kernel_w == 1 &&
           sg__fan_in(g) * g->out_c > CACHE_BYTES;
}

/* sg__by_planes: convolutions over many channels, whose gradient goes by
 * planes (portable/planes.h). */
static inline bool sg__by_planes(const sg__geometry *g)
{
    return g->in_c % 64 == 0 && g->in_h * g->in_w > 1;
}

/* sg__propagate_part: bytes of the part for the propagate rows. */
static inline size_t sg__propagate_part(const sg__geometry *g, int bits)
{
    return sg__by_slabs(g) ? sg__fan_in(g) * g->out_c * (size_t)bits / 8 : 0;
}

/* sg__pack_rows, sg__pack_slabs: those for the forward rows, and for the
 * propagate rows, of output channels first..last-1. */
void sg__pack_rows(const sg__synapses *s, uint32_t first, uint32_t last,
                   int8_t *to);
void sg__pack_slabs(const sg__synapses *s, uint32_t first, uint32_t last,
                    int8_t *to);

/* The ways' rows, and their scratch: 0 for layers that do not go that way. */
size_t sg__rows_scratch(const sg__geometry *g, int bits);
void sg__rows_run(const sg__synapses *s, const int8_t *slabs, size_t n,
                  const uint8_t *in, const sg__response_out *out,
                  void *scratch);
size_t sg__slabs_scratch(const sg__geometry *g);
void sg__slabs_propagate(const sg__synapses *s, size_t n, const int8_t *d,
                         const int8_t *slabs, int32_t *u, void *scratch);
size_t sg__blocks_scratch(const sg__geometry *g, int bits);
void sg__blocks_propagate(const sg__synapses *s, size_t n, const int8_t *d,
                          int32_t *u, void *scratch);
size_t sg__planes_scratch(const sg__geometry *g);
void sg__planes_gradient(const sg__synapses *s, size_t n, const uint8_t *in,
                         const int8_t *d, uint32_t first, uint32_t last,
                         int32_t *gradient, int32_t *bias_gradient,
                         void *scratch);

/* Scratch of the rows that neondot shares. */
size_t sg__gradient_scratch(const sg__geometry *g);
size_t sg__propagate_scratch(const sg__geometry *g, int bits);

#endif
