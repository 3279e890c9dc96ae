/* spikegrad demo: the whole story on built-in digits, in about a minute:
 * train, then simulate every spike of a few samples and compare. */
#include <stddef.h>

#include "cli/base/args.h"
#include "cli/base/cli.h"
#include "cli/base/model.h"
#include "cli/base/recipefile.h"
#include "cli/base/verification.h"
#include "cli/run/session.h"

struct options {
    const char *out;
    uint64_t threads, samples;
};

#define FIELD(name) offsetof(struct options, name)

static const arg_flag flags[] = {
    {"out", ARG_TEXT, FIELD(out), "RUNDIR", NULL,
     "directory of the run (default: runs/SOURCE-N, the first N that is free)",
     0, 0},
    {"threads", ARG_NUMBER, FIELD(threads), "N", NULL,
     "worker threads (default: one a processor)", 1, 256},
    {"samples", ARG_NUMBER, FIELD(samples), "N", "100", "how many to verify",
     1, 100000},
};

static const arg_command command = {
    "demo",
    "",
    "Trains a network on generated digits (recipe 'demo', no files needed),\n"
    "then simulates every spike of some test samples, forward and backward,\n"
    "and compares every integer with the fast engine.",
    flags,
    sizeof flags / sizeof flags[0],
    0,
    0,
    false,
};

static int prove(const session *run, uint32_t samples)
{
    sg_data *test;
    puts("\nSimulating every spike, in five orders of delivery:");
    fflush(stdout);
    int code = model_split("demo", session_data(run), "test", &test);
    if (code != CLI_OK)
        return code;
    code = verify_network("demo", session_network(run), test, samples, "all",
                          1, false, false);
    sg_data_destroy(test);
    return code;
}

static void say_what_was_shown(const session *run)
{
    const char *path = session_path(run), *program = cli_program();
    printf("\nShown: a network that computes and learns with spikes alone, in "
           "integers alone,\nwas trained; and whichever way its spikes are "
           "delivered, the simulation gives\nevery integer of the fast "
           "engine, forward, backward and in the update.\n\n"
           "Next:\n"
           "  %s info %s\n"
           "  %s trace %s --sample 0 --svg raster.svg --out trace.csv\n"
           "  %s train --data mnist:DIR\n",
           program, path, program, path, program);
}

int cmd_demo(int argc, char **argv)
{
    struct options options = {0};
    arg_rest rest;
    recipe_file file = {.data = ""};
    session *run;
    int code = args_parse(&command, argc, argv, &options, &rest);

    if (code >= 0)
        return code;
    sg_recipe_init(&file.recipe);
    if ((code = recipe_file_find("demo", &file)) != CLI_OK)
        return code;
    session_options wanted = {
        .command = "demo",
        .data = file.data,
        .out = options.out,
        .threads = options.threads,
        .observe = 256,
    };
    code = session_open(&wanted, &file.recipe, &run);
    if (code == CLI_OK)
        code = session_train(run);
    if (code == CLI_OK)
        code = prove(run, (uint32_t)options.samples);
    if (code == CLI_OK)
        say_what_was_shown(run);
    session_close(run);
    return code;
}
