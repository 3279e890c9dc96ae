/* Backward pass: error spikes travel from the output to the first synaptic
 * layer through the same queue; each one adds the traces it meets to the
 * gradient and charge to the error compartments below. */
#include "event/simulation.h"

#include <string.h>

#include "core/dither.h"
#include "core/rules.h"
#include "core/spike_cost.h"
#include "network/errors.h"
#include "network/loss.h"

/* Charges are added and tested in runs of this many, as in forward.c. */
enum { RUN = 32 };

/* Applies the error firing rule to compartment i of layer l until it no longer
 * fires. Those of a max pooling layer are the winners' below. */
static void fire_error(sg_simulation *sim, size_t l, size_t i)
{
    sg__units *layer = &sim->layer[l];
    if (!layer->gate[i])
        return;
    size_t owner = layer->winner ? layer->net->from : l;
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

/* Error charge arrives at the compartments first..first+n-1 of layer l. */
static void integrate(sg_simulation *sim, size_t l, size_t first, sg__charge u)
{
    sg__units *layer = &sim->layer[l];
    const sg__layer *owner =
        sim->layer[layer->winner ? layer->net->from : l].net;
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

static void receive(sg_simulation *sim, size_t l, size_t first, sg__charge u);

static void drain_into(const sg__drain *drain, size_t sender, size_t first,
                       sg__charge u)
{
    receive(drain->simulation, sender, first, u);
}

/* It arrives at units first..first+n-1 of layer l: to their compartments, or
 * through pools, dropouts and additions to the neurons they heard. Recurses
 * once for each layer that is passed; ends at layers with compartments, or
 * where there are none further down. */
static void receive(sg_simulation *sim, size_t l, size_t first, sg__charge u)
{
    const sg__drain drain = {.receive = drain_into, .simulation = sim};
    if (l < sim->first_learning)
        return;
    if (sim->layer[l].charge)
        integrate(sim, l, first, u);
    else
        sim->layer[l].net->kind->route(&sim->layer[l], &drain, first, u);
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
    sg__units *layer = &sim->layer[l];
    const sg__patch p = sg__patch_of(&layer->net->geo, event->neuron);
    const size_t sender = layer->net->from;
    const bool propagates = sg__gets_errors(sim->net, sender);

    int32_t *bias = &layer->bias_gradient[p.channel];
    *bias = sg__add(*bias, sign);
    for (uint32_t row = 0; row < p.rows; row++) {
        size_t synapse = p.weight + row * p.weight_step;
        size_t input = p.input + row * p.input_step;
        add_traces(sim, layer->gradient + synapse,
                   sim->layer[sender].count + input, p.width, sign);
        if (!propagates)
            continue;
        sim->totals.backward_ops += p.width;
        receive(sim, sender, input,
                (sg__charge){layer->down + synapse, p.width, sign,
                             layer->net->error_shift});
    }
}

/* The surrogate derivative, from the total charge A = V + Theta n. The output
 * layer is linear. */
static int derivative(const sg__units *layer, size_t i)
{
    if (layer->net->output)
        return 1;
    int32_t theta = (int32_t)1 << layer->theta_bits;
    int32_t fired = (int32_t)((uint32_t)theta * (uint32_t)layer->count[i]);
    return sg__derivative(sg__add(layer->potential[i], fired));
}

/* d = 0; U at its dither, or 0. */
static void reset_errors(sg_simulation *sim, sg__units *layer, uint32_t index,
                         uint64_t step, uint32_t sample)
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

/* What the backward pass reads off the quiescent forward pass. */
static void prepare(sg_simulation *sim, uint64_t step, uint32_t sample)
{
    for (size_t l = 1; l < sim->layers; l++) {
        sg__units *layer = &sim->layer[l];
        if (layer->wide && layer->held == layer->net->gradient_samples)
            sg__units_carry(layer);
        layer->held += layer->wide != NULL;
        if (layer->net->synaptic)
            reset_errors(sim, layer, (uint32_t)l - 1, step, sample);
        if (layer->net->kind->begin_errors)
            layer->net->kind->begin_errors(layer,
                                           &sim->layer[layer->net->from]);
    }
}

/* Whether what the neurons of layer l sent is paid for at this layer: its
 * compartments are theirs, or those of their winners. */
static bool pays_here(const sg_simulation *sim, const sg__units *layer,
                      size_t owner)
{
    return layer->charge && owner >= sim->first_learning &&
           sg__pays_by_pool(sim->net, owner - 1) == !layer->net->synaptic;
}

/* Error charge for spikes that were sent, and what it fires at once. */
static void pay(sg_simulation *sim)
{
    const int32_t from = sim->net->recipe.spike_cost_from;
    for (size_t l = 1; l < sim->layers; l++) {
        sg__units *layer = &sim->layer[l];
        const size_t owner = layer->winner ? layer->net->from : l;
        if (!pays_here(sim, layer, owner))
            continue;
        const int32_t each = sg__spike_cost_of(sim->net, owner - 1);
        const int bits = sg__spike_cost_bits(sim->layer[owner].net->phi_bits);
        for (size_t i = 0; each && i < layer->neurons; i++) {
            layer->charge[i] =
                sg__add(layer->charge[i],
                        sg__spike_cost(layer->count[i], from, each, bits));
            fire_error(sim, l, i);
        }
    }
}

/* The winners' compartments, back to where they belong. */
static void return_compartments(sg_simulation *sim)
{
    for (size_t l = 1; l < sim->layers; l++) {
        const sg__units *layer = &sim->layer[l];
        if (!layer->winner || !layer->charge)
            continue;
        sg__units *below = &sim->layer[layer->net->from];
        for (size_t i = 0; i < layer->neurons; i++) {
            below->charge[layer->winner[i]] = layer->charge[i];
            below->error[layer->winner[i]] = layer->error[i];
        }
    }
}

sg_status sg_simulation_learn(sg_simulation *sim, uint32_t label,
                              uint64_t step, uint32_t sample)
{
    if (!sim)
        return SG_E_ARGUMENT;
    if (!sim->presented || (!sim->training && sg__drops_out(sim->net)))
        return SG_E_ARGUMENT;
    if (label >= sim->net->classes)
        return SG_E_RANGE;

    size_t top = sim->layers - 1;
    sg__units *output = &sim->layer[top];
    prepare(sim, step, sample);
    pay(sim);
    sg__loss_error(sim->net, output->potential, label, false,
                   sim->output_error, NULL);
    sg__loss_balance(sim->net, label, step, sample, sim->output_error);
    for (size_t k = 0; k < output->neurons; k++) {
        output->charge[k] = sg__add(output->charge[k], sim->output_error[k]);
        fire_error(sim, top, k);
    }

    struct sg__event event;
    while (sim->queue.failure == SG_OK && sg__queue_pop(&sim->queue, &event)) {
        sim->time++;
        sim->totals.backward_spikes++;
        sg__show_sent(sim, &event, SG_PHASE_BACKWARD);
        deliver(sim, &event);
    }
    return_compartments(sim);
    if (sim->queue.failure != SG_OK)
        sim->presented = false;
    return sim->queue.failure;
}
