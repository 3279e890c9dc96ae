/* What a measurement found, as tables and as JSON. */
#ifndef SPIKEGRAD_CLI_COSTS_H
#define SPIKEGRAD_CLI_COSTS_H

#include "cli/bench/measure.h"

/* costs_begin: the lines that can be printed before it is measured. */
void costs_begin(const measurement *m);

/* costs_print: the tables. */
void costs_print(const measurement *m);

/* costs_json: one line with all of it. CLI_OK, or CLI_FAILED, reported. */
int costs_json(const measurement *m);

#endif
