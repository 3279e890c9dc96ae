/* The rows of a sweep, as a table and as sweep.json. */
#ifndef SPIKEGRAD_CLI_SWEEP_TABLE_H
#define SPIKEGRAD_CLI_SWEEP_TABLE_H

#include "cli/run/results.h"
#include "cli/sweep/grid.h"

typedef struct sweep_row {
    char *path; /* of the run directory */
    run_result result;
    bool differs; /* it has failed, since the two engines differ */
} sweep_row;

typedef struct sweep_rows {
    const grid *grid;
    size_t count;
    sweep_row *row; /* in the order of the grid */
} sweep_rows;

/* sweep_rows_create: a row for each run of g, which must outlive them, with
 * its directory below out. CLI_OK, or CLI_FAILED after a report; destroy in
 * either case. */
int sweep_rows_create(sweep_rows *rows, const grid *g, const char *out);
void sweep_rows_destroy(sweep_rows *rows);

/* sweep_print: the table. */
void sweep_print(const sweep_rows *rows);

/* sweep_json: {"type":"sweep","runs":[...]}; NULL if there is no memory. */
json_t *sweep_json(const sweep_rows *rows);

/* sweep_write: that as sweep.json in the directory out, if it is there. CLI_OK
 * or CLI_FAILED after a report. */
int sweep_write(const sweep_rows *rows, const char *out);

#endif
