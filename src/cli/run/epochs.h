/* Callbacks of a training run: the table on stdout, the line of metrics, the
 * checkpoints, and stopping at a signal. */
#ifndef SPIKEGRAD_CLI_EPOCHS_H
#define SPIKEGRAD_CLI_EPOCHS_H

#include <spikegrad/spikegrad.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/base/progress.h"
#include "cli/run/budget.h"
#include "cli/run/history.h"
#include "cli/run/rundir.h"

typedef struct epochs {
    rundir *run;
    bool held; /* the test data are held-back training samples */
    bool json, layers, quiet;
    bool silent; /* nothing on stdout */
    uint64_t checkpoint_every;
    uint64_t verify;         /* samples to verify after each epoch, or 0 */
    const sg_data *verified; /* where they are from */
    uint64_t observe;        /* samples to observe after each epoch, or 0 */
    const sg_data *observed; /* where they are from */
    unsigned threads;        /* of the observation */
    const char *command;     /* whose help a usage error names */
    sg_trainer *trainer;     /* whose run it is */
    budget *time;
    double tests;             /* samples evaluated for each one trained on */
    history_epoch last, best; /* if held; kept up to date */

    progress line;
    uint32_t epoch;      /* under way in this process, 0 before the first */
    uint32_t batches;    /* of an epoch */
    uint32_t said_plan;  /* epochs of the plan last announced */
    uint64_t base_batch; /* batches of it that an earlier process trained */
    uint64_t base_samples;
    bool headed; /* the head of the table is printed */
    int code;    /* exit code of a failure in a callback */
} epochs;

int epochs_on_batch(const sg_progress *progress, void *user);
int epochs_on_epoch(const sg_epoch_report *report, void *user);

#endif
