/* Parsing and numbering of grids; see grid.h. */
#include "cli/sweep/grid.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/cli.h"
#include "cli/base/recipefile.h"

static const char *option_name(const char *text, size_t length)
{
    size_t count;
    const sg_recipe_option *option = sg_recipe_options(&count);
    for (size_t i = 0; i < count; i++)
        if (strlen(option[i].name) == length &&
            memcmp(option[i].name, text, length) == 0)
            return option[i].name;
    return NULL;
}

/* Values are kept as the recipe writes them, so that 0.5 is 0.50. */
static int add_value(const char *command, const sg_recipe *base,
                     const char *text, grid_axis *axis)
{
    sg_recipe *recipe;
    sg_error error = {""};
    if (axis->count == GRID_VALUES)
        return cli_usage(command, "--set %s: more than %d values", axis->name,
                         GRID_VALUES);
    if (sg_recipe_copy(base, &recipe) != SG_OK)
        return cli_fail("out of memory");
    sg_status status = sg_recipe_set(recipe, axis->name, text, &error);
    size_t size = sg_recipe_text_size(recipe, axis->name);
    char *value = malloc(size);
    if (value)
        (void)sg_recipe_get(recipe, axis->name, value, size);
    sg_recipe_destroy(recipe);
    if (!value)
        return cli_fail("out of memory");
    axis->value[axis->count++] = value; /* grid_destroy frees it */
    if (status != SG_OK)
        return cli_usage(command, "--set %s", error.text);
    for (size_t i = 0; i + 1 < axis->count; i++)
        if (strcmp(axis->value[i], value) == 0)
            return cli_usage(command, "--set %s: %s is there twice",
                             axis->name, value);
    return CLI_OK;
}

static int add_axis(const char *command, const char *item, grid *g)
{
    size_t length = strcspn(item, "=");
    const char *name = option_name(item, length);
    if (!item[length] || length == 0)
        return cli_usage(command, "--set: '%s' is not NAME=VALUE,VALUE...",
                         item);
    if (!name)
        return cli_usage(command,
                         "--set: '%.*s' is not an option of the "
                         "recipe",
                         (int)length, item);
    for (size_t i = 0; i < g->axes; i++)
        if (strcmp(g->axis[i].name, name) == 0)
            return cli_usage(command, "--set: %s is there twice", name);

    grid_axis *axis = &g->axis[g->axes++];
    axis->name = name;
    const char *text = item + length + 1;
    const char *mark = strchr(text, ';') ? ";" : ",";
    for (bool more = true; more;) {
        char value[SG_RECIPE_TEXT];
        size_t n = strcspn(text, mark);
        more = text[n] != '\0';
        snprintf(value, sizeof value, "%.*s", (int)n, text);
        if (n >= sizeof value)
            return cli_usage(command, "--set %s: '%s...' is too long", name,
                             value);
        text += n + more;
        if (!*value && !more && *mark == ';') /* "0.5,1;" is one value */
            break;
        int code = add_value(command, g->base, value, axis);
        if (code != CLI_OK)
            return code;
    }
    return CLI_OK;
}

static int add_seeds(const char *command, uint64_t seeds, grid *g)
{
    char value[32];
    char item[64];
    uint64_t first = (uint64_t)recipe_number(g->base, "seed");
    snprintf(item, sizeof item, "seed=%" PRIu64, first);
    int code = add_axis(command, item, g);
    for (uint64_t i = 1; i < seeds && code == CLI_OK; i++) {
        snprintf(value, sizeof value, "%" PRIu64, first + i);
        code = add_value(command, g->base, value, &g->axis[g->axes - 1]);
    }
    return code;
}

int grid_create(const char *command, const sg_recipe *base,
                const arg_list *items, uint64_t seeds, grid **out)
{
    int code = CLI_OK;
    grid *g = calloc(1, sizeof *g);
    *out = g;
    if (!g)
        return cli_fail("out of memory");
    if (sg_recipe_copy(base, &g->base) != SG_OK)
        code = cli_fail("out of memory");
    g->runs = 1;
    for (size_t i = 0; i < items->count && code == CLI_OK; i++)
        code = add_axis(command, items->item[i], g);
    if (code == CLI_OK && seeds > 0)
        code = add_seeds(command, seeds, g);
    for (size_t i = 0; i < g->axes && code == CLI_OK; i++) {
        g->runs *= g->axis[i].count;
        if (g->runs > GRID_RUNS)
            code = cli_usage(command, "--set: more than %d runs", GRID_RUNS);
    }
    if (code != CLI_OK) {
        grid_destroy(g);
        *out = NULL;
    }
    return code;
}

void grid_destroy(grid *g)
{
    for (size_t a = 0; g && a < g->axes; a++)
        for (size_t i = 0; i < g->axis[a].count; i++)
            free(g->axis[a].value[i]);
    if (g)
        sg_recipe_destroy(g->base);
    free(g);
}

const char *grid_value(const grid *g, size_t run, size_t axis)
{
    for (size_t i = g->axes; --i > axis;)
        run /= g->axis[i].count;
    return g->axis[axis].value[run % g->axis[axis].count];
}

sg_recipe *grid_recipe(const grid *g, size_t run)
{
    sg_recipe *out = NULL;
    if (sg_recipe_copy(g->base, &out) == SG_OK)
        for (size_t i = 0; i < g->axes; i++)
            (void)sg_recipe_set(out, g->axis[i].name, grid_value(g, run, i),
                                NULL);
    return out;
}

void grid_name(const grid *g, size_t run, char text[GRID_NAME])
{
    size_t used = 0;
    for (size_t i = 0; i < g->axes && used < GRID_NAME; i++) {
        int n = snprintf(text + used, GRID_NAME - used, "%s%s=%s",
                         i ? "," : "", g->axis[i].name, grid_value(g, run, i));
        used += n > 0 ? (size_t)n : 0;
    }
    for (char *c = text; *c; c++)
        if (*c == '/')
            *c = '_';
}
