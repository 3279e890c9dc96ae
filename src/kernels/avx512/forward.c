/* AVX-512 forward rows: a dense product of counts and weights. */
#include "kernels/avx512/dots.h"
#include "kernels/avx512/layout.h"
#include "kernels/avx512/scratch.h"

size_t sg__forward_scratch(const sg__geometry *g, int bits)
{
    if (sg__by_dots(g, bits))
        return 0;
    if (sg__by_rows(g, bits)) {
        return sg__fan_in(g) * 64; /* 64 output channels at a time */
    }
    return sg__dense_scratch(g, bits);
}

void sg__forward__avx512(const sg__synapses *s, size_t n, const uint8_t *in,
                         const sg__response_out *out, void *scratch)
{
    sg__dense_product product = {.g = s->geo,
                                 .bits = s->bits,
                                 .packed = s->packed,
                                 .bias = s->bias};
    if (sg__by_dots(s->geo, s->bits)) {
        sg__dots_run(s, n, in, out);
        return;
    }
    if (sg__by_rows(s->geo, s->bits)) {
        product.rows = s->packed;
        product.tap_step = (ptrdiff_t)s->geo->in_c * 64;
        product.block_step = (ptrdiff_t)sg__fan_in(s->geo) * 64;
        product.block = scratch; /* pixels are whole groups: no copy */
    }
    sg__dense_run(&product, n, in, out, scratch);
}
