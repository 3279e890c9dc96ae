/* Verification: batches through both engines, every integer compared.
 *
 * The engines share the network, the images, the rules of core/, the loss and
 * the optimiser, but nothing of how spikes travel; each updates its own clone
 * of the network with its own gradient. Batches are small, because every
 * charge of every sample is kept. */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/status.h"
#include "engine/cpu.h"
#include "event/simulation.h"
#include "layers/arrays.h"
#include "network/match.h"

enum { GROUP = 16 }; /* samples of a batch */

typedef struct comparison {
    sg_network *ann_net, *event_net; /* clones, updated at the end */
    sg__engine *engine;              /* of ann_net */
    const sg__ann *ann;              /* its workspace */
    sg__batch batch;
    sg__update update[SG_LAYERS_MAX];
    int32_t *gradient, *bias_gradient; /* of one layer, of the ANN */
    sg__ann *use; /* the batch in use; NULL if that is the same as training */
    sg_simulation *sim;
    const sg_data *data;
    uint32_t samples[GROUP]; /* the images of the batch */
    uint32_t count;
    sg_verification *out;
} comparison;

/* Notes the first difference; true if the values are equal. */
static bool same(sg_verification *out, const char *quantity, uint64_t sample,
                 size_t layer, uint64_t index, int64_t event, int64_t ann)
{
    out->compared++;
    if (event == ann)
        return true;
    out->quantity = quantity;
    out->sample = sample;
    out->layer = layer;
    out->index = index;
    out->event_value = event;
    out->ann_value = ann;
    return false;
}

/* Layer l of sample s after a forward pass in training or in use. */
static bool same_forward(comparison *c, uint32_t s, size_t l, bool in_use)
{
    uint32_t image = c->samples[s];
    const sg__layer *layer = &c->ann_net->layer[l];
    const sg__ann_layer *ann = in_use ? &c->use->layer[l] : &c->ann->layer[l];
    const int bits = layer->theta_bits + (in_use ? layer->use_shift : 0);
    const char *const count_name =
        in_use ? "spike count in use" : "spike count";
    const char *const v_name =
        in_use ? "membrane value in use" : "membrane value";
    const uint8_t *event_count = sg_simulation_counts(c->sim, l + 1);
    const int32_t *event_v = sg_simulation_potentials(c->sim, l + 1);
    size_t n = sg__outputs(&layer->geo), start = s * n;
    for (size_t i = 0; i < n; i++) {
        int32_t count = layer->output ? 0 : ann->counts[start + i];
        if (!layer->output &&
            !same(c->out, count_name, image, l, i, event_count[i], count))
            return false;
        if (event_v && !same(c->out, v_name, image, l, i, event_v[i],
                             ann->charges[start + i] - count * (1 << bits)))
            return false;
    }
    return true;
}

static bool same_backward(comparison *c, uint32_t s, size_t l)
{
    uint32_t image = c->samples[s];
    const sg__layer *layer = &c->ann_net->layer[l];
    const sg__ann_layer *ann = &c->ann->layer[l];
    const int8_t *event_d = sg_simulation_errors(c->sim, l + 1);
    const int32_t *event_u = sg__simulation_error_charge(c->sim, l + 1);
    const size_t lowest = sg__lowest_learning(c->ann_net);
    size_t n = sg__outputs(&layer->geo), start = s * n;
    if (!layer->synaptic)
        return true;
    for (size_t i = 0; i < n; i++) {
        int32_t d = ann->errors[start + i];
        if (!same(c->out, "error count", image, l, i, event_d[i], d))
            return false;
        bool gated = l < lowest || (!layer->output &&
                                    !sg__derivative(ann->charges[start + i]));
        int64_t u = (int64_t)ann->error_charges[start + i] -
                    d * (INT64_C(1) << layer->phi_bits);
        if (!gated &&
            !same(c->out, "error membrane value", image, l, i, event_u[i], u))
            return false;
    }
    return true;
}

/* Sample s once more, as in use; what it has left of training is lost. */
static sg_status check_use(comparison *c, uint32_t s)
{
    sg_status status =
        sg_simulation_present(c->sim, sg_data_pixels(c->data, c->samples[s]));
    for (size_t l = 0; status == SG_OK && l < c->ann_net->layer_count; l++)
        if (!same_forward(c, s, l, true))
            status = SG_E_MISMATCH;
    return status;
}

/* Simulates sample s of the batch and compares all that both engines have. */
static sg_status check_sample(comparison *c, uint32_t s)
{
    uint32_t image = c->samples[s];
    sg_status status =
        sg_simulation_present_training(c->sim, sg_data_pixels(c->data, image),
                                       c->batch.step, image);
    if (status == SG_OK)
        status = sg_simulation_learn(c->sim, sg_data_label(c->data, image),
                                     c->batch.step, image);
    for (size_t l = 0; status == SG_OK && l < c->ann_net->layer_count; l++)
        if (!same_forward(c, s, l, false))
            status = SG_E_MISMATCH;
    for (size_t l = c->ann_net->layer_count; status == SG_OK && l-- > 0;)
        if (!same_backward(c, s, l))
            status = SG_E_MISMATCH;
    if (status == SG_OK && c->use)
        status = check_use(c, s);
    return status;
}

static bool same_gradient(comparison *c, const char *quantity, size_t l,
                          size_t n, const int32_t *event, const int32_t *ann)
{
    for (size_t i = 0; i < n; i++)
        if (!same(c->out, quantity, c->samples[0], l, i, event[i], ann[i]))
            return false;
    return true;
}

/* Layer l of both clones after the update. */
static bool same_layer(comparison *c, size_t l)
{
    const sg__layer *e = &c->event_net->layer[l], *a = &c->ann_net->layer[l];
    for (int k = 0; k < SG__ARRAYS; k++) {
        const sg__array array = (sg__array)k;
        const sg__array_info *info = sg__array_describe(array);
        if (info->type == SG__ARRAY_ROWS) /* means and sizes of masters */
            continue;
        size_t n = sg__array_length(a, array);
        for (size_t i = 0; i < n; i++)
            if (!same(c->out, info->label, c->samples[0], l, i,
                      sg__array_get(e, array, i), sg__array_get(a, array, i)))
                return false;
    }
    return true;
}

/* Applies both gradients, each to its clone, and compares what comes out. */
static sg_status check_update(comparison *c)
{
    sg_status status = sg__engine_update(c->engine, c->update);
    for (size_t l = 0; status == SG_OK && l < c->ann_net->layer_count; l++) {
        const sg__layer *a = &c->ann_net->layer[l];
        const uint32_t channels = a->geo.out_c;
        if (!a->synaptic)
            continue;
        int32_t *g = sg__simulation_gradient(c->sim, l + 1);
        int32_t *gb = sg__simulation_bias_gradient(c->sim, l + 1);
        status = sg__engine_reduce(c->engine, l, 0, channels, c->gradient,
                                   c->bias_gradient);
        if (status != SG_OK)
            return status;
        if (!same_gradient(c, "gradient", l, a->weights, g, c->gradient) ||
            !same_gradient(c, "bias gradient", l, channels, gb,
                           c->bias_gradient))
            return SG_E_MISMATCH;
        /* by the plain rule, whatever table the ANN engine uses */
        sg__update_apply(c->event_net, sg__kernels_table(0), l, &c->update[l],
                         c->batch.step, 0, channels, g, gb);
        if (!same_layer(c, l))
            return SG_E_MISMATCH;
    }
    return status;
}

/* Runs the batch through the ANN engine as in use, if that is different. */
static sg_status run_use(comparison *c, const sg_network *net)
{
    if (!sg__drops_out(net))
        return SG_OK;
    sg_status status = sg__ann_create(net, c->count, 1, false, true, &c->use);
    if (status != SG_OK)
        return status;
    sg__ann_pack_all(c->use);
    for (size_t s = 0; s < c->count; s++)
        sg__network_quantise(net, c->use->kernels,
                             sg_data_pixels(c->data, c->samples[s]),
                             sg__ann_counts(c->use, 0, s));
    for (size_t s = 0, n; s < c->count; s += n) {
        n = c->count - s < c->use->chunk ? c->count - s : c->use->chunk;
        sg__ann_forward(c->use, s, n, 0, net->layer_count, NULL, 0, NULL);
    }
    return SG_OK;
}

/* Room for the gradient of any one layer. */
static sg_status take_gradients(comparison *c)
{
    size_t weights = 1, channels = 1;
    for (size_t l = 0; l < c->ann_net->layer_count; l++) {
        const sg__layer *layer = &c->ann_net->layer[l];
        weights = layer->weights > weights ? layer->weights : weights;
        channels = layer->geo.out_c > channels ? layer->geo.out_c : channels;
    }
    c->gradient = malloc(weights * sizeof *c->gradient);
    c->bias_gradient = malloc(channels * sizeof *c->bias_gradient);
    return c->gradient && c->bias_gradient ? SG_OK : SG_E_MEMORY;
}

static sg_status prepare(comparison *c, const sg_network *net, sg_order order,
                         uint64_t seed, sg_error *error)
{
    static const sg__augment none = {0};
    sg_status status = sg__network_clone(net, &c->ann_net);
    if (status == SG_OK)
        status = sg__network_clone(net, &c->event_net);
    if (status == SG_OK)
        status = take_gradients(c);
    const sg__engine_options options = {.net = c->ann_net,
                                        .trained = c->ann_net,
                                        .batch = c->count,
                                        .threads = 1,
                                        .keeps = true};
    if (status == SG_OK)
        status = sg__engine_create(&sg__engine_cpu, &options, &c->engine);
    if (status == SG_OK)
        status = run_use(c, net);
    if (status != SG_OK)
        return status;
    c->ann = &sg__cpu_of(c->engine)->ann;
    c->batch = (sg__batch){.data = c->data,
                           .samples = c->samples,
                           .count = c->count,
                           .augment = &none,
                           .epoch = net->run.epoch,
                           .step = net->run.step};
    /* at the peak rate, so that the update is one that changes weights */
    for (size_t l = 0; l < net->layer_count; l++)
        if (net->layer[l].synaptic)
            c->update[l] = sg__update_plan(net, l, INT32_C(1) << 30);
    return sg_simulation_create(net, order, seed, &c->sim, error);
}

static void release(comparison *c)
{
    sg_simulation_destroy(c->sim);
    sg__engine_destroy(c->engine);
    sg__ann_destroy(c->use);
    sg_network_destroy(c->ann_net);
    sg_network_destroy(c->event_net);
    free(c->gradient);
    free(c->bias_gradient);
}

static void add_totals(sg_event_totals *sums, const sg_simulation *sim)
{
    sg_event_totals part;
    sg_simulation_totals(sim, &part);
    sums->forward_spikes += part.forward_spikes;
    sums->backward_spikes += part.backward_spikes;
    sums->forward_ops += part.forward_ops;
    sums->backward_ops += part.backward_ops;
    sums->gradient_ops += part.gradient_ops;
    sums->taken_back += part.taken_back;
    if (sums->longest_queue < part.longest_queue)
        sums->longest_queue = part.longest_queue;
}

/* One batch; both engines start it from the same weights. */
static sg_status check_batch(comparison *c, sg_progress_fn progress,
                             uint32_t total, void *user, sg_error *error)
{
    sg_metrics sums;
    sg_status status = sg__engine_pass(c->engine, &c->batch, &sums, NULL);
    for (size_t l = 0; l < c->ann_net->layer_count; l++)
        if (c->ann_net->layer[l].synaptic)
            sg__update_restrain(c->ann_net, l, sums.layer[l].spikes, c->count,
                                &c->update[l]);
    for (uint32_t s = 0; status == SG_OK && s < c->count; s++) {
        status = check_sample(c, s);
        c->out->samples++;
        if (status == SG_E_MEMORY)
            sg__fail(error, status, "verify: %s", sg_status_text(status));
        if (status == SG_OK && progress &&
            progress((uint32_t)c->out->samples, total, user))
            status = sg__fail(error, SG_E_STOPPED,
                              "verify: stopped after %u samples",
                              (unsigned)c->out->samples);
    }
    if (status == SG_OK)
        status = check_update(c);
    add_totals(&c->out->events, c->sim);
    return status;
}

static sg_status describe(const sg_verification *v, sg_error *error)
{
    return sg__fail(error, SG_E_MISMATCH,
                    "verify: layer %zu, index %llu, sample %llu: %s is %lld "
                    "in the event simulation and %lld in the ANN engine",
                    v->layer, (unsigned long long)v->index,
                    (unsigned long long)v->sample, v->quantity,
                    (long long)v->event_value, (long long)v->ann_value);
}

sg_status sg_verify(const sg_network *net, const sg_data *data,
                    uint32_t samples, sg_order order, uint64_t seed,
                    sg_progress_fn progress, void *user, sg_verification *out,
                    sg_error *error)
{
    if (!net || !data || !out)
        return sg__fail(error, SG_E_ARGUMENT, "verify: missing argument");
    memset(out, 0, sizeof *out);
    sg_status status = sg__check_data(net, data, error);
    if (status != SG_OK)
        return status;
    if (samples == 0 || samples > sg_data_get_info(data)->size)
        return sg__fail(error, SG_E_RANGE, "samples: %u, expected 1..%u",
                        samples, sg_data_get_info(data)->size);

    if (seed >= SG__SEED_LIMIT)
        return sg__fail(error, SG_E_RANGE, "seed: expected less than 2^56");

    uint32_t group = (uint32_t)net->recipe.batch;
    group = group < GROUP ? group : GROUP;
    for (uint32_t first = 0; status == SG_OK && first < samples;
         first += group) {
        comparison c = {.data = data, .out = out};
        c.count = samples - first < group ? samples - first : group;
        for (uint32_t i = 0; i < c.count; i++)
            c.samples[i] = first + i;
        status =
            prepare(&c, net, order, (seed + first) % SG__SEED_LIMIT, error);
        if (status == SG_OK)
            status = check_batch(&c, progress, samples, user, error);
        else if (status == SG_E_MEMORY)
            sg__fail(error, status, "verify: not enough memory");
        release(&c);
    }
    if (status == SG_E_MISMATCH)
        return describe(out, error);
    if (status == SG_E_FULL)
        return sg__fail(error, status,
                        "verify: sample %llu: %s; turns and random have room "
                        "for any network",
                        (unsigned long long)out->samples - 1,
                        sg_status_text(status));
    return status;
}
