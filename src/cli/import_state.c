/* spikegrad import-state: what a device has learned, as a checkpoint. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/base/model.h"
#include "cli/commands.h"

struct options {
    const char *out;
};

static const arg_flag own_flags[] = {
    {"out", ARG_TEXT, offsetof(struct options, out), "FILE", NULL,
     "the checkpoint to write", 0, 0},
};

static int import_state(int argc, char **argv);

const arg_command command_import_state = {
    .name = "import-state",
    .summary = "what a device has learned, as a checkpoint",
    .usage = "TWIN STATE --out FILE",
    .operands = "TWIN STATE",
    .text = "Takes a state that a program of 'export --learn' has saved into "
            "the network it began with, twin.safetensors of that program, and "
            "saves it: eval and verify look at the unit then. A state of "
            "another program, or a damaged one, is refused.",
    .group = {ARG_OWN(own_flags)},
    .operand_min = 2,
    .operand_max = 2,
    .run = import_state,
};

/* A whole file, in new memory. */
static int read_file(const char *path, void **bytes, size_t *size)
{
    enum { MOST = 1 << 28 };
    FILE *file = fopen(path, "rb");
    size_t room = 1 << 16;
    char *to = file ? malloc(room) : NULL;
    *size = 0;
    while (to && !feof(file) && !ferror(file) && *size < MOST) {
        if (*size == room) {
            char *more = realloc(to, room *= 2);
            if (!more)
                free(to);
            to = more;
            continue;
        }
        *size += fread(to + *size, 1, room - *size, file);
    }
    const bool good = to && !ferror(file);
    if (file)
        (void)fclose(file);
    if (!good) {
        free(to);
        return file ? cli_fail("%s: cannot be read", path)
                    : cli_fail("%s: no such file, or it cannot be read", path);
    }
    *bytes = to;
    return CLI_OK;
}

static int import_state(int argc, char **argv)
{
    struct options options = {0};
    arg_rest rest;
    sg_error error = {""};
    sg_network *twin = NULL, *unit = NULL;
    void *bytes = NULL;
    size_t size = 0;
    int code = args_parse(&command_import_state, argc, argv, &options, &rest);
    if (code >= 0)
        return code;
    if (!options.out)
        return cli_usage("import-state", "--out FILE is missing");
    code = model_load("import-state", rest.operand[0], false, &twin);
    if (code == CLI_OK)
        code = read_file(rest.operand[1], &bytes, &size);
    sg_status status = SG_OK;
    if (code == CLI_OK)
        status = sg_program_import(twin, bytes, size, rest.operand[1], &unit,
                                   &error);
    if (code == CLI_OK && status == SG_OK)
        status = sg_network_save(unit, options.out, &error);
    if (status != SG_OK)
        code = cli_status("import-state", status, &error);
    if (code == CLI_OK)
        clean_line(stdout, "%s: what the device has learned", options.out);
    free(bytes);
    sg_network_destroy(unit);
    sg_network_destroy(twin);
    return code;
}
