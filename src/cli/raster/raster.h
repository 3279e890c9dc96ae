/* A raster picture of spikes: time to the right, neurons stacked by layer. It
 * shows those that are sent, at the time at which they are: what is emitted at
 * once, as all of the input, then stands where its turn came.
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

/* raster_count: one that is emitted; for the number of them in the titles.
 * raster_add: one that is sent. */
void raster_count(raster *picture, const sg_spike *spike);
void raster_add(raster *picture, const sg_spike *spike);

/* Colours: those of the reader's system, or always the same. */
typedef enum raster_theme {
    RASTER_AUTO,
    RASTER_LIGHT,
    RASTER_DARK
} raster_theme;

typedef struct raster_text {
    const char *title; /* the first line */
    const char *about; /* below it */
    raster_theme theme;
} raster_text;

/* raster_write: the picture as SVG, of at most 2 MB, made coarser in time if
 * need be. 0, or -1 if memory is short; errors of stream stay in it. */
int raster_write(raster *picture, const raster_text *text, FILE *stream);

void raster_destroy(raster *picture);

#endif
