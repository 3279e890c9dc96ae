/* What the AVX2 kernels share: the first n of some lanes, parts of a register
 * to memory, error counts from error charge. Files that include this are
 * compiled with at least -mavx2. */
#ifndef SG_KERNELS_AVX2_LANES_H
#define SG_KERNELS_AVX2_LANES_H

#include <immintrin.h>
#include <string.h>

#include "core/rules.h"
#include "kernels/kernels.h"

/* Loops over registers must be unrolled to stay in them. */
#define SG__INLINE static inline __attribute__((always_inline))

SG__INLINE __m256i sg__load_all(const void *from)
{
    return _mm256_loadu_si256((const __m256i *)from);
}

SG__INLINE void sg__store(void *to, __m256i x)
{
    _mm256_storeu_si256((__m256i *)to, x);
}

/* sg__load_once: for what two instructions read; left alone, GCC loads it for
 * each of them. */
SG__INLINE __m256i sg__load_once(const void *from)
{
    __m256i x = sg__load_all(from);
    __asm__("" : "+x"(x));
    return x;
}

/* SG__GATHER16, SG__GATHER32: sum += x in its own register; left alone, GCC
 * keeps a second copy of each sum, some of them in memory. */
#define SG__GATHER16(sum, x) __asm__("vpaddw %1, %0, %0" : "+x"(sum) : "x"(x))
#define SG__GATHER32(sum, x) __asm__("vpaddd %1, %0, %0" : "+x"(sum) : "x"(x))

SG__INLINE __m128i sg__load_half(const void *from)
{
    return _mm_loadu_si128((const __m128i *)from);
}

/* 0 1 2 ... 31: control of a shuffle that moves bytes down. */
static const uint8_t sg__slide[32] = {0,  1,  2,  3,  4,  5,  6,  7,
                                      8,  9,  10, 11, 12, 13, 14, 15,
                                      16, 17, 18, 19, 20, 21, 22, 23,
                                      24, 25, 26, 27, 28, 29, 30, 31};

/* 32 bytes of ones, then 32 of zeros: read at 32 - n it has n ones. */
static const uint8_t sg__ones_then_zeros[64] = {255, 255, 255, 255, 255, 255,
                                                255, 255, 255, 255, 255, 255,
                                                255, 255, 255, 255, 255, 255,
                                                255, 255, 255, 255, 255, 255,
                                                255, 255, 255, 255, 255, 255,
                                                255, 255};

/* The first n of 32 bytes, n in 0..32. */
SG__INLINE __m256i sg__first_bytes(size_t n)
{
    return sg__load_all(sg__ones_then_zeros + 32 - n);
}

/* The first n of 8 lanes; n beyond 8 means all. */
SG__INLINE __m256i sg__first_lanes(size_t n)
{
    return sg__first_bytes(n < 8 ? 4 * n : 32);
}

/* Stores the first n bytes, 1..16; from 8 on as two halves that overlap. */
SG__INLINE void sg__store_bytes(uint8_t *to, __m128i x, size_t n)
{
    if (n >= 16) {
        _mm_storeu_si128((__m128i *)to, x);
    } else if (n >= 8) {
        __m128i control = sg__load_half(sg__slide + n - 8);
        _mm_storel_epi64((__m128i *)to, x);
        _mm_storel_epi64((__m128i *)(to + n - 8),
                         _mm_shuffle_epi8(x, control));
    } else {
        uint8_t bytes[16];
        _mm_storeu_si128((__m128i *)bytes, x);
        for (size_t i = 0; i < n; i++)
            to[i] = bytes[i];
    }
}

/* sg__largest_count: of n counts, at least 1. */
static inline int32_t sg__largest_count(const uint8_t *x, size_t n)
{
    uint8_t lane[32], all = 1;
    __m256i most = _mm256_setzero_si256();
    size_t i = 0;
    for (; i + 32 <= n; i += 32)
        most = _mm256_max_epu8(most, sg__load_all(x + i));
    sg__store(lane, most);
    for (size_t k = 0; k < 32; k++)
        all = lane[k] > all ? lane[k] : all;
    for (; i < n; i++)
        all = x[i] > all ? x[i] : all;
    return all;
}

/* Four registers of 8 integers, packed with signed saturation to bytes. */
SG__INLINE __m256i sg__narrow(__m256i a, __m256i b, __m256i c, __m256i d)
{
    /* undoes the lane order of the two packs */
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    __m256i x =
        _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
    return _mm256_permutevar8x32_epi32(x, order);
}

/* sg__error_response of 32 charges. */
SG__INLINE __m256i sg__error_bytes(const int32_t *u, int phi_bits)
{
    const __m256i half = _mm256_set1_epi32((int32_t)1 << (phi_bits - 1));
    const __m128i by = _mm_cvtsi32_si128(phi_bits);
    __m256i d[4];
    for (int r = 0; r < 4; r++)
        d[r] =
            _mm256_sra_epi32(_mm256_add_epi32(sg__load_all(u + 8 * r), half),
                             by);
    return _mm256_max_epi8(sg__narrow(d[0], d[1], d[2], d[3]),
                           _mm256_set1_epi8(-SG__ERROR_CAP));
}

#endif
