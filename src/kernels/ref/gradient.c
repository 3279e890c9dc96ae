/* Reference weight gradient. */
#include <string.h>

#include "kernels/kernels.h"

uint32_t sg__gradient_sparse_below__ref(const sg__geometry *g, int bits)
{
    (void)g;
    (void)bits;
    return 1001;
}

static void add_traces(int32_t *restrict to, const uint8_t *restrict in,
                       uint32_t n, int32_t d)
{
    for (uint32_t i = 0; i < n; i++)
        to[i] += d * in[i];
}

/* What both gradient rows compute; skip leaves out neurons that are silent. */
static void add_gradient(const sg__synapses *s, size_t n, const uint8_t *in,
                         const int8_t *d, uint32_t first, uint32_t last,
                         int32_t *gradient, int32_t *bias_gradient, bool skip)
{
    const sg__geometry *g = s->geo;
    size_t inputs = sg__inputs(g), outputs = sg__outputs(g);
    size_t fan_in = sg__fan_in(g), origin = first * fan_in;
    memset(gradient, 0, (last - first) * fan_in * sizeof *gradient);
    memset(bias_gradient, 0, (last - first) * sizeof *bias_gradient);
    for (size_t p = 0; p < n * outputs; p += g->out_c)
        for (uint32_t k = first; k < last; k++) {
            if (skip && d[p + k] == 0)
                continue;
            sg__patch f = sg__patch_of(g, (uint32_t)(p % outputs + k));
            const uint8_t *from = in + p / outputs * inputs + f.input;
            bias_gradient[k - first] += d[p + k];
            for (uint32_t row = 0; row < f.rows; row++)
                add_traces(gradient +
                               (f.weight + row * f.weight_step - origin),
                           from + row * f.input_step, f.width, d[p + k]);
        }
}

void sg__gradient__ref(const sg__synapses *s, size_t n, const uint8_t *in,
                       const int8_t *d, uint32_t first, uint32_t last,
                       int32_t *gradient, int32_t *bias_gradient,
                       void *scratch)
{
    (void)scratch;
    add_gradient(s, n, in, d, first, last, gradient, bias_gradient, false);
}

void sg__gradient_sparse__ref(const sg__synapses *s, size_t n,
                              const uint8_t *in, const int8_t *d,
                              uint32_t first, uint32_t last, int32_t *gradient,
                              int32_t *bias_gradient, void *scratch)
{
    (void)scratch;
    add_gradient(s, n, in, d, first, last, gradient, bias_gradient, true);
}
