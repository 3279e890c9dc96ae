/* Dense products of the AVX-512 table: the forward rows, and the propagate rows
 * seen as a convolution in the other direction. */
#ifndef SG_KERNELS_AVX512_DENSE_H
#define SG_KERNELS_AVX512_DENSE_H

#include "kernels/avx512/lanes.h"

/* A product over g. Inputs are bytes:
 *   counts  uint8 against weights int8 (bits 8) or int16 (bits 16)
 *   errors  (is_signed) int8 against weights + 128, uint8 (bits 8), or int16
 * packed   weights by sg__dense_pack
 * rows     instead of packed: slabs (slabs.h) of 64 output channels,
 *          in_c rows a tap, tap_step and block_step bytes from one tap or 64
 *          output channels to the next; and `block`, room for the packed
 *          weights of 64 output channels; or NULL
 * bias     int32[out_c] for counts, NULL for errors
 * offsets  int32[n][out_h * out_w], subtracted, for errors; NULL for counts
 * Of errors out_c is a multiple of 64, and the charge is what is wanted. */
typedef struct sg__dense_product {
    const sg__geometry *g;
    int bits;
    bool is_signed;
    const void *packed;
    const uint8_t *rows;
    ptrdiff_t tap_step, block_step;
    uint8_t *block;
    const int32_t *bias, *offsets;
} sg__dense_product;

/* The firing rule of a layer in registers. */
typedef struct sg__rule16 {
    __m512i offset, cap;
    __m128i shift;
} sg__rule16;

static inline sg__rule16 sg__rule16_of(const sg__response_out *out)
{
    int32_t theta = (int32_t)((uint32_t)1 << (out->theta_bits & 31));
    return (sg__rule16){_mm512_set1_epi32(theta - out->level),
                        _mm512_set1_epi32(out->cap),
                        _mm_cvtsi32_si128(out->theta_bits)};
}

/* sg__count16: spike counts of 16 neurons.
 * sg__gate16: their derivatives. */
static inline __attribute__((always_inline)) void
sg__count16(const sg__rule16 *r, __m512i charge, __mmask16 lanes, uint8_t *to)
{
    __m512i x = _mm512_add_epi32(charge, r->offset);
    x = _mm512_max_epi32(x, _mm512_setzero_si512());
    x = _mm512_min_epi32(_mm512_srl_epi32(x, r->shift), r->cap);
    _mm_mask_storeu_epi8(to, lanes, _mm512_cvtepi32_epi8(x));
}

static inline __attribute__((always_inline)) void
sg__gate16(__m512i charge, __mmask16 lanes, uint8_t *to)
{
    __mmask16 open = _mm512_cmpgt_epi32_mask(charge, _mm512_setzero_si512());
    _mm_mask_storeu_epi8(to, lanes, _mm_maskz_set1_epi8(open, 1));
}

/* sg__respond16: writes what is wanted of 16 neurons from `at` on. */
static inline void sg__respond16(const sg__response_out *out, size_t at,
                                 __m512i charge, __mmask16 lanes)
{
    sg__rule16 r = sg__rule16_of(out);
    if (out->charge)
        _mm512_mask_storeu_epi32(out->charge + at, lanes, charge);
    if (out->count)
        sg__count16(&r, charge, lanes, out->count + at);
    if (out->gate)
        sg__gate16(charge, lanes, out->gate + at);
}

/* sg__counts64, sg__gates64, sg__respond64: the same of 64 neurons. Whole lines
 * leave: the queue of stores is short, and is what a layer waits for whose
 * results go to memory. */
static inline __attribute__((always_inline)) void
sg__counts64(const sg__rule16 *r, const __m512i charge[4], uint8_t *to)
{
    /* the packs work within quarters of a register */
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10,
                                            14, 3, 7, 11, 15);
    __m512i x[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        x[i] = _mm512_add_epi32(charge[i], r->offset);
        x[i] = _mm512_max_epi32(x[i], _mm512_setzero_si512());
        x[i] = _mm512_min_epi32(_mm512_srl_epi32(x[i], r->shift), r->cap);
    }
    _mm512_storeu_si512(
        to, _mm512_permutexvar_epi32(
                order, _mm512_packus_epi16(_mm512_packs_epi32(x[0], x[1]),
                                           _mm512_packs_epi32(x[2], x[3]))));
}

static inline __attribute__((always_inline)) void
sg__gates64(const __m512i charge[4], uint8_t *to)
{
    __mmask64 open = 0;
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
        open |= (__mmask64)_mm512_cmpgt_epi32_mask(charge[i],
                                                   _mm512_setzero_si512())
                << 16 * i;
    _mm512_storeu_si512(to, _mm512_maskz_set1_epi8(open, 1));
}

static inline void sg__respond64(const sg__response_out *out, size_t at,
                                 const __m512i charge[4])
{
    sg__rule16 r = sg__rule16_of(out);
    if (out->charge)
        for (int i = 0; i < 4; i++)
            _mm512_storeu_si512(out->charge + at + 16 * i, charge[i]);
    if (out->count)
        sg__counts64(&r, charge, out->count + at);
    if (out->gate)
        sg__gates64(charge, out->gate + at);
}

/* sg__response_after: the same results from neuron n on. */
static inline sg__response_out sg__response_after(const sg__response_out *out,
                                                  size_t n)
{
    sg__response_out o = *out;
    o.count = o.count ? o.count + n : NULL;
    o.gate = o.gate ? o.gate + n : NULL;
    o.charge = o.charge ? o.charge + n : NULL;
    return o;
}

/* sg__dense_pack_size: bytes of the packed weights.
 * sg__dense_pack: one kernel row of output channel k: `run` weights of
 * kernel_w * in_c, 8 or 16 bits. What no weight fills stays 0. */
size_t sg__dense_pack_size(const sg__geometry *g, int bits);
void sg__dense_pack(const sg__geometry *g, int bits, uint32_t k, uint32_t ky,
                    const void *run, void *packed);

/* sg__dense_run: all positions of n samples; scratch as sg__dense_scratch. */
size_t sg__dense_scratch(const sg__geometry *g, int bits);
void sg__dense_run(const sg__dense_product *p, size_t n, const void *in,
                   const sg__response_out *out, void *scratch);

#endif
