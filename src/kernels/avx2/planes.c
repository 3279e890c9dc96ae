/* AVX2 weight gradient by planes (portable/planes.h). Three taps are twelve
 * sums. */
#include "kernels/avx2/planes.h"

#include "kernels/avx2/events.h"

static inline uint64_t sg__plane_senders(const int8_t *d, size_t n)
{
    uint64_t set = sg__sender_bits(d, n);
    return n > 32 ? set | (uint64_t)sg__sender_bits(d + 32, n - 32) << 32
                  : set;
}

SG__INLINE void sg__plane_taps(const uint32_t *window, const int8_t *d,
                               size_t length, int taps, const uint8_t *from,
                               int32_t *gradient, size_t step)
{
    const int registers = 2 * taps;
    __m256i low[6], high[6];
#pragma GCC unroll 6
    for (int r = 0; r < registers; r++)
        low[r] = high[r] = _mm256_setzero_si256();
    for (size_t i = 0; i < length; i += 2) {
        int16_t two;
        memcpy(&two, d + i, sizeof two);
        __m256i both = _mm256_set1_epi16(two);
        const uint8_t *a = from + window[i], *b = from + window[i + 1];
#pragma GCC unroll 6
        for (int r = 0; r < registers; r++) {
            __m256i x = sg__load_once(a + 32 * r);
            __m256i y = sg__load_once(b + 32 * r), z;
            z = _mm256_maddubs_epi16(_mm256_unpacklo_epi8(x, y), both);
            SG__GATHER16(low[r], z);
            z = _mm256_maddubs_epi16(_mm256_unpackhi_epi8(x, y), both);
            SG__GATHER16(high[r], z);
        }
    }
#pragma GCC unroll 6
    for (int r = 0; r < registers; r++)
        sg__add_split(gradient + (size_t)(r / 2) * step + 32 * (r % 2), low[r],
                      high[r], 32);
}

#include "kernels/portable/planes.h"

size_t sg__planes_scratch(const sg__geometry *g)
{
    return sg__by_planes(g) ? sg__planes_bytes(g) : 0;
}

void sg__planes_gradient(const sg__synapses *s, size_t n, const uint8_t *in,
                         const int8_t *d, uint32_t first, uint32_t last,
                         int32_t *gradient, int32_t *bias_gradient,
                         void *scratch)
{
    sg__planes_run(s, n, in, d, first, last, gradient, bias_gradient, scratch);
}
