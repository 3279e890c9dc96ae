/* Forward pass driven by the counts that are not 0, for 16-bit weights.
 *
 * They are listed once for each pixel; the taps of an output position are then
 * kernel_h sublists, one of each row. Taps are taken two at a time, because
 * vpmaddwd and vpdpwssd multiply and add pairs of 16-bit integers, and their
 * sums stay in registers for up to 64 output channels. Inline, as
 * dense.h and for the same reason. */
#ifndef SG_KERNELS_AVX2_LISTS_H
#define SG_KERNELS_AVX2_LISTS_H

#include "kernels/avx2/dense.h"

/* sg__lists_pay: whether lists of taps can beat the dense row at all. Not for
 * windows as short as those of a first convolution over one to three channels,
 * nor where a list serves 16 channels only, nor for 8-bit weights, of which
 * the dense row takes four at a time. (The weights of an input row are within
 * 32-bit offsets in all but absurd layers.) */
static inline bool sg__lists_pay(const sg__geometry *g, int bits)
{
    uint64_t row = (uint64_t)g->in_w * g->in_c * sg__word_step(g) * 2;
    return bits == 16 && g->out_c > 16 && row <= UINT32_MAX &&
           (g->kernel_w == 1 || g->kernel_w * g->in_c > 16);
}

enum {
    SG__LANES = 16,    /* 16-bit weights in a register */
    SG__REGISTERS = 4, /* of weights, handled at once */
    SG__OVERSHOOT = 4  /* taps that may be written or read past a list */
};

/* One count that is not 0; where is in bytes from the first weight row. */
typedef struct sg__listed_tap {
    uint32_t where;
    uint32_t count;
} sg__listed_tap;

/* Taps of one sample: [in_h][in_w * in_c], and where each column starts. */
typedef struct sg__tap_table {
    sg__listed_tap *taps; /* row y begins at y * in_w * in_c */
    uint32_t *start;      /* [in_h][in_w + 1], relative to the row */
} sg__tap_table;

/* Bytes in front of the table for the windows that cover each column. */
static inline size_t sg__reach_size(const sg__geometry *g)
{
    return (g->in_w * sizeof(uint32_t) + 63) / 64 * 64;
}

/* sg__lists_size: bytes of working memory they need. */
static inline size_t sg__lists_size(const sg__geometry *g)
{
    size_t table = (sg__inputs(g) + SG__OVERSHOOT) * sizeof(sg__listed_tap) +
                   (size_t)g->in_h * (g->in_w + 1) * sizeof(uint32_t);
    size_t copies = sg__copies_size(g, 16);
    return sg__reach_size(g) + (table > copies ? table : copies);
}

static inline sg__tap_table sg__table_in(const sg__geometry *g, void *scratch)
{
    sg__listed_tap *taps = scratch;
    return (sg__tap_table){taps,
                           (uint32_t *)(taps + sg__inputs(g) + SG__OVERSHOOT)};
}

/* Controls that move the chosen ones of four lanes to the front. */
static const uint8_t sg__compress[16][16] = {
    {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3},
    {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3},
    {4, 5, 6, 7, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3},
    {0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 0, 1, 2, 3},
    {8, 9, 10, 11, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3},
    {0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 0, 1, 2, 3},
    {4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 0, 1, 2, 3},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3},
    {12, 13, 14, 15, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3},
    {0, 1, 2, 3, 12, 13, 14, 15, 0, 1, 2, 3, 0, 1, 2, 3},
    {4, 5, 6, 7, 12, 13, 14, 15, 0, 1, 2, 3, 0, 1, 2, 3},
    {0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 0, 1, 2, 3},
    {8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 0, 1, 2, 3},
    {0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3},
    {4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
};

/* Lists those of four counts, a byte each, that are not 0. Writes four taps,
 * and returns how many of them hold. */
SG__INLINE uint32_t sg__list_four(uint32_t counts, __m128i where,
                                  sg__listed_tap *to)
{
    __m128i n = _mm_cvtepu8_epi32(_mm_cvtsi32_si128((int32_t)counts));
    __m128i zero = _mm_cmpeq_epi32(n, _mm_setzero_si128());
    uint32_t set = ~(uint32_t)_mm_movemask_ps(_mm_castsi128_ps(zero)) & 15;
    __m128i control = sg__load_half(sg__compress[set]);
    n = _mm_shuffle_epi8(n, control);
    where = _mm_shuffle_epi8(where, control);
    _mm_storeu_si128((__m128i *)to, _mm_unpacklo_epi32(where, n));
    _mm_storeu_si128((__m128i *)(to + 2), _mm_unpackhi_epi32(where, n));
    return (uint32_t)__builtin_popcount(set);
}

/* Lists the counts of one pixel that are not 0; returns how many. */
SG__INLINE uint32_t sg__list_pixel(const uint8_t *in, size_t n, uint32_t where,
                                   uint32_t step, sg__listed_tap *to)
{
    const __m128i four = _mm_set1_epi32((int32_t)(4 * step));
    __m128i at = _mm_setr_epi32((int32_t)where, (int32_t)(where + step),
                                (int32_t)(where + 2 * step),
                                (int32_t)(where + 3 * step));
    uint32_t length = 0, counts = 0;
    size_t i = 0;
    for (; i + 4 <= n; i += 4, at = _mm_add_epi32(at, four)) {
        memcpy(&counts, in + i, 4);
        length += sg__list_four(counts, at, to + length);
    }
    if (i < n) {
        counts = 0;
        for (size_t k = n; k-- > i;)
            counts = counts << 8 | in[k];
        length += sg__list_four(counts, at, to + length);
    }
    return length;
}

SG__INLINE void sg__list_taps(const sg__geometry *g, const uint8_t *in,
                              sg__tap_table table)
{
    uint32_t step = (uint32_t)(sg__word_step(g) * sizeof(int16_t));
    for (uint32_t y = 0; y < g->in_h; y++) {
        sg__listed_tap *taps = table.taps + (size_t)y * g->in_w * g->in_c;
        uint32_t *start = table.start + (size_t)y * (g->in_w + 1), length = 0;
        for (uint32_t x = 0; x < g->in_w; x++, in += g->in_c) {
            start[x] = length;
            length += sg__list_pixel(in, g->in_c, x * g->in_c * step, step,
                                     taps + length);
        }
        start[g->in_w] = length;
    }
}

/* The counts of the next taps in every lane: of two, or of one and 0. */
SG__INLINE __m256i sg__next_counts(const sg__listed_tap *t, bool both)
{
    /* bytes of 16: a count is behind its where; 0x80 makes a 0 */
    int32_t control = both ? 0x0d0c0504 : (int32_t)0x80800504;
    __m256i x = _mm256_broadcastsi128_si256(sg__load_half(t));
    return _mm256_shuffle_epi8(x, _mm256_set1_epi32(control));
}

SG__INLINE void sg__add_pair(sg__dot_kind dot, __m256i *sum, int registers,
                             const char *a, const char *b, __m256i counts)
{
    for (int r = 0; r < registers; r++) {
        __m256i wa = sg__load_once(a + r * 32);
        __m256i wb = sg__load_once(b + r * 32);
        __m256i low = _mm256_unpacklo_epi16(wa, wb);
        __m256i high = _mm256_unpackhi_epi16(wa, wb);
        sum[2 * r] = sg__dot_add(dot, sum[2 * r], counts, low);
        sum[2 * r + 1] = sg__dot_add(dot, sum[2 * r + 1], counts, high);
    }
}

/* What one output position reads: a sublist of taps for each kernel row. */
typedef struct sg__window {
    const sg__listed_tap *taps; /* of the first row */
    const uint32_t *start;      /* of the first row, at the first column */
    const char *packed;
    ptrdiff_t
        origin; /* packed + origin + where is the weight of a sg__listed_tap */
    uint32_t rows, columns;
    size_t tap_step, start_step, weight_step; /* to the next row */
} sg__window;

/* Up to 64 channels of one position, from channel `first` on. */
SG__INLINE void sg__charge_group(sg__dot_kind dot, const sg__window *w,
                                 int registers, uint32_t first,
                                 const sg__responder *r, size_t out)
{
    __m256i sum[2 * SG__REGISTERS];
    for (int i = 0; i < 2 * registers; i++)
        sum[i] = _mm256_setzero_si256();
    ptrdiff_t at = w->origin + (ptrdiff_t)(first * sizeof(int16_t));
    for (uint32_t row = 0; row < w->rows; row++) {
        const sg__listed_tap *taps = w->taps + row * w->tap_step;
        const uint32_t *start = w->start + row * w->start_step;
        const sg__listed_tap *t = taps + start[0],
                             *end = taps + start[w->columns];
        for (; t + 2 <= end; t += 2)
            sg__add_pair(dot, sum, registers, w->packed + (at + t[0].where),
                         w->packed + (at + t[1].where),
                         sg__next_counts(t, true));
        if (t < end)
            sg__add_pair(dot, sum, registers, w->packed + (at + t->where),
                         w->packed + (at + t->where),
                         sg__next_counts(t, false));
        at += (ptrdiff_t)w->weight_step;
    }
    for (int i = 0; i < registers; i++) {
        __m256i low = sum[2 * i], high = sum[2 * i + 1];
        sg__respond(&r[i], out, _mm256_permute2x128_si256(low, high, 0x20),
                    _mm256_permute2x128_si256(low, high, 0x31));
    }
}

/* A window's place for position (y, x). */
static inline void sg__turn_to(sg__window *w, const sg__geometry *g,
                               sg__tap_table table, uint32_t y, uint32_t x)
{
    size_t step = sg__word_step(g) * sizeof(int16_t) * g->in_c;
    uint32_t y0, y1, x0, x1;
    sg__span(y, g->stride_h, g->pad_h, g->kernel_h, g->in_h, &y0, &y1);
    sg__span(x, g->stride_w, g->pad_w, g->kernel_w, g->in_w, &x0, &x1);
    size_t row = y * g->stride_h + y0 - g->pad_h;
    size_t column = x * g->stride_w + x0 - g->pad_w;
    w->rows = y1 - y0;
    w->columns = x1 - x0;
    w->taps = table.taps + row * w->tap_step;
    w->start = table.start + row * w->start_step + column;
    /* taps count from the left edge of the image, weights from the left edge
     * of the kernel */
    w->origin = (ptrdiff_t)(y0 * w->weight_step + x0 * step) -
                (ptrdiff_t)(column * step);
}

/* All positions of a sample by one group of channels. */
SG__INLINE void sg__charge_channels(sg__dot_kind dot, const sg__synapses *s,
                                    sg__tap_table table, int registers,
                                    uint32_t first, sg__responder *r)
{
    size_t out = 0;
    const sg__geometry *g = s->geo;
    sg__window w = {.packed = s->packed,
                    .tap_step = (size_t)g->in_w * g->in_c,
                    .start_step = g->in_w + 1};
    w.weight_step = sg__kernel_run(g) * sg__word_step(g) * sizeof(int16_t);
    for (int i = 0; i < registers; i++)
        sg__respond_for(&r[i], s, first + (uint32_t)i * SG__LANES);
    for (uint32_t y = 0; y < g->out_h; y++)
        for (uint32_t x = 0; x < g->out_w; x++, out += g->out_c) {
            sg__turn_to(&w, g, table, y, x);
            sg__charge_group(dot, &w, registers, first, r, out);
        }
}

SG__INLINE void sg__charge_sample(sg__dot_kind dot, const sg__synapses *s,
                                  sg__tap_table table,
                                  const sg__response_out *to)
{
    sg__responder r[SG__REGISTERS];
    for (int i = 0; i < SG__REGISTERS; i++)
        r[i] = sg__respond_as(to);
    for (uint32_t k = 0; k < s->geo->out_c; k += SG__REGISTERS * SG__LANES) {
        uint32_t channels = s->geo->out_c - k;
        if (channels > 3 * SG__LANES)
            sg__charge_channels(dot, s, table, 4, k, r);
        else if (channels > 2 * SG__LANES)
            sg__charge_channels(dot, s, table, 3, k, r);
        else if (channels > SG__LANES)
            sg__charge_channels(dot, s, table, 2, k, r);
        else
            sg__charge_channels(dot, s, table, 1, k, r);
    }
}

/* In how many windows of a row of positions each column is. */
static inline void sg__count_windows(const sg__geometry *g, uint32_t *windows)
{
    uint32_t first, last;
    for (uint32_t x = 0; x < g->in_w; x++) {
        sg__reach(x, g->stride_w, g->pad_w, g->kernel_w, g->out_w, &first,
                  &last);
        windows[x] = last - first;
    }
}

/* Taps of all windows of a sample. What is in the middle of an image is in
 * more windows than what is at its edge, and more often not 0, so the share of
 * counts that are not 0 says too little. */
static inline uint64_t sg__all_taps(const sg__geometry *g, sg__tap_table table,
                                    const uint32_t *windows)
{
    uint64_t sum = 0;
    uint32_t first, last;
    for (uint32_t y = 0; y < g->in_h; y++) {
        const uint32_t *start = table.start + (size_t)y * (g->in_w + 1);
        uint64_t row = 0;
        for (uint32_t x = 0; x < g->in_w; x++)
            row += (uint64_t)(start[x + 1] - start[x]) * windows[x];
        sg__reach(y, g->stride_h, g->pad_h, g->kernel_h, g->out_h, &first,
                  &last);
        sum += row * (last - first);
    }
    return sum;
}

/* The forward_sparse row, for layers where it pays. Samples of a convolution
 * whose windows hold more taps than `share`, in 1/1000, go the dense way. */
SG__INLINE void sg__lists_forward(sg__dot_kind dot, uint32_t share,
                                  const sg__synapses *s, size_t n,
                                  const uint8_t *in,
                                  const sg__response_out *out, void *scratch)
{
    const sg__geometry *g = s->geo;
    uint32_t *windows = scratch;
    uint8_t *rest = (uint8_t *)scratch + sg__reach_size(g);
    sg__tap_table table = sg__table_in(g, rest);
    uint64_t many = sg__dense_macs(g) / g->out_c * share / 1000;
    bool image = g->out_h * g->out_w > 1;
    sg__count_windows(g, windows);
    for (size_t i = 0; i < n; i++) {
        const uint8_t *from = in + i * sg__inputs(g);
        sg__response_out part = sg__response_at(out, i * sg__outputs(g));
        sg__list_taps(g, from, table);
        if (image && sg__all_taps(g, table, windows) > many)
            sg__dense_forward(dot, 6, s, 1, from, &part, rest);
        else
            sg__charge_sample(dot, s, table, &part);
    }
}

#endif
