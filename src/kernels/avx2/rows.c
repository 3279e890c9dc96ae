/* AVX2 forward pass of layers by rows: slabs of 64 output channels, for the
 * counts that are not 0; see rows.h. */
#include "kernels/avx2/rows.h"

#include "kernels/avx2/respond.h"
#include "kernels/avx2/slabs.h"
#include "kernels/portable/slabs.h"

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

/* 64 output channels of n listed samples; out is theirs. */
static void run_block(const sg__synapses *s, const sg__geometry *c, size_t n,
                      const sg__sender_lists *l, uint32_t k, int32_t *charge,
                      const sg__response_out *out)
{
    size_t positions = (size_t)c->out_h * c->out_w;
    const uint8_t *slab =
        (const uint8_t *)s->packed + (size_t)k * sg__fan_in(c);
    memset(charge, 0, n * positions * 64 * sizeof *charge);
    sg__slabs_forward(c, n, l, slab, SG__SLAB_COLUMNS, charge);
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
    sg__sender_lists l =
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
