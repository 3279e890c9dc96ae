/* Flags of a run and the recipe they make; see options.h. */
#include "cli/run/options.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/base/cli.h"
#include "cli/base/flags.h"
#include "cli/base/model.h"

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)
#define FIELD(name) offsetof(run_options, name)

const arg_flag run_source_flags[2] = {
    {"data", ARG_TEXT, offsetof(run_source, data), "SPEC", NULL,
     "images, NAME:PATH; 'spikegrad data formats' lists them; needed unless a "
     "recipe, a run or a model says",
     0, 0},
    {"recipe", ARG_TEXT, offsetof(run_source, recipe), "FILE|NAME", NULL,
     "options from an INI file; other flags override it; see 'spikegrad "
     "recipes'",
     0, 0},
};

const arg_flag run_out_flag[1] = {
    {"out", ARG_TEXT, FIELD(out), "RUNDIR", NULL,
     "directory for recipe.ini, metrics.jsonl and checkpoint.safetensors "
     "(default: runs/SOURCE-N, the first N that is free)",
     0, 0},
};

const arg_flag run_flags[5] = {
    {"max-minutes", ARG_MILLI, FIELD(max_minutes), "M", NULL,
     "time limit: as many epochs as fit, at most the recipe's, planned so that "
     "the learning rate comes to its end; of the whole run, with the time that "
     "it took before it was stopped",
     1, RECIPE_MINUTES_MAX},
    {"choose", ARG_CHOICE, FIELD(choose), "last|best", NULL,
     "the model to test at the end and to name: of the last epoch or of the "
     "one with the best validation accuracy (default: best with --validation)",
     0, 0},
    {"checkpoint-every", ARG_NUMBER, FIELD(checkpoint_every), "N", NULL,
     "also write the checkpoint every N batches (default: after epochs only)",
     1, UINT32_MAX},
    {"verify", ARG_NUMBER, FIELD(verify), "N", NULL,
     "after every epoch, simulate every spike of N samples in random order "
     "and compare with the fast engine; exit code 4 if they differ; held-back "
     "samples if there are any, else test ones, else training ones",
     1, 1000000},
    {"observe", ARG_NUMBER, FIELD(observe), "N", TEXT(RUN_OBSERVE),
     "after every epoch, write to the metrics how spikes and errors of N "
     "samples are distributed, and which neurons are silent; held-back samples "
     "if there are any, else training ones; 0 for none",
     0, 1000000},
};

/* Whether a blank is the last of a specification: a recipe file would lose it,
 * unless a slash comes behind the name of the folder. */
static bool ends_with_blank(const char *spec)
{
    size_t length = strlen(spec);
    return length > 0 && strchr(" \t", spec[length - 1]);
}

/* Where a relative path of the data begins: here. A folder that a line of a
 * recipe file cannot hold is not noted. */
static void note_folder(recipe_file *out)
{
    const char *path = model_path(out->data);
    char *folder = out->folder;
    size_t length;
    if (!path || *path == '/' || !getcwd(folder, sizeof out->folder)) {
        folder[0] = '\0';
        return;
    }
    length = strlen(folder);
    if (strpbrk(folder, "\r\n") || strchr(" \t", folder[length - 1]))
        folder[0] = '\0';
}

int run_take_data(const char *command, const char *spec, recipe_file *out)
{
    const bool kept = spec == out->data && out->folder[0];
    if (!spec)
        return CLI_OK;
    char *whole = model_spec(spec);
    int code = CLI_OK;
    if (!whole)
        code = cli_fail("out of memory");
    else if (strlen(whole) + 1 >= sizeof out->data || strpbrk(whole, "\r\n"))
        code = cli_usage(command,
                         "--data: longer than %zu bytes, or of several lines",
                         sizeof out->data - 2);
    else
        snprintf(out->data, sizeof out->data, "%s%s", whole,
                 ends_with_blank(whole) ? "/" : "");
    free(whole);
    if (code == CLI_OK && !kept)
        note_folder(out);
    return code;
}

/* The recipe of a run that began with the weights of a model means little
 * without them. */
static int check_origin(const char *command, const char *recipe,
                        const char *from)
{
    if (!*from)
        return CLI_OK;
    if (strcmp(command, "train") == 0)
        return cli_usage(command,
                         "--recipe %s: that run began with the weights of "
                         "'%s': --from MODEL with it takes them again",
                         recipe, from);
    return cli_usage(command,
                     "--recipe %s: that run began with the weights of '%s'; "
                     "without its line 'from' it is one of random weights",
                     recipe, from);
}

int run_gather(const char *command, const run_source *source,
               const arg_rest *rest, recipe_file *out)
{
    int code = recipe_file_gather(command, source->recipe, rest, out);
    if (code == CLI_OK)
        code = check_origin(command, source->recipe, out->from);
    if (code == CLI_OK)
        code = run_take_data(command, source->data ? source->data : out->data,
                             out);
    if (code == CLI_OK && !out->data[0])
        code = cli_usage(command, "--data is missing");
    return code;
}

/* Its data, if no others are named, where its run found them. */
static int take_own_data(const char *command, const char *path,
                         const sg_network_info *info, recipe_file *out)
{
    if (info->data && *info->data && !model_names_data(info->data))
        return model_ask_data(command, path, info->data);
    char data[RECIPE_DATA], folder[RECIPE_FOLDER];
    if (!info->data || !*info->data)
        return CLI_OK;
    model_own_data(command, path, info, data, folder);
    int code = run_take_data(command, data, out);
    if (code == CLI_OK && folder[0])
        snprintf(out->folder, sizeof out->folder, "%s", folder);
    return code;
}

int run_gather_from(const char *command, const run_options *options,
                    const arg_rest *rest, recipe_file *out, sg_network **from)
{
    const run_source *source = &options->source;
    sg_error error = {""};
    sg_network_info info;
    sg_recipe *recipe;
    int code = model_load(command, options->from, false, from);
    if (code != CLI_OK)
        return code;
    sg_network_get_info(*from, &info);
    const sg_data_info same = {.classes = info.classes};
    sg_status status = sg_network_adapt_recipe(*from, &same, &recipe, &error);
    if (status != SG_OK)
        return cli_status(command, status, &error);
    sg_recipe_destroy(out->recipe);
    out->recipe = recipe;
    if (source->recipe)
        code = recipe_file_find(source->recipe, out);
    if (code == CLI_OK)
        code = recipe_file_options(command, rest, out);
    if (code != CLI_OK)
        return code;
    if (source->data || out->data[0])
        code = run_take_data(command, source->data ? source->data : out->data,
                             out);
    else
        code = take_own_data(command, options->from, &info, out);
    if (code == CLI_OK && !out->data[0])
        code = cli_usage(command,
                         "--data is missing, and %s does not say "
                         "what it was trained on",
                         options->from);
    return code;
}

sg_status run_open_data(recipe_file *file, sg_data **out, sg_error *error)
{
    sg_status status =
        sg_data_open_in(file->folder, file->data, SG_SPLIT_TRAIN, out, error);
    if (status != SG_E_MISSING || !file->folder[0])
        return status;
    if (sg_data_open(file->data, SG_SPLIT_TRAIN, out, NULL) != SG_OK)
        return SG_E_MISSING;
    file->folder[0] = '\0';
    return SG_OK;
}

int run_adapt(const char *command, const sg_network *from, const sg_data *data,
              bool quiet, recipe_file *file)
{
    char was[SG_RECIPE_TEXT], net[SG_RECIPE_TEXT];
    sg_error error = {""};
    sg_network_info info;
    sg_recipe *recipe;
    sg_network_get_info(from, &info);
    recipe_text(info.recipe, "net", was);
    if (sg_data_get_info(data)->classes == info.classes ||
        strcmp(recipe_text(file->recipe, "net", net), was) != 0)
        return CLI_OK;
    sg_status status =
        sg_network_adapt_recipe(from, sg_data_get_info(data), &recipe, &error);
    if (status != SG_OK)
        return cli_status(command, status, &error);
    recipe_text(recipe, "net", net);
    sg_recipe_destroy(recipe);
    status = sg_recipe_set(file->recipe, "net", net, &error);
    if (status == SG_OK && !quiet)
        fprintf(stderr, "spikegrad: a new last layer for %u classes\n",
                sg_data_get_info(data)->classes);
    return status == SG_OK ? CLI_OK : cli_status(command, status, &error);
}

void run_tell_suggested(const sg_recipe *was, const sg_recipe *now)
{
    size_t count;
    const sg_recipe_option *option = sg_recipe_options(&count);
    const char *between = "";
    if (!was)
        return;
    char a[RECIPE_TEXT], b[RECIPE_TEXT];
    for (size_t i = 0; i < count; i++) {
        const char *name = option[i].name;
        (void)sg_recipe_get(was, name, a, sizeof a);
        (void)sg_recipe_get(now, name, b, sizeof b);
        if (strcmp(a, b) == 0)
            continue;
        fprintf(stderr, "%s%s = %s", *between ? between : "spikegrad: ", name,
                b);
        between = ", ";
    }
    if (*between)
        fputs(", which suits this network and its data; flags or --recipe "
              "say otherwise\n",
              stderr);
}

int run_suggest(const char *command, const sg_data *data, recipe_file *file,
                sg_recipe **was)
{
    size_t count;
    sg_error error = {""};
    const sg_recipe_option *option = sg_recipe_options(&count);
    const char *given[ARG_RECIPE_MAX] = {NULL};
    *was = NULL;
    if (!file->follows)
        return CLI_OK;
    for (size_t i = 0; i < count && i < ARG_RECIPE_MAX; i++)
        given[i] = file->given[i] ? option[i].name : NULL;
    if (sg_recipe_copy(file->recipe, was) != SG_OK)
        return cli_fail("out of memory");
    sg_status status = sg_recipe_suggest(file->recipe, sg_data_get_info(data),
                                         given, ARG_RECIPE_MAX, &error);
    return status == SG_OK ? CLI_OK : cli_status(command, status, &error);
}
