/* AVX2 forward pass: packed weights and the dense row. */
#include "kernels/avx2/dense.h"
#include "kernels/avx2/rows.h"

/* The largest of n counts, at least 1. */
static int32_t largest(const uint8_t *x, size_t n)
{
    uint8_t lane[32], all = 1;
    __m256i most = _mm256_setzero_si256();
    size_t i = 0;
    for (; i + 32 <= n; i += 32)
        most = _mm256_max_epu8(most, sg__load_all(x + i));
    sg__store(lane, most);
    for (size_t k = 0; k < 32; k++)
        all = lane[k] > all ? lane[k] : all;
    for (; i < n; i++)
        all = x[i] > all ? x[i] : all;
    return all;
}

/* 8-bit weights: how deep products are summed in 16 bits depends on the
 * largest count that there is, mostly far below the largest there can be. */
static void forward_bytes(const sg__synapses *s, size_t n, const uint8_t *in,
                          const sg__response_out *out, void *scratch)
{
    sg__synapses t = *s;
    t.in_cap = largest(in, n * sg__inputs(s->geo));
    if (t.in_cap > 128)
        sg__dense_forward(SG__BYTES_WIDE, 4, &t, n, in, out, scratch);
    else if (t.in_cap > 64 || sg__quads(t.geo) < 2)
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
