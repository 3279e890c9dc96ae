/* What the VEX-encoded vpdpbusd can reach: more independent sums than its
 * latency and the units of a processor can keep busy, and no memory at all. */
#include "kernels/avx2/lanes.h"

uint64_t sg__roof__avxvnni(size_t iterations, int32_t *sink)
{
    enum { SUMS = 12, LANES = 32 };
    __m256i sum[SUMS];
    __m256i count = _mm256_set1_epi8((char)(*sink & 3));
    __m256i weight = _mm256_set1_epi8((char)(*sink | 1));
    for (int i = 0; i < SUMS; i++)
        sum[i] = _mm256_set1_epi32(i);
    for (size_t n = 0; n < iterations; n++) {
#pragma GCC unroll 12
        for (int i = 0; i < SUMS; i++)
            sum[i] = _mm256_dpbusd_avx_epi32(sum[i], count, weight);
    }
    for (int i = 1; i < SUMS; i++)
        sum[0] = _mm256_add_epi32(sum[0], sum[i]);
    *sink = _mm_cvtsi128_si32(_mm256_castsi256_si128(sum[0]));
    return (uint64_t)iterations * SUMS * LANES;
}
