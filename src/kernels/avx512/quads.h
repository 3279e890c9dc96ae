/* Sums driven by events, four at a time: the byte rows that four events select
 * are interleaved so that each 32-bit lane holds one column of the four, and
 * one dot product multiplies them with the four events' numbers.
 *
 * A full chunk is 64 columns in four registers; their order is that of the
 * unpack instructions until sg__in_order. A short chunk is up to 16 columns in
 * one register, in order. */
#ifndef SG_KERNELS_AVX512_QUADS_H
#define SG_KERNELS_AVX512_QUADS_H

#include <string.h>

#include "kernels/avx512/lanes.h"

enum { SG__QUADS_WIDE = 4 }; /* full chunks at once, at most */

/* Registers to which 64 columns of four rows are interleaved. */
static inline __attribute__((always_inline)) void
sg__interleave(__m512i a, __m512i b, __m512i c, __m512i d, __m512i out[4])
{
    __m512i ab0 = _mm512_unpacklo_epi8(a, b), ab1 = _mm512_unpackhi_epi8(a, b);
    __m512i cd0 = _mm512_unpacklo_epi8(c, d), cd1 = _mm512_unpackhi_epi8(c, d);
    out[0] = _mm512_unpacklo_epi16(ab0, cd0);
    out[1] = _mm512_unpackhi_epi16(ab0, cd0);
    out[2] = _mm512_unpacklo_epi16(ab1, cd1);
    out[3] = _mm512_unpackhi_epi16(ab1, cd1);
}

/* Sums of 64 columns from unpack order to memory order: a transposition of
 * 128-bit lanes. It is its own inverse. */
static inline __attribute__((always_inline)) void sg__in_order(__m512i s[4])
{
    __m512i a = _mm512_shuffle_i32x4(s[0], s[1], 0x44);
    __m512i b = _mm512_shuffle_i32x4(s[0], s[1], 0xee);
    __m512i c = _mm512_shuffle_i32x4(s[2], s[3], 0x44);
    __m512i d = _mm512_shuffle_i32x4(s[2], s[3], 0xee);
    s[0] = _mm512_shuffle_i32x4(a, c, 0x88);
    s[1] = _mm512_shuffle_i32x4(a, c, 0xdd);
    s[2] = _mm512_shuffle_i32x4(b, d, 0x88);
    s[3] = _mm512_shuffle_i32x4(b, d, 0xdd);
}

/* Adds sums in unpack order to 64 integers. Registers come one by one: an
 * array whose address is passed would be kept in memory. */
static inline __attribute__((always_inline)) void
sg__add_in_order(__m512i a, __m512i b, __m512i c, __m512i d, int32_t *to)
{
    __m512i s[4] = {a, b, c, d};
    sg__in_order(s);
    for (int i = 0; i < 4; i++)
        _mm512_storeu_si512(to + 16 * i,
                            _mm512_add_epi32(s[i],
                                             _mm512_loadu_si512(to + 16 * i)));
}

/* Errors of one output channel, each with the byte offset of the window it
 * meets. */
typedef struct sg__events {
    const uint32_t *window;
    const int8_t *d;
    uint32_t length; /* a multiple of four */
} sg__events;

static inline __m512i sg__four_errors(const int8_t *d)
{
    int32_t word;
    memcpy(&word, d, sizeof word);
    return _mm512_set1_epi32(word);
}

/* gradient += d n for the taps of `chunks` full chunks, which lie one behind
 * the other at `from` in each window, and `step` integers apart in the
 * gradient. */
static inline __attribute__((always_inline)) void
sg__add_chunks(const sg__events *e, int chunks, const uint8_t *from,
               int32_t *gradient, size_t step)
{
    __m512i sum[SG__QUADS_WIDE][4];
#pragma GCC unroll 4
    for (int c = 0; c < chunks; c++)
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            sum[c][i] = _mm512_setzero_si512();
    for (uint32_t i = 0; i < e->length; i += 4) {
        const uint8_t *n[4];
        __m512i d = sg__four_errors(e->d + i), x[4];
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++)
            n[j] = from + e->window[i + (uint32_t)j];
#pragma GCC unroll 4
        for (int c = 0; c < chunks; c++) {
            sg__interleave(_mm512_loadu_si512(n[0] + 64 * c),
                           _mm512_loadu_si512(n[1] + 64 * c),
                           _mm512_loadu_si512(n[2] + 64 * c),
                           _mm512_loadu_si512(n[3] + 64 * c), x);
#pragma GCC unroll 4
            for (int j = 0; j < 4; j++)
                sum[c][j] = _mm512_dpbusd_epi32(sum[c][j], x[j], d);
        }
    }
#pragma GCC unroll 4
    for (int c = 0; c < chunks; c++) {
        sg__add_in_order(sum[c][0], sum[c][1], sum[c][2], sum[c][3],
                         gradient + (size_t)c * step);
    }
}

/* 16 columns of four rows, one register. */
static inline __attribute__((always_inline)) __m512i
sg__interleave16(__m128i a, __m128i b, __m128i c, __m128i d)
{
    const __m512i rows = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10,
                                           14, 3, 7, 11, 15);
    const __m512i columns = _mm512_broadcast_i32x4(
        _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    __m512i x = _mm512_castsi128_si512(a);
    x = _mm512_inserti32x4(x, b, 1);
    x = _mm512_inserti32x4(x, c, 2);
    x = _mm512_inserti32x4(x, d, 3);
    return _mm512_shuffle_epi8(_mm512_permutexvar_epi32(rows, x), columns);
}

#endif
