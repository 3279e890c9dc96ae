/* AVX-512 error charge of a convolution, every neuron whether it sent errors
 * or not: the convolution of the errors in the other direction, with the
 * kernel turned round and the slabs of propagate_sparse.c as its weights. For
 * 8-bit weights, stride 1 and whole registers of channels; other layers go by
 * events. */
#include "kernels/avx512/layout.h"
#include "kernels/avx512/scratch.h"

/* The layer seen from above: errors in, charge out. */
static sg__geometry turned(const sg__geometry *g)
{
    return (sg__geometry){.in_h = g->out_h,
                          .in_w = g->out_w,
                          .in_c = g->out_c,
                          .out_h = g->in_h,
                          .out_w = g->in_w,
                          .out_c = g->in_c,
                          .kernel_h = g->kernel_h,
                          .kernel_w = g->kernel_w,
                          .stride_h = 1,
                          .stride_w = 1,
                          .pad_h = g->kernel_h - 1 - g->pad_h,
                          .pad_w = g->kernel_w - 1 - g->pad_w};
}

enum { SAMPLES = 8 }; /* at once */

/* Integers of the sums and the offsets of one sample. */
static size_t sum_count(const sg__geometry *g)
{
    return sg__inputs(g) / g->in_c + sg__outputs(g) / g->out_c;
}

static size_t block_bytes(const sg__geometry *g)
{
    return (size_t)g->kernel_h * g->kernel_w * g->out_c * 64;
}

size_t sg__propagate_dense_scratch(const sg__geometry *g, int bits)
{
    if (!sg__by_turning(g, bits))
        return 0;
    return block_bytes(g) + SAMPLES * sum_count(g) * sizeof(int32_t);
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

/* What adding 128 to the weights of each input pixel's window adds, modulo
 * 2^32: unlike the charge it may not fit. */
static void set_offsets(const sg__geometry *g, const int32_t *sum,
                        int32_t *offset)
{
    for (uint32_t y = 0; y < g->in_h; y++)
        for (uint32_t x = 0; x < g->in_w; x++) {
            uint32_t y0, y1, x0, x1;
            int32_t all = 0;
            sg__reach(y, 1, g->pad_h, g->kernel_h, g->out_h, &y0, &y1);
            sg__reach(x, 1, g->pad_w, g->kernel_w, g->out_w, &x0, &x1);
            for (uint32_t oy = y0; oy < y1; oy++)
                for (uint32_t ox = x0; ox < x1; ox++)
                    all += sum[(size_t)oy * g->out_w + ox];
            *offset++ = (int32_t)(128 * (uint32_t)all);
        }
}

uint32_t sg__propagate_sparse_below__avx512(const sg__geometry *g, int bits)
{
    return sg__by_turning(g, bits) ? 220 : 1001;
}

void sg__propagate__avx512(const sg__synapses *s, size_t n, const int8_t *d,
                           int32_t *u, void *scratch)
{
    const sg__geometry *g = s->geo;
    if (!sg__by_turning(g, s->bits)) {
        sg__propagate_sparse__avx512(s, n, d, u, scratch);
        return;
    }
    sg__geometry t = turned(g);
    size_t pixels = (size_t)g->in_h * g->in_w;
    ptrdiff_t slab = (ptrdiff_t)g->out_c * 64;
    ptrdiff_t tap = slab * (ptrdiff_t)(g->in_c / 64);
    int32_t *offsets = (int32_t *)((char *)scratch + block_bytes(g));
    int32_t *sums = offsets + SAMPLES * pixels;
    sg__dense_product product = {
        .g = &t,
        .bits = s->bits,
        .is_signed = true,
        .rows = sg__propagate_slabs(s) +
                tap * (ptrdiff_t)(g->kernel_h * g->kernel_w - 1),
        .tap_step = -tap, /* the kernel turned round */
        .block_step = slab,
        .block = scratch,
        .offsets = offsets,
    };
    for (size_t i = 0; i < n; i += SAMPLES) {
        size_t m = n - i < SAMPLES ? n - i : SAMPLES;
        const int8_t *from = d + i * sg__outputs(g);
        sg__response_out out = {.charge = u + i * sg__inputs(g)};
        for (size_t j = 0; j < m; j++) {
            channel_sums(g, from + j * sg__outputs(g), sums);
            set_offsets(g, sums, offsets + j * pixels);
        }
        sg__dense_run(&product, m, from, &out, NULL);
    }
}
