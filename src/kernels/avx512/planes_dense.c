/* Weight gradient by planes, every neuron whether it sent errors or not.
 *
 * Four neighbouring positions make a group: their counts are interleaved once
 * for all output channels, one lane a channel and one byte a position, and
 * their errors likewise. A tile is 64 input channels by some output channels
 * of one tap, all sums in registers, over the groups of some samples. */
#include <string.h>

#include "kernels/avx512/planes.h"
#include "kernels/avx512/quads.h"

enum {
    GROUP = 4,
    TILE = 6, /* output channels: 24 sums */
    CHANNELS = SG__GRADIENT_CHANNELS,
    GROUP_BYTES = GROUP * SG__PLANE_CHANNELS,
    GROUPS = 96 /* of a plane, about, so that the nearest cache has all */
};

/* Groups of one row of positions. */
static size_t row_groups(const sg__geometry *g)
{
    return (g->out_w + GROUP - 1) / GROUP;
}

static size_t samples_at_once(const sg__geometry *g)
{
    size_t n = GROUPS / (row_groups(g) * g->out_h);
    return n < 1 ? 1 : n;
}

/* Bytes of the arrays of samples_at_once samples: a plane with columns for
 * the last group; its groups; those of the errors. */
static size_t plane_bytes(const sg__geometry *g)
{
    return (samples_at_once(g) * sg__plane_pixels(g) +
            GROUP * (size_t)g->stride_w) *
           SG__PLANE_CHANNELS;
}

static size_t count_bytes(const sg__geometry *g)
{
    return samples_at_once(g) * sg__plane_height(g) * row_groups(g) *
           GROUP_BYTES;
}

static size_t error_bytes(const sg__geometry *g)
{
    return samples_at_once(g) * g->out_h * row_groups(g) * GROUP_BYTES;
}

size_t sg__planes_dense_scratch(const sg__geometry *g)
{
    return plane_bytes(g) + count_bytes(g) + error_bytes(g);
}

static inline void store_group(__m512i x[4], char *to)
{
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
        _mm512_store_si512(to + 64 * i, x[i]);
}

/* Groups of errors of n samples: [out_h][n][group][64 channels][4 positions];
 * positions past the row have no error. */
static void group_errors(const sg__geometry *g, size_t n, const int8_t *d,
                         uint32_t first, uint32_t last, char *to,
                         int32_t *bias_gradient)
{
    __mmask64 wanted = sg__first64(last - first);
    const __m512i ones = _mm512_set1_epi8(1);
    __m512i sums[4], x[4], row[GROUP];
    for (int i = 0; i < 4; i++)
        sums[i] = _mm512_setzero_si512();
    d += first;
    for (size_t y = 0; y < n * g->out_h; y++) {
        const int8_t *from =
            d + (y % n * g->out_h + y / n) * g->out_w * g->out_c;
        for (uint32_t p = 0; p < g->out_w; p += GROUP, to += GROUP_BYTES) {
            for (uint32_t j = 0; j < GROUP; j++) {
                bool is_there = p + j < g->out_w;
                size_t at = is_there ? (size_t)(p + j) * g->out_c : 0;
                row[j] =
                    _mm512_maskz_loadu_epi8(is_there ? wanted : 0, from + at);
            }
            sg__interleave(row[0], row[1], row[2], row[3], x);
            sg__in_order(x);
            store_group(x, to);
            for (int i = 0; i < 4; i++)
                sums[i] = _mm512_dpbusd_epi32(sums[i], ones, x[i]);
        }
    }
    for (int i = 0; i < 4; i++) {
        __mmask16 lanes = (__mmask16)(wanted >> 16 * i);
        int32_t *at = bias_gradient + 16 * i;
        __m512i old = _mm512_maskz_loadu_epi32(lanes, at);
        _mm512_mask_storeu_epi32(at, lanes, _mm512_add_epi32(old, sums[i]));
    }
}

/* Groups of counts under tap column kx: [plane height][n][group], in unpack
 * order. Columns past the plane only meet errors of 0. */
static void group_counts(const sg__geometry *g, size_t n, const uint8_t *plane,
                         uint32_t kx, char *to)
{
    size_t width = sg__plane_width(g), height = sg__plane_height(g);
    size_t step = (size_t)g->stride_w * SG__PLANE_CHANNELS;
    __m512i x[4];
    for (size_t y = 0; y < n * height; y++) {
        const uint8_t *at = plane + ((y % n * height + y / n) * width + kx) *
                                        SG__PLANE_CHANNELS;
        for (uint32_t p = 0; p < g->out_w; p += GROUP, to += GROUP_BYTES) {
            sg__interleave(_mm512_load_si512(at), _mm512_load_si512(at + step),
                           _mm512_load_si512(at + 2 * step),
                           _mm512_load_si512(at + 3 * step), x);
            store_group(x, to);
            at += GROUP * step;
        }
    }
}

/* gradient[k] += sum over `run` groups, run > 0, k < count; `outputs` integers
 * from one output channel to the next. */
static inline __attribute__((always_inline)) void
add_tile(const char *counts, const char *errors, size_t run, int count,
         int32_t *gradient, size_t outputs)
{
    __m512i s0[TILE], s1[TILE], s2[TILE], s3[TILE];
    const char *end = counts + run * GROUP_BYTES;
#pragma GCC unroll 6
    for (int k = 0; k < count; k++)
        s0[k] = s1[k] = s2[k] = s3[k] = _mm512_setzero_si512();
    do {
        const __m512i *x = (const __m512i *)counts;
        __m512i a = x[0], b = x[1], c = x[2], d = x[3];
#pragma GCC unroll 6
        for (int k = 0; k < count; k++) {
            int32_t word;
            memcpy(&word, errors + k * 4, sizeof word);
            __m512i e = _mm512_set1_epi32(word);
            s0[k] = _mm512_dpbusd_epi32(s0[k], a, e);
            s1[k] = _mm512_dpbusd_epi32(s1[k], b, e);
            s2[k] = _mm512_dpbusd_epi32(s2[k], c, e);
            s3[k] = _mm512_dpbusd_epi32(s3[k], d, e);
            /* gcc 12 otherwise keeps a second copy of each sum, in memory */
            __asm__("" : "+v"(s0[k]), "+v"(s1[k]), "+v"(s2[k]), "+v"(s3[k]));
        }
        counts += GROUP_BYTES;
        errors += GROUP_BYTES;
    } while (counts < end);
#pragma GCC unroll 6
    for (int k = 0; k < count; k++)
        sg__add_in_order(s0[k], s1[k], s2[k], s3[k],
                         gradient + (size_t)k * outputs);
}

/* One tap, all channels. */
static void add_tap(const sg__geometry *g, const char *counts,
                    const char *errors, size_t run, uint32_t channels,
                    int32_t *gradient)
{
    size_t K = sg__fan_in(g);
    uint32_t k = 0;
    for (; k + TILE <= channels; k += TILE, errors += TILE * 4)
        add_tile(counts, errors, run, TILE, gradient + k * K, K);
    for (; k + 4 <= channels; k += 4, errors += 4 * 4)
        add_tile(counts, errors, run, 4, gradient + k * K, K);
    for (; k < channels; k++, errors += 4)
        add_tile(counts, errors, run, 1, gradient + k * K, K);
}

/* All taps of one column, whose counts have been grouped; `row` bytes hold a
 * row of all samples. With stride 1 the rows of a tap follow each other. */
static void add_column(const sg__geometry *g, const char *counts,
                       const char *errors, size_t row, uint32_t channels,
                       int32_t *gradient)
{
    uint32_t rows = g->stride_h == 1 ? 1 : g->out_h;
    size_t run = row / GROUP_BYTES * (g->out_h / rows);
    for (uint32_t ky = 0; ky < g->kernel_h; ky++)
        for (uint32_t y = 0; y < rows; y++)
            add_tap(g, counts + (y * g->stride_h + ky) * row, errors + y * row,
                    run, channels,
                    gradient + (size_t)ky * g->kernel_w * g->in_c);
}

void sg__planes_dense(const sg__geometry *g, size_t n, const uint8_t *in,
                      const int8_t *d, uint32_t first, uint32_t last,
                      int32_t *gradient, int32_t *bias_gradient, void *scratch)
{
    size_t step = samples_at_once(g);
    uint8_t *plane = scratch;
    char *counts = (char *)plane + plane_bytes(g);
    char *errors = counts + count_bytes(g);
    for (size_t i = 0; i < n; i += step) {
        size_t m = n - i < step ? n - i : step;
        size_t row = m * row_groups(g) * GROUP_BYTES;
        group_errors(g, m, d + i * sg__outputs(g), first, last, errors,
                     bias_gradient);
        for (uint32_t c = 0; c < g->in_c; c += SG__PLANE_CHANNELS) {
            sg__plane_copy(g, m, in + i * sg__inputs(g), c, plane);
            for (uint32_t kx = 0; kx < g->kernel_w; kx++) {
                group_counts(g, m, plane, kx, counts);
                add_column(g, counts, errors, row, last - first,
                           gradient + (size_t)kx * g->in_c + c);
            }
        }
    }
}
