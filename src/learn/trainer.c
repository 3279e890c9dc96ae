/* A training run: epochs of shuffled batches, evaluation, resumption.
 *
 * The state that decides the rest of the run is the network with its run
 * counters; shuffles, augmentation, dither and rounding are pure functions of
 * the seed and those counters, so a run can stop and go on anywhere. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/status.h"
#include "engine/batch.h"
#include "io/checkpoint.h"
#include "learn/calibrate.h"
#include "learn/evaluate.h"
#include "network/match.h"

struct sg_trainer {
    sg__batch batch;
    uint32_t *order;           /* samples of the epoch under way, shuffled */
    uint32_t order_epoch;      /* the epoch it is for, plus 1; 0 for none */
    uint32_t samples, batches; /* of an epoch */
    sg_metrics *parts;         /* [threads], of an evaluation */
    sg_metrics test;
};

/* Fisher-Yates with draws keyed by (seed, epoch, position). */
static void shuffle(sg_trainer *t, uint32_t epoch)
{
    uint64_t seed = t->batch.net->recipe.seed;
    if (t->order_epoch == epoch + 1)
        return;
    for (uint32_t i = 0; i < t->samples; i++)
        t->order[i] = i;
    for (uint32_t i = t->samples - 1; i > 0; i--) {
        sg__draw draw = sg__random(seed, SG__STREAM_SHUFFLE, epoch, i, 0, 0);
        uint32_t j = sg__random_below(draw.v[0], i + 1), swap = t->order[i];
        t->order[i] = t->order[j];
        t->order[j] = swap;
    }
    t->order_epoch = epoch + 1;
}

/* A trainer around a network, which it takes over even when it fails. */
static sg_status build(sg_network *net, const sg_data *train, unsigned threads,
                       sg_trainer **out, sg_error *error)
{
    sg_trainer *t = calloc(1, sizeof *t);
    if (!t) {
        sg_network_destroy(net);
        return sg__fail(error, SG_E_MEMORY, "trainer: out of memory");
    }
    uint32_t batch = (uint32_t)net->recipe.batch;
    t->samples = net->data_size;
    t->batches = (t->samples + batch - 1) / batch;
    sg_status status =
        sg__batch_create(net, train, batch, threads, false, &t->batch);
    if (status == SG_OK) {
        t->order = malloc(t->samples * sizeof *t->order);
        t->parts = calloc(t->batch.ann.threads, sizeof *t->parts);
        status = t->order && t->parts ? SG_OK : SG_E_MEMORY;
    }
    if (status != SG_OK)
        sg__fail(error, status, "trainer with %u threads: %s", threads,
                 sg_status_text(status));
    else
        status =
            sg__augment_parse(net->recipe.augment, &t->batch.augment, error);
    if (status != SG_OK) {
        sg_trainer_destroy(t);
        return status;
    }
    sg__ann_pack_all(&t->batch.ann);
    *out = t;
    return SG_OK;
}

sg_status sg_trainer_create(const sg_recipe *recipe, const sg_data *train,
                            unsigned threads, sg_trainer **out,
                            sg_error *error)
{
    sg_network *net;
    *out = NULL;
    sg_status status = sg_network_create(recipe, train, &net, error);
    if (status != SG_OK)
        return status;
    return build(net, train, threads, out, error);
}

sg_status sg_trainer_resume(const char *path, const sg_data *train,
                            unsigned threads, sg_trainer **out,
                            sg_error *error)
{
    sg_network *net;
    *out = NULL;
    sg_status status = sg__checkpoint_load(path, &net, error);
    if (status != SG_OK)
        return status;
    status = sg__check_data(net, train, error);
    const sg_data_info *info = sg_data_get_info(train);
    if (status == SG_OK && info->size != net->data_size)
        status = sg__fail(error, SG_E_ARGUMENT,
                          "%s: %u samples, expected the %u that %s was "
                          "trained on",
                          info->name, info->size, net->data_size, path);
    if (status == SG_OK && net->data_hash &&
        net->data_hash != sg__data_hash(train))
        status = sg__fail(error, SG_E_ARGUMENT,
                          "%s: other images or labels than %s was trained on",
                          info->name, path);
    if (status == SG_OK) /* they may have moved */
        status = sg__adopt_data(net, train, error);
    if (status != SG_OK) {
        sg_network_destroy(net);
        return status;
    }
    return build(net, train, threads, out, error);
}

/* Makes a network one that is trained on data, at the start of an epoch. */
static sg_status start_at(sg_network *net, const sg_data *train,
                          uint32_t epoch, sg_error *error)
{
    const sg_data_info *info = sg_data_get_info(train);
    sg_status status = sg__check_data(net, train, error);
    if (status != SG_OK)
        return status;
    if (epoch >= (uint32_t)net->recipe.epochs)
        return sg__fail(error, SG_E_RANGE,
                        "epoch %u, expected one below the recipe's %u", epoch,
                        (unsigned)net->recipe.epochs);
    uint64_t batch = (uint64_t)net->recipe.batch;
    uint64_t batches = (info->size + batch - 1) / batch;
    net->run = (sg__run){.step = epoch * batches, .epoch = epoch};
    return sg__adopt_data(net, train, error);
}

sg_status sg_trainer_create_from(const sg_network *net, uint32_t epoch,
                                 const sg_data *train, unsigned threads,
                                 sg_trainer **out, sg_error *error)
{
    sg_network *copy;
    *out = NULL;
    sg_status status = sg__network_clone(net, &copy);
    if (status != SG_OK)
        return sg__fail(error, status, "trainer: %s", sg_status_text(status));
    status = start_at(copy, train, epoch, error);
    if (status != SG_OK) {
        sg_network_destroy(copy);
        return status;
    }
    return build(copy, train, threads, out, error);
}

sg_status sg_trainer_step(sg_trainer *t)
{
    sg__batch *b = &t->batch;
    sg_network *net = b->net;
    sg__run *run = &net->run;
    const sg_recipe *r = &net->recipe;
    uint32_t epochs = sg__network_epochs(net), size = (uint32_t)r->batch;
    if (run->epoch >= epochs)
        return SG_E_RANGE;

    if (run->batch == 0)
        memset(&run->train, 0, sizeof run->train);
    shuffle(t, run->epoch);
    uint32_t first = run->batch * size;
    b->samples = t->order + first;
    b->count = t->samples - first < size ? t->samples - first : size;
    b->epoch = run->epoch;
    b->step = run->step;
    if (sg__calibrates(r, run->step))
        sg__calibrate_phi(b);
    int32_t schedule =
        sg__schedule(r, run->step, (uint64_t)epochs * t->batches, t->batches);
    for (size_t l = 0; l < net->layer_count; l++)
        if (net->layer[l].synaptic)
            b->update[l] = sg__update_plan(net, l, schedule);
    sg__batch_pass(b, &run->train);
    sg__batch_update(b);

    run->step++;
    if (++run->batch == t->batches) {
        run->batch = 0;
        run->epoch++;
    }
    return SG_OK;
}

sg_status sg_trainer_plan(sg_trainer *t, uint32_t epochs, sg_error *error)
{
    sg_network *net = t->batch.net;
    uint32_t most = (uint32_t)net->recipe.epochs;
    uint32_t least = net->run.epoch + (net->run.batch > 0);
    least = least > 0 ? least : 1;
    if (epochs < least || epochs > most)
        return sg__fail(error, SG_E_RANGE,
                        "plan of %" PRIu32 " epochs, expected %" PRIu32
                        "..%" PRIu32,
                        epochs, least, most);
    net->run.planned = epochs == most ? 0 : epochs;
    return SG_OK;
}

/* Reports the epoch just completed; non-zero if the caller wants to stop. */
static int report_epoch(sg_trainer *t, const sg_data *test, double seconds,
                        const sg_callbacks *callbacks)
{
    sg__batch *b = &t->batch;
    double start = sg__clock();
    const bool profiles = b->ann.profiles;
    b->ann.profiles = false; /* a profile is of training */
    if (test)
        sg__evaluate(&b->ann, b->threads, test, t->parts, NULL, &t->test,
                     NULL);
    b->ann.profiles = profiles;
    if (!callbacks || !callbacks->on_epoch)
        return 0;
    sg_epoch_report report = {
        .epoch = b->net->run.epoch,
        .epochs = sg__network_epochs(b->net),
        .step = b->net->run.step,
        .seconds = seconds,
        .test_seconds = sg__clock() - start,
        .train = &b->net->run.train,
        .test = test ? &t->test : NULL,
        .trainer = t,
    };
    return callbacks->on_epoch(&report, callbacks->user);
}

static int report_batch(sg_trainer *t, uint32_t epoch, uint32_t done,
                        const sg_callbacks *callbacks)
{
    if (!callbacks || !callbacks->on_batch)
        return 0;
    sg_progress progress = {
        .epoch = epoch + 1,
        .epochs = sg__network_epochs(t->batch.net),
        .batch = done,
        .batches = t->batches,
        .step = t->batch.net->run.step,
        .train = &t->batch.net->run.train,
        .trainer = t,
    };
    return callbacks->on_batch(&progress, callbacks->user);
}

sg_status sg_trainer_run(sg_trainer *t, const sg_data *test,
                         const sg_callbacks *callbacks, sg_error *error)
{
    const sg_network *net = t->batch.net;
    sg_status status = test ? sg__check_data(net, test, error) : SG_OK;
    double seconds = 0;
    while (status == SG_OK && net->run.epoch < sg__network_epochs(net)) {
        uint32_t epoch = net->run.epoch, done = net->run.batch + 1;
        double start = sg__clock();
        status = sg_trainer_step(t);
        seconds += sg__clock() - start;
        int stop = report_batch(t, epoch, done, callbacks);
        if (net->run.epoch != epoch) {
            stop |= report_epoch(t, test, seconds, callbacks);
            seconds = 0;
        }
        if (stop)
            status = sg__fail(error, SG_E_STOPPED,
                              "stopped after batch %u of epoch %u", done,
                              epoch + 1);
    }
    return status;
}

sg_status sg_trainer_save(const sg_trainer *t, const char *path,
                          sg_error *error)
{
    return sg__checkpoint_save(t->batch.net, path, error);
}

const sg_network *sg_trainer_network(const sg_trainer *t)
{
    return t->batch.net;
}

const sg_metrics *sg_trainer_metrics(const sg_trainer *t)
{
    return &t->batch.net->run.train;
}

size_t sg_trainer_memory(const sg_trainer *t)
{
    return t->batch.arena.used + t->samples * sizeof *t->order +
           sg__network_bytes(t->batch.net);
}

size_t sg_network_training_memory(const sg_network *net, unsigned threads)
{
    return sg__batch_bytes(net, (size_t)net->recipe.batch,
                           sg__threads_or_all(threads)) +
           net->data_size * sizeof(uint32_t) + sg__network_bytes(net);
}

void sg_trainer_profile(sg_trainer *t, int on)
{
    sg__batch *b = &t->batch;
    b->ann.profiles = on != 0;
    for (unsigned i = 0; i < b->ann.threads; i++) {
        memset(b->ann.scratch[i].cost, 0,
               b->net->layer_count * sizeof *b->ann.scratch[i].cost);
        b->scratch[i].load_ns = 0;
    }
}

static void add_phase(sg_phase_cost *to, const sg_phase_cost *from)
{
    to->nanoseconds += from->nanoseconds;
    to->ops += from->ops;
    to->dense_ops += from->dense_ops;
    to->bytes += from->bytes;
}

uint64_t sg_trainer_get_profile(const sg_trainer *t, sg_layer_cost *cost)
{
    const sg__batch *b = &t->batch;
    uint64_t load = 0;
    memset(cost, 0, b->net->layer_count * sizeof *cost);
    for (unsigned i = 0; i < b->ann.threads; i++) {
        load += b->scratch[i].load_ns;
        for (size_t l = 0; l < b->net->layer_count; l++) {
            const sg_layer_cost *from = &b->ann.scratch[i].cost[l];
            add_phase(&cost[l].forward, &from->forward);
            add_phase(&cost[l].fire, &from->fire);
            add_phase(&cost[l].propagate, &from->propagate);
            add_phase(&cost[l].gradient, &from->gradient);
            add_phase(&cost[l].update, &from->update);
            add_phase(&cost[l].count, &from->count);
        }
    }
    return load;
}

void sg_trainer_destroy(sg_trainer *t)
{
    if (!t)
        return;
    sg_network *net = t->batch.net;
    sg__batch_destroy(&t->batch);
    free(t->order);
    free(t->parts);
    sg_network_destroy(net);
    free(t);
}
