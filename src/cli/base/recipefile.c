/* INI recipes by libinih; see recipefile.h. */
#include "cli/base/recipefile.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/base/cli.h"
#include "cli/base/output.h"

/* Longest path a recipe is looked for under. */
enum { PATH_TEXT = 1024 };

struct reading {
    recipe_file *file;
    char problem[SG_ERROR_TEXT + 64]; /* of the first bad line */
};

static int take_run_key(struct reading *reading, const char *name,
                        const char *value)
{
    recipe_file *file = reading->file;
    if (strcmp(name, "data") == 0 && strlen(value) < sizeof file->data) {
        strcpy(file->data, value);
        return 1;
    }
    if (strcmp(name, "version") == 0)
        return 1;
    if (strcmp(name, "max-minutes") == 0 &&
        args_milli(value, 1, RECIPE_MINUTES_MAX, &file->max_minutes))
        return 1;
    if (strcmp(name, "choose") == 0 &&
        (strcmp(value, "last") == 0 || strcmp(value, "best") == 0)) {
        strcpy(file->choose, value);
        return 1;
    }
    snprintf(reading->problem, sizeof reading->problem,
             "bad or unknown key '%s' in [run]: expected data, version, "
             "max-minutes (a decimal) or choose (last or best)",
             name);
    return 0;
}

static int take_result_key(struct reading *reading, const char *name,
                           const char *value)
{
    recipe_result *result = &reading->file->result;
    const struct {
        const char *name;
        char *text;
    } keys[] = {{"reached", result->reached},
                {"time", result->time},
                {"machine", result->machine},
                {"command", result->command}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(name, keys[i].name) == 0 && strlen(value) < RECIPE_TEXT) {
            strcpy(keys[i].text, value);
            return 1;
        }
    }
    snprintf(reading->problem, sizeof reading->problem,
             "bad or unknown key '%s' in [result]: expected reached, time, "
             "machine or command, of less than %d bytes",
             name, RECIPE_TEXT);
    return 0;
}

/* inih calls this for each pair; 0 marks the line as bad. */
static int take_key(void *user, const char *section, const char *name,
                    const char *value)
{
    struct reading *reading = user;
    if (reading->problem[0])
        return 0;
    if (strcmp(section, "run") == 0)
        return take_run_key(reading, name, value);
    if (strcmp(section, "result") == 0)
        return take_result_key(reading, name, value);
    if (*section && strcmp(section, "recipe") != 0) {
        snprintf(reading->problem, sizeof reading->problem,
                 "unknown section [%s]: expected [recipe], [run] or [result]",
                 section);
        return 0;
    }
    sg_error error = {""};
    sg_status status =
        sg_recipe_set(&reading->file->recipe, name, value, &error);
    if (status == SG_OK)
        return 1;
    if (status == SG_E_ARGUMENT)
        snprintf(reading->problem, sizeof reading->problem, "unknown key '%s'",
                 name);
    else
        snprintf(reading->problem, sizeof reading->problem, "%s", error.text);
    return 0;
}

int recipe_file_read(const char *path, recipe_file *out)
{
    struct reading reading = {out, ""};
    FILE *stream = fopen(path, "r");
    if (!stream)
        return cli_fail("%s: %s", path, strerror(errno));
    errno = 0;
    int line = ini_parse_file(stream, take_key, &reading);
    int unreadable = ferror(stream) ? errno : 0;
    fclose(stream);
    if (unreadable || line < 0)
        return cli_fail("%s: %s", path,
                        strerror(unreadable ? unreadable : ENOMEM));
    if (line > 0) {
        cli_fail("%s:%d: %s", path, line,
                 reading.problem[0] ? reading.problem
                                    : "expected 'key = value'");
        return CLI_DATA;
    }
    return CLI_OK;
}

bool recipe_directory(size_t i, char *path, size_t size)
{
    const char *place[3];
    size_t places = 0;
    const char *own = getenv("SPIKEGRAD_RECIPES");
    if (own && *own)
        place[places++] = own;
#ifdef SPIKEGRAD_DATADIR
    place[places++] = SPIKEGRAD_DATADIR "/recipes";
#endif
    place[places++] = "recipes";
    if (i >= places)
        return false;
    snprintf(path, size, "%s", place[i]);
    return true;
}

int recipe_file_find(const char *name, recipe_file *out)
{
    char directory[PATH_TEXT], path[2 * PATH_TEXT];

    if (strchr(name, '/') || access(name, R_OK) == 0)
        return recipe_file_read(name, out);
    for (size_t i = 0; recipe_directory(i, directory, sizeof directory); i++) {
        const char *suffix = strstr(name, ".ini") ? "" : ".ini";
        snprintf(path, sizeof path, "%s/%s%s", directory, name, suffix);
        if (access(path, R_OK) == 0)
            return recipe_file_read(path, out);
    }
    return cli_fail("recipe '%s' not found as a file, in $SPIKEGRAD_RECIPES, "
                    "among the installed ones or in ./recipes",
                    name);
}

int recipe_file_gather(const char *command, const char *name,
                       const arg_rest *rest, recipe_file *out)
{
    size_t count;
    sg_error error = {""};
    const sg_recipe_option *option = sg_recipe_options(&count);

    *out = (recipe_file){.data = ""};
    sg_recipe_init(&out->recipe);
    if (name) {
        int code = recipe_file_find(name, out);
        if (code != CLI_OK)
            return code;
    }
    for (size_t i = 0; i < count && i < ARG_RECIPE_MAX; i++) {
        if (!rest->recipe[i])
            continue;
        sg_status status = sg_recipe_set(&out->recipe, option[i].name,
                                         rest->recipe[i], &error);
        if (status != SG_OK)
            return cli_usage(command, "--%s", error.text);
    }
    return CLI_OK;
}

int recipe_file_write(const char *path, const recipe_file *file)
{
    output out;
    size_t count;
    char text[SG_RECIPE_NET];
    const sg_recipe_option *option = sg_recipe_options(&count);
    int code = output_open(&out, path);

    if (code != CLI_OK)
        return code;
    fprintf(out.stream,
            "# What this run computes; 'spikegrad train --resume' reads it.\n"
            "[run]\nversion = %s\ndata = %s\n",
            sg_version(), file->data);
    if (file->max_minutes > 0)
        fprintf(out.stream, "max-minutes = %llu.%03llu\n",
                (unsigned long long)(file->max_minutes / 1000),
                (unsigned long long)(file->max_minutes % 1000));
    if (file->choose[0])
        fprintf(out.stream, "choose = %s\n", file->choose);
    fputs("\n[recipe]\n", out.stream);
    for (size_t i = 0; i < count; i++) {
        sg_status status =
            sg_recipe_get(&file->recipe, option[i].name, text, sizeof text);
        if (status != SG_OK && code == CLI_OK)
            code = cli_status(NULL, status, NULL);
        fprintf(out.stream, "%s = %s\n", option[i].name, text);
    }
    return output_close(&out, code);
}
