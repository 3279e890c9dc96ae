/* AVX2 forward pass: packed weights and the dense row. */
#include "kernels/avx2/dense.h"
#include "kernels/avx2/neighbours.h"
#include "kernels/avx2/rows.h"

/* 8-bit weights: how deep products are summed in 16 bits depends on the
 * largest count and weight that there are, mostly far below the largest there
 * can be. */
static void forward_bytes(const sg__synapses *s, size_t n, const uint8_t *in,
                          const sg__response_out *out, void *scratch)
{
    sg__synapses t = *s;
    t.in_cap = sg__largest_count(in, n * sg__inputs(s->geo));
    if (sg__by_neighbours(t.geo, 8) &&
        sg__neighbours_run(&t, n, in, out, scratch))
        return;
    size_t depth = SIZE_MAX;
    for (uint32_t k = 0; k < t.geo->out_c; k += SG__QUAD_BLOCK)
        if (sg__quad_depth(&t, k) < depth)
            depth = sg__quad_depth(&t, k);
    if (t.in_cap > 128)
        sg__dense_forward(SG__BYTES_WIDE, 4, &t, n, in, out, scratch);
    else if (depth < 2)
        sg__dense_forward(SG__BYTES, 4, &t, n, in, out, scratch);
    else
        sg__dense_forward(SG__BYTES_MANY, 4, &t, n, in, out, scratch);
}

void sg__forward__avx2(const sg__synapses *s, size_t n, const uint8_t *in,
                       const sg__response_out *out, void *scratch)
{
    if (s->bits == 16)
        sg__dense_forward(SG__WORDS, 6, s, n, in, out, scratch);
    else if (sg__by_sparse(s->geo, 8))
        sg__rows_run(s, n, in, out, scratch);
    else
        forward_bytes(s, n, in, out, scratch);
}
