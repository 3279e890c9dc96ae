/* Axes: from values to places on a chart, and where the ticks are. */
#ifndef SPIKEGRAD_REPORT_SCALE_H
#define SPIKEGRAD_REPORT_SCALE_H

#include <stddef.h>

typedef enum scale_kind {
    SCALE_LINEAR, /* from a round number to a round number */
    SCALE_EXACT,  /* linear, from low to high as they are; whole ticks */
    SCALE_LOG,    /* logarithmic; what is not above 0 lies at the bottom */
    SCALE_NINES   /* percentages below 100: logarithm of what is missing, so
                     that 90, 99 and 99.9 are equally far apart */
} scale_kind;

enum { SCALE_TICKS = 16, SCALE_LABEL = 24 };

typedef struct scale {
    scale_kind kind;
    double low, high;  /* values at the ends */
    double begin, end; /* places of low and high; set by the caller */
    double tick[SCALE_TICKS];
    size_t ticks;
} scale;

/* scale_fit: ends and about `wanted` ticks for values from low to high. */
void scale_fit(scale *s, scale_kind kind, double low, double high, int wanted);

/* scale_place: where value is; values beyond the ends are put there. */
double scale_place(const scale *s, double value);

/* scale_label: the text of tick i, into text, which is returned. */
const char *scale_label(const scale *s, size_t i, char text[SCALE_LABEL]);

/* scale_step: the least of 1, 2 and 5 times a power of ten not below least;
 * least > 0. */
double scale_step(double least);

#endif
