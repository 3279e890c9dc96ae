#include "cli/base/team_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/cli.h"
#include "cli/base/model.h"

enum { VALUE = RECIPE_DATA, TEXT = 4 * VALUE };

void team_data_close(team_data *d)
{
    sg_data_destroy(d->part);
    sg_data_destroy(d->held);
    sg_data_destroy(d->whole);
    sg_data_destroy(d->test);
    *d = (team_data){NULL, NULL, NULL, NULL};
}

/* Options that say which samples are held back. */
static const char *const hold_options[] = {"validation", "holdout", "seed"};
enum { HOLD_OPTIONS = sizeof hold_options / sizeof *hold_options };

char *team_data_run(const recipe_file *file)
{
    char value[SG_RECIPE_TEXT];
    char *text = malloc(TEXT), *at = text;
    if (!text)
        return NULL;
    at += snprintf(at, 3 * VALUE, "kind=run\nfolder=%s\ndata=%s\n",
                   file->folder, file->data);
    for (size_t i = 0; i < HOLD_OPTIONS; i++)
        at += snprintf(at, VALUE / 2, "%s=%.512s\n", hold_options[i],
                       recipe_text(file->recipe, hold_options[i], value));
    return text;
}

char *team_data_images(const char *folder, const char *spec, const char *word,
                       uint32_t count)
{
    char *text = malloc(TEXT);
    if (text)
        snprintf(text, TEXT,
                 "kind=images\nfolder=%s\ndata=%s\nsplit=%s\ncount=%" PRIu32
                 "\n",
                 folder, spec, word, count);
    return text;
}

/* The value of a line; "" if there is none. */
static void find(const char *text, const char *key, char value[VALUE])
{
    const size_t length = strlen(key);
    value[0] = '\0';
    for (const char *line = text; *line;) {
        const size_t n = strcspn(line, "\n");
        if (n > length && strncmp(line, key, length) == 0 &&
            line[length] == '=')
            snprintf(value, VALUE, "%.*s", (int)(n - length - 1),
                     line + length + 1);
        line += n + (line[n] == '\n');
    }
}

/* In the folder where rank 0 found it, or from here. */
static sg_status open_split(const char *text, sg_split split, sg_data **out,
                            sg_error *error)
{
    char folder[VALUE], spec[VALUE];
    find(text, "folder", folder);
    find(text, "data", spec);
    sg_status status = sg_data_open_in(folder, spec, split, out, error);
    if (status == SG_E_MISSING && *folder &&
        sg_data_open(spec, split, out, NULL) == SG_OK)
        status = SG_OK;
    return status;
}

static sg_status hold_back(const char *text, team_data *d, sg_error *error)
{
    char value[VALUE], problem[SG_ERROR_TEXT];
    sg_recipe *recipe;
    sg_status status = sg_recipe_create(&recipe);
    for (size_t i = 0; status == SG_OK && i < HOLD_OPTIONS; i++) {
        find(text, hold_options[i], value);
        status = sg_recipe_set(recipe, hold_options[i], value, error);
    }
    cli_capture(problem, sizeof problem);
    if (status == SG_OK && recipe_hold_back("train", recipe, d->whole,
                                            &d->part, &d->held) != CLI_OK) {
        snprintf(error->text, sizeof error->text, "%s", problem);
        status = SG_E_ARGUMENT;
    }
    cli_capture(NULL, 0);
    sg_recipe_destroy(recipe);
    return status;
}

static sg_status open_run(const char *text, team_data *d,
                          const sg_data *data[SG_RANKS_DATA_MAX],
                          sg_error *error)
{
    sg_status status = open_split(text, SG_SPLIT_TRAIN, &d->whole, error);
    if (status == SG_OK)
        status = hold_back(text, d, error);
    if (status != SG_OK)
        return status;
    status = open_split(text, SG_SPLIT_TEST, &d->test, error);
    data[0] = d->part ? d->part : d->whole;
    data[1] = d->held;
    data[2] = d->test;
    return status == SG_E_MISSING ? SG_OK : status;
}

static sg_status open_images(const char *text, team_data *d,
                             const sg_data *data[SG_RANKS_DATA_MAX],
                             sg_error *error)
{
    char value[VALUE];
    find(text, "split", value);
    const sg_split split =
        strcmp(value, "train") == 0 ? SG_SPLIT_TRAIN : SG_SPLIT_TEST;
    find(text, "count", value);
    const unsigned long wanted = strtoul(value, NULL, 10);
    sg_status status = open_split(text, split, &d->whole, error);
    if (status != SG_OK)
        return status;
    const uint32_t size = sg_data_get_info(d->whole)->size;
    status =
        sg_data_slice(d->whole, 0, wanted < size ? (uint32_t)wanted : size,
                      &d->part, error);
    data[0] = d->part;
    return status;
}

sg_status team_data_open(void *user, const char *text,
                         const sg_data *data[SG_RANKS_DATA_MAX],
                         sg_error *error)
{
    char kind[VALUE];
    team_data *d = user;
    team_data_close(d);
    find(text, "kind", kind);
    return strcmp(kind, "run") == 0 ? open_run(text, d, data, error)
                                    : open_images(text, d, data, error);
}
