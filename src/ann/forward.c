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

static sg__work forward_synaptic(sg__ann *ann, size_t first, size_t n,
                                 size_t l, bool in_use, unsigned thread,
                                 int32_t *charge)
{
    const sg__layer *layer = &ann->net->layer[l];
    sg__ann_layer *to = &ann->layer[l];
    size_t start = first * sg__outputs(&layer->geo);
    const int shift = in_use ? layer->use_shift : 0;
    sg__synapses synapses = to->synapses;
    sg__response_out out = {
        .theta_bits = layer->theta_bits + shift,
        .level = layer->fire_level * ((int32_t)1 << shift),
        .cap = layer->cap,
        .charge = charge,
    };
    if (shift > 0)
        synapses.bias = to->use_bias;
    if (layer->output)
        out.charge = ann->logits + start;
    else
        out.count = to->counts + start;
    if (!layer->output && to->errors)
        out.gate = (uint8_t *)to->errors + start;
    if (to->charges)
        out.charge = to->charges + start;

    uint64_t share =
        to->forward_sparse_below > 0 ? density(ann, l, first, n) : 1000;
    bool sparse = share < to->forward_sparse_below;
    void *kernel = ann->scratch[thread].kernel;
    const uint8_t *in = sg__ann_counts(ann, l, first);
    if (sparse)
        ann->kernels->forward_sparse(&synapses, n, in, &out, kernel);
    else
        ann->kernels->forward(&synapses, n, in, &out, kernel);
    share = sparse ? share : 1000;
    return (sg__work){n * to->dense_macs, share,
                      sg__traffic_forward(layer, n, ann->learns, share)};
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

/* Layers without weights. */
static sg__work forward_weightless(sg__ann *ann, size_t first, size_t n,
                                   size_t l, const sg__ann_moment *at)
{
    const sg__layer *layer = &ann->net->layer[l];
    sg__ann_layer *to = &ann->layer[l];
    size_t width = sg__outputs(&layer->geo);
    for (size_t s = 0; s < n; s++) {
        const size_t start = (first + s) * width;
        const sg__passage p =
            sg__ann_passage(ann, l, first + s, at ? at->sample_id[s] : 0,
                            at ? &at->step : NULL);
        layer->kind->forward(&p, to->charges ? to->charges + start : NULL,
                             to->counts + start);
    }
    return (sg__work){.bytes = sg__traffic_pool(layer, n)};
}

/* What the network is shown. */
static void count_input(sg__ann *ann, size_t first, size_t n)
{
    if (ann->serves && !ann->input_pixels.decides)
        return;
    for (size_t s = first; s < first + n; s++)
        sg__ann_count_input(ann, s);
}

/* Activity of the samples after the forward pass of layer l. */
static sg__work count(sg__ann *ann, size_t first, size_t n, size_t l)
{
    if (ann->serves) {
        for (size_t s = first; ann->layer[l].pixels.decides && s < first + n;
             s++)
            (void)sg__ann_count_sent(ann, l, s);
        return (sg__work){0};
    }
    for (size_t s = first; s < first + n; s++)
        sg__ann_count_forward(ann, l, s);
    return (sg__work){.bytes = sg__traffic_count(&ann->net->layer[l], n)};
}

void sg__ann_forward(sg__ann *ann, size_t first, size_t n, size_t from,
                     size_t to, const sg__ann_moment *at, unsigned thread,
                     int32_t *charge)
{
    sg_layer_cost *cost = ann->scratch[thread].cost;
    uint64_t begin = sg__ann_begin(ann);
    if (from == 0)
        count_input(ann, first, n);
    sg__ann_end(ann, &cost[0].count, begin, (sg__work){0});
    for (size_t l = from; l < to; l++) {
        int32_t *wanted = l + 1 == to ? charge : NULL;
        begin = sg__ann_begin(ann);
        sg__work work =
            ann->net->layer[l].synaptic
                ? forward_synaptic(ann, first, n, l, !at, thread, wanted)
                : forward_weightless(ann, first, n, l, at);
        copy_charge(ann, first, n, l, wanted);
        sg__ann_end(ann, &cost[l].forward, begin, work);
        begin = sg__ann_begin(ann);
        work = count(ann, first, n, l);
        sg__ann_end(ann, &cost[l].count, begin, work);
    }
}
