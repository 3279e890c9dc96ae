/* Reading metrics.jsonl: the one place that knows what a line of it is.
 *
 * A line is a JSON object with a "type". The last one may be torn, because
 * its writer died or still writes: it has no end, or is no JSON. Any other
 * that is no such line is a fault of the file. A line that could not be read,
 * or for which there was no memory, is neither. */
#ifndef SPIKEGRAD_CLI_LOG_READ_H
#define SPIKEGRAD_CLI_LOG_READ_H

#include <jansson.h>
#include <spikegrad/spikegrad.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/base/input.h"

typedef enum log_type {
    LOG_EPOCH, /* of an epoch, counted from 1 */
    LOG_FINAL, /* the last test */
    LOG_LOST,  /* which lines of epochs are missing, for whatever reason */
    LOG_STOP,  /* where a process stopped within an epoch */
    LOG_PLAN,  /* how long the run is to be after all, between two epochs */
    LOG_OTHER  /* of a later version */
} log_type;

typedef struct log_line {
    log_type type;
    uint64_t epoch; /* 0 if it has none */
    double elapsed; /* seconds of the run so far, all processes; or 0 */
    const char *text;
    const json_t *json;
} log_line;

typedef struct log_reader {
    input in;  /* in.absent: there is no such file */
    bool torn; /* the last line is; it is not given out */
    int code;  /* CLI_OK, or the exit code of what was reported */
    log_line line;
    json_t *json;
} log_reader;

/* log_open: a file that is absent has no lines. Ends with log_close always. */
void log_open(log_reader *log, const char *path);

/* log_next: the next line in log->line; false at the end, or after a report:
 * log->code is CLI_FAILED then if the file cannot be read, CLI_DATA if a line
 * is none. */
bool log_next(log_reader *log);

/* log_refuse: reports that the line last read is not what was expected. */
void log_refuse(log_reader *log, const char *expected);

/* log_no_memory: reports that there is none for what the line says. */
void log_no_memory(log_reader *log);

/* log_close: CLI_OK, or the exit code of what was reported. */
int log_close(log_reader *log);

/* log_count, log_seconds: a member of an object; 0 if it is not there, or
 * not above 0. */
uint64_t log_count(const json_t *object, const char *key);
double log_seconds(const json_t *object, const char *key);

/* log_chose_best: whether a final line is of the best epoch. */
bool log_chose_best(const log_line *line);

/* log_metrics: the sums that metrics_json wrote; what is not there is 0.
 * False if there are no samples, no layers or too many. */
bool log_metrics(const json_t *object, sg_metrics *out);

#endif
