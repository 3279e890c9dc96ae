/* Writing the page of some runs, for `report` and for what trains several. */
#ifndef SPIKEGRAD_CLI_REPORT_H
#define SPIKEGRAD_CLI_REPORT_H

#include "report/page.h"

/* report_write: the first n run directories, at most PAGE_RUNS of them, as one
 * page in file. The exit code, after a report if it is not CLI_OK. */
int report_write(const char *const *path, size_t n, const page_energy *energy,
                 const char *file);

/* report_write_default: the same with the energies that `report` has if no
 * flag says otherwise. */
int report_write_default(const char *const *path, size_t n, const char *file);

#endif
