/* Copies of samples (portable/copies.h), whose counts stay bytes. */
#ifndef SG_KERNELS_NEON_COPIES_H
#define SG_KERNELS_NEON_COPIES_H

#include <string.h>

#include "kernels/kernels.h"

static inline void sg__copy_counts(uint8_t *to, const uint8_t *from, size_t n,
                                   size_t unit)
{
    memcpy(to, from, n * unit);
}

#include "kernels/portable/copies.h"

static inline size_t sg__kernel_run(const sg__geometry *g)
{
    return (size_t)g->kernel_w * g->in_c;
}

#endif
