/* AVX2 optimiser step, and forward copies. Where a rate is below 1, as it is,
 * everything but the products fits 32-bit lanes; otherwise parameters come in
 * 64-bit lanes, which are wide enough for every intermediate value. For
 * stochastic rounding
 * four blocks of the generator (base/random.h, Philox4x32-10) are computed at
 * a time, which draw for 16 parameters. */
#include "base/random.h"
#include "kernels/avx2/lanes.h"

enum { ROUNDS = 10, DRAWN = 16 };

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
    __m128i by16, by, down, up; /* a draw of 32 bits to one of `shift` */
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
    c.down = _mm_cvtsi32_si128(p->shift < 32 ? 32 - p->shift : 0);
    c.up = _mm_cvtsi32_si128(p->shift > 32 ? p->shift - 32 : 0);
    return c;
}

/* What sg__rounding draws for four quads of parameters, each in the lanes of
 * one register. Only the low halves of lanes count until the last round. */
static void draw(const sg__step_plan *p, const constants *c, uint64_t quad,
                 __m256i offset[4])
{
    const __m256i m0 = _mm256_set1_epi64x(0xD2511F53);
    const __m256i m1 = _mm256_set1_epi64x(0xCD9E8D57);
    const __m256i low = _mm256_set1_epi64x(UINT32_MAX);
    uint32_t k0 = (uint32_t)p->seed;
    uint32_t k1 = (uint32_t)(p->seed >> 32) ^ (uint32_t)SG__STREAM_ROUNDING
                                                  << 24;
    __m256i x0 = _mm256_set1_epi64x((uint32_t)p->step);
    __m256i x1 = _mm256_set1_epi64x((uint32_t)(p->step >> 32) ^ p->key << 24);
    __m256i x2 = _mm256_add_epi64(_mm256_set1_epi64x((int64_t)quad),
                                  _mm256_setr_epi64x(0, 1, 2, 3));
    __m256i x3 = _mm256_xor_si256(_mm256_srli_epi64(x2, 32),
                                  _mm256_set1_epi64x(p->key >> 8 << 24));
    for (int i = 0; i < ROUNDS; i++) {
        __m256i a = _mm256_mul_epu32(x0, m0), b = _mm256_mul_epu32(x2, m1);
        x0 = _mm256_xor_si256(_mm256_srli_epi64(b, 32), x1);
        x2 = _mm256_xor_si256(_mm256_srli_epi64(a, 32), x3);
        x0 = _mm256_xor_si256(x0, _mm256_set1_epi64x(k0));
        x2 = _mm256_xor_si256(x2, _mm256_set1_epi64x(k1));
        x1 = b;
        x3 = a;
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
    }
    x1 = _mm256_slli_epi64(x1, 32); /* 0 1 and 2 3 share a lane ... */
    x3 = _mm256_slli_epi64(x3, 32);
    x0 = _mm256_or_si256(_mm256_and_si256(x0, low), x1);
    x2 = _mm256_or_si256(_mm256_and_si256(x2, low), x3);
    __m256i even = _mm256_unpacklo_epi64(x0, x2); /* ... quads 0 and 2 */
    __m256i odd = _mm256_unpackhi_epi64(x0, x2);
    offset[0] = _mm256_cvtepu32_epi64(_mm256_castsi256_si128(even));
    offset[1] = _mm256_cvtepu32_epi64(_mm256_castsi256_si128(odd));
    offset[2] = _mm256_cvtepu32_epi64(_mm256_extracti128_si256(even, 1));
    offset[3] = _mm256_cvtepu32_epi64(_mm256_extracti128_si256(odd, 1));
    for (int i = 0; i < 4; i++)
        offset[i] =
            _mm256_sll_epi64(_mm256_srl_epi64(offset[i], c->down), c->up);
}

/* Four parameters: velocity in and out, master returned. */
SG__INLINE __m256i step(const constants *c, __m256i gradient,
                        __m256i *velocity, __m256i master, __m256i offset)
{
    __m256i v = *velocity;
    __m256i lost =
        floor_shift(_mm256_add_epi64(_mm256_mul_epi32(v, c->keep), c->half16),
                    c->by16, c->origin, c->moved16);
    v = clamp(_mm256_sub_epi64(_mm256_add_epi64(v, gradient), lost), c->full);
    *velocity = v;
    __m256i change =
        floor_shift(_mm256_add_epi64(_mm256_mul_epi32(v, c->rate), offset),
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

/* Eight parameters from the i-th on, offsets in two registers. */
SG__INLINE void step_eight(const sg__step_plan *p, const constants *c,
                           size_t i, const int32_t *gradient,
                           int32_t *velocity, int32_t *master, void *weight,
                           __m256i low, __m256i high)
{
    __m256i v0 = load(velocity + i), v1 = load(velocity + i + 4);
    __m256i w0 = step(c, load(gradient + i), &v0, load(master + i), low);
    __m256i w1 =
        step(c, load(gradient + i + 4), &v1, load(master + i + 4), high);
    __m256i w = join(w0, w1);
    sg__store(velocity + i, join(v0, v1));
    sg__store(master + i, w);
    store_copies(p, weight, i, w);
}

/* Constants of a step whose rate is below 1. */
typedef struct narrow {
    __m256i keep, half16, rate, half, most, least, full, lowest;
    __m128i by, up; /* of products: by `shift`, or by 32 and then the rest */
    bool far;       /* the latter */
} narrow;

static narrow narrow_of(const sg__step_plan *p)
{
    int far = p->shift > 32;
    return (narrow){
        .keep = _mm256_set1_epi64x(p->friction),
        .half16 = _mm256_set1_epi64x(32768),
        .rate = _mm256_set1_epi64x(p->mult),
        .half = _mm256_set1_epi64x(1LL << (p->shift - 1)),
        .most = _mm256_set1_epi32(p->limit),
        .least = _mm256_set1_epi32(-p->limit),
        .full = _mm256_set1_epi32(INT32_MAX),
        .lowest = _mm256_set1_epi32(-INT32_MAX),
        .by = _mm_cvtsi32_si128(far ? p->shift - 32 : p->shift),
        .up = _mm_cvtsi32_si128(far ? 0 : 32 - p->shift),
        .far = far,
    };
}

/* a - b, or the end of the numbers where that leaves 32 bits. */
SG__INLINE __m256i subtract(__m256i a, __m256i b, __m256i full)
{
    __m256i x = _mm256_sub_epi32(a, b);
    __m256i over =
        _mm256_and_si256(_mm256_xor_si256(a, b), _mm256_xor_si256(a, x));
    __m256i end = _mm256_xor_si256(_mm256_srai_epi32(a, 31), full);
    return _mm256_castps_si256(_mm256_blendv_ps(_mm256_castsi256_ps(x),
                                                _mm256_castsi256_ps(end),
                                                _mm256_castsi256_ps(over)));
}

/* floor((x rate + half) / 2^shift) */
SG__INLINE __m256i change_of(const narrow *c, __m256i x)
{
    __m256i even = _mm256_mul_epi32(x, c->rate);
    __m256i odd = _mm256_mul_epi32(_mm256_srli_epi64(x, 32), c->rate);
    even = _mm256_add_epi64(even, c->half);
    odd = _mm256_add_epi64(odd, c->half);
    if (c->far)
        return _mm256_sra_epi32(_mm256_blend_epi32(_mm256_srli_epi64(even, 32),
                                                   odd, 0xaa),
                                c->by);
    return _mm256_blend_epi32(_mm256_srl_epi64(even, c->by),
                              _mm256_sll_epi64(odd, c->up), 0xaa);
}

/* Eight parameters from the i-th on. */
SG__INLINE void step_narrow(const sg__step_plan *p, const narrow *c, size_t i,
                            const int32_t *gradient, int32_t *velocity,
                            int32_t *master, void *weight)
{
    __m256i v = sg__load_all(velocity + i), g = sg__load_all(gradient + i);
    __m256i even = _mm256_mul_epi32(v, c->keep);
    __m256i odd = _mm256_mul_epi32(_mm256_srli_epi64(v, 32), c->keep);
    even = _mm256_srli_epi64(_mm256_add_epi64(even, c->half16), 16);
    odd = _mm256_slli_epi64(_mm256_add_epi64(odd, c->half16), 16);
    /* what is lost is between 0 and v, so that this cannot overflow; and the
     * sum is that of v and g, of which -g may not exist */
    v = _mm256_sub_epi32(_mm256_blend_epi32(even, odd, 0xaa), v);
    v = subtract(g, v, c->full);
    v = _mm256_max_epi32(v, c->lowest);
    __m256i w = subtract(sg__load_all(master + i), change_of(c, v), c->full);
    w = _mm256_max_epi32(_mm256_min_epi32(w, c->most), c->least);
    sg__store(velocity + i, v);
    sg__store(master + i, w);
    store_copies(p, weight, i, w);
}

/* Parameters i..n-1 that do not fill a register. */
static void step_rest(const sg__step_plan *p, size_t first, size_t i, size_t n,
                      const int32_t *gradient, int32_t *velocity,
                      int32_t *master, void *weight)
{
    sg__step__ref(p, first + i, n - i, gradient + i, velocity + i, master + i,
                  (char *)weight + i * (size_t)p->weight_bits / 8);
}

void sg__step__avx2(const sg__step_plan *p, size_t first, size_t n,
                    const int32_t *gradient, int32_t *velocity,
                    int32_t *master, void *weight)
{
    const constants c = constants_of(p);
    size_t i = 0;
    if (p->stochastic) { /* from where a block of draws begins */
        i = (4 - first % 4) % 4;
        i = i < n ? i : n;
        step_rest(p, first, 0, i, gradient, velocity, master, weight);
    }
    for (; p->stochastic && i + DRAWN <= n; i += DRAWN) {
        __m256i offset[4];
        draw(p, &c, (first + i) / 4, offset);
        step_eight(p, &c, i, gradient, velocity, master, weight, offset[0],
                   offset[1]);
        step_eight(p, &c, i + 8, gradient, velocity, master, weight, offset[2],
                   offset[3]);
    }
    if (!p->stochastic && (p->shift > 30 || p->mult < 1 << p->shift)) {
        const narrow near = narrow_of(p);
        for (; i + 8 <= n; i += 8)
            step_narrow(p, &near, i, gradient, velocity, master, weight);
    }
    for (; !p->stochastic && i + 8 <= n; i += 8)
        step_eight(p, &c, i, gradient, velocity, master, weight, c.half,
                   c.half);
    step_rest(p, first, i, n, gradient, velocity, master, weight);
}
