/* Inside of a raster, between raster.c, which counts, and raster_svg.c, which
 * draws. */
#ifndef SPIKEGRAD_CLI_RASTER_CELLS_H
#define SPIKEGRAD_CLI_RASTER_CELLS_H

#include <stdint.h>

#include "cli/raster/raster.h"

enum {
    RASTER_HEIGHT = 620, /* pixels, more if there are many layers */
    BAND_MIN = 44,       /* two lines of label, or a large one */
    INPUT_MIN = 90,      /* of the input, which starts it all */
    CELL = 2,            /* least height of a row, pixels */
    FORWARD_COLUMNS = 640,
    BACKWARD_COLUMNS = 320
};

typedef struct cell {
    uint32_t count[2]; /* spikes of sign +1, -1 */
} cell;

/* One layer. */
typedef struct band {
    char name[24], about[40];
    uint64_t neurons;
    uint32_t height; /* pixels */
    uint32_t rows, first_row;
} band;

/* One phase. */
typedef struct panel {
    uint32_t columns;
    unsigned shift; /* a column is 2^shift deliveries wide */
    uint64_t start; /* time of the first spike */
    uint64_t last;  /* of the last one, since start */
    uint64_t spikes, emitted;
    cell *cell; /* [rows][columns] */
} panel;

struct raster {
    size_t bands;
    band *band;
    uint32_t rows;
    panel panel[2]; /* by sg_phase */
};

/* raster_coarsen: makes each column of p twice as wide. */
void raster_coarsen(raster *picture, panel *p);

#endif
