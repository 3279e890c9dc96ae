/* Which way each layer goes, and so how its weights are packed (layout.h). */
#ifndef SG_KERNELS_AVX2_WAYS_H
#define SG_KERNELS_AVX2_WAYS_H

#include "kernels/kernels.h"
#include "kernels/portable/slab_shape.h"

enum {
    SG__SLAB_COLUMNS = 64,
    SG__SLAB_ROWS = 1024 /* at most, so that their places fit 16 bits */
};

/* sg__by_rows: 8-bit layers over many channels, whose forward part is slabs,
 * [64 output channels][tap][in_c][64], for both forward rows. Any other
 * layer's forward part is that of dense products (dense.h). With 16 bits slabs
 * of two bytes take as long as lists of taps (lists.h). */
static inline bool sg__by_rows(const sg__geometry *g, int bits)
{
    enum { FEWEST_WEIGHTS = 1 << 16 };
    sg__geometry c = sg__cut(g);
    return bits == 8 && g->out_c % SG__SLAB_COLUMNS == 0 &&
           g->in_c % SG__SLAB_COLUMNS == 0 && c.in_c <= SG__SLAB_ROWS &&
           sg__fan_in(g) * g->out_c >= FEWEST_WEIGHTS;
}

/* sg__by_sparse: layers by rows whose plain forward row is the sparse one too:
 * fully connected ones, which would have slabs turned for a few positions. */
static inline bool sg__by_sparse(const sg__geometry *g, int bits)
{
    return sg__by_rows(g, bits) && g->out_h * g->out_w == 1;
}

/* sg__by_slabs: convolutions over many channels, whose part for the propagate
 * rows is slabs of bytes, [tap][in_c / 64][out_c][64]: w + 128, or of 16-bit
 * weights, from where they are far from the cache, first floor(w / 256) + 128,
 * then behind it w mod 256. Any other layer has no such part. */
static inline bool sg__by_slabs(const sg__geometry *g, int bits)
{
    enum { FEWEST_WEIGHTS = 1 << 18 };
    return g->in_c % SG__SLAB_COLUMNS == 0 && g->out_c <= SG__SLAB_ROWS &&
           g->in_h * g->in_w > 1 &&
           (bits == 8 || sg__fan_in(g) * g->out_c >= FEWEST_WEIGHTS);
}

/* sg__by_groups: 8-bit fully connected layers whose weights overflow the
 * cache, so that two rows are read once for the errors of all samples. */
static inline bool sg__by_groups(const sg__geometry *g, int bits)
{
    enum { CACHE_BYTES = 1 << 18 };
    return bits == 8 && g->in_h * g->in_w == 1 && g->out_h * g->out_w == 1 &&
           g->kernel_h * g->kernel_w == 1 &&
           sg__fan_in(g) * g->out_c > CACHE_BYTES;
}

#endif
