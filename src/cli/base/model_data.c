/* The data of a model: found where its run found them, and held against what
 * the model was trained on. Data without files are what their name says. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/base/model.h"
#include "cli/base/output.h"
#include "cli/base/recipefile.h"
#include "cli/base/team.h"

/* The recipe file in the run directory that path is, or is in; in new memory,
 * or NULL. */
static char *recipe_beside(const char *path)
{
    struct stat status;
    char *folder = strdup(path), *slash;
    if (!folder)
        return NULL;
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) {
        slash = strrchr(folder, '/');
        strcpy(slash ? slash : folder, slash ? "" : ".");
        if (!*folder)
            strcpy(folder, "/");
    }
    char *file = output_path(folder, "recipe.ini");
    free(folder);
    return file;
}

/* What that file says of the data: "" if there is none, or a bad one. */
static void data_beside(const char *path, char data[RECIPE_DATA],
                        char folder[RECIPE_FOLDER])
{
    char problem[SG_ERROR_TEXT];
    char *name = recipe_beside(path);
    recipe_file file;
    data[0] = folder[0] = '\0';
    if (name && access(name, R_OK) == 0) {
        cli_capture(problem, sizeof problem);
        if (recipe_file_begin(&file) == CLI_OK &&
            recipe_file_read(name, &file) == CLI_OK) {
            snprintf(data, RECIPE_DATA, "%s", file.data);
            snprintf(folder, RECIPE_FOLDER, "%s", file.folder);
        }
        recipe_file_end(&file);
        cli_capture(NULL, 0);
    }
    free(name);
}

void model_folder(const char *path, const char *spec, char *folder,
                  size_t size)
{
    char data[RECIPE_DATA], there[RECIPE_FOLDER];
    data_beside(path, data, there);
    snprintf(folder, size, "%s", strcmp(data, spec) == 0 ? there : "");
}

int model_share(const char *command, const model_images *images,
                const model *m)
{
    char folder[RECIPE_FOLDER] = "";
    const char *name = sg_data_get_info(m->data)->name;
    if (team_ranks() && !images->data)
        model_folder(m->path, name, folder, sizeof folder);
    return team_share_images(command, folder, images->split, m->part);
}

typedef enum likeness { SAME, OTHER, UNKNOWN } likeness;

static likeness compare_part(const sg_network_info *info, const sg_data *data)
{
    return sg_data_get_info(data)->size == info->data_size &&
                   sg_data_hash(data) == info->data_hash
               ? SAME
               : OTHER;
}

/* What a run holds back of data is no part of what it is trained on. */
static likeness compare_whole(const char *command, const sg_network_info *info,
                              const sg_data *whole)
{
    sg_data *part = NULL, *held = NULL;
    int64_t back = recipe_number(info->recipe, "validation");
    likeness like = compare_part(info, whole);
    if (like == SAME || back == 0 || back >= sg_data_get_info(whole)->size)
        return like;
    if (recipe_hold_back(command, info->recipe, whole, &part, &held) == CLI_OK)
        like = compare_part(info, part);
    sg_data_destroy(part);
    sg_data_destroy(held);
    return like;
}

/* Whether the training split of spec is what the model was trained on. */
static likeness compare(const char *command, const sg_network_info *info,
                        const char *folder, const char *spec)
{
    sg_data *whole;
    if (info->data_hash == 0 ||
        sg_data_open_in(folder, spec, SG_SPLIT_TRAIN, &whole, NULL) != SG_OK)
        return UNKNOWN;
    likeness like = compare_whole(command, info, whole);
    sg_data_destroy(whole);
    return like;
}

/* Others are refused for their shape, and that is enough. */
static bool has_shape(const sg_network_info *info, const sg_data *data)
{
    const sg_data_info *d = sg_data_get_info(data);
    return d->height == info->input.height && d->width == info->input.width &&
           d->channels == info->input.channels && d->classes == info->classes;
}

/* What --data names: whatever it is, but not without a word. */
static int open_given(const char *command, const sg_network_info *info,
                      const model_images *images, sg_data **out)
{
    int code = model_split(command, NULL, images->data, images->split, out);
    char *spec = code == CLI_OK && model_path(images->data)
                     ? model_spec(images->data)
                     : NULL;
    if (spec && has_shape(info, *out) &&
        compare(command, info, NULL, spec) == OTHER)
        clean_line(stderr,
                   "spikegrad: %s: not the images and labels that the model "
                   "was trained on (%s)",
                   images->data, *info->data ? info->data : "unknown");
    free(spec);
    return code;
}

static int refuse_other(const char *command, const char *data,
                        const char *folder)
{
    return cli_usage(command,
                     "%s%s%s: other images or labels than the model was "
                     "trained on; --data %s takes them all the same",
                     data, *folder ? " in " : "", folder, data);
}

bool model_names_data(const char *spec)
{
    const sg_data_format *format;
    const size_t length = strcspn(spec, ":");
    for (size_t i = 0; (format = sg_data_get_format(i)); i++)
        if (strlen(format->name) == length &&
            strncmp(format->name, spec, length) == 0)
            return true;
    return false;
}

int model_ask_data(const char *command, const char *path, const char *spec)
{
    return cli_usage(command,
                     "%s was trained on '%s', which is no file: --data SPEC "
                     "names the images to show it",
                     path, *spec ? spec : "unknown data");
}

void model_own_data(const char *command, const char *path,
                    const sg_network_info *info, char data[RECIPE_DATA],
                    char folder[RECIPE_FOLDER])
{
    data_beside(path, data, folder);
    /* named anew since, with --resume; but the model may be a guest there */
    if (strcmp(data, info->data) != 0 &&
        (!*data || compare(command, info, folder, data) != SAME)) {
        snprintf(data, RECIPE_DATA, "%s", info->data);
        folder[0] = '\0';
    }
}

static int open_own(const char *command, const char *path,
                    const sg_network_info *info, const char *word,
                    sg_data **out)
{
    char data[RECIPE_DATA], folder[RECIPE_FOLDER];
    sg_split split =
        strcmp(word, "train") == 0 ? SG_SPLIT_TRAIN : SG_SPLIT_TEST;
    model_own_data(command, path, info, data, folder);
    sg_status status = sg_data_open_in(folder, data, split, out, NULL);
    if (status == SG_E_MISSING && *folder &&
        sg_data_open(data, split, out, NULL) == SG_OK) {
        status = SG_OK; /* they have moved together with the run */
        folder[0] = '\0';
    }
    if (status == SG_E_ARGUMENT && !model_names_data(data))
        return model_ask_data(command, path, data);
    if (status != SG_OK)
        return model_split(command, folder, data, word, out);
    if (!model_path(data))
        return CLI_OK;
    likeness like = compare(command, info, folder, data);
    if (like == OTHER)
        return refuse_other(command, data, folder);
    clean_line(stderr, "spikegrad: images are %s%s%s, %s split%s", data,
               *folder ? " in " : "", folder, word,
               like == UNKNOWN ? "; whether the model was trained on them "
                                 "cannot be told"
                               : "");
    return CLI_OK;
}

int model_data(const char *command, const char *path, const sg_network *net,
               const model_images *images, sg_data **out)
{
    sg_network_info info;
    *out = NULL;
    sg_network_get_info(net, &info);
    if (images->data)
        return open_given(command, &info, images, out);
    if (!info.data || !*info.data)
        return cli_usage(command, "the model does not say what it was "
                                  "trained on: give --data");
    return open_own(command, path, &info, images->split, out);
}
