/* AVX-512 forward pass driven by the counts that are not 0, for layers over
 * many channels.
 *
 * Weights are packed as slabs, [64 output channels][tap][in_c][64]; a long
 * fully connected layer is taken as a convolution of one position, so that its
 * slabs fit the cache too. The plain forward row reads the same weights: it
 * turns 64 output channels at a time into the layout of dense products, which
 * is little work next to what many positions do with them. Of 16-bit weights
 * there are slabs of high and of low bytes, beside what the plain row reads. */
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
    if (!sg__by_rows(g, bits) && !sg__by_halves(g, bits))
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
    const uint8_t *slab = sg__forward_slabs(s) + (size_t)k * sg__fan_in(c);
    sg__sender_lists low = *l;
    __m512i bias[4];
    for (int i = 0; i < 4; i++)
        bias[i] = _mm512_loadu_si512(s->bias + k + 16 * i);
    if (s->bits == 16) {
        memset(charge, 0, n * positions * 64 * sizeof *charge);
        sg__slabs_forward(c, n, l, slab, SG__SLAB_COLUMNS, charge);
        slab += sg__fan_in(c) * c->out_c;
        low.excess = -128;
    }
    for (size_t p = 0; p < n * positions; p++)
        for (int i = 0; i < 4; i++) {
            int32_t *at = charge + 64 * p + 16 * i;
            const __m512i high =
                s->bits == 16 ? _mm512_load_si512(at) : _mm512_setzero_si512();
            _mm512_store_si512(at,
                               _mm512_add_epi32(bias[i],
                                                _mm512_slli_epi32(high, 8)));
        }
    sg__slabs_forward(c, n, &low, slab, SG__SLAB_COLUMNS, charge);
    for (size_t p = 0; p < n * positions; p++, charge += 64) {
        __m512i sum[4];
        for (int i = 0; i < 4; i++)
            sum[i] = _mm512_load_si512(charge + 16 * i);
        sg__respond64(out, p * c->out_c + k, sum);
    }
}

uint32_t sg__forward_sparse_below__avx512(const sg__geometry *g, int bits)
{
    return sg__by_rows(g, bits) || sg__by_halves(g, bits) ? 270 : 0;
}

void sg__forward_sparse__avx512(const sg__synapses *s, size_t n,
                                const uint8_t *in, const sg__response_out *out,
                                void *scratch)
{
    if (!sg__by_rows(s->geo, s->bits) && !sg__by_halves(s->geo, s->bits)) {
        sg__forward__avx512(s, n, in, out, scratch);
        return;
    }
    sg__geometry c = sg__cut(s->geo);
    size_t step = samples_at_once(&c), inputs = sg__inputs(&c);
    int32_t *charge = scratch;
    sg__sender_lists l =
        sg__lists_in((size_t)c.in_h * c.in_w, c.in_c, step, true,
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
