/* A picture of some steps of training by several ranks: a row for each, time to
 * the right, and what it did when (sg_ranks_get_spans). */
#ifndef SPIKEGRAD_CLI_TIMELINE_H
#define SPIKEGRAD_CLI_TIMELINE_H

#include <spikegrad/spikegrad.h>
#include <stdio.h>

typedef struct timeline {
    const sg_network *net; /* whose layers have the spans */
    const sg_span *span;
    size_t count;
    uint32_t ranks;
    const char *title, *about; /* lines at the top */
} timeline;

/* timeline_trim: leaves out waits before and after all else. Returns how many
 * spans are left; their order stays. */
size_t timeline_trim(sg_span *span, size_t count);

/* timeline_write: as SVG; errors of the stream stay in it. */
void timeline_write(const timeline *t, FILE *out);

#endif
