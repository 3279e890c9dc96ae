/* AVX2 error charge of 8-bit convolutions over many channels: the errors of
 * one position select rows of a slab, taken as w + 128, because products of
 * bytes want one unsigned factor; 128 times the sum of the errors is given
 * back. */
#include "kernels/avx2/layout.h"
#include "kernels/avx2/propagate.h"
#include "kernels/avx2/slabs.h"

enum {
    SAMPLES = 16 /* listed at once, at most */
};

static size_t positions(const sg__geometry *g)
{
    return (size_t)g->out_h * g->out_w;
}

size_t sg__slabs_scratch(const sg__geometry *g)
{
    return sg__pairs_bytes(positions(g), g->out_c, SAMPLES);
}

/* One tap and 64 input channels of one sample; u is theirs. */
static void add_tap(const sg__geometry *g, uint32_t ky, uint32_t kx,
                    const sg__sender_pair *pairs, const sg__senders *senders,
                    const uint8_t *slab, int32_t *u)
{
    for (uint32_t y = 0; y < g->out_h; y++) {
        uint32_t iy = y * g->stride_h + ky - g->pad_h;
        if (iy >= g->in_h) /* also where it would be negative */
            continue;
        for (uint32_t x = 0; x < g->out_w; x++) {
            const sg__senders *at = &senders[(size_t)y * g->out_w + x];
            uint32_t ix = x * g->stride_w + kx - g->pad_w;
            if (at->length == 0 || ix >= g->in_w)
                continue;
            sg__slab_row(pairs, at, 1, slab, 0, true,
                         u + ((size_t)iy * g->in_w + ix) * g->in_c);
        }
    }
}

/* One kernel row, whose slabs lie `step` bytes apart: the same, by input
 * pixels. Stride 1. */
static void add_row(const sg__geometry *g, uint32_t ky,
                    const sg__sender_pair *pairs, const sg__senders *senders,
                    const uint8_t *slab, ptrdiff_t step, int32_t *u)
{
    for (uint32_t y = 0; y < g->out_h; y++) {
        uint32_t iy = y * g->stride_h + ky - g->pad_h;
        int32_t *to = u + (size_t)iy * g->in_w * g->in_c;
        if (iy >= g->in_h)
            continue;
        for (uint32_t ix = 0; ix < g->in_w; ix++, to += g->in_c) {
            uint32_t first, last;
            sg__reach(ix, 1, g->pad_w, g->kernel_w, g->out_w, &first, &last);
            sg__slab_row(pairs, &senders[(size_t)y * g->out_w + first],
                         last - first,
                         slab + (ptrdiff_t)(ix + g->pad_w - first) * step,
                         -step, true, to);
        }
    }
}

/* n samples that have been listed. */
static void run_listed(const sg__synapses *s, const sg__pair_lists *l,
                       size_t n, int32_t *u)
{
    const sg__geometry *g = s->geo;
    const bool rows = sg__slab_rows(g, g->out_c);
    const uint32_t taps = rows ? g->kernel_w : 1;
    const size_t inputs = sg__inputs(g), rest = g->in_c - SG__SLAB_COLUMNS;
    const size_t slab = (size_t)g->out_c * SG__SLAB_COLUMNS;
    const size_t step = slab * (g->in_c / SG__SLAB_COLUMNS); /* of a tap */
    const uint8_t *row = sg__propagate_slabs(s);
    memset(u, 0, n * inputs * sizeof *u);
    for (uint32_t tap = 0; tap < g->kernel_h * g->kernel_w; tap += taps) {
        uint32_t ky = tap / g->kernel_w, kx = tap % g->kernel_w;
        for (uint32_t c = 0; c <= rest; c += SG__SLAB_COLUMNS, row += slab)
            for (size_t i = 0; i < n; i++) {
                const sg__senders *senders = l->senders + i * l->positions;
                int32_t *to = u + i * inputs + c;
                for (uint32_t t = 0; t < taps; t++)
                    sg__prefetch_share(row + t * step + slab, g->out_c, i, n);
                if (rows)
                    add_row(g, ky, l->pairs, senders, row, (ptrdiff_t)step,
                            to);
                else
                    add_tap(g, ky, kx, l->pairs, senders, row, to);
            }
        row += (taps - 1) * step;
    }
}

void sg__slabs_propagate(const sg__synapses *s, size_t n, const int8_t *d,
                         int32_t *u, void *scratch)
{
    const sg__geometry *g = s->geo;
    sg__pair_lists l = sg__pairs_in(positions(g), g->out_c, SAMPLES, scratch);
    for (size_t i = 0, m; i < n; i += m) {
        m = sg__pairs_of_errors(&l, n - i, d + i * sg__outputs(g));
        run_listed(s, &l, m, u + i * sg__inputs(g));
    }
}
