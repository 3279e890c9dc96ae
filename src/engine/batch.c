/* A batch in two fork-join rounds: samples, then channels of the layers.
 *
 * In the first round a task owns a few samples from image to error counts; in
 * the second a task owns a few output channels of one layer from gradient to
 * packed weights, so that a gradient lives in a core's cache and is never
 * whole. No two tasks write the same memory, and sums are integers, so neither
 * threads nor their timing can change a bit. */
#include "engine/batch.h"

#include <stdlib.h>
#include <string.h>

#include "ann/traffic.h"
#include "engine/activity.h"

/* Weights of a share, at most, unless one block of channels has more. */
enum { SHARE_WEIGHTS = 64 * 1024 };

/* Output channels of the layer that one share takes: as many as keep its
 * gradient near, in blocks that the packed layout allows. */
static uint32_t share_channels(const sg__ann *ann, const sg__layer *layer)
{
    const sg__geometry *g = &layer->geo;
    uint32_t block = ann->kernels->pack_size(g, layer->weight_bits) == 0
                         ? SG__UNPACKED_CHANNELS
                         : SG__PACK_CHANNELS;
    size_t channels = SHARE_WEIGHTS / sg__fan_in(g) / block * block;
    if (channels < block)
        return block;
    return channels < SG__GRADIENT_CHANNELS ? (uint32_t)channels
                                            : SG__GRADIENT_CHANNELS;
}

/* Lists the shares; shares may be NULL. Returns how many. */
static size_t list_shares(const sg__ann *ann, sg__share *shares)
{
    size_t count = 0;
    for (size_t l = 0; l < ann->net->layer_count; l++) {
        const sg__layer *layer = &ann->net->layer[l];
        uint32_t end = layer->geo.out_c;
        if (!layer->synaptic)
            continue;
        uint32_t step = share_channels(ann, layer);
        for (uint32_t k = 0; k < end; k += step, count++)
            if (shares)
                shares[count] = (sg__share){(uint32_t)l, k,
                                            k + step < end ? k + step : end};
    }
    return count;
}

static void place_scratch(const sg__batch *b, sg__arena *arena,
                          sg__batch_scratch *s)
{
    const sg_network *net = b->net;
    size_t weights = 0;
    for (size_t l = 0; l < net->layer_count; l++) {
        const sg__layer *layer = &net->layer[l];
        size_t share = !layer->synaptic ? 0
                                        : share_channels(&b->ann, layer) *
                                              sg__fan_in(&layer->geo);
        weights = share > weights ? share : weights;
    }
    s->gradient = sg__arena_take(arena, weights, sizeof *s->gradient);
    s->bias_gradient =
        sg__arena_take(arena, SG__GRADIENT_CHANNELS, sizeof *s->bias_gradient);
    s->labels = sg__arena_take(arena, b->ann.chunk, sizeof *s->labels);
    s->ids = sg__arena_take(arena, b->ann.chunk, sizeof *s->ids);
    if (net->recipe.input == SG_INPUT_ONOFF)
        s->split = sg__arena_take(arena, sg__inputs(&net->layer[0].geo), 1);
    s->metrics = sg__arena_take(arena, 1, sizeof *s->metrics);
}

static void place_kept(const sg__batch *b, sg__arena *arena,
                       sg__gradients *kept)
{
    for (size_t l = 0; l < b->net->layer_count; l++) {
        const sg__layer *layer = &b->net->layer[l];
        sg__gradients none = {NULL, NULL}, *to = kept ? &kept[l] : &none;
        if (!layer->synaptic)
            continue;
        to->weight = sg__arena_take(arena, layer->weights, sizeof *to->weight);
        to->bias = sg__arena_take(arena, layer->geo.out_c, sizeof *to->bias);
    }
}

static void place(sg__batch *b, sg__arena *arena)
{
    sg__batch_scratch first;
    sg__ann_place(&b->ann, arena);
    b->scratch = sg__arena_take(arena, b->ann.threads, sizeof *b->scratch);
    for (unsigned t = 0; t < b->ann.threads; t++)
        place_scratch(b, arena, b->scratch ? &b->scratch[t] : &first);
    b->squares =
        sg__arena_take(arena, b->net->layer_count, sizeof *b->squares);
    b->share_count = list_shares(&b->ann, NULL);
    b->shares = sg__arena_take(arena, b->share_count, sizeof *b->shares);
    if (b->shares)
        list_shares(&b->ann, b->shares);
    if (b->ann.keeps) {
        b->kept = sg__arena_take(arena, b->net->layer_count, sizeof *b->kept);
        place_kept(b, arena, b->kept);
    }
}

static void describe(sg__batch *b, const sg_network *net, size_t size,
                     unsigned threads, bool keeps)
{
    b->ann.net = net;
    b->ann.batch = size;
    b->ann.threads = threads;
    b->ann.learns = true;
    b->ann.keeps = keeps;
}

size_t sg__batch_bytes(const sg_network *net, size_t size, unsigned threads)
{
    sg__batch b = {.net = (sg_network *)net};
    describe(&b, net, size, threads, false);
    place(&b, &b.arena);
    return b.arena.used;
}

sg_status sg__batch_create(sg_network *net, const sg_data *data, size_t size,
                           unsigned threads, bool keeps, sg__batch *out)
{
    memset(out, 0, sizeof *out);
    out->net = net;
    out->data = data;
    sg_status status = sg__threads_create(threads, &out->threads);
    if (status != SG_OK)
        return status;
    describe(out, net, size, sg__threads_count(out->threads), keeps);
    place(out, &out->arena);
    if (!sg__arena_allocate(&out->arena))
        return SG_E_MEMORY;
    place(out, &out->arena);
    return SG_OK;
}

void sg__batch_destroy(sg__batch *b)
{
    sg__threads_destroy(b->threads);
    free(b->arena.base);
    memset(b, 0, sizeof *b);
}

static void load_sample(sg__batch *b, size_t s, uint8_t *split)
{
    const sg_network *net = b->net;
    const uint8_t *pixels = sg_data_pixels(b->data, b->samples[s]);
    int32_t levels = net->recipe.input_levels;
    if (net->recipe.input == SG_INPUT_ONOFF) {
        /* counts are what is moved about, so that no spikes come from outside
         * the image */
        sg__network_quantise(net, b->ann.kernels, pixels, split);
        pixels = split;
        levels = UINT8_MAX;
    }
    sg__augment_counts(&b->augment, b->ann.kernels,
                       sg__input_neurons(&net->recipe, net->input),
                       net->recipe.seed, b->epoch, b->samples[s], levels,
                       pixels, sg__ann_counts(&b->ann, 0, s));
}

static void pass_task(void *context, unsigned task, unsigned thread)
{
    sg__batch *b = context;
    sg__ann *ann = &b->ann;
    sg__batch_scratch *scratch = &b->scratch[thread];
    size_t first = task * ann->chunk, n = b->count - first;
    n = n < ann->chunk ? n : ann->chunk;
    uint64_t begin = sg__ann_begin(ann);
    for (size_t s = 0; s < n; s++) {
        load_sample(b, first + s, scratch->split);
        scratch->ids[s] = b->samples[first + s];
        scratch->labels[s] = sg_data_label(b->data, scratch->ids[s]);
    }
    scratch->load_ns += sg__ann_begin(ann) - begin;
    const sg__ann_moment at = {b->step, scratch->ids};
    sg__ann_forward(ann, first, n, 0, b->net->layer_count, &at, thread, NULL);
    sg__ann_backward(ann, first, n, scratch->labels, &at, thread);
    begin = sg__ann_begin(ann);
    for (size_t s = 0; s < n; s++)
        sg__activity_add(ann, first + s, scratch->labels[s], scratch->metrics);
    /* sums of all layers, at the place of the last */
    sg__ann_end(ann, &ann->scratch[thread].cost[b->net->layer_count - 1].count,
                begin, (sg__work){0});
}

void sg__batch_pass(sg__batch *b, sg_metrics *sums)
{
    size_t tasks = (b->count + b->ann.chunk - 1) / b->ann.chunk;
    for (unsigned t = 0; t < b->ann.threads; t++)
        memset(b->scratch[t].metrics, 0, sizeof *b->scratch[t].metrics);
    sg__threads_run(b->threads, (unsigned)tasks, pass_task, b);
    memset(b->spikes, 0, sizeof b->spikes);
    for (unsigned t = 0; t < b->ann.threads; t++) {
        sg__metrics_add(sums, b->scratch[t].metrics);
        for (size_t l = 0; l < b->net->layer_count; l++)
            b->spikes[l] += b->scratch[t].metrics->layer[l].spikes;
    }
}

void sg__batch_measure(sg__batch *b)
{
    sg_metrics unused;
    size_t layers = b->net->layer_count;
    const bool profiles = b->ann.profiles;
    memset(&unused, 0, sizeof unused);
    for (unsigned t = 0; t < b->ann.threads; t++)
        memset(b->ann.scratch[t].squares, 0,
               layers * sizeof *b->ann.scratch[t].squares);
    b->ann.measures = true;
    b->ann.profiles = false; /* a profile is of what every batch costs */
    sg__batch_pass(b, &unused);
    b->ann.measures = false;
    b->ann.profiles = profiles;
    memset(b->squares, 0, layers * sizeof *b->squares);
    for (unsigned t = 0; t < b->ann.threads; t++)
        for (size_t l = 0; l < layers; l++)
            sg__squares_add(&b->squares[l], b->ann.scratch[t].squares[l]);
}

static void update_task(void *context, unsigned task, unsigned thread)
{
    sg__batch *b = context;
    const sg__share *share = &b->shares[task];
    size_t l = share->layer, fan_in = sg__fan_in(&b->net->layer[l].geo);
    int32_t *gradient = b->scratch[thread].gradient;
    int32_t *bias = b->scratch[thread].bias_gradient;
    sg__ann_gradient(&b->ann, b->count, l, share->first, share->last, gradient,
                     bias, thread);
    uint32_t channels = share->last - share->first;
    if (b->kept) {
        memcpy(b->kept[l].weight + share->first * fan_in, gradient,
               channels * fan_in * sizeof *gradient);
        memcpy(b->kept[l].bias + share->first, bias, channels * sizeof *bias);
    }
    uint64_t begin = sg__ann_begin(&b->ann);
    sg__update_apply(b->net, b->ann.kernels, l, &b->update[l], b->step,
                     share->first, share->last, gradient, bias);
    sg__ann_pack(&b->ann, l, share->first, share->last);
    sg__ann_end(&b->ann, &b->ann.scratch[thread].cost[l].update, begin,
                (sg__work){channels * (fan_in + 1), 1000,
                           sg__traffic_update(&b->net->layer[l], channels)});
}

void sg__batch_update(sg__batch *b)
{
    for (size_t l = 0; l < b->net->layer_count; l++)
        if (b->net->layer[l].synaptic)
            sg__update_restrain(b->net, l, b->spikes[l], b->count,
                                &b->update[l]);
    sg__threads_run(b->threads, (unsigned)b->share_count, update_task, b);
}
