/* What the benchmarks measure with. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

/* bench_now: seconds of a monotonic clock. */
double bench_now(void);

/* bench_median: of n >= 1 values, the upper one of two; sorts them. */
double bench_median(double *values, int n);

#endif
