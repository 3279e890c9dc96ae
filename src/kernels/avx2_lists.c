/* AVX2 forward pass driven by the counts that are not 0, for 16-bit weights.
 *
 * They are listed once for each input row; the taps of an output position are
 * then sublists of kernel_h rows. Taps are taken two at a time, because
 * vpmaddwd multiplies and adds pairs of 16-bit integers, and stay in registers
 * for up to 64 output channels. */
#include "kernels/avx2_lists.h"

#include "kernels/avx2_dense.h"

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

/* Taps of one sample: [in_h][in_w * in_c], and where each column starts. */
typedef struct tap_table {
    tap *taps;       /* row y begins at y * in_w * in_c */
    uint32_t *start; /* [in_h][in_w + 1], relative to the row */
} tap_table;

/* Lists the counts of one row that are not 0; returns how many. */
static uint32_t list_row(const uint8_t *row, size_t n, uint32_t step,
                         tap *taps)
{
    const __m256i zero = _mm256_setzero_si256();
    uint32_t length = 0;
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i x = sg__load(row + i);
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
    uint32_t step = (uint32_t)(sg__word_step(g) * sizeof(int16_t));
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

SG__INLINE void add_pair(__m256i *sum, int registers, const char *a,
                         const char *b, uint32_t counts)
{
    __m256i n = _mm256_set1_epi32((int32_t)counts);
    for (int r = 0; r < registers; r++) {
        __m256i wa = sg__load(a + r * REGISTER);
        __m256i wb = sg__load(b + r * REGISTER);
        __m256i low = _mm256_unpacklo_epi16(wa, wb);
        __m256i high = _mm256_unpackhi_epi16(wa, wb);
        sum[2 * r] = _mm256_add_epi32(sum[2 * r], _mm256_madd_epi16(low, n));
        sum[2 * r + 1] =
            _mm256_add_epi32(sum[2 * r + 1], _mm256_madd_epi16(high, n));
    }
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

/* Up to 64 channels of one position, from channel `first` on. */
SG__INLINE void charge_group(const window *w, int registers, uint32_t first,
                             const sg__responder *r, size_t out)
{
    __m256i sum[2 * GROUP];
    for (int i = 0; i < 2 * registers; i++)
        sum[i] = _mm256_setzero_si256();
    const tap *taps = w->taps;
    const uint32_t *start = w->start;
    ptrdiff_t at = w->origin + (ptrdiff_t)(first * sizeof(int16_t));
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
    for (int i = 0; i < registers; i++) {
        __m256i low = sum[2 * i], high = sum[2 * i + 1];
        sg__respond(&r[i], out, _mm256_permute2x128_si256(low, high, 0x20),
                    _mm256_permute2x128_si256(low, high, 0x31));
    }
}

/* A window's place for position (y, x). */
static void turn_to(window *w, const sg__geometry *g, tap_table table,
                    uint32_t y, uint32_t x)
{
    size_t step = sg__word_step(g) * sizeof(int16_t) * g->in_c;
    uint32_t y0, y1, x0, x1;
    sg__span(y, g->stride, g->pad, g->kernel_h, g->in_h, &y0, &y1);
    sg__span(x, g->stride, g->pad, g->kernel_w, g->in_w, &x0, &x1);
    size_t row = y * g->stride + y0 - g->pad;
    size_t column = x * g->stride + x0 - g->pad;
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
SG__INLINE void charge_channels(const sg__synapses *s, tap_table table,
                                int registers, uint32_t first,
                                sg__responder *r, size_t out)
{
    const sg__geometry *g = s->geo;
    window w = {.packed = s->packed,
                .tap_step = (size_t)g->in_w * g->in_c,
                .start_step = g->in_w + 1};
    w.weight_step = sg__run(g) * sg__word_step(g) * sizeof(int16_t);
    for (int i = 0; i < registers; i++)
        sg__respond_for(&r[i], s, first + (uint32_t)i * LANES);
    for (uint32_t y = 0; y < g->out_h; y++)
        for (uint32_t x = 0; x < g->out_w; x++, out += g->out_c) {
            turn_to(&w, g, table, y, x);
            charge_group(&w, registers, first, r, out);
        }
}

static void charge_sample(const sg__synapses *s, tap_table table,
                          const sg__response_out *to, size_t out)
{
    sg__responder r[GROUP];
    for (int i = 0; i < GROUP; i++)
        r[i] = sg__respond_as(to);
    for (uint32_t k = 0; k < s->geo->out_c; k += GROUP * LANES) {
        uint32_t channels = s->geo->out_c - k;
        if (channels > 3 * LANES)
            charge_channels(s, table, 4, k, r, out);
        else if (channels > 2 * LANES)
            charge_channels(s, table, 3, k, r, out);
        else if (channels > LANES)
            charge_channels(s, table, 2, k, r, out);
        else
            charge_channels(s, table, 1, k, r, out);
    }
}

void sg_forward_sparse__avx2(const sg__synapses *s, size_t n,
                             const uint8_t *in, const sg__response_out *out,
                             void *scratch)
{
    const sg__geometry *g = s->geo;
    tap_table table = {scratch, (uint32_t *)((tap *)scratch + sg__inputs(g))};
    if (!sg__lists_pay(g, s->bits)) {
        sg_forward__avx2(s, n, in, out, scratch);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        list_taps(g, in + i * sg__inputs(g), table);
        charge_sample(s, table, out, i * sg__outputs(g));
    }
}
