/* AVX2 forward pass of layers by rows: slabs of 64 output channels, for the
 * counts that are not 0; see rows.h. */
#include "kernels/avx2/rows.h"

#include "kernels/avx2/respond.h"
#include "kernels/avx2/slabs.h"

/* Of the charges of the samples at once, about. */
enum { CHARGE_BYTES = 1 << 18 };

/* Samples at once: their charges of 64 channels stay near. */
static size_t samples_at_once(const sg__geometry *c)
{
    size_t n = CHARGE_BYTES / ((size_t)c->out_h * c->out_w * 256);
    return n < 1 ? 1 : n > 64 ? 64 : n;
}

static size_t charge_bytes(const sg__geometry *c)
{
    return samples_at_once(c) * c->out_h * c->out_w * 64 * sizeof(int32_t);
}

size_t sg__rows_scratch(const sg__geometry *g, int bits)
{
    if (!sg__by_rows(g, bits))
        return 0;
    sg__geometry c = sg__cut(g);
    return charge_bytes(&c) + sg__pairs_bytes((size_t)c.in_h * c.in_w, c.in_c,
                                              samples_at_once(&c));
}

/* One tap: charge[position][64] of one sample. */
static void add_tap(const sg__geometry *c, uint32_t ky, uint32_t kx,
                    const sg__sender_pair *pairs, const sg__senders *senders,
                    const uint8_t *slab, int32_t *charge)
{
    for (uint32_t y = 0; y < c->out_h; y++) {
        uint32_t iy = y * c->stride_h + ky - c->pad_h;
        for (uint32_t x = 0; x < c->out_w; x++, charge += 64) {
            uint32_t ix = x * c->stride_w + kx - c->pad_w;
            if (iy >= c->in_h || ix >= c->in_w) /* or below 0 */
                continue;
            const sg__senders *at = &senders[(size_t)iy * c->in_w + ix];
            sg__slab_row(pairs, at, 1, slab, 0, false, charge);
        }
    }
}

/* One kernel row: the same. */
static void add_row(const sg__geometry *c, uint32_t ky,
                    const sg__sender_pair *pairs, const sg__senders *senders,
                    const uint8_t *slab, int32_t *charge)
{
    const ptrdiff_t step = (ptrdiff_t)c->in_c * 64;
    for (uint32_t y = 0; y < c->out_h; y++) {
        uint32_t iy = y * c->stride_h + ky - c->pad_h;
        if (iy >= c->in_h) { /* or below 0 */
            charge += (size_t)c->out_w * 64;
            continue;
        }
        for (uint32_t x = 0; x < c->out_w; x++, charge += 64) {
            uint32_t first, last;
            sg__span(x, 1, c->pad_w, c->kernel_w, c->in_w, &first, &last);
            sg__slab_row(pairs,
                         &senders[(size_t)iy * c->in_w + x + first - c->pad_w],
                         last - first, slab + first * step, step, false,
                         charge);
        }
    }
}

/* 64 output channels of n listed samples; out is theirs. */
static void run_block(const sg__synapses *s, const sg__geometry *c, size_t n,
                      const sg__pair_lists *l, uint32_t k, int32_t *charge,
                      const sg__response_out *out)
{
    size_t positions = (size_t)c->out_h * c->out_w;
    const uint8_t *slab =
        (const uint8_t *)s->packed + (size_t)k * sg__fan_in(c);
    memset(charge, 0, n * positions * 64 * sizeof *charge);
    const bool rows = sg__slab_rows(c, c->in_c);
    const uint32_t taps = rows ? c->kernel_w : 1;
    for (uint32_t tap = 0; tap < c->kernel_h * c->kernel_w; tap += taps) {
        const uint8_t *next = slab + (size_t)taps * c->in_c * 64;
        uint32_t ky = tap / c->kernel_w, kx = tap % c->kernel_w;
        for (size_t i = 0; i < n; i++) {
            const sg__senders *senders = l->senders + i * l->positions;
            int32_t *to = charge + i * positions * 64;
            sg__prefetch_share(next, (size_t)taps * c->in_c, i, n);
            if (rows)
                add_row(c, ky, l->pairs, senders, slab, to);
            else
                add_tap(c, ky, kx, l->pairs, senders, slab, to);
        }
        slab = next;
    }
    for (uint32_t i = 0; i < 64; i += 16) {
        sg__responder r = sg__respond_as(out);
        sg__respond_for(&r, s, k + i);
        for (size_t p = 0; p < n * positions; p++) {
            const int32_t *at = charge + 64 * p + i;
            sg__respond(&r, p * c->out_c, sg__load_all(at),
                        sg__load_all(at + 8));
        }
    }
}

void sg__rows_run(const sg__synapses *s, size_t n, const uint8_t *in,
                  const sg__response_out *out, void *scratch)
{
    sg__geometry c = sg__cut(s->geo);
    sg__pair_lists l =
        sg__pairs_in((size_t)c.in_h * c.in_w, c.in_c, samples_at_once(&c),
                     (char *)scratch + charge_bytes(&c));
    for (size_t i = 0; i < n;) {
        size_t m = sg__pairs_of_counts(&l, n - i, in + i * sg__inputs(&c));
        sg__response_out o = sg__response_at(out, i * sg__outputs(&c));
        for (uint32_t k = 0; k < c.out_c; k += 64)
            run_block(s, &c, m, &l, k, scratch, &o);
        i += m;
    }
}
