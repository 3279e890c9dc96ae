/* AVX-512 weight gradient by planes (portable/planes.h), driven by the neurons
 * that sent errors. */
#include <string.h>

#include "kernels/avx512/planes.h"

static inline uint64_t sg__plane_senders(const int8_t *d, size_t n)
{
    __m512i v = _mm512_maskz_loadu_epi8(sg__first64(n), d);
    return _mm512_test_epi8_mask(v, v);
}

/* to[64] += 16-bit sums of columns that were interleaved by halves of lanes.
 */
static inline __attribute__((always_inline)) void
add_lanes(__m512i low, __m512i high, int32_t *to)
{
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        __m128i a = i == 0   ? _mm512_castsi512_si128(low)
                    : i == 1 ? _mm512_extracti32x4_epi32(low, 1)
                    : i == 2 ? _mm512_extracti32x4_epi32(low, 2)
                             : _mm512_extracti32x4_epi32(low, 3);
        __m128i b = i == 0   ? _mm512_castsi512_si128(high)
                    : i == 1 ? _mm512_extracti32x4_epi32(high, 1)
                    : i == 2 ? _mm512_extracti32x4_epi32(high, 2)
                             : _mm512_extracti32x4_epi32(high, 3);
        __m512i x = _mm512_cvtepi16_epi32(_mm256_set_m128i(b, a));
        _mm512_storeu_si512(to + 16 * i,
                            _mm512_add_epi32(x,
                                             _mm512_loadu_si512(to + 16 * i)));
    }
}

static inline __attribute__((always_inline)) void
sg__plane_taps(const uint32_t *window, const int8_t *d, size_t length,
               int taps, const uint8_t *from, int32_t *gradient, size_t step)
{
    __m512i low[3], high[3];
#pragma GCC unroll 3
    for (int t = 0; t < taps; t++)
        low[t] = high[t] = _mm512_setzero_si512();
    for (size_t i = 0; i < length; i += 2) {
        int16_t two;
        memcpy(&two, d + i, sizeof two);
        __m512i both = _mm512_set1_epi16(two);
        const uint8_t *a = from + window[i], *b = from + window[i + 1];
#pragma GCC unroll 3
        for (int t = 0; t < taps; t++) {
            __m512i x = _mm512_load_si512(a + 64 * t);
            __m512i y = _mm512_load_si512(b + 64 * t);
            __m512i z = _mm512_maddubs_epi16(_mm512_unpacklo_epi8(x, y), both);
            low[t] = _mm512_add_epi16(low[t], z);
            z = _mm512_maddubs_epi16(_mm512_unpackhi_epi8(x, y), both);
            high[t] = _mm512_add_epi16(high[t], z);
            /* gcc 12 otherwise keeps a second copy of each sum */
            __asm__("" : "+v"(low[t]), "+v"(high[t]));
        }
    }
#pragma GCC unroll 3
    for (int t = 0; t < taps; t++)
        add_lanes(low[t], high[t], gradient + (size_t)t * step);
}

#include "kernels/portable/planes.h"

size_t sg__planes_sparse_scratch(const sg__geometry *g)
{
    return sg__planes_bytes(g);
}

void sg__planes_sparse(const sg__synapses *s, size_t n, const uint8_t *in,
                       const int8_t *d, uint32_t first, uint32_t last,
                       int32_t *gradient, int32_t *bias_gradient,
                       void *scratch)
{
    sg__planes_run(s, n, in, d, first, last, gradient, bias_gradient, scratch);
}
