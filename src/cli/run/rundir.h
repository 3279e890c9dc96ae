/* A run directory: recipe.ini (what is computed), metrics.jsonl (a line an
 * epoch), checkpoint.safetensors (the state, and the model) and, with held-back
 * samples, best.safetensors (the checkpoint of the best epoch).
 *
 * The line of an epoch is written before its checkpoint; so after any kind of
 * death the lines reach at least as far as the checkpoint, and a resumed run
 * drops those beyond it and writes them again. */
#ifndef SPIKEGRAD_CLI_RUNDIR_H
#define SPIKEGRAD_CLI_RUNDIR_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/base/recipefile.h"

typedef struct rundir {
    char *path; /* of the directory */
    char *recipe, *metrics, *checkpoint, *best;
    FILE *stream; /* of the metrics, at its end; or NULL */
    bool locked;  /* by this process; lock is the descriptor */
    int lock;
} rundir;

/* rundir_name: the names of the files in path; nothing is opened. CLI_OK, or
 * CLI_FAILED after a report. */
int rundir_name(rundir *run, const char *path);

/* rundir_make: the directory and those above it, where they are missing.
 * CLI_OK, or CLI_FAILED after a report. */
int rundir_make(const char *path);

/* rundir_holds_run: whether there is any of a run's files. */
bool rundir_holds_run(const rundir *run);

/* rundir_create: makes the directory for a new run, locks it and writes
 * recipe.ini.
 * path NULL: runs/SOURCE-N with the first free N. CLI_OK, or CLI_FAILED
 * after a report, e.g. if path already holds a run. */
int rundir_create(rundir *run, const char *path, const recipe_file *file);

/* rundir_open: an existing run; reads its recipe.ini into file. Others may
 * be at work there. */
int rundir_open(rundir *run, const char *path, recipe_file *file);

/* rundir_take: the same, and until rundir_close this process is the only one
 * that works there (lock.h); what killed ones have left of files they were
 * writing is removed. CLI_FAILED names the process that has the run. */
int rundir_take(rundir *run, const char *path, recipe_file *file);

/* rundir_has_checkpoint: whether the run got as far as a first one. */
bool rundir_has_checkpoint(const rundir *run);

/* rundir_keep: keeps the lines of metrics up to epoch, and "final" ones if
 * final is true; those of stops go, and a torn last line. *kept_final tells
 * if there was a final one. A file with a line that is none stays as it is:
 * CLI_DATA, reported; so does one that could not be read, for want of memory
 * too: CLI_FAILED. */
int rundir_keep(rundir *run, uint32_t epoch, bool final, bool *kept_final);

/* rundir_log: appends one line, synced; takes the reference. */
int rundir_log(rundir *run, json_t *line);

void rundir_close(rundir *run);

#endif
