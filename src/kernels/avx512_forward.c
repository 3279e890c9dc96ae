/* AVX-512 forward rows: a dense product of counts and weights. */
#include "kernels/avx512_dense.h"

size_t sg__avx512_forward_pack_size(const sg__geometry *g, int bits)
{
    if (sg__avx512_by_dots(g, bits))
        return 0;
    if (sg__avx512_by_rows(g, bits))
        return sg__avx512_rows_pack_size(g);
    return sg__dense_pack_size(g, bits);
}

void sg__avx512_forward_pack(const sg__synapses *s, uint32_t first,
                             uint32_t last)
{
    const sg__geometry *g = s->geo;
    if (sg__avx512_by_dots(g, s->bits))
        return;
    if (sg__avx512_by_rows(g, s->bits)) {
        sg__avx512_rows_pack(s, first, last);
        return;
    }
    size_t run = (size_t)g->kernel_w * g->in_c * (size_t)s->bits / 8;
    for (uint32_t k = first; k < last; k++)
        for (uint32_t ky = 0; ky < g->kernel_h; ky++)
            sg__dense_pack(g, s->bits, k, ky,
                           (const char *)s->weight +
                               ((size_t)k * g->kernel_h + ky) * run,
                           s->packed);
}

size_t sg__avx512_forward_scratch(const sg__geometry *g, int bits)
{
    if (sg__avx512_by_dots(g, bits))
        return 0;
    if (sg__avx512_by_rows(g, bits)) {
        size_t sparse = sg__avx512_rows_scratch(g), dense = sg__fan_in(g) * 64;
        return sparse > dense ? sparse : dense;
    }
    return sg__dense_scratch(g, bits);
}

void sg_forward__avx512(const sg__synapses *s, size_t n, const uint8_t *in,
                        const sg__response_out *out, void *scratch)
{
    sg__dense product = {.g = s->geo,
                         .bits = s->bits,
                         .packed = s->packed,
                         .bias = s->bias};
    if (sg__avx512_by_dots(s->geo, s->bits)) {
        sg__avx512_dots(s, n, in, out);
        return;
    }
    if (sg__avx512_by_rows(s->geo, s->bits)) {
        product.rows = s->packed;
        product.tap_step = (ptrdiff_t)s->geo->in_c * 64;
        product.block_step = (ptrdiff_t)sg__fan_in(s->geo) * 64;
        product.block = scratch; /* pixels are whole groups: no copy */
    }
    sg__dense_run(&product, n, in, out, scratch);
}
