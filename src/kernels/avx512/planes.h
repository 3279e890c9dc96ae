/* Planes: the counts of some samples, 64 channels at a time, with their
 * padding around them, so that a pixel is one register and the windows of all
 * positions have one shape. For convolutions over a multiple of 64 channels. */
#ifndef SG_KERNELS_AVX512_PLANES_H
#define SG_KERNELS_AVX512_PLANES_H

#include <stdbool.h>

#include "kernels/avx512/lanes.h"

enum { SG__PLANE_CHANNELS = 64, SG__PLANE_BYTES = 32 * 1024 };

/* sg__plane_height, _width: pixels of one sample's plane. */
static inline size_t sg__plane_height(const sg__geometry *g)
{
    return g->in_h + 2 * (size_t)g->pad_h;
}

static inline size_t sg__plane_width(const sg__geometry *g)
{
    return g->in_w + 2 * (size_t)g->pad_w;
}

static inline size_t sg__plane_pixels(const sg__geometry *g)
{
    return sg__plane_height(g) * sg__plane_width(g);
}

static inline bool sg__by_planes(const sg__geometry *g)
{
    return g->in_c % SG__PLANE_CHANNELS == 0 && g->in_h * g->in_w > 1;
}

/* sg__plane_samples: samples whose plane the nearest cache holds; at least
 * 1. */
static inline size_t sg__plane_samples(const sg__geometry *g)
{
    size_t n = SG__PLANE_BYTES / (sg__plane_pixels(g) * SG__PLANE_CHANNELS);
    return n < 1 ? 1 : n;
}

/* sg__plane_copy: channels c..c+63 of n samples.
 * in  uint8[n][inputs]
 * to  uint8[n][plane pixels][64], 64-byte aligned */
void sg__plane_copy(const sg__geometry *g, size_t n, const uint8_t *in,
                    uint32_t c, uint8_t *to);

/* The gradient rows for such layers, and their scratch. */
size_t sg__planes_sparse_scratch(const sg__geometry *g);
void sg__planes_sparse(const sg__synapses *s, size_t n, const uint8_t *in,
                       const int8_t *d, uint32_t first, uint32_t last,
                       int32_t *gradient, int32_t *bias_gradient,
                       void *scratch);
size_t sg__planes_dense_scratch(const sg__geometry *g);
void sg__planes_dense(const sg__geometry *g, size_t n, const uint8_t *in,
                      const int8_t *d, uint32_t first, uint32_t last,
                      int32_t *gradient, int32_t *bias_gradient,
                      void *scratch);

#endif
