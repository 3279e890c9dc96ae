/* Creation, inspection and destruction of a simulation. All memory but the
 * growth of the queue is taken here. */
#include "event/simulation.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"

/* Places of the taps of one kernel row: neighbouring targets of an event use
 * taps that differ by the stride, the later target the smaller tap. */
static void order_taps(const sg__geometry *g, uint32_t *slot)
{
    uint32_t next = 0;
    for (uint32_t rest = 0; rest < g->stride_w && rest < g->kernel_w; rest++) {
        uint32_t steps = (g->kernel_w - 1 - rest) / g->stride_w;
        for (uint32_t tap = rest + steps * g->stride_w;; tap -= g->stride_w) {
            slot[tap] = next++;
            if (tap == rest)
                break;
        }
    }
}

static void copy_weights(sg__units *layer)
{
    const sg__geometry *g = &layer->net->geo;
    const int16_t *from = layer->down;
    for (size_t i = 0; i < layer->net->weights; i++)
        layer->down[i] = (int16_t)sg__layer_weight(layer->net, i);
    for (size_t oc = 0; oc < g->out_c; oc++)
        for (size_t ky = 0; ky < g->kernel_h; ky++)
            for (size_t kx = 0; kx < g->kernel_w; kx++)
                for (size_t ic = 0; ic < g->in_c; ic++) {
                    size_t row = (ky * g->in_c + ic) * g->kernel_w;
                    size_t tap = row + layer->tap_slot[kx];
                    layer->weight[tap * g->out_c + oc] = *from++;
                }
}

static bool create_compartments(sg__units *layer)
{
    layer->gate = calloc(layer->neurons, sizeof *layer->gate);
    layer->error = calloc(layer->neurons, sizeof *layer->error);
    layer->charge = calloc(layer->neurons, sizeof *layer->charge);
    return layer->gate && layer->error && layer->charge;
}

static bool create_synaptic(sg__units *layer, uint32_t batch)
{
    const sg__layer *net = layer->net;
    size_t channels = net->geo.out_c;
    layer->potential = calloc(layer->neurons, sizeof *layer->potential);
    layer->weight = calloc(net->weights, sizeof *layer->weight);
    layer->down = calloc(net->weights, sizeof *layer->down);
    layer->tap_slot = calloc(net->geo.kernel_w, sizeof *layer->tap_slot);
    layer->gradient = calloc(net->weights, sizeof *layer->gradient);
    layer->bias_gradient = calloc(channels, sizeof *layer->bias_gradient);
    const bool wide = batch > net->gradient_samples;
    if (wide)
        layer->wide = calloc(net->weights + channels, sizeof *layer->wide);
    if (!layer->potential || !layer->weight || !layer->down ||
        !layer->tap_slot || !layer->gradient || (wide && !layer->wide) ||
        !layer->bias_gradient || !create_compartments(layer))
        return false;
    order_taps(&net->geo, layer->tap_slot);
    copy_weights(layer);
    return true;
}

/* Layers without weights. above_synaptic: whether the layer below has error
 * compartments; then those of winners have a place here. */
static bool create_weightless(sg__units *layer, bool above_synaptic)
{
    const unsigned state = layer->net->kind->state;
    const size_t n = layer->neurons;
    bool all = true;
    if (state & SG__UNITS_FIRE) {
        layer->potential = calloc(n, sizeof *layer->potential);
        all &= layer->potential != NULL;
    }
    if (state & SG__UNITS_PEAK) {
        layer->seen =
            calloc(sg__inputs(&layer->net->geo), sizeof *layer->seen);
        layer->peak = calloc(n, sizeof *layer->peak);
        layer->winner = calloc(n, sizeof *layer->winner);
        all &= layer->seen && layer->peak && layer->winner;
        if (above_synaptic)
            all &= create_compartments(layer);
    }
    if (state & SG__UNITS_GATE) {
        layer->gate = calloc(n, sizeof *layer->gate);
        all &= layer->gate != NULL;
    }
    return all;
}

/* Lists for each layer who hears its spikes. */
static void link_hearers(sg_simulation *sim)
{
    uint16_t count = 0;
    for (size_t sender = 0; sender < sim->layers; sender++) {
        sim->first_hearer[sender] = count;
        for (size_t r = sender; r < sim->net->layer_count; r++) {
            if (sg__hears(sim->net, r, sender))
                sim->hearer[count++] = (uint16_t)(r + 1);
            if (sg__adds(sim->net, r, sender))
                sim->hearer[count++] = (uint16_t)(r + 1);
        }
    }
    sim->first_hearer[sim->layers] = count;
}

static bool create_layers(sg_simulation *sim)
{
    const sg_network *net = sim->net;
    sim->layers = net->layer_count + 1;
    sim->layer[0].neurons = sg__inputs(&net->layer[0].geo);
    for (size_t l = 0; l < sim->layers; l++) {
        sg__units *layer = &sim->layer[l];
        if (l > 0) {
            layer->net = &net->layer[l - 1];
            layer->neurons = sg__outputs(&layer->net->geo);
        }
        layer->count = calloc(layer->neurons, sizeof *layer->count);
        if (!layer->count)
            return false;
        if (l == 0)
            continue;
        if (!layer->net->synaptic) {
            if (!create_weightless(layer, l > 1 && net->layer[l - 2].synaptic))
                return false;
            continue;
        }
        if (!create_synaptic(layer, (uint32_t)sim->net->recipe.batch))
            return false;
    }
    sim->first_learning = sg__lowest_learning(net) + 1;
    link_hearers(sim);
    sim->output_error = calloc(net->classes, sizeof *sim->output_error);
    return sim->output_error != NULL;
}

static bool create_queue(sg_simulation *sim, sg_order order, uint64_t seed)
{
    size_t neurons[SG_LAYERS_MAX + 1];
    for (size_t l = 0; l < sim->layers; l++)
        neurons[l] = sim->layer[l].neurons;
    return sg__queue_init(&sim->queue, order, seed, sim->layers, neurons) ==
           SG_OK;
}

sg_status sg_simulation_create(const sg_network *net, sg_order order,
                               uint64_t seed, sg_simulation **out,
                               sg_error *error)
{
    if (out)
        *out = NULL;
    if (!net || !out)
        return sg__fail(error, SG_E_ARGUMENT, "simulation: missing argument");
    if ((int)order < SG_ORDER_FIFO || (int)order > SG_ORDER_RANDOM)
        return sg__fail(error, SG_E_ARGUMENT, "unknown delivery order %d",
                        (int)order);
    if (seed >= SG__SEED_LIMIT)
        return sg__fail(error, SG_E_RANGE,
                        "seed of the delivery order: "
                        "expected less than 2^56");
    if (net->layer_count > SG_LAYERS_MAX)
        return sg__fail(error, SG_E_RANGE, "%zu layers: expected at most %d",
                        net->layer_count, SG_LAYERS_MAX);

    sg_simulation *sim = calloc(1, sizeof *sim);
    if (sim)
        sim->net = net;
    if (!sim || !create_layers(sim) || !create_queue(sim, order, seed)) {
        sg_simulation_destroy(sim);
        return sg__fail(error, SG_E_MEMORY,
                        "no memory for a simulation of "
                        "%zu layers",
                        net->layer_count);
    }
    *out = sim;
    return SG_OK;
}

void sg_simulation_destroy(sg_simulation *sim)
{
    if (!sim)
        return;
    for (size_t l = 0; l < sim->layers; l++) {
        sg__units *layer = &sim->layer[l];
        free(layer->count);
        free(layer->potential);
        free(layer->seen);
        free(layer->peak);
        free(layer->winner);
        free(layer->weight);
        free(layer->down);
        free(layer->tap_slot);
        free(layer->gate);
        free(layer->error);
        free(layer->charge);
        free(layer->gradient);
        free(layer->bias_gradient);
        free(layer->wide);
    }
    free(sim->arrival);
    free(sim->output_error);
    sg__queue_free(&sim->queue);
    free(sim);
}

void sg_simulation_watch(sg_simulation *sim, sg_spike_fn fn, void *user)
{
    if (!sim)
        return;
    sim->watch = fn;
    sim->user = user;
}

void sg__emit(sg_simulation *sim, size_t layer, size_t neuron, int sign,
              sg_phase phase)
{
    sg__queue_push(&sim->queue, (struct sg__event){.neuron = (uint32_t)neuron,
                                                   .layer = (uint16_t)layer,
                                                   .sign = (int16_t)sign});
    if (sim->watch) {
        sg_spike spike = {.time = sim->time,
                          .layer = (uint32_t)layer,
                          .neuron = (uint32_t)neuron,
                          .sign = (int8_t)sign,
                          .phase = phase,
                          .input_time = sim->input_time};
        sim->watch(&spike, sim->user);
    }
}

void sg_simulation_watch_sent(sg_simulation *sim, sg_spike_fn fn, void *user)
{
    if (!sim)
        return;
    sim->watch_sent = fn;
    sim->sent_user = user;
}

void sg__show_sent(const sg_simulation *sim, const struct sg__event *event,
                   sg_phase phase)
{
    if (!sim->watch_sent)
        return;
    const sg_spike spike = {.time = sim->time,
                            .layer = event->layer,
                            .neuron = event->neuron,
                            .sign = (int8_t)event->sign,
                            .phase = phase,
                            .input_time = sim->input_time};
    sim->watch_sent(&spike, sim->sent_user);
}

const uint8_t *sg_simulation_counts(const sg_simulation *sim, size_t layer)
{
    return sim && layer < sim->layers ? sim->layer[layer].count : NULL;
}

const int32_t *sg_simulation_potentials(const sg_simulation *sim, size_t layer)
{
    return sim && layer < sim->layers ? sim->layer[layer].potential : NULL;
}

/* Max pooling has arrays for its winners', of use during the pass only. */
static bool has_errors(const sg_simulation *sim, size_t layer)
{
    return sim && layer > 0 && layer < sim->layers &&
           sim->layer[layer].net->synaptic;
}

const int8_t *sg_simulation_errors(const sg_simulation *sim, size_t layer)
{
    return has_errors(sim, layer) ? sim->layer[layer].error : NULL;
}

const int32_t *sg__simulation_error_charge(const sg_simulation *sim,
                                           size_t layer)
{
    return has_errors(sim, layer) ? sim->layer[layer].charge : NULL;
}

void sg__units_carry(sg__units *layer)
{
    const size_t weights = layer->net->weights;
    const size_t channels = layer->net->geo.out_c;
    for (size_t i = 0; i < weights; i++)
        layer->wide[i] += layer->gradient[i];
    for (size_t k = 0; k < channels; k++)
        layer->wide[weights + k] += layer->bias_gradient[k];
    memset(layer->gradient, 0, weights * sizeof *layer->gradient);
    memset(layer->bias_gradient, 0, channels * sizeof *layer->bias_gradient);
    layer->held = 0;
}

/* The whole sum, in 32 bits again. */
static void settle(sg__units *layer)
{
    const size_t weights = layer->net->weights;
    const size_t channels = layer->net->geo.out_c;
    if (!layer->wide)
        return;
    sg__units_carry(layer);
    for (size_t i = 0; i < weights; i++)
        layer->gradient[i] = sg__saturate(layer->wide[i], INT32_MAX);
    for (size_t k = 0; k < channels; k++)
        layer->bias_gradient[k] =
            sg__saturate(layer->wide[weights + k], INT32_MAX);
    memset(layer->wide, 0, (weights + channels) * sizeof *layer->wide);
    layer->held = layer->net->gradient_samples;
}

int32_t *sg__simulation_gradient(sg_simulation *sim, size_t layer)
{
    if (layer >= sim->layers || !sim->layer[layer].gradient)
        return NULL;
    settle(&sim->layer[layer]);
    return sim->layer[layer].gradient;
}

int32_t *sg__simulation_bias_gradient(sg_simulation *sim, size_t layer)
{
    if (layer >= sim->layers || !sim->layer[layer].bias_gradient)
        return NULL;
    settle(&sim->layer[layer]);
    return sim->layer[layer].bias_gradient;
}

/* wide += what another layer has, of both kinds. */
static void join_wide(sg__units *to, const sg__units *from)
{
    const size_t weights = to->net->weights;
    for (size_t i = 0; i < weights; i++)
        to->wide[i] += from->wide[i] + from->gradient[i];
    for (size_t k = 0; k < to->net->geo.out_c; k++)
        to->wide[weights + k] +=
            from->wide[weights + k] + from->bias_gradient[k];
}

void sg__simulation_join(sg_simulation *sim, const sg_simulation *more)
{
    for (size_t l = 1; l < sim->layers; l++) {
        sg__units *to = &sim->layer[l];
        const sg__units *from = &more->layer[l];
        if (to->wide)
            join_wide(to, from);
        else if (to->gradient) {
            for (size_t i = 0; i < to->net->weights; i++)
                to->gradient[i] = sg__add(to->gradient[i], from->gradient[i]);
            for (size_t k = 0; k < to->net->geo.out_c; k++)
                to->bias_gradient[k] =
                    sg__add(to->bias_gradient[k], from->bias_gradient[k]);
        }
    }
}

void sg__simulation_clear_gradients(sg_simulation *sim)
{
    for (size_t l = 1; l < sim->layers; l++) {
        sg__units *layer = &sim->layer[l];
        if (!layer->gradient)
            continue;
        memset(layer->gradient, 0,
               layer->net->weights * sizeof *layer->gradient);
        memset(layer->bias_gradient, 0,
               layer->net->geo.out_c * sizeof *layer->bias_gradient);
        layer->held = 0;
        if (layer->wide)
            memset(layer->wide, 0,
                   (layer->net->weights + layer->net->geo.out_c) *
                       sizeof *layer->wide);
    }
}

void sg_simulation_number(sg_simulation *sim, uint64_t number)
{
    if (!sim)
        return;
    sim->samples = number;
    sim->totals = (sg_event_totals){0};
    sim->queue.longest = 0;
}

void sg_simulation_totals(const sg_simulation *sim, sg_event_totals *out)
{
    if (!out)
        return;
    memset(out, 0, sizeof *out);
    if (!sim)
        return;
    *out = sim->totals;
    out->longest_queue = sim->queue.longest;
}
