/* Verification: batches through the event simulation and a fast engine, every
 * integer compared.
 *
 * The engines share the network, the images, the rules of core/, the loss and
 * the optimiser, but nothing of how spikes travel; each updates its own clone
 * of the network with its own gradient. The fast engine is that of the
 * processor or of a device, and looked at through the seam. Batches are small,
 * because every charge of every sample is kept.
 *
 * The samples of a batch are simulated in any thread, each thread with a
 * simulation of its own, and compared one at a time. The draws of an order are
 * keyed by the sample's place, what is found is kept for each sample and added
 * up in their order, and gradients are sums of integers: so the result is that
 * of one thread. */
#include "proof/verify.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/sized.h"
#include "base/status.h"
#include "base/threads.h"
#include "engine/engine.h"
#include "event/simulation.h"
#include "layers/arrays.h"
#include "network/match.h"

enum { GROUP = 16, THREADS = 256 }; /* samples of a batch; at most */

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
    const sg_data *data;
    uint32_t samples[GROUP]; /* the images of the batch */
    sg_verification *out;
    const sg_verify_options *how;
    sg__threads *threads;
    sg_simulation *sim[GROUP]; /* one for each thread that has samples */
    uint8_t mine[THREADS];     /* which one, + 1, a thread has taken; 0 */
    atomic_uint taken;         /* of them */
    sg_verification found[GROUP];
    sg_status status[GROUP]; /* of each sample */
    atomic_uint failed;      /* the first sample that did; others: count */
    atomic_uint done;        /* samples of this batch and those before */
    atomic_bool stopped;     /* by progress */
    pthread_mutex_t looking; /* at the engines, and into the arrays above */
} comparison;

/* One thread's part in a batch: its simulation, and where it notes things. */
typedef struct look {
    comparison *at;
    sg_simulation *sim;
    sg_verification *out;
} look;

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
static sg_status check_forward(const look *k, uint32_t s, size_t l,
                               bool in_use)
{
    uint32_t image = k->at->samples[s];
    const sg__layer *layer = &k->at->ann_net->layer[l];
    sg__engine *engine = in_use ? k->at->use : k->at->engine;
    const int bits = layer->theta_bits + (in_use ? layer->use_shift : 0);
    const char *const count_name =
        in_use ? "spike count in use" : "spike count";
    const char *const v_name =
        in_use ? "membrane value in use" : "membrane value";
    const uint8_t *event_count = sg_simulation_counts(k->sim, l + 1);
    const int32_t *event_v = sg_simulation_potentials(k->sim, l + 1);
    sg_status status = SG_OK;
    if (!layer->output)
        status =
            sg__engine_look(engine, SG__TRACE_COUNTS, l, s, k->at->counts);
    if (status == SG_OK && event_v)
        status =
            sg__engine_look(engine, SG__TRACE_CHARGES, l, s, k->at->charges);
    if (status != SG_OK)
        return status;
    for (size_t i = 0; i < sg__outputs(&layer->geo); i++) {
        int32_t count = layer->output ? 0 : k->at->counts[i];
        if (!layer->output &&
            !same(k->out, count_name, image, l, i, event_count[i], count))
            return SG_E_MISMATCH;
        if (event_v && !same(k->out, v_name, image, l, i, event_v[i],
                             k->at->charges[i] - count * (1 << bits)))
            return SG_E_MISMATCH;
    }
    return SG_OK;
}

static sg_status check_backward(const look *k, uint32_t s, size_t l)
{
    uint32_t image = k->at->samples[s];
    const sg__layer *layer = &k->at->ann_net->layer[l];
    int8_t *errors = (int8_t *)k->at->counts;
    const int8_t *event_d = sg_simulation_errors(k->sim, l + 1);
    const int32_t *event_u = sg__simulation_error_charge(k->sim, l + 1);
    const size_t lowest = sg__lowest_learning(k->at->ann_net);
    if (!layer->synaptic)
        return SG_OK;
    sg_status status =
        sg__engine_look(k->at->engine, SG__TRACE_ERRORS, l, s, errors);
    if (status == SG_OK)
        status = sg__engine_look(k->at->engine, SG__TRACE_CHARGES, l, s,
                                 k->at->charges);
    if (status == SG_OK)
        status = sg__engine_look(k->at->engine, SG__TRACE_ERROR_CHARGES, l, s,
                                 k->at->error_charges);
    for (size_t i = 0; status == SG_OK && i < sg__outputs(&layer->geo); i++) {
        int32_t d = errors[i];
        bool gated = l < lowest ||
                     (!layer->output && !sg__derivative(k->at->charges[i]));
        bool equal = same(k->out, "error count", image, l, i, event_d[i], d) &&
                     (gated || same(k->out, "error membrane value", image, l,
                                    i, event_u[i],
                                    (int64_t)k->at->error_charges[i] -
                                        d * (INT64_C(1) << layer->phi_bits)));
        if (!equal)
            status = SG_E_MISMATCH;
    }
    return status;
}

/* All layers after a forward pass, in use, or after both passes. */
static sg_status check_layers(const look *k, uint32_t s, bool in_use)
{
    const size_t layers = k->at->ann_net->layer_count;
    sg_status status = SG_OK;
    pthread_mutex_lock(&k->at->looking);
    for (size_t l = 0; status == SG_OK && l < layers; l++)
        status = check_forward(k, s, l, in_use);
    for (size_t l = layers; status == SG_OK && !in_use && l-- > 0;)
        status = check_backward(k, s, l);
    pthread_mutex_unlock(&k->at->looking);
    return status;
}

/* Simulates sample s of the batch and compares all that both engines have;
 * and once more, as in use. */
static sg_status check_sample(const look *k, uint32_t s)
{
    const sg_data *data = k->at->data;
    const uint32_t image = k->at->samples[s];
    const uint64_t step = k->at->batch.step;
    const uint8_t *pixels = sg_data_pixels(data, image);
    sg_status status =
        sg_simulation_present_training(k->sim, pixels, step, image);
    if (status == SG_OK)
        status = sg_simulation_learn(k->sim, sg_data_label(data, image), step,
                                     image);
    if (status == SG_OK)
        status = check_layers(k, s, false);
    if (status == SG_OK && k->at->use)
        status = sg_simulation_present(k->sim, pixels);
    if (status == SG_OK && k->at->use)
        status = check_layers(k, s, true);
    return status;
}

static bool same_gradient(comparison *c, const char *quantity, size_t l,
                          size_t n, const int32_t *event, const int32_t *ann)
{
    for (size_t i = 0; i < n; i++)
        if (!same(&c->found[0], quantity, c->samples[0], l, i, event[i],
                  ann[i]))
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
            if (!same(&c->found[0], info->label, c->samples[0], l, i,
                      sg__array_get(e, array, i), sg__array_get(a, array, i)))
                return false;
    }
    return true;
}

/* How many threads have samples of the batch, and so a simulation. */
static unsigned simulations(const comparison *c)
{
    const size_t threads = sg__threads_count(c->threads);
    return (unsigned)(threads < c->batch.count ? threads : c->batch.count);
}

/* The gradients of all threads' simulations, in the first one's. */
static void add_gradients(comparison *c)
{
    for (unsigned t = 1; t < simulations(c); t++)
        sg__simulation_join(c->sim[0], c->sim[t]);
}

/* Applies both gradients, each to its clone, and compares what comes out. */
static sg_status check_update(comparison *c)
{
    sg_status status = sg__engine_update(c->engine, c->update);
    if (status == SG_OK)
        status = sg__engine_fetch(c->engine);
    add_gradients(c);
    for (size_t l = 0; status == SG_OK && l < c->ann_net->layer_count; l++) {
        const sg__layer *a = &c->ann_net->layer[l];
        const uint32_t channels = a->geo.out_c;
        if (!a->synaptic)
            continue;
        int32_t *g = sg__simulation_gradient(c->sim[0], l + 1);
        int32_t *gb = sg__simulation_bias_gradient(c->sim[0], l + 1);
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

/* What was found in a sample, to what was found before. */
static void add_found(sg_verification *out, const sg_verification *part)
{
    sg_event_totals sums = out->events;
    const sg_event_totals *events = &part->events;
    const uint64_t samples = out->samples, compared = out->compared;
    sums.forward_spikes += events->forward_spikes;
    sums.backward_spikes += events->backward_spikes;
    sums.forward_ops += events->forward_ops;
    sums.backward_ops += events->backward_ops;
    sums.gradient_ops += events->gradient_ops;
    sums.taken_back += events->taken_back;
    if (sums.longest_queue < events->longest_queue)
        sums.longest_queue = events->longest_queue;
    *out = *part; /* the difference, if there is one */
    out->events = sums;
    out->samples = samples + part->samples;
    out->compared = compared + part->compared;
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

/* Tells the caller, in its own thread, how far all threads are. */
static void tell(comparison *c)
{
    const sg_verify_options *how = c->how;
    if (how->progress && !atomic_load(&c->stopped) &&
        how->progress(atomic_load(&c->done), how->samples, how->user))
        atomic_store(&c->stopped, true);
}

/* Sample s of the batch in some thread; nothing once a sample before it has
 * failed. Its draws are those it has in whatever thread: a network that runs
 * in use as well takes two numbers a sample. */
static void simulate(void *context, unsigned s, unsigned thread)
{
    comparison *c = context;
    if (atomic_load(&c->stopped) || s > atomic_load(&c->failed))
        return;
    if (!c->mine[thread])
        c->mine[thread] = (uint8_t)(atomic_fetch_add(&c->taken, 1) + 1);
    const look k = {c, c->sim[c->mine[thread] - 1], &c->found[s]};
    sg_simulation_number(k.sim, (uint64_t)s * (c->use ? 2 : 1));
    c->status[s] = check_sample(&k, s);
    k.out->samples = 1;
    sg_simulation_totals(k.sim, &k.out->events);
    unsigned first = atomic_load(&c->failed);
    while (s < first && c->status[s] != SG_OK &&
           !atomic_compare_exchange_weak(&c->failed, &first, s))
        continue;
    atomic_fetch_add(&c->done, 1);
    if (thread == 0 && c->status[s] == SG_OK)
        tell(c);
}

/* Simulations, and nothing found. */
static sg_status begin_batch(comparison *c, sg_error *error)
{
    const sg_verify_options *how = c->how;
    const uint64_t seed = (how->seed + c->samples[0]) % SG__SEED_LIMIT;
    sg_status status = SG_OK;
    memset(c->found, 0, sizeof c->found);
    memset(c->status, 0, sizeof c->status);
    memset(c->mine, 0, sizeof c->mine);
    atomic_store(&c->taken, 0);
    atomic_store(&c->failed, (unsigned)c->batch.count);
    atomic_store(&c->done, c->samples[0] - how->first);
    for (unsigned t = 0; status == SG_OK && t < simulations(c); t++)
        status =
            sg_simulation_create(c->net, how->order, seed, &c->sim[t], error);
    return status;
}

/* One batch; both engines start it from the same weights. */
static sg_status check_batch(comparison *c, sg_error *error)
{
    sg_status status = begin_batch(c, error);
    if (status == SG_OK)
        status = start_over(c);
    if (status == SG_OK)
        status = run_engines(c);
    if (status != SG_OK)
        return status;
    sg__threads_run(c->threads, (unsigned)c->batch.count, simulate, c);
    for (uint32_t s = 0; status == SG_OK && s < c->batch.count; s++) {
        add_found(c->out, &c->found[s]);
        status = c->status[s];
    }
    if (status == SG_OK && simulations(c) > 1)
        tell(c);
    if (status == SG_OK && atomic_load(&c->stopped))
        return sg__fail(error, SG_E_STOPPED,
                        "verify: stopped after %u samples",
                        (unsigned)c->out->samples);
    if (status != SG_OK)
        return status;
    c->found[0] = (sg_verification){0};
    status = check_update(c);
    add_found(c->out, &c->found[0]);
    return status;
}

/* All batches, with simulations for each. */
static sg_status check_all(comparison *c, uint32_t group, sg_error *error)
{
    const uint32_t samples = c->how->samples;
    sg_status status = SG_OK;
    for (uint32_t first = 0; status == SG_OK && first < samples;
         first += group) {
        const uint32_t left = samples - first;
        c->batch.count = left < group ? left : group;
        for (uint32_t i = 0; i < c->batch.count; i++)
            c->samples[i] = c->how->first + first + i;
        status = check_batch(c, error);
        for (size_t t = 0; t < GROUP; t++) {
            sg_simulation_destroy(c->sim[t]);
            c->sim[t] = NULL;
        }
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
                        (unsigned long long)c->how->first + c->out->samples -
                            1,
                        sg_status_text(status));
    if (engine && engine->failed != SG_OK)
        return sg__fail(error, status, "verify: %s",
                        sg__engine_why(engine, status));
    if (status == SG_E_MEMORY && !(error && error->text[0]))
        return sg__fail(error, status, "verify: not enough memory");
    return status;
}

/* Samples of a small batch. */
static uint32_t group_of(const sg_network *net)
{
    const uint32_t batch = (uint32_t)net->recipe.batch;
    return batch < GROUP ? batch : GROUP;
}

static sg_status check_arguments(const sg_network *net, const sg_data *data,
                                 const sg_verify_options *how, sg_error *error)
{
    sg_status status = sg__check_data(net, data, error);
    if (status != SG_OK)
        return status;
    const uint32_t size = sg_data_get_info(data)->size;
    if (how->first >= size || how->first % group_of(net) != 0)
        return sg__fail(error, SG_E_RANGE,
                        "first: %u, expected a multiple of %u below %u",
                        how->first, group_of(net), size);
    if (how->samples == 0 || how->samples > size - how->first)
        return sg__fail(error, SG_E_RANGE, "samples: %u, expected 1..%u",
                        how->samples, size - how->first);
    if (how->seed >= SG__SEED_LIMIT)
        return sg__fail(error, SG_E_RANGE, "seed: expected less than 2^56");
    return SG_OK;
}

sg_status sg__verify_at(const sg__place *place, const sg_network *net,
                        const sg_data *data, const sg_verify_options *options,
                        sg_verification *out, sg_error *error)
{
    const uint32_t group = group_of(net);
    comparison c = {.net = net, .data = data, .out = out, .how = options};
    memset(out, 0, sizeof *out);
    if (error)
        error->text[0] = '\0';
    sg_status status = check_arguments(net, data, options, error);
    if (status != SG_OK)
        return status;
    status = sg__threads_create(options->threads, &c.threads);
    if (status != SG_OK)
        return sg__fail(error, status, "verify with %u threads: %s",
                        options->threads, sg_status_text(status));
    if (options->started)
        *options->started = sg__threads_count(c.threads);
    pthread_mutex_init(&c.looking, NULL);
    status = prepare(&c, place, group, error);
    if (status == SG_OK)
        status = check_all(&c, group, error);
    if (status == SG_E_MISMATCH)
        describe(out, place, error);
    else if (status != SG_OK)
        explain(&c, status, error);
    release(&c);
    pthread_mutex_destroy(&c.looking);
    sg__threads_destroy(c.threads);
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
        status = sg__place_of(how.device, 1, NULL, &place, error);
    return status == SG_OK ? sg__verify_at(&place, net, data, &how, out, error)
                           : status;
}

sg_status sg_verify(const sg_network *net, const sg_data *data,
                    uint32_t samples, sg_order order, uint64_t seed,
                    sg_progress_fn progress, void *user, sg_verification *out,
                    sg_error *error)
{
    const sg_verify_options options = {.size = sizeof options,
                                       .samples = samples,
                                       .order = order,
                                       .seed = seed,
                                       .progress = progress,
                                       .user = user,
                                       .threads = 1};
    return sg_verify_with(net, data, &options, out, error);
}
