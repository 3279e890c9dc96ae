/* AVX2 error charge of 8-bit convolutions over many channels: the errors of
 * one position select rows of a slab, taken as w + 128, because products of
 * bytes want one unsigned factor; 128 times the sum of the errors is given
 * back. */
#include "kernels/avx2/layout.h"
#include "kernels/avx2/propagate.h"
#include "kernels/avx2/slabs.h"
#include "kernels/portable/slabs.h"

enum {
    SAMPLES = 16 /* listed at once, at most */
};

static size_t positions(const sg__geometry *g)
{
    return (size_t)g->out_h * g->out_w;
}

size_t sg__slabs_scratch(const sg__geometry *g)
{
    return sg__pairs_bytes(positions(g), g->out_c, SAMPLES);
}

void sg__slabs_propagate(const sg__synapses *s, size_t n, const int8_t *d,
                         int32_t *u, void *scratch)
{
    const sg__geometry *g = s->geo;
    sg__sender_lists l =
        sg__pairs_in(positions(g), g->out_c, SAMPLES, scratch);
    for (size_t i = 0, m; i < n; i += m) {
        m = sg__pairs_of_errors(&l, n - i, d + i * sg__outputs(g));
        sg__slabs_backward(g, m, &l, sg__propagate_slabs(s), SG__SLAB_COLUMNS,
                           u + i * sg__inputs(g));
    }
}
