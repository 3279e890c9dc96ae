/* spikegrad train: flags and recipe of a run; session.c does the work. */
#include <stddef.h>
#include <string.h>

#include "cli/base/args.h"
#include "cli/base/cli.h"
#include "cli/base/recipefile.h"
#include "cli/run/session.h"

struct options {
    const char *data, *recipe, *out, *resume;
    const char *choose;
    uint64_t threads, checkpoint_every, verify, max_minutes, observe;
    bool layers, json, quiet;
};

#define FIELD(name) offsetof(struct options, name)

static const arg_flag flags[] = {
    {"data", ARG_TEXT, FIELD(data), "SPEC", NULL,
     "images to train and test on: glyphs[:train=N,test=N,seed=S], mnist:DIR, "
     "cifar10:DIR or cifar100:DIR; needed unless the recipe or the resumed "
     "run says",
     0, 0},
    {"recipe", ARG_TEXT, FIELD(recipe), "FILE|NAME", NULL,
     "options from an INI file; other flags override it; see 'spikegrad "
     "recipes'",
     0, 0},
    {"out", ARG_TEXT, FIELD(out), "RUNDIR", NULL,
     "directory for recipe.ini, metrics.jsonl and checkpoint.safetensors "
     "(default: runs/SOURCE-N, the first N that is free)",
     0, 0},
    {"resume", ARG_TEXT, FIELD(resume), "RUNDIR", NULL,
     "continue a run, bit for bit as if it had not stopped; needs no flag "
     "that decides what is computed",
     0, 0},
    {"max-minutes", ARG_MILLI, FIELD(max_minutes), "M", NULL,
     "time limit: as many epochs as fit, at most the recipe's, planned so that "
     "the learning rate comes to its end; of the whole run, with what it took "
     "before --resume",
     1, RECIPE_MINUTES_MAX},
    {"choose", ARG_CHOICE, FIELD(choose), "last|best", NULL,
     "the model to test at the end and to name: of the last epoch or of the "
     "one with the best validation accuracy (default: best with --validation)",
     0, 0},
    {"threads", ARG_NUMBER, FIELD(threads), "N", NULL,
     "worker threads; they change no result (default: one a processor)", 1,
     256},
    {"checkpoint-every", ARG_NUMBER, FIELD(checkpoint_every), "N", NULL,
     "also write the checkpoint every N batches (default: after epochs only)",
     1, UINT32_MAX},
    {"verify", ARG_NUMBER, FIELD(verify), "N", NULL,
     "after every epoch, simulate every spike of N samples in random order "
     "and compare with the fast engine; exit code 4 if they differ; held-back "
     "samples if there are any, else test ones",
     1, 1000000},
    {"observe", ARG_NUMBER, FIELD(observe), "N", "256",
     "after every epoch, write to the metrics how spikes and errors of N "
     "samples are distributed, and which neurons are silent; held-back samples "
     "if there are any, else training ones; 0 for none",
     0, 1000000},
    {"layers", ARG_SWITCH, FIELD(layers), NULL, NULL,
     "a table of the layers after every epoch, not only the last", 0, 0},
    {"json", ARG_SWITCH, FIELD(json), NULL, NULL,
     "JSON lines on stdout instead of the table", 0, 0},
    {"quiet", ARG_SWITCH, FIELD(quiet), NULL, NULL,
     "neither progress nor notes on stderr", 0, 0},
};

static const arg_command command = {
    "train",
    "",
    "Trains a network with spikes, forward and backward, in integers. Without\n"
    "--recipe it takes the recipe mnist, which trains in seconds; 'spikegrad\n"
    "recipes' lists others. The first SIGINT writes a checkpoint and exits\n"
    "with code 130.",
    flags,
    sizeof flags / sizeof flags[0],
    0,
    0,
    true,
};

static int gather(const struct options *options, const arg_rest *rest,
                  recipe_file *file)
{
    int code = recipe_file_gather("train", options->recipe, rest, file);
    if (code != CLI_OK)
        return code;
    if (!options->data && !file->data[0])
        return cli_usage("train", "--data is missing");
    return CLI_OK;
}

static int check_resume(const struct options *options, const arg_rest *rest)
{
    const char *extra = options->recipe ? "recipe"
                        : options->out  ? "out"
                                        : rest->recipe_given;
    return extra ? cli_usage("train", "--%s cannot be changed with --resume",
                             extra)
                 : CLI_OK;
}

int cmd_train(int argc, char **argv)
{
    struct options options = {0};
    arg_rest rest;
    recipe_file file = {.data = ""};
    session *run;
    int code = args_parse(&command, argc, argv, &options, &rest);

    if (code >= 0)
        return code;
    code = options.resume ? check_resume(&options, &rest)
                          : gather(&options, &rest, &file);
    if (code != CLI_OK)
        return code;
    session_options wanted = {
        .command = "train",
        .data = options.data || options.resume ? options.data : file.data,
        .out = options.out,
        .resume = options.resume,
        .threads = options.threads,
        .checkpoint_every = options.checkpoint_every,
        .verify = options.verify,
        .max_minutes = options.max_minutes || options.resume
                           ? options.max_minutes
                           : file.max_minutes,
        .choose = options.choose || options.resume || !file.choose[0]
                      ? options.choose
                      : file.choose,
        .observe = options.observe,
        .json = options.json,
        .quiet = options.quiet,
        .layers = options.layers,
    };
    code = session_open(&wanted, &file.recipe, &run);
    if (code == CLI_OK)
        code = session_train(run);
    session_close(run);
    return code;
}
