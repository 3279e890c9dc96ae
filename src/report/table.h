/* Metrics of runs for other programs: a table of comma-separated values, and
 * the event files that TensorBoard reads. Both say what metrics.jsonl says,
 * and no times, so that they are the same for the same run. */
#ifndef SPIKEGRAD_REPORT_TABLE_H
#define SPIKEGRAD_REPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "report/record.h"

/* table_csv: a header, and for each run, epoch and split a row of the whole
 * network (layer empty) and one of each layer. Operations and spikes are sums
 * over the samples. */
void table_csv(FILE *out, const record *runs, size_t count);

/* table_tensorboard: an event file of one run: accuracy, loss, operations and
 * the spikes and error spikes a neuron of each layer, by epoch. False if there
 * is no memory. */
bool table_tensorboard(FILE *out, const record *run);

#endif
