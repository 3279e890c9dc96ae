/* spikegrad demo: the whole story on built-in digits, in about a minute:
 * train, then simulate every spike of a few samples and compare. */
#include <stddef.h>

#include "cli/base/cli.h"
#include "cli/base/flags.h"
#include "cli/base/model.h"
#include "cli/base/recipefile.h"
#include "cli/base/verification.h"
#include "cli/commands.h"
#include "cli/run/session.h"

struct options {
    run_options run;
    uint64_t samples;
};

static const arg_flag own_flags[] = {
    {"samples", ARG_NUMBER, offsetof(struct options, samples), "N", "100",
     "how many to verify, at most those of the test split", 1, 100000},
};

static int demo(int argc, char **argv);

const arg_command command_demo = {
    .name = "demo",
    .summary = "train on built-in digits, then prove it; one minute",
    .usage = "[options]",
    .text =
        "Trains a network on generated digits (recipe 'demo', no files "
        "needed), then simulates every spike of some test samples, forward "
        "and backward, and compares every integer with the fast engine.",
    .group = {ARG_SHARED(run_out_flag, struct options, run),
              ARG_SHARED(threads_flag, struct options, run.threads),
              ARG_OWN(own_flags)},
    .run = demo,
};

static int prove(const session *run, uint32_t samples, unsigned threads)
{
    sg_data *test;
    puts("\nSimulating every spike, in five orders of delivery:");
    fflush(stdout);
    int code = model_split("demo", NULL, session_data(run), "test", &test);
    if (code != CLI_OK)
        return code;
    const uint32_t size = sg_data_get_info(test)->size;
    const verify_options how = {.command = "demo",
                                .order = "all",
                                .samples = samples < size ? samples : size,
                                .seed = 1,
                                .threads = threads};
    code = verify_network(&how, session_network(run), test);
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

static int demo(int argc, char **argv)
{
    struct options options = {
        .run = {.command = "demo", .observe = RUN_OBSERVE},
    };
    arg_rest rest;
    recipe_file fresh;
    session *run = NULL;
    int code = args_parse(&command_demo, argc, argv, &options, &rest);

    if (code >= 0)
        return code;
    code = recipe_file_begin(&fresh);
    if (code == CLI_OK)
        code = recipe_file_find("demo", &fresh);
    if (code == CLI_OK)
        code = session_open(&options.run, &fresh, &run);
    if (code == CLI_OK)
        code = session_train(run);
    if (code == CLI_OK)
        code = prove(run, (uint32_t)options.samples,
                     cli_threads(options.run.threads));
    if (code == CLI_OK)
        say_what_was_shown(run);
    session_close(run);
    recipe_file_end(&fresh);
    return code;
}
