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
            sg__slab_add(pairs + at->first, at, slab, true,
                         u + ((size_t)iy * g->in_w + ix) * g->in_c);
        }
    }
}

/* n samples that have been listed. */
static void run_listed(const sg__synapses *s, const sg__pair_lists *l,
                       size_t n, int32_t *u)
{
    const sg__geometry *g = s->geo;
    size_t inputs = sg__inputs(g);
    const uint8_t *slab = sg__propagate_slabs(s);
    memset(u, 0, n * inputs * sizeof *u);
    for (uint32_t ky = 0; ky < g->kernel_h; ky++)
        for (uint32_t kx = 0; kx < g->kernel_w; kx++)
            for (uint32_t c = 0; c < g->in_c; c += SG__SLAB_COLUMNS) {
                const uint8_t *next =
                    slab + (size_t)g->out_c * SG__SLAB_COLUMNS;
                for (size_t i = 0; i < n; i++) {
                    sg__prefetch_share(next, g->out_c, i, n);
                    add_tap(g, ky, kx, l->pairs, l->senders + i * l->positions,
                            slab, u + i * inputs + c);
                }
                slab = next;
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
