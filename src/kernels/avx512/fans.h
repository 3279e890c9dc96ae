/* Error charge of fully connected layers with 8-bit weights, driven by the
 * neurons that sent errors, in one of two ways:
 * fans   the errors of a sample select rows of the weights as they are
 * groups the same where the weights overflow the cache: four neighbouring
 *        rows are read once for all samples */
#ifndef SG_KERNELS_AVX512_FANS_H
#define SG_KERNELS_AVX512_FANS_H

#include "kernels/kernels.h"

/* sg__fans_propagate: the propagate_sparse row of layers by fans (layout.h),
 * with sg__fans_scratch bytes of scratch. */
size_t sg__fans_scratch(const sg__geometry *g);
void sg__fans_propagate(const sg__synapses *s, size_t n, const int8_t *d,
                        int32_t *u, void *scratch);

#endif
