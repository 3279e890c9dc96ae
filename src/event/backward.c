/* Backward pass: error spikes travel from the output to the first synaptic
 * layer through the same queue; each one adds the traces it meets to the
 * gradient and charge to the error compartments below. */
#include "event/simulation.h"

#include <string.h>

#include "core/dither.h"
#include "core/rules.h"
#include "network/loss.h"

/* Charges are added and tested in runs of this many, as in forward.c. */
enum { RUN = 32 };

/* Applies the error firing rule to compartment i of layer l until it no longer
 * fires. Those of a max pooling layer are the winners' below. */
static void fire_error(sg_simulation *sim, size_t l, size_t i)
{
    struct sg__event_layer *layer = &sim->layer[l];
    if (!layer->gate[i])
        return;
    size_t owner = layer->winner ? l - 1 : l;
    size_t neuron = layer->winner ? layer->winner[i] : i;
    int32_t phi = (int32_t)1 << sim->layer[owner].net->phi_bits;
    int32_t d = layer->error[i];
    int sign;
    while ((sign = sg__fire_error(&layer->charge[i], &d, phi)) != 0) {
        layer->error[i] = (int8_t)d;
        sg__emit(sim, owner, neuron, sign, SG_PHASE_BACKWARD);
    }
}

/* For which of n neurons fire_error would send a spike; whether for any. */
static bool find_firing(const int32_t *restrict u, const int8_t *restrict d,
                        const uint8_t *restrict gate, size_t n, int32_t half,
                        uint8_t *restrict fires)
{
    int32_t any = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t it = (((u[i] >= half) & (d[i] < SG__ERROR_CAP)) |
                      ((u[i] < -half) & (d[i] > -SG__ERROR_CAP))) &
                     gate[i];
        fires[i] = (uint8_t)it;
        any |= it;
    }
    return any != 0;
}

/* Error charge on its way down: sign * w * 2^shift for n units side by side. */
struct charge {
    const int16_t *w;
    size_t n;
    int sign, shift;
};

/* It arrives at the compartments first..first+n-1 of layer l. */
static void integrate(sg_simulation *sim, size_t l, size_t first,
                      struct charge u)
{
    struct sg__event_layer *layer = &sim->layer[l];
    const sg__layer *owner = sim->layer[layer->winner ? l - 1 : l].net;
    int32_t half = (int32_t)1 << (owner->phi_bits - 1);
    uint8_t fires[RUN];
    for (size_t done = 0; done < u.n; done += RUN) {
        size_t at = first + done;
        size_t run = u.n - done < RUN ? u.n - done : RUN;
        sg__add_run(layer->charge + at, u.w + done, run, u.sign, u.shift);
        if (!find_firing(layer->charge + at, layer->error + at,
                         layer->gate + at, run, half, fires))
            continue;
        for (size_t i = 0; i < run; i++)
            if (fires[i])
                fire_error(sim, l, at + i);
    }
}

static void receive(sg_simulation *sim, size_t l, size_t first,
                    struct charge u);

/* It arrives at units of pooling layer l that lie at one position: on to all
 * neurons they heard, or of a maximum to the one it heard. */
static void unpool(sg_simulation *sim, size_t l, size_t first, struct charge u)
{
    const struct sg__event_layer *layer = &sim->layer[l];
    const sg__geometry *g = &layer->net->geo;
    if (layer->net->kind == SG_LAYER_POOL_MAX) {
        for (size_t i = 0; i < u.n; i++)
            receive(sim, l - 1, layer->winner[first + i],
                    (struct charge){u.w + i, 1, u.sign, u.shift});
        return;
    }
    sg__patch p = sg__patch_of(g, (uint32_t)first);
    for (uint32_t row = 0; row < p.rows; row++)
        for (uint32_t x = 0; x < p.width; x += g->in_c)
            receive(sim, l - 1, p.input + row * p.input_step + x + p.channel,
                    u);
}

/* It arrives at units first..first+n-1 of dropout layer l: on to the neurons
 * below those that take part. */
static void pass_gates(sg_simulation *sim, size_t l, size_t first,
                       struct charge u)
{
    const uint8_t *gate = sim->layer[l].gate + first;
    for (size_t i = 0, end; i < u.n; i = end) {
        for (end = i + 1; end < u.n && gate[end] == gate[i];)
            end++;
        if (gate[i])
            receive(sim, l - 1, first + i,
                    (struct charge){u.w + i, end - i, u.sign, u.shift});
    }
}

/* It arrives at units first..first+n-1 of layer l: to their compartments, or
 * through pools, dropouts and additions to the neurons they heard. Ends at
 * layers with compartments, since only layers above the first synaptic one
 * send charge down; recurses once for each layer that is passed. */
static void receive(sg_simulation *sim, size_t l, size_t first,
                    struct charge u)
{
    const sg__layer *net = sim->layer[l].net;
    if (sim->layer[l].charge) {
        integrate(sim, l, first, u);
        return;
    }
    if (net->kind == SG_LAYER_DROPOUT) {
        pass_gates(sim, l, first, u);
        return;
    }
    if (net->kind == SG_LAYER_ADD) {
        receive(sim, l - 1, first, u);
        u.shift += net->skip_shift;
        if (net->skip >= sim->first_synaptic)
            receive(sim, net->skip, first, u);
        return;
    }
    const size_t channels = net->geo.out_c;
    for (size_t end = first + u.n; first < end; first += u.n, u.w += u.n) {
        size_t position = channels - first % channels;
        u.n = end - first < position ? end - first : position;
        unpool(sim, l, first, u);
    }
}

/* gradient += sign * count over the synapses of one kernel row. */
static void add_traces(sg_simulation *sim, int32_t *restrict gradient,
                       const uint8_t *restrict count, size_t n, int sign)
{
    uint32_t met = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t trace = count[i];
        gradient[i] = sg__add(gradient[i], sign < 0 ? -trace : trace);
        met += trace > 0;
    }
    sim->totals.gradient_ops += met;
}

static void deliver(sg_simulation *sim, const struct sg__event *event)
{
    size_t l = event->layer;
    int sign = event->sign;
    struct sg__event_layer *layer = &sim->layer[l];
    sg__patch p = sg__patch_of(&layer->net->geo, event->neuron);

    int32_t *bias = &layer->bias_gradient[p.channel];
    *bias = sg__add(*bias, sign);
    for (uint32_t row = 0; row < p.rows; row++) {
        size_t synapse = p.weight + row * p.weight_step;
        size_t input = p.input + row * p.input_step;
        add_traces(sim, layer->gradient + synapse,
                   sim->layer[l - 1].count + input, p.width, sign);
        if (l == sim->first_synaptic)
            continue;
        sim->totals.backward_ops += p.width;
        receive(sim, l - 1, input,
                (struct charge){layer->down + synapse, p.width, sign,
                                layer->net->error_shift});
    }
}

/* The surrogate derivative, from the total charge A = V + Theta n. The output
 * layer is linear. */
static int derivative(const struct sg__event_layer *layer, size_t i)
{
    if (layer->net->output)
        return 1;
    int32_t theta = (int32_t)1 << layer->theta_bits;
    int32_t fired = (int32_t)((uint32_t)theta * (uint32_t)layer->count[i]);
    return sg__derivative(sg__add(layer->potential[i], fired));
}

/* d = 0; U at its dither, or 0. */
static void reset_errors(sg_simulation *sim, struct sg__event_layer *layer,
                         uint32_t index, uint64_t step, uint32_t sample)
{
    const sg_recipe *recipe = &sim->net->recipe;
    int bits = layer->net->phi_bits;
    memset(layer->error, 0, layer->neurons * sizeof *layer->error);
    for (size_t i = 0; i < layer->neurons; i++) {
        layer->gate[i] = (uint8_t)derivative(layer, i);
        layer->charge[i] = recipe->dither
                               ? sg__dither(recipe->seed, step, sample, index,
                                            (uint32_t)i, bits)
                               : 0;
    }
}

/* The first input of pooled unit i, in rows, that holds the maximum count. */
static uint32_t find_winner(const sg__geometry *g, const uint8_t *count,
                            uint32_t i)
{
    sg__patch p = sg__patch_of(g, i);
    size_t winner = p.input + p.channel;
    for (uint32_t row = 0; row < p.rows; row++)
        for (uint32_t x = 0; x < p.width; x += g->in_c) {
            size_t j = p.input + row * p.input_step + x + p.channel;
            if (count[j] > count[winner])
                winner = j;
        }
    return (uint32_t)winner;
}

/* Winners of max pooling layer l. Above a synaptic layer their compartments
 * are kept side by side for the pass, as charge arrives in runs of units. */
static void route(sg_simulation *sim, size_t l)
{
    struct sg__event_layer *layer = &sim->layer[l];
    const struct sg__event_layer *below = &sim->layer[l - 1];
    for (uint32_t i = 0; i < layer->neurons; i++) {
        uint32_t winner = find_winner(&layer->net->geo, below->count, i);
        layer->winner[i] = winner;
        if (!layer->charge)
            continue;
        layer->charge[i] = below->charge[winner];
        layer->gate[i] = below->gate[winner];
        layer->error[i] = 0;
    }
}

/* What the backward pass reads off the quiescent forward pass. */
static void prepare(sg_simulation *sim, uint64_t step, uint32_t sample)
{
    for (size_t l = 1; l < sim->layers; l++) {
        struct sg__event_layer *layer = &sim->layer[l];
        if (layer->net->synaptic)
            reset_errors(sim, layer, (uint32_t)l - 1, step, sample);
        if (layer->net->kind == SG_LAYER_POOL_MAX)
            route(sim, l);
    }
}

/* The winners' compartments, back to where they belong. */
static void return_compartments(sg_simulation *sim)
{
    for (size_t l = 1; l < sim->layers; l++) {
        const struct sg__event_layer *layer = &sim->layer[l];
        struct sg__event_layer *below = &sim->layer[l - 1];
        if (!layer->winner || !layer->charge)
            continue;
        for (size_t i = 0; i < layer->neurons; i++) {
            below->charge[layer->winner[i]] = layer->charge[i];
            below->error[layer->winner[i]] = layer->error[i];
        }
    }
}

sg_status sg_simulation_learn(sg_simulation *sim, uint32_t label,
                              uint64_t step, uint32_t sample)
{
    if (!sim->presented || (!sim->training && sg__drops_out(sim->net)))
        return SG_E_ARGUMENT;
    if (label >= sim->net->classes)
        return SG_E_RANGE;

    size_t top = sim->layers - 1;
    struct sg__event_layer *output = &sim->layer[top];
    prepare(sim, step, sample);
    sg__loss_error(sim->net, output->potential, label, false,
                   sim->output_error, NULL);
    for (size_t k = 0; k < output->neurons; k++) {
        output->charge[k] = sg__add(output->charge[k], sim->output_error[k]);
        fire_error(sim, top, k);
    }

    struct sg__event event;
    while (sim->queue.failure == SG_OK && sg__queue_pop(&sim->queue, &event)) {
        sim->time++;
        sim->totals.backward_spikes++;
        deliver(sim, &event);
    }
    return_compartments(sim);
    if (sim->queue.failure != SG_OK)
        sim->presented = false;
    return sim->queue.failure;
}
