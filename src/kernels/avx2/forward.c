/* AVX2 forward pass: packed weights and the dense row. */
#include "kernels/avx2/dense.h"
#include "kernels/avx2/rows.h"

void sg__forward__avx2(const sg__synapses *s, size_t n, const uint8_t *in,
                       const sg__response_out *out, void *scratch)
{
    if (s->bits == 16)
        sg__dense_forward(SG__WORDS, 6, s, n, in, out, scratch);
    else if (sg__by_sparse(s->geo, 8))
        sg__rows_run(s, n, in, out, scratch);
    else if (s->in_cap > 128)
        sg__dense_forward(SG__BYTES_WIDE, 4, s, n, in, out, scratch);
    else if (s->in_cap > 32 || sg__quads(s->geo) < 4)
        sg__dense_forward(SG__BYTES, 4, s, n, in, out, scratch);
    else /* four sums fit 16 bits, and there are as many */
        sg__dense_forward(SG__BYTES_MANY, 4, s, n, in, out, scratch);
}
