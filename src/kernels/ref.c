/* Reference kernels: portable C in loops that compilers vectorise well. They
 * define the bits of every other table.
 *
 * charge is driven by the inputs that are not 0: a list of them is gathered
 * for each output position and walked for a block of output channels that
 * stays in registers. */
#include <string.h>

#include "core/rules.h"
#include "kernels/kernels.h"

enum { BLOCK = SG__PACK_CHANNELS };

static size_t blocks(const sg__geometry *g)
{
    return (g->out_c + BLOCK - 1) / BLOCK;
}

/* One input that is not 0: where its weights are in a block, and its count. */
typedef struct tap {
    uint32_t offset;
    int32_t count;
} tap;

size_t sg_pack_size__ref(const sg__geometry *g)
{
    return blocks(g) * BLOCK * sg__fan_in(g) * sizeof(int16_t);
}

size_t sg_scratch_size__ref(const sg__geometry *g)
{
    return sg__fan_in(g) * sizeof(tap);
}

/* Packed as [out_c / BLOCK][K][BLOCK], channels past out_c are 0. */
void sg_pack__ref(const sg__geometry *g, const int16_t *weight, uint32_t first,
                  uint32_t last, void *packed)
{
    size_t fan_in = sg__fan_in(g);
    int16_t *to = (int16_t *)packed + first * fan_in;
    for (uint32_t block = first; block < last; block += BLOCK)
        for (size_t i = 0; i < fan_in; i++)
            for (uint32_t k = block; k < block + BLOCK; k++)
                *to++ = k < g->out_c ? weight[k * fan_in + i] : 0;
}

/* Gathers the inputs of an output position that are not 0. */
static size_t gather(const sg__geometry *g, const uint8_t *in, size_t position,
                     tap *taps)
{
    sg__patch f = sg__patch_of(g, (uint32_t)(position * g->out_c));
    size_t length = 0;
    for (uint32_t row = 0; row < f.rows; row++) {
        const uint8_t *run = in + f.input + row * f.input_step;
        uint32_t offset = (uint32_t)(f.weight + row * f.weight_step);
        for (uint32_t i = 0; i < f.width; i++) {
            taps[length] = (tap){offset + i, run[i]};
            length += run[i] != 0;
        }
    }
    return length;
}

static void charge_position(const sg__geometry *g, const tap *taps,
                            size_t length, const int16_t *packed,
                            const int32_t *bias, int32_t *charge)
{
    size_t stride = sg__fan_in(g) * BLOCK;
    for (uint32_t k = 0; k < g->out_c; k += BLOCK, packed += stride) {
        int32_t sum[BLOCK] = {0};
        for (size_t t = 0; t < length; t++) {
            const int16_t *w = packed + (size_t)taps[t].offset * BLOCK;
            int32_t count = taps[t].count;
            for (int j = 0; j < BLOCK; j++)
                sum[j] += count * w[j];
        }
        uint32_t width = g->out_c - k < BLOCK ? g->out_c - k : BLOCK;
        for (uint32_t j = 0; j < width; j++)
            charge[k + j] = bias[k + j] + sum[j];
    }
}

void sg_charge__ref(const sg__geometry *g, size_t n, const uint8_t *in,
                    size_t in_stride, const void *packed, const int32_t *bias,
                    int32_t *charge, size_t charge_stride, void *scratch)
{
    for (size_t s = 0; s < n; s++) {
        int32_t *out = charge + s * charge_stride;
        size_t positions = (size_t)g->out_h * g->out_w;
        for (size_t p = 0; p < positions; p++, out += g->out_c) {
            size_t length = gather(g, in + s * in_stride, p, scratch);
            charge_position(g, scratch, length, packed, bias, out);
        }
    }
}

void sg_respond__ref(size_t n, const int32_t *charge, int theta_bits,
                     int32_t level, int32_t cap, uint8_t *count, uint8_t *gate)
{
    for (size_t i = 0; i < n; i++) {
        count[i] = (uint8_t)sg__response(charge[i], theta_bits, level, cap);
        gate[i] = (uint8_t)sg__derivative(charge[i]);
    }
}

void sg_tally__ref(size_t n, const uint8_t *count, int32_t cap,
                   uint32_t tally[3])
{
    uint32_t spikes = 0, active = 0, saturated = 0;
    for (size_t i = 0; i < n; i++) {
        spikes += count[i];
        active += count[i] != 0;
        saturated += count[i] == cap;
    }
    tally[0] = spikes;
    tally[1] = active;
    tally[2] = saturated;
}

void sg_pool_sum__ref(const sg__geometry *g, const uint8_t *in, uint8_t *out)
{
    size_t row = (size_t)g->in_w * g->in_c, pixel = g->in_c;
    memset(out, 0, sg__outputs(g));
    for (uint32_t y = 0; y < g->out_h; y++)
        for (uint32_t x = 0; x < g->out_w; x++, out += pixel)
            for (uint32_t ky = 0; ky < g->kernel_h; ky++)
                for (uint32_t kx = 0; kx < g->kernel_w; kx++) {
                    const uint8_t *from = in + (y * g->stride + ky) * row +
                                          (x * g->stride + kx) * pixel;
                    for (size_t c = 0; c < pixel; c++)
                        out[c] = (uint8_t)(out[c] + from[c]);
                }
}

size_t sg_errors__ref(size_t n, const int32_t *u, const uint8_t *gate,
                      int phi_bits, uint32_t *events)
{
    size_t length = 0;
    int32_t half = (int32_t)1 << (phi_bits - 1);
    for (size_t i = 0; i < n; i++) {
        /* most error charges stay below the threshold */
        if (u[i] < half && u[i] >= -half)
            continue;
        if (gate && !gate[i])
            continue;
        events[length++] =
            sg__event_pack(i, sg__error_response(u[i], phi_bits));
    }
    return length;
}

void sg_propagate__ref(const sg__geometry *g, const int16_t *weight,
                       const uint32_t *events, size_t length, int32_t *u)
{
    for (size_t e = 0; e < length; e++) {
        sg__patch f = sg__patch_of(g, sg__event_neuron(events[e]));
        int32_t d = sg__event_d(events[e]);
        for (uint32_t row = 0; row < f.rows; row++) {
            const int16_t *restrict w =
                weight + f.weight + row * f.weight_step;
            int32_t *restrict to = u + f.input + row * f.input_step;
            for (uint32_t i = 0; i < f.width; i++)
                to[i] += d * w[i];
        }
    }
}

void sg_gradient__ref(const sg__geometry *g, const uint8_t *in,
                      const uint32_t *events, size_t length, uint32_t first,
                      uint32_t last, int32_t *gradient, int32_t *bias_gradient)
{
    for (size_t e = 0; e < length; e++) {
        uint32_t channel = sg__event_neuron(events[e]) % g->out_c;
        if (channel < first || channel >= last)
            continue;
        sg__patch f = sg__patch_of(g, sg__event_neuron(events[e]));
        int32_t d = sg__event_d(events[e]);
        bias_gradient[channel] += d;
        for (uint32_t row = 0; row < f.rows; row++) {
            const uint8_t *restrict n = in + f.input + row * f.input_step;
            int32_t *restrict to = gradient + f.weight + row * f.weight_step;
            for (uint32_t i = 0; i < f.width; i++)
                to[i] += d * n[i];
        }
    }
}

void sg_step__ref(size_t n, const int32_t *gradient, int32_t friction,
                  int32_t mult, int shift, int32_t limit, int32_t *velocity,
                  int32_t *master)
{
    int64_t half = INT64_C(1) << (shift - 1);
    for (size_t i = 0; i < n; i++)
        sg__step(&velocity[i], &master[i], gradient[i], friction, mult, shift,
                 half, limit);
}
