/* Fully connected: N neurons. To the engines a convolution of an image of one
 * pixel, whose channels are all that arrives. */
#include "base/status.h"
#include "layers/text.h"
#include "layers/window.h"

static sg_status read(const char *item, sg__layer *layer, bool *mine,
                      sg_error *error)
{
    const char *p = item;
    const uint32_t neurons = sg__text_number(&p);
    *mine = p > item && *p == '\0';
    if (!*mine)
        return SG_OK;
    layer->geo = sg__pointwise();
    return sg__window_channels(neurons, "neurons", layer, error);
}

static sg_status fit(sg__layer *layers, size_t n, sg_error *error)
{
    sg__geometry *g = &layers[n].geo;
    const sg_shape in = layers[n].in;
    (void)error;
    g->in_h = g->in_w = g->out_h = g->out_w = 1;
    g->in_c = in.height * in.width * in.channels;
    return SG_OK;
}

const sg__kind sg__kind_dense = {
    .id = SG_LAYER_DENSE,
    .name = "dense",
    .notation = "a number of neurons",
    .synaptic = true,
    .read = read,
    .fit = fit,
};
