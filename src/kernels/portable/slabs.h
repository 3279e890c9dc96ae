/* The walks over slabs, which all tables share: the weights between one tap's
 * targets, 64 or 128 of them side by side, and all its sources, a byte row for
 * each source, so that the sources that sent spikes select rows of a block
 * that fits a near cache. Forward, sources are input channels and targets
 * output channels; backward it is the other way round.
 *
 * One file a walk includes it, which has before:
 * sg__sender_lists  the senders of some samples; senders[samples][positions]
 *                   says for each position where its own are, and how many
 *                   (length)
 * sg__slab_add      to[columns] += what n positions side by side of a sample,
 *                   from `at` on, send through slabs that lie `step` bytes
 *                   apart; errors: backward */
#ifndef SG_KERNELS_PORTABLE_SLABS_H
#define SG_KERNELS_PORTABLE_SLABS_H

#include <string.h>

#include "kernels/kernels.h"
#include "kernels/portable/slab_shape.h"

/* sg__slabs_high: what came from the high bytes of 16-bit weights counts 256
 * times. */
static inline void sg__slabs_high(int32_t *sum, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] = (int32_t)((uint32_t)sum[i] << 8);
}

/* Part i of n of the rows of the next slab are fetched: it is far away and
 * used at random, so that the processor cannot guess it. */
static inline void sg__prefetch_share(const uint8_t *slab, size_t rows,
                                      size_t columns, size_t i, size_t n)
{
    for (size_t r = rows * i / n; r < rows * (i + 1) / n; r++)
        for (size_t c = 0; c < columns; c += 64)
            /* past the last slab does no harm */
            __builtin_prefetch((const char *)((uintptr_t)slab + r * columns +
                                              c),
                               0, 3);
}

/* Forward, one tap: charge[position][columns] of one sample. */
static inline void sg__forward_tap(const sg__geometry *c, uint32_t tap,
                                   const sg__sender_lists *l, size_t sample,
                                   const uint8_t *slab, size_t columns,
                                   int32_t *charge)
{
    const uint32_t ky = tap / c->kernel_w, kx = tap % c->kernel_w;
    const sg__senders *senders = l->senders + sample * l->positions;
    for (uint32_t y = 0; y < c->out_h; y++) {
        uint32_t iy = y * c->stride_h + ky - c->pad_h;
        for (uint32_t x = 0; x < c->out_w; x++, charge += columns) {
            uint32_t ix = x * c->stride_w + kx - c->pad_w;
            if (iy >= c->in_h || ix >= c->in_w) /* or below 0 */
                continue;
            sg__slab_add(l, sample, &senders[(size_t)iy * c->in_w + ix], 1,
                         slab, 0, false, columns, charge);
        }
    }
}

/* One kernel row, from tap `tap` on: the same. Stride 1 along it. */
static inline void sg__forward_row(const sg__geometry *c, uint32_t tap,
                                   const sg__sender_lists *l, size_t sample,
                                   const uint8_t *slab, size_t columns,
                                   int32_t *charge)
{
    const uint32_t ky = tap / c->kernel_w;
    const ptrdiff_t step = (ptrdiff_t)(c->in_c * columns);
    const sg__senders *senders = l->senders + sample * l->positions;
    for (uint32_t y = 0; y < c->out_h; y++) {
        uint32_t iy = y * c->stride_h + ky - c->pad_h;
        if (iy >= c->in_h) { /* or below 0 */
            charge += c->out_w * columns;
            continue;
        }
        for (uint32_t x = 0; x < c->out_w; x++, charge += columns) {
            uint32_t first, last;
            sg__span(x, 1, c->pad_w, c->kernel_w, c->in_w, &first, &last);
            sg__slab_add(l, sample,
                         &senders[(size_t)iy * c->in_w + x + first - c->pad_w],
                         last - first, slab + first * step, step, false,
                         columns, charge);
        }
    }
}

/* sg__slabs_forward: what n listed samples send to `columns` output channels,
 * whose slabs [tap][in_c][columns] begin at slab.
 * charge  int32[n][positions][columns]; added to */
static inline void sg__slabs_forward(const sg__geometry *c, size_t n,
                                     const sg__sender_lists *l,
                                     const uint8_t *slab, size_t columns,
                                     int32_t *charge)
{
    const size_t outputs = (size_t)c->out_h * c->out_w * columns;
    const bool rows = sg__slab_rows(c, c->in_c, columns);
    const uint32_t taps = rows ? c->kernel_w : 1;
    for (uint32_t tap = 0; tap < c->kernel_h * c->kernel_w; tap += taps) {
        const uint8_t *next = slab + (size_t)taps * c->in_c * columns;
        for (size_t i = 0; i < n; i++) {
            sg__prefetch_share(next, (size_t)taps * c->in_c, columns, i, n);
            if (rows)
                sg__forward_row(c, tap, l, i, slab, columns,
                                charge + i * outputs);
            else
                sg__forward_tap(c, tap, l, i, slab, columns,
                                charge + i * outputs);
        }
        slab = next;
    }
}

/* Backward, one tap and `columns` input channels of one sample; u is theirs.
 */
static inline void sg__backward_tap(const sg__geometry *g, uint32_t tap,
                                    const sg__sender_lists *l, size_t sample,
                                    const uint8_t *slab, size_t columns,
                                    int32_t *u)
{
    const uint32_t ky = tap / g->kernel_w, kx = tap % g->kernel_w;
    const sg__senders *senders = l->senders + sample * l->positions;
    for (uint32_t y = 0; y < g->out_h; y++) {
        uint32_t iy = y * g->stride_h + ky - g->pad_h;
        if (iy >= g->in_h) /* also where it would be negative */
            continue;
        for (uint32_t x = 0; x < g->out_w; x++) {
            const sg__senders *at = &senders[(size_t)y * g->out_w + x];
            uint32_t ix = x * g->stride_w + kx - g->pad_w;
            if (at->length == 0 || ix >= g->in_w)
                continue;
            sg__slab_add(l, sample, at, 1, slab, 0, true, columns,
                         u + ((size_t)iy * g->in_w + ix) * g->in_c);
        }
    }
}

/* One kernel row, whose slabs lie `step` bytes apart: the same, by input
 * pixels. Stride 1 along it. */
static inline void sg__backward_row(const sg__geometry *g, uint32_t tap,
                                    const sg__sender_lists *l, size_t sample,
                                    const uint8_t *slab, ptrdiff_t step,
                                    size_t columns, int32_t *u)
{
    const uint32_t ky = tap / g->kernel_w;
    const sg__senders *senders = l->senders + sample * l->positions;
    for (uint32_t y = 0; y < g->out_h; y++) {
        uint32_t iy = y * g->stride_h + ky - g->pad_h;
        if (iy >= g->in_h)
            continue;
        int32_t *to = u + (size_t)iy * g->in_w * g->in_c;
        for (uint32_t ix = 0; ix < g->in_w; ix++, to += g->in_c) {
            uint32_t first, last;
            sg__reach(ix, 1, g->pad_w, g->kernel_w, g->out_w, &first, &last);
            sg__slab_add(l, sample, &senders[(size_t)y * g->out_w + first],
                         last - first,
                         slab + (ptrdiff_t)(ix + g->pad_w - first) * step,
                         -step, true, columns, to);
        }
    }
}

/* sg__slabs_backward: error charge below from the errors of n listed samples.
 * sg__slabs_send: the same, added to what is there.
 * slab  [tap][in_c / columns][out_c][columns]
 * u     int32[n][inputs] */
static inline void sg__slabs_send(const sg__geometry *g, size_t n,
                                  const sg__sender_lists *l,
                                  const uint8_t *row, size_t columns,
                                  int32_t *u)
{
    const bool rows = sg__slab_rows(g, g->out_c, columns);
    const uint32_t taps = rows ? g->kernel_w : 1;
    const size_t inputs = sg__inputs(g), slab = g->out_c * columns;
    const size_t step = slab * (g->in_c / columns); /* of a tap */
    for (uint32_t tap = 0; tap < g->kernel_h * g->kernel_w; tap += taps) {
        for (size_t c = 0; c < g->in_c; c += columns, row += slab)
            for (size_t i = 0; i < n; i++) {
                int32_t *to = u + i * inputs + c;
                for (uint32_t t = 0; t < taps; t++)
                    sg__prefetch_share(row + t * step + slab, g->out_c,
                                       columns, i, n);
                if (rows)
                    sg__backward_row(g, tap, l, i, row, (ptrdiff_t)step,
                                     columns, to);
                else
                    sg__backward_tap(g, tap, l, i, row, columns, to);
            }
        row += (taps - 1) * step;
    }
}

static inline void sg__slabs_backward(const sg__geometry *g, size_t n,
                                      const sg__sender_lists *l,
                                      const uint8_t *slab, size_t columns,
                                      int32_t *u)
{
    memset(u, 0, n * sg__inputs(g) * sizeof *u);
    sg__slabs_send(g, n, l, slab, columns, u);
}

#endif
