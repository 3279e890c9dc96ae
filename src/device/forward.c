/* Forward pass and loss on the device, in training and in use. */
#include <string.h>

#include "core/residual.h"
#include "device/engine.h"
#include "network/loss.h"

void sg__remote_begin(sg__remote *r, uint64_t step)
{
    const sg__moment moment = {step};
    memset(r->head_copy, 0, r->head_bytes);
    memcpy(r->head_copy, &moment, sizeof moment);
    sg__remote_write(r, r->memory, r->head, r->head_copy, r->head_bytes);
}

/* The first layer with weights that hears a sender, whose operations are
 * counted with what is sent; or the number of layers. */
static size_t first_to_hear(const sg__remote *r, size_t sender)
{
    const sg_network *net = r->base.net;
    size_t l = 0;
    while (l < net->layer_count &&
           !(net->layer[l].synaptic && net->layer[l].from == sender))
        l++;
    return l;
}

/* Sums of a sender's counts by pixel. */
static void count_sent(sg__remote *r, size_t sender, uint32_t n)
{
    const sg__remote_layer *s = &r->sender[sender];
    sg_phase_cost *phase = &r->cost[sender > 0 ? sender - 1 : 0].count;
    sg__task t = sg__remote_task(r, sender > 0 ? sender - 1 : 0);
    t.in = s->counts;
    t.pixels = s->pixels;
    t.active = s->active;
    t.places = s->places;
    t.channels = s->channels;
    t.done = sender > 0 ? t.done : 0;
    const size_t hears = first_to_hear(r, sender);
    if (hears < r->base.net->layer_count) {
        const sg__layer *layer = &r->base.net->layer[hears];
        t.more = r->done + hears * sizeof(sg__done);
        t.geo = layer->geo;
        t.spatial = layer->kind->spatial;
    }
    sg__remote_launch(r, SG__KERNEL_sg_count_sent, s->places, n, &t, phase, 0);
}

static void load(sg__remote *r, uint32_t n, sg__block images)
{
    const sg_network *net = r->base.net;
    const sg_shape in = sg__input_neurons(&net->recipe, net->input);
    sg_phase_cost phase = {0};
    sg__task t = sg__remote_task(r, 0);
    t.geo = (sg__geometry){.in_h = in.height,
                           .in_w = in.width,
                           .in_c = in.channels};
    t.neurons = in.height * in.width * in.channels;
    t.out = r->sender[0].counts;
    t.levels = net->recipe.input_levels;
    t.code = net->recipe.input;
    sg__remote_launch(r, SG__KERNEL_sg_load, t.neurons, n, &t, &phase, images);
    r->load_ns += phase.nanoseconds;
    count_sent(r, 0, n);
}

static void forward_synaptic(sg__remote *r, size_t l, uint32_t n,
                             bool training, uint64_t logits)
{
    const sg__layer *layer = &r->base.net->layer[l];
    const int shift = training ? 0 : layer->use_shift;
    sg_phase_cost *cost = &r->cost[l].forward;
    sg__task t = sg__remote_task(r, l);
    t.neurons = (uint32_t)sg__outputs(&layer->geo);
    t.theta_bits += shift;
    t.level *= (int32_t)1 << shift;
    t.use_shift = shift;
    t.out = layer->output ? 0 : r->sender[l + 1].counts;
    t.charge = layer->output ? logits : r->sender[l + 1].charges;
    t.gate = layer->output || !training ? 0 : r->sender[l + 1].errors;
    const uint32_t groups =
        sg__remote_tiles(r, (uint64_t)n * layer->geo.out_h * layer->geo.out_w,
                         layer->geo.out_c);
    t.count = n;
    if (groups)
        sg__remote_launch(r, sg__remote_tile(layer, false), groups * SG__GROUP,
                          1, &t, cost, 0);
    else
        sg__remote_launch(r, SG__KERNEL_sg_forward, t.neurons, n, &t, cost, 0);
    if (r->profiles) {
        cost->dense_ops += n * sg__dense_macs(&layer->geo);
        cost->ops += n * sg__dense_macs(&layer->geo);
        cost->bytes += layer->weights * (uint64_t)layer->weight_bits / 8 +
                       n * (sg__inputs(&layer->geo) + 2 * t.neurons);
    }
    if (first_to_hear(r, layer->from) != l)
        sg__remote_launch(r, SG__KERNEL_sg_count_arrivals, t.places, n, &t,
                          &r->cost[l].count, 0);
}

static void forward_weightless(sg__remote *r, size_t l, uint32_t n,
                               bool training)
{
    const sg__layer *layer = &r->base.net->layer[l];
    sg__kernel_id kernel = SG__KERNEL_sg_pool;
    sg__task t = sg__remote_task(r, l);
    t.neurons = (uint32_t)sg__outputs(&layer->geo);
    t.out = r->sender[l + 1].counts;
    t.charge = r->sender[l + 1].charges; /* of averages */
    if (layer->kind->id == SG_LAYER_POOL_MAX)
        t.mode = 1;
    else if (layer->kind->id == SG_LAYER_POOL_AVERAGE)
        t.mode = 2;
    else if (layer->kind->id == SG_LAYER_ADD) {
        kernel = SG__KERNEL_sg_pass_on;
        t.with = r->sender[layer->skip].counts;
    } else if (layer->kind->id == SG_LAYER_DROPOUT) {
        kernel = SG__KERNEL_sg_pass_on;
        t.mode = 1;
        t.keep_bits = training ? t.keep_bits : 0;
    }
    sg__remote_launch(r, kernel, t.neurons, n, &t, &r->cost[l].forward, 0);
}

void sg__remote_forward(sg__remote *r, uint32_t n, bool training,
                        uint64_t logits, sg__block images)
{
    const sg_network *net = r->base.net;
    load(r, n, images);
    for (size_t l = 0; l < net->layer_count; l++) {
        if (net->layer[l].synaptic)
            forward_synaptic(r, l, n, training, logits);
        else
            forward_weightless(r, l, n, training);
        if (!net->layer[l].output)
            count_sent(r, l + 1, n);
    }
}

void sg__remote_loss(sg__remote *r, uint32_t n, bool in_use, uint64_t mirrored,
                     uint64_t out, uint64_t predicted)
{
    const sg_network *net = r->base.net;
    const size_t top = net->layer_count - 1;
    sg__task t = sg__remote_task(r, top);
    t.in = r->logits;
    t.with = mirrored;
    t.out = out;
    t.charge = predicted;
    t.count = n;
    t.classes = net->classes;
    t.alpha = net->recipe.alpha;
    t.smoothing = net->recipe.smoothing_ppm;
    t.balance = sg__balances(&net->recipe) ? net->recipe.balance : 0;
    t.margin = sg__margin(net->recipe.margin_ppm, net->recipe.alpha);
    t.squared = net->recipe.loss == SG_LOSS_SQUARED;
    t.theta_bits += in_use ? net->layer[top].use_shift : 0;
    t.residual_bits = t.theta_bits;
    for (int32_t target = net->recipe.target; target > 1; target /= 2)
        t.residual_bits++;
    sg__remote_launch(r, SG__KERNEL_sg_loss, n, 1, &t, &r->cost[top].fire, 0);
}

void sg__remote_metrics(sg__remote *r, uint32_t samples, sg_metrics *out,
                        sg__squares *squares)
{
    const size_t layers = r->base.net->layer_count;
    sg__sums sums;
    sg__remote_read(r, r->head_copy, r->head, r->head_bytes);
    if (r->device->failed != SG_OK)
        return;
    memcpy(&sums, r->head_copy + (r->sums - r->head), sizeof sums);
    out->samples += samples;
    out->correct += sums.correct;
    out->loss_q20 += sums.loss_q20;
    out->layers = layers;
    for (size_t l = 0; l < layers; l++) {
        sg__done d;
        memcpy(&d, r->head_copy + (r->done - r->head) + l * sizeof d,
               sizeof d);
        sg_layer_activity *a = &out->layer[l];
        a->spikes += d.spikes;
        a->active += d.active;
        a->saturated += d.saturated;
        a->forward_ops += d.forward_ops;
        a->error_spikes += d.error_spikes;
        a->error_senders += d.error_senders;
        a->backward_ops += d.backward_ops;
        a->gradient_ops += d.gradient_ops;
        if (squares) {
            const sg__squares sum = {d.square_high, d.square_low, 0};
            sg__squares_add(&squares[l], sum);
        }
    }
}

/* Mirrored or not, as they are. */
static void show(sg__remote *r, const sg__range *range, uint32_t done,
                 uint32_t n, bool flip)
{
    const size_t bytes = (size_t)r->base.net->input.height *
                         r->base.net->input.width *
                         r->base.net->input.channels;
    for (uint32_t s = 0; s < n; s++) {
        const uint32_t id = range->first + done + s;
        memcpy(r->staging + s * bytes, sg_data_pixels(range->data, id), bytes);
        r->shown_copy[s] = (sg__shown){
            .flip = flip,
            .slot = s,
            .id = id,
            .label = sg_data_label(range->data, id),
        };
    }
    sg__remote_write(r, r->images, 0, r->staging, n * bytes);
    sg__remote_write(r, r->memory, r->shown, r->shown_copy,
                     n * sizeof *r->shown_copy);
}

sg_status sg__remote_evaluate(sg__engine *engine, const sg__range *range,
                              sg_metrics *out, uint32_t *predicted)
{
    sg__remote *r = sg__remote_of(engine);
    const bool profiles = r->profiles;
    r->profiles = false; /* a profile is of training */
    memset(out, 0, sizeof *out);
    out->layers = engine->net->layer_count;
    for (uint32_t done = 0, n; done < range->count; done += n) {
        n = range->count - done;
        n = n < engine->batch ? n : (uint32_t)engine->batch;
        sg__remote_begin(r, 0);
        if (range->flip) {
            show(r, range, done, n, true);
            sg__remote_forward(r, n, false, r->logits_too, 0);
            r->device->kind->finish(r->device); /* images were on their way */
        }
        show(r, range, done, n, false);
        sg__remote_forward(r, n, false, r->logits, 0);
        sg__remote_loss(r, n, true, range->flip ? r->logits_too : 0, 0,
                        r->classes);
        sg__remote_metrics(r, n, out, NULL);
        if (predicted)
            sg__remote_read(r, predicted + done, r->classes,
                            n * sizeof *predicted);
        if (r->device->failed != SG_OK)
            break;
    }
    r->profiles = profiles;
    return sg__remote_note(r);
}
