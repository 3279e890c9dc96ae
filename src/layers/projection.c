/* Projection: the convolution on the short way round a residual block whose
 * end has another shape than its beginning. RkCm[sS][pP] puts one before its
 * addition: m x m, with as many channels as the block ends with. It hears what
 * arrives at the block's first layer, has neurons of its own, and its spikes
 * are added to those of the block. */
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "layers/window.h"

/* Appends a letter and N, or HxW, to the layer's name. */
static void append(sg__layer *layer, const char *letter, uint32_t height,
                   uint32_t width)
{
    const size_t length = strlen(layer->name);
    char *to = layer->name + length;
    const size_t room = sizeof layer->name - length;
    if (height == width)
        snprintf(to, room, "%s%u", letter, height);
    else
        snprintf(to, room, "%s%ux%u", letter, height, width);
}

static sg_status fit(sg__layer *layers, size_t n, sg_error *error)
{
    sg__layer *layer = &layers[n];
    size_t arrival = 0;
    if (n == 0)
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: '%s': expected a layer before it", layer->name);
    const sg_shape end = layers[n - 1].out;
    sg_status status =
        sg__kind_arrival(layers, n, layer->skip, &arrival, error);
    if (status != SG_OK)
        return status;
    layer->from = layers[arrival].from;
    layer->in = layers[arrival].in;
    layer->skip = 0;
    layer->geo.out_c = end.channels;
    status = sg__kind_window(layer, error);
    if (status != SG_OK)
        return status;
    const sg__geometry *g = &layer->geo;
    if (g->out_h != end.height || g->out_w != end.width)
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: layer %zu (%s): a projection to %ux%u, expected "
                        "%ux%u, as the block has at its end",
                        n, layer->name, g->out_h, g->out_w, end.height,
                        end.width);
    /* the item's text is the addition's; this is what a reader would write */
    snprintf(layer->name, sizeof layer->name, "%u", g->out_c);
    append(layer, "C", g->kernel_h, g->kernel_w);
    if (g->stride_h > 1 || g->stride_w > 1)
        append(layer, "s", g->stride_h, g->stride_w);
    if (sg__padded(g))
        append(layer, "p", g->pad_h, g->pad_w);
    return SG_OK;
}

const sg__kind sg__kind_projection = {
    .id = SG_LAYER_PROJECTION,
    .name = "projection",
    .synaptic = true,
    .spatial = true,
    .window = true,
    .fit = fit,
};
