/* Forward pass: every spike is delivered to every synapse it has, and every
 * neuron it touches fires by the literal rule until it is quiescent. */
#include "event/simulation.h"

#include <string.h>

#include "core/rules.h"

/* Potentials are added and tested in runs of this many, so that the compiler
 * can vectorise both and a neuron that fires costs a scan of one run only. */
enum { RUN = 32 };

static void count_and_emit(sg_simulation *sim, size_t l, size_t i, int sign)
{
    uint8_t *count = &sim->layer[l].count[i];
    *count = (uint8_t)(*count + sign);
    sg__emit(sim, l, i, sign, SG_PHASE_FORWARD);
}

static void emit(const sg__outlet *out, size_t unit, int sign)
{
    count_and_emit(out->simulation, out->sender, unit, sign);
}

static sg__outlet outlet_of(sg_simulation *sim, size_t l)
{
    return (sg__outlet){.emit = emit,
                        .simulation = sim,
                        .sender = l,
                        .ops = &sim->totals.forward_ops};
}

/* Applies the firing rule to one neuron until it no longer fires. */
static void fire(sg_simulation *sim, size_t l, size_t i)
{
    const sg__outlet out = outlet_of(sim, l);
    sg__units_fire(&sim->layer[l], &out, i);
}

/* For which of n neurons sg__fire would return a spike; whether for any. */
static bool find_firing(const int32_t *restrict v,
                        const uint8_t *restrict count, size_t n,
                        const sg__units *layer, uint8_t *restrict fires)
{
    int32_t level = layer->fire_level, cap = layer->net->cap;
    int32_t low = level - ((int32_t)1 << layer->theta_bits);
    int32_t any = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t it = ((v[i] >= level) & (count[i] < cap)) |
                     ((v[i] < low) & (count[i] > 0));
        fires[i] = (uint8_t)it;
        any |= it;
    }
    return any != 0;
}

/* One event onto the targets first..first+n-1 of layer l. */
static void integrate(sg_simulation *sim, size_t l, size_t first, size_t n,
                      const int16_t *w, int sign)
{
    sg__units *layer = &sim->layer[l];
    uint8_t fires[RUN];
    sim->totals.forward_ops += n;
    if (layer->net->output) {
        sg__add_run(layer->potential + first, w, n, sign, 0);
        return;
    }
    for (size_t done = 0; done < n; done += RUN) {
        size_t at = first + done;
        size_t run = n - done < RUN ? n - done : RUN;
        sg__add_run(layer->potential + at, w + done, run, sign, 0);
        if (!find_firing(layer->potential + at, layer->count + at, run, layer,
                         fires))
            continue;
        for (size_t i = 0; i < run; i++)
            if (fires[i])
                fire(sim, l, at + i);
    }
}

static void deliver_synaptic(sg_simulation *sim, size_t l, uint32_t j,
                             int sign)
{
    sg__units *layer = &sim->layer[l];
    const sg__geometry *g = &layer->net->geo;
    const sg__targets t = sg__targets_of(g, j);
    if (t.x0 == t.x1)
        return;
    uint32_t slot = layer->tap_slot[t.x + g->pad_w - t.x0 * g->stride_w];
    size_t n = (size_t)(t.x1 - t.x0) * g->out_c;
    for (uint32_t oy = t.y0; oy < t.y1; oy++) {
        size_t tap_y = t.y + g->pad_h - oy * g->stride_h;
        size_t row = (tap_y * g->in_c + t.channel) * g->kernel_w + slot;
        size_t first = ((size_t)oy * g->out_w + t.x0) * g->out_c;
        integrate(sim, l, first, n, layer->weight + row * g->out_c, sign);
    }
}

/* A spike of neuron j of layer l to all it has synapses with, or that pass it
 * on. */
static void deliver(sg_simulation *sim, size_t l, uint32_t j, int sign)
{
    for (size_t i = sim->first_hearer[l]; i < sim->first_hearer[l + 1]; i++) {
        const size_t r = sim->hearer[i];
        if (sim->layer[r].net->synaptic) {
            deliver_synaptic(sim, r, j, sign);
        } else {
            const sg__outlet out = outlet_of(sim, r);
            sim->layer[r].net->kind->arrive(&sim->layer[r], &out, j, sign);
        }
    }
}

/* Thresholds and potentials before the first spike. */
static void reset_potentials(sg__units *layer, bool training)
{
    const sg__layer *net = layer->net;
    const int shift = training ? 0 : net->use_shift;
    const int32_t scale = (int32_t)1 << shift;
    layer->theta_bits = net->theta_bits + shift;
    layer->fire_level = net->fire_level * scale;
    for (size_t i = 0; i < layer->neurons; i++)
        layer->potential[i] =
            net->synaptic ? net->bias[i % net->geo.out_c] * scale : 0;
}

/* All state of the sample to what it is before the first spike. */
void sg__forward_reset(sg_simulation *sim, sg__presentation as)
{
    sg__queue_reset(&sim->queue, sim->samples++);
    sim->time = 0;
    sim->input_time = 0;
    sim->begun = false;
    sim->started = false;
    sim->presented = false;
    sim->training = as.training;
    as.seed = sim->net->recipe.seed;
    for (size_t l = 1; l < sim->layers; l++) {
        sg__units *layer = &sim->layer[l];
        const sg__geometry *g = &layer->net->geo;
        size_t n = layer->neurons;
        memset(layer->count, 0, n * sizeof *layer->count);
        if (layer->seen) {
            memset(layer->seen, 0, sg__inputs(g) * sizeof *layer->seen);
            memset(layer->peak, 0, n * sizeof *layer->peak);
        }
        if (layer->potential)
            reset_potentials(layer, as.training);
        as.index = (uint32_t)l - 1;
        if (layer->net->kind->begin)
            layer->net->kind->begin(layer, &as);
        if (layer->net->synaptic) {
            memset(layer->error, 0, n * sizeof *layer->error);
            memset(layer->charge, 0, n * sizeof *layer->charge);
        }
    }
}

/* Emits the input spikes in rounds, so that the pixels take turns. */
static void emit_input(sg_simulation *sim)
{
    const sg__units *input = &sim->layer[0];
    bool more = true;
    for (uint32_t round = 0; more; round++) {
        more = false;
        for (size_t j = 0; j < input->neurons; j++) {
            if (input->count[j] <= round)
                continue;
            sg__emit(sim, 0, j, 1, SG_PHASE_FORWARD);
            more = true;
        }
    }
}

void sg__forward_bias(sg_simulation *sim)
{
    for (size_t l = 1; l < sim->layers; l++) {
        const sg__units *layer = &sim->layer[l];
        if (layer->potential && !layer->net->output)
            for (size_t i = 0; i < layer->neurons; i++)
                fire(sim, l, i);
    }
}

sg_status sg__forward_run(sg_simulation *sim)
{
    struct sg__event event;
    while (sim->queue.failure == SG_OK && sg__queue_pop(&sim->queue, &event)) {
        sim->time++;
        sim->totals.forward_spikes++;
        sim->totals.taken_back += event.sign < 0;
        sg__show_sent(sim, &event, SG_PHASE_FORWARD);
        deliver(sim, event.layer, event.neuron, event.sign);
    }
    return sim->queue.failure;
}

static sg_status present(sg_simulation *sim, const uint8_t *pixels,
                         sg__presentation as)
{
    sg__forward_reset(sim, as);
    sg__network_quantise(sim->net, sg__kernels_table(0), pixels,
                         sim->layer[0].count);
    emit_input(sim);
    sg__forward_bias(sim);
    sg_status status = sg__forward_run(sim);
    sim->presented = status == SG_OK;
    return status;
}

sg_status sg_simulation_present(sg_simulation *sim, const uint8_t *pixels)
{
    if (!sim || !pixels)
        return SG_E_ARGUMENT;
    return present(sim, pixels, (sg__presentation){.training = false});
}

sg_status sg_simulation_present_training(sg_simulation *sim,
                                         const uint8_t *pixels, uint64_t step,
                                         uint32_t sample)
{
    if (!sim || !pixels)
        return SG_E_ARGUMENT;
    return present(sim, pixels,
                   (sg__presentation){.training = true,
                                      .step = step,
                                      .sample = sample});
}
