/* Recipe files: any bytes are refused with one clean line, or are a recipe
 * that is written and read back as the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/cli.h"
#include "cli/base/recipefile.h"

#include "folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *given, *written;

static void compare(const recipe_file *a)
{
    recipe_file b = {.data = ""};
    recipe_difference difference;
    if (sg_recipe_create(&b.recipe) != SG_OK ||
        recipe_file_write(written, a) != CLI_OK ||
        recipe_file_read(written, &b) != CLI_OK ||
        recipe_differs(a->recipe, b.recipe, NULL, &difference) ||
        strcmp(a->data, b.data) != 0 || a->max_minutes != b.max_minutes ||
        strcmp(a->choose, b.choose) != 0)
        abort();
    sg_recipe_destroy(b.recipe);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char problem[512];
    recipe_file file = {.data = ""};
    if (!given) {
        given = folder_file("recipe.ini");
        written = folder_file("written.ini");
    }
    folder_write(given, data, size);
    cli_capture(problem, sizeof problem);
    if (sg_recipe_create(&file.recipe) != SG_OK)
        abort();
    int code = recipe_file_read(given, &file);
    if (code == CLI_OK)
        compare(&file);
    else if (!*problem)
        abort();
    for (const char *c = problem; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            abort();
    cli_capture(NULL, 0);
    sg_recipe_destroy(file.recipe);
    return 0;
}
