/* A raster picture of spikes: time to the right, neurons stacked by layer.
 *
 * Spikes are counted in cells about a pixel wide and high while they arrive,
 * so that any number of them fits; columns double in width when time runs
 * beyond the last one. */
#ifndef SPIKEGRAD_CLI_RASTER_H
#define SPIKEGRAD_CLI_RASTER_H

#include <spikegrad/spikegrad.h>
#include <stdio.h>

typedef struct raster raster;

/* raster_create: NULL if memory is short. */
raster *raster_create(const sg_network *net);

void raster_add(raster *picture, const sg_spike *spike);

/* raster_write: the picture as SVG of at most 2 MB, made coarser in time if
 * need be. 0, or -1 if memory is short; errors of stream stay in it. */
int raster_write(raster *picture, const char *title, FILE *stream);

void raster_destroy(raster *picture);

#endif
