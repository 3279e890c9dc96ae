/* Error counts that are not 0, and sums in registers back to memory: what the
 * rows driven by errors share. */
#ifndef SG_KERNELS_AVX2_EVENTS_H
#define SG_KERNELS_AVX2_EVENTS_H

#include "kernels/avx2/lanes.h"

/* Bit i: d[i] is not 0, for the first 32 or n if that is less. */
SG__INLINE uint32_t sg__sender_bits(const int8_t *d, size_t n)
{
    const __m256i zero = _mm256_setzero_si256();
    uint32_t set = 0;
    size_t i = 0;
    if (n >= 32)
        return ~(uint32_t)_mm256_movemask_epi8(
            _mm256_cmpeq_epi8(sg__load_all(d), zero));
    for (; i + 8 <= n; i += 8) {
        __m128i x = _mm_loadl_epi64((const __m128i *)(d + i));
        x = _mm_cmpeq_epi8(x, _mm_setzero_si128());
        set |= (~(uint32_t)_mm_movemask_epi8(x) & 255) << i;
    }
    for (; i < n; i++)
        set |= (uint32_t)(d[i] != 0) << i;
    return set;
}

/* to[i] += x[i] for the first n of 8 lanes. */
SG__INLINE void sg__add_lanes(int32_t *to, __m256i x, size_t n)
{
    if (n >= 8) {
        sg__store(to, _mm256_add_epi32(sg__load_all(to), x));
    } else {
        __m256i mask = sg__first_lanes(n);
        x = _mm256_add_epi32(_mm256_maskload_epi32(to, mask), x);
        _mm256_maskstore_epi32(to, mask, x);
    }
}

/* The same for 8 integers of 16 bits. */
SG__INLINE void sg__add_words(int32_t *to, __m128i x, size_t n)
{
    sg__add_lanes(to, _mm256_cvtepi16_epi32(x), n);
}

/* The same for the first n of 32, 1..32, as the sums of bytes that were
 * interleaved by halves of registers come. */
SG__INLINE void sg__add_split(int32_t *to, __m256i low, __m256i high, size_t n)
{
    sg__add_words(to, _mm256_castsi256_si128(low), n);
    if (n > 8)
        sg__add_words(to + 8, _mm256_castsi256_si128(high), n - 8);
    if (n > 16)
        sg__add_words(to + 16, _mm256_extracti128_si256(low, 1), n - 16);
    if (n > 24)
        sg__add_words(to + 24, _mm256_extracti128_si256(high, 1), n - 24);
}

#endif
