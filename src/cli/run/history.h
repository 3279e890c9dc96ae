/* What metrics.jsonl tells of a run that goes on: the time it has taken, in
 * all processes, its best epoch, and what it does not tell. */
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

/* Epochs whose lines are not as they should be. */
typedef struct history_gaps {
    uint32_t count, first;
} history_gaps;

typedef struct history {
    history_epoch last, best; /* of the epochs asked for; validation only */
    double elapsed;           /* seconds of the run, all processes */
    double epoch_seconds;     /* the last epoch, whole, with its evaluation */
    double test_seconds;      /* of that, the evaluation */
    history_gaps lost, twice; /* epochs without a line, with several */
    json_t *ranges;           /* of the lost ones that no line tells of yet:
                               * [[from, to], ...]; NULL: there are none */
    bool final;               /* there is a line of the last test */
    bool chose_best;          /* which was of the best epoch, not the last */
} history;

/* history_read: the lines of epochs 1..epoch of the file path; no file is no
 * history. Time counts whether or not its epoch is asked for. CLI_OK, or as
 * log_close after a report. Ends with history_free always. */
int history_read(const char *path, uint32_t epoch, history *out);
void history_free(history *past);

/* history_warn: a line on stderr if lines of epochs are missing or there more
 * than once: what was trained is not in doubt, but the record has a hole. */
void history_warn(const history *past, const char *path);

/* history_lost_json: the line of metrics that tells of past->ranges. */
json_t *history_lost_json(const history *past);

/* history_better: whether now is the best epoch so far; of equal ones the
 * later, which has seen more. */
bool history_better(const history_epoch *best, const history_epoch *now);

/* history_epoch_json: {"samples":...,"correct":...}. */
json_t *history_epoch_json(const history_epoch *epoch);

#endif
