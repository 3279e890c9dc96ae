/* Forward pass: charge, response, pooling, layer by layer over a chunk of
 * samples. */
#include <string.h>

#include "ann/ann.h"

static void forward_synaptic(sg__ann *ann, size_t first, size_t n, size_t l,
                             sg__ann_scratch *scratch)
{
    const sg__layer *layer = &ann->net->layer[l];
    const sg__geometry *g = &layer->geo;
    sg__ann_layer *to = &ann->layer[l];
    size_t width = sg__outputs(g), start = first * width;

    ann->kernels->charge(g, n, sg__ann_counts(ann, l, first), sg__inputs(g),
                         to->packed, layer->bias, scratch->charge, width,
                         scratch->kernel);
    if (to->charges)
        memcpy(to->charges + start, scratch->charge,
               n * width * sizeof *to->charges);
    if (layer->output)
        memcpy(ann->logits + start, scratch->charge,
               n * width * sizeof *ann->logits);
    else
        ann->kernels->respond(n * width, scratch->charge, layer->theta_bits,
                              layer->fire_level, layer->cap,
                              to->counts + start, to->gates + start);
}

static void forward_pool(sg__ann *ann, size_t first, size_t n, size_t l)
{
    const sg__layer *layer = &ann->net->layer[l];
    sg__ann_layer *to = &ann->layer[l];
    size_t width = sg__outputs(&layer->geo);
    for (size_t s = first; s < first + n; s++) {
        const uint8_t *in = sg__ann_counts(ann, l, s);
        uint8_t *out = to->counts + s * width;
        if (layer->kind == SG_LAYER_POOL_SUM)
            ann->kernels->pool_sum(&layer->geo, in, out);
        else
            sg__ann_pool(layer, in,
                         to->charges ? to->charges + s * width : NULL, out);
    }
}

void sg__ann_forward(sg__ann *ann, size_t first, size_t n, size_t from,
                     size_t to, unsigned thread)
{
    for (size_t l = from; l < to; l++) {
        if (ann->net->layer[l].synaptic)
            forward_synaptic(ann, first, n, l, &ann->scratch[thread]);
        else
            forward_pool(ann, first, n, l);
    }
}
