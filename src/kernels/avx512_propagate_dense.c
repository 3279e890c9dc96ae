/* AVX-512 error charge of a convolution, every neuron whether it sent errors
 * or not: the convolution of the errors in the other direction, with the
 * kernel turned round. For 8-bit weights, stride 1 and whole registers of
 * channels; other layers go by events. */
#include <string.h>

#include "kernels/avx512_dense.h"
#include "kernels/avx512_quads.h"

bool sg__avx512_turns(const sg__geometry *g, int bits)
{
    return bits == 8 && g->stride == 1 && g->in_h * g->in_w > 1 &&
           g->in_c % 64 == 0 && g->out_c % 16 == 0 && g->pad < g->kernel_h;
}

/* The layer seen from above: errors in, charge out. */
static sg__geometry turned(const sg__geometry *g)
{
    return (sg__geometry){g->out_h,    g->out_w,    g->out_c,
                          g->in_h,     g->in_w,     g->in_c,
                          g->kernel_h, g->kernel_w, 1,
                          g->kernel_h - 1 - g->pad};
}

size_t sg__avx512_turned_pack_size(const sg__geometry *g, int bits)
{
    sg__geometry t = turned(g);
    return sg__avx512_turns(g, bits) ? sg__dense_pack_size(&t, bits) : 0;
}

/* Four output channels become one group of taps: their weights to 64 input
 * channels fill it in four panels. Layout as sg__dense_pack. */
static void pack_tap(const sg__geometry *g, const int8_t *weight, uint32_t k,
                     size_t tap, uint8_t *to)
{
    const __m512i bias = _mm512_set1_epi8((char)0x80);
    size_t K = sg__fan_in(g), turn = (size_t)g->kernel_h * g->kernel_w - 1;
    size_t row = turn - tap, groups = g->out_c / 4;
    size_t panel = (size_t)g->kernel_h * g->kernel_w * groups * 64;
    to += (row * groups + k / 4) * 64;
    for (uint32_t c = 0; c < g->in_c; c += 64) {
        const int8_t *from = weight + k * K + tap * g->in_c + c;
        __m512i x[4], w[4];
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            w[i] = _mm512_xor_si512(
                _mm512_loadu_si512(from + (size_t)i * K), bias);
        sg__interleave(w[0], w[1], w[2], w[3], x);
        sg__in_order(x);
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++, to += panel)
            _mm512_store_si512(to, x[i]);
    }
}

void sg__avx512_turned_pack(const sg__synapses *s, uint32_t first,
                            uint32_t last, uint8_t *to)
{
    const sg__geometry *g = s->geo;
    if (!sg__avx512_turns(g, s->bits))
        return;
    for (uint32_t k = first; k < last; k += 4)
        for (size_t tap = 0; tap < (size_t)g->kernel_h * g->kernel_w; tap++)
            pack_tap(g, s->weight, k, tap, to);
}

size_t sg__avx512_turned_scratch(const sg__geometry *g, int bits)
{
    sg__geometry t = turned(g);
    if (!sg__avx512_turns(g, bits))
        return 0;
    size_t sums = sg__inputs(g) / g->in_c + sg__outputs(g) / g->out_c;
    return sg__dense_scratch(&t, bits) + sums * sizeof(int32_t);
}

/* Sums of d over the channels of each position. */
static void channel_sums(const sg__geometry *g, const int8_t *d, int32_t *sum)
{
    const __m512i ones = _mm512_set1_epi8(1);
    for (size_t p = 0; p < (size_t)g->out_h * g->out_w; p++) {
        __m512i all = _mm512_setzero_si512();
        for (uint32_t c = 0; c < g->out_c; c += 64)
            all = _mm512_dpbusd_epi32(
                all, ones,
                _mm512_maskz_loadu_epi8(sg__first64(g->out_c - c), d + c));
        d += g->out_c;
        sum[p] = _mm512_reduce_add_epi32(all);
    }
}

/* What adding 128 to the weights of each input pixel's window adds. */
static void set_offsets(const sg__geometry *g, const int32_t *sum,
                        int32_t *offset)
{
    for (uint32_t y = 0; y < g->in_h; y++)
        for (uint32_t x = 0; x < g->in_w; x++) {
            uint32_t y0, y1, x0, x1;
            int32_t all = 0;
            sg__reach(y, 1, g->pad, g->kernel_h, g->out_h, &y0, &y1);
            sg__reach(x, 1, g->pad, g->kernel_w, g->out_w, &x0, &x1);
            for (uint32_t oy = y0; oy < y1; oy++)
                for (uint32_t ox = x0; ox < x1; ox++)
                    all += sum[(size_t)oy * g->out_w + ox];
            *offset++ = 128 * all;
        }
}

void sg_propagate__avx512(const sg__synapses *s, size_t n, const int8_t *d,
                          int32_t *u, void *scratch)
{
    const sg__geometry *g = s->geo;
    if (!sg__avx512_turns(g, s->bits)) {
        sg_propagate_sparse__avx512(s, n, d, u, scratch);
        return;
    }
    sg__geometry t = turned(g);
    size_t inputs = sg__inputs(g), outputs = sg__outputs(g);
    char *rest = scratch;
    int32_t *sums = (int32_t *)(rest + sg__dense_scratch(&t, s->bits));
    int32_t *offsets = sums + outputs / g->out_c;
    sg__dense product = {
        .g = &t,
        .bits = s->bits,
        .is_signed = true,
        .packed = sg__avx512_turned(s),
        .offsets = offsets,
    };
    for (size_t i = 0; i < n; i++) {
        sg__response_out out = {.charge = u + i * inputs};
        channel_sums(g, d + i * outputs, sums);
        set_offsets(g, sums, offsets);
        sg__dense_run(&product, 1, d + i * outputs, &out, scratch);
    }
}
