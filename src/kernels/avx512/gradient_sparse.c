/* AVX-512 weight gradient, driven by the neurons that sent errors.
 *
 * Positions are taken in slices. In a slice, the errors of each output channel
 * are listed with the place of the window they meet; then a channel's list is
 * walked four errors at a time, for some taps whose sums stay in registers.
 * Where there is padding, the samples of a slice are copied with it, so that
 * all windows have one shape. */
#include <string.h>

#include "kernels/avx512/planes.h"
#include "kernels/avx512/quads.h"
#include "kernels/avx512/scratch.h"
#include "kernels/portable/ahead.h"

enum {
    SLICE = 1024, /* positions, so that lists and windows stay in cache */
    CHANNELS = SG__GRADIENT_CHANNELS,
    LIST = SLICE + 4, /* completed to a multiple of four */
    WIDE = SG__QUADS_WIDE,
    ROWS = 5 /* short chunks at once */
};

/* The errors of a slice by channel. */
typedef struct lists {
    uint32_t length[CHANNELS];
    uint32_t window[CHANNELS][LIST]; /* byte offset of the window */
    int8_t d[CHANNELS][LIST];
} lists;

static size_t padded_bytes(const sg__geometry *g)
{
    return (size_t)(g->in_h + 2 * g->pad_h) * (g->in_w + 2 * g->pad_w) *
           g->in_c;
}

/* Samples of a slice, all of which 32-bit offsets must reach; more positions
 * than a slice has are taken in parts. */
static size_t slice_samples(const sg__geometry *g)
{
    size_t positions = (size_t)g->out_h * g->out_w;
    size_t n = SLICE / positions, reached = UINT32_MAX / padded_bytes(g);
    n = n < reached ? n : reached;
    return n < 1 ? 1 : n;
}

size_t sg__gradient_sparse_scratch(const sg__geometry *g)
{
    size_t bytes = sizeof(lists);
    if (sg__by_planes(g))
        return sg__planes_sparse_scratch(g);
    if (sg__padded(g))
        bytes += slice_samples(g) * padded_bytes(g);
    return bytes;
}

/* Where the windows of a slice are. */
typedef struct windows {
    const uint8_t *base;
    size_t sample, row, pixel; /* steps */
} windows;

static windows copy_padded(const sg__geometry *g, const uint8_t *in, size_t n,
                           uint8_t *to)
{
    size_t width = (size_t)g->in_w * g->in_c,
           row = width + 2 * g->pad_w * (size_t)g->in_c;
    windows w = {to, padded_bytes(g), row, g->in_c};
    memset(to, 0, n * w.sample);
    for (size_t s = 0; s < n; s++)
        for (uint32_t y = 0; y < g->in_h; y++, in += width)
            memcpy(to + s * w.sample + (y + g->pad_h) * row +
                       g->pad_w * (size_t)g->in_c,
                   in, width);
    return w;
}

/* Lists errors of channels first..last-1 at positions begin..end-1 of one
 * sample, whose error counts start at d. */
static void list_errors(const sg__geometry *g, const int8_t *d, uint32_t begin,
                        uint32_t end, uint32_t first, uint32_t last,
                        const windows *w, size_t origin, lists *to)
{
    __mmask64 wanted = sg__first64(last - first);
    uint32_t y = begin / g->out_w, x = begin % g->out_w;
    for (uint32_t p = begin; p < end; p++) {
        const int8_t *at = d + (size_t)p * g->out_c + first;
        sg__fetch_ahead(at, SG__PIXELS_AHEAD * (size_t)g->out_c);
        __m512i v = _mm512_maskz_loadu_epi8(wanted, at);
        __mmask64 set = _mm512_test_epi8_mask(v, v);
        if (set) {
            uint32_t window =
                (uint32_t)(origin + (size_t)y * g->stride_h * w->row +
                           (size_t)x * g->stride_w * w->pixel);
            for (; set; set &= set - 1) {
                int k = __builtin_ctzll(set);
                uint32_t i = to->length[k]++;
                to->window[k][i] = window;
                to->d[k][i] = at[k];
            }
        }
        if (++x == g->out_w) {
            x = 0;
            y++;
        }
    }
}

/* x / n for x < 2^16, by multiplication with 2^32 / n rounded up. */
static inline uint32_t quotient(uint32_t x, uint64_t inverse)
{
    return (uint32_t)(x * inverse >> 32);
}

static uint64_t inverse_of(uint32_t n)
{
    return ((UINT64_C(1) << 32) + n - 1) / n;
}

/* The same for all channels of a small layer, whose error counts are looked
 * through in one run. */
static void list_all_errors(const sg__geometry *g, const int8_t *d,
                            uint32_t begin, uint32_t end, const windows *w,
                            size_t origin, lists *to)
{
    size_t i = (size_t)begin * g->out_c, last = (size_t)end * g->out_c;
    uint64_t by_channels = inverse_of(g->out_c);
    uint64_t by_width = inverse_of(g->out_w);
    for (; i < last; i += 64) {
        __m512i v = _mm512_maskz_loadu_epi8(sg__first64(last - i), d + i);
        __mmask64 set = _mm512_test_epi8_mask(v, v);
        for (; set; set &= set - 1) {
            uint32_t at = (uint32_t)i + (uint32_t)__builtin_ctzll(set);
            uint32_t p = quotient(at, by_channels), k = at - p * g->out_c;
            uint32_t y = quotient(p, by_width), x = p - y * g->out_w;
            uint32_t n = to->length[k]++;
            to->window[k][n] =
                (uint32_t)(origin + (size_t)y * g->stride_h * w->row +
                           (size_t)x * g->stride_w * w->pixel);
            to->d[k][n] = d[at];
        }
    }
}

/* Completes every list to a multiple of four with errors of 0. Returns the
 * sums of d to add to the bias gradients. */
static void complete(lists *l, uint32_t channels, int32_t *bias_gradient)
{
    for (uint32_t k = 0; k < channels; k++) {
        int32_t sum = 0;
        for (uint32_t i = 0; i < l->length[k]; i++)
            sum += l->d[k][i];
        bias_gradient[k] += sum;
        for (; l->length[k] % 4; l->length[k]++) {
            l->window[k][l->length[k]] = l->window[k][0];
            l->d[k][l->length[k]] = 0;
        }
    }
}

/* gradient += d n for up to 16 taps in each of `rows` kernel rows. */
static inline __attribute__((always_inline)) void
add_short(const sg__events *e, int rows, const uint8_t *from, size_t row,
          __mmask16 taps, int32_t *gradient, size_t gradient_row)
{
    __m512i sum[ROWS];
#pragma GCC unroll 5
    for (int r = 0; r < rows; r++)
        sum[r] = _mm512_setzero_si512();
    for (uint32_t i = 0; i < e->length; i += 4) {
        __m512i d = sg__four_errors(e->d + i);
        const uint8_t *n[4];
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++)
            n[j] = from + e->window[i + (uint32_t)j];
#pragma GCC unroll 5
        for (int r = 0; r < rows; r++) {
            size_t at = (size_t)r * row;
            __m512i x =
                sg__interleave16(_mm_maskz_loadu_epi8(taps, n[0] + at),
                                 _mm_maskz_loadu_epi8(taps, n[1] + at),
                                 _mm_maskz_loadu_epi8(taps, n[2] + at),
                                 _mm_maskz_loadu_epi8(taps, n[3] + at));
            sum[r] = _mm512_dpbusd_epi32(sum[r], x, d);
        }
    }
#pragma GCC unroll 5
    for (int r = 0; r < rows; r++) {
        int32_t *to = gradient + (size_t)r * gradient_row;
        __m512i old = _mm512_maskz_loadu_epi32(taps, to);
        _mm512_mask_storeu_epi32(to, taps, _mm512_add_epi32(old, sum[r]));
    }
}

/* 16 taps or fewer, `at` bytes into every kernel row. */
static void add_short_rows(const sg__geometry *g, const sg__events *e,
                           const windows *w, size_t at, size_t run,
                           int32_t *gradient)
{
    __mmask16 taps = sg__first16(run - at);
    uint32_t row = 0;
    for (; row + ROWS <= g->kernel_h; row += ROWS)
        add_short(e, ROWS, w->base + row * w->row + at, w->row, taps,
                  gradient + row * run + at, run);
    for (; row + 3 <= g->kernel_h; row += 3)
        add_short(e, 3, w->base + row * w->row + at, w->row, taps,
                  gradient + row * run + at, run);
    for (; row < g->kernel_h; row++)
        add_short(e, 1, w->base + row * w->row + at, w->row, taps,
                  gradient + row * run + at, run);
}

static void add_channel(const sg__geometry *g, const sg__events *e,
                        const windows *w, int32_t *gradient)
{
    size_t run = (size_t)g->kernel_w * g->in_c, at = 0;
    for (uint32_t row = 0; row < g->kernel_h; row++) {
        const uint8_t *from = w->base + row * w->row;
        int32_t *to = gradient + row * run;
        for (at = 0; at + 64 * WIDE <= run; at += 64 * WIDE)
            sg__add_chunks(e, WIDE, from + at, to + at, 64);
        for (; at + 64 * 2 <= run; at += 64 * 2)
            sg__add_chunks(e, 2, from + at, to + at, 64);
        for (; at + 64 <= run; at += 64)
            sg__add_chunks(e, 1, from + at, to + at, 64);
    }
    for (; at < run; at += 16)
        add_short_rows(g, e, w, at, run, gradient);
}

/* All channels of a slice: n samples, positions begin..end-1 of each. */
static void add_slice(const sg__geometry *g, size_t n, const uint8_t *in,
                      const int8_t *d, uint32_t begin, uint32_t end,
                      uint32_t first, uint32_t last, int32_t *gradient,
                      int32_t *bias_gradient, lists *l)
{
    windows w = {in, sg__inputs(g), (size_t)g->in_w * g->in_c, g->in_c};
    if (sg__padded(g))
        w = copy_padded(g, in, n, (uint8_t *)(l + 1));
    memset(l->length, 0, sizeof l->length);
    for (size_t s = 0; s < n; s++)
        if (last - first == g->out_c && sg__outputs(g) < 65536)
            list_all_errors(g, d + s * sg__outputs(g), begin, end, &w,
                            s * w.sample, l);
        else
            list_errors(g, d + s * sg__outputs(g), begin, end, first, last, &w,
                        s * w.sample, l);
    complete(l, last - first, bias_gradient);
    for (uint32_t k = 0; k < last - first; k++) {
        sg__events e = {l->window[k], l->d[k], l->length[k]};
        if (e.length > 0)
            add_channel(g, &e, &w, gradient + k * sg__fan_in(g));
    }
}

uint32_t sg__gradient_sparse_below__avx512(const sg__geometry *g, int bits)
{
    (void)bits; /* weights have no part in it */
    return sg__by_planes(g) ? 230 : 1001;
}

void sg__gradient_sparse__avx512(const sg__synapses *s, size_t n,
                                 const uint8_t *in, const int8_t *d,
                                 uint32_t first, uint32_t last,
                                 int32_t *gradient, int32_t *bias_gradient,
                                 void *scratch)
{
    const sg__geometry *g = s->geo;
    size_t step = slice_samples(g);
    uint32_t positions = g->out_h * g->out_w;
    memset(gradient, 0, (last - first) * sg__fan_in(g) * sizeof *gradient);
    memset(bias_gradient, 0, (last - first) * sizeof *bias_gradient);
    if (sg__by_planes(g)) {
        sg__planes_sparse(s, n, in, d, first, last, gradient, bias_gradient,
                          scratch);
        return;
    }
    for (size_t i = 0; i < n; i += step)
        for (uint32_t p = 0; p < positions; p += SLICE)
            add_slice(g, n - i < step ? n - i : step, in + i * sg__inputs(g),
                      d + i * sg__outputs(g), p,
                      positions - p < SLICE ? positions : p + SLICE, first,
                      last, gradient, bias_gradient, scratch);
}
