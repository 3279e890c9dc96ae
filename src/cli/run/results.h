/* What a run directory shows for, as one row of a comparison: read from its
 * metrics and its checkpoint, whoever wrote them and when. */
#ifndef SPIKEGRAD_CLI_RESULTS_H
#define SPIKEGRAD_CLI_RESULTS_H

#include <jansson.h>
#include <spikegrad/spikegrad.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum run_state {
    RUN_ABSENT,   /* no checkpoint */
    RUN_CUT,      /* epochs are left */
    RUN_COMPLETE, /* nothing is left to do */
    RUN_REFUSED,  /* the library takes no such recipe */
    RUN_FAILED    /* something else went wrong */
} run_state;

typedef struct run_result {
    run_state state;
    uint32_t epochs, planned;
    /* %; below 0 if there is none. Of the model that was chosen, if the run
     * is complete, else of the last epoch. */
    double validation, test;
    double forward, backward; /* last epoch's training samples, as in figures
                                 of metrics.h */
    double in_use;  /* forward, on test samples or those held back, as they
                      are */
    double seconds; /* of all processes */
    char reason[SG_ERROR_TEXT]; /* why it was refused or has failed */
} run_result;

/* results_read: of the directory path. One whose checkpoint or metrics cannot
 * be read has failed. CLI_OK, or CLI_FAILED after a report. */
int results_read(const char *path, run_result *out);

/* results_state: as a word: "not run", "unfinished", "complete", ... */
const char *results_state(const run_result *r);

/* results_json: an object; takes options, an object too. */
json_t *results_json(const run_result *r, const char *path, json_t *options);

#endif
