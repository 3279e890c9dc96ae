/* NEON error charge where the forward rows pack for dot products. */
#include "kernels/neondot/pack.h"

void sg__propagate_sparse__neondot(const sg__synapses *s, size_t n,
                                   const int8_t *d, int32_t *u, void *scratch)
{
    sg__propagate_sparse_with(s, sg__forward_part__neondot(s->geo, s->bits), n,
                              d, u, scratch);
}

void sg__propagate__neondot(const sg__synapses *s, size_t n, const int8_t *d,
                            int32_t *u, void *scratch)
{
    sg__propagate_sparse__neondot(s, n, d, u, scratch);
}
