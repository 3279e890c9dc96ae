/* The frame of a chart: where its plot is in the picture, and its axes. */
#ifndef SPIKEGRAD_REPORT_FRAME_H
#define SPIKEGRAD_REPORT_FRAME_H

#include "report/chart.h"

typedef struct frame {
    double width, height;
    double left, right, top, bottom; /* of the plot, in the picture */
    scale x, y;
} frame;

/* frame_place: sizes, with so many pixels right of the plot and below it;
 * f->y is fitted, for its labels have to fit in on the left. */
void frame_place(frame *f, bool small, double right, double bottom);

/* frame_begin, frame_end: the figure element around what is drawn. */
void frame_begin(FILE *out, const frame *f, bool small, const char *title,
                 const char *about);
void frame_end(FILE *out);

/* frame_axes: both axes, with ticks and labels; x_title or NULL. */
void frame_axes(FILE *out, const frame *f, const char *x_title);

/* frame_epoch: where epoch i, counted from 0, is on the axis of x. */
double frame_epoch(const frame *f, size_t i);

/* frame_labels: the labels of the lines of c, at their right ends. */
void frame_labels(FILE *out, const frame *f, const chart *c);

#endif
