/* Charts as inline SVG: lines over epochs, and histograms.
 *
 * A chart is a figure element whose caption is HTML, so that it wraps. Sizes
 * are those a phone shows unscaled; colours and type come from the style of
 * the page: class "r0" and so on is the colour of a run. */
#ifndef SPIKEGRAD_REPORT_CHART_H
#define SPIKEGRAD_REPORT_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "report/scale.h"

enum { CHART_LINES = 24, CHART_CAPTION = 160 };

typedef struct chart_line {
    const double *y; /* [n], from epoch 1 on; NAN where there is none */
    size_t n;
    int run; /* its colour */
    bool dashed;
    const char *label; /* at its right end; or NULL */
} chart_line;

typedef struct chart {
    const char *title, *about; /* about: what y is; or NULL */
    bool small;
    scale_kind kind;
    double low, high; /* of y; NAN: as the lines need */
    double mark;      /* a value to mark, or NAN */
    const char *mark_label;
    size_t lines;
    chart_line line[CHART_LINES];
} chart;

/* chart_range: widens *low and *high to the finite values of lines; values
 * that are not above 0 are left out if kind is logarithmic. Both may be NAN. */
void chart_range(const chart *c, double *low, double *high);

/* chart_draw: the figure. */
void chart_draw(FILE *out, const chart *c);

/* Bins of one run: bin i holds `width` values from `from` on and has the share
 * `share`, 0..1, of all that was counted. */
typedef struct chart_bin {
    int from, width;
    double share;
} chart_bin;

typedef struct chart_bins {
    const chart_bin *bin;
    size_t n;
    int run;
} chart_bins;

typedef struct histogram {
    const char *title, *about;
    double least; /* the smallest share shown, above 0 */
    size_t runs;
    chart_bins run[CHART_LINES];
} histogram;

/* histogram_draw: the figure; filled if it has one run, outlines if more. */
void histogram_draw(FILE *out, const histogram *h);

#endif
