/* spikegrad train: flags and recipe of a run; session.c does the work. */
#include <stddef.h>

#include "cli/base/cli.h"
#include "cli/base/flags.h"
#include "cli/commands.h"
#include "cli/run/options.h"
#include "cli/run/session.h"

#define FIELD(name) offsetof(run_options, name)

static const arg_flag own_flags[] = {
    {"resume", ARG_TEXT, FIELD(resume), "RUNDIR", NULL,
     "continue a run, bit for bit as if it had not stopped; needs no flag "
     "that decides what is computed",
     0, 0},
    {"layers", ARG_SWITCH, FIELD(layers), NULL, NULL,
     "a table of the layers after every epoch, not only the last", 0, 0},
    {"json", ARG_SWITCH, FIELD(json), NULL, NULL,
     "JSON lines on stdout instead of the table", 0, 0},
};

static int train(int argc, char **argv);

const arg_command command_train = {
    .name = "train",
    .summary = "train a network with spikes",
    .usage = "--data SPEC [options]\n--resume RUNDIR [options]",
    .text =
        "Trains a network with spikes, forward and backward, in integers. "
        "Without --recipe it takes the recipe mnist, which trains in "
        "seconds; 'spikegrad recipes' lists others. The first SIGINT writes "
        "a checkpoint and exits with code 130.",
    .group = {ARG_OWN(run_source_flags), ARG_OWN(run_out_flag),
              ARG_OWN(own_flags), ARG_OWN(run_flags),
              ARG_SHARED(threads_flag, run_options, threads),
              ARG_SHARED(quiet_flag, run_options, quiet)},
    .recipe = true,
    .run = train,
};

static int check_resume(const run_options *options, const arg_rest *rest)
{
    const char *extra = options->source.recipe ? "recipe"
                        : options->out         ? "out"
                                               : rest->recipe_given;
    return extra ? cli_usage("train", "--%s cannot be changed with --resume",
                             extra)
                 : CLI_OK;
}

static int train(int argc, char **argv)
{
    run_options options = {.command = "train"};
    arg_rest rest;
    recipe_file fresh;
    session *run = NULL;
    int code = args_parse(&command_train, argc, argv, &options, &rest);

    if (code >= 0)
        return code;
    code = recipe_file_begin(&fresh);
    if (code == CLI_OK)
        code = options.resume
                   ? check_resume(&options, &rest)
                   : run_gather("train", &options.source, &rest, &fresh);
    if (code == CLI_OK)
        code = session_open(&options, &fresh, &run);
    if (code == CLI_OK)
        code = session_train(run);
    session_close(run);
    recipe_file_end(&fresh);
    return code;
}
