/* Models and their data; see model.h. */
#include "cli/base/model.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/base/cli.h"
#include "cli/base/output.h"

#define FIELD(name) offsetof(model_images, name)

const arg_flag model_flags[3] = {
    {"data", ARG_TEXT, FIELD(data), "SPEC", NULL,
     "images (default: those the model was trained on)", 0, 0},
    {"split", ARG_CHOICE, FIELD(split), "train|test", "test",
     "which part of them", 0, 0},
    {"best", ARG_SWITCH, FIELD(best), NULL, NULL, MODEL_BEST_HELP, 0, 0},
};

int model_load(const char *command, const char *path, bool best,
               sg_network **out)
{
    struct stat status;
    sg_error error = {""};
    char *inside = NULL;

    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        inside = output_path(path, best ? MODEL_BEST_FILE : MODEL_FILE);
        if (!inside)
            return cli_fail("%s: out of memory", path);
    } else if (best) {
        return cli_usage(command, "--best: %s is not a run directory", path);
    }
    sg_status result = sg_network_load(inside ? inside : path, out, &error);
    free(inside);
    return result == SG_OK ? CLI_OK : cli_status(command, result, &error);
}

char *model_spec(const char *spec)
{
    const char *home = getenv("HOME"), *tilde = strstr(spec, ":~");
    bool is_home = tilde && (tilde[2] == '/' || tilde[2] == '\0');
    if (!is_home || !home || !*home ||
        (size_t)(tilde - spec) != strcspn(spec, ":/"))
        return strdup(spec);
    size_t size = strlen(spec) + strlen(home) + 1;
    char *text = malloc(size);
    if (text)
        snprintf(text, size, "%.*s:%s%s", (int)(tilde - spec), spec, home,
                 tilde + 2);
    return text;
}

const char *model_path(const char *spec)
{
    const sg_data_format *format;
    size_t length = strcspn(spec, ":");
    if (!spec[length])
        return NULL;
    for (size_t i = 0; (format = sg_data_get_format(i)); i++)
        if (format->takes_path && strlen(format->name) == length &&
            strncmp(format->name, spec, length) == 0)
            return spec + length + 1;
    return NULL;
}

const char *model_class_name(const sg_network *net, const sg_data *data,
                             uint32_t label)
{
    const char *name = sg_network_class_name(net, label);
    return name ? name : sg_data_class_name(data, label);
}

static sg_split split_of(const char *word)
{
    return strcmp(word, "train") == 0 ? SG_SPLIT_TRAIN : SG_SPLIT_TEST;
}

/* Of a split that is not there: says so if the other one is. */
static void add_hint(const char *folder, const char *spec, const char *word,
                     sg_error *error)
{
    const char *other = strcmp(word, "test") == 0 ? "train" : "test";
    const size_t used = strlen(error->text);
    sg_data *data = NULL;
    if (sg_data_open_in(folder, spec, split_of(other), &data, NULL) == SG_OK)
        snprintf(error->text + used, sizeof error->text - used,
                 "; the %s split is there", other);
    sg_data_destroy(data);
}

int model_split(const char *command, const char *folder, const char *spec,
                const char *word, sg_data **out)
{
    sg_error error = {""};
    char *whole = model_spec(spec);
    if (!whole)
        return cli_fail("out of memory");
    sg_status status =
        sg_data_open_in(folder, whole, split_of(word), out, &error);
    if (status == SG_E_MISSING)
        add_hint(folder, whole, word, &error);
    free(whole);
    return status == SG_OK ? CLI_OK : cli_status(command, status, &error);
}

static int check_shape(const char *command, const model *m)
{
    sg_network_info info;
    const sg_data_info *data = sg_data_get_info(m->data);

    sg_network_get_info(m->net, &info);
    if (data->height == info.input.height && data->width == info.input.width &&
        data->channels == info.input.channels &&
        data->classes == info.classes) {
        char input[SG_RECIPE_TEXT] = "";
        (void)sg_recipe_get(info.recipe, "input", input, sizeof input);
        return !data->counts || strcmp(input, "counts") == 0
                   ? CLI_OK
                   : cli_usage(command,
                               "%s: spike counts, expected a network with "
                               "input = counts",
                               data->name);
    }
    return cli_usage(command,
                     "%s has %ux%ux%u images of %u classes, the "
                     "model takes %ux%ux%u of %u",
                     data->name, data->height, data->width, data->channels,
                     data->classes, info.input.height, info.input.width,
                     info.input.channels, info.classes);
}

static int open_images(const char *command, const char *path,
                       const model_images *images, uint64_t limit, model *m)
{
    sg_error error = {""};
    int code = model_data(command, path, m->net, images, &m->data);
    if (code == CLI_OK)
        code = check_shape(command, m);
    if (code != CLI_OK)
        return code;
    uint32_t size = sg_data_get_info(m->data)->size;
    if (limit > 0 && limit < size)
        size = (uint32_t)limit;
    sg_status status = sg_data_slice(m->data, 0, size, &m->part, &error);
    return status == SG_OK ? CLI_OK : cli_status(command, status, &error);
}

int model_run(const arg_command *command, int argc, char **argv, void *options,
              const model_images *images, const uint64_t *limit,
              int (*run)(const void *options, const model *m))
{
    arg_rest rest;
    model m = {NULL, NULL, NULL, NULL};
    int code = args_parse(command, argc, argv, options, &rest);

    if (code >= 0)
        return code;
    m.path = rest.operand[0];
    code = model_load(command->name, m.path, images->best, &m.net);
    if (code == CLI_OK)
        code = open_images(command->name, rest.operand[0], images,
                           limit ? *limit : 0, &m);
    if (code == CLI_OK)
        code = run(options, &m);
    sg_data_destroy(m.part);
    sg_data_destroy(m.data);
    sg_network_destroy(m.net);
    return code;
}

bool model_is_hidden(const sg_network *net, size_t i)
{
    sg_network_info info;
    sg_layer_info layer;
    sg_network_get_info(net, &info);
    return i + 1 < info.layers &&
           sg_network_get_layer(net, i, &layer) == SG_OK && layer.synapses > 0;
}
