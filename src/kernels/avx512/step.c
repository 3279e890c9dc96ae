/* AVX-512 optimiser step: eight parameters at a time in 64-bit lanes, which
 * are wide enough for every intermediate value. */
#include "kernels/avx512/lanes.h"

/* Everything of a plan that is the same for all parameters. */
typedef struct constants {
    __m512i keep, half16, full, low_full;
    __m512i rate, limit, low_limit, half_copy;
    __m128i shift, copy_shift;
} constants;

static constants constants_of(const sg__step_plan *p)
{
    int64_t half_copy = (INT64_C(1) << p->weight_shift) / 2;
    return (constants){
        .keep = _mm512_set1_epi64(p->friction),
        .half16 = _mm512_set1_epi64(32768),
        .full = _mm512_set1_epi64(INT32_MAX),
        .low_full = _mm512_set1_epi64(-(int64_t)INT32_MAX),
        .rate = _mm512_set1_epi64(p->mult),
        .limit = _mm512_set1_epi64(p->limit),
        .low_limit = _mm512_set1_epi64(-(int64_t)p->limit),
        .half_copy = _mm512_set1_epi64(half_copy),
        .shift = _mm_cvtsi32_si128(p->shift),
        .copy_shift = _mm_cvtsi32_si128(p->weight_shift),
    };
}

static inline __m512i load(__mmask8 lanes, const int32_t *from)
{
    return _mm512_cvtepi32_epi64(_mm256_maskz_loadu_epi32(lanes, from));
}

/* sg__step of eight parameters; returns their masters. */
static inline __m512i step(const constants *c, __mmask8 lanes, __m512i offset,
                           const int32_t *gradient, int32_t *velocity,
                           int32_t *master)
{
    __m512i v = load(lanes, velocity), w = load(lanes, master);
    __m512i lost = _mm512_srai_epi64(
        _mm512_add_epi64(_mm512_mul_epi32(v, c->keep), c->half16), 16);
    v = _mm512_sub_epi64(_mm512_add_epi64(v, load(lanes, gradient)), lost);
    v = _mm512_max_epi64(_mm512_min_epi64(v, c->full), c->low_full);
    __m512i change = _mm512_sra_epi64(
        _mm512_add_epi64(_mm512_mul_epi32(v, c->rate), offset), c->shift);
    w = _mm512_sub_epi64(w, change);
    w = _mm512_max_epi64(_mm512_min_epi64(w, c->limit), c->low_limit);
    _mm512_mask_cvtepi64_storeu_epi32(velocity, lanes, v);
    _mm512_mask_cvtepi64_storeu_epi32(master, lanes, w);
    return w;
}

static inline void store_copy(const constants *c, int bits, __mmask8 lanes,
                              __m512i master, void *weight, size_t i)
{
    __m512i w = _mm512_sra_epi64(_mm512_add_epi64(master, c->half_copy),
                                 c->copy_shift);
    if (bits == 8)
        _mm512_mask_cvtepi64_storeu_epi8((int8_t *)weight + i, lanes, w);
    else if (bits == 16)
        _mm512_mask_cvtepi64_storeu_epi16((int16_t *)weight + i, lanes, w);
    else
        _mm512_mask_cvtepi64_storeu_epi32((int32_t *)weight + i, lanes, w);
}

void sg__step__avx512(const sg__step_plan *p, size_t first, size_t n,
                      const int32_t *gradient, int32_t *velocity,
                      int32_t *master, void *weight)
{
    if (p->stochastic) { /* most of it are the draws, which are narrow */
#ifdef SG_HAVE_AVX2
        sg__step__avx2(p, first, n, gradient, velocity, master, weight);
#else
        sg__step__ref(p, first, n, gradient, velocity, master, weight);
#endif
        return;
    }
    constants c = constants_of(p);
    __m512i half = _mm512_set1_epi64(1LL << (p->shift - 1));
    for (size_t i = 0; i < n; i += 8) {
        __mmask8 lanes = (__mmask8)(n - i >= 8 ? 255 : (1u << (n - i)) - 1);
        __m512i w =
            step(&c, lanes, half, gradient + i, velocity + i, master + i);
        store_copy(&c, p->weight_bits, lanes, w, weight, i);
    }
}
