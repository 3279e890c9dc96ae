/* AVX-VNNI forward pass: the loops of avx2/dense.h and avx2/lists.h, over
 * the weights that AVX2 packs, with one instruction where AVX2 has two or
 * three. */
#include "kernels/avx2/lists.h"
#include "kernels/avx2/rows.h"

/* Taps in a window, in 1/1000, from which on the dense row is as fast. */
enum { DENSE_FROM = 400 };

void sg__forward__avxvnni(const sg__synapses *s, size_t n, const uint8_t *in,
                          const sg__response_out *out, void *scratch)
{
    if (s->bits == 16)
        sg__dense_forward(SG__VNNI_WORDS, 6, s, n, in, out, scratch);
    else if (sg__by_sparse(s->geo, 8))
        sg__rows_run(s, n, in, out, scratch);
    else
        sg__dense_forward(SG__VNNI_BYTES, 6, s, n, in, out, scratch);
}

uint32_t sg__forward_sparse_below__avxvnni(const sg__geometry *g, int bits)
{
    if (sg__by_rows(g, bits))
        return sg__by_sparse(g, bits) ? 1001 : 480;
    return sg__lists_pay(g, bits) ? 400 : 0;
}

void sg__forward_sparse__avxvnni(const sg__synapses *s, size_t n,
                                 const uint8_t *in,
                                 const sg__response_out *out, void *scratch)
{
    if (sg__by_rows(s->geo, s->bits))
        sg__rows_run(s, n, in, out, scratch);
    else if (sg__lists_pay(s->geo, s->bits))
        sg__lists_forward(SG__VNNI_WORDS, DENSE_FROM, s, n, in, out, scratch);
    else
        sg__forward__avxvnni(s, n, in, out, scratch);
}
