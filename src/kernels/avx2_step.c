/* AVX2 optimiser step: four parameters at a time in 64-bit lanes, which are
 * wide enough for every intermediate value. */
#include <immintrin.h>

#include "core/rules.h"
#include "kernels/kernels.h"

/* floor(x / 2^shift); AVX2 shifts 64-bit lanes only logically, so x is moved
 * to the positive numbers and back. |x| < 2^62. */
static inline __m256i floor_shift(__m256i x, __m128i shift, __m256i origin,
                                  __m256i moved)
{
    return _mm256_sub_epi64(_mm256_srl_epi64(_mm256_add_epi64(x, origin),
                                             shift),
                            moved);
}

static inline __m256i clamp(__m256i x, __m256i limit)
{
    __m256i low = _mm256_sub_epi64(_mm256_setzero_si256(), limit);
    x = _mm256_blendv_epi8(x, limit, _mm256_cmpgt_epi64(x, limit));
    return _mm256_blendv_epi8(x, low, _mm256_cmpgt_epi64(low, x));
}

static inline __m256i load(const int32_t *x)
{
    return _mm256_cvtepi32_epi64(_mm_loadu_si128((const __m128i *)x));
}

static inline void store(int32_t *to, __m256i x)
{
    const __m256i even = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
    _mm_storeu_si128((__m128i *)to, _mm256_castsi256_si128(
                                        _mm256_permutevar8x32_epi32(x, even)));
}

void sg_step__avx2(size_t n, const int32_t *gradient, int32_t friction,
                   int32_t mult, int shift, int32_t limit, int32_t *velocity,
                   int32_t *master)
{
    const __m256i origin = _mm256_set1_epi64x(1LL << 62);
    const __m256i moved16 = _mm256_set1_epi64x(1LL << 46);
    const __m256i moved = _mm256_set1_epi64x(1LL << (62 - shift));
    const __m256i half16 = _mm256_set1_epi64x(32768);
    const __m256i half = _mm256_set1_epi64x(1LL << (shift - 1));
    const __m256i keep = _mm256_set1_epi64x(friction);
    const __m256i rate = _mm256_set1_epi64x(mult);
    const __m256i most = _mm256_set1_epi64x(limit);
    const __m256i full = _mm256_set1_epi64x(INT32_MAX);
    const __m128i by16 = _mm_cvtsi32_si128(16);
    const __m128i by = _mm_cvtsi32_si128(shift);
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        __m256i v = load(velocity + i), w = load(master + i);
        __m256i lost =
            floor_shift(_mm256_add_epi64(_mm256_mul_epi32(v, keep), half16),
                        by16, origin, moved16);
        v = _mm256_sub_epi64(_mm256_add_epi64(v, load(gradient + i)), lost);
        v = clamp(v, full);
        __m256i change =
            floor_shift(_mm256_add_epi64(_mm256_mul_epi32(v, rate), half), by,
                        origin, moved);
        store(velocity + i, v);
        store(master + i, clamp(_mm256_sub_epi64(w, change), most));
    }
    sg_step__ref(n - i, gradient + i, friction, mult, shift, limit,
                 velocity + i, master + i);
}
