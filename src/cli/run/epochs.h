/* Callbacks of a training run: the table on stdout, the line of metrics, the
 * checkpoints, and stopping at a signal. */
#ifndef SPIKEGRAD_CLI_EPOCHS_H
#define SPIKEGRAD_CLI_EPOCHS_H

#include <spikegrad/spikegrad.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/base/progress.h"
#include "cli/run/history.h"
#include "cli/run/session_state.h"

typedef struct epochs {
    session *s;
    history_epoch last, best; /* if samples are held back; kept up to date */
    progress line;
    uint32_t epoch;      /* under way in this process, 0 before the first */
    uint32_t batches;    /* of an epoch */
    uint32_t said_plan;  /* epochs of the plan last announced */
    uint64_t base_batch; /* batches of it that an earlier process trained */
    uint64_t base_samples;
    bool headed; /* the head of the table is printed */
    bool said_chance;
    uint8_t said_health[SG_LAYERS_MAX]; /* layer_health last announced */
    bool said_loud[SG_LAYERS_MAX];      /* channels that shout */
    sg_ranks_traffic traffic;           /* at the end of the epoch before */
    int code; /* exit code of a failure in a callback */
} epochs;

int epochs_on_batch(const sg_progress *progress, void *user);
int epochs_on_epoch(const sg_epoch_report *report, void *user);

#endif
