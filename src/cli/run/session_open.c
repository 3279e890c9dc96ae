/* Opening a training run: data, trainer, run directory, and for one that goes
 * on what its files say of it; see session.h and rundir.h. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/base/team.h"
#include "cli/run/conclude.h"
#include "cli/run/session_state.h"

/* Shares of the classes, or NULL if there is no memory. */
static double *shares(const sg_data *data)
{
    const sg_data_info *info = sg_data_get_info(data);
    double *share = calloc(info->classes, sizeof *share);
    for (uint32_t i = 0; share && i < info->size; i++)
        share[sg_data_label(data, i)] += 1.0 / info->size;
    return share;
}

/* Says if held-back samples are of other classes than the rest, by more than
 * chance makes of so few. */
static void warn_of_shares(const session *s)
{
    const sg_data_info *info = sg_data_get_info(s->held);
    double *held = shares(s->held), *rest = shares(s->part);
    double apart = 0.0, worst = 0.0;
    uint32_t class = 0;
    for (uint32_t k = 0; held && rest && k < info->classes; k++) {
        double gap = held[k] > rest[k] ? held[k] - rest[k] : rest[k] - held[k];
        apart += gap / 2.0;
        if (gap > worst) {
            worst = gap;
            class = k;
        }
    }
    if (held && rest && apart > 0.1 + sqrt((double)info->classes / info->size))
        fprintf(
            stderr,
            "spikegrad: the %u samples held back are unlike the rest: "
            "class %u has a share of %.0f %% of them and of %.0f %% of the "
            "others; --holdout stratified takes of each class its share\n",
            info->size, class, 100.0 * held[class], 100.0 * rest[class]);
    free(held);
    free(rest);
}

/* A run needs no test split: without one epochs are not tested, unless samples
 * are held back. */
static int open_test(session *s)
{
    sg_error error = {""};
    sg_status status = sg_data_open_in(s->file.folder, s->file.data,
                                       SG_SPLIT_TEST, &s->test, &error);
    if (status == SG_E_MISSING) {
        if (!s->options.quiet && !s->options.silent)
            clean_line(stderr, "spikegrad: no test split, so no test: %s%s",
                       error.text,
                       s->held ? ""
                               : "; --validation N holds back training "
                                 "samples in its place");
        return CLI_OK;
    }
    return status == SG_OK ? CLI_OK
                           : cli_status(s->options.command, status, &error);
}

static int open_data(session *s)
{
    sg_error error = {""};
    sg_status status = run_open_data(&s->file, &s->whole, &error);
    if (status != SG_OK)
        return cli_status(s->options.command, status, &error);
    const bool quiet = s->options.quiet || s->options.silent;
    int code = CLI_OK;
    if (s->options.model)
        code = run_adapt(s->options.command, s->options.model, s->whole, quiet,
                         &s->file);
    else if (!s->options.resume)
        code = run_suggest(s->options.command, s->whole, &s->file, &s->plain);
    if (code == CLI_OK)
        code = recipe_hold_back(s->options.command, s->file.recipe, s->whole,
                                &s->part, &s->held);
    if (code == CLI_OK && s->held && !quiet)
        warn_of_shares(s);
    return code == CLI_OK ? open_test(s) : code;
}

static sg_trainer_options trainer_options(const session *s)
{
    sg_trainer_options how = SG_TRAINER_OPTIONS_INIT;
    how.threads = (unsigned)s->options.threads;
    how.device = s->options.device;
    how.ranks = team_ranks();
    return how;
}

static int open_new(session *s)
{
    const run_options *o = &s->options;
    sg_error error = {""};
    const sg_trainer_options how = trainer_options(s);
    sg_status status =
        o->model ? sg_trainer_adapt_with(o->model, s->file.recipe,
                                         session_training(s), o->new_readout,
                                         &how, &s->trainer, &error)
                 : sg_trainer_create_with(s->file.recipe, session_training(s),
                                          &how, &s->trainer, &error);
    return status == SG_OK ? CLI_OK
                           : cli_status(s->options.command, status, &error);
}

/* recipe.ini is for reading; what counts is in the checkpoint. But for the
 * number of epochs, which may be given anew, there or by --epochs. */
static int compare_recipes(const session *s)
{
    recipe_difference d;
    sg_network_info info;
    sg_network_get_info(session_network(s), &info);
    if (!recipe_differs(s->file.recipe, info.recipe, "epochs", &d))
        return CLI_OK;
    cli_fail("%s: %s = %s, but the checkpoint was trained with %s",
             s->run.recipe, d.name, d.a, d.b);
    return CLI_DATA;
}

/* Makes the run as long as recipe.ini or --epochs says now. */
static int change_length(session *s)
{
    sg_error error = {""};
    sg_network_info info;
    sg_network_get_info(session_network(s), &info);
    int64_t was = recipe_number(info.recipe, "epochs");
    int64_t now = recipe_number(s->file.recipe, "epochs");
    if (was == now)
        return CLI_OK;
    sg_status status =
        sg_trainer_set_epochs(s->trainer, (uint32_t)now, &error);
    if (status != SG_OK)
        return cli_status(s->options.command, status, &error);
    s->longer = true;
    if (!s->options.quiet && !s->options.silent)
        fprintf(stderr,
                "%" PRId64 " epochs instead of %" PRId64 ": the learning rate "
                "is that of a run of this length from here on\n",
                now, was);
    return CLI_OK;
}

bool session_wants_best(const session *s)
{
    return s->held && strcmp(s->file.choose, "last") != 0;
}

/* Whether the checkpoint of the best epoch is there. */
static bool has_best(const session *s)
{
    sg_network *net = NULL;
    sg_network_info info = {.epoch = 0};
    if (sg_network_load(s->run.best, &net, NULL) == SG_OK)
        sg_network_get_info(net, &info);
    sg_network_destroy(net);
    return info.epoch == s->past.best.epoch;
}

/* Drops a best epoch whose checkpoint is not there, unless nobody asks for it. A
 * test that was made is not given up for one that cannot be. */
static int check_best(session *s, bool complete)
{
    const bool asked = !complete || session_wants_best(s);
    if (s->past.best.epoch == 0 || !asked || has_best(s))
        return CLI_OK;
    if (complete && s->past.final)
        return cli_fail("%s is not the checkpoint of epoch %u, the best one: "
                        "--choose last takes the last",
                        s->run.best, s->past.best.epoch);
    if (!s->options.quiet && !s->options.silent)
        clean_line(stderr,
                   "spikegrad: %s is not the checkpoint of epoch %u: the "
                   "best is looked for among the epochs to come",
                   s->run.best, s->past.best.epoch);
    s->past.best = (history_epoch){0};
    return CLI_OK;
}

/* A new limit acts at once between two epochs, also on a run that is
 * complete, and else at the end of the epoch under way. */
static int plan_resumed(session *s)
{
    sg_error error = {""};
    sg_network_info info;
    s->time.carried = s->past.elapsed;
    s->time.cost = s->past.epoch_seconds;
    s->time.test_seconds = s->past.test_seconds;
    sg_network_get_info(session_network(s), &info);
    uint32_t size = sg_data_get_info(session_training(s))->size;
    uint32_t batch = (uint32_t)recipe_number(info.recipe, "batch");
    uint64_t batches = (size + (uint64_t)batch - 1) / batch;
    bool changed = s->options.max_minutes || (s->longer && s->time.limit > 0);
    if (!changed || info.epoch == 0 || info.step != info.epoch * batches)
        return CLI_OK;
    uint32_t planned =
        budget_plan(&s->time, info.epoch, info.epochs,
                    (uint32_t)recipe_number(info.recipe, "epochs"));
    s->replanned = planned != info.epochs;
    sg_status status = sg_trainer_plan(s->trainer, planned, &error);
    return status == SG_OK ? CLI_OK
                           : cli_status(s->options.command, status, &error);
}

/* What was given anew holds from now on. */
static int rewrite_recipe(const session *s)
{
    if (!s->options.max_minutes && !s->options.choose && !s->options.epochs &&
        !s->options.source.data)
        return CLI_OK;
    return recipe_file_write(s->run.recipe, &s->file);
}

/* Keeps the lines of metrics that hold, and adds what is new. */
static int keep_metrics(session *s)
{
    sg_network_info info;
    sg_network_get_info(session_network(s), &info);
    const bool complete = info.epoch >= info.epochs;
    const bool same =
        !s->options.choose || s->past.chose_best == session_wants_best(s);
    const bool keeps = s->past.final && same && complete;
    int code = keeps ? CLI_OK : check_best(s, complete);
    if (code == CLI_OK)
        code = rewrite_recipe(s);
    if (code == CLI_OK)
        code = rundir_keep(&s->run, info.epoch, keeps, &s->kept_final);
    if (code == CLI_OK)
        history_warn(&s->past, s->run.metrics);
    if (code == CLI_OK && s->past.ranges)
        code = rundir_log(&s->run, history_lost_json(&s->past));
    if (code == CLI_OK && s->replanned)
        code =
            rundir_log(&s->run, json_pack("{s:s,s:I,s:I}", "type", "plan",
                                          "epoch", (json_int_t)info.epoch,
                                          "planned", (json_int_t)info.epochs));
    return code;
}

static int open_resumed(session *s)
{
    sg_error error = {""};
    sg_network_info info;
    int code;

    if (!rundir_has_checkpoint(&s->run)) {
        if (s->file.from[0])
            return cli_fail("%s: no checkpoint, and the run was to begin with "
                            "the weights of %s: begin it anew, with --from",
                            s->run.path, s->file.from);
        if ((code = open_new(s)) != CLI_OK)
            return code;
    } else {
        const sg_trainer_options how = trainer_options(s);
        sg_status status =
            sg_trainer_resume_with(s->run.checkpoint, session_training(s),
                                   &how, &s->trainer, &error);
        if (status != SG_OK)
            return cli_status(s->options.command, status, &error);
        if ((code = compare_recipes(s)) != CLI_OK ||
            (code = change_length(s)) != CLI_OK)
            return code;
    }
    sg_network_get_info(session_network(s), &info);
    if ((code = history_read(s->run.metrics, info.epoch, &s->past)) != CLI_OK)
        return code;
    code = plan_resumed(s);
    return code == CLI_OK ? keep_metrics(s) : code;
}

/* Options of the run that are no part of the recipe. */
static int take_options(session *s)
{
    const run_options *options = &s->options;
    if (options->max_minutes)
        s->file.max_minutes = options->max_minutes;
    if (options->choose)
        snprintf(s->file.choose, sizeof s->file.choose, "%s", options->choose);
    if (!s->held && strcmp(s->file.choose, "best") == 0)
        return cli_usage(options->command, "--choose: there is no best epoch "
                                           "without --validation");
    s->time.limit = (double)s->file.max_minutes * 0.06;
    s->time.finale = conclude_cost(s->file.recipe, s->held, s->test);
    return CLI_OK;
}

/* The recipe of the run that goes on, with what --epochs says of it. */
static int take_run(session *s)
{
    const run_options *o = &s->options;
    sg_error error = {""};
    int code = rundir_take(&s->run, o->resume, &s->file);
    if (code == CLI_OK && o->epochs &&
        sg_recipe_set(s->file.recipe, "epochs", o->epochs, &error) != SG_OK)
        code = cli_usage(o->command, "--%s", error.text);
    if (code == CLI_OK)
        code = run_take_data(o->command, o->source.data, &s->file);
    if (code == CLI_OK && !s->file.data[0]) {
        cli_fail("%s: it does not say which data, as 'data' in [run] or "
                 "--data would",
                 s->run.recipe);
        code = CLI_DATA;
    }
    return code;
}

/* A path that a line of recipe.ini cannot hold is named as well as may be. */
static void note_origin(session *s)
{
    const char *from = s->options.from;
    s->file.from[0] = '\0';
    if (!s->options.model)
        return;
    const bool fits = from && *from && strlen(from) < sizeof s->file.from &&
                      !strpbrk(from, "\r\n\t ");
    snprintf(s->file.from, sizeof s->file.from, "%s", fits ? from : "a-model");
}

/* The model may be gone when the run goes on: it begins with a checkpoint. */
static int save_start(session *s)
{
    sg_error error = {""};
    sg_status status = sg_trainer_save(s->trainer, s->run.checkpoint, &error);
    return status == SG_OK ? CLI_OK
                           : cli_status(s->options.command, status, &error);
}

static int open_parts(session *s, const recipe_file *fresh)
{
    const run_options *options = &s->options;
    int code = CLI_OK;

    if (options->resume)
        code = take_run(s);
    else
        code = recipe_file_copy(fresh, &s->file);
    if (code == CLI_OK)
        code = open_data(s);
    if (code == CLI_OK)
        code = take_options(s);
    if (code == CLI_OK)
        code = team_share_run(options->command, &s->file, session_training(s),
                              s->held, s->test);
    if (code != CLI_OK)
        return code;
    if (options->resume)
        return open_resumed(s);
    if ((code = open_new(s)) != CLI_OK)
        return code;
    note_origin(s);
    code = rundir_create(&s->run, options->out, &s->file);
    return code == CLI_OK && options->model ? save_start(s) : code;
}

int session_open(const run_options *options, const recipe_file *fresh,
                 session **out)
{
    *out = NULL;
    session *s = calloc(1, sizeof *s);
    if (!s)
        return cli_fail("out of memory");
    s->options = *options;
    s->options.threads = team_threads(options->threads);
    s->time.start = cli_seconds();
    int code = recipe_file_begin(&s->file);
    if (code == CLI_OK)
        code = open_parts(s, fresh);
    if (code == CLI_OK)
        *out = s;
    else
        session_close(s);
    return code;
}
