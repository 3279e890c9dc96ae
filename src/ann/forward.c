/* Forward pass: charge and response, pooling, layer by layer over a chunk of
 * samples. */
#include <string.h>

#include "ann/ann.h"
#include "ann/traffic.h"

/* Share of the counts arriving at layer l that are not 0, in 1/1000. */
static uint64_t density(const sg__ann *ann, size_t l, size_t first, size_t n)
{
    const sg__ann_pixels *p = sg__ann_arriving(ann, l);
    uint64_t active = 0;
    for (size_t i = first * p->count; i < (first + n) * p->count; i++)
        active += p->active[i];
    return active * 1000 / (n * (size_t)p->count * p->channels);
}

static void forward_synaptic(sg__ann *ann, size_t first, size_t n, size_t l,
                             unsigned thread, int32_t *charge)
{
    const sg__layer *layer = &ann->net->layer[l];
    sg__ann_layer *to = &ann->layer[l];
    size_t start = first * sg__outputs(&layer->geo);
    sg__response_out out = {
        layer->theta_bits, layer->fire_level, layer->cap, NULL, NULL, charge};
    if (layer->output)
        out.charge = ann->logits + start;
    else
        out.count = to->counts + start;
    if (!layer->output && to->errors)
        out.gate = (uint8_t *)to->errors + start;
    if (to->charges)
        out.charge = to->charges + start;

    uint64_t begin = sg__ann_clock(ann), share = density(ann, l, first, n);
    bool sparse = share < to->forward_sparse_below;
    void *kernel = ann->scratch[thread].kernel;
    const uint8_t *in = sg__ann_counts(ann, l, first);
    if (sparse)
        ann->kernels->forward_sparse(&to->synapses, n, in, &out, kernel);
    else
        ann->kernels->forward(&to->synapses, n, in, &out, kernel);
    share = sparse ? share : 1000;
    sg__ann_note(ann, &ann->scratch[thread].cost[l].forward, begin,
                 n * to->dense_macs, share,
                 sg__traffic_forward(layer, n, ann->learns, share));
}

/* Where the charge went if neither logits nor the caller's array have it. */
static void copy_charge(const sg__ann *ann, size_t first, size_t n, size_t l,
                        int32_t *charge)
{
    const sg__layer *layer = &ann->net->layer[l];
    const int32_t *from = ann->layer[l].charges;
    size_t width = sg__outputs(&layer->geo);
    if (!layer->synaptic)
        return;
    if (layer->output && from)
        memcpy(ann->logits + first * width, from + first * width,
               n * width * sizeof *from);
    if (layer->output)
        from = ann->logits;
    if (charge && from)
        memcpy(charge, from + first * width, n * width * sizeof *from);
}

/* Pools and additions. */
static void forward_pool(sg__ann *ann, size_t first, size_t n, size_t l,
                         unsigned thread)
{
    const sg__layer *layer = &ann->net->layer[l];
    sg__ann_layer *to = &ann->layer[l];
    size_t width = sg__outputs(&layer->geo);
    uint64_t begin = sg__ann_clock(ann);
    for (size_t s = first; s < first + n; s++) {
        const uint8_t *in = sg__ann_counts(ann, l, s);
        uint8_t *out = to->counts + s * width;
        if (layer->kind == SG_LAYER_ADD)
            sg__ann_add(ann, l, s, out);
        else if (layer->kind == SG_LAYER_POOL_SUM)
            ann->kernels->pool_sum(&layer->geo, in, out);
        else if (layer->kind == SG_LAYER_POOL_MAX)
            ann->kernels->pool_max(&layer->geo, in, out);
        else
            sg__ann_pool_average(layer, in,
                                 to->charges ? to->charges + s * width : NULL,
                                 out);
    }
    sg__ann_note(ann, &ann->scratch[thread].cost[l].forward, begin, 0, 0,
                 sg__traffic_pool(layer, n));
}

/* Activity of the samples after the forward pass of layer l. */
static void count(sg__ann *ann, size_t first, size_t n, size_t l,
                  unsigned thread)
{
    uint64_t begin = sg__ann_clock(ann);
    for (size_t s = first; s < first + n; s++)
        sg__ann_count_forward(ann, l, s);
    sg__ann_note(ann, &ann->scratch[thread].cost[l].count, begin, 0, 0,
                 sg__traffic_count(&ann->net->layer[l], n));
}

void sg__ann_forward(sg__ann *ann, size_t first, size_t n, size_t from,
                     size_t to, unsigned thread, int32_t *charge)
{
    uint64_t begin = sg__ann_clock(ann);
    if (from == 0)
        for (size_t s = first; s < first + n; s++)
            sg__ann_count_input(ann, s);
    sg__ann_note(ann, &ann->scratch[thread].cost[0].count, begin, 0, 0, 0);
    for (size_t l = from; l < to; l++) {
        if (ann->net->layer[l].synaptic)
            forward_synaptic(ann, first, n, l, thread,
                             l + 1 == to ? charge : NULL);
        else
            forward_pool(ann, first, n, l, thread);
        copy_charge(ann, first, n, l, l + 1 == to ? charge : NULL);
        count(ann, first, n, l, thread);
    }
}
