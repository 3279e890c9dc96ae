/* AVX-512 rows over counts: pools, and sums by pixel. */
#include <string.h>

#include "kernels/avx512/lanes.h"
#include "kernels/portable/ahead.h"

enum { ROW = 1024 }; /* bytes of a row that the narrow pool takes */

/* Combines the pixels of one pool, 64 channels at a time. */
static inline __attribute__((always_inline)) void
pool(const sg__geometry *g, const uint8_t *in, uint8_t *out, bool maximum)
{
    size_t row = (size_t)g->in_w * g->in_c;
    for (uint32_t c = 0; c < g->in_c; c += 64) {
        __mmask64 lanes = sg__first64(g->in_c - c);
        __m512i all = _mm512_setzero_si512();
        for (uint32_t ky = 0; ky < g->kernel_h; ky++)
            for (uint32_t kx = 0; kx < g->kernel_w; kx++) {
                __m512i x = _mm512_maskz_loadu_epi8(
                    lanes, in + ky * row + (size_t)kx * g->in_c + c);
                all = maximum ? _mm512_max_epu8(all, x)
                              : _mm512_add_epi8(all, x);
            }
        _mm512_mask_storeu_epi8(out + c, lanes, all);
    }
}

/* Sums of rows of few channels: first the rows of a pool are added up, then
 * pixels of the sum, 16 bytes at a time; what a store writes too much is
 * overwritten by the next, up to the last ones. */
static void pool_sum_narrow(const sg__geometry *g, const uint8_t *in,
                            uint8_t *out)
{
    uint8_t row[ROW + 64];
    size_t width = (size_t)g->in_w * g->in_c, c = g->in_c;
    const uint8_t *end = out + sg__outputs(g);
    for (uint32_t y = 0; y < g->out_h; y++, in += g->stride_h * width) {
        for (size_t i = 0; i < width; i += 64) {
            __mmask64 lanes = sg__first64(width - i);
            __m512i sum = _mm512_setzero_si512();
            for (uint32_t ky = 0; ky < g->kernel_h; ky++)
                sum = _mm512_add_epi8(
                    sum, _mm512_maskz_loadu_epi8(lanes, in + ky * width + i));
            _mm512_storeu_si512(row + i, sum);
        }
        const uint8_t *from = row;
        for (uint32_t x = 0; x < g->out_w; x++, out += c) {
            __m128i sum = _mm_setzero_si128();
            for (uint32_t kx = 0; kx < g->kernel_w; kx++, from += c)
                sum = _mm_add_epi8(sum, _mm_loadu_si128((const void *)from));
            if (out + 16 <= end)
                _mm_storeu_si128((void *)out, sum);
            else
                _mm_mask_storeu_epi8(out, sg__first16(c), sum);
        }
    }
}

static inline __attribute__((always_inline)) void
pool_all(const sg__geometry *g, const uint8_t *in, uint8_t *out, bool maximum)
{
    size_t pixel = (size_t)g->stride_w * g->in_c;
    size_t row = (size_t)g->in_w * g->in_c * g->stride_h;
    for (uint32_t y = 0; y < g->out_h; y++)
        for (uint32_t x = 0; x < g->out_w; x++, out += g->out_c)
            pool(g, in + y * row + x * pixel, out, maximum);
}

void sg__pool_sum__avx512(const sg__geometry *g, const uint8_t *in,
                          uint8_t *out)
{
    if (g->in_c <= 16 && (size_t)g->in_w * g->in_c <= ROW)
        pool_sum_narrow(g, in, out);
    else
        pool_all(g, in, out, false);
}

void sg__pool_max__avx512(const sg__geometry *g, const uint8_t *in,
                          uint8_t *out)
{
    pool_all(g, in, out, true);
}

/* One channel: every byte is a pixel. Absolute values if d. */
static inline __attribute__((always_inline)) size_t
single_sums(size_t pixels, const uint8_t *x, bool absolute, int32_t cap,
            uint32_t *sum, uint32_t *active)
{
    const __m512i top = _mm512_set1_epi32(cap), one = _mm512_set1_epi32(1);
    size_t saturated = 0;
    for (size_t p = 0; p < pixels; p += 16) {
        __mmask16 lanes = sg__first16(pixels - p);
        __m128i v = _mm_maskz_loadu_epi8(lanes, x + p);
        v = absolute ? _mm_abs_epi8(v) : v;
        __m512i wide = _mm512_cvtepu8_epi32(v);
        _mm512_mask_storeu_epi32(sum + p, lanes, wide);
        _mm512_mask_storeu_epi32(
            active + p, lanes,
            _mm512_maskz_mov_epi32(_mm512_test_epi32_mask(wide, wide), one));
        saturated += (size_t)__builtin_popcount(
            _mm512_mask_cmpeq_epi32_mask(lanes, wide, top));
    }
    return saturated;
}

/* Up to 16 channels: a pixel is part of one register. */
static inline __attribute__((always_inline)) size_t
narrow_sums(size_t pixels, uint32_t channels, const uint8_t *x, bool absolute,
            int32_t cap, uint32_t *sum, uint32_t *active)
{
    const __m128i top = _mm_set1_epi8((char)cap), zero = _mm_setzero_si128();
    __mmask16 lanes = sg__first16(channels);
    size_t saturated = 0;
    for (size_t p = 0; p < pixels; p++, x += channels) {
        __m128i v = _mm_maskz_loadu_epi8(lanes, x);
        __m128i s = _mm_sad_epu8(absolute ? _mm_abs_epi8(v) : v, zero);
        sum[p] = (uint32_t)(_mm_cvtsi128_si32(s) + _mm_extract_epi16(s, 4));
        active[p] = (uint32_t)__builtin_popcount(_mm_test_epi8_mask(v, v));
        if (!absolute)
            saturated += (size_t)__builtin_popcount(
                _mm_mask_cmpeq_epi8_mask(lanes, v, top));
    }
    return saturated;
}

/* Sums over up to RUN registers of bytes: of the bytes, of those that are not
 * 0, of those that equal top. Counters are bytes too, so RUN stays below 256. */
enum { RUN = 255 };

typedef struct byte_sums {
    __m512i sum, active, saturated; /* eight lanes of 64 bits */
} byte_sums;

static inline __attribute__((always_inline)) byte_sums
add_run(const uint8_t *x, size_t n, bool absolute, __m512i top, byte_sums s)
{
    const __m512i zero = _mm512_setzero_si512(), one = _mm512_set1_epi8(1);
    __m512i active = zero, saturated = zero;
    for (size_t c = 0; c < n; c += 64) {
        __mmask64 lanes = sg__first64(n - c);
        __m512i v = _mm512_maskz_loadu_epi8(lanes, x + c);
        sg__fetch_ahead(x + c, 1024);
        v = absolute ? _mm512_abs_epi8(v) : v;
        s.sum = _mm512_add_epi64(s.sum, _mm512_sad_epu8(v, zero));
        active = _mm512_add_epi8(active, _mm512_min_epu8(v, one));
        if (!absolute)
            saturated =
                _mm512_mask_add_epi8(saturated,
                                     _mm512_mask_cmpeq_epi8_mask(lanes, v,
                                                                 top),
                                     saturated, one);
    }
    s.active = _mm512_add_epi64(s.active, _mm512_sad_epu8(active, zero));
    s.saturated =
        _mm512_add_epi64(s.saturated, _mm512_sad_epu8(saturated, zero));
    return s;
}

static inline __attribute__((always_inline)) size_t
wide_sums(size_t pixels, uint32_t channels, const uint8_t *x, bool absolute,
          int32_t cap, uint32_t *sum, uint32_t *active)
{
    const __m512i top = _mm512_set1_epi8((char)cap);
    const __m512i zero = _mm512_setzero_si512();
    size_t saturated = 0;
    for (size_t p = 0; p < pixels; p++, x += channels) {
        byte_sums s = {zero, zero, zero};
        for (size_t c = 0; c < channels; c += 64 * RUN)
            s = add_run(x + c,
                        channels - c < 64 * RUN ? channels - c : 64 * RUN,
                        absolute, top, s);
        sum[p] = (uint32_t)_mm512_reduce_add_epi64(s.sum);
        active[p] = (uint32_t)_mm512_reduce_add_epi64(s.active);
        if (!absolute)
            saturated += (size_t)_mm512_reduce_add_epi64(s.saturated);
    }
    return saturated;
}

static inline __attribute__((always_inline)) size_t
pixel_sums(size_t pixels, uint32_t channels, const uint8_t *x, bool absolute,
           int32_t cap, uint32_t *sum, uint32_t *active)
{
    if (channels == 1)
        return single_sums(pixels, x, absolute, cap, sum, active);
    if (channels <= 16)
        return narrow_sums(pixels, channels, x, absolute, cap, sum, active);
    return wide_sums(pixels, channels, x, absolute, cap, sum, active);
}

size_t sg__count_sums__avx512(size_t pixels, uint32_t channels,
                              const uint8_t *count, int32_t cap, uint32_t *sum,
                              uint32_t *active)
{
    return pixel_sums(pixels, channels, count, false, cap, sum, active);
}

void sg__error_sums__avx512(size_t pixels, uint32_t channels, const int8_t *d,
                            uint32_t *sum, uint32_t *active)
{
    (void)pixel_sums(pixels, channels, (const uint8_t *)d, true, 0, sum,
                     active);
}
