/* Reference kernels of the forward pass: portable C that says what every
 * table computes, in the order of the definition. */
#include <string.h>

#include "kernels/kernels.h"

uint32_t sg_forward_sparse_below__ref(const sg__geometry *g, int bits)
{
    (void)g;
    (void)bits;
    return 1001;
}

uint32_t sg_propagate_sparse_below__ref(const sg__geometry *g, int bits)
{
    (void)g;
    (void)bits;
    return 1001;
}

uint32_t sg_gradient_sparse_below__ref(const sg__geometry *g, int bits)
{
    (void)g;
    (void)bits;
    return 1001;
}

size_t sg_pack_size__ref(const sg__geometry *g, int bits)
{
    (void)g;
    (void)bits;
    return 0; /* weights are read where they are */
}

void sg_pack__ref(const sg__synapses *s, uint32_t first, uint32_t last)
{
    (void)s;
    (void)first;
    (void)last;
}

/* One input that is not 0: the index of its weight for the first output
 * channel, and its count. */
typedef struct tap {
    uint32_t weight, count;
} tap;

size_t sg_scratch_size__ref(const sg__geometry *g, int bits)
{
    (void)bits;
    return sg__fan_in(g) * sizeof(tap);
}

/* Charge to response for one neuron of the batch. */
static void respond(const sg__response_out *out, size_t i, int32_t charge)
{
    if (out->charge)
        out->charge[i] = charge;
    if (out->count)
        out->count[i] = (uint8_t)sg__response(charge, out->theta_bits,
                                              out->level, out->cap);
    if (out->gate)
        out->gate[i] = (uint8_t)sg__derivative(charge);
}

static int32_t dot8(const int8_t *w, const uint8_t *n, uint32_t width)
{
    int32_t sum = 0;
    for (uint32_t i = 0; i < width; i++)
        sum += w[i] * n[i];
    return sum;
}

static int32_t dot16(const int16_t *w, const uint8_t *n, uint32_t width)
{
    int32_t sum = 0;
    for (uint32_t i = 0; i < width; i++)
        sum += w[i] * n[i];
    return sum;
}

void sg_forward__ref(const sg__synapses *s, size_t n, const uint8_t *in,
                     const sg__response_out *out, void *scratch)
{
    const sg__geometry *g = s->geo;
    size_t inputs = sg__inputs(g), outputs = sg__outputs(g);
    (void)scratch;
    for (size_t i = 0; i < n * outputs; i++) {
        sg__patch f = sg__patch_of(g, (uint32_t)(i % outputs));
        const uint8_t *from = in + i / outputs * inputs + f.input;
        int32_t charge = s->bias[f.channel];
        for (uint32_t row = 0; row < f.rows; row++) {
            size_t w = f.weight + row * f.weight_step;
            const uint8_t *run = from + row * f.input_step;
            charge +=
                s->bits == 8
                    ? dot8((const int8_t *)s->weight + w, run, f.width)
                    : dot16((const int16_t *)s->weight + w, run, f.width);
        }
        respond(out, i, charge);
    }
}

/* Lists the inputs of an output position that are not 0. */
static size_t list_taps(const sg__geometry *g, const uint8_t *in,
                        size_t position, tap *taps)
{
    sg__patch f = sg__patch_of(g, (uint32_t)(position * g->out_c));
    size_t length = 0;
    for (uint32_t row = 0; row < f.rows; row++) {
        const uint8_t *run = in + f.input + row * f.input_step;
        uint32_t weight = (uint32_t)(f.weight + row * f.weight_step);
        for (uint32_t i = 0; i < f.width; i++)
            if (run[i])
                taps[length++] = (tap){weight + i, run[i]};
    }
    return length;
}

void sg_forward_sparse__ref(const sg__synapses *s, size_t n, const uint8_t *in,
                            const sg__response_out *out, void *scratch)
{
    const sg__geometry *g = s->geo;
    size_t fan_in = sg__fan_in(g), positions = (size_t)g->out_h * g->out_w;
    tap *taps = scratch;
    for (size_t p = 0; p < n * positions; p++) {
        size_t length = list_taps(g, in + p / positions * sg__inputs(g),
                                  p % positions, taps);
        for (uint32_t k = 0; k < g->out_c; k++) {
            int32_t charge = s->bias[k];
            for (size_t t = 0; t < length; t++)
                charge += (int32_t)taps[t].count *
                          sg__synapse(s, k * fan_in + taps[t].weight);
            respond(out, p * g->out_c + k, charge);
        }
    }
}

void sg_pool_sum__ref(const sg__geometry *g, const uint8_t *in, uint8_t *out)
{
    memset(out, 0, sg__outputs(g));
    for (uint32_t y = 0; y < g->out_h * g->kernel_h; y++)
        for (uint32_t x = 0; x < g->out_w * g->kernel_w; x++) {
            const uint8_t *from = in + ((size_t)y * g->in_w + x) * g->in_c;
            uint8_t *to = out + sg__pool_over(g, y, x);
            for (uint32_t c = 0; c < g->in_c; c++)
                to[c] = (uint8_t)(to[c] + from[c]);
        }
}

void sg_pool_max__ref(const sg__geometry *g, const uint8_t *in, uint8_t *out)
{
    memset(out, 0, sg__outputs(g));
    for (uint32_t y = 0; y < g->out_h * g->kernel_h; y++)
        for (uint32_t x = 0; x < g->out_w * g->kernel_w; x++) {
            const uint8_t *from = in + ((size_t)y * g->in_w + x) * g->in_c;
            uint8_t *to = out + sg__pool_over(g, y, x);
            for (uint32_t c = 0; c < g->in_c; c++)
                to[c] = from[c] > to[c] ? from[c] : to[c];
        }
}

size_t sg_count_sums__ref(size_t pixels, uint32_t channels,
                          const uint8_t *count, int32_t cap, uint32_t *sum,
                          uint32_t *active)
{
    size_t saturated = 0;
    for (size_t p = 0; p < pixels; p++) {
        sum[p] = active[p] = 0;
        for (uint32_t c = 0; c < channels; c++, count++) {
            sum[p] += *count;
            active[p] += *count != 0;
            saturated += *count == cap;
        }
    }
    return saturated;
}

uint64_t sg_roof__ref(size_t iterations, int32_t *sink)
{
    enum { WIDTH = 1024 };
    /* in 16 bits, of which compilers make more than of 8 */
    int16_t weight[WIDTH], count[WIDTH];
    uint32_t sum = (uint32_t)*sink;
    for (uint32_t i = 0; i < WIDTH; i++) {
        weight[i] = (int8_t)(i + sum);
        count[i] = (int16_t)(i % 256);
    }
    for (size_t n = 0; n < iterations; n++) {
        int32_t dot = 0;
        count[n % WIDTH] ^= 1; /* or one dot would do for all iterations */
        for (uint32_t i = 0; i < WIDTH; i++)
            dot += weight[i] * count[i];
        sum += (uint32_t)dot;
    }
    *sink = (int32_t)sum;
    return (uint64_t)iterations * WIDTH;
}
