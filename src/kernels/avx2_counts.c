/* AVX2 kernels over counts, one neuron like the next: response, tally, sums
 * of pools. */
#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

#include "kernels/kernels.h"

void sg_respond__avx2(size_t n, const int32_t *charge, int theta_bits,
                      int32_t level, int32_t cap, uint8_t *count,
                      uint8_t *gate)
{
    const int32_t theta = (int32_t)1 << theta_bits;
    const __m256i zero = _mm256_setzero_si256();
    const __m256i offset = _mm256_set1_epi32(theta - level);
    const __m256i most = _mm256_set1_epi32(cap);
    const __m256i ones = _mm256_set1_epi8(1);
    /* undoes the lane order of the two packs */
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i spikes[4], positive[4];
        for (int r = 0; r < 4; r++) {
            __m256i a = _mm256_loadu_si256(
                (const __m256i *)(charge + i + (size_t)r * 8));
            __m256i x = _mm256_max_epi32(_mm256_add_epi32(a, offset), zero);
            spikes[r] =
                _mm256_min_epi32(_mm256_srai_epi32(x, theta_bits), most);
            positive[r] = _mm256_cmpgt_epi32(a, zero);
        }
        __m256i c =
            _mm256_packus_epi16(_mm256_packs_epi32(spikes[0], spikes[1]),
                                _mm256_packs_epi32(spikes[2], spikes[3]));
        __m256i p =
            _mm256_packs_epi16(_mm256_packs_epi32(positive[0], positive[1]),
                               _mm256_packs_epi32(positive[2], positive[3]));
        _mm256_storeu_si256((__m256i *)(count + i),
                            _mm256_permutevar8x32_epi32(c, order));
        p = _mm256_and_si256(_mm256_permutevar8x32_epi32(p, order), ones);
        _mm256_storeu_si256((__m256i *)(gate + i), p);
    }
    sg_respond__ref(n - i, charge + i, theta_bits, level, cap, count + i,
                    gate + i);
}

void sg_tally__avx2(size_t n, const uint8_t *count, int32_t cap,
                    uint32_t tally[3])
{
    const __m256i zero = _mm256_setzero_si256();
    const __m256i full = _mm256_set1_epi8((char)cap);
    __m256i sums = zero;
    uint32_t silent = 0, saturated = 0;
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i x = _mm256_loadu_si256((const __m256i *)(count + i));
        __m256i none = _mm256_cmpeq_epi8(x, zero);
        __m256i top = _mm256_cmpeq_epi8(x, full);
        sums = _mm256_add_epi64(sums, _mm256_sad_epu8(x, zero));
        silent +=
            (uint32_t)__builtin_popcount((uint32_t)_mm256_movemask_epi8(none));
        saturated +=
            (uint32_t)__builtin_popcount((uint32_t)_mm256_movemask_epi8(top));
    }
    uint64_t lanes[4];
    _mm256_storeu_si256((__m256i *)lanes, sums);
    sg_tally__ref(n - i, count + i, cap, tally);
    tally[0] += (uint32_t)(lanes[0] + lanes[1] + lanes[2] + lanes[3]);
    tally[1] += (uint32_t)i - silent;
    tally[2] += saturated;
}

/* A pixel's channels are summed 16 at a time; the overshoot is overwritten by
 * the next pixel. Only the last pixels, where it would leave the arrays, are
 * done one by one. */
void sg_pool_sum__avx2(const sg__geometry *g, const uint8_t *in, uint8_t *out)
{
    enum { WIDE = 16 };
    size_t row = (size_t)g->in_w * g->in_c, pixel = g->in_c;
    size_t reach = (g->kernel_h - 1) * row + (g->kernel_w - 1) * pixel;
    const uint8_t *in_end = in + sg__inputs(g);
    uint8_t *out_end = out + sg__outputs(g);
    for (uint32_t y = 0; y < g->out_h; y++)
        for (uint32_t x = 0; x < g->out_w; x++, out += pixel) {
            const uint8_t *corner =
                in + y * g->stride * row + x * g->stride * pixel;
            for (size_t c = 0; c < pixel; c += WIDE) {
                bool wide = corner + reach + c + WIDE <= in_end &&
                            out + c + WIDE <= out_end;
                size_t left = pixel - c < WIDE ? pixel - c : WIDE;
                __m128i sum = _mm_setzero_si128();
                if (!wide)
                    memset(out + c, 0, left);
                for (uint32_t ky = 0; ky < g->kernel_h; ky++)
                    for (uint32_t kx = 0; kx < g->kernel_w; kx++) {
                        const uint8_t *from =
                            corner + ky * row + kx * pixel + c;
                        if (wide)
                            sum = _mm_add_epi8(sum, _mm_loadu_si128((
                                                        const __m128i *)from));
                        else
                            for (size_t i = 0; i < left; i++)
                                out[c + i] = (uint8_t)(out[c + i] + from[i]);
                    }
                if (wide)
                    _mm_storeu_si128((__m128i *)(out + c), sum);
            }
        }
}
