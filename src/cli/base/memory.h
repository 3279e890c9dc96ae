/* Whether jansson ran out of memory.
 *
 * It reports some of its failed allocations as bad syntax, drops a character
 * for others, and a value that could not be appended is missed by nobody. So
 * its allocations are watched: what it reads or builds after one has failed is
 * neither believed nor written. */
#ifndef SPIKEGRAD_CLI_MEMORY_H
#define SPIKEGRAD_CLI_MEMORY_H

#include <stdbool.h>

/* memory_watch: from here on; before jansson is used. */
void memory_watch(void);

/* memory_failed: whether an allocation of jansson's has failed so far. */
bool memory_failed(void);

#endif
