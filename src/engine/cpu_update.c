/* Gradient and step: a task owns a few output channels of one layer from
 * gradient to packed weights, so that a gradient lives in a core's cache and
 * is never whole. No two tasks write the same memory. */
#include "ann/traffic.h"
#include "engine/cpu.h"

/* Weights of a share, at most, unless one block of channels has more. */
enum { SHARE_WEIGHTS = 64 * 1024 };

/* As many channels as keep their gradient near, in blocks that the packed
 * layout allows. */
uint32_t sg__cpu_share_channels(const sg__ann *ann, const sg__layer *layer)
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

size_t sg__cpu_list_shares(const sg__ann *ann, sg__share *shares)
{
    size_t count = 0;
    for (size_t l = 0; l < ann->net->layer_count; l++) {
        const sg__layer *layer = &ann->net->layer[l];
        uint32_t end = layer->geo.out_c;
        if (!layer->synaptic)
            continue;
        uint32_t step = sg__cpu_share_channels(ann, layer);
        for (uint32_t k = 0; k < end; k += step, count++)
            if (shares)
                shares[count] = (sg__share){(uint32_t)l, k,
                                            k + step < end ? k + step : end};
    }
    return count;
}

/* A gradient that is wanted whole. */
typedef struct reduction {
    const sg__cpu *cpu;
    size_t layer;
    uint32_t first, last, step;
    int32_t *gradient, *bias_gradient;
} reduction;

static void reduce_task(void *context, unsigned task, unsigned thread)
{
    const reduction *r = context;
    const sg__cpu *cpu = r->cpu;
    const uint32_t skipped = task * r->step, first = r->first + skipped;
    const uint32_t last =
        r->last - first < r->step ? r->last : first + r->step;
    const size_t fan_in = sg__fan_in(&cpu->ann.net->layer[r->layer].geo);
    sg__ann_gradient(&cpu->ann, cpu->batch.count, r->layer, first, last,
                     r->gradient + skipped * fan_in,
                     r->bias_gradient + skipped, thread);
}

sg_status sg__cpu_reduce(sg__engine *engine, size_t l, uint32_t first,
                         uint32_t last, int32_t *gradient,
                         int32_t *bias_gradient)
{
    sg__cpu *cpu = sg__cpu_of(engine);
    const uint32_t step =
        sg__cpu_share_channels(&cpu->ann, &cpu->ann.net->layer[l]);
    reduction r = {cpu, l, first, last, step, gradient, bias_gradient};
    sg__threads_run(cpu->threads, (last - first + step - 1) / step,
                    reduce_task, &r);
    return SG_OK;
}

/* An update under way. */
typedef struct step {
    sg__cpu *cpu;
    const sg__update *update; /* [layers] */
} step;

static void update_task(void *context, unsigned task, unsigned thread)
{
    const step *s = context;
    sg__cpu *cpu = s->cpu;
    sg__ann *ann = &cpu->ann;
    const sg__share *share = &cpu->shares[task];
    const size_t l = share->layer;
    const sg__layer *layer = &ann->net->layer[l];
    if (layer->frozen)
        return;
    int32_t *gradient = cpu->scratch[thread].gradient;
    int32_t *bias = cpu->scratch[thread].bias_gradient;
    sg__ann_gradient(ann, cpu->batch.count, l, share->first, share->last,
                     gradient, bias, thread);
    uint32_t channels = share->last - share->first;
    uint64_t begin = sg__ann_begin(ann);
    sg__update_apply(cpu->base.trained, ann->kernels, l, &s->update[l],
                     cpu->batch.step, share->first, share->last, gradient,
                     bias);
    sg__ann_pack(ann, l, share->first, share->last);
    sg__ann_end(ann, &ann->scratch[thread].cost[l].update, begin,
                (sg__work){channels * (sg__fan_in(&layer->geo) + 1), 1000,
                           sg__traffic_update(layer, channels)});
}

sg_status sg__cpu_update(sg__engine *engine, const sg__update *update)
{
    sg__cpu *cpu = sg__cpu_of(engine);
    step s = {cpu, update};
    sg__threads_run(cpu->threads, (unsigned)cpu->share_count, update_task, &s);
    return SG_OK;
}
