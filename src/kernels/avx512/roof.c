/* What vpdpbusd can reach: more independent sums than its latency and the two
 * units that some processors have can keep busy, and no memory at all. */
#include <immintrin.h>

#include "kernels/kernels.h"

uint64_t sg__roof__avx512(size_t iterations, int32_t *sink)
{
    enum { SUMS = 16, LANES = 64 };
    __m512i sum[SUMS];
    __m512i count = _mm512_set1_epi8((char)(*sink & 3));
    __m512i weight = _mm512_set1_epi8((char)(*sink | 1));
    for (int i = 0; i < SUMS; i++)
        sum[i] = _mm512_set1_epi32(i);
    for (size_t n = 0; n < iterations; n++) {
#pragma GCC unroll 16
        for (int i = 0; i < SUMS; i++)
            sum[i] = _mm512_dpbusd_epi32(sum[i], count, weight);
    }
    for (int i = 1; i < SUMS; i++)
        sum[0] = _mm512_add_epi32(sum[0], sum[i]);
    *sink = _mm_cvtsi128_si32(_mm512_castsi512_si128(sum[0]));
    return (uint64_t)iterations * SUMS * LANES;
}
