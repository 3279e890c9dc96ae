/* What vpmaddubsw and an addition can reach, as the dense row uses them while
 * sums fit 16 bits: more independent sums than their latency and the units of
 * a processor can keep busy, and no memory at all. */
#include "kernels/avx2/lanes.h"

uint64_t sg__roof__avx2(size_t iterations, int32_t *sink)
{
    enum { SUMS = 6, LANES = 32 };
    __m256i sum[SUMS];
    __m256i count = _mm256_set1_epi8((char)(*sink & 3));
    __m256i weight = _mm256_set1_epi8((char)(*sink | 1));
    for (int i = 0; i < SUMS; i++)
        sum[i] = _mm256_set1_epi16((short)i);
    for (size_t n = 0; n < iterations; n++) {
#pragma GCC unroll 6
        for (int i = 0; i < SUMS; i++) {
            __asm__("" : "+x"(count)); /* or the product leaves the loop */
            sum[i] =
                _mm256_add_epi16(sum[i], _mm256_maddubs_epi16(count, weight));
        }
    }
    for (int i = 1; i < SUMS; i++)
        sum[0] = _mm256_add_epi16(sum[0], sum[i]);
    *sink = _mm_cvtsi128_si32(_mm256_castsi256_si128(sum[0]));
    return (uint64_t)iterations * SUMS * LANES;
}
