/* spikegrad verify: every spike simulated, every integer compared. */
#include <stddef.h>

#include "cli/base/cli.h"
#include "cli/base/flags.h"
#include "cli/base/model.h"
#include "cli/base/team.h"
#include "cli/base/verification.h"
#include "cli/commands.h"

struct options {
    model_images images;
    const char *order, *device;
    uint64_t samples, seed, threads;
    bool json, quiet;
};

#define FIELD(name) offsetof(struct options, name)

static const arg_flag own_flags[] = {
    {"samples", ARG_NUMBER, FIELD(samples), "N", "20",
     "how many, from the first on; they form one batch", 1, UINT32_MAX},
    {"order", ARG_CHOICE, FIELD(order), VERIFY_ORDERS "|all", "random",
     "order in which spikes are delivered: each by itself (fifo, lifo, "
     "scatter: for small networks), or by neurons that hold them until "
     "their turn (turns, random)",
     0, 0},
    {"seed", ARG_NUMBER, FIELD(seed), "S", "1",
     "of the draws of random and scatter", 0, (UINT64_C(1) << 56) - 1},
    {"json", ARG_SWITCH, FIELD(json), NULL, NULL,
     "JSON lines on stdout, one an order", 0, 0},
};

static int verify(int argc, char **argv);

const arg_command command_verify = {
    .name = "verify",
    .summary = "simulate every spike and compare bit for bit",
    .usage = "MODEL [options]",
    .operands = "MODEL",
    .text =
        "Simulates every spike, forward and backward, and compares every "
        "membrane value, spike count, error count, gradient and updated "
        "weight with the ANN engine, on the processor or on a device. Exit code 4 at the first difference. "
        "MODEL is a checkpoint or a run directory.",
    .group = {ARG_SHARED(model_flags, struct options, images),
              ARG_OWN(own_flags),
              ARG_SHARED(device_flag, struct options, device),
              ARG_SHARED(threads_flag, struct options, threads),
              ARG_SHARED(quiet_flag, struct options, quiet)},
    .operand_min = 1,
    .operand_max = 1,
    .run = verify,
};

static int compare(const void *given, const model *m)
{
    const struct options *options = given;
    const verify_options how = {
        .command = "verify",
        .order = options->order,
        .samples = sg_data_get_info(m->part)->size,
        .seed = options->seed,
        .threads = cli_threads(team_threads(options->threads)),
        .device = options->device,
        .json = options->json,
        .quiet = options->quiet,
    };
    const int code = model_share("verify", &options->images, m);
    return code == CLI_OK ? verify_network(&how, m->net, m->part) : code;
}

static int verify(int argc, char **argv)
{
    struct options options = {0};
    return model_run(&command_verify, argc, argv, &options, &options.images,
                     &options.samples, compare);
}
