/* AVX2 kernels of the backward pass: the list of error events, and the sums
 * that run over it. */
#include <immintrin.h>

#include "core/rules.h"
#include "kernels/kernels.h"

size_t sg_errors__avx2(size_t n, const int32_t *u, const uint8_t *gate,
                       int phi_bits, uint32_t *events)
{
    const int32_t half = (int32_t)1 << (phi_bits - 1);
    const __m256i above = _mm256_set1_epi32(half - 1);
    const __m256i below = _mm256_set1_epi32(-half);
    size_t length = 0;
    for (size_t i = 0; i < n; i += 8) {
        uint32_t fire = n - i >= 8 ? 255 : (1u << (n - i)) - 1;
        if (fire == 255) {
            __m256i x = _mm256_loadu_si256((const __m256i *)(u + i));
            __m256i out = _mm256_or_si256(_mm256_cmpgt_epi32(x, above),
                                          _mm256_cmpgt_epi32(below, x));
            fire = (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(out));
        }
        for (; fire; fire &= fire - 1) {
            size_t at = i + (size_t)__builtin_ctz(fire);
            int32_t d = sg__error_response(u[at], phi_bits);
            if (d != 0 && (!gate || gate[at]))
                events[length++] = sg__event_pack(at, d);
        }
    }
    return length;
}

/* The first n of 8 lanes, n in 0..8. */
static __m256i first_lanes(size_t n)
{
    const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int32_t)n), index);
}

/* to[i] += scale * x[i] for 8 integers; vpmaddwd with the odd halves of scale
 * zeroed multiplies one 16-bit integer a lane. */
static inline void add_scaled(int32_t *to, __m256i x, __m256i scale)
{
    __m256i sum = _mm256_loadu_si256((const __m256i *)to);
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(x, scale));
    _mm256_storeu_si256((__m256i *)to, sum);
}

/* The same for the lanes of a mask; other integers are not touched. */
static inline void add_masked(int32_t *to, __m256i x, __m256i scale,
                              __m256i mask)
{
    __m256i sum = _mm256_maskload_epi32(to, mask);
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(x, scale));
    _mm256_maskstore_epi32(to, mask, sum);
}

void sg_propagate__avx2(const sg__geometry *g, const int16_t *weight,
                        const uint32_t *events, size_t length, int32_t *u)
{
    const int16_t *end = weight + sg__fan_in(g) * g->out_c;
    for (size_t e = 0; e < length; e++) {
        sg__patch f = sg__patch_of(g, sg__event_neuron(events[e]));
        int32_t d = sg__event_d(events[e]);
        __m256i scale = _mm256_set1_epi32(d & 0xffff);
        __m256i mask = first_lanes(f.width % 8);
        for (uint32_t row = 0; row < f.rows; row++) {
            const int16_t *w = weight + f.weight + row * f.weight_step;
            int32_t *to = u + f.input + row * f.input_step;
            uint32_t i = 0;
            for (; i + 8 <= f.width; i += 8)
                add_scaled(to + i,
                           _mm256_cvtepi16_epi32(
                               _mm_loadu_si128((const __m128i *)(w + i))),
                           scale);
            if (i < f.width && w + i + 8 <= end)
                add_masked(to + i,
                           _mm256_cvtepi16_epi32(
                               _mm_loadu_si128((const __m128i *)(w + i))),
                           scale, mask);
            else
                for (; i < f.width; i++)
                    to[i] += d * w[i];
        }
    }
}

void sg_gradient__avx2(const sg__geometry *g, const uint8_t *in,
                       const uint32_t *events, size_t length, uint32_t first,
                       uint32_t last, int32_t *gradient,
                       int32_t *bias_gradient)
{
    const uint8_t *end = in + sg__inputs(g);
    for (size_t e = 0; e < length; e++) {
        uint32_t channel = sg__event_neuron(events[e]) % g->out_c;
        if (channel < first || channel >= last)
            continue;
        sg__patch f = sg__patch_of(g, sg__event_neuron(events[e]));
        int32_t d = sg__event_d(events[e]);
        __m256i scale = _mm256_set1_epi32(d & 0xffff);
        __m256i mask = first_lanes(f.width % 8);
        bias_gradient[channel] += d;
        for (uint32_t row = 0; row < f.rows; row++) {
            const uint8_t *n = in + f.input + row * f.input_step;
            int32_t *to = gradient + f.weight + row * f.weight_step;
            uint32_t i = 0;
            for (; i + 8 <= f.width; i += 8)
                add_scaled(to + i,
                           _mm256_cvtepu8_epi32(
                               _mm_loadl_epi64((const __m128i *)(n + i))),
                           scale);
            if (i < f.width && n + i + 8 <= end)
                add_masked(to + i,
                           _mm256_cvtepu8_epi32(
                               _mm_loadl_epi64((const __m128i *)(n + i))),
                           scale, mask);
            else
                for (; i < f.width; i++)
                    to[i] += d * n[i];
        }
    }
}
