/* spikegrad export: a model as a program for a microcontroller. */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/base/flags.h"
#include "cli/base/model.h"
#include "cli/base/output.h"
#include "cli/base/recipefile.h"
#include "cli/base/verification.h"
#include "cli/commands.h"
#include "cli/run/options.h"

/* Of a long name as much as a directory entry has room for. */
enum { NAME_KEPT = 200, TRIES = 100 };

struct options {
    run_options run; /* of the twin */
    const char *c, *vectors, *format, *order;
    uint64_t samples, ram;
    bool best, learn, quiet;
};

static const arg_flag own_flags[] = {
    {"best", ARG_SWITCH, offsetof(struct options, best), NULL, NULL,
     MODEL_BEST_HELP, 0, 0},
    {"c", ARG_TEXT, offsetof(struct options, c), "DIR", NULL,
     "write a C program there, a new folder", 0, 0},
    {"vectors", ARG_TEXT, offsetof(struct options, vectors), "DIR", NULL,
     "write golden vectors for the simulation of a chip there, a new folder",
     0, 0},
    {"format", ARG_CHOICE, offsetof(struct options, format), "hex|npy", "hex",
     "of vectors: lines for $readmemh, or arrays for NumPy", 0, 0},
    {"order", ARG_CHOICE, offsetof(struct options, order), VERIFY_ORDERS,
     "turns", "of delivery in vectors, see verify: the longest queue follows",
     0, 0},
    {"learn", ARG_SWITCH, offsetof(struct options, learn), NULL, NULL,
     "one that learns, sample by sample: what 'train --from MODEL --batch 1 "
     "--momentum 0 --schedule constant --warmup 0 --augment none --dither off "
     "--rounding nearest --weight-decay 0 --validation 0' computes",
     0, 0},
    {"samples", ARG_NUMBER, offsetof(struct options, samples), "N", "10",
     "of the self-test: test images, or training ones in the order of the run",
     0, 1000000},
    {"ram", ARG_NUMBER, offsetof(struct options, ram), "BYTES", NULL,
     "what the state may take: refused if it does not fit, with the bytes that "
     "are missing",
     1, UINT32_MAX},
    {"data", ARG_TEXT, offsetof(struct options, run.source.data), "SPEC", NULL,
     "images of the self-test (default: those the model was trained on)", 0,
     0},
};

static int export_program(int argc, char **argv);

const arg_command command_export = {
    .name = "export",
    .summary = "a model as a program for a microcontroller",
    .usage = "MODEL --c DIR [--learn] [options]\n"
             "MODEL --vectors DIR [--learn] [options]",
    .operands = "MODEL",
    .text =
        "Writes a freestanding C11 program with the integers of the model: no "
        "heap, no float, no library, tables const; a self-test with expected "
        "hashes, and a Makefile for Cortex-M0, M3, M4, M33 and RV32 under "
        "QEMU. What a device does not do is refused in a line. With --learn "
        "options of the recipe say how.",
    .group = {ARG_OWN(own_flags),
              ARG_SHARED(quiet_flag, struct options, quiet)},
    .operand_min = 1,
    .operand_max = 1,
    .recipe = true,
    .run = export_program,
};

/* ---- files, in a folder that is there whole or not at all ---- */

static int write_file(const char *folder, const char *path, const void *bytes,
                      size_t size)
{
    char *whole = output_path(folder, path);
    if (!whole)
        return cli_fail("%s: out of memory", folder);
    char *slash = strrchr(whole, '/');
    if (strchr(path, '/')) {
        *slash = '\0';
        if (mkdir(whole, 0777) != 0 && errno != EEXIST) {
            int code = cli_fail("%s: %s", whole, strerror(errno));
            free(whole);
            return code;
        }
        *slash = '/';
    }
    output file;
    int code = output_open(&file, whole);
    if (code == CLI_OK) {
        fwrite(bytes, 1, size, file.stream); /* output_close tells */
        code = output_close(&file, CLI_OK);
    }
    free(whole);
    return code;
}

/* The same; what goes wrong is said of the folder that is to be. */
static int write_inside(const char *part, const char *name, const char *path,
                        const void *bytes, size_t size)
{
    char said[1024] = "";
    if (cli_stopped()) {
        cli_fail("interrupted");
        return CLI_INTERRUPTED;
    }
    cli_capture(said, sizeof said);
    const int code = write_file(part, path, bytes, size);
    cli_capture(NULL, 0);
    const size_t length = strlen(part);
    if (code != CLI_OK && strncmp(said, part, length) == 0)
        return cli_fail("%s%s", name, said + length);
    return code == CLI_OK ? CLI_OK : cli_fail("%s: %s", name, said);
}

static void remove_files(const sg_program *program, const char *folder)
{
    const char *path;
    size_t size;
    static const char *const inside[] = {"core", "base"};
    for (size_t i = 0; sg_program_file(program, i, &path, &size); i++) {
        char *whole = output_path(folder, path);
        if (whole)
            (void)remove(whole);
        free(whole);
    }
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        char *whole = output_path(folder, inside[i]);
        if (whole)
            (void)rmdir(whole);
        free(whole);
    }
    (void)rmdir(folder);
}

/* Makes a folder beside `folder` whose name nobody can guess, as that of a
 * file under way is (spikegrad/file.h). */
static int make_part(const char *folder, char *part, size_t room)
{
    const char *slash = strrchr(folder, '/');
    const int directory = slash ? (int)(slash - folder) + 1 : 0;
    for (int i = 0; i < TRIES; i++) {
        uint64_t number;
        errno = EIO;
        if (getrandom(&number, sizeof number, 0) != sizeof number)
            break;
        snprintf(part, room, "%.*s.%.*s.%016" PRIx64 ".tmp", directory, folder,
                 NAME_KEPT, folder + directory, number);
        if (mkdir(part, 0777) == 0)
            return CLI_OK;
        if (errno != EEXIST)
            break;
    }
    return cli_fail("%s: %s", folder, strerror(errno));
}

/* A name without slashes at its end, in new memory. */
static char *bare_name(const char *folder)
{
    char *name = strdup(folder);
    size_t length = name ? strlen(name) : 0;
    while (length > 1 && name[length - 1] == '/')
        name[--length] = '\0';
    return name;
}

/* The files into part, which is there, and that to name. */
static int fill(const sg_program *program, const char *part, const char *name)
{
    const char *path;
    const void *bytes;
    size_t size;
    int code = CLI_OK;
    for (size_t i = 0;
         code == CLI_OK && (bytes = sg_program_file(program, i, &path, &size));
         i++)
        code = write_inside(part, name, path, bytes, size);
    if (code == CLI_OK && rename(part, name) != 0)
        code = cli_fail("%s: %s", name, strerror(errno));
    if (code != CLI_OK)
        remove_files(program, part);
    return code;
}

static int write_folder(const sg_program *program, const char *folder)
{
    const size_t room = strlen(folder) + sizeof "..0123456789abcdef.tmp";
    char *name = bare_name(folder);
    char *part = malloc(room);
    int code;
    if (!name || !part) {
        code = cli_fail("%s: out of memory", folder);
    } else if (access(folder, F_OK) == 0) {
        code = cli_fail("%s is there already: name a new folder", folder);
    } else {
        cli_catch_signals();
        code = make_part(name, part, room);
        if (code == CLI_OK)
            code = fill(program, part, name);
    }
    free(part);
    free(name);
    return code;
}

/* ---- the network as it begins ---- */

/* Options of a device, unless they are given. */
static int set_device(const arg_rest *rest, sg_recipe *recipe)
{
    static const char *const device[][2] = {
        {"batch", "1"},           {"momentum", "0"},
        {"schedule", "constant"}, {"warmup", "0"},
        {"augment", "none"},      {"dither", "off"},
        {"rounding", "nearest"},  {"weight-decay", "0"},
        {"validation", "0"},      {"epochs", "1"},
    };
    size_t count;
    const sg_recipe_option *option = sg_recipe_options(&count);
    for (size_t d = 0; d < sizeof device / sizeof *device; d++)
        for (size_t i = 0; i < count && i < ARG_RECIPE_MAX; i++)
            if (strcmp(option[i].name, device[d][0]) == 0 && !rest->recipe[i])
                (void)sg_recipe_set(recipe, device[d][0], device[d][1], NULL);
    return CLI_OK;
}

static int adapt(const arg_rest *rest, const sg_network *from,
                 const sg_data *data, sg_network **out)
{
    sg_error error = {""};
    recipe_file file = {.data = ""};
    sg_status status = sg_network_adapt_recipe(from, sg_data_get_info(data),
                                               &file.recipe, &error);
    if (status != SG_OK)
        return cli_status("export", status, &error);
    int code = set_device(rest, file.recipe);
    if (code == CLI_OK)
        code = recipe_file_options("export", rest, &file);
    if (code == CLI_OK) {
        status = sg_network_adapt(from, file.recipe, data, 0, out, &error);
        if (status != SG_OK)
            code = cli_status("export", status, &error);
    }
    sg_recipe_destroy(file.recipe);
    return code;
}

static int make(const struct options *o, const sg_network *net,
                const sg_data *data)
{
    sg_error error = {""};
    sg_program *program;
    sg_program_info info;
    const sg_program_options options = {sizeof options, o->learn,
                                        (uint32_t)o->samples, o->ram};
    sg_status status =
        sg_program_create(net, data, &options, &program, &error);
    if (status != SG_OK)
        return cli_status("export", status, &error);
    sg_program_get_info(program, &info);
    int code = write_folder(program, o->c);
    if (code == CLI_OK && !o->quiet)
        clean_line(stdout,
                   "%s: %zu bytes of state in RAM, %zu of tables in flash; "
                   "see %s/README.md",
                   o->c, info.ram, info.tables, o->c);
    sg_program_destroy(program);
    return code;
}

static int make_vectors(const struct options *o, const sg_network *net,
                        const sg_data *data)
{
    sg_error error = {""};
    sg_program *vectors;
    const sg_vectors_options options = {sizeof options, o->learn,
                                        (uint32_t)o->samples,
                                        strcmp(o->format, "npy") == 0,
                                        verify_order(o->order)};
    sg_status status =
        sg_vectors_create(net, data, &options, &vectors, &error);
    if (status != SG_OK)
        return cli_status("export", status, &error);
    int code = write_folder(vectors, o->vectors);
    sg_program_destroy(vectors);
    return code;
}

static int export_program(int argc, char **argv)
{
    struct options o = {.c = NULL};
    arg_rest rest;
    sg_network *from = NULL, *net = NULL;
    sg_data *data = NULL;
    int code = args_parse(&command_export, argc, argv, &o, &rest);
    if (code >= 0)
        return code;
    if (!o.c == !o.vectors)
        return cli_usage("export",
                         "one of --c DIR and --vectors DIR says what "
                         "to write");
    if (o.vectors && (o.samples == 0 || o.ram > 0))
        return cli_usage("export", "--vectors takes at least one sample, and "
                                   "no --ram");
    const char *vain = o.vectors                       ? NULL
                       : strcmp(o.format, "hex") != 0  ? "format"
                       : strcmp(o.order, "turns") != 0 ? "order"
                                                       : NULL;
    if (vain)
        return cli_usage("export", "--%s goes with --vectors", vain);
    if (rest.recipe_given && !o.learn)
        return cli_usage("export", "--%s goes with --learn",
                         rest.recipe_given);
    const model_images images = {.data = o.run.source.data,
                                 .split = o.learn ? "train" : "test"};
    code = model_load("export", rest.operand[0], o.best, &from);
    if (code == CLI_OK && (o.samples > 0 || o.learn))
        code = model_data("export", rest.operand[0], from, &images, &data);
    if (code == CLI_OK && o.learn)
        code = adapt(&rest, from, data, &net);
    if (code == CLI_OK)
        code = (o.vectors ? make_vectors : make)(&o, net ? net : from, data);
    sg_data_destroy(data);
    sg_network_destroy(net);
    sg_network_destroy(from);
    return code;
}
