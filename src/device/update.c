/* Gradient and optimiser step on the device. */
#include <string.h>

#include "core/rounding.h"
#include "device/engine.h"

/* Groups that share the samples of a gradient, where it has few synapses. */
enum { SHARES = 16 };

/* Positions that a group of a gradient's tile sums over: so many that there are
 * some thousand groups, in whole steps of a tile: more of them would add more
 * often to the same sums. */
static uint32_t share_of(uint64_t positions, uint32_t groups)
{
    enum { GROUPS = 1056, STEP = 64, MOST = 65535 };
    const uint64_t shares = (GROUPS + groups - 1) / groups;
    uint64_t share = (positions + shares - 1) / shares;
    if (share < positions / MOST + 1)
        share = positions / MOST + 1;
    return (uint32_t)((share + STEP - 1) / STEP * STEP);
}

/* Where the gradient of the biases of the layer in r->gradient is. */
static uint64_t bias_gradient(const sg__remote *r, const sg__layer *layer)
{
    return r->gradient + layer->weights * sizeof(int32_t);
}

/* Gradient of layer l, in r->gradient. */
static void gradient(sg__remote *r, size_t l)
{
    const sg__layer *layer = &r->base.net->layer[l];
    const uint32_t weights = (uint32_t)layer->weights;
    const uint32_t n = (uint32_t)r->last.count;
    sg_phase_cost *cost = &r->cost[l].gradient;
    sg__task t = sg__remote_task(r, l);
    sg__remote_clear(r, r->gradient, weights + layer->geo.out_c);
    t.gate = r->sender[l + 1].errors;
    t.busy = r->sender[l + 1].busy;
    t.gradient = r->gradient;
    t.bias_gradient = bias_gradient(r, layer);
    t.count = n;
    const sg__geometry *g = &layer->geo;
    const uint64_t positions = (uint64_t)n * g->out_h * g->out_w;
    const uint32_t groups =
        positions > INT32_MAX
            ? 0
            : sg__remote_tiles(r, g->out_c, (uint32_t)sg__fan_in(g));
    if (groups) {
        t.share = share_of(positions, groups);
        const bool even =
            g->in_c % 4 == 0 && g->out_c % 4 == 0 && g->out_w % 4 == 0;
        sg__remote_launch(r,
                          even ? SG__KERNEL_sg_tile_gradient_even
                               : SG__KERNEL_sg_tile_gradient,
                          groups * SG__GROUP,
                          (uint32_t)((positions + t.share - 1) / t.share), &t,
                          cost, 0);
    }
    t.share = (n + SHARES - 1) / SHARES;
    if (!groups)
        sg__remote_launch(r, SG__KERNEL_sg_gradient, weights + g->out_c,
                          (n + t.share - 1) / t.share, &t, cost, 0);
    if (r->profiles) {
        const uint64_t macs = n * sg__dense_macs(&layer->geo);
        cost->dense_ops += macs;
        cost->ops += macs;
        cost->bytes +=
            4 * (uint64_t)weights +
            n * (sg__inputs(&layer->geo) + (uint64_t)sg__outputs(&layer->geo));
    }
}

sg_status sg__remote_reduce(sg__engine *engine, size_t l, uint32_t first,
                            uint32_t last, int32_t *to, int32_t *bias_to)
{
    sg__remote *r = sg__remote_of(engine);
    const size_t fan_in = sg__fan_in(&engine->net->layer[l].geo);
    gradient(r, l);
    sg__remote_read(r, to, r->gradient + first * fan_in * sizeof *to,
                    (last - first) * fan_in * sizeof *to);
    sg__remote_read(r, bias_to,
                    bias_gradient(r, &engine->net->layer[l]) +
                        first * sizeof *bias_to,
                    (last - first) * sizeof *bias_to);
    return sg__remote_note(r);
}

static sg__rates rates_of(const sg__update *u)
{
    return (sg__rates){
        .weight_mult = u->weight.mult,
        .weight_shift = u->weight.shift,
        .bias_mult = u->bias.mult,
        .bias_shift = u->bias.shift,
        .gain_mult = u->gain.mult,
        .gain_shift = u->gain.shift,
        .clip_mult = u->clip.mult,
        .clip_shift = u->clip.shift,
        .friction = u->friction,
        .decay = u->decay,
        .shrink = u->shrink,
    };
}

static void step(sg__remote *r, size_t l)
{
    const sg_network *net = r->base.net;
    const sg__layer *layer = &net->layer[l];
    const uint64_t *array = r->sender[l + 1].array;
    sg_phase_cost *cost = &r->cost[l].update;
    sg__task t = sg__remote_task(r, l);
    t.gradient = r->gradient;
    t.bias_gradient = bias_gradient(r, layer);
    t.master = array[SG__ARRAY_MASTER];
    t.velocity = array[SG__ARRAY_VELOCITY];
    t.bias_master = array[SG__ARRAY_BIAS_MASTER];
    t.bias_velocity = array[SG__ARRAY_BIAS_VELOCITY];
    t.gain = array[SG__ARRAY_GAIN];
    t.gain_velocity = array[SG__ARRAY_GAIN_VELOCITY];
    t.row = array[SG__ARRAY_ROW];
    t.limit = layer->weight_limit;
    t.master_shift = layer->master_shift;
    t.bias_limit = layer->bias_limit;
    t.bias_shift = layer->bias_shift;
    t.gain_limit = net->recipe.gain_limit;
    t.row_norm = layer->row_norm;
    t.stochastic = net->recipe.rounding == SG_ROUNDING_STOCHASTIC;
    t.rounding_key = sg__rounding_key(l);
    t.neurons = (uint32_t)layer->weights;
    if (layer->standardised)
        sg__remote_launch(r, SG__KERNEL_sg_step_row,
                          layer->geo.out_c * SG__GROUP, 1, &t, cost, 0);
    else
        sg__remote_launch(r, SG__KERNEL_sg_step_weights,
                          t.neurons + layer->geo.out_c, 1, &t, cost, 0);
    sg__remote_turn(r, l);
    if (r->profiles) {
        cost->dense_ops += layer->weights;
        cost->ops += layer->weights;
        cost->bytes += 20 * (uint64_t)layer->weights +
                       layer->weights * (uint64_t)layer->weight_bits / 8;
    }
}

sg_status sg__remote_update(sg__engine *engine, const sg__update *update)
{
    sg__remote *r = sg__remote_of(engine);
    const size_t layers = engine->net->layer_count;
    char *to = r->head_copy + (r->rates - r->head);
    for (size_t l = 0; l < layers; l++) {
        const sg__rates rates = rates_of(&update[l]);
        memcpy(to + l * sizeof rates, &rates, sizeof rates);
    }
    sg__remote_write(r, r->memory, r->rates, to, layers * sizeof(sg__rates));
    for (size_t l = 0; l < layers; l++) {
        if (!engine->net->layer[l].synaptic || engine->net->layer[l].frozen)
            continue;
        gradient(r, l);
        step(r, l);
    }
    return sg__remote_note(r);
}
