/* Where recipes are, and the one of a command line; see recipefile.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/base/cli.h"
#include "cli/base/input.h"
#include "cli/base/recipefile.h"

/* Where the build says the installed recipes will be, and the way there from
 * the folder of the installed program. */
#ifndef SPIKEGRAD_DATADIR
#define SPIKEGRAD_DATADIR "/usr/local/share/spikegrad"
#endif
#ifndef SPIKEGRAD_DATADIR_FROM_BIN
#define SPIKEGRAD_DATADIR_FROM_BIN "../share/spikegrad"
#endif

/* Longest path a recipe is looked for under. */
enum { PATH_TEXT = 1024 };

/* How many folders above the program the source may be: build/PRESET/tests is
 * three. */
enum { BUILD_DEPTH = 4 };

/* What cannot be looked at counts as there, so that reading it says why, and
 * no other recipe is taken in its place. */
static bool is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? !S_ISDIR(status.st_mode)
                                    : !input_missing(errno);
}

/* The folder of the program that is running. */
static bool program_folder(char *path, size_t size)
{
    ssize_t n = readlink("/proc/self/exe", path, size - 1);
    if (n <= 0 || (size_t)n == size - 1)
        return false;
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
    return slash != NULL;
}

/* Of an installed program: the recipes that were installed with it, wherever
 * both were moved to. */
static bool beside_program(char *path, size_t size)
{
    char folder[PATH_TEXT];
    const char *way = SPIKEGRAD_DATADIR_FROM_BIN;
    if (!program_folder(folder, sizeof folder))
        return false;
    for (; strncmp(way, "../", 3) == 0; way += 3) {
        char *slash = strrchr(folder, '/');
        if (!slash)
            return false;
        *slash = '\0';
    }
    return snprintf(path, size, "%s/%s/recipes", folder, way) < (int)size;
}

/* Of a program that was built and not installed: the recipes of its source,
 * which is the folder it is in or one above. */
static bool of_source(char *path, size_t size, int *code)
{
    char folder[PATH_TEXT], header[2 * PATH_TEXT];
    struct stat status;
    if (!program_folder(folder, sizeof folder))
        return false;
    for (int up = 0; up <= BUILD_DEPTH; up++) {
        snprintf(header, sizeof header, "%s/include/spikegrad/spikegrad.h",
                 folder);
        int n = snprintf(path, size, "%s/recipes", folder);
        if (stat(header, &status) == 0) /* look_at asks for path */
            return n < (int)size;
        if (!input_missing(errno)) {
            *code = cli_fail("%s: %s", header, strerror(errno));
            return false;
        }
        char *slash = strrchr(folder, '/');
        if (!slash)
            return false;
        *slash = '\0';
    }
    return false;
}

static bool find_place(size_t i, char *path, size_t size, int *code)
{
    const char *own = getenv("SPIKEGRAD_RECIPES");
    switch (i) {
    case 0:
        return own && *own && snprintf(path, size, "%s", own) < (int)size;
    case 1:
        return beside_program(path, size);
    case 2:
        return of_source(path, size, code);
    case 3:
        return snprintf(path, size, "%s/recipes", SPIKEGRAD_DATADIR) <
               (int)size;
    default:
        return snprintf(path, size, "recipes") < (int)size;
    }
}

/* Whether place i is a folder; path is its name. False too after a report. */
static bool look_at(size_t i, char *path, size_t size, struct stat *status,
                    int *code)
{
    if (*code != CLI_OK || !find_place(i, path, size, code))
        return false;
    if (stat(path, status) == 0)
        return S_ISDIR(status->st_mode);
    if (!input_missing(errno))
        *code = cli_fail("%s: %s", path, strerror(errno));
    return false;
}

bool recipe_directory(size_t *place, char *path, size_t size, int *code)
{
    enum { PLACES = 5 };
    struct stat status, before;
    char earlier[PATH_TEXT];
    while (*place < PLACES) {
        size_t i = (*place)++;
        bool new = look_at(i, path, size, &status, code);
        for (size_t k = 0; k < i && new; k++)
            new = !look_at(k, earlier, sizeof earlier, &before, code) ||
                  before.st_dev != status.st_dev ||
                  before.st_ino != status.st_ino;
        if (*code != CLI_OK)
            return false;
        if (new)
            return true;
    }
    return false;
}

int recipe_file_find(const char *name, recipe_file *out)
{
    char directory[PATH_TEXT], path[2 * PATH_TEXT];

    if (strchr(name, '/') || is_file(name))
        return recipe_file_read(name, out);
    int code = CLI_OK;
    for (size_t i = 0;
         recipe_directory(&i, directory, sizeof directory, &code);) {
        const char *suffix = strstr(name, ".ini") ? "" : ".ini";
        snprintf(path, sizeof path, "%s/%s%s", directory, name, suffix);
        if (is_file(path))
            return recipe_file_read(path, out);
    }
    if (code != CLI_OK)
        return code;
    return cli_fail("recipe '%s' not found as a file, in $SPIKEGRAD_RECIPES, "
                    "among the installed ones or in ./recipes",
                    name);
}

int recipe_file_options(const char *command, const arg_rest *rest,
                        recipe_file *out)
{
    size_t count;
    sg_error error = {""};
    const sg_recipe_option *option = sg_recipe_options(&count);
    for (size_t i = 0; i < count && i < ARG_RECIPE_MAX; i++) {
        if (!rest->recipe[i])
            continue;
        sg_status status = sg_recipe_set(out->recipe, option[i].name,
                                         rest->recipe[i], &error);
        if (status != SG_OK)
            return cli_usage(command, "--%s", error.text);
        out->given[i] = true;
    }
    return CLI_OK;
}

int recipe_file_gather(const char *command, const char *name,
                       const arg_rest *rest, recipe_file *out)
{
    sg_error error = {""};
    if (name) {
        int code = recipe_file_find(name, out);
        if (code != CLI_OK)
            return code;
    }
    /* a file that does not say means what it did before there was a choice */
    if (!name &&
        sg_recipe_set(out->recipe, "holdout", "stratified", &error) != SG_OK)
        return cli_usage(command, "%s", error.text);
    out->follows = name == NULL;
    return recipe_file_options(command, rest, out);
}
