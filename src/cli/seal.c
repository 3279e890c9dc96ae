/* spikegrad seal: takes over a checkpoint that another program has changed. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/commands.h"

struct options {
    const char *out;
};

static const arg_flag own_flags[] = {
    {"out", ARG_TEXT, offsetof(struct options, out), "FILE", NULL,
     "write there instead of over FILE", 0, 0},
};

static int seal(int argc, char **argv);

const arg_command command_seal = {
    .name = "seal",
    .summary = "take over a checkpoint changed by another program",
    .usage = "FILE [--out FILE]",
    .operands = "FILE",
    .text =
        "Loads a checkpoint without looking at its checksum, makes forward "
        "weights and biases of the masters (which are what counts), and "
        "saves it with the right checksum. Thresholds, ranges and shapes "
        "are checked as always.",
    .group = {ARG_OWN(own_flags)},
    .operand_min = 1,
    .operand_max = 1,
    .run = seal,
};

static int seal(int argc, char **argv)
{
    struct options options = {0};
    arg_rest rest;
    sg_error error = {""};
    sg_network *net = NULL;
    uint64_t differs = 0;
    int code = args_parse(&command_seal, argc, argv, &options, &rest);
    if (code >= 0)
        return code;
    const char *from = rest.operand[0];
    const char *to = options.out ? options.out : from;
    sg_status status = sg_network_load_edited(from, &net, &differs, &error);
    if (status == SG_OK)
        status = sg_network_save(net, to, &error);
    sg_network_destroy(net);
    if (status != SG_OK)
        return cli_status("seal", status, &error);
    if (differs > 0)
        clean_line(stdout,
                   "%s: sealed; %" PRIu64 " forward weights and biases now "
                   "follow their masters",
                   to, differs);
    else
        clean_line(stdout, "%s: sealed", to);
    return CLI_OK;
}
