/* NEON error charge of convolutions over many channels: the errors of one
 * position select rows of a slab. Of 16-bit weights slabs of high bytes come
 * first, then those of low bytes. */
#include "kernels/neon/slabs.h"
#include "kernels/portable/slabs.h"

enum { SAMPLES = 16 }; /* listed at once, at most */

size_t sg__slabs_scratch(const sg__geometry *g)
{
    if (!sg__by_slabs(g))
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
        int32_t *to = u + i * sg__inputs(g);
        sg__slabs_backward(g, m, &l, (const uint8_t *)slabs, l.columns, to);
        if (s->bits == 16) {
            l.excess = -128;
            sg__slabs_high(to, m * sg__inputs(g));
            sg__slabs_send(g, m, &l,
                           (const uint8_t *)slabs + sg__fan_in(g) * g->out_c,
                           l.columns, to);
        }
    }
}
