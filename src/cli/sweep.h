/* The inside of a sweep: its rows, one after the other (sweep.c), and those that
 * other ranks have (sweep_ranks.c). */
#ifndef SPIKEGRAD_CLI_SWEEP_H
#define SPIKEGRAD_CLI_SWEEP_H

#include "cli/base/args.h"
#include "cli/run/options.h"
#include "cli/sweep/sweep_table.h"

typedef struct sweep_options {
    run_options run; /* that all runs share; max_minutes is of all together */
    const char *out;
    arg_list sets;
    uint64_t seeds;
    bool json;
} sweep_options;

typedef struct sweep {
    const sweep_options *options;
    recipe_file file, row; /* of all, and of the run that is looked at */
    recipe_difference difference;
    sweep_rows rows;
    double start, before; /* seconds: this process's clock, earlier ones */
    size_t next, left;    /* rows below it are done or under way; not yet so */
    /* with other ranks */
    int argc; /* what they read as this one did */
    char **argv;
    size_t given[SG_RANKS_MAX]; /* 1 + the row that a rank has, or 0 */
    int code;                   /* of what went wrong with them */
} sweep;

/* sweep_prepare: recipe, grid and rows; s is empty but for its options.
 * sweep_end: frees all of it, and s. CLI_OK or the exit code, reported. */
int sweep_prepare(sweep *s, sweep_options *options, const arg_rest *rest,
                  grid **g);
void sweep_end(sweep *s, grid *g);

/* sweep_begin_row: the next row that is to be trained, and its time; false:
 * there is none. sweep_train_row: trains it, to the end or for that time.
 * sweep_end_row: reads what has come of it. CLI_OK or CLI_INTERRUPTED, or
 * CLI_FAILED if the row or the file of all could not be filled. */
bool sweep_begin_row(sweep *s, size_t *i, uint64_t *limit);
int sweep_train_row(sweep *s, const char *path, uint64_t limit,
                    sg_recipe *recipe);
int sweep_end_row(sweep *s, size_t i, int code, const char *reason);

/* sweep_give_rows: rows to ranks that have none. sweep_take_rows: from those
 * that are done with theirs, or from all, which are waited for.
 * sweep_look_around: both, while rank 0 trains; the user is a sweep. */
int sweep_give_rows(sweep *s);
int sweep_take_rows(sweep *s, bool all);
void sweep_look_around(void *user);

#endif
