/* What metrics.jsonl tells of a run that goes on: the time it has taken, in
 * all processes, and its best epoch. */
#ifndef SPIKEGRAD_CLI_HISTORY_H
#define SPIKEGRAD_CLI_HISTORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* An epoch and how many of the held-back samples it had right. */
typedef struct history_epoch {
    uint32_t epoch; /* from 1; 0: there is none */
    uint64_t correct, samples;
} history_epoch;

typedef struct history {
    history_epoch last, best; /* of the epochs asked for; validation only */
    double elapsed;           /* seconds of the run, all processes */
    double epoch_seconds;     /* the last epoch, whole, with its evaluation */
    double test_seconds;      /* of that, the evaluation */
    bool final;               /* there is a line of the last test */
    bool chose_best;          /* which was of the best epoch, not the last */
} history;

/* history_read: the lines of epochs 1..epoch of the file path; no file is no
 * history. Time counts whether or not its epoch is asked for. CLI_OK, or as
 * log_close after a report. */
int history_read(const char *path, uint32_t epoch, history *out);

/* history_better: whether now is the best epoch so far; of equal ones the
 * later, which has seen more. */
bool history_better(const history_epoch *best, const history_epoch *now);

/* history_epoch_json: {"samples":...,"correct":...}. */
json_t *history_epoch_json(const history_epoch *epoch);

#endif
