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
        .weight = rate_of(r, layer->rate_out, layer->rate_in,
                          layer->gain_bits,
                          layer->theta_bits + layer->master_shift, schedule),
        .bias = rate_of(r, layer->rate_out, BIAS_INPUT, layer->gain_bits,
                        BIAS_UNIT_BITS, schedule),
        .friction = (int32_t)(((int64_t)(MILLION - r->momentum_ppm) * 65536 +
                               MILLION / 2) /
                              MILLION),
    };
}

static int32_t saturate(int64_t x, int64_t limit)
{
    if (x > limit)
        return (int32_t)limit;
    return x < -limit ? (int32_t)-limit : (int32_t)x;
}

/* One parameter; offset is what the rounding adds, 0..2^shift - 1. */
static void step_one(int32_t *velocity, int32_t *master, int32_t gradient,
                     int32_t friction, sg__rate rate, int64_t offset,
                     int64_t limit)
{
    int64_t v = *velocity;
    v += gradient - sg__floor_shift64(v * friction + 32768, 16);
    *velocity = saturate(v, INT32_MAX);
    int64_t change = sg__floor_shift64((int64_t)*velocity * rate.mult + offset,
                                       rate.shift);
    *master = saturate(*master - change, limit);
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

/* Parameters first..last-1 of one array; key tells weights from biases. */
static void step_range(const sg_network *net, uint32_t key, sg__rate rate,
                       int32_t friction, int64_t limit, uint64_t step,
                       size_t first, size_t last, const int32_t *gradient,
                       int32_t *velocity, int32_t *master)
{
    int64_t offset[4], half = INT64_C(1) << (rate.shift - 1);
    bool stochastic = net->recipe.rounding == SG_ROUNDING_STOCHASTIC;
    for (size_t i = first; i < last; i++) {
        if (stochastic && (i == first || i % 4 == 0))
            draw_offsets(net->recipe.seed, step, key, i / 4, rate.shift,
                         offset);
        step_one(&velocity[i], &master[i], gradient[i], friction, rate,
                 stochastic ? offset[i % 4] : half, limit);
    }
}

void sg__update_apply(sg_network *net, size_t l, const sg__update *update,
                      uint64_t step, uint32_t first, uint32_t last,
                      const int32_t *gradient, const int32_t *bias_gradient)
{
    sg__layer *layer = &net->layer[l];
    size_t fan_in = sg__fan_in(&layer->geo);
    uint32_t key = 2 * (uint32_t)l;
    step_range(net, key, update->weight, update->friction,
               (int64_t)layer->weight_limit << layer->master_shift, step,
               first * fan_in, last * fan_in, gradient, layer->velocity,
               layer->master);
    step_range(net, key + 1, update->bias, update->friction,
               (int64_t)layer->bias_limit << layer->bias_shift, step, first,
               last, bias_gradient, layer->bias_velocity, layer->bias_master);
    sg__layer_refresh(layer, first, last);
}
