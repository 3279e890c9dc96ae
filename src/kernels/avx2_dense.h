/* Dense AVX2 charge, for layers whose windows are too short for a list of
 * counts to pay: a first convolution over one to three channels. Same
 * contract as the rows of kernels.def; avx2_charge.c decides by geometry alone. */
#ifndef SG_KERNELS_AVX2_DENSE_H
#define SG_KERNELS_AVX2_DENSE_H

#include <stdbool.h>

#include "kernels/kernels.h"

/* sg__avx2_is_dense: whether the layer goes this way. */
static inline bool sg__avx2_is_dense(const sg__geometry *g)
{
    return g->kernel_w > 1 && g->kernel_w * g->in_c <= 16;
}

size_t sg__avx2_dense_pack_size(const sg__geometry *g);
void sg__avx2_dense_pack(const sg__geometry *g, const int16_t *weight,
                         uint32_t first, uint32_t last, void *packed);
size_t sg__avx2_dense_scratch_size(const sg__geometry *g);
/* One sample. */
void sg__avx2_dense_charge(const sg__geometry *g, const uint8_t *in,
                           const void *packed, const int32_t *bias,
                           int32_t *charge, void *scratch);

#endif
