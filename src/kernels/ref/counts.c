/* Reference kernels over counts: pools, and the sums that count operations. */
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"

void sg__pool_sum__ref(const sg__geometry *g, const uint8_t *in, uint8_t *out)
{
    memset(out, 0, sg__outputs(g));
    for (uint32_t y = 0; y < g->out_h * g->kernel_h; y++)
        for (uint32_t x = 0; x < g->out_w * g->kernel_w; x++) {
            const uint8_t *from = in + ((size_t)y * g->in_w + x) * g->in_c;
            uint8_t *to = out + sg__pool_over(g, y, x);
            for (uint32_t c = 0; c < g->in_c; c++)
                to[c] = (uint8_t)(to[c] + from[c]);
        }
}

void sg__pool_max__ref(const sg__geometry *g, const uint8_t *in, uint8_t *out)
{
    memset(out, 0, sg__outputs(g));
    for (uint32_t y = 0; y < g->out_h * g->kernel_h; y++)
        for (uint32_t x = 0; x < g->out_w * g->kernel_w; x++) {
            const uint8_t *from = in + ((size_t)y * g->in_w + x) * g->in_c;
            uint8_t *to = out + sg__pool_over(g, y, x);
            for (uint32_t c = 0; c < g->in_c; c++)
                to[c] = from[c] > to[c] ? from[c] : to[c];
        }
}

size_t sg__count_sums__ref(size_t pixels, uint32_t channels,
                           const uint8_t *count, int32_t cap, uint32_t *sum,
                           uint32_t *active)
{
    size_t saturated = 0;
    for (size_t p = 0; p < pixels; p++) {
        sum[p] = active[p] = 0;
        for (uint32_t c = 0; c < channels; c++, count++) {
            sum[p] += *count;
            active[p] += *count != 0;
            saturated += *count == cap;
        }
    }
    return saturated;
}

void sg__error_sums__ref(size_t pixels, uint32_t channels, const int8_t *d,
                         uint32_t *sum, uint32_t *active)
{
    for (size_t p = 0; p < pixels; p++) {
        sum[p] = active[p] = 0;
        for (uint32_t c = 0; c < channels; c++, d++) {
            sum[p] += (uint32_t)abs(*d);
            active[p] += *d != 0;
        }
    }
}
