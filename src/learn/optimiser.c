/* The optimiser step and its learning-rate schedule, in integers. */
#include "learn/optimiser.h"

#include "base/random.h"
#include "core/rules.h"

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

/* A uniform integer below 2^shift for each of four neighbours. */
static void draw_offsets(uint64_t seed, uint64_t step, uint32_t l, size_t quad,
                         int shift, int64_t offset[4])
{
    sg__draw draw =
        sg__random(seed, SG__STREAM_ROUNDING, (uint32_t)step,
                   (uint32_t)(step >> 32) ^ l << 24, (uint32_t)quad,
                   (uint32_t)((uint64_t)quad >> 32));
    for (int i = 0; i < 4; i++)
        offset[i] = shift <= 32 ? (int64_t)draw.v[i] >> (32 - shift)
                                : (int64_t)draw.v[i] << (shift - 32);
}

/* One array of parameters; key tells weights from biases in the draws. */
typedef struct parameters {
    uint32_t key;
    sg__rate rate;
    int32_t limit;
    const int32_t *gradient;
    int32_t *velocity, *master;
} parameters;

static void step_stochastic(const parameters *p, uint64_t seed, uint64_t step,
                            int32_t friction, size_t first, size_t last)
{
    int64_t offset[4];
    for (size_t i = first; i < last; i++) {
        if (i == first || i % 4 == 0)
            draw_offsets(seed, step, p->key, i / 4, p->rate.shift, offset);
        sg__step(&p->velocity[i], &p->master[i], p->gradient[i], friction,
                 p->rate.mult, p->rate.shift, offset[i % 4], p->limit);
    }
}

static void step_range(const sg_recipe *recipe, const sg__kernels *kernels,
                       const parameters *p, uint64_t step, int32_t friction,
                       size_t first, size_t last)
{
    if (recipe->rounding == SG_ROUNDING_STOCHASTIC)
        step_stochastic(p, recipe->seed, step, friction, first, last);
    else
        kernels->step(last - first, p->gradient + first, friction,
                      p->rate.mult, p->rate.shift, p->limit,
                      p->velocity + first, p->master + first);
}

void sg__update_apply(sg_network *net, const sg__kernels *kernels, size_t l,
                      const sg__update *update, uint64_t step, uint32_t first,
                      uint32_t last, const int32_t *gradient,
                      const int32_t *bias_gradient)
{
    sg__layer *layer = &net->layer[l];
    size_t fan_in = sg__fan_in(&layer->geo);
    parameters weights = {
        .key = 2 * (uint32_t)l,
        .rate = update->weight,
        .limit = layer->weight_limit * ((int32_t)1 << layer->master_shift),
        .gradient = gradient,
        .velocity = layer->velocity,
        .master = layer->master,
    };
    parameters biases = {
        .key = 2 * (uint32_t)l + 1,
        .rate = update->bias,
        .limit = layer->bias_limit * ((int32_t)1 << layer->bias_shift),
        .gradient = bias_gradient,
        .velocity = layer->bias_velocity,
        .master = layer->bias_master,
    };
    step_range(&net->recipe, kernels, &weights, step, update->friction,
               first * fan_in, last * fan_in);
    step_range(&net->recipe, kernels, &biases, step, update->friction, first,
               last);
    sg__layer_refresh(layer, first, last);
}
