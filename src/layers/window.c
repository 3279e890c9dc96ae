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

sg_status sg__window_read(const char *p, sg__layer *layer, sg_error *error)
{
    sg__geometry *g = &layer->geo;
    const uint32_t kernel = sg__text_number(&p);
    uint32_t stride = 1, pad = 0;
    bool strides = false, pads = false;
    if (kernel < 1 || kernel > SG__KERNEL_MAX)
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: '%s': expected a kernel of 1..%d", layer->name,
                        SG__KERNEL_MAX);
    for (bool more = true; more;) { /* in either order, each once */
        more = false;
        if (!strides && sg__text_word(&p, "s")) {
            stride = sg__text_number(&p);
            strides = more = true;
        }
        if (!pads && sg__text_word(&p, "p")) {
            pad = sg__text_number(&p);
            pads = more = true;
        }
    }
    if (stride < 1 || stride > SG__KERNEL_MAX)
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: '%s': expected a stride of 1..%d", layer->name,
                        SG__KERNEL_MAX);
    if (pads && (pad < 1 || pad >= kernel))
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: '%s': expected a padding of at least 1 and "
                        "less than the kernel",
                        layer->name);
    if (*p != '\0')
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: '%s': '%s' is too much, expected %s",
                        layer->name, p, layer->kind->notation);
    g->kernel_h = g->kernel_w = kernel;
    g->stride = stride;
    g->pad = pad;
    return SG_OK;
}

sg_status sg__kind_window(sg__layer *layer, sg_error *error)
{
    sg__geometry *g = &layer->geo;
    const sg_shape in = layer->in;
    const uint32_t h = in.height + 2 * g->pad, w = in.width + 2 * g->pad;
    if (h < g->kernel_h || w < g->kernel_w)
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: %s does not fit its %ux%u input", layer->name,
                        in.height, in.width);
    g->in_h = in.height;
    g->in_w = in.width;
    g->in_c = in.channels;
    g->out_h = (h - g->kernel_h) / g->stride + 1;
    g->out_w = (w - g->kernel_w) / g->stride + 1;
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
