/* Verification: batches through the event simulation and a fast engine, every
 * integer compared.
 *
 * The engines share the network, the images, the rules of core/, the loss and
 * the optimiser, but nothing of how spikes travel; each updates its own clone
 * of the network with its own gradient. The fast engine is that of the
 * processor or of a device, and looked at through the seam. Batches are small,
 * because every charge of every sample is kept. */
#include "proof/verify.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/sized.h"
#include "base/status.h"
#include "engine/engine.h"
#include "event/simulation.h"
#include "layers/arrays.h"
#include "network/match.h"

enum { GROUP = 16 }; /* samples of a batch */

typedef struct comparison {
    const sg_network *net;           /* where every batch begins */
    sg_network *ann_net, *event_net; /* clones, updated at the end of one */
    sg__engine *engine;              /* of ann_net */
    sg__engine *use; /* of the same in use; NULL if that is as in training */
    sg__batch batch;
    sg__update update[SG_LAYERS_MAX];
    int32_t *gradient, *bias_gradient; /* of one layer, of the engine */
    uint8_t *counts;                   /* of one sample and layer, of it */
    int32_t *charges, *error_charges;
    sg_simulation *sim;
    const sg_data *data;
    uint32_t samples[GROUP]; /* the images of the batch */
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
static sg_status check_forward(comparison *c, uint32_t s, size_t l,
                               bool in_use)
{
    uint32_t image = c->samples[s];
    const sg__layer *layer = &c->ann_net->layer[l];
    sg__engine *engine = in_use ? c->use : c->engine;
    const int bits = layer->theta_bits + (in_use ? layer->use_shift : 0);
    const char *const count_name =
        in_use ? "spike count in use" : "spike count";
    const char *const v_name =
        in_use ? "membrane value in use" : "membrane value";
    const uint8_t *event_count = sg_simulation_counts(c->sim, l + 1);
    const int32_t *event_v = sg_simulation_potentials(c->sim, l + 1);
    sg_status status = SG_OK;
    if (!layer->output)
        status = sg__engine_look(engine, SG__TRACE_COUNTS, l, s, c->counts);
    if (status == SG_OK && event_v)
        status = sg__engine_look(engine, SG__TRACE_CHARGES, l, s, c->charges);
    if (status != SG_OK)
        return status;
    for (size_t i = 0; i < sg__outputs(&layer->geo); i++) {
        int32_t count = layer->output ? 0 : c->counts[i];
        if (!layer->output &&
            !same(c->out, count_name, image, l, i, event_count[i], count))
            return SG_E_MISMATCH;
        if (event_v && !same(c->out, v_name, image, l, i, event_v[i],
                             c->charges[i] - count * (1 << bits)))
            return SG_E_MISMATCH;
    }
    return SG_OK;
}

static sg_status check_backward(comparison *c, uint32_t s, size_t l)
{
    uint32_t image = c->samples[s];
    const sg__layer *layer = &c->ann_net->layer[l];
    int8_t *errors = (int8_t *)c->counts;
    const int8_t *event_d = sg_simulation_errors(c->sim, l + 1);
    const int32_t *event_u = sg__simulation_error_charge(c->sim, l + 1);
    const size_t lowest = sg__lowest_learning(c->ann_net);
    if (!layer->synaptic)
        return SG_OK;
    sg_status status =
        sg__engine_look(c->engine, SG__TRACE_ERRORS, l, s, errors);
    if (status == SG_OK)
        status =
            sg__engine_look(c->engine, SG__TRACE_CHARGES, l, s, c->charges);
    if (status == SG_OK)
        status = sg__engine_look(c->engine, SG__TRACE_ERROR_CHARGES, l, s,
                                 c->error_charges);
    for (size_t i = 0; status == SG_OK && i < sg__outputs(&layer->geo); i++) {
        int32_t d = errors[i];
        bool gated =
            l < lowest || (!layer->output && !sg__derivative(c->charges[i]));
        if (!same(c->out, "error count", image, l, i, event_d[i], d))
            status = SG_E_MISMATCH;
        else if (!gated &&
                 !same(c->out, "error membrane value", image, l, i, event_u[i],
                       (int64_t)c->error_charges[i] -
                           d * (INT64_C(1) << layer->phi_bits)))
            status = SG_E_MISMATCH;
    }
    return status;
}

/* Sample s once more, as in use; what it has left of training is lost. */
static sg_status check_use(comparison *c, uint32_t s)
{
    sg_status status =
        sg_simulation_present(c->sim, sg_data_pixels(c->data, c->samples[s]));
    for (size_t l = 0; status == SG_OK && l < c->ann_net->layer_count; l++)
        status = check_forward(c, s, l, true);
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
        status = check_forward(c, s, l, false);
    for (size_t l = c->ann_net->layer_count; status == SG_OK && l-- > 0;)
        status = check_backward(c, s, l);
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
    if (status == SG_OK)
        status = sg__engine_fetch(c->engine);
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
        /* by the plain rule, whatever the engine goes by */
        sg__update_apply(c->event_net, sg__kernels_table(0), l, &c->update[l],
                         c->batch.step, 0, channels, g, gb);
        if (!same_layer(c, l))
            return SG_E_MISMATCH;
    }
    return status;
}

/* Room for the gradient of any one layer, and for what any one has of a
 * sample. */
static sg_status take_arrays(comparison *c)
{
    size_t weights = 1, channels = 1, neurons = 1;
    for (size_t l = 0; l < c->ann_net->layer_count; l++) {
        const sg__layer *layer = &c->ann_net->layer[l];
        const size_t n = sg__outputs(&layer->geo);
        weights = layer->weights > weights ? layer->weights : weights;
        channels = layer->geo.out_c > channels ? layer->geo.out_c : channels;
        neurons = n > neurons ? n : neurons;
    }
    c->gradient = malloc(weights * sizeof *c->gradient);
    c->bias_gradient = malloc(channels * sizeof *c->bias_gradient);
    c->counts = malloc(neurons);
    c->charges = malloc(neurons * sizeof *c->charges);
    c->error_charges = malloc(neurons * sizeof *c->error_charges);
    return c->gradient && c->bias_gradient && c->counts && c->charges &&
                   c->error_charges
               ? SG_OK
               : SG_E_MEMORY;
}

/* Engines for batches of at most that many samples. */
static sg_status take_engines(comparison *c, const sg__place *place,
                              size_t batch, sg_error *error)
{
    sg_error why = {{0}};
    sg__engine_options options = {.net = c->ann_net,
                                  .trained = c->ann_net,
                                  .batch = batch,
                                  .threads = 1,
                                  .keeps = true,
                                  .device = &place->device,
                                  .error = &why};
    sg_status status = sg__engine_create(place->kind, &options, &c->engine);
    options.trained = NULL;
    if (status == SG_OK && sg__drops_out(c->net))
        status = sg__engine_create(place->kind, &options, &c->use);
    if (status != SG_OK && why.text[0])
        sg__fail(error, status, "verify: %s", why.text);
    return status;
}

static sg_status prepare(comparison *c, const sg__place *place, uint32_t group,
                         sg_error *error)
{
    static const sg__augment none = {0};
    const sg_network *net = c->net;
    sg_status status = sg__network_clone(net, &c->ann_net);
    if (status == SG_OK)
        status = sg__network_clone(net, &c->event_net);
    if (status == SG_OK)
        status = take_arrays(c);
    c->batch = (sg__batch){.data = c->data,
                           .samples = c->samples,
                           .augment = &none,
                           .epoch = net->run.epoch,
                           .step = net->run.step};
    if (status == SG_OK)
        status = take_engines(c, place, group, error);
    return status;
}

static void release(comparison *c)
{
    sg__engine_destroy(c->engine);
    sg__engine_destroy(c->use);
    sg_network_destroy(c->ann_net);
    sg_network_destroy(c->event_net);
    free(c->gradient);
    free(c->bias_gradient);
    free(c->counts);
    free(c->charges);
    free(c->error_charges);
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

/* Both clones as the network, before a batch. */
static sg_status start_over(comparison *c)
{
    const sg_network *net = c->net;
    for (size_t l = 0; l < net->layer_count; l++) {
        if (!net->layer[l].synaptic)
            continue;
        sg__arrays_copy(&c->ann_net->layer[l], &net->layer[l]);
        sg__arrays_copy(&c->event_net->layer[l], &net->layer[l]);
        /* at the peak rate, so that the update is one that changes weights */
        c->update[l] = sg__update_plan(net, l, INT32_C(1) << 30);
    }
    return sg__engine_put(c->engine);
}

/* The batch through the fast engine, in training and in use. */
static sg_status run_engines(comparison *c)
{
    sg_metrics sums;
    const sg__range range = {c->data, c->samples[0], (uint32_t)c->batch.count,
                             false};
    sg_status status = SG_OK;
    if (c->use)
        status = sg__engine_evaluate(c->use, &range, &sums, NULL);
    if (status == SG_OK)
        status = sg__engine_pass(c->engine, &c->batch, &sums, NULL);
    for (size_t l = 0; status == SG_OK && l < c->ann_net->layer_count; l++)
        if (c->ann_net->layer[l].synaptic)
            sg__update_restrain(c->ann_net, l, sums.layer[l].spikes,
                                c->batch.count, &c->update[l]);
    return status;
}

/* One batch; both engines start it from the same weights. */
static sg_status check_batch(comparison *c, const sg_verify_options *how,
                             sg_error *error)
{
    sg_status status = start_over(c);
    if (status == SG_OK)
        status = run_engines(c);
    for (uint32_t s = 0; status == SG_OK && s < c->batch.count; s++) {
        status = check_sample(c, s);
        c->out->samples++;
        if (status == SG_OK && how->progress &&
            how->progress((uint32_t)c->out->samples, how->samples, how->user))
            status = sg__fail(error, SG_E_STOPPED,
                              "verify: stopped after %u samples",
                              (unsigned)c->out->samples);
    }
    if (status == SG_OK)
        status = check_update(c);
    add_totals(&c->out->events, c->sim);
    return status;
}

/* All batches, with a simulation for each. */
static sg_status check_all(comparison *c, const sg_verify_options *how,
                           uint32_t group, sg_error *error)
{
    sg_status status = SG_OK;
    for (uint32_t first = 0; status == SG_OK && first < how->samples;
         first += group) {
        const uint32_t left = how->samples - first;
        c->batch.count = left < group ? left : group;
        for (uint32_t i = 0; i < c->batch.count; i++)
            c->samples[i] = first + i;
        status = sg_simulation_create(c->net, how->order,
                                      (how->seed + first) % SG__SEED_LIMIT,
                                      &c->sim, error);
        if (status == SG_OK)
            status = check_batch(c, how, error);
        sg_simulation_destroy(c->sim);
        c->sim = NULL;
    }
    return status;
}

static sg_status describe(const sg_verification *v, const sg__place *place,
                          sg_error *error)
{
    return sg__fail(error, SG_E_MISMATCH,
                    "verify: layer %zu, index %llu, sample %llu: %s is %lld "
                    "in the event simulation and %lld %s",
                    v->layer, (unsigned long long)v->index,
                    (unsigned long long)v->sample, v->quantity,
                    (long long)v->event_value, (long long)v->ann_value,
                    place->device.kind ? "on the device"
                                       : "in the ANN engine");
}

/* Says why it came to nothing, where that has not been said. */
static sg_status explain(const comparison *c, sg_status status,
                         sg_error *error)
{
    const sg__engine *engine =
        c->use && c->use->failed != SG_OK ? c->use : c->engine;
    if (status == SG_E_FULL)
        return sg__fail(error, status,
                        "verify: sample %llu: %s; turns and random have room "
                        "for any network",
                        (unsigned long long)c->out->samples - 1,
                        sg_status_text(status));
    if (engine && engine->failed != SG_OK)
        return sg__fail(error, status, "verify: %s",
                        sg__engine_why(engine, status));
    if (status == SG_E_MEMORY && !(error && error->text[0]))
        return sg__fail(error, status, "verify: not enough memory");
    return status;
}

static sg_status check_arguments(const sg_network *net, const sg_data *data,
                                 const sg_verify_options *how, sg_error *error)
{
    sg_status status = sg__check_data(net, data, error);
    if (status != SG_OK)
        return status;
    if (how->samples == 0 || how->samples > sg_data_get_info(data)->size)
        return sg__fail(error, SG_E_RANGE, "samples: %u, expected 1..%u",
                        how->samples, sg_data_get_info(data)->size);
    if (how->seed >= SG__SEED_LIMIT)
        return sg__fail(error, SG_E_RANGE, "seed: expected less than 2^56");
    return SG_OK;
}

sg_status sg__verify_at(const sg__place *place, const sg_network *net,
                        const sg_data *data, const sg_verify_options *options,
                        sg_verification *out, sg_error *error)
{
    const uint32_t batch = (uint32_t)net->recipe.batch;
    const uint32_t group = batch < GROUP ? batch : GROUP;
    comparison c = {.net = net, .data = data, .out = out};
    memset(out, 0, sizeof *out);
    if (error)
        error->text[0] = '\0';
    sg_status status = check_arguments(net, data, options, error);
    if (status != SG_OK)
        return status;
    status = prepare(&c, place, group, error);
    if (status == SG_OK)
        status = check_all(&c, options, group, error);
    if (status == SG_E_MISMATCH)
        describe(out, place, error);
    else if (status != SG_OK)
        explain(&c, status, error);
    release(&c);
    return status;
}

sg_status sg_verify_with(const sg_network *net, const sg_data *data,
                         const sg_verify_options *options,
                         sg_verification *out, sg_error *error)
{
    sg_verify_options how;
    sg__place place;
    if (!net || !data || !options || !out)
        return sg__fail(error, SG_E_ARGUMENT, "verify: missing argument");
    memset(out, 0, sizeof *out);
    sg_status status = sg__sized_take(options, &how, sizeof how,
                                      "options of a verification", error);
    if (status == SG_OK)
        status = sg__place_of(how.device, 1, &place, error);
    return status == SG_OK ? sg__verify_at(&place, net, data, &how, out, error)
                           : status;
}

sg_status sg_verify(const sg_network *net, const sg_data *data,
                    uint32_t samples, sg_order order, uint64_t seed,
                    sg_progress_fn progress, void *user, sg_verification *out,
                    sg_error *error)
{
    const sg_verify_options options = {sizeof options, samples, order, seed,
                                       progress,       user,    NULL};
    return sg_verify_with(net, data, &options, out, error);
}
