/* spikegrad recipes: the recipe files that --recipe NAME can find, each with
 * the first line of its comment and what it has reached. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/base/input.h"
#include "cli/base/memory.h"
#include "cli/base/output.h"
#include "cli/base/recipefile.h"
#include "cli/commands.h"

enum { NAME_TO = 18, KEY_TO = 28 }; /* columns */

struct options {
    bool json;
};

static const arg_flag own_flags[] = {
    {"json", ARG_SWITCH, offsetof(struct options, json), NULL, NULL,
     "a JSON line for each recipe on stdout instead of the list", 0, 0},
};

static int recipes(int argc, char **argv);

const arg_command command_recipes = {
    .name = "recipes",
    .summary = "list the recipe files that can be found",
    .usage = "[options]",
    .text =
        "Lists the recipe files that 'train --recipe NAME' finds: those in "
        "$SPIKEGRAD_RECIPES, the installed ones and those in ./recipes; "
        "with what their section [result] says of a run that was measured.",
    .group = {ARG_OWN(own_flags)},
    .run = recipes,
};

static int is_recipe(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".ini") == 0;
}

/* The first line of path if it is a comment, else "". */
static int read_about(const char *path, char *about, size_t size)
{
    input in;
    about[0] = '\0';
    input_open(&in, path);
    if (input_next(&in) && *in.text == '#') {
        in.text[strcspn(in.text, "\r\n")] = '\0';
        snprintf(about, size, "%s", in.text + 1 + strspn(in.text + 1, " "));
    }
    return input_close(&in);
}

static void print_row(const char *key, const char *text)
{
    if (!*text)
        return;
    printf("%*s%-*s", NAME_TO, "", KEY_TO - NAME_TO, key);
    cli_print_wrapped(text, KEY_TO);
}

static void print_recipe(const char *name, const char *about,
                         const recipe_result *result)
{
    fputs("  ", stdout);
    clean_column(stdout, name, NAME_TO - 2);
    cli_print_wrapped(about, NAME_TO);
    print_row("reached", result->reached);
    print_row("time", result->time);
    print_row("machine", result->machine);
    print_row("command", result->command);
}

static int print_json(const char *name, const char *path, const char *about,
                      const recipe_file *file, const char *problem)
{
    json_t *object =
        json_pack("{s:o,s:o,s:o}", "name", output_text(name), "path",
                  output_text(path), "about", output_text(about));
    const recipe_result *r = &file->result;
    char net[SG_RECIPE_TEXT];
    const char *const pairs[][2] = {
        {"net", *problem ? "" : recipe_text(file->recipe, "net", net)},
        {"data", file->data},
        {"reached", r->reached},
        {"time", r->time},
        {"machine", r->machine},
        {"command", r->command},
        {"problem", problem},
    };
    for (size_t i = 0; object && i < sizeof pairs / sizeof pairs[0]; i++)
        if (*pairs[i][1])
            json_object_set_new(object, pairs[i][0], output_text(pairs[i][1]));
    return output_json(stdout, "standard output", object);
}

/* A file that is no recipe is listed with what is wrong with it; so is one
 * that cannot be read, which makes *code that of a failure. Whether others can
 * be listed. */
static bool list_recipe(const char *directory, const char *name, bool json,
                        int *code)
{
    char path[2048], about[160], problem[512], stem[256];
    recipe_file file;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    snprintf(stem, sizeof stem, "%.*s", (int)(strlen(name) - 4), name);
    int listed = recipe_file_begin(&file);
    if (listed != CLI_OK) {
        *code = listed;
        return false;
    }
    cli_capture(problem, sizeof problem);
    int read = read_about(path, about, sizeof about);
    if (read == CLI_OK)
        read = recipe_file_read(path, &file);
    cli_capture(NULL, 0);
    if (json) {
        listed = print_json(stem, path, about, &file, problem);
    } else {
        print_recipe(stem, about, &file.result);
        if (read != CLI_OK)
            print_row("unusable", problem);
    }
    recipe_file_end(&file);
    if (listed == CLI_OK && read == CLI_FAILED && *code == CLI_OK)
        *code = cli_fail("%s", problem);
    if (listed != CLI_OK)
        *code = listed;
    return listed == CLI_OK && !memory_failed();
}

/* Whether there are any in the folder; *code: the first failure. */
static bool list_folder(const char *directory, bool json, int *code)
{
    struct dirent **entry;
    int count = scandir(directory, &entry, is_recipe, alphasort);
    if (count < 0) {
        if (*code == CLI_OK)
            *code = cli_fail("%s: %s", directory, strerror(errno));
        return false;
    }
    if (count > 0 && !json)
        clean_line(stdout, "%s:", directory);
    for (int k = 0, more = true; k < count; k++) {
        more = more && list_recipe(directory, entry[k]->d_name, json, code);
        free(entry[k]);
    }
    free(entry);
    return count > 0;
}

static int recipes(int argc, char **argv)
{
    arg_rest rest;
    struct options options = {false};
    char directory[1024];
    int code = args_parse(&command_recipes, argc, argv, &options, &rest);
    if (code >= 0)
        return code;
    code = CLI_OK;
    int found = 0;
    for (size_t i = 0;
         recipe_directory(&i, directory, sizeof directory, &code);)
        found += list_folder(directory, options.json, &code);
    if (found == 0 && code == CLI_OK)
        fputs("spikegrad: no recipes in $SPIKEGRAD_RECIPES, among the "
              "installed ones or in ./recipes\n",
              stderr);
    return code;
}
