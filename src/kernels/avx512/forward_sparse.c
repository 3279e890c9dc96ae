/* AVX-512 forward pass driven by the counts that are not 0, for 8-bit layers
 * over many channels.
 *
 * Weights are packed as slabs, [64 output channels][tap][in_c][64]; a long
 * fully connected layer is taken as a convolution of one position, so that its
 * slabs fit the cache too. The plain forward row reads the same weights: it
 * turns 64 output channels at a time into the layout of dense products, which
 * is little work next to what many positions do with them. */
#include <string.h>

#include "kernels/avx512/layout.h"
#include "kernels/avx512/scratch.h"
#include "kernels/avx512/slabs.h"
#include "kernels/portable/slabs.h"

enum {
    LIST_BYTES = 1 << 22,  /* of the samples listed at once */
    CHARGE_BYTES = 1 << 18 /* of their charges, about */
};

/* Samples at once: their lists and their charges stay near. */
static size_t samples_at_once(const sg__geometry *c)
{
    size_t pixels = (size_t)c->in_h * c->in_w;
    size_t a = LIST_BYTES / sg__lists_bytes(pixels, c->in_c, 1);
    size_t b = CHARGE_BYTES / ((size_t)c->out_h * c->out_w * 256);
    a = a < b ? a : b;
    return a < 1 ? 1 : a;
}

static size_t charge_bytes(const sg__geometry *c)
{
    return samples_at_once(c) * c->out_h * c->out_w * 64 * sizeof(int32_t);
}

size_t sg__forward_sparse_scratch(const sg__geometry *g, int bits)
{
    if (!sg__by_rows(g, bits))
        return 0;
    sg__geometry c = sg__cut(g);
    return charge_bytes(&c) + sg__lists_bytes((size_t)c.in_h * c.in_w, c.in_c,
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
    __m512i bias[4];
    for (int i = 0; i < 4; i++)
        bias[i] = _mm512_loadu_si512(s->bias + k + 16 * i);
    for (size_t p = 0; p < n * positions; p++)
        for (int i = 0; i < 4; i++)
            _mm512_store_si512(charge + 64 * p + 16 * i, bias[i]);
    sg__slabs_forward(c, n, l, slab, SG__SLAB_COLUMNS, charge);
    for (size_t p = 0; p < n * positions; p++)
        for (uint32_t i = 0; i < 64; i += 16)
            sg__respond16(out, p * c->out_c + k + i,
                          _mm512_load_si512(charge + 64 * p + i), 0xffff);
}

uint32_t sg__forward_sparse_below__avx512(const sg__geometry *g, int bits)
{
    return sg__by_rows(g, bits) ? 270 : 0;
}

void sg__forward_sparse__avx512(const sg__synapses *s, size_t n,
                                const uint8_t *in, const sg__response_out *out,
                                void *scratch)
{
    if (!sg__by_rows(s->geo, s->bits)) {
        sg__forward__avx512(s, n, in, out, scratch);
        return;
    }
    sg__geometry c = sg__cut(s->geo);
    size_t step = samples_at_once(&c), inputs = sg__inputs(&c);
    int32_t *charge = scratch;
    sg__sender_lists l = sg__lists_in((size_t)c.in_h * c.in_w, c.in_c, step,
                                      (char *)scratch + charge_bytes(&c));
    for (size_t i = 0; i < n; i += step) {
        size_t m = n - i < step ? n - i : step;
        sg__response_out o = sg__response_after(out, i * sg__outputs(&c));
        for (size_t j = 0; j < m; j++)
            sg__lists_fill(&l, j, (const int8_t *)in + (i + j) * inputs, 64);
        for (uint32_t k = 0; k < c.out_c; k += 64)
            run_block(s, &c, m, &l, k, charge, &o);
    }
}
