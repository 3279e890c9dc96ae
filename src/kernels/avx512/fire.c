/* AVX-512 error compartments: charge to error counts, directly and through
 * pools. Errors are rare, so a run of neurons whose charge stays below the
 * threshold is settled by one comparison. */
#include <stdbool.h>
#include <string.h>

#include "kernels/avx512/lanes.h"
#include "kernels/portable/ahead.h"
#include "kernels/portable/pool_edges.h"

/* The rule d = clamp(floor((U + Phi/2) / Phi), -127, 127). */
typedef struct rule {
    __m512i half;
    __m128i shift;
} rule;

static rule rule_of(int phi_bits)
{
    return (rule){_mm512_set1_epi32((int32_t)1 << (phi_bits - 1)),
                  _mm_cvtsi32_si128(phi_bits)};
}

/* d of 16 neurons as bytes; charges past the mask are taken for 0. */
static inline __m128i fire16(const rule *r, const int32_t *u, __mmask16 lanes)
{
    __m512i x = _mm512_maskz_loadu_epi32(lanes, u);
    x = _mm512_sra_epi32(_mm512_add_epi32(x, r->half), r->shift);
    return _mm_max_epi8(_mm512_cvtsepi32_epi8(x), _mm_set1_epi8(-127));
}

/* The same for up to 64. */
static inline __m512i fire64(const rule *r, const int32_t *u, __mmask64 lanes)
{
    __m512i d = _mm512_castsi128_si512(fire16(r, u, (__mmask16)lanes));
    if (lanes >> 16) {
        d = _mm512_inserti32x4(d, fire16(r, u + 16, (__mmask16)(lanes >> 16)),
                               1);
        d = _mm512_inserti32x4(d, fire16(r, u + 32, (__mmask16)(lanes >> 32)),
                               2);
        d = _mm512_inserti32x4(d, fire16(r, u + 48, (__mmask16)(lanes >> 48)),
                               3);
    } else {
        d = _mm512_zextsi128_si512(_mm512_castsi512_si128(d));
    }
    return d;
}

/* Replaces derivatives by error counts where `open`; returns the senders. */
static inline size_t settle(__m512i fired, __mmask64 open, __mmask64 lanes,
                            int8_t *d)
{
    __m512i g = _mm512_maskz_loadu_epi8(lanes, d);
    open &= _mm512_test_epi8_mask(g, g);
    _mm512_mask_storeu_epi8(d, lanes, _mm512_maskz_mov_epi8(open, fired));
    return (size_t)__builtin_popcountll(
        _mm512_mask_test_epi8_mask(open, fired, fired));
}

size_t sg__fire_errors__avx512(size_t n, const int32_t *u, int phi_bits,
                               int8_t *d)
{
    rule r = rule_of(phi_bits);
    size_t senders = 0;
    for (size_t i = 0; i < n; i += 64) {
        __mmask64 lanes = sg__first64(n - i);
        sg__fetch_ahead(d + i, 1024);
        senders += settle(fire64(&r, u + i, lanes), lanes, lanes, d + i);
    }
    return senders;
}

/* Pools first..last-1 of one row, which send nothing. */
static void silence(const sg__geometry *g, uint32_t first, uint32_t last,
                    int8_t *d)
{
    size_t row = (size_t)g->in_w * g->in_c;
    size_t pool = (size_t)g->kernel_w * g->in_c;
    for (uint32_t ky = 0; first < last && ky < g->kernel_h; ky++)
        memset(d + ky * row + first * pool, 0, (last - first) * pool);
}

/* Up to 64 channels of one pool: the same error for every pixel. */
static inline size_t fire_pool(const sg__geometry *g, __m512i fired,
                               __mmask64 lanes, int8_t *d)
{
    size_t row = (size_t)g->in_w * g->in_c, senders = 0;
    for (uint32_t ky = 0; ky < g->kernel_h; ky++)
        for (uint32_t kx = 0; kx < g->kernel_w; kx++)
            senders += settle(fired, lanes, lanes,
                              d + ky * row + (size_t)kx * g->in_c);
    return senders;
}

/* Whether any of n neurons would fire. */
static inline bool any_fires(const rule *r, const int32_t *u, uint32_t n)
{
    for (uint32_t c = 0; c < n; c += 16) {
        __m512i x = _mm512_maskz_loadu_epi32(sg__first16(n - c), u + c);
        x = _mm512_sra_epi32(_mm512_add_epi32(x, r->half), r->shift);
        if (_mm512_test_epi32_mask(x, x))
            return true;
    }
    return false;
}

/* One max pool: the error goes to the first pixel that holds the maximum. */
static inline size_t fire_winner(const sg__geometry *g, __m512i fired,
                                 __mmask64 lanes, const uint8_t *count,
                                 int8_t *d)
{
    size_t row = (size_t)g->in_w * g->in_c, senders = 0;
    __m512i most = _mm512_setzero_si512();
    for (uint32_t ky = 0; ky < g->kernel_h; ky++)
        for (uint32_t kx = 0; kx < g->kernel_w; kx++)
            most = _mm512_max_epu8(most,
                                   _mm512_maskz_loadu_epi8(lanes,
                                                           count + ky * row +
                                                               kx * g->in_c));
    __mmask64 left = lanes;
    for (uint32_t ky = 0; ky < g->kernel_h; ky++)
        for (uint32_t kx = 0; kx < g->kernel_w; kx++) {
            size_t at = ky * row + (size_t)kx * g->in_c;
            __m512i n = _mm512_maskz_loadu_epi8(lanes, count + at);
            __mmask64 wins = _mm512_mask_cmpeq_epi8_mask(left, n, most);
            left &= ~wins;
            senders += settle(fired, wins, lanes, d + at);
        }
    return senders;
}

/* All pools: sums if count is NULL, else max pools. */
static inline __attribute__((always_inline)) size_t
fire_pools(const sg__geometry *g, const uint8_t *count, const int32_t *u,
           int phi_bits, int8_t *d)
{
    rule r = rule_of(phi_bits);
    size_t row = (size_t)g->in_w * g->in_c * g->stride_h, senders = 0;
    size_t pixel = (size_t)g->stride_w * g->in_c;
    for (uint32_t y = 0; y < g->out_h; y++) {
        uint32_t silent = 0; /* first pool of a run that sends nothing */
        for (uint32_t x = 0; x < g->out_w; x++, u += g->in_c) {
            if (!any_fires(&r, u, g->in_c))
                continue;
            silence(g, silent, x, d + y * row);
            silent = x + 1;
            for (uint32_t c = 0; c < g->in_c; c += 64) {
                __mmask64 lanes = sg__first64(g->in_c - c);
                __m512i fired = fire64(&r, u + c, lanes);
                size_t at = y * row + x * pixel + c;
                senders +=
                    count ? fire_winner(g, fired, lanes, count + at, d + at)
                          : fire_pool(g, fired, lanes, d + at);
            }
        }
        silence(g, silent, g->out_w, d + y * row);
    }
    sg__silence_edges(g, d);
    return senders;
}

size_t sg__fire_pooled__avx512(const sg__geometry *g, const int32_t *u,
                               int phi_bits, int8_t *d)
{
    return fire_pools(g, NULL, u, phi_bits, d);
}

size_t sg__fire_winners__avx512(const sg__geometry *g, const uint8_t *count,
                                const int32_t *u, int phi_bits, int8_t *d)
{
    return fire_pools(g, count, u, phi_bits, d);
}
