/* spikegrad train: flags and recipe of a run; session.c does the work. */
#include <stddef.h>
#include <string.h>

#include "cli/base/cli.h"
#include "cli/base/flags.h"
#include "cli/commands.h"
#include "cli/run/options.h"
#include "cli/run/session.h"

#define FIELD(name) offsetof(run_options, name)

static const arg_flag own_flags[] = {
    {"resume", ARG_TEXT, FIELD(resume), "RUNDIR", NULL,
     "continue a run, bit for bit as if it had not stopped; takes no flag "
     "that decides what is computed, but for --epochs, which makes it longer",
     0, 0},
    {"from", ARG_TEXT, FIELD(from), "MODEL", NULL,
     "a new run that begins with the weights of a checkpoint or of a run, with "
     "its recipe but for the flags; --data may have other classes, for which "
     "the last layer is drawn anew",
     0, 0},
    {"new-readout", ARG_SWITCH, FIELD(new_readout), NULL, NULL,
     "with --from: draw the last layer anew although the classes are as many",
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
    .usage = "--data SPEC [options]\n--from MODEL [options]\n"
             "--resume RUNDIR [options]",
    .text =
        "Trains a network with spikes, forward and backward, in integers. "
        "Without --recipe options follow the network and the data; for MNIST "
        "they are those of the recipe mnist, which trains in seconds. "
        "'spikegrad recipes' lists recipes. The first SIGINT writes a "
        "checkpoint and exits with code 130.",
    .group = {ARG_OWN(run_source_flags), ARG_OWN(run_out_flag),
              ARG_OWN(own_flags), ARG_OWN(run_flags),
              ARG_SHARED(device_flag, run_options, device),
              ARG_SHARED(threads_flag, run_options, threads),
              ARG_SHARED(quiet_flag, run_options, quiet)},
    .recipe = true,
    .run = train,
};

/* Of the recipe, a run that goes on takes only another number of epochs. */
static int check_resume(run_options *options, const arg_rest *rest)
{
    size_t count;
    const sg_recipe_option *option = sg_recipe_options(&count);
    const char *extra = options->source.recipe ? "recipe"
                        : options->out         ? "out"
                        : options->from        ? "from"
                        : options->new_readout ? "new-readout"
                                               : NULL;
    for (size_t i = 0; !extra && i < count && i < ARG_RECIPE_MAX; i++) {
        if (rest->recipe[i] && strcmp(option[i].name, "epochs") == 0)
            options->epochs = rest->recipe[i];
        else if (rest->recipe[i])
            extra = option[i].name;
    }
    return extra ? cli_usage("train", "--%s cannot be changed with --resume",
                             extra)
                 : CLI_OK;
}

static int train(int argc, char **argv)
{
    run_options options = {.command = "train"};
    arg_rest rest;
    recipe_file fresh;
    sg_network *model = NULL;
    session *run = NULL;
    int code = args_parse(&command_train, argc, argv, &options, &rest);

    if (code >= 0)
        return code;
    code = recipe_file_begin(&fresh);
    if (code == CLI_OK && options.new_readout && !options.from)
        code = cli_usage("train", "--new-readout goes with --from");
    if (code == CLI_OK && options.json && options.layers)
        code = cli_usage("train", "--layers is of the table, which --json "
                                  "replaces");
    if (code == CLI_OK && options.resume)
        code = check_resume(&options, &rest);
    else if (code == CLI_OK && options.from)
        code = run_gather_from("train", &options, &rest, &fresh, &model);
    else if (code == CLI_OK)
        code = run_gather("train", &options.source, &rest, &fresh);
    options.model = model;
    if (code == CLI_OK)
        code = session_open(&options, &fresh, &run);
    if (code == CLI_OK)
        code = session_train(run);
    session_close(run);
    recipe_file_end(&fresh);
    sg_network_destroy(model);
    return code;
}
