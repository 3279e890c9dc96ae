/* Time that only goes forward, for measuring. It decides no result. */
#ifndef SG_BASE_CLOCK_H
#define SG_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* sg__clock_ns: nanoseconds since some moment. */
static inline uint64_t sg__clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* sg__clock: the same in seconds. */
static inline double sg__clock(void)
{
    return (double)sg__clock_ns() * 1e-9;
}

#endif
