/* The optimiser step and its learning-rate schedule, in integers. */
#include "learn/optimiser.h"

enum { MILLION = 1000000, BIAS_INPUT = 2, BIAS_UNIT_BITS = 27 };

#define WHOLE ((int32_t)1 << 30)

/* cos^2(pi x / 2) for x in 0..WHOLE, both in units of 2^-30; by the series of
 * the sine, whose rest is below 2^-18. */
static int64_t half_cosine(int64_t x)
{
    const int64_t half_pi = 1686629713; /* round(2^30 pi / 2) */
    int64_t y = (x * half_pi) >> 30;
    int64_t square = (y * y) >> 30, term = y, sine = y;
    for (int n = 2; n <= 10; n += 2) {
        term = -((term * square) / WHOLE) / (n * (n + 1));
        sine += term;
    }
    int64_t result = WHOLE - ((sine * sine) >> 30);
    return result > 0 ? result : 0;
}

int32_t sg__schedule(const sg_recipe *recipe, uint64_t step, uint64_t steps,
                     uint64_t per_epoch)
{
    while ((steps | step) >> 33) { /* the products below take 63 bits */
        steps >>= 1;
        step >>= 1;
        per_epoch >>= 1;
    }
    uint64_t warmup = (uint64_t)recipe->warmup_ppm * per_epoch / MILLION;
    warmup = warmup < steps ? warmup : steps;
    if (step < warmup)
        return (int32_t)((step + 1) * (uint64_t)WHOLE / (warmup + 1));
    if (recipe->schedule == SG_SCHEDULE_CONSTANT)
        return WHOLE;
    uint64_t left = steps > step ? steps - step : 0;
    uint64_t share = left * (uint64_t)WHOLE / (steps - warmup);
    if (recipe->schedule == SG_SCHEDULE_LINEAR)
        return (int32_t)share;
    return (int32_t)half_cosine(WHOLE - (int64_t)share);
}

/* Shifts *x up to bit 62 and counts the shifts. */
static int normalise(uint64_t *x)
{
    int shift = 0;
    while (!(*x >> 62)) {
        *x <<= 1;
        shift++;
    }
    return shift;
}

/* lr A^2 2^unit_bits / (Ain^2 B alpha 2^gain). */
static sg__rate rate_of(const sg_recipe *r, int32_t out, int32_t in,
                        int gain_bits, int unit_bits, int32_t schedule)
{
    uint64_t value = (uint64_t)r->lr_ppm * (uint64_t)(out * out);
    value = (value * (uint64_t)(schedule >> 10)); /* in units of 2^-20 */
    if (value == 0)
        return (sg__rate){0, 1};
    int shift = 20 + gain_bits - unit_bits;
    shift += normalise(&value);
    value /= (uint64_t)in * (uint64_t)in * (uint64_t)r->batch;
    shift += normalise(&value);
    value /= (uint64_t)r->alpha * MILLION;
    while (value >> 30) {
        value >>= 1;
        shift--;
    }
    if (shift < 1) /* beyond any use: the step saturates the weight */
        return (sg__rate){WHOLE - 1, 1};
    if (shift > 61) {
        value = shift - 61 < 31 ? value >> (shift - 61) : 0;
        shift = 61;
    }
    return (sg__rate){(int32_t)value, shift};
}

sg__update sg__update_plan(const sg_network *net, size_t l, int32_t schedule)
{
    const sg__layer *layer = &net->layer[l];
    const sg_recipe *r = &net->recipe;
    return (sg__update){
        .weight = rate_of(r, layer->rate_out, layer->rate_in, layer->gain_bits,
                          layer->theta_bits + layer->master_shift, schedule),
        .bias = rate_of(r, layer->rate_out, BIAS_INPUT, layer->gain_bits,
                        BIAS_UNIT_BITS, schedule),
        .friction = (int32_t)(((int64_t)(MILLION - r->momentum_ppm) * 65536 +
                               MILLION / 2) /
                              MILLION),
    };
}

sg__step_plan sg__weight_step(const sg_network *net, size_t l,
                              const sg__update *update, uint64_t step)
{
    const sg__layer *layer = &net->layer[l];
    return (sg__step_plan){
        .friction = update->friction,
        .mult = update->weight.mult,
        .shift = update->weight.shift,
        .limit = layer->weight_limit * ((int32_t)1 << layer->master_shift),
        .weight_bits = layer->weight_bits,
        .weight_shift = layer->master_shift,
        .stochastic = net->recipe.rounding == SG_ROUNDING_STOCHASTIC,
        .seed = net->recipe.seed,
        .step = step,
        .key = 2 * (uint32_t)l,
    };
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

void sg__update_apply(sg_network *net, const sg__kernels *kernels, size_t l,
                      const sg__update *update, uint64_t step, uint32_t first,
                      uint32_t last, const int32_t *gradient,
                      const int32_t *bias_gradient)
{
    sg__layer *layer = &net->layer[l];
    size_t start = first * sg__fan_in(&layer->geo);
    size_t end = last * sg__fan_in(&layer->geo);
    sg__step_plan weights = sg__weight_step(net, l, update, step);
    sg__step_plan biases = sg__bias_step(net, l, update, step);
    kernels->step(&weights, start, end - start, gradient,
                  layer->velocity + start, layer->master + start,
                  (char *)layer->weight +
                      start * (size_t)layer->weight_bits / 8);
    kernels->step(&biases, first, last - first, bias_gradient,
                  layer->bias_velocity + first, layer->bias_master + first,
                  layer->bias + first);
}
