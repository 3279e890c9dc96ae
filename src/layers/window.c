#include "layers/window.h"

#include "base/status.h"
#include "layers/text.h"

sg_status sg__window_channels(uint32_t channels, const char *what,
                              sg__layer *layer, sg_error *error)
{
    if (channels < 1 || channels > SG__CHANNELS_MAX)
        return sg__fail(error, SG_E_TOPOLOGY, "net: '%s': expected 1..%d %s",
                        layer->name, SG__CHANNELS_MAX, what);
    layer->geo.out_c = channels;
    return SG_OK;
}

static bool is_within(uint32_t h, uint32_t w, uint32_t most)
{
    return h >= 1 && h <= most && w >= 1 && w <= most;
}

sg_status sg__window_read(const char *p, sg__layer *layer, sg_error *error)
{
    sg__geometry *g = &layer->geo;
    bool strides = false, pads = false;
    sg__text_pair(&p, &g->kernel_h, &g->kernel_w);
    if (!is_within(g->kernel_h, g->kernel_w, SG__KERNEL_MAX))
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: '%s': expected a kernel of 1..%d, or HxW",
                        layer->name, SG__KERNEL_MAX);
    g->stride_h = g->stride_w = 1;
    for (bool more = true; more;) { /* in either order, each once */
        more = false;
        if (!strides && sg__text_word(&p, "s")) {
            sg__text_pair(&p, &g->stride_h, &g->stride_w);
            strides = more = true;
        }
        if (!pads && sg__text_word(&p, "p")) {
            sg__text_pair(&p, &g->pad_h, &g->pad_w);
            pads = more = true;
        }
    }
    if (!is_within(g->stride_h, g->stride_w, SG__KERNEL_MAX))
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: '%s': expected a stride of 1..%d, or HxW",
                        layer->name, SG__KERNEL_MAX);
    if (pads &&
        (!sg__padded(g) || g->pad_h >= g->kernel_h || g->pad_w >= g->kernel_w))
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: '%s': expected a padding of at least 1 and "
                        "less than the kernel, or HxW like 0x1",
                        layer->name);
    if (*p != '\0')
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: '%s': '%s' is too much, expected %s",
                        layer->name, p, layer->kind->notation);
    return SG_OK;
}

sg_status sg__kind_window(sg__layer *layer, sg_error *error)
{
    sg__geometry *g = &layer->geo;
    const sg_shape in = layer->in;
    const uint32_t h = in.height + 2 * g->pad_h;
    const uint32_t w = in.width + 2 * g->pad_w;
    if (h < g->kernel_h || w < g->kernel_w)
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: %s does not fit its %ux%u input", layer->name,
                        in.height, in.width);
    g->in_h = in.height;
    g->in_w = in.width;
    g->in_c = in.channels;
    g->out_h = (h - g->kernel_h) / g->stride_h + 1;
    g->out_w = (w - g->kernel_w) / g->stride_w + 1;
    if (!layer->synaptic)
        g->out_c = g->in_c;
    return SG_OK;
}

sg_status sg__kind_arrival(const sg__layer *layers, size_t n, size_t k,
                           size_t *arrival, sg_error *error)
{
    size_t left = k, l = n;
    while (left > 0 && l > 0) {
        l--;
        left -= layers[l].synaptic && layers[l].from == l;
    }
    if (left > 0)
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: layer %zu (%s): expected at least %zu layers "
                        "with weights below it",
                        n, layers[n].name, k);
    *arrival = l;
    return SG_OK;
}
