/* Recipes in INI files: reading, finding by name, writing what was used.
 *
 *     [run]                  what is computed on; optional
 *     data = mnist:DIR
 *     folder = /home/me      where a relative DIR begins
 *     from = MODEL           whose weights the run began with; for reading
 *     max-minutes = 30
 *     choose = best
 *     [recipe]               how; the header may be left out
 *     net = 15C5-P2-40C5-P2-300-10
 *     [result]               what a run of it has reached; for reading only
 *     reached = 99.48 %, mean of 3 seeds
 *     time = 12 s
 *     machine = two cores with AVX-512
 *     command = spikegrad train --data mnist:DIR --seed S
 *
 * Keys of [recipe] are the options of sg_recipe_options(). Lines that begin
 * with # or ; are comments. */
#ifndef SPIKEGRAD_CLI_RECIPEFILE_H
#define SPIKEGRAD_CLI_RECIPEFILE_H

#include <spikegrad/spikegrad.h>
#include <stdbool.h>

#include "cli/base/args.h"

/* Bytes: a specification with the longest path there is, and a folder. */
enum { RECIPE_DATA = 4352, RECIPE_TEXT = 512, RECIPE_FOLDER = 4096 };

/* Text of one line each; "" if the file does not say. */
typedef struct recipe_result {
    char reached[RECIPE_TEXT], time[RECIPE_TEXT], machine[RECIPE_TEXT],
        command[RECIPE_TEXT];
} recipe_result;

typedef struct recipe_file {
    sg_recipe *recipe;
    char data[RECIPE_DATA];     /* "" if the file does not say */
    char folder[RECIPE_FOLDER]; /* where a relative path in it begins; "" if
                                   the file does not say: the current one */
    char from[RECIPE_FOLDER];   /* model that the run has gone on from; "" */
    uint64_t max_minutes;       /* in thousandths; 0 if it does not say */
    char choose[8];             /* "last", "best" or "" */
    recipe_result result;
    bool follows; /* no recipe is named: what is not given follows the network
                     and the data, see run_suggest */
    bool given[ARG_RECIPE_MAX]; /* rows of sg_recipe_options() set by flags */
} recipe_file;

/* Largest time limit, in thousandths of a minute: about a year. */
#define RECIPE_MINUTES_MAX 500000000

/* recipe_file_begin: the defaults, of a file that says nothing. CLI_OK, or
 * CLI_FAILED, reported; recipe_file_end is legal even then. */
int recipe_file_begin(recipe_file *out);
void recipe_file_end(recipe_file *file);

/* recipe_file_copy: to becomes independent of from, whatever it was. CLI_OK,
 * or CLI_FAILED, reported. */
int recipe_file_copy(const recipe_file *from, recipe_file *to);

/* recipe_file_read: sets the options that path gives and leaves the others.
 * CLI_OK, CLI_FAILED (unreadable) or CLI_DATA (bad key or value; the report
 * names file and line). */
int recipe_file_read(const char *path, recipe_file *out);

/* recipe_file_find: like read, for a path or the name of a recipe, looked for
 * in the folders that recipe_directory names. */
int recipe_file_find(const char *name, recipe_file *out);

/* recipe_file_gather: the recipe of a command line: what out has, then the
 * recipe called name (may be NULL), then the options in rest. CLI_OK or the
 * exit code, reported as one of command. */
int recipe_file_gather(const char *command, const char *name,
                       const arg_rest *rest, recipe_file *out);

/* recipe_file_options: the last part of that alone. */
int recipe_file_options(const char *command, const arg_rest *rest,
                        recipe_file *out);

/* The first option in which two recipes differ, and its two values. */
typedef struct recipe_difference {
    const char *name;
    char a[SG_RECIPE_TEXT], b[SG_RECIPE_TEXT];
} recipe_difference;

/* recipe_differs: false if they are equal, apart from the option called `but`
 * (may be NULL). */
bool recipe_differs(const sg_recipe *a, const sg_recipe *b, const char *but,
                    recipe_difference *out);

/* recipe_file_write: all options, so that the file alone repeats the run; not
 * the result, which is another run's. */
int recipe_file_write(const char *path, const recipe_file *file);

/* recipe_number, recipe_text: an option that is there. */
int64_t recipe_number(const sg_recipe *recipe, const char *name);
const char *recipe_text(const sg_recipe *recipe, const char *name,
                        char text[SG_RECIPE_TEXT]);

/* recipe_hold_back: the parts of the training split that the recipe makes:
 * what is trained on and what is held back, or two NULL if nothing is. CLI_OK
 * or the exit code, reported. */
int recipe_hold_back(const char *command, const sg_recipe *recipe,
                     const sg_data *whole, sg_data **part, sg_data **held);

/* recipe_directory: the next folder recipes are looked for in, each once,
 * copied to path; *place begins at 0; false after the last,
 * or after a report: *code is CLI_FAILED then. They are
 * $SPIKEGRAD_RECIPES, the installed ones beside the program, those of the
 * source it was built in, the installed ones where the build expected them, and
 * ./recipes. */
bool recipe_directory(size_t *place, char *path, size_t size, int *code);

#endif
