/* A training run from data to run directory, new or resumed: what `train`,
 * `demo` and `sweep` have in common. */
#ifndef SPIKEGRAD_CLI_SESSION_H
#define SPIKEGRAD_CLI_SESSION_H

#include <spikegrad/spikegrad.h>

#include "cli/run/options.h"

typedef struct session session;

/* session_open: data, trainer and run directory; nothing is created if flags
 * or data are bad. fresh is what a new run computes, not read on resume; the
 * strings of options must outlive the session. CLI_OK or the exit code. */
int session_open(const run_options *options, const recipe_file *fresh,
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
