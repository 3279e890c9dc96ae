/* Planes: the counts of some samples, 64 channels at a time, with their
 * padding around them, so that a pixel is one line of the cache and the
 * windows of all positions have one shape. For convolutions over a multiple
 * of 64 channels. */
#ifndef SG_KERNELS_AVX2_PLANES_H
#define SG_KERNELS_AVX2_PLANES_H

#include "kernels/kernels.h"

static inline bool sg__by_planes(const sg__geometry *g)
{
    return g->in_c % 64 == 0 && g->in_h * g->in_w > 1;
}

/* sg__planes_gradient: the gradient rows for such layers, driven by errors;
 * scratch as sg__planes_scratch, 0 for other layers. */
size_t sg__planes_scratch(const sg__geometry *g);
void sg__planes_gradient(const sg__synapses *s, size_t n, const uint8_t *in,
                         const int8_t *d, uint32_t first, uint32_t last,
                         int32_t *gradient, int32_t *bias_gradient,
                         void *scratch);

#endif
