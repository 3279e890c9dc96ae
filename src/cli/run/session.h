/* A training run from data to run directory, new or resumed: what `train`,
 * `demo` and `sweep` have in common. */
#ifndef SPIKEGRAD_CLI_SESSION_H
#define SPIKEGRAD_CLI_SESSION_H

#include <spikegrad/spikegrad.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/run/rundir.h"

typedef struct session_options {
    const char *command; /* whose help a usage error names */
    const char *data;    /* resume: NULL takes that of the run */
    const char *out;     /* new run: directory, or NULL for runs/SOURCE-N */
    const char *resume;  /* directory of the run to continue, or NULL */
    uint64_t threads;
    uint64_t checkpoint_every; /* batches; 0: after epochs only */
    uint64_t verify;           /* samples, after each epoch; 0: none */
    uint64_t observe;          /* the same, for the instruments */
    uint64_t max_minutes;      /* thousandths; 0: resume that of the run */
    const char *choose;        /* "last" or "best"; NULL: as the run says */
    bool json, quiet, layers;
    bool silent; /* nothing on stdout, no notes; progress unless quiet */
} session_options;

typedef struct session session;

/* session_open: data, trainer and run directory; nothing is created if flags
 * or data are bad. recipe is not read on resume. CLI_OK or the exit code. */
int session_open(const session_options *options, const sg_recipe *recipe,
                 session **out);

/* session_train: runs to the end, or to the first signal, printing a row and
 * writing metrics and checkpoint after every epoch. CLI_INTERRUPTED if it was
 * stopped; the state is saved. */
int session_train(session *s);

const sg_network *session_network(const session *s);
const char *session_path(const session *s); /* the run directory */
const char *session_data(const session *s); /* its specification */

void session_close(session *s);

#endif
