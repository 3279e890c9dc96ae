/* Reference forward pass: portable C that says what every table computes, in
 * the order of the definition. */
#include "kernels/portable/inputs.h"

uint32_t sg__forward_sparse_below__ref(const sg__geometry *g, int bits)
{
    (void)g;
    (void)bits;
    return 1001;
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

void sg__forward__ref(const sg__synapses *s, size_t n, const uint8_t *in,
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

void sg__forward_sparse__ref(const sg__synapses *s, size_t n,
                             const uint8_t *in, const sg__response_out *out,
                             void *scratch)
{
    const sg__geometry *g = s->geo;
    size_t fan_in = sg__fan_in(g), positions = (size_t)g->out_h * g->out_w;
    sg__input *list = scratch;
    for (size_t p = 0; p < n * positions; p++) {
        size_t length = sg__list_inputs(g, in + p / positions * sg__inputs(g),
                                        p % positions, list);
        for (uint32_t k = 0; k < g->out_c; k++) {
            int32_t charge = s->bias[k];
            for (size_t t = 0; t < length; t++)
                charge += (int32_t)list[t].count *
                          sg__synapse(s, k * fan_in + list[t].weight);
            respond(out, p * g->out_c + k, charge);
        }
    }
}
