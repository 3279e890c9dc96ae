/* Pooling of spike counts, and the way of error charge back through it. */
#include <string.h>

#include "ann/ann.h"
#include "core/rules.h"

/* Index of the first unit of a pool; pools do not overlap. */
static size_t corner(const sg__geometry *g, uint32_t y, uint32_t x, uint32_t c)
{
    return ((size_t)y * g->stride * g->in_w + (size_t)x * g->stride) *
               g->in_c +
           c;
}

static int32_t pool_sum(const sg__geometry *g, const uint8_t *in)
{
    int32_t sum = 0;
    for (uint32_t ky = 0; ky < g->kernel_h; ky++, in += g->in_w * g->in_c)
        for (uint32_t kx = 0; kx < g->kernel_w; kx++)
            sum += in[kx * g->in_c];
    return sum;
}

/* Offset of the first unit, in row order, that holds the largest count. */
static size_t pool_argmax(const sg__geometry *g, const uint8_t *in)
{
    size_t best = 0;
    for (uint32_t ky = 0; ky < g->kernel_h; ky++)
        for (uint32_t kx = 0; kx < g->kernel_w; kx++) {
            size_t i = ((size_t)ky * g->in_w + kx) * g->in_c;
            best = in[i] > in[best] ? i : best;
        }
    return best;
}

void sg__ann_pool_average(const sg__layer *layer, const uint8_t *in,
                          int32_t *charge, uint8_t *out)
{
    const sg__geometry *g = &layer->geo;
    size_t i = 0;
    for (uint32_t y = 0; y < g->out_h; y++)
        for (uint32_t x = 0; x < g->out_w; x++)
            for (uint32_t c = 0; c < g->out_c; c++, i++) {
                int32_t sum = pool_sum(g, in + corner(g, y, x, c));
                if (charge)
                    charge[i] = sum;
                out[i] = (uint8_t)sg__response(sum, layer->theta_bits,
                                               layer->fire_level, layer->cap);
            }
}

void sg__ann_unpool(const sg__layer *layer, const uint8_t *in,
                    const int32_t *error, int32_t *expanded)
{
    const sg__geometry *g = &layer->geo;
    size_t i = 0;
    memset(expanded, 0, sg__inputs(g) * sizeof *expanded);
    for (uint32_t y = 0; y < g->out_h; y++)
        for (uint32_t x = 0; x < g->out_w; x++) {
            const int32_t *from = error + i;
            i += g->out_c;
            for (uint32_t ky = 0; ky < g->kernel_h; ky++)
                for (uint32_t kx = 0;
                     layer->kind != SG_LAYER_POOL_MAX && kx < g->kernel_w;
                     kx++)
                    memcpy(expanded + corner(g, y, x, 0) +
                               ((size_t)ky * g->in_w + kx) * g->in_c,
                           from, g->in_c * sizeof *from);
            for (uint32_t c = 0;
                 layer->kind == SG_LAYER_POOL_MAX && c < g->in_c; c++) {
                size_t at = corner(g, y, x, c);
                expanded[at + pool_argmax(g, in + at)] = from[c];
            }
        }
}
