#include "layers/pool.h"

#include <string.h>

#include "base/status.h"
#include "layers/text.h"

sg_status sg__pool_read(const char *item, const char *word, sg__layer *layer,
                        bool *mine, sg_error *error)
{
    const char *p = item;
    *mine = sg__text_word(&p, "P");
    const char *digits = p;
    sg__geometry *g = &layer->geo;
    sg__text_pair(&p, &g->kernel_h, &g->kernel_w);
    *mine = *mine && strcmp(p, word) == 0;
    if (!*mine)
        return SG_OK;
    if (p > digits &&
        (g->kernel_h < 1 || g->kernel_h > SG__KERNEL_MAX || g->kernel_w < 1 ||
         g->kernel_w > SG__KERNEL_MAX || g->kernel_h * g->kernel_w < 2))
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: '%s': expected a pool of 2..%d, or HxW, or P%s "
                        "for one as large as what arrives",
                        layer->name, SG__KERNEL_MAX, word);
    return SG_OK;
}

sg_status sg__pool_fit(sg__layer *layers, size_t n, sg_error *error)
{
    sg__layer *layer = &layers[n];
    sg__geometry *g = &layer->geo;
    if (g->kernel_h == 0) {
        g->kernel_h = layer->in.height;
        g->kernel_w = layer->in.width;
    }
    g->stride_h = g->kernel_h;
    g->stride_w = g->kernel_w;
    return sg__kind_window(layer, error);
}

int32_t *sg__pool_spread_errors(const sg__passage *p, int32_t *u, int32_t *to)
{
    const sg__geometry *g = &p->layer->geo;
    const int32_t *from = u;
    memset(to, 0, sg__inputs(g) * sizeof *to);
    for (uint32_t y = 0; y < g->out_h; y++)
        for (uint32_t x = 0; x < g->out_w; x++, from += g->out_c)
            for (uint32_t ky = 0; ky < g->kernel_h; ky++)
                for (uint32_t kx = 0; kx < g->kernel_w; kx++)
                    memcpy(to + sg__pool_corner(g, y, x, 0) +
                               ((size_t)ky * g->in_w + kx) * g->in_c,
                           from, g->in_c * sizeof *from);
    return to;
}

void sg__pool_fire_below(const sg__kernels *kernels, const sg__geometry *pool,
                         const uint8_t *count, const int32_t *u, int phi_bits,
                         int8_t *d)
{
    (void)count;
    kernels->fire_pooled(pool, u, phi_bits, d);
}

void sg__pool_route(const sg__units *units, const sg__drain *drain,
                    size_t first, sg__charge u)
{
    const sg__geometry *g = &units->net->geo;
    const size_t channels = g->out_c;
    for (size_t end = first + u.n; first < end; first += u.n, u.w += u.n) {
        const size_t position = channels - first % channels;
        u.n = end - first < position ? end - first : position;
        const sg__patch p = sg__patch_of(g, (uint32_t)first);
        for (uint32_t row = 0; row < p.rows; row++)
            for (uint32_t x = 0; x < p.width; x += g->in_c)
                drain->receive(drain, units->net->from,
                               p.input + row * p.input_step + x + p.channel,
                               u);
    }
}
