/* Charts of runs over epochs, for the parts of the page that have them. */
#ifndef SPIKEGRAD_REPORT_CURVES_H
#define SPIKEGRAD_REPORT_CURVES_H

#include "report/page.h"

/* A chart of the page p; the values of its lines are in p->values. */
typedef struct curves {
    chart c;
    const page *p;
} curves;

/* The value of a curve at an epoch, from the sums of it; NAN: none. */
typedef double (*curve_fn)(const record *r, const record_sums *m,
                           size_t layer);

/* curves_chart: begins the next chart. */
void curves_chart(curves *k, const char *title, const char *about,
                  scale_kind kind);

/* curves_add: a line for a run, of the training samples of its epochs or of
 * the others. Returns its values, which the caller may change. */
double *curves_add(curves *k, size_t run, curve_fn of, size_t layer,
                   bool train, const char *label);

/* curves_choose: `spread` where the values call for it: if the largest is
 * above `above`, for SCALE_LOG times the least. */
void curves_choose(curves *k, scale_kind spread, double above);

#endif
