/* AVX2 optimiser step: parameters in 64-bit lanes, which are wide enough for
 * every intermediate value, and their forward copies. Stochastic rounding
 * costs its random numbers and stays with the reference. */
#include "kernels/avx2_lanes.h"

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
    return _mm256_cvtepi32_epi64(sg__load_half(x));
}

/* Two registers of four 64-bit lanes as 8 integers. */
static inline __m256i join(__m256i a, __m256i b)
{
    __m256 even = _mm256_shuffle_ps(_mm256_castsi256_ps(a),
                                    _mm256_castsi256_ps(b), 0x88);
    return _mm256_permute4x64_epi64(_mm256_castps_si256(even), 0xd8);
}

/* Constants of a step, one to a lane. */
typedef struct constants {
    __m256i origin, moved16, moved, half16, half, keep, rate, most, full;
    __m128i by16, by;
} constants;

static constants constants_of(const sg__step_plan *p)
{
    constants c;
    c.origin = _mm256_set1_epi64x(1LL << 62);
    c.moved16 = _mm256_set1_epi64x(1LL << 46);
    c.moved = _mm256_set1_epi64x(1LL << (62 - p->shift));
    c.half16 = _mm256_set1_epi64x(32768);
    c.half = _mm256_set1_epi64x(1LL << (p->shift - 1));
    c.keep = _mm256_set1_epi64x(p->friction);
    c.rate = _mm256_set1_epi64x(p->mult);
    c.most = _mm256_set1_epi64x(p->limit);
    c.full = _mm256_set1_epi64x(INT32_MAX);
    c.by16 = _mm_cvtsi32_si128(16);
    c.by = _mm_cvtsi32_si128(p->shift);
    return c;
}

/* Four parameters: velocity in and out, master returned. */
SG__INLINE __m256i step(const constants *c, __m256i gradient,
                        __m256i *velocity, __m256i master)
{
    __m256i v = *velocity;
    __m256i lost =
        floor_shift(_mm256_add_epi64(_mm256_mul_epi32(v, c->keep), c->half16),
                    c->by16, c->origin, c->moved16);
    v = clamp(_mm256_sub_epi64(_mm256_add_epi64(v, gradient), lost), c->full);
    *velocity = v;
    __m256i change =
        floor_shift(_mm256_add_epi64(_mm256_mul_epi32(v, c->rate), c->half),
                    c->by, c->origin, c->moved);
    return clamp(_mm256_sub_epi64(master, change), c->most);
}

/* floor(w / 2^shift + 1/2) without a sum that could leave 32 bits. */
SG__INLINE __m256i round_shift(__m256i w, int shift)
{
    if (shift == 0)
        return w;
    __m256i below = _mm256_sra_epi32(w, _mm_cvtsi32_si128(shift - 1));
    __m256i half = _mm256_and_si256(below, _mm256_set1_epi32(1));
    return _mm256_add_epi32(_mm256_srai_epi32(below, 1), half);
}

/* Forward copies of 8 parameters. */
SG__INLINE void store_copies(const sg__step_plan *p, void *weight, size_t i,
                             __m256i master)
{
    __m256i w = round_shift(master, p->weight_shift);
    __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(w),
                                    _mm256_extracti128_si256(w, 1));
    if (p->weight_bits == 8)
        _mm_storel_epi64((__m128i *)((int8_t *)weight + i),
                         _mm_packs_epi16(words, words));
    else if (p->weight_bits == 16)
        _mm_storeu_si128((__m128i *)((int16_t *)weight + i), words);
    else
        sg__store((int32_t *)weight + i, w);
}

void sg_step__avx2(const sg__step_plan *p, size_t first, size_t n,
                   const int32_t *gradient, int32_t *velocity, int32_t *master,
                   void *weight)
{
    const constants c = constants_of(p);
    size_t i = 0;
    for (; !p->stochastic && i + 8 <= n; i += 8) {
        __m256i v0 = load(velocity + i), v1 = load(velocity + i + 4);
        __m256i w0 = step(&c, load(gradient + i), &v0, load(master + i));
        __m256i w1 =
            step(&c, load(gradient + i + 4), &v1, load(master + i + 4));
        __m256i w = join(w0, w1);
        sg__store(velocity + i, join(v0, v1));
        sg__store(master + i, w);
        store_copies(p, weight, i, w);
    }
    sg_step__ref(p, first + i, n - i, gradient + i, velocity + i, master + i,
                 (char *)weight + i * (size_t)p->weight_bits / 8);
}
