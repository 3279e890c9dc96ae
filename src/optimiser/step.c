/* The optimiser step of some output channels: momentum, decay, rounding, and
 * the forward copies that follow. */
#include "optimiser/optimiser.h"

#include "core/rounding.h"
#include "core/rows.h"

/* Of standardised rows that are updated together: rows at most, and weights,
 * of 12 bytes each. */
enum { ROWS = 64, BLOCK_WEIGHTS = 32768 };

sg__step_plan sg__weight_step(const sg_network *net, size_t l,
                              const sg__update *update, uint64_t step)
{
    const sg__layer *layer = &net->layer[l];
    sg__step_plan plan = {
        .friction = update->friction,
        .mult = update->weight.mult,
        .shift = update->weight.shift,
        .limit = layer->weight_limit * ((int32_t)1 << layer->master_shift),
        .weight_bits = layer->weight_bits,
        .weight_shift = layer->master_shift,
        .stochastic = net->recipe.rounding == SG_ROUNDING_STOCHASTIC,
        .seed = net->recipe.seed,
        .step = step,
        .key = sg__rounding_key(l),
    };
    if (layer->standardised) {
        plan.limit = SG__ROW_LIMIT;
        plan.weight_bits = 32;
        plan.weight_shift = 0;
    }
    return plan;
}

sg__step_plan sg__bias_step(const sg_network *net, size_t l,
                            const sg__update *update, uint64_t step)
{
    const sg__layer *layer = &net->layer[l];
    sg__step_plan plan = sg__weight_step(net, l, update, step);
    plan.mult = update->bias.mult;
    plan.shift = update->bias.shift;
    plan.limit = layer->bias_limit * ((int32_t)1 << layer->bias_shift);
    plan.weight_bits = 32;
    plan.weight_shift = layer->bias_shift;
    plan.key++;
    return plan;
}

sg__step_plan sg__gain_step(const sg_network *net, size_t l,
                            const sg__update *update, uint64_t step)
{
    sg__step_plan plan = sg__weight_step(net, l, update, step);
    plan.mult = update->gain.mult;
    plan.shift = update->gain.shift;
    plan.limit = net->recipe.gain_limit * ((int32_t)1 << SG__GAIN_BITS);
    plan.key |= SG__GAIN_KEY;
    return plan;
}

/* Rows first..last-1, at most ROWS, of a standardised layer: gradients along
 * and across the sphere, the step of both, and the weights they make. */
static void step_block(sg_network *net, const sg__kernels *kernels, size_t l,
                       const sg__update *update, uint64_t step, uint32_t first,
                       uint32_t last, int32_t *gradient)
{
    sg__layer *layer = &net->layer[l];
    const size_t fan_in = sg__fan_in(&layer->geo), start = first * fan_in;
    const size_t n = (last - first) * fan_in;
    const sg__step_plan weights = sg__weight_step(net, l, update, step);
    const sg__step_plan gains = sg__gain_step(net, l, update, step);
    int32_t across[ROWS];
    for (uint32_t k = first; k < last; k++) {
        const sg__row *row = &layer->row[k];
        int32_t *along = gradient + (k - first) * fan_in;
        kernels->tangent(fan_in, layer->master + k * fan_in, row,
                         sg__row_ratio(layer->gain[k], sg__row_start(fan_in),
                                       row->size),
                         along, &across[k - first]);
        if (update->clip.mult)
            kernels->shorten(fan_in,
                             sg__row_longest(row->size, update->clip.mult,
                                             update->clip.shift),
                             along, &across[k - first]);
    }
    if (update->shrink)
        kernels->decay(last - first, update->shrink, layer->gain + first);
    kernels->step(&gains, first, last - first, across,
                  layer->gain_velocity + first, layer->gain + first, across);
    if (update->decay)
        kernels->decay(n, update->decay, layer->master + start);
    kernels->step(&weights, start, n, gradient, layer->velocity + start,
                  layer->master + start, gradient);
    sg__layer_standardise(layer, kernels, first, last);
}

/* In blocks whose gradients, masters and velocities stay in a core's cache
 * from one pass over them to the next. */
static void step_rows(sg_network *net, const sg__kernels *kernels, size_t l,
                      const sg__update *update, uint64_t step, uint32_t first,
                      uint32_t last, int32_t *gradient)
{
    const size_t fan_in = sg__fan_in(&net->layer[l].geo);
    const size_t fit = BLOCK_WEIGHTS / fan_in;
    const uint32_t rows = fit < 1 ? 1 : fit < ROWS ? (uint32_t)fit : ROWS;
    for (uint32_t k = first; k < last; k += rows) {
        uint32_t end = last - k < rows ? last : k + rows;
        step_block(net, kernels, l, update, step, k, end,
                   gradient + (k - first) * fan_in);
    }
}

static void step_weights(sg_network *net, const sg__kernels *kernels, size_t l,
                         const sg__update *update, uint64_t step,
                         uint32_t first, uint32_t last,
                         const int32_t *gradient)
{
    sg__layer *layer = &net->layer[l];
    size_t start = first * sg__fan_in(&layer->geo);
    size_t end = last * sg__fan_in(&layer->geo);
    sg__step_plan weights = sg__weight_step(net, l, update, step);
    if (update->decay)
        kernels->decay(end - start, update->decay, layer->master + start);
    kernels->step(&weights, start, end - start, gradient,
                  layer->velocity + start, layer->master + start,
                  (char *)layer->weight +
                      start * (size_t)layer->weight_bits / 8);
}

void sg__update_apply(sg_network *net, const sg__kernels *kernels, size_t l,
                      const sg__update *update, uint64_t step, uint32_t first,
                      uint32_t last, int32_t *gradient, int32_t *bias_gradient)
{
    sg__layer *layer = &net->layer[l];
    sg__step_plan biases = sg__bias_step(net, l, update, step);
    if (layer->frozen)
        return;
    if (layer->standardised)
        step_rows(net, kernels, l, update, step, first, last, gradient);
    else
        step_weights(net, kernels, l, update, step, first, last, gradient);
    if (update->shrink)
        kernels->decay(last - first, update->shrink,
                       layer->bias_master + first);
    kernels->step(&biases, first, last - first, bias_gradient,
                  layer->bias_velocity + first, layer->bias_master + first,
                  layer->bias + first);
}
