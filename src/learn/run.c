/* A training run to its end: steps, evaluation after each epoch, reports to
 * the caller. */
#include "base/clock.h"
#include "base/sized.h"
#include "base/status.h"
#include "learn/trainer.h"
#include "network/match.h"

static int report_batch(sg_trainer *t, uint32_t epoch, uint32_t done,
                        const sg_callbacks *callbacks)
{
    if (!callbacks->on_batch)
        return 0;
    sg_progress progress = {
        .epoch = epoch + 1,
        .epochs = sg__network_epochs(t->net),
        .batch = done,
        .batches = t->batches,
        .step = t->net->run.step,
        .train = &t->net->run.train,
        .trainer = t,
    };
    return callbacks->on_batch(&progress, callbacks->user);
}

/* test_seconds is what the evaluation took that t->test is of, if there is
 * test data. */
static int report_epoch(sg_trainer *t, const sg_data *test, double seconds,
                        double test_seconds, const sg_callbacks *callbacks)
{
    if (!callbacks->on_epoch)
        return 0;
    sg_epoch_report report = {
        .epoch = t->net->run.epoch,
        .epochs = sg__network_epochs(t->net),
        .step = t->net->run.step,
        .seconds = seconds,
        .test_seconds = test_seconds,
        .train = &t->net->run.train,
        .test = test ? &t->test : NULL,
        .trainer = t,
    };
    return callbacks->on_epoch(&report, callbacks->user);
}

/* Ends an epoch: evaluates, reports. *stop is not 0 if the caller wants to
 * stop. */
static sg_status end_epoch(sg_trainer *t, const sg_data *test, double seconds,
                           const sg_callbacks *callbacks, int *stop)
{
    double start = sg__clock();
    if (test) {
        const sg__range all = {.data = test,
                               .count = sg_data_get_info(test)->size};
        sg_status status =
            sg__engine_evaluate(t->engine, &all, &t->test, NULL);
        if (status != SG_OK)
            return status;
    }
    *stop |= report_epoch(t, test, seconds, sg__clock() - start, callbacks);
    return SG_OK;
}

/* An engine that has failed, for the caller. */
static sg_status fail(const sg_trainer *t, sg_status status, sg_error *error)
{
    return sg__fail(error, status, "epoch %u, batch %u: %s engine: %s",
                    t->net->run.epoch + 1, t->net->run.batch + 1,
                    t->engine->kind->name, sg__engine_why(t->engine, status));
}

sg_status sg_trainer_run(sg_trainer *t, const sg_data *test,
                         const sg_callbacks *callbacks, sg_error *error)
{
    sg_callbacks known;
    if (!t)
        return sg__fail(error, SG_E_ARGUMENT, "trainer: missing argument");
    sg_status status =
        sg__sized_take(callbacks, &known, sizeof known, "callbacks", error);
    if (status == SG_OK && test)
        status = sg__check_data(t->net, test, error);
    const sg__run *run = &t->net->run;
    double seconds = 0;
    if (status != SG_OK)
        return status;
    while (run->epoch < sg__network_epochs(t->net)) {
        uint32_t epoch = run->epoch, done = run->batch + 1;
        double start = sg__clock();
        status = sg_trainer_step(t);
        if (status != SG_OK)
            return fail(t, status, error);
        seconds += sg__clock() - start;
        int stop = report_batch(t, epoch, done, &known);
        if (run->epoch != epoch) {
            status = end_epoch(t, test, seconds, &known, &stop);
            if (status != SG_OK)
                return fail(t, status, error);
            seconds = 0;
        }
        if (stop)
            return sg__fail(error, SG_E_STOPPED,
                            "stopped after batch %u of epoch %u", done,
                            epoch + 1);
    }
    return SG_OK;
}
