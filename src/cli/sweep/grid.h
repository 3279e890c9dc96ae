/* A grid of recipes: options with several values each, all combinations of
 * which are runs. */
#ifndef SPIKEGRAD_CLI_GRID_H
#define SPIKEGRAD_CLI_GRID_H

#include <spikegrad/spikegrad.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/base/args.h"

enum {
    GRID_AXES = ARG_LIST_MAX + 1, /* and the seed */
    GRID_VALUES = 64,
    GRID_RUNS = 10000,
    GRID_NAME = 1024
};

typedef struct grid_axis {
    const char *name; /* of an option of the recipe */
    size_t count;
    char *value[GRID_VALUES]; /* as sg_recipe_get writes them */
} grid_axis;

typedef struct grid {
    sg_recipe *base; /* of the options without an axis */
    size_t axes;
    size_t runs;
    grid_axis axis[GRID_AXES];
} grid;

/* grid_create: an axis for each item, "NAME=V,V..." or, where values have
 * commas themselves, "NAME=V;V...", and with seeds > 0 a last one of the seeds
 * from base's on. CLI_OK, or an exit code after a report as one of command:
 * no such option, a bad value, twice the same, too many runs. */
int grid_create(const char *command, const sg_recipe *base,
                const arg_list *items, uint64_t seeds, grid **out);
void grid_destroy(grid *g);

/* grid_value: of an axis in run 0..runs-1; the last axis changes fastest. */
const char *grid_value(const grid *g, size_t run, size_t axis);

/* grid_recipe: that of a run, for the caller to destroy; NULL if there is no
 * memory. */
sg_recipe *grid_recipe(const grid *g, size_t run);

/* grid_name: "alpha=16,phi=0.5,seed=1", a name for a directory. */
void grid_name(const grid *g, size_t run, char text[GRID_NAME]);

#endif
