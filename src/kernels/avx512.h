/* What the files of the AVX-512 table share. */
#ifndef SG_KERNELS_AVX512_H
#define SG_KERNELS_AVX512_H

#include <immintrin.h>

#include "kernels/kernels.h"

/* Masks of the first n lanes; all of them if there are more. */
static inline __mmask64 sg__first64(size_t n)
{
    return n >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1;
}

static inline __mmask16 sg__first16(size_t n)
{
    return (__mmask16)(n >= 16 ? 0xffff : (1u << n) - 1);
}

/* Scratch of the row families; sg_scratch_size__avx512 takes the largest. */
size_t sg__avx512_forward_scratch(const sg__geometry *g, int bits);
size_t sg__avx512_propagate_scratch(const sg__geometry *g, int bits);
size_t sg__avx512_gradient_scratch(const sg__geometry *g);

size_t sg__avx512_rows_scratch(const sg__geometry *g);
size_t sg__avx512_turned_scratch(const sg__geometry *g, int bits);

/* The two parts of the packed weights, one behind the other: what the forward
 * rows and what the propagate rows read. */
size_t sg__avx512_forward_pack_size(const sg__geometry *g, int bits);
void sg__avx512_forward_pack(const sg__synapses *s, uint32_t first,
                             uint32_t last);
size_t sg__avx512_propagate_pack_size(const sg__geometry *g, int bits);
void sg__avx512_propagate_pack(const sg__synapses *s, uint32_t first,
                               uint32_t last, uint8_t *to);
/* Long fully connected layers, which read their weights as they are. */
bool sg__avx512_by_dots(const sg__geometry *g, int bits);
void sg__avx512_dots(const sg__synapses *s, size_t n, const uint8_t *in,
                     const sg__response_out *out);

/* Layers whose forward part is slabs, for both forward rows. */
bool sg__avx512_by_rows(const sg__geometry *g, int bits);
size_t sg__avx512_rows_pack_size(const sg__geometry *g);
void sg__avx512_rows_pack(const sg__synapses *s, uint32_t first,
                          uint32_t last);

static inline uint8_t *sg__avx512_slabs(const sg__synapses *s)
{
    return (uint8_t *)s->packed +
           sg__avx512_forward_pack_size(s->geo, s->bits);
}

#endif
