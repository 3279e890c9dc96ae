/* Training runs; see session.h. What is written when, and why resuming gives
 * the same files, is told in rundir.h. */
#include "session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "epochs.h"
#include "metrics.h"
#include "output.h"

struct session {
    session_options options;
    recipe_file file;
    sg_data *whole;       /* train split */
    sg_data *part, *held; /* its two parts if samples are held back */
    sg_data *test;
    sg_trainer *trainer;
    rundir run;
    bool kept_final; /* the test after a run with validation is logged */
};

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
    rundir_close(&s->run);
    free(s);
}

static int take_data(session *s, const char *spec)
{
    if (strlen(spec) >= sizeof s->file.data || strpbrk(spec, "\r\n"))
        return cli_usage(s->options.command,
                         "--data: longer than %zu bytes, "
                         "or of several lines",
                         sizeof s->file.data - 1);
    memmove(s->file.data, spec, strlen(spec) + 1);
    return CLI_OK;
}

static int open_data(session *s)
{
    sg_error error = {""};
    const char *spec = s->file.data;
    sg_status status = sg_data_open(spec, SG_SPLIT_TRAIN, &s->whole, &error);
    if (status == SG_OK)
        status = sg_data_open(spec, SG_SPLIT_TEST, &s->test, &error);
    if (status != SG_OK)
        return cli_status(s->options.command, status, &error);

    uint32_t size = sg_data_get_info(s->whole)->size;
    uint32_t back = (uint32_t)s->file.recipe.validation;
    if (back == 0)
        return CLI_OK;
    if (back >= size)
        return cli_usage(s->options.command,
                         "--validation: holds back %u of "
                         "%u training samples",
                         back, size);
    status = sg_data_slice(s->whole, 0, size - back, &s->part, &error);
    if (status == SG_OK)
        status = sg_data_slice(s->whole, size - back, back, &s->held, &error);
    return status == SG_OK ? CLI_OK
                           : cli_status(s->options.command, status, &error);
}

static const sg_data *training_data(const session *s)
{
    return s->part ? s->part : s->whole;
}

static int open_new(session *s)
{
    sg_error error = {""};
    sg_status status =
        sg_trainer_create(&s->file.recipe, training_data(s),
                          (unsigned)s->options.threads, &s->trainer, &error);
    return status == SG_OK ? CLI_OK
                           : cli_status(s->options.command, status, &error);
}

/* recipe.ini is for reading; what counts is in the checkpoint. */
static int compare_recipes(const session *s)
{
    char file[SG_RECIPE_NET], state[SG_RECIPE_NET];
    size_t count;
    sg_network_info info;
    const sg_recipe_option *option = sg_recipe_options(&count);

    sg_network_get_info(session_network(s), &info);
    for (size_t i = 0; i < count; i++) {
        const char *name = option[i].name;
        if (sg_recipe_get(&s->file.recipe, name, file, sizeof file) != SG_OK ||
            sg_recipe_get(info.recipe, name, state, sizeof state) != SG_OK ||
            strcmp(file, state) == 0)
            continue;
        cli_fail("%s: %s = %s, but the checkpoint was trained with %s",
                 s->run.recipe, name, file, state);
        return CLI_DATA;
    }
    return CLI_OK;
}

static int open_resumed(session *s)
{
    sg_error error = {""};
    sg_network_info info;
    int code;

    if (!rundir_has_checkpoint(&s->run)) {
        if ((code = open_new(s)) != CLI_OK)
            return code;
    } else {
        sg_status status =
            sg_trainer_resume(s->run.checkpoint, training_data(s),
                              (unsigned)s->options.threads, &s->trainer,
                              &error);
        if (status != SG_OK)
            return cli_status(s->options.command, status, &error);
        if ((code = compare_recipes(s)) != CLI_OK)
            return code;
    }
    sg_network_get_info(session_network(s), &info);
    bool complete = info.epoch >= (uint32_t)info.recipe->epochs;
    return rundir_keep(&s->run, info.epoch, complete, &s->kept_final);
}

static int open_parts(session *s, const sg_recipe *recipe)
{
    const session_options *options = &s->options;
    int code = CLI_OK;

    if (options->resume)
        code = rundir_open(&s->run, options->resume, &s->file);
    else
        s->file.recipe = *recipe;
    if (code == CLI_OK && options->data)
        code = take_data(s, options->data);
    if (code == CLI_OK)
        code = open_data(s);
    if (code != CLI_OK)
        return code;
    if (options->resume)
        return open_resumed(s);
    if ((code = open_new(s)) != CLI_OK)
        return code;
    return rundir_create(&s->run, options->out, &s->file);
}

int session_open(const session_options *options, const sg_recipe *recipe,
                 session **out)
{
    *out = NULL;
    session *s = calloc(1, sizeof *s);
    if (!s)
        return cli_fail("out of memory");
    s->options = *options;
    sg_recipe_init(&s->file.recipe);
    int code = open_parts(s, recipe);
    if (code == CLI_OK)
        *out = s;
    else
        session_close(s);
    return code;
}

/* Says what is about to run. */
static int introduce(const session *s)
{
    char shape[METRICS_SHAPE];
    sg_network_info info;
    const sg_network *net = session_network(s);

    sg_network_get_info(net, &info);
    if (!s->options.quiet)
        fprintf(stderr,
                "%s on %s (%s, %u training samples)\n"
                "%" PRIu64 " neurons, %" PRIu64 " synapses, %" PRIu64
                " multiply-adds as an ANN; %.1f MiB of working memory\n"
                "run directory %s\n",
                info.recipe->net, s->file.data,
                metrics_shape(info.input, shape),
                sg_data_get_info(training_data(s))->size, info.neurons,
                info.synapses, info.dense_macs,
                (double)sg_trainer_memory(s->trainer) / 1048576.0,
                s->run.path);
    if (!s->options.json)
        return CLI_OK;
    return output_json(stdout, "standard output",
                       json_pack("{s:s,s:s,s:s,s:s}", "type", "run", "path",
                                 s->run.path, "data", s->file.data, "net",
                                 info.recipe->net));
}

static int save(session *s)
{
    sg_error error = {""};
    sg_status status = sg_trainer_save(s->trainer, s->run.checkpoint, &error);
    return status == SG_OK ? CLI_OK
                           : cli_status(s->options.command, status, &error);
}

/* With validation the test split is looked at only once, here. */
static int test_once(session *s)
{
    sg_metrics metrics;
    sg_error error = {""};
    sg_network_info info;
    const sg_network *net = session_network(s);

    if (!s->held || s->kept_final)
        return CLI_OK;
    sg_status status = sg_evaluate(net, s->test, (unsigned)s->options.threads,
                                   &metrics, NULL, &error);
    if (status != SG_OK)
        return cli_status(s->options.command, status, &error);
    sg_network_get_info(net, &info);
    json_t *line =
        json_pack("{s:s,s:I,s:o}", "type", "final", "epoch",
                  (json_int_t)info.epoch, "test", metrics_json(net, &metrics));
    json_incref(line);
    int code = rundir_log(&s->run, line);
    if (s->options.json && code == CLI_OK)
        return output_json(stdout, "standard output", line);
    json_decref(line);
    if (code == CLI_OK)
        printf("test: %.2f %%, %" PRIu64 " of %" PRIu64 "\n",
               metrics_accuracy(&metrics), metrics.correct, metrics.samples);
    return code;
}

static int conclude(session *s)
{
    int code = test_once(s);
    if (code != CLI_OK)
        return code;
    if (s->options.json)
        return output_json(stdout, "standard output",
                           json_pack("{s:s,s:s}", "type", "end", "model",
                                     s->run.checkpoint));
    printf("model: %s\n", s->run.checkpoint);
    return CLI_OK;
}

int session_train(session *s)
{
    sg_network_info info;
    sg_error error = {""};
    int code = introduce(s);
    if (code != CLI_OK)
        return code;
    sg_network_get_info(session_network(s), &info);
    if (info.epoch >= (uint32_t)info.recipe->epochs) {
        fprintf(stderr, "spikegrad: the run is complete (%u epochs)\n",
                info.epoch);
        return conclude(s);
    }

    epochs run = {
        .run = &s->run,
        .held = s->held != NULL,
        .json = s->options.json,
        .layers = s->options.layers,
        .quiet = s->options.quiet,
        .checkpoint_every = s->options.checkpoint_every,
        .verify = s->options.verify,
        .verified = s->held ? s->held : s->test,
        .observe = s->options.observe,
        .observed = s->held ? s->held : s->whole,
        .threads = (unsigned)s->options.threads,
        .command = s->options.command,
    };
    sg_callbacks callbacks = {epochs_on_batch, epochs_on_epoch, &run};
    cli_catch_signals();
    progress_begin(&run.line, run.quiet);
    sg_status status = sg_trainer_run(s->trainer, s->held ? s->held : s->test,
                                      &callbacks, &error);
    progress_clear(&run.line);
    if (run.code != CLI_OK)
        return run.code;
    if (status == SG_OK)
        return conclude(s);
    if (status != SG_E_STOPPED)
        return cli_status(s->options.command, status, &error);
    if ((code = save(s)) != CLI_OK)
        return code;
    fprintf(stderr,
            "spikegrad: stopped; continue with: %s train --resume %s\n",
            cli_program(), s->run.path);
    return CLI_INTERRUPTED;
}
