/* One step of a training run: which samples, at which rates.
 *
 * Shuffles, augmentation, dither and rounding are pure functions of the seed
 * and the run's counters. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "base/status.h"
#include "engine/metrics.h"
#include "learn/calibrate.h"
#include "learn/trainer.h"

enum { MILLION = 1000000 };

/* Fisher-Yates with draws keyed by (seed, epoch, position). */
static void shuffle(sg_trainer *t, uint32_t epoch)
{
    uint64_t seed = t->net->recipe.seed;
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

/* The batch that comes next. */
static sg__batch next_batch(sg_trainer *t)
{
    const sg__run *run = &t->net->run;
    const uint32_t size = (uint32_t)t->net->recipe.batch;
    const uint32_t first = run->batch * size;
    shuffle(t, run->epoch);
    return (sg__batch){
        .data = t->train,
        .samples = t->order + first,
        .count = t->samples - first < size ? t->samples - first : size,
        .augment = &t->augment,
        .epoch = run->epoch,
        .step = run->step,
    };
}

/* A batch whose update is to be planned. */
typedef struct lesson {
    sg_trainer *t;
    const sg__batch *batch;
} lesson;

static const sg__update *plan(void *context, const uint64_t *spikes)
{
    const lesson *now = context;
    sg_trainer *t = now->t;
    const sg_network *net = t->net;
    const sg__batch *batch = now->batch;
    const uint64_t steps = (uint64_t)sg__network_epochs(net) * t->batches;
    const int64_t share =
        sg__schedule(&net->recipe, batch->step, steps, t->batches);
    const int32_t schedule =
        (int32_t)(share * (MILLION - net->run.slower_ppm) / MILLION);
    for (size_t l = 0; l < net->layer_count; l++) {
        if (!net->layer[l].synaptic)
            continue;
        t->update[l] = sg__update_plan(net, l, schedule);
        sg__update_restrain(net, l, spikes[l], batch->count, &t->update[l]);
    }
    return t->update;
}

/* Forward, backward and update of a batch; t->part is what it did. */
static sg_status learn(sg_trainer *t, const sg__batch *batch)
{
    lesson now = {t, batch};
    const sg__planner planner = {plan, &now};
    sg_status status = SG_OK;
    if (sg__calibrates(&t->net->recipe, batch->step))
        status = sg__calibrate_phi(t->engine, batch);
    return status == SG_OK
               ? sg__engine_learn(t->engine, batch, &planner, &t->part)
               : status;
}

sg_status sg_trainer_step(sg_trainer *t)
{
    if (!t)
        return SG_E_ARGUMENT;
    sg__run *run = &t->net->run;
    if (run->epoch >= sg__network_epochs(t->net))
        return SG_E_RANGE;
    const sg__batch batch = next_batch(t);
    sg_status status = learn(t, &batch);
    if (status != SG_OK)
        return status;
    if (run->batch == 0)
        memset(&run->train, 0, sizeof run->train);
    sg__metrics_add(&run->train, &t->part);
    run->step++;
    if (++run->batch == t->batches) {
        run->batch = 0;
        run->epoch++;
    }
    return SG_OK;
}

sg_status sg_trainer_plan(sg_trainer *t, uint32_t epochs, sg_error *error)
{
    if (!t)
        return sg__fail(error, SG_E_ARGUMENT, "trainer: missing argument");
    sg_network *net = t->net;
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

sg_status sg_trainer_set_epochs(sg_trainer *t, uint32_t epochs,
                                sg_error *error)
{
    char text[16];
    if (!t)
        return sg__fail(error, SG_E_ARGUMENT, "no trainer given");
    sg_network *net = t->net;
    uint32_t least = net->run.epoch + (net->run.batch > 0);
    if (epochs < least)
        return sg__fail(error, SG_E_RANGE,
                        "epochs: %" PRIu32 ", but %" PRIu32 " are begun",
                        epochs, least);
    snprintf(text, sizeof text, "%" PRIu32, epochs);
    sg_status status = sg_recipe_set(&net->recipe, "epochs", text, error);
    if (status == SG_OK && net->run.planned >= epochs)
        net->run.planned = 0;
    return status;
}

sg_status sg_trainer_scale_rate(sg_trainer *t, uint32_t ppm, sg_error *error)
{
    if (!t)
        return sg__fail(error, SG_E_ARGUMENT, "trainer: missing argument");
    if (ppm > MILLION)
        return sg__fail(error, SG_E_RANGE,
                        "learning rate: a share of %" PRIu32
                        " millionths, expected at most 1000000",
                        ppm);
    t->net->run.slower_ppm = MILLION - (int32_t)ppm;
    return SG_OK;
}

uint32_t sg_trainer_rate(const sg_trainer *t)
{
    return t ? (uint32_t)(MILLION - t->net->run.slower_ppm) : 0;
}
