/* The workspace: what it holds, and how large. */
#include "ann/ann.h"

#include <stdlib.h>
#include <string.h>

enum {
    CHUNK = 16,        /* samples of a forward call, at most */
    NEAR = 256 * 1024, /* error charges that stay in a core's cache */
    SHARES = 2         /* chunks a thread gets, at least, if there are many */
};

/* Whether a kernel slides over what a sender sends. */
static bool is_seen_by_pixel(const sg_network *net, size_t sender)
{
    bool any = false;
    for (size_t r = sender; r < net->layer_count; r++)
        any |= sg__hears(net, r, sender) && net->layer[r].kind->spatial;
    return any;
}

/* Whether a layer that hears a sender has two ways, of which one is for few
 * spikes. */
static bool decides(const sg__ann *ann, size_t sender)
{
    const sg_network *net = ann->net;
    bool any = false;
    for (size_t r = sender; r < net->layer_count; r++) {
        const sg__layer *layer = &net->layer[r];
        any |= sg__hears(net, r, sender) && layer->synaptic &&
               ann->kernels->forward_sparse_below(&layer->geo,
                                                  layer->weight_bits) > 0;
    }
    return any;
}

/* Counts of a sender, of `pixels` pixels. */
static void place_pixels(sg__ann *ann, sg__arena *arena, sg__ann_pixels *p,
                         size_t sender, uint32_t pixels, uint32_t channels)
{
    if (!is_seen_by_pixel(ann->net, sender)) {
        channels *= pixels;
        pixels = 1;
    }
    p->count = pixels;
    p->channels = channels;
    p->decides = decides(ann, sender);
    p->spikes = sg__arena_take(arena, ann->batch * pixels, sizeof *p->spikes);
    p->active = sg__arena_take(arena, ann->batch * pixels, sizeof *p->active);
}

/* How many of `outputs` windows hold each of `inputs` inputs. */
static uint32_t *place_reach(sg__arena *arena, uint32_t stride, uint32_t pad,
                             uint32_t kernel, uint32_t inputs,
                             uint32_t outputs)
{
    uint32_t *reach = sg__arena_take(arena, inputs, sizeof *reach);
    for (uint32_t i = 0; reach && i < inputs; i++) {
        uint32_t first, last;
        sg__reach(i, stride, pad, kernel, outputs, &first, &last);
        reach[i] = last - first;
    }
    return reach;
}

/* Where the packed weights of a layer are, and its biases in use. */
static void place_packed(const sg__ann *ann, sg__arena *arena, size_t l)
{
    const sg__layer *layer = &ann->net->layer[l];
    const sg__geometry *g = &layer->geo;
    sg__ann_layer *to = &ann->layer[l];
    if (ann->lender) {
        to->synapses.packed = ann->lender->layer[l].synapses.packed;
        to->use_bias = ann->lender->layer[l].use_bias;
        return;
    }
    to->synapses.packed =
        sg__arena_take(arena, 1,
                       ann->kernels->pack_size(g, layer->weight_bits));
    if (layer->use_shift > 0)
        to->use_bias = sg__arena_take(arena, g->out_c, sizeof *to->use_bias);
}

static void place_layer(sg__ann *ann, sg__arena *arena, size_t l)
{
    const sg__layer *layer = &ann->net->layer[l];
    const sg__geometry *g = &layer->geo;
    sg__ann_layer *to = &ann->layer[l];
    size_t batch = ann->batch, n = batch * sg__outputs(g);

    to->activity = sg__arena_take(arena, batch, sizeof *to->activity);
    if (!layer->output) {
        to->counts = sg__arena_take(arena, n, 1);
        place_pixels(ann, arena, &to->pixels, l + 1, g->out_h * g->out_w,
                     g->out_c);
    }
    if (ann->keeps)
        to->charges = sg__arena_take(arena, n, sizeof(int32_t));
    if (!layer->synaptic)
        return;
    to->synapses = (sg__synapses){g,    layer->weight_bits, layer->weight,
                                  NULL, layer->bias,        layer->in_cap};
    place_packed(ann, arena, l);
    to->dense_macs = sg__dense_macs(g);
    to->forward_sparse_below =
        ann->kernels->forward_sparse_below(g, layer->weight_bits);
    to->propagate_sparse_below =
        ann->kernels->propagate_sparse_below(g, layer->weight_bits);
    to->gradient_sparse_below =
        ann->kernels->gradient_sparse_below(g, layer->weight_bits);
    if (layer->kind->spatial) {
        to->reach_x = place_reach(arena, g->stride_w, g->pad_w, g->kernel_w,
                                  g->in_w, g->out_w);
        to->reach_y = place_reach(arena, g->stride_h, g->pad_h, g->kernel_h,
                                  g->in_h, g->out_h);
    }
    to->group = NEAR / sg__inputs(g);
    to->group = to->group < 1 ? 1 : to->group;
    to->group = to->group < ann->chunk ? to->group : ann->chunk;
    if (ann->learns)
        to->errors = sg__arena_take(arena, n, 1);
    if (ann->learns && ann->keeps)
        to->error_charges = sg__arena_take(arena, n, sizeof(int32_t));
}

/* Where a thread keeps error charge. */
static void place_kept(const sg__ann *ann, sg__arena *arena,
                       sg__ann_scratch *scratch)
{
    const sg_network *net = ann->net;
    scratch->kept =
        sg__arena_take(arena, net->layer_count, sizeof *scratch->kept);
    for (size_t sender = 0; sender < net->layer_count; sender++) {
        if (!sg__ann_keeps(net, sender))
            continue;
        size_t n = ann->chunk * sg__neurons_of(net, sender);
        int32_t *charge = sg__arena_take(arena, n, sizeof *charge);
        if (scratch->kept)
            scratch->kept[sender] = charge;
    }
}

/* Of a gradient that is summed in 64 bits; 0 where batches fit 32. */
static size_t wide_values(const sg__ann *ann)
{
    size_t most = 0;
    for (size_t l = 0; l < ann->net->layer_count; l++) {
        const sg__layer *layer = &ann->net->layer[l];
        const size_t values =
            SG__PACK_CHANNELS * (sg__fan_in(&layer->geo) + 1);
        if (layer->synaptic && ann->batch > layer->gradient_samples)
            most = values > most ? values : most;
    }
    return most;
}

static void place_scratch(sg__ann *ann, sg__arena *arena,
                          sg__ann_scratch *scratch)
{
    size_t widest = sg__inputs(&ann->net->layer[0].geo), errors = 0;
    size_t kernel = 0, sums = 0;
    for (size_t l = 0; l < ann->net->layer_count; l++) {
        const sg__layer *layer = &ann->net->layer[l];
        const sg__geometry *g = &layer->geo;
        widest = sg__outputs(g) > widest ? sg__outputs(g) : widest;
        if (!layer->synaptic)
            continue;
        size_t size = ann->kernels->scratch_size(g, layer->weight_bits);
        size_t group = ann->layer[l].group * sg__inputs(g);
        size_t places = 2 * (size_t)g->out_h * g->out_w + g->in_w + 1;
        sums = places > sums ? places : sums;
        kernel = size > kernel ? size : kernel;
        errors = group > errors ? group : errors;
    }
    errors = errors > widest ? errors : widest;
    scratch->kernel = sg__arena_take(arena, 1, kernel);
    scratch->cost =
        sg__arena_take(arena, ann->net->layer_count, sizeof *scratch->cost);
    scratch->squares =
        sg__arena_take(arena, ann->net->layer_count, sizeof *scratch->squares);
    if (!ann->learns) {
        scratch->error =
            sg__arena_take(arena, ann->net->classes, sizeof(int32_t));
        return;
    }
    place_kept(ann, arena, scratch);
    scratch->wide =
        sg__arena_take(arena, wide_values(ann), sizeof *scratch->wide);
    scratch->sums = sg__arena_take(arena, sums, sizeof *scratch->sums);
    scratch->error = sg__arena_take(arena, errors, sizeof(int32_t));
    scratch->expanded = sg__arena_take(arena, widest, sizeof(int32_t));
    scratch->routed = sg__arena_take(arena, widest, sizeof(int32_t));
}

void sg__ann_place(sg__ann *ann, sg__arena *arena)
{
    const sg_network *net = ann->net;
    const sg__geometry *g = &net->layer[0].geo;
    sg__ann_layer counted[SG_LAYERS_MAX] = {0};
    ann->kernels = ann->lender ? ann->lender->kernels : sg__kernels_select();
    ann->chunk =
        (ann->batch + SHARES * ann->threads - 1) / (SHARES * ann->threads);
    ann->chunk = ann->chunk < CHUNK && !ann->serves ? ann->chunk : CHUNK;
    ann->layer = sg__arena_take(arena, net->layer_count, sizeof *ann->layer);
    if (!ann->layer) /* measuring: fields that sizes depend on */
        ann->layer = counted;
    sg__ann_scratch first,
        *scratch = sg__arena_take(arena, ann->threads, sizeof *ann->scratch);
    ann->scratch = scratch;
    ann->input = sg__arena_take(arena, ann->batch, sg__inputs(g));
    const sg_shape in = sg__input_neurons(&net->recipe, net->input);
    place_pixels(ann, arena, &ann->input_pixels, 0, in.height * in.width,
                 in.channels);
    ann->logits =
        sg__arena_take(arena, ann->batch * net->classes, sizeof *ann->logits);
    ann->loss_q20 = sg__arena_take(arena, ann->batch, sizeof *ann->loss_q20);
    for (size_t l = 0; l < net->layer_count; l++)
        place_layer(ann, arena, l);
    for (unsigned t = 0; t < ann->threads; t++)
        place_scratch(ann, arena, scratch ? &scratch[t] : &first);
    if (ann->layer == counted)
        ann->layer = NULL;
}

/* A workspace as described, in an arena of its own. */
static sg_status create(const sg__ann *described, sg__ann **out)
{
    *out = NULL;
    sg__ann *ann = malloc(sizeof *ann);
    if (!ann)
        return SG_E_MEMORY;
    *ann = *described;
    sg__ann_place(ann, &ann->arena);
    if (!sg__arena_allocate(&ann->arena)) {
        free(ann);
        return SG_E_MEMORY;
    }
    sg__ann_place(ann, &ann->arena);
    *out = ann;
    return SG_OK;
}

sg_status sg__ann_create(const sg_network *net, size_t batch, unsigned threads,
                         bool learns, bool keeps, sg__ann **out)
{
    const sg__ann described = {.net = net,
                               .batch = batch,
                               .threads = threads,
                               .learns = learns,
                               .keeps = keeps};
    return create(&described, out);
}

sg_status sg__ann_create_serving(const sg_network *net, unsigned threads,
                                 const sg__ann *lender, sg__ann **out)
{
    const sg__ann described = {.net = net,
                               .batch = (size_t)CHUNK * threads,
                               .threads = threads,
                               .serves = true,
                               .lender = lender};
    return create(&described, out);
}

void sg__ann_destroy(sg__ann *ann)
{
    if (!ann)
        return;
    sg__arena_free(&ann->arena);
    free(ann);
}

void sg__ann_pack(sg__ann *ann, size_t l, uint32_t first, uint32_t last)
{
    sg__ann_layer *to = &ann->layer[l];
    const int32_t scale = (int32_t)1 << ann->net->layer[l].use_shift;
    ann->kernels->pack(&to->synapses, first, last);
    for (uint32_t k = first; to->use_bias && k < last; k++)
        to->use_bias[k] = to->synapses.bias[k] * scale;
}

void sg__ann_pack_all(sg__ann *ann)
{
    for (size_t l = 0; l < ann->net->layer_count; l++)
        if (ann->net->layer[l].synaptic)
            sg__ann_pack(ann, l, 0, ann->net->layer[l].geo.out_c);
}

void sg__ann_end(const sg__ann *ann, sg_phase_cost *cost, uint64_t begin,
                 sg__work work)
{
    if (!ann->profiles)
        return;
    cost->nanoseconds += sg__clock_ns() - begin;
    cost->dense_ops += work.macs;
    cost->ops += work.macs * work.share / 1000;
    cost->bytes += work.bytes;
}
