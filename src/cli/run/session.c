/* Training runs; see session.h. What is written when, and why resuming gives
 * the same files, is told in rundir.h. */
#include "cli/run/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/base/metrics.h"
#include "cli/base/output.h"
#include "cli/run/conclude.h"
#include "cli/run/epochs.h"
#include "cli/run/session_state.h"

const sg_network *session_network(const session *s)
{
    return sg_trainer_network(s->trainer);
}

const char *session_path(const session *s)
{
    return s->run.path;
}

const char *session_data(const session *s)
{
    return s->file.data;
}

void session_close(session *s)
{
    if (!s)
        return;
    sg_trainer_destroy(s->trainer);
    sg_data_destroy(s->part);
    sg_data_destroy(s->held);
    sg_data_destroy(s->whole);
    sg_data_destroy(s->test);
    history_free(&s->past);
    rundir_close(&s->run);
    recipe_file_end(&s->file);
    sg_recipe_destroy(s->plain);
    free(s);
}

/* Where the system starts fewer threads than were wanted: slower, the same. */
static void tell_threads(const session *s)
{
    if (!s->options.quiet)
        cli_tell_threads(cli_threads(s->options.threads),
                         sg_trainer_threads(s->trainer));
}

/* Says what is about to run. */
static int introduce(const session *s)
{
    char shape[METRICS_SHAPE], topology[SG_RECIPE_TEXT];
    sg_network_info info;
    const sg_network *net = session_network(s);

    sg_network_get_info(net, &info);
    recipe_text(info.recipe, "net", topology);
    tell_threads(s);
    if (s->options.silent)
        return CLI_OK;
    if (!s->options.quiet) {
        run_tell_suggested(s->plain, s->file.recipe);
        clean_line(stderr, "%s on %s (%s, %u training samples)", topology,
                   s->file.data, metrics_shape(info.input, shape),
                   sg_data_get_info(session_training(s))->size);
        clean_line(stderr,
                   "%" PRIu64 " neurons, %" PRIu64 " synapses, %" PRIu64
                   " multiply-adds as an ANN; %.1f MiB of working memory",
                   info.neurons, info.synapses, info.dense_macs,
                   (double)sg_trainer_memory(s->trainer) / 1048576.0);
        clean_line(stderr, "run directory %s", s->run.path);
    }
    if (!s->options.json)
        return CLI_OK;
    return output_json(stdout, "standard output",
                       json_pack("{s:s,s:o,s:o,s:s}", "type", "run", "path",
                                 output_text(s->run.path), "data",
                                 output_text(s->file.data), "net", topology));
}

static int save(session *s)
{
    sg_error error = {""};
    sg_status status = sg_trainer_save(s->trainer, s->run.checkpoint, &error);
    return status == SG_OK ? CLI_OK
                           : cli_status(s->options.command, status, &error);
}

/* The time of the part of an epoch that no other line has. */
static int log_stop(session *s)
{
    sg_network_info info;
    sg_network_get_info(session_network(s), &info);
    return rundir_log(&s->run,
                      json_pack("{s:s,s:I,s:I,s:{s:f}}", "type", "stop",
                                "epoch", (json_int_t)info.epoch, "step",
                                (json_int_t)info.step, "time", "elapsed",
                                budget_elapsed(&s->time)));
}

/* Saves what was begun, and says how to go on. */
static int finish_stopped(session *s)
{
    int code = save(s);
    if (code == CLI_OK)
        code = log_stop(s);
    if (code != CLI_OK)
        return code;
    if (!s->options.silent)
        clean_line(stderr,
                   "spikegrad: stopped; continue with: %s train --resume %s",
                   cli_program(), s->run.path);
    return CLI_INTERRUPTED;
}

static int run_epochs(session *s)
{
    sg_error error = {""};
    epochs run = {.s = s, .last = s->past.last, .best = s->past.best};
    const sg_callbacks callbacks = {sizeof callbacks, epochs_on_batch,
                                    epochs_on_epoch, &run};
    cli_catch_signals();
    progress_begin(&run.line, s->options.quiet);
    s->time.mark = cli_seconds();
    sg_status status =
        sg_trainer_run(s->trainer, session_tested(s), &callbacks, &error);
    progress_clear(&run.line);
    if (run.code == CLI_INTERRUPTED)
        return finish_stopped(s);
    if (run.code != CLI_OK)
        return run.code;
    if (status == SG_E_STOPPED)
        return finish_stopped(s);
    if (status != SG_OK)
        return cli_status(s->options.command, status, &error);
    return conclude(s, &run.last, &run.best);
}

int session_train(session *s)
{
    sg_network_info info;
    cli_outlive_readers();
    int code = introduce(s);
    if (code != CLI_OK)
        return code;
    sg_network_get_info(session_network(s), &info);
    if (info.epoch < info.epochs)
        return run_epochs(s);
    if (!s->options.silent && !s->options.quiet)
        fprintf(stderr, "spikegrad: the run is complete (%u epochs)\n",
                info.epoch);
    return conclude(s, &s->past.last, &s->past.best);
}
