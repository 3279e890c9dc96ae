/* A run directory as the record that a report is made of. Neither checkpoint
 * nor data are needed. */
#ifndef SPIKEGRAD_CLI_RECORD_READ_H
#define SPIKEGRAD_CLI_RECORD_READ_H

#include "report/record.h"

/* record_read: CLI_OK, CLI_FAILED (no run there, no epoch in it yet, not
 * readable) or CLI_DATA (malformed), reported. Ends with record_free always.
 * A last line that is cut off is ignored: the run may be going on. */
int record_read(record *r, const char *path);

#endif
