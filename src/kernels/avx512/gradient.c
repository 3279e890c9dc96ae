/* AVX-512 weight gradient, every neuron whether it sent errors or not: by
 * planes where they can be had, otherwise by events. */
#include <string.h>

#include "kernels/avx512/planes.h"
#include "kernels/avx512/scratch.h"

size_t sg__gradient_dense_scratch(const sg__geometry *g)
{
    return sg__by_planes(g) ? sg__planes_dense_scratch(g) : 0;
}

void sg__gradient__avx512(const sg__synapses *s, size_t n, const uint8_t *in,
                          const int8_t *d, uint32_t first, uint32_t last,
                          int32_t *gradient, int32_t *bias_gradient,
                          void *scratch)
{
    const sg__geometry *g = s->geo;
    if (!sg__by_planes(g)) {
        sg__gradient_sparse__avx512(s, n, in, d, first, last, gradient,
                                    bias_gradient, scratch);
        return;
    }
    memset(gradient, 0, (last - first) * sg__fan_in(g) * sizeof *gradient);
    memset(bias_gradient, 0, (last - first) * sizeof *bias_gradient);
    sg__planes_dense(g, n, in, d, first, last, gradient, bias_gradient,
                     scratch);
}
