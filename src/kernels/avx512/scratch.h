/* Scratch of the row families; sg__scratch_size__avx512 takes the largest. */
#ifndef SG_KERNELS_AVX512_SCRATCH_H
#define SG_KERNELS_AVX512_SCRATCH_H

#include "kernels/kernels.h"

size_t sg__forward_scratch(const sg__geometry *g, int bits);
size_t sg__forward_sparse_scratch(const sg__geometry *g, int bits);
size_t sg__propagate_dense_scratch(const sg__geometry *g, int bits);
size_t sg__propagate_sparse_scratch(const sg__geometry *g, int bits);
size_t sg__gradient_sparse_scratch(const sg__geometry *g);
size_t sg__gradient_dense_scratch(const sg__geometry *g);

#endif
