/* A progress line on stderr: only if it is a terminal, at most ten times a
 * second, gone when the work is done. */
#ifndef SPIKEGRAD_CLI_PROGRESS_H
#define SPIKEGRAD_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct progress {
    bool shown; /* false: every call does nothing */
    bool colour;
    double begin, last; /* seconds */
} progress;

/* progress_begin: quiet turns the line off. */
void progress_begin(progress *line, bool quiet);

/* progress_update: done of total, with label before and note behind the bar.
 * The time left follows from the share since progress_begin of the part
 * done - base. */
void progress_update(progress *line, const char *label, uint64_t base,
                     uint64_t done, uint64_t total, const char *note);

/* progress_clear: removes the line, so that something can be printed. */
void progress_clear(progress *line);

#endif
