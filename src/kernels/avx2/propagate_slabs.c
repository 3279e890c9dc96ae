/* AVX2 error charge of convolutions over many channels: the errors of one
 * position select rows of a slab, taken as w + 128, because products of bytes
 * want one unsigned factor; 128 times the sum of the errors is given back. Of
 * 16-bit weights slabs of high bytes come first, then those of low bytes. */
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
    const uint8_t *slabs = sg__propagate_slabs(s);
    for (size_t i = 0, m; i < n; i += m) {
        m = sg__pairs_of_errors(&l, n - i, d + i * sg__outputs(g));
        int32_t *to = u + i * sg__inputs(g);
        sg__slabs_backward(g, m, &l, slabs, SG__SLAB_COLUMNS, to);
        if (s->bits == 16) {
            l.excess = 0;
            sg__slabs_high(to, m * sg__inputs(g));
            sg__slabs_send(g, m, &l, slabs + sg__fan_in(g) * g->out_c,
                           SG__SLAB_COLUMNS, to);
        }
    }
}
