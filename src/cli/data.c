/* spikegrad data: what a source holds, and samples of it as files. */
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/arrays.h"
#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/base/flags.h"
#include "cli/base/model.h"
#include "cli/base/output.h"
#include "cli/commands.h"
#include "cli/export_data.h"

struct options {
    const char *split, *png, *idx, *npy, *npz, *images;
    uint64_t first, count, scale;
    bool json;
};

enum { SAMPLES = 100 }; /* of --png and --idx, unless told */

#define FIELD(name) offsetof(struct options, name)

static const arg_flag info_flags[] = {
    {"json", ARG_SWITCH, FIELD(json), NULL, NULL,
     "JSON lines on stdout, one a split", 0, 0},
};

static const arg_flag export_flags[] = {
    {"split", ARG_CHOICE, FIELD(split), "train|test", NULL,
     "which part of the source; without it, train, or of --npy, --npz and "
     "--images both",
     0, 0},
    {"first", ARG_NUMBER, FIELD(first), "I", "0", "first sample", 0,
     UINT32_MAX},
    {"count", ARG_NUMBER, FIELD(count), "N", NULL,
     "how many; 0 is all from the first on; without it 100, or of --npy, "
     "--npz and --images all",
     0, UINT32_MAX},
    {"png", ARG_TEXT, FIELD(png), "FILE", NULL,
     "write a contact sheet, grey or RGB", 0, 0},
    {"scale", ARG_NUMBER, FIELD(scale), "N", "2",
     "enlarge the images of the sheet", 1, 16},
    {"idx", ARG_TEXT, FIELD(idx), "PREFIX", NULL,
     "write PREFIX-images-idx3-ubyte and PREFIX-labels-idx1-ubyte, as MNIST "
     "is distributed; images in colour become an idx4 file. With DIR/train and "
     "DIR/t10k for the splits, mnist:DIR reads them",
     0, 0},
    {"npz", ARG_TEXT, FIELD(npz), "FILE", NULL,
     "write x_train, y_train, x_test and y_test as one file of NumPy, which "
     "npz:FILE reads",
     0, 0},
    {"npy", ARG_TEXT, FIELD(npy), "DIR", NULL,
     "write the same as files in a folder, which npy:DIR reads", 0, 0},
    {"images", ARG_TEXT, FIELD(images), "DIR", NULL,
     "write DIR/SPLIT/CLASS/NUMBER.png, which images:DIR reads in the same "
     "order",
     0, 0},
};

static int data_info(int argc, char **argv);

static const arg_command info_command = {
    .name = "data info",
    .summary = "what a data source holds",
    .usage = "SPEC [options]",
    .operands = "SPEC",
    .text = "Shape, classes, sizes of the splits, samples a class and mean "
            "pixel of a source. 'spikegrad data formats' lists what a SPEC "
            "can be.",
    .group = {ARG_OWN(info_flags)},
    .operand_min = 1,
    .operand_max = 1,
    .run = data_info,
};

static int data_export(int argc, char **argv);

static const arg_command export_command = {
    .name = "data export",
    .summary = "samples as pictures, IDX files or arrays of NumPy",
    .usage = "SPEC [options]",
    .operands = "SPEC",
    .text =
        "Writes samples of a source as a contact sheet, or in formats that "
        "other programs read, and that are sources again: IDX, NumPy, "
        "folders of pictures.",
    .group = {ARG_OWN(export_flags)},
    .operand_min = 1,
    .operand_max = 1,
    .run = data_export,
};

static const arg_flag formats_flags[] = {
    {"json", ARG_SWITCH, FIELD(json), NULL, NULL,
     "JSON lines on stdout, one a kind", 0, 0},
};

static int data_formats(int argc, char **argv);

static const arg_command formats_command = {
    .name = "data formats",
    .summary = "what a SPEC can be",
    .usage = "[options]",
    .text = "The kinds of data source that a SPEC can name, with their "
            "options.",
    .group = {ARG_OWN(formats_flags)},
    .run = data_formats,
};

static const arg_command *const actions[] = {&info_command, &export_command,
                                             &formats_command, NULL};

const arg_command command_data = {
    .name = "data",
    .summary = "what a data source holds; export samples",
    .usage = "info SPEC [options]\nexport SPEC [options]\nformats [options]",
    .text = "What a data source holds, and samples of it as files.",
    .actions = actions,
};

struct census {
    uint64_t *of_class; /* [classes] */
    double mean;        /* pixel, 0..255 */
};

static int take_census(const sg_data *data, struct census *out)
{
    const sg_data_info *info = sg_data_get_info(data);
    size_t bytes = (size_t)info->height * info->width * info->channels;
    uint64_t sum = 0;

    out->of_class = calloc(info->classes, sizeof *out->of_class);
    if (!out->of_class)
        return cli_fail("out of memory");
    for (uint32_t i = 0; i < info->size; i++) {
        const uint8_t *pixels = sg_data_pixels(data, i);
        for (size_t k = 0; k < bytes; k++)
            sum += pixels[k];
        out->of_class[sg_data_label(data, i)]++;
    }
    out->mean =
        info->size ? (double)sum / (double)info->size / (double)bytes : 0.0;
    return CLI_OK;
}

static int print_json(const sg_data *data, const char *split,
                      const struct census *census)
{
    const sg_data_info *info = sg_data_get_info(data);
    const bool named = sg_data_class_name(data, 0) != NULL;
    json_t *names = named ? json_array() : NULL;
    for (uint32_t k = 0; names && k < info->classes; k++)
        json_array_append_new(names, output_text(sg_data_class_name(data, k)));
    json_t *classes = json_array();
    for (uint32_t k = 0; classes && k < info->classes; k++)
        json_array_append_new(classes,
                              json_integer((json_int_t)census->of_class[k]));
    return output_json(stdout, "standard output",
                       json_pack("{s:o,s:s,s:i,s:i,s:i,s:I,s:f,s:o,s:o*}",
                                 "name", output_text(info->name), "split",
                                 split, "height", (int)info->height, "width",
                                 (int)info->width, "channels",
                                 (int)info->channels, "samples",
                                 (json_int_t)info->size, "mean", census->mean,
                                 "classes", classes, "names", names));
}

static void print_text(const sg_data *data, const char *split,
                       const struct census *census)
{
    const sg_data_info *info = sg_data_get_info(data);
    char counts[48] = "pixel";
    if (info->counts)
        snprintf(counts, sizeof counts, "of spike counts up to %u",
                 info->counts);
    clean_line(stdout,
               "%s, %s: %u samples of %ux%ux%u, %u classes, mean %s %.2f",
               info->name, split, info->size, info->height, info->width,
               info->channels, info->classes, counts, census->mean);
    for (uint32_t k = 0; sg_data_class_name(data, k); k++)
        clean_line(stdout, " %4u: %-6" PRIu64 " %s", k, census->of_class[k],
                   sg_data_class_name(data, k));
    for (uint32_t k = 0; !sg_data_class_name(data, 0) && k < info->classes;
         k++)
        printf("%s%4u: %-6" PRIu64 "%s", k % 5 == 0 ? " " : "", k,
               census->of_class[k],
               k % 5 == 4 || k + 1 == info->classes ? "\n" : " ");
}

static int show(const sg_data *data, const char *split, bool json)
{
    struct census census;
    int code = take_census(data, &census);
    if (code != CLI_OK)
        return code;
    if (json)
        code = print_json(data, split, &census);
    else
        print_text(data, split, &census);
    free(census.of_class);
    return code;
}

/* Both splits, or the one that is there. */
static int show_splits(const char *spec, bool json)
{
    static const char *const names[] = {"train", "test"};
    sg_error missing = {""}, error = {""};
    unsigned shown = 0;
    int code = CLI_OK;
    for (size_t i = 0; code == CLI_OK && i < 2; i++) {
        sg_data *data;
        sg_status status = sg_data_open(spec, (sg_split)i, &data, &error);
        if (status == SG_E_MISSING) {
            if (!missing.text[0])
                missing = error;
            continue;
        }
        if (status != SG_OK)
            return cli_status("data info", status, &error);
        code = show(data, names[i], json);
        sg_data_destroy(data);
        shown++;
    }
    if (code == CLI_OK && shown == 0)
        return cli_status("data info", SG_E_MISSING, &missing);
    if (missing.text[0] && code == CLI_OK)
        clean_line(stderr, "spikegrad: only one split: %s", missing.text);
    return code;
}

static int data_info(int argc, char **argv)
{
    struct options options = {0};
    arg_rest rest;
    int code = args_parse(&info_command, argc, argv, &options, &rest);
    if (code >= 0)
        return code;
    char *spec = model_spec(rest.operand[0]);
    code = spec ? show_splits(spec, options.json) : cli_fail("out of memory");
    free(spec);
    return code;
}

static void print_option(const sg_data_option *option, const char *indent)
{
    int width = printf("%s%s=%s", indent, option->key, option->value);
    printf("%*s", width < 22 ? 24 - width : 2, "");
    cli_print_wrapped(option->help, width < 22 ? 24 : (size_t)width + 2);
}

static int print_format_json(const sg_data_format *format)
{
    json_t *options = json_object();
    for (size_t k = 0; options && k < format->options; k++)
        json_object_set_new(options, format->option[k].key,
                            json_string(format->option[k].help));
    return output_json(stdout, "standard output",
                       json_pack("{s:s,s:s,s:s,s:s,s:b,s:o}", "name",
                                 format->name, "form", format->form, "help",
                                 format->help, "example", format->example,
                                 "path", format->takes_path, "options",
                                 options));
}

static int data_formats(int argc, char **argv)
{
    struct options options = {0};
    arg_rest rest;
    const sg_data_format *format;
    int code = args_parse(&formats_command, argc, argv, &options, &rest);
    if (code >= 0)
        return code;
    code = CLI_OK;
    for (size_t i = 0; code == CLI_OK && (format = sg_data_get_format(i));
         i++) {
        if (options.json) {
            code = print_format_json(format);
            continue;
        }
        printf("%s\n    ", format->form);
        cli_print_wrapped(format->help, 4);
        for (size_t k = 0; k < format->options; k++)
            print_option(&format->option[k], "    ");
        printf("    example: %s\n", format->example);
    }
    if (!options.json) {
        puts("with any path");
        print_option(sg_data_limit_option(), "    ");
        print_option(sg_data_names_option(), "    ");
    }
    return code;
}

/* The samples of data that were asked for, or CLI_USAGE. */
static int take_part(const struct options *options, const sg_data *data,
                     uint64_t most, sg_data **part)
{
    sg_error error = {""};
    uint32_t size = sg_data_get_info(data)->size;
    if (options->first >= size)
        return cli_usage("data export",
                         "--first: %" PRIu64 " is not below "
                         "%u, the number of samples",
                         options->first, size);
    uint64_t count = size - options->first;
    if (options->count != UINT64_MAX)
        most = options->count;
    if (most > 0 && most < count)
        count = most;
    sg_status status = sg_data_slice(data, (uint32_t)options->first,
                                     (uint32_t)count, part, &error);
    return status == SG_OK ? CLI_OK
                           : cli_status("data export", status, &error);
}

static int export_part(const struct options *options, const sg_data *data)
{
    sg_data *part;
    int code = take_part(options, data, SAMPLES, &part);
    if (code != CLI_OK)
        return code;
    if (options->png)
        code = export_png(part, (uint32_t)options->scale, options->png);
    if (options->idx && code == CLI_OK)
        code = export_idx(part, options->idx);
    sg_data_destroy(part);
    return code;
}

/* As all formats that hold both splits. */
static int export_sets(const struct options *options, const export_split *set,
                       size_t sets)
{
    int code = CLI_OK;
    if (options->npy)
        code = export_npy(set, sets, options->npy);
    if (options->npz && code == CLI_OK)
        code = export_npz(set, sets, options->npz);
    if (options->images && code == CLI_OK)
        code = export_pictures(set, sets, options->images);
    return code;
}

/* Opens the splits that are asked for and there, and exports them. */
static int export_splits(const struct options *options, const char *spec)
{
    static const char *const names[] = {"train", "test"};
    sg_data *data[2] = {NULL, NULL}, *part[2] = {NULL, NULL};
    export_split set[2];
    sg_error error = {""};
    size_t sets = 0;
    int code = CLI_OK;
    for (size_t i = 0; code == CLI_OK && i < 2; i++) {
        if (options->split && strcmp(options->split, names[i]) != 0)
            continue;
        sg_status status =
            sg_data_open(spec, (sg_split)i, &data[sets], &error);
        if (status == SG_E_MISSING && !options->split)
            continue;
        code = status == SG_OK ? take_part(options, data[sets], 0, &part[sets])
                               : cli_status("data export", status, &error);
        set[sets] = (export_split){names[i], part[sets]};
        sets += code == CLI_OK;
    }
    if (code == CLI_OK)
        code = sets ? export_sets(options, set, sets)
                    : cli_status("data export", SG_E_MISSING, &error);
    for (size_t i = 0; i < 2; i++) {
        sg_data_destroy(part[i]);
        sg_data_destroy(data[i]);
    }
    return code;
}

static int export_wanted(const struct options *options, const char *operand)
{
    int code = CLI_OK;
    if (options->png || options->idx) {
        sg_data *data;
        code = model_split("data export", NULL, operand,
                           options->split ? options->split : "train", &data);
        if (code != CLI_OK)
            return code;
        code = export_part(options, data);
        sg_data_destroy(data);
    }
    if (code != CLI_OK || !(options->npy || options->npz || options->images))
        return code;
    char *spec = model_spec(operand);
    code = spec ? export_splits(options, spec) : cli_fail("out of memory");
    free(spec);
    return code;
}

static int data_export(int argc, char **argv)
{
    struct options options = {.count = UINT64_MAX};
    arg_rest rest;
    int code = args_parse(&export_command, argc, argv, &options, &rest);
    if (code >= 0)
        return code;
    if (!options.png && !options.idx && !options.npy && !options.npz &&
        !options.images)
        return cli_usage("data export", "give --png, --idx, --npz, --npy or "
                                        "--images");
    return export_wanted(&options, rest.operand[0]);
}
