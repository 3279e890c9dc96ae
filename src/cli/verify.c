/* spikegrad verify: every spike simulated, every integer compared. */
#include <stddef.h>

#include "cli/base/args.h"
#include "cli/base/cli.h"
#include "cli/base/model.h"
#include "cli/base/verification.h"

struct options {
    model_images images;
    const char *order;
    uint64_t samples, seed;
    bool json, quiet;
};

#define FIELD(name) offsetof(struct options, name)

static const arg_flag flags[] = {
    MODEL_FLAGS(struct options),
    {"samples", ARG_NUMBER, FIELD(samples), "N", "20",
     "how many, from the first on; they form one batch", 1, UINT32_MAX},
    {"order", ARG_CHOICE, FIELD(order), VERIFY_ORDERS "|all", "random",
     "order in which spikes are delivered: each by itself (fifo, lifo, "
     "scatter: for small networks), or by neurons that hold them until their "
     "turn (turns, random)",
     0, 0},
    {"seed", ARG_NUMBER, FIELD(seed), "S", "1",
     "of the draws of random and scatter", 0, (UINT64_C(1) << 56) - 1},
    {"json", ARG_SWITCH, FIELD(json), NULL, NULL,
     "JSON lines on stdout, one an order", 0, 0},
    {"quiet", ARG_SWITCH, FIELD(quiet), NULL, NULL, "no progress on stderr", 0,
     0},
};

static const arg_command command = {
    "verify",
    "MODEL",
    "Simulates every spike, forward and backward, and compares every membrane\n"
    "value, spike count, error count, gradient and updated weight with the\n"
    "ANN engine. Exit code 4 at the first difference. MODEL is a checkpoint\n"
    "or a run directory.",
    flags,
    sizeof flags / sizeof flags[0],
    1,
    1,
    false,
};

static int verify(const void *given, const model *m)
{
    const struct options *options = given;
    return verify_network("verify", m->net, m->part,
                          sg_data_get_info(m->part)->size, options->order,
                          options->seed, options->json, options->quiet);
}

int cmd_verify(int argc, char **argv)
{
    struct options options = {0};
    return model_run(&command, argc, argv, &options, &options.images,
                     &options.samples, verify);
}
