/* Reading ahead. A task that takes a slice of the channels of every pixel reads
 * one line in a page or few of them, which no processor foresees; waiting for
 * these lines was a sixth of the training of a deep network. */
#ifndef SG_KERNELS_PORTABLE_AHEAD_H
#define SG_KERNELS_PORTABLE_AHEAD_H

#include <stdint.h>

enum { SG__PIXELS_AHEAD = 24 }; /* whose lines are on their way */

/* sg__fetch_ahead: what is `bytes` behind p will be read soon. Behind the end
 * of an array it does no harm. */
static inline void sg__fetch_ahead(const void *p, size_t bytes)
{
    __builtin_prefetch((const char *)((uintptr_t)p + bytes), 0, 3);
}

#endif
