/* The options of a training run, from the flags of a subcommand to the session
 * that carries it out: train, sweep and demo fill the same struct. */
#ifndef SPIKEGRAD_CLI_RUN_OPTIONS_H
#define SPIKEGRAD_CLI_RUN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/base/args.h"
#include "cli/base/recipefile.h"

/* What a new run is made of, beside the options of the recipe; bench too. */
typedef struct run_source {
    const char *data;   /* resume: NULL takes that of the run */
    const char *recipe; /* file or name; NULL: defaults */
} run_source;

typedef struct run_options {
    run_source source;
    const char *out;    /* new run: directory, or NULL for runs/SOURCE-N */
    const char *resume; /* directory of the run to continue, or NULL */
    const char *from;   /* new run: model whose weights it begins with */
    const char *epochs; /* resume: the run's new number of them, or NULL */
    const char *choose; /* "last" or "best"; NULL: as the run says */
    const char *device; /* a name of spikegrad/device.h; NULL: cpu */
    uint64_t threads;
    uint64_t checkpoint_every; /* batches; 0: after epochs only */
    uint64_t verify;           /* samples, after each epoch; 0: none */
    uint64_t observe;          /* the same, for the instruments */
    uint64_t max_minutes;      /* thousandths; 0: as the run says */
    bool json, quiet, layers, new_readout;
    /* Of the subcommand, not of its flags: */
    const sg_network *model; /* loaded from `from`; NULL without */
    const char *command;     /* whose help a usage error names */
    bool silent; /* nothing on stdout, no notes; progress unless quiet */
    void (*after_batch)(void *user); /* NULL: nothing */
    void *user;
} run_options;

/* Samples for the instruments if no flag says otherwise. */
#define RUN_OBSERVE 256

/* Flags, as parts of a command (args.h): of a run_source, and of a
 * run_options. */
extern const arg_flag run_source_flags[2];
extern const arg_flag run_out_flag[1];
extern const arg_flag run_flags[5];

/* run_take_data: makes spec, unless it is NULL, the data of out. CLI_OK, or
 * CLI_USAGE for one that no recipe file can hold. */
int run_take_data(const char *command, const char *spec, recipe_file *out);

/* run_open_data: the training split of the file's data, in its folder, or from
 * here if they have moved with the run: the folder is "" then. */
sg_status run_open_data(recipe_file *file, sg_data **out, sg_error *error);

/* run_suggest: where a recipe follows network and data (recipe_file.follows),
 * options that were not given get the values that sg_recipe_suggest has for
 * them. CLI_OK, or CLI_FAILED, reported.
 * was  the recipe before, to be destroyed; NULL if there was nothing to do
 *
 * run_tell_suggested: says on stderr in one line which they are; nothing if was
 * is NULL. */
int run_suggest(const char *command, const sg_data *data, recipe_file *file,
                sg_recipe **was);
void run_tell_suggested(const sg_recipe *was, const sg_recipe *now);

/* run_gather: what a new run is: defaults, then the recipe that source names,
 * then the options in rest; and the data. CLI_OK or the exit code, reported
 * as one of command. */
int run_gather(const char *command, const run_source *source,
               const arg_rest *rest, recipe_file *out);

/* run_gather_from: the same for a run that goes on from options->from, which
 * it loads: the model's recipe for the data (options->source, or the model's
 * own), then what source and rest say. */
int run_gather_from(const char *command, const run_options *options,
                    const arg_rest *rest, recipe_file *out, sg_network **from);

/* run_adapt: gives a recipe that has still the model's net a last layer for
 * the classes of data; unless quiet, a line on stderr says so. CLI_OK or the
 * exit code, reported. */
int run_adapt(const char *command, const sg_network *from, const sg_data *data,
              bool quiet, recipe_file *file);

#endif
