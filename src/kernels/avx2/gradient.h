/* Working memory of the AVX2 gradient. */
#ifndef SG_KERNELS_AVX2_GRADIENT_H
#define SG_KERNELS_AVX2_GRADIENT_H

#include "kernels/avx2/dense.h"

enum { SG__EVENTS = 4096 }; /* listed at once */

/* A neuron with d != 0: where its window begins, and its channel, counted
 * from the first of the call. */
typedef struct sg__event {
    uint32_t where;
    int16_t d;
    uint16_t channel;
} sg__event;

static inline size_t sg__gradient_scratch(const sg__geometry *g)
{
    return 2 * SG__EVENTS * sizeof(sg__event) + sg__copies_size(g, 8);
}

#endif
