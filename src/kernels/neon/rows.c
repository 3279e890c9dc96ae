/* NEON forward pass of layers by rows and by halves (ways.h), for the counts
 * that are not 0. */
#include "kernels/neon/slabs.h"
#include "kernels/portable/slabs.h"

/* Of the charges of the samples at once, about. */
enum { CHARGE_BYTES = 1 << 18 };

/* Samples at once: their charges of a slab's channels stay near. */
static size_t samples_at_once(const sg__geometry *c)
{
    size_t n = CHARGE_BYTES / ((size_t)c->out_h * c->out_w *
                               sg__columns(c->out_c) * sizeof(int32_t));
    return n < 1 ? 1 : n > 64 ? 64 : n;
}

static size_t charge_bytes(const sg__geometry *c)
{
    return samples_at_once(c) * c->out_h * c->out_w * sg__columns(c->out_c) *
           sizeof(int32_t);
}

size_t sg__rows_scratch(const sg__geometry *g, int bits)
{
    if (!sg__by_rows(g, bits) && !sg__by_halves(g, bits))
        return 0;
    sg__geometry c = sg__cut(g);
    return charge_bytes(&c) + sg__senders_bytes((size_t)c.in_h * c.in_w,
                                                c.in_c, samples_at_once(&c));
}

/* The output channels of a slab, from k on, of n listed samples; out is
 * theirs. */
static void run_block(const sg__synapses *s, const int8_t *slabs,
                      const sg__geometry *c, size_t n,
                      const sg__sender_lists *l, uint32_t k, int32_t *charge,
                      const sg__response_out *out)
{
    const uint8_t *slab = (const uint8_t *)slabs + k * sg__fan_in(c);
    const size_t positions = n * c->out_h * c->out_w, columns = l->columns;
    const sg__responder r = sg__respond_as(out, c, n);
    sg__sender_lists low = *l;
    if (s->bits == 16) {
        memset(charge, 0, positions * columns * sizeof *charge);
        sg__slabs_forward(c, n, l, slab, columns, charge);
        slab += sg__fan_in(c) * c->out_c;
        low.excess = -128;
    }
    for (size_t p = 0; p < positions; p++)
        for (size_t i = 0; i < columns; i += 4) {
            int32_t *at = charge + p * columns + i;
            const int32x4_t high =
                s->bits == 16 ? vshlq_n_s32(vld1q_s32(at), 8) : vdupq_n_s32(0);
            vst1q_s32(at, vaddq_s32(vld1q_s32(s->bias + k + i), high));
        }
    sg__slabs_forward(c, n, &low, slab, columns, charge);
    for (size_t p = 0; p < positions; p++)
        for (size_t i = 0; i < columns; i += 16, charge += 16) {
            int32x4_t x[4];
            for (int j = 0; j < 4; j++)
                x[j] = vld1q_s32(charge + 4 * j);
            sg__neon_respond(&r, p * c->out_c + k + i, 16, x);
        }
}

void sg__rows_run(const sg__synapses *s, const int8_t *slabs, size_t n,
                  const uint8_t *in, const sg__response_out *out,
                  void *scratch)
{
    sg__geometry c = sg__cut(s->geo);
    sg__sender_lists l =
        sg__senders_in((size_t)c.in_h * c.in_w, c.in_c, samples_at_once(&c),
                       sg__columns(c.out_c),
                       (char *)scratch + charge_bytes(&c));
    for (size_t i = 0; i < n;) {
        size_t m = sg__list_counts(&l, n - i, in + i * sg__inputs(&c));
        sg__response_out o = sg__response_at(out, i * sg__outputs(&c));
        for (uint32_t k = 0; k < c.out_c; k += (uint32_t)l.columns)
            run_block(s, slabs, &c, m, &l, k, scratch, &o);
        i += m;
    }
}
