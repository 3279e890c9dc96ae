/* Dense products of the AVX-512 table: the forward rows, and the propagate rows
 * seen as a convolution in the other direction. */
#ifndef SG_KERNELS_AVX512_DENSE_H
#define SG_KERNELS_AVX512_DENSE_H

#include "kernels/avx512.h"

/* A product over g. Inputs are bytes:
 *   counts  uint8 against weights int8 (bits 8) or int16 (bits 16)
 *   errors  (is_signed) int8 against weights + 128, uint8 (bits 8), or int16
 * packed   weights by sg__dense_pack
 * bias     int32[out_c], or NULL for none
 * offsets  int32[n][out_h * out_w], subtracted, or NULL for none */
typedef struct sg__dense {
    const sg__geometry *g;
    int bits;
    bool is_signed;
    const void *packed;
    const int32_t *bias, *offsets;
} sg__dense;

/* sg__dense_pack_size: bytes of the packed weights.
 * sg__dense_pack: one kernel row of output channel k: `run` weights of
 * kernel_w * in_c, 8 or 16 bits. What no weight fills stays 0. */
size_t sg__dense_pack_size(const sg__geometry *g, int bits);
void sg__dense_pack(const sg__geometry *g, int bits, uint32_t k, uint32_t ky,
                    const void *run, void *packed);

/* sg__dense_run: all positions of n samples; scratch as sg__dense_scratch. */
size_t sg__dense_scratch(const sg__geometry *g, int bits);
void sg__dense_run(const sg__dense *p, size_t n, const void *in,
                   const sg__response_out *out, void *scratch);

#endif
