/* What one step means for each layer: learning rates, clip, decay and the
 * restraint of layers that fire too much, as fixed-point numbers. */
#include "optimiser/optimiser.h"

#include "network/class_weights.h"

enum { MILLION = 1000000, BIAS_INPUT = 2, BIAS_UNIT_BITS = 27 };

#define WHOLE ((int32_t)1 << 30)

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

/* lr share A^2 2^unit_bits / (Ain^2 B alpha 2^gain), B times the mean of the
 * weights where classes have some. Behind dropouts Ain^2,
 * the mean square of what arrives, is 2^use_shift times less; unit_bits has
 * that. */
static sg__rate rate_of(const sg_network *net, const sg__layer *layer,
                        int32_t in, int32_t share_ppm, int unit_bits,
                        int32_t schedule)
{
    const sg_recipe *r = &net->recipe;
    int32_t out = layer->rate_out;
    int64_t lr = r->lr_ppm * share_ppm / MILLION;
    if (layer->output) /* at most 1000 * 16 million */
        lr = lr * r->readout_rate_ppm / MILLION;
    uint64_t value = (uint64_t)lr * (uint64_t)(out * out);
    value = (value * (uint64_t)(schedule >> 10)); /* in units of 2^-20 */
    if (value == 0)
        return (sg__rate){0, 1};
    int shift = 20 + layer->gain_bits - unit_bits;
    shift += normalise(&value);
    value /= (uint64_t)in * (uint64_t)in * (uint64_t)r->batch;
    shift += normalise(&value);
    value /= (uint64_t)r->alpha * MILLION;
    if (net->class_weight && value > 0) {
        shift += normalise(&value) - SG__WEIGHT_MEAN_BITS;
        value /= net->weight_mean;
    }
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

/* A positive number value 2^exponent of 31 bits, or 0: enough for a rate. */
typedef struct scaled {
    uint64_t value;
    int exponent;
} scaled;

static scaled scaled_of(uint64_t value, int exponent)
{
    for (; value >> 31; exponent++)
        value >>= 1;
    return (scaled){value, exponent};
}

static scaled times(scaled a, uint64_t factor)
{
    scaled b = scaled_of(factor, 0);
    return scaled_of(a.value * b.value, a.exponent + b.exponent);
}

static scaled over(scaled a, uint64_t divisor)
{
    scaled b = scaled_of(divisor, 0);
    return scaled_of((a.value << 32) / b.value, a.exponent - 32 - b.exponent);
}

static sg__rate scaled_rate(scaled a)
{
    for (; a.value >> 30; a.exponent++)
        a.value >>= 1;
    int shift = -a.exponent;
    if (shift < 1)
        return (sg__rate){a.value ? WHOLE - 1 : 0, 1};
    for (; shift > 61 && a.value; shift--)
        a.value >>= 1;
    return (sg__rate){(int32_t)a.value, shift > 61 ? 61 : shift};
}

/* lr(t), of the last layer its own. */
static scaled learning_rate(const sg_recipe *r, bool output, int32_t schedule)
{
    scaled lr = scaled_of((uint64_t)schedule, -30);
    lr = over(times(lr, (uint64_t)r->lr_ppm), MILLION);
    return output ? over(times(lr, (uint64_t)r->readout_rate_ppm), MILLION)
                  : lr;
}

/* What the errors of a batch can weigh: B alpha. */
static scaled batch_weight(const sg_network *net)
{
    const sg_recipe *r = &net->recipe;
    scaled weight = scaled_of((uint64_t)r->batch * (uint64_t)r->alpha, 0);
    if (net->class_weight) {
        weight = times(weight, net->weight_mean);
        weight.exponent -= SG__WEIGHT_MEAN_BITS;
    }
    return weight;
}

/* lr(t) norm / (2^f B alpha 2^gain): what a gradient along a standardised row
 * is worth, in directions, or one across it, in gains. */
static scaled standardised_rate(const sg_network *net, const sg__layer *layer,
                                int32_t schedule)
{
    const sg_recipe *r = &net->recipe;
    scaled rate = learning_rate(r, false, schedule);
    rate = times(rate, (uint64_t)layer->row_norm);
    const scaled weight = batch_weight(net);
    rate = over(rate, weight.value);
    rate.exponent -= weight.exponent;
    rate.exponent -= SG__ROW_NORM_BITS + SG__TANGENT_BITS + layer->theta_bits +
                     layer->gain_bits;
    return rate;
}

/* clip over what a gradient is worth at lr = 1, in sizes. */
static sg__rate clip_of(const sg_network *net, const sg__layer *layer)
{
    const sg_recipe *r = &net->recipe;
    const size_t fan_in = sg__fan_in(&layer->geo);
    scaled clip = over(scaled_of((uint64_t)r->clip_ppm, 0), MILLION);
    const scaled weight = batch_weight(net);
    clip = times(clip, weight.value);
    clip.exponent += weight.exponent;
    clip = over(clip, (uint64_t)layer->row_norm);
    clip = over(clip, sg__row_start(fan_in));
    clip.exponent += SG__ROW_NORM_BITS + SG__TANGENT_BITS + layer->theta_bits +
                     layer->gain_bits;
    return scaled_rate(clip);
}

static int32_t decay_of(const sg_recipe *r, bool output, int32_t schedule)
{
    scaled share = times(learning_rate(r, output, schedule),
                         (uint64_t)r->weight_decay_ppm);
    share = over(share, (uint64_t)(MILLION - r->momentum_ppm));
    int shift = share.exponent + 32;
    uint64_t most = INT32_MAX;
    if (share.value == 0 || shift < -31)
        return 0;
    if (shift > 31)
        return INT32_MAX;
    uint64_t decay = shift >= 0 ? share.value << shift : share.value >> -shift;
    return (int32_t)(decay < most ? decay : most);
}

/* The power of two nearest to a rate, in proportion: 2^(n + 1) from
 * floor(2^n sqrt(2)) + 1 on, n + 1 being the bits of mult. */
static sg__rate as_shift(sg__rate rate)
{
    int bits = 0;
    if (rate.mult == 0)
        return rate;
    while (rate.mult >> (bits + 1))
        bits++;
    bits += (uint64_t)rate.mult * (uint64_t)rate.mult >> (2 * bits + 1) > 0;
    if (rate.shift - bits >= 1)
        return (sg__rate){1, rate.shift - bits};
    bits -= rate.shift - 1;
    return (sg__rate){(int32_t)1 << (bits < 29 ? bits : 29), 1};
}

sg__update sg__update_plan(const sg_network *net, size_t l, int32_t schedule)
{
    const sg__layer *layer = &net->layer[l];
    const sg_recipe *r = &net->recipe;
    sg__update update = {
        .weight =
            rate_of(net, layer, layer->rate_in, MILLION,
                    layer->theta_bits + layer->master_shift + layer->use_shift,
                    schedule),
        .bias = rate_of(net, layer, BIAS_INPUT, r->bias_rate_ppm,
                        BIAS_UNIT_BITS, schedule),
        .friction = (int32_t)(((int64_t)(MILLION - r->momentum_ppm) * 65536 +
                               MILLION / 2) /
                              MILLION),
        .decay = decay_of(r, layer->output, schedule),
    };
    if (layer->standardised) {
        scaled rate = standardised_rate(net, layer, schedule);
        size_t fan_in = sg__fan_in(&layer->geo);
        update.weight = scaled_rate(times(rate, sg__row_start(fan_in)));
        update.clip = clip_of(net, layer);
        rate.exponent += SG__GAIN_BITS;
        update.gain = scaled_rate(rate);
    }
    if (r->rate == SG_RATE_SHIFT) {
        update.weight = as_shift(update.weight);
        update.bias = as_shift(update.bias);
        update.gain = as_shift(update.gain);
    }
    return update;
}

void sg__update_restrain(const sg_network *net, size_t l, uint64_t spikes,
                         size_t samples, sg__update *update)
{
    const sg__layer *layer = &net->layer[l];
    const uint64_t n = sg__outputs(&layer->geo) * samples;
    update->shrink =
        layer->standardised
            ? sg__restraint(spikes, n, (uint32_t)net->recipe.spike_limit_ppm)
            : 0;
}
