/* AVX-512 dense products: every tap, zero or not, through the dot products of
 * VNNI, with the firing rule applied before anything leaves the registers.
 *
 * The sums are those of tiles (tiles.h). Counts are read where they
 * are if a pixel is a whole number of groups; then positions are sorted by the
 * taps that padding leaves them, and no work is done for padding. Otherwise
 * samples are copied with their padding, widened for 16 bits. */
#include <string.h>

#include "kernels/avx512/dense.h"
#include "kernels/avx512/quads.h"
#include "kernels/avx512/tiles.h"

enum {
    LANES = SG__TILE_LANES,
    GROUP = SG__TILE_GROUP,
    PANEL_BYTES = SG__TILE_PANEL_BYTES,
    PANELS = SG__TILE_PANELS,
    SLACK = 64,           /* past a copy: the last group may be incomplete */
    COPY_BYTES = 1 << 20, /* of the samples copied at once, about */
    COPY_SAMPLES = 16
};

static size_t element(int bits)
{
    return (size_t)bits / 8;
}

static size_t panels(const sg__geometry *g)
{
    return (g->out_c + LANES - 1) / LANES;
}

/* Groups of one row of the kernel. */
static size_t row_groups(const sg__geometry *g, int bits)
{
    return ((size_t)g->kernel_w * g->in_c * element(bits) + GROUP - 1) / GROUP;
}

size_t sg__dense_pack_size(const sg__geometry *g, int bits)
{
    return panels(g) * g->kernel_h * row_groups(g, bits) * PANEL_BYTES;
}

/* Packed as [panel][kernel_h][group][LANES][GROUP bytes]. */
void sg__dense_pack(const sg__geometry *g, int bits, uint32_t k, uint32_t ky,
                    const void *run, void *packed)
{
    size_t bytes = (size_t)g->kernel_w * g->in_c * element(bits);
    size_t whole = bytes / GROUP, row = (size_t)k / LANES * g->kernel_h + ky;
    const char *from = run;
    char *lane = (char *)packed + row * row_groups(g, bits) * PANEL_BYTES +
                 k % LANES * GROUP;
    for (size_t i = 0; i < whole; i++)
        memcpy(lane + i * PANEL_BYTES, from + i * GROUP, GROUP);
    memcpy(lane + whole * PANEL_BYTES, from + whole * GROUP,
           bytes - whole * GROUP);
}

static bool copies(const sg__geometry *g, int bits)
{
    return bits == 16 || g->in_c % GROUP != 0;
}

/* Bytes of one sample's copy. */
static size_t copy_bytes(const sg__geometry *g, int bits)
{
    return (size_t)(g->in_h + 2 * g->pad_h) * (g->in_w + 2 * g->pad_w) *
           g->in_c * element(bits);
}

static size_t copy_samples(const sg__geometry *g, int bits)
{
    size_t n = COPY_BYTES / copy_bytes(g, bits);
    return n < 1 ? 1 : n > COPY_SAMPLES ? COPY_SAMPLES : n;
}

size_t sg__dense_scratch(const sg__geometry *g, int bits)
{
    if (!copies(g, bits))
        return 0;
    return copy_samples(g, bits) * copy_bytes(g, bits) + SLACK;
}

/* Where counts are; steps in bytes. */
typedef struct view {
    const char *base;
    size_t sample, row, pixel;
    uint32_t pad_h, pad_w; /* that are not stored */
} view;

static void copy_run(const sg__dense_product *q, const uint8_t *from, size_t n,
                     char *to)
{
    size_t i = 0;
    if (q->bits == 8) {
        memcpy(to, from, n);
        return;
    }
    for (; i + 32 <= n; i += 32) {
        __m256i x = _mm256_loadu_si256((const __m256i *)(from + i));
        _mm512_storeu_si512(to + 2 * i, q->is_signed
                                            ? _mm512_cvtepi8_epi16(x)
                                            : _mm512_cvtepu8_epi16(x));
    }
    for (; i < n; i++) {
        int16_t wide = q->is_signed ? (int8_t)from[i] : from[i];
        memcpy(to + 2 * i, &wide, sizeof wide);
    }
}

static view copy_padded(const sg__dense_product *q, size_t n,
                        const uint8_t *in, char *to)
{
    const sg__geometry *g = q->g;
    size_t pixel = g->in_c * element(q->bits);
    size_t row = (g->in_w + 2 * g->pad_w) * pixel;
    view v = {to, copy_bytes(g, q->bits), row, pixel, 0, 0};
    size_t width = (size_t)g->in_w * g->in_c;
    if (sg__padded(g))
        memset(to, 0, n * v.sample);
    memset(to + n * v.sample, 0, SLACK);
    for (size_t i = 0; i < n; i++)
        for (uint32_t y = 0; y < g->in_h; y++, in += width)
            copy_run(q, in, width,
                     to + i * v.sample + (y + g->pad_h) * row +
                         g->pad_w * pixel);
    return v;
}

/* Positions that see the same taps: output rows y..y+height-1, columns
 * x..x+width-1 of n samples. */
typedef struct block {
    view from;
    uint32_t y, x, height, width;
    size_t n;
    uint32_t tap_y, tap_x, rows; /* first tap, rows of taps */
    size_t groups;               /* of one row of taps */
} block;

/* One position of a block. */
typedef struct cursor {
    size_t sample;
    uint32_t y, x;
} cursor;

static void advance(const block *b, cursor *c)
{
    if (++c->x < b->width)
        return;
    c->x = 0;
    if (++c->y < b->height)
        return;
    c->y = 0;
    c->sample++;
}

/* Points position p of a tile at (sample, y, x) of a block. */
static inline void place(const sg__dense_product *q, const block *b, cursor c,
                         uint32_t k, int p, sg__dense_tile *t)
{
    const sg__geometry *g = q->g;
    const view *v = &b->from;
    uint32_t y = b->y + c.y, x = b->x + c.x;
    size_t position =
        c.sample * g->out_h * g->out_w + (size_t)y * g->out_w + x;
    t->in[p] = v->base + c.sample * v->sample +
               (y * g->stride_h + b->tap_y - v->pad_h) * v->row +
               (x * g->stride_w + b->tap_x - v->pad_w) * v->pixel;
    t->out[p] = position * g->out_c + k;
    t->offset[p] = q->offsets ? q->offsets[position] : 0;
}

/* The next n positions; those of one row differ by constants. */
static inline void place_all(const sg__dense_product *q, const block *b,
                             cursor *c, uint32_t k, int n, sg__dense_tile *t)
{
    size_t step = (size_t)q->g->stride_w * b->from.pixel;
    if (q->offsets || c->x + (uint32_t)n > b->width) {
        for (int p = 0; p < n; p++, advance(b, c))
            place(q, b, *c, k, p, t);
        return;
    }
    place(q, b, *c, k, 0, t);
    for (int p = 1; p < n; p++) {
        t->in[p] = t->in[p - 1] + step;
        t->out[p] = t->out[p - 1] + q->g->out_c;
        t->offset[p] = 0;
    }
    c->x += (uint32_t)n - 1;
    advance(b, c);
}

/* All positions of a block by `width` panels from channel k on, whose packed
 * weights are given. */
static void run_block(const sg__dense_product *q, const block *b, uint32_t k,
                      int width, const char *weight,
                      const sg__response_out *out)
{
    const sg__geometry *g = q->g;
    const view *v = &b->from;
    int product = q->bits == 16  ? SG__WORDS_16
                  : q->is_signed ? SG__ERRORS_8
                                 : SG__COUNTS_8;
    size_t groups = row_groups(g, q->bits);
    size_t first = ((size_t)b->tap_y * groups + b->tap_x * v->pixel / GROUP) *
                   PANEL_BYTES;
    sg__dense_tile t = {.in_row = v->row,
                        .weight_row = groups * PANEL_BYTES,
                        .weight_panel = g->kernel_h * groups * PANEL_BYTES,
                        .rows = b->rows,
                        .groups = b->groups,
                        .bias = q->bias ? q->bias + k : NULL,
                        .channels = g->out_c - k};
    t.weight = weight + first;
    cursor c = {0, 0, 0};
    bool bytes = product == SG__COUNTS_8 && width == 1 && q->bias &&
                 g->stride_w * v->pixel == 1 &&
                 b->groups * PANEL_BYTES == t.weight_row;
    for (size_t left = b->n * b->height * b->width; left > 0;) {
        int which, n = sg__tile_next(left, width, &which);
        if (bytes && b->width - c.x >= 8) {
            place(q, b, c, k, 0, &t);
            n = b->width - c.x >= SG__TILE_NEIGHBOURS ? SG__TILE_NEIGHBOURS
                                                      : 8;
            sg__tile_bytes(&t, n, g->out_c, out);
            c.x += (uint32_t)n - 1;
            advance(b, &c);
            left -= (size_t)n;
            continue;
        }
        place_all(q, b, &c, k, n, &t);
        sg__tile_runs[product][width - 1][which](&t, out);
        left -= (size_t)n;
    }
}

/* The positions from `first` on that see the same taps in one direction. */
static uint32_t same_span(uint32_t first, uint32_t out_size, uint32_t stride,
                          uint32_t pad, uint32_t kernel, uint32_t in_size,
                          uint32_t *tap, uint32_t *taps)
{
    uint32_t begin, end, n = 1;
    sg__span(first, stride, pad, kernel, in_size, tap, &end);
    *taps = end - *tap;
    for (; first + n < out_size; n++) {
        sg__span(first + n, stride, pad, kernel, in_size, &begin, &end);
        if (begin != *tap || end - begin != *taps)
            break;
    }
    return n;
}

/* Packs 64 output channels that are kept as slabs: four rows become a group
 * of each panel. */
static void turn_slabs(const sg__dense_product *q, size_t index)
{
    const sg__geometry *g = q->g;
    size_t panel = sg__fan_in(g) * LANES;
    const uint8_t *slab = q->rows + (ptrdiff_t)index * q->block_step;
    uint8_t *to = q->block;
    for (uint32_t tap = 0; tap < g->kernel_h * g->kernel_w; tap++) {
        const uint8_t *row = slab;
        for (uint32_t c = 0; c < g->in_c; c += GROUP, to += PANEL_BYTES) {
            __m512i x[4];
            sg__interleave(_mm512_load_si512(row), _mm512_load_si512(row + 64),
                           _mm512_load_si512(row + 128),
                           _mm512_load_si512(row + 192), x);
            sg__in_order(x);
#pragma GCC unroll 4
            for (size_t p = 0; p < PANELS; p++)
                _mm512_store_si512(to + p * panel, x[p]);
            row += 4 * 64;
        }
        slab += q->tap_step;
    }
}

/* All channels of n samples seen through a view; out is theirs. */
static void run_view(const sg__dense_product *q, view from, size_t n,
                     const sg__response_out *out)
{
    const sg__geometry *g = q->g;
    uint32_t taps;
    uint32_t in_h = g->in_h + 2 * (g->pad_h - from.pad_h);
    uint32_t in_w = g->in_w + 2 * (g->pad_w - from.pad_w);
    size_t count = panels(g);
    for (size_t panel = 0; panel < count;) {
        size_t left = count - panel;
        int width = left < PANELS ? (int)left : PANELS;
        block b = {.from = from, .n = n};
        const char *weight;
        if (!q->rows) {
            weight = (const char *)q->packed + panel * g->kernel_h *
                                                   row_groups(g, q->bits) *
                                                   PANEL_BYTES;
        } else {
            turn_slabs(q, panel / PANELS);
            weight = (const char *)q->block;
        }
        for (b.y = 0; b.y < g->out_h; b.y += b.height) {
            b.height = same_span(b.y, g->out_h, g->stride_h, from.pad_h,
                                 g->kernel_h, in_h, &b.tap_y, &b.rows);
            for (b.x = 0; b.x < g->out_w; b.x += b.width) {
                b.width = same_span(b.x, g->out_w, g->stride_w, from.pad_w,
                                    g->kernel_w, in_w, &b.tap_x, &taps);
                b.groups = (taps * from.pixel + GROUP - 1) / GROUP;
                run_block(q, &b, (uint32_t)panel * LANES, width, weight, out);
            }
        }
        panel += (size_t)width;
    }
}

void sg__dense_run(const sg__dense_product *p, size_t n, const void *in,
                   const sg__response_out *out, void *scratch)
{
    const sg__geometry *g = p->g;
    size_t inputs = sg__inputs(g), step = copy_samples(g, p->bits);
    const uint8_t *from = in;
    sg__dense_product part = *p;
    if (!copies(g, p->bits)) {
        view v = {in,      inputs,   (size_t)g->in_w * g->in_c,
                  g->in_c, g->pad_h, g->pad_w};
        run_view(p, v, n, out);
        return;
    }
    for (size_t i = 0; i < n; i += step) {
        size_t m = n - i < step ? n - i : step;
        sg__response_out o = sg__response_after(out, i * sg__outputs(g));
        if (p->offsets)
            part.offsets = p->offsets + i * g->out_h * g->out_w;
        run_view(&part, copy_padded(p, m, from + i * inputs, scratch), m, &o);
    }
}
