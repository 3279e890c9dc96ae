/* spikegrad recipes: the recipe files that --recipe NAME can find, each with
 * the first line of its comment. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "cli.h"
#include "recipefile.h"

static const arg_command command = {
    "recipes",
    "",
    "Lists the recipe files that 'train --recipe NAME' finds: those in\n"
    "$SPIKEGRAD_RECIPES, the installed ones and those in ./recipes.",
    NULL,
    0,
    0,
    0,
    false,
};

static int is_recipe(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".ini") == 0;
}

/* Prints name, and the first comment line of the file. */
static void list_recipe(const char *directory, const char *file)
{
    char path[2048], line[160] = "";
    snprintf(path, sizeof path, "%s/%s", directory, file);
    FILE *stream = fopen(path, "r");
    if (!stream)
        return;
    const char *about = fgets(line, sizeof line, stream);
    fclose(stream);
    about = about && *about == '#' ? line + 1 + strspn(line + 1, " ") : "";
    line[strcspn(line, "\n")] = '\0';
    printf("  %-16.*s%s\n", (int)(strlen(file) - 4), file, about);
}

int cmd_recipes(int argc, char **argv)
{
    arg_rest rest;
    char directory[1024];
    int code = args_parse(&command, argc, argv, NULL, &rest);
    if (code >= 0)
        return code;
    for (size_t i = 0; recipe_directory(i, directory, sizeof directory); i++) {
        struct dirent **entry;
        int count = scandir(directory, &entry, is_recipe, alphasort);
        if (count > 0)
            printf("%s:\n", directory);
        for (int k = 0; k < count; k++) {
            list_recipe(directory, entry[k]->d_name);
            free(entry[k]);
        }
        if (count >= 0)
            free(entry);
    }
    return CLI_OK;
}
