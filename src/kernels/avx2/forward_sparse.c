/* AVX2 forward pass driven by the counts that are not 0: 16-bit weights by
 * lists of taps (lists.h), 8-bit layers over many channels by slabs (rows.h). */
#include "kernels/avx2/lists.h"
#include "kernels/avx2/rows.h"

/* Taps in a window, in 1/1000, from which on the dense row is as fast. */
enum { DENSE_FROM = 450 };

uint32_t sg__forward_sparse_below__avx2(const sg__geometry *g, int bits)
{
    if (sg__by_rows(g, bits))
        return sg__by_sparse(g, bits) ? 1001 : 620;
    return sg__lists_pay(g, bits) ? 430 : 0;
}

void sg__forward_sparse__avx2(const sg__synapses *s, size_t n,
                              const uint8_t *in, const sg__response_out *out,
                              void *scratch)
{
    if (sg__by_rows(s->geo, s->bits))
        sg__rows_run(s, n, in, out, scratch);
    else if (sg__lists_pay(s->geo, s->bits))
        sg__lists_forward(SG__WORDS, DENSE_FROM, s, n, in, out, scratch);
    else
        sg__forward__avx2(s, n, in, out, scratch);
}
