/* Forward pass: every spike is delivered to every synapse it has, and every
 * neuron it touches fires by the literal rule until it is quiescent. */
#include "event/simulation.h"

#include <string.h>

#include "core/dropout.h"
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

/* Applies the firing rule to one neuron until it no longer fires. */
static void fire(sg_simulation *sim, size_t l, size_t i)
{
    struct sg__event_layer *layer = &sim->layer[l];
    const sg__layer *net = layer->net;
    int32_t theta = (int32_t)1 << layer->theta_bits;
    int32_t n = layer->count[i];
    int sign;
    while ((sign = sg__fire(&layer->potential[i], &n, theta, layer->fire_level,
                            net->cap)) != 0)
        count_and_emit(sim, l, i, sign);
}

/* For which of n neurons sg__fire would return a spike; whether for any. */
static bool find_firing(const int32_t *restrict v,
                        const uint8_t *restrict count, size_t n,
                        const struct sg__event_layer *layer,
                        uint8_t *restrict fires)
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
    struct sg__event_layer *layer = &sim->layer[l];
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

/* The output positions [y0, y1) x [x0, x1) that an input neuron at (y, x)
 * reaches, and the neuron's channel. */
struct targets {
    uint32_t y, x, channel;
    uint32_t y0, y1, x0, x1;
};

static struct targets targets_of(const sg__geometry *g, uint32_t j)
{
    struct targets t;
    t.channel = j % g->in_c;
    t.x = j / g->in_c % g->in_w;
    t.y = j / g->in_c / g->in_w;
    sg__reach(t.y, g->stride, g->pad, g->kernel_h, g->out_h, &t.y0, &t.y1);
    sg__reach(t.x, g->stride, g->pad, g->kernel_w, g->out_w, &t.x0, &t.x1);
    return t;
}

static void deliver_synaptic(sg_simulation *sim, size_t l, uint32_t j,
                             int sign)
{
    struct sg__event_layer *layer = &sim->layer[l];
    const sg__geometry *g = &layer->net->geo;
    struct targets t = targets_of(g, j);
    if (t.x0 == t.x1)
        return;
    uint32_t slot = layer->tap_slot[t.x + g->pad - t.x0 * g->stride];
    size_t n = (size_t)(t.x1 - t.x0) * g->out_c;
    for (uint32_t oy = t.y0; oy < t.y1; oy++) {
        size_t tap_y = t.y + g->pad - oy * g->stride;
        size_t row = (tap_y * g->in_c + t.channel) * g->kernel_w + slot;
        size_t first = ((size_t)oy * g->out_w + t.x0) * g->out_c;
        integrate(sim, l, first, n, layer->weight + row * g->out_c, sign);
    }
}

/* The maximum count received by the inputs of pooled unit i. */
static int32_t maximum_seen(const struct sg__event_layer *layer, size_t i)
{
    const sg__geometry *g = &layer->net->geo;
    sg__patch p = sg__patch_of(g, (uint32_t)i);
    int32_t best = INT32_MIN;
    for (uint32_t row = 0; row < p.rows; row++) {
        const int32_t *seen =
            layer->seen + p.input + row * p.input_step + p.channel;
        for (uint32_t x = 0; x < p.width; x += g->in_c)
            if (seen[x] > best)
                best = seen[x];
    }
    return best;
}

/* One event onto pooled unit i. */
static void pool(sg_simulation *sim, size_t l, size_t i, int sign)
{
    struct sg__event_layer *layer = &sim->layer[l];
    if (layer->net->kind == SG_LAYER_POOL_SUM) {
        count_and_emit(sim, l, i, sign);
    } else if (layer->net->kind == SG_LAYER_POOL_AVERAGE) {
        sim->totals.forward_ops++;
        layer->potential[i] = sg__add(layer->potential[i], sign);
        fire(sim, l, i);
    } else {
        int32_t best = maximum_seen(layer, i);
        if (best == layer->peak[i])
            return;
        layer->peak[i] = best;
        count_and_emit(sim, l, i, sign); /* it can only follow the input */
    }
}

static void deliver_pooling(sg_simulation *sim, size_t l, uint32_t j, int sign)
{
    struct sg__event_layer *layer = &sim->layer[l];
    const sg__geometry *g = &layer->net->geo;
    if (layer->seen)
        layer->seen[j] += sign;
    struct targets t = targets_of(g, j);
    for (uint32_t oy = t.y0; oy < t.y1; oy++)
        for (uint32_t ox = t.x0; ox < t.x1; ox++)
            pool(sim, l, ((size_t)oy * g->out_w + ox) * g->out_c + t.channel,
                 sign);
}

/* A spike of neuron j of layer l to all it has synapses with, or that pass it
 * on: the layer above and additions. */
static void deliver(sg_simulation *sim, size_t l, uint32_t j, int sign)
{
    const sg__layer *above = sim->layer[l + 1].net;
    if (above->synaptic)
        deliver_synaptic(sim, l + 1, j, sign);
    else if (above->kind == SG_LAYER_ADD ||
             (above->kind == SG_LAYER_DROPOUT && sim->layer[l + 1].gate[j]))
        count_and_emit(sim, l + 1, j, sign);
    else if (above->kind != SG_LAYER_DROPOUT)
        deliver_pooling(sim, l + 1, j, sign);
    for (size_t r = sim->layer[l].first_addition; r != 0;
         r = sim->layer[r].next_addition)
        count_and_emit(sim, r, j, sign);
}

/* The units of dropout layer l that take part: in use all of them. */
static void draw_gates(sg_simulation *sim, size_t l,
                       struct sg__presentation as)
{
    struct sg__event_layer *layer = &sim->layer[l];
    uint64_t seed = sim->net->recipe.seed;
    for (uint32_t i = 0; i < layer->neurons; i++)
        layer->gate[i] =
            (uint8_t)(!as.training ||
                      sg__takes_part(seed, as.step, as.sample, (uint32_t)l - 1,
                                     i, layer->net->keep_bits));
}

/* Thresholds and potentials before the first spike. */
static void reset_potentials(struct sg__event_layer *layer, bool training)
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
void sg__forward_reset(sg_simulation *sim, struct sg__presentation as)
{
    sg__queue_reset(&sim->queue, sim->samples++);
    sim->time = 0;
    sim->begun = false;
    sim->presented = false;
    sim->training = as.training;
    for (size_t l = 1; l < sim->layers; l++) {
        struct sg__event_layer *layer = &sim->layer[l];
        const sg__geometry *g = &layer->net->geo;
        size_t n = layer->neurons;
        memset(layer->count, 0, n * sizeof *layer->count);
        if (layer->seen) {
            memset(layer->seen, 0, sg__inputs(g) * sizeof *layer->seen);
            memset(layer->peak, 0, n * sizeof *layer->peak);
        }
        if (layer->potential)
            reset_potentials(layer, as.training);
        if (layer->net->kind == SG_LAYER_DROPOUT)
            draw_gates(sim, l, as);
        if (layer->net->synaptic) {
            memset(layer->error, 0, n * sizeof *layer->error);
            memset(layer->charge, 0, n * sizeof *layer->charge);
        }
    }
}

/* Emits the input spikes in rounds, so that the pixels take turns. */
static void emit_input(sg_simulation *sim)
{
    const struct sg__event_layer *input = &sim->layer[0];
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
        const struct sg__event_layer *layer = &sim->layer[l];
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
        deliver(sim, event.layer, event.neuron, event.sign);
    }
    return sim->queue.failure;
}

static sg_status present(sg_simulation *sim, const uint8_t *pixels,
                         struct sg__presentation as)
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
    return present(sim, pixels, (struct sg__presentation){.training = false});
}

sg_status sg_simulation_present_training(sg_simulation *sim,
                                         const uint8_t *pixels, uint64_t step,
                                         uint32_t sample)
{
    return present(sim, pixels, (struct sg__presentation){true, step, sample});
}
