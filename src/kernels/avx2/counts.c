/* AVX2 kernels over counts: pools, and the sums that count operations.
 *
 * A pixel's channels are taken 16 at a time. What is written past them is
 * overwritten by the next pixel; only where that would leave the arrays are
 * channels done one by one. */
#include "kernels/avx2/lanes.h"

enum { WIDE = 16 };

SG__INLINE __m128i combine(bool sum, __m128i a, __m128i b)
{
    return sum ? _mm_add_epi8(a, b) : _mm_max_epu8(a, b);
}

/* Sum or maximum of one pool over 16 channels. */
SG__INLINE void pool_wide(const sg__geometry *g, bool sum, const uint8_t *from,
                          uint8_t *out)
{
    size_t row = (size_t)g->in_w * g->in_c;
    __m128i all = _mm_setzero_si128();
    for (uint32_t ky = 0; ky < g->kernel_h; ky++) {
        const uint8_t *at = from + ky * row;
        all = combine(sum, all, sg__load_half(at));
        at += g->in_c; /* kernel_w is 2 or more */
        all = combine(sum, all, sg__load_half(at));
        for (uint32_t kx = 2; kx < g->kernel_w; kx++) {
            at += g->in_c;
            all = combine(sum, all, sg__load_half(at));
        }
    }
    _mm_storeu_si128((__m128i *)out, all);
}

/* The same for n channels, one by one. */
static void pool_narrow(const sg__geometry *g, bool sum, const uint8_t *from,
                        uint8_t *out, size_t n)
{
    size_t row = (size_t)g->in_w * g->in_c;
    for (size_t c = 0; c < n; c++) {
        uint32_t all = 0;
        for (uint32_t ky = 0; ky < g->kernel_h; ky++)
            for (uint32_t kx = 0; kx < g->kernel_w; kx++) {
                uint32_t x = from[ky * row + (size_t)kx * g->in_c + c];
                all = sum ? all + x : x > all ? x : all;
            }
        out[c] = (uint8_t)all;
    }
}

/* Pools of two by two over up to 16 channels, as far as that is all there is
 * to read and to write. Returns how many rows of pools are done. */
SG__INLINE uint32_t pool_small(const sg__geometry *g, bool sum,
                               const uint8_t *in, uint8_t *out)
{
    size_t pixel = g->in_c, row = (size_t)g->in_w * pixel;
    if (g->kernel_h != 2 || g->kernel_w != 2 || g->in_c > WIDE || g->out_h < 2)
        return 0;
    /* the rows behind it take what the last pool of a row overruns */
    uint32_t rows = g->out_h - 1;
    if ((size_t)g->out_w * pixel < WIDE || row < WIDE)
        return 0;
    for (uint32_t y = 0; y < rows; y++, in += 2 * row) {
        const uint8_t *at = in;
        for (uint32_t x = 0; x < g->out_w; x++, at += 2 * pixel) {
            __m128i a =
                combine(sum, sg__load_half(at), sg__load_half(at + pixel));
            __m128i b = combine(sum, sg__load_half(at + row),
                                sg__load_half(at + row + pixel));
            _mm_storeu_si128((__m128i *)out, combine(sum, a, b));
            out += pixel;
        }
    }
    return rows;
}

SG__INLINE void pool(const sg__geometry *g, bool sum, const uint8_t *in,
                     uint8_t *out)
{
    size_t row = (size_t)g->in_w * g->in_c, pixel = g->in_c;
    size_t reach = (g->kernel_h - 1) * row + (g->kernel_w - 1) * pixel;
    size_t in_size = sg__inputs(g), out_size = sg__outputs(g);
    uint32_t done = pool_small(g, sum, in, out);
    size_t at = done * g->out_w * pixel;
    for (uint32_t y = done; y < g->out_h; y++)
        for (uint32_t x = 0; x < g->out_w; x++, at += pixel) {
            size_t corner = y * g->kernel_h * row + x * g->kernel_w * pixel;
            for (size_t c = 0; c < pixel; c += WIDE) {
                bool wide = corner + reach + c + WIDE <= in_size &&
                            at + c + WIDE <= out_size && g->kernel_w > 1;
                size_t left = pixel - c < WIDE ? pixel - c : WIDE;
                if (wide)
                    pool_wide(g, sum, in + corner + c, out + at + c);
                else
                    pool_narrow(g, sum, in + corner + c, out + at + c, left);
            }
        }
}

void sg__pool_sum__avx2(const sg__geometry *g, const uint8_t *in, uint8_t *out)
{
    pool(g, true, in, out);
}

void sg__pool_max__avx2(const sg__geometry *g, const uint8_t *in, uint8_t *out)
{
    pool(g, false, in, out);
}

/* Sum of four 64-bit lanes that hold less than 2^32 together. */
static inline uint32_t total(__m256i x)
{
    __m128i half = _mm_add_epi64(_mm256_castsi256_si128(x),
                                 _mm256_extracti128_si256(x, 1));
    half = _mm_add_epi64(half, _mm_unpackhi_epi64(half, half));
    return (uint32_t)_mm_cvtsi128_si32(half);
}

static inline uint32_t bits_of(__m256i bytes)
{
    return (uint32_t)__builtin_popcount((uint32_t)_mm256_movemask_epi8(bytes));
}

/* Sums of a run of bytes, of which `readable` may be read: those at hand and
 * what follows them in their array. */
typedef struct sums {
    uint32_t sum, active, full;
} sums;

/* Adds 32 bytes to s and, in four lanes, to their sum. */
SG__INLINE __m256i sum_bytes(sums *s, __m256i all, __m256i x, bool is_signed,
                             __m256i cap)
{
    const __m256i zero = _mm256_setzero_si256();
    if (is_signed)
        x = _mm256_abs_epi8(x);
    else
        s->full += bits_of(_mm256_cmpeq_epi8(x, cap));
    s->active += 32 - bits_of(_mm256_cmpeq_epi8(x, zero));
    return _mm256_add_epi64(all, _mm256_sad_epu8(x, zero));
}

SG__INLINE sums sum_run(const void *from, size_t n, size_t readable,
                        bool is_signed, __m256i cap)
{
    const uint8_t *at = from;
    __m256i all = _mm256_setzero_si256();
    sums s = {0, 0, 0};
    size_t i = 0;
    for (; i + 32 <= n; i += 32)
        all = sum_bytes(&s, all, sg__load_all(at + i), is_signed, cap);
    if (i < n) {
        uint8_t bytes[32] = {0};
        __m256i x, valid = sg__first_bytes(n - i);
        sums rest = {0, 0, 0};
        if (readable - i >= 32) {
            x = _mm256_and_si256(sg__load_all(at + i), valid);
        } else {
            memcpy(bytes, at + i, n - i);
            x = sg__load_all(bytes);
        }
        all = sum_bytes(&rest, all, x, is_signed, cap);
        s.active += rest.active;
        s.full += bits_of(_mm256_and_si256(_mm256_cmpeq_epi8(x, cap), valid));
    }
    s.sum = total(all);
    return s;
}

/* Pixels of one channel are their own sums. */
static size_t sum_single(size_t pixels, const uint8_t *count, __m256i cap,
                         uint32_t *sum, uint32_t *active, size_t *saturated)
{
    const __m256i one = _mm256_set1_epi32(1);
    size_t p = 0;
    for (; p + 32 <= pixels; p += 32) {
        *saturated += bits_of(_mm256_cmpeq_epi8(sg__load_all(count + p), cap));
        for (size_t i = p; i < p + 32; i += 8) {
            __m256i x = _mm256_cvtepu8_epi32(
                _mm_loadl_epi64((const __m128i *)(count + i)));
            sg__store(sum + i, x);
            sg__store(active + i, _mm256_min_epu32(x, one));
        }
    }
    return p;
}

/* 16 bytes of each of two pixels. */
SG__INLINE __m256i two_pixels(const uint8_t *at, size_t channels)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(sg__load_half(at)),
                                   sg__load_half(at + channels), 1);
}

/* Sum and number of bytes that are not 0, in the low and the high half of 64
 * bits, of which two belong to a pixel. */
SG__INLINE __m256i sums_of(__m256i x)
{
    const __m256i zero = _mm256_setzero_si256();
    __m256i set = _mm256_min_epu8(x, _mm256_set1_epi8(1));
    return _mm256_or_si256(_mm256_sad_epu8(x, zero),
                           _mm256_slli_epi64(_mm256_sad_epu8(set, zero), 32));
}

/* Pixels of up to 16 channels, four at a time as long as there is enough to
 * read behind them. Returns how many it has done. */
SG__INLINE size_t sum_small(size_t pixels, size_t channels, const void *from,
                            bool is_signed, __m256i cap, uint32_t *sum,
                            uint32_t *active, size_t *saturated)
{
    const __m256i order = _mm256_setr_epi32(0, 4, 2, 6, 1, 5, 3, 7);
    const __m256i valid = _mm256_broadcastsi128_si256(
        _mm256_castsi256_si128(sg__first_bytes(channels)));
    const uint8_t *at = from;
    size_t p = 0;
    for (; (pixels - p) * channels >= 3 * channels + 16 && p + 4 <= pixels;
         p += 4, at += 4 * channels) {
        __m256i a = _mm256_and_si256(two_pixels(at, channels), valid);
        __m256i b =
            _mm256_and_si256(two_pixels(at + 2 * channels, channels), valid);
        if (is_signed) {
            a = _mm256_abs_epi8(a);
            b = _mm256_abs_epi8(b);
        } else {
            __m256i x = _mm256_cmpeq_epi8(a, cap);
            __m256i y = _mm256_cmpeq_epi8(b, cap);
            *saturated += bits_of(_mm256_and_si256(x, valid)) +
                          bits_of(_mm256_and_si256(y, valid));
        }
        a = sums_of(a);
        b = sums_of(b);
        __m256i all = _mm256_add_epi32(_mm256_unpacklo_epi64(a, b),
                                       _mm256_unpackhi_epi64(a, b));
        all = _mm256_permutevar8x32_epi32(all, order);
        _mm_storeu_si128((__m128i *)(sum + p), _mm256_castsi256_si128(all));
        _mm_storeu_si128((__m128i *)(active + p),
                         _mm256_extracti128_si256(all, 1));
    }
    return p;
}

size_t sg__count_sums__avx2(size_t pixels, uint32_t channels,
                            const uint8_t *count, int32_t cap, uint32_t *sum,
                            uint32_t *active)
{
    const __m256i full = _mm256_set1_epi8((char)cap);
    size_t saturated = 0, p = 0, n = pixels * channels;
    if (channels == 1)
        p = sum_single(pixels, count, full, sum, active, &saturated);
    else if (channels <= 16)
        p = sum_small(pixels, channels, count, false, full, sum, active,
                      &saturated);
    for (size_t at = p * channels; p < pixels; p++, at += channels) {
        sums s = sum_run(count + at, channels, n - at, false, full);
        sum[p] = s.sum;
        active[p] = s.active;
        saturated += s.full;
    }
    return saturated;
}

void sg__error_sums__avx2(size_t pixels, uint32_t channels, const int8_t *d,
                          uint32_t *sum, uint32_t *active)
{
    const __m256i none = _mm256_setzero_si256();
    size_t n = pixels * channels, p = 0, unused = 0;
    if (channels <= 16)
        p = sum_small(pixels, channels, d, true, none, sum, active, &unused);
    for (size_t at = p * channels; p < pixels; p++, at += channels) {
        sums s = sum_run(d + at, channels, n - at, true, none);
        sum[p] = s.sum;
        active[p] = s.active;
    }
}
