/* AVX2 charge. Same bits as ref.c, from the same integers in another order.
 *
 * The counts that are not 0 are listed once for each input row; the
 * taps of an output position are then sublists of kernel_h rows. Taps are
 * taken two at a time, because vpmaddwd multiplies and adds pairs of 16-bit
 * integers, and stay in registers for up to 64 output channels. */
#include <immintrin.h>

#include "kernels/avx2_dense.h"
#include "kernels/kernels.h"

enum {
    LANES = 16, /* 16-bit weights in a register */
    GROUP = 4,  /* registers of weights handled at once */
    REGISTER = 32
};

/* One count that is not 0; where is in bytes from the first weight row. */
typedef struct tap {
    uint32_t where;
    uint32_t count;
} tap;

/* Channels of a packed weight row: out_c rounded up. */
static size_t packed_channels(const sg__geometry *g)
{
    return (g->out_c + LANES - 1) / LANES * LANES;
}

size_t sg_pack_size__avx2(const sg__geometry *g)
{
    if (sg__avx2_is_dense(g))
        return sg__avx2_dense_pack_size(g);
    return packed_channels(g) * sg__fan_in(g) * sizeof(int16_t);
}

/* Packed as [K][packed_channels], channels past out_c are 0. */
void sg_pack__avx2(const sg__geometry *g, const int16_t *weight,
                   uint32_t first, uint32_t last, void *packed)
{
    if (sg__avx2_is_dense(g)) {
        sg__avx2_dense_pack(g, weight, first, last, packed);
        return;
    }
    size_t channels = packed_channels(g), fan_in = sg__fan_in(g);
    size_t end = last == g->out_c ? channels : last;
    int16_t *to = packed;
    for (size_t block = first; block < end; block += SG__PACK_CHANNELS)
        for (size_t i = 0; i < fan_in; i++)
            for (size_t k = block; k < block + SG__PACK_CHANNELS; k++)
                to[i * channels + k] =
                    k < g->out_c ? weight[k * fan_in + i] : 0;
}

/* Taps of one sample: [in_h][in_w * in_c], and where each column starts. */
typedef struct tap_table {
    tap *taps;       /* row y begins at y * in_w * in_c */
    uint32_t *start; /* [in_h][in_w + 1], relative to the row */
} tap_table;

static tap_table table_in(const sg__geometry *g, void *scratch)
{
    return (tap_table){scratch, (uint32_t *)((tap *)scratch + sg__inputs(g))};
}

size_t sg_scratch_size__avx2(const sg__geometry *g)
{
    if (sg__avx2_is_dense(g))
        return sg__avx2_dense_scratch_size(g);
    return sg__inputs(g) * sizeof(tap) +
           (size_t)g->in_h * (g->in_w + 1) * sizeof(uint32_t);
}

/* Lists the counts of one row that are not 0; returns how many. */
static uint32_t list_row(const uint8_t *row, size_t n, uint32_t step,
                         tap *taps)
{
    const __m256i zero = _mm256_setzero_si256();
    uint32_t length = 0;
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i x = _mm256_loadu_si256((const __m256i *)(row + i));
        uint32_t set =
            ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, zero));
        for (; set; set &= set - 1) {
            size_t at = i + (size_t)__builtin_ctz(set);
            taps[length++] = (tap){(uint32_t)at * step, row[at]};
        }
    }
    for (; i < n; i++)
        if (row[i])
            taps[length++] = (tap){(uint32_t)i * step, row[i]};
    return length;
}

static void list_taps(const sg__geometry *g, const uint8_t *in,
                      tap_table table)
{
    size_t width = (size_t)g->in_w * g->in_c;
    uint32_t step = (uint32_t)(packed_channels(g) * sizeof(int16_t));
    uint32_t column = step * g->in_c;
    for (uint32_t y = 0; y < g->in_h; y++) {
        tap *taps = table.taps + y * width;
        uint32_t *start = table.start + (size_t)y * (g->in_w + 1);
        uint32_t length = list_row(in + y * width, width, step, taps), t = 0;
        for (uint32_t x = 0; x < g->in_w; x++) {
            start[x] = t;
            while (t < length && taps[t].where < (x + 1) * column)
                t++;
        }
        start[g->in_w] = length;
    }
}

static inline __attribute__((always_inline)) void
add_pair(__m256i *sum, int registers, const char *a, const char *b,
         uint32_t counts)
{
    __m256i n = _mm256_set1_epi32((int32_t)counts);
    for (int r = 0; r < registers; r++) {
        __m256i wa = _mm256_loadu_si256((const __m256i *)(a + r * REGISTER));
        __m256i wb = _mm256_loadu_si256((const __m256i *)(b + r * REGISTER));
        __m256i low = _mm256_unpacklo_epi16(wa, wb);
        __m256i high = _mm256_unpackhi_epi16(wa, wb);
        sum[2 * r] = _mm256_add_epi32(sum[2 * r], _mm256_madd_epi16(low, n));
        sum[2 * r + 1] =
            _mm256_add_epi32(sum[2 * r + 1], _mm256_madd_epi16(high, n));
    }
}

/* Adds bias and stores up to 16 channels; sums come in unpack order. */
static void store(__m256i low, __m256i high, const int32_t *bias,
                  int32_t *charge, uint32_t channels)
{
    int32_t sum[LANES];
    __m256i a = _mm256_permute2x128_si256(low, high, 0x20);
    __m256i b = _mm256_permute2x128_si256(low, high, 0x31);
    if (channels >= LANES) {
        const __m256i *from = (const __m256i *)bias;
        __m256i *to = (__m256i *)charge;
        _mm256_storeu_si256(to, _mm256_add_epi32(a, _mm256_loadu_si256(from)));
        _mm256_storeu_si256(to + 1,
                            _mm256_add_epi32(b, _mm256_loadu_si256(from + 1)));
        return;
    }
    _mm256_storeu_si256((__m256i *)sum, a);
    _mm256_storeu_si256((__m256i *)(sum + 8), b);
    for (uint32_t k = 0; k < channels; k++)
        charge[k] = bias[k] + sum[k];
}

/* What one output position reads: a sublist of taps for each kernel row. */
typedef struct window {
    const tap *taps;       /* of the first row */
    const uint32_t *start; /* of the first row, at the first column */
    const char *packed;
    ptrdiff_t origin; /* packed + origin + where is the weight of a tap */
    uint32_t rows, columns;
    size_t tap_step, start_step, weight_step; /* to the next row */
} window;

static inline __attribute__((always_inline)) void
charge_group(const window *w, int registers, size_t group, const int32_t *bias,
             int32_t *charge, uint32_t channels)
{
    __m256i sum[2 * GROUP];
    for (int r = 0; r < 2 * registers; r++)
        sum[r] = _mm256_setzero_si256();
    const tap *taps = w->taps;
    const uint32_t *start = w->start;
    ptrdiff_t at = w->origin + (ptrdiff_t)(group * GROUP * REGISTER);
    for (uint32_t row = 0; row < w->rows; row++) {
        const tap *t = taps + start[0], *end = taps + start[w->columns];
        for (; t + 2 <= end; t += 2)
            add_pair(sum, registers, w->packed + (at + t[0].where),
                     w->packed + (at + t[1].where),
                     t[0].count | t[1].count << 16);
        if (t < end)
            add_pair(sum, registers, w->packed + (at + t->where),
                     w->packed + (at + t->where), t->count);
        taps += w->tap_step;
        start += w->start_step;
        at += (ptrdiff_t)w->weight_step;
    }
    for (int r = 0; r < registers; r++) {
        uint32_t done = (uint32_t)r * LANES;
        store(sum[2 * r], sum[2 * r + 1], bias + done, charge + done,
              channels - done);
    }
}

static void charge_position(const sg__geometry *g, const window *w,
                            const int32_t *bias, int32_t *charge)
{
    for (uint32_t k = 0, group = 0; k < g->out_c;
         k += GROUP * LANES, group++) {
        uint32_t channels = g->out_c - k;
        const int32_t *b = bias + k;
        int32_t *c = charge + k;
        if (channels > 3 * LANES)
            charge_group(w, 4, group, b, c, channels);
        else if (channels > 2 * LANES)
            charge_group(w, 3, group, b, c, channels);
        else if (channels > LANES)
            charge_group(w, 2, group, b, c, channels);
        else
            charge_group(w, 1, group, b, c, channels);
    }
}

static void charge_sample(const sg__geometry *g, tap_table table,
                          const char *packed, const int32_t *bias,
                          int32_t *charge)
{
    size_t step = packed_channels(g) * sizeof(int16_t);
    window w = {.packed = packed,
                .tap_step = (size_t)g->in_w * g->in_c,
                .start_step = g->in_w + 1,
                .weight_step = g->kernel_w * g->in_c * step};
    uint32_t y0, y1, x0, x1;
    for (uint32_t y = 0; y < g->out_h; y++) {
        sg__span(y, g->stride, g->pad, g->kernel_h, g->in_h, &y0, &y1);
        size_t row = y * g->stride + y0 - g->pad;
        for (uint32_t x = 0; x < g->out_w; x++, charge += g->out_c) {
            sg__span(x, g->stride, g->pad, g->kernel_w, g->in_w, &x0, &x1);
            size_t column = x * g->stride + x0 - g->pad;
            w.rows = y1 - y0;
            w.columns = x1 - x0;
            w.taps = table.taps + row * w.tap_step;
            w.start = table.start + row * w.start_step + column;
            /* taps count from the left edge of the image, weights from the
             * left edge of the kernel */
            w.origin = (ptrdiff_t)(y0 * w.weight_step + x0 * g->in_c * step) -
                       (ptrdiff_t)(column * g->in_c * step);
            charge_position(g, &w, bias, charge);
        }
    }
}

void sg_charge__avx2(const sg__geometry *g, size_t n, const uint8_t *in,
                     size_t in_stride, const void *packed, const int32_t *bias,
                     int32_t *charge, size_t charge_stride, void *scratch)
{
    tap_table table = table_in(g, scratch);
    for (size_t s = 0; s < n; s++) {
        const uint8_t *from = in + s * in_stride;
        int32_t *to = charge + s * charge_stride;
        if (sg__avx2_is_dense(g)) {
            sg__avx2_dense_charge(g, from, packed, bias, to, scratch);
            continue;
        }
        list_taps(g, from, table);
        charge_sample(g, table, packed, bias, to);
    }
}
