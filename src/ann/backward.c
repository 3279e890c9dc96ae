/* Backward pass of one sample: from the loss down, a list of error events for
 * each synaptic layer; then gradients from the lists of a whole batch. */
#include <string.h>

#include "ann/ann.h"
#include "core/dither.h"
#include "network/loss.h"

static void add_dither(const sg_network *net, size_t l, uint64_t step,
                       uint32_t sample_id, int32_t *u)
{
    const sg__layer *layer = &net->layer[l];
    size_t n = sg__outputs(&layer->geo);
    for (size_t i = 0; i < n; i++)
        u[i] += sg__dither(net->recipe.seed, step, sample_id, (uint32_t)l,
                           (uint32_t)i, layer->phi_bits);
}

/* Fires the error charge u that arrived at synaptic layer l. */
static void fire(sg__ann *ann, size_t l, size_t sample, uint64_t step,
                 uint32_t sample_id, int32_t *u)
{
    const sg__layer *layer = &ann->net->layer[l];
    sg__ann_layer *to = &ann->layer[l];
    size_t n = sg__outputs(&layer->geo), start = sample * n;
    if (ann->net->recipe.dither)
        add_dither(ann->net, l, step, sample_id, u);
    if (to->error_charges)
        memcpy(to->error_charges + start, u, n * sizeof *u);
    to->event_count[sample] =
        ann->kernels->errors(n, u, to->gates ? to->gates + start : NULL,
                             layer->phi_bits, to->events + start);
}

/* Error charge at the neurons below synaptic layer l, through any pooling.
 * Returns the index of the layer they belong to. */
static size_t descend(sg__ann *ann, size_t l, size_t sample,
                      sg__ann_scratch *scratch)
{
    const sg__layer *layer = &ann->net->layer[l];
    const sg__ann_layer *from = &ann->layer[l];
    memset(scratch->error, 0, sg__inputs(&layer->geo) * sizeof(int32_t));
    ann->kernels->propagate(&layer->geo, layer->weight,
                            from->events + sample * sg__outputs(&layer->geo),
                            from->event_count[sample], scratch->error);
    while (!ann->net->layer[--l].synaptic) {
        sg__ann_unpool(&ann->net->layer[l], sg__ann_counts(ann, l, sample),
                       scratch->error, scratch->expanded);
        int32_t *swap = scratch->error;
        scratch->error = scratch->expanded;
        scratch->expanded = swap;
    }
    return l;
}

/* Index of the lowest synaptic layer: nothing below it can learn. */
static size_t lowest(const sg_network *net)
{
    size_t l = 0;
    while (!net->layer[l].synaptic)
        l++;
    return l;
}

void sg__ann_backward(sg__ann *ann, size_t sample, uint32_t label,
                      uint64_t step, uint32_t sample_id, unsigned thread)
{
    const sg_network *net = ann->net;
    sg__ann_scratch *scratch = &ann->scratch[thread];
    size_t bottom = lowest(net), l = net->layer_count - 1;

    sg__loss_error(net, ann->logits + sample * net->classes, label,
                   scratch->error, &ann->loss_q20[sample]);
    fire(ann, l, sample, step, sample_id, scratch->error);
    while (l > bottom) {
        l = descend(ann, l, sample, scratch);
        fire(ann, l, sample, step, sample_id, scratch->error);
    }
}

void sg__ann_gradient(const sg__ann *ann, size_t n, size_t l, uint32_t first,
                      uint32_t last, int32_t *gradient, int32_t *bias_gradient)
{
    const sg__geometry *g = &ann->net->layer[l].geo;
    const sg__ann_layer *from = &ann->layer[l];
    size_t width = sg__outputs(g);
    for (size_t s = 0; s < n; s++)
        ann->kernels->gradient(g, sg__ann_counts(ann, l, s),
                               from->events + s * width, from->event_count[s],
                               first, last, gradient, bias_gradient);
}
