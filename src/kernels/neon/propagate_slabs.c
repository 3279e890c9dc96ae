/* NEON error charge of 8-bit convolutions over many channels: the errors of
 * one position select rows of a slab. */
#include "kernels/neon/slabs.h"
#include "kernels/portable/slabs.h"

enum { SAMPLES = 16 }; /* listed at once, at most */

size_t sg__slabs_scratch(const sg__geometry *g, int bits)
{
    if (!sg__by_slabs(g, bits))
        return 0;
    return sg__senders_bytes((size_t)g->out_h * g->out_w, g->out_c, SAMPLES);
}

void sg__slabs_propagate(const sg__synapses *s, size_t n, const int8_t *d,
                         const int8_t *slabs, int32_t *u, void *scratch)
{
    const sg__geometry *g = s->geo;
    sg__sender_lists l =
        sg__senders_in((size_t)g->out_h * g->out_w, g->out_c, SAMPLES,
                       sg__columns(g->in_c), scratch);
    for (size_t i = 0, m; i < n; i += m) {
        m = sg__list_errors(&l, n - i, d + i * sg__outputs(g));
        sg__slabs_backward(g, m, &l, (const uint8_t *)slabs, l.columns,
                           u + i * sg__inputs(g));
    }
}
