/* Stochastic rounding of the optimiser step: the draws that decide it. A pure
 * function of its arguments. */
#ifndef SG_CORE_ROUNDING_H
#define SG_CORE_ROUNDING_H

#include <stddef.h>

#include "base/random.h"

/* sg__rounding: uniform integers below 2^shift, 1 <= shift <= 61, for the
 * parameters 4 quad .. 4 quad + 3 of the array `key` (2 l for the weights of
 * layer l, 2 l + 1 for its biases). They have at most 32 random bits. */
static inline void sg__rounding(uint64_t seed, uint64_t step, uint32_t key,
                                size_t quad, int shift, int64_t offset[4])
{
    sg__draw draw =
        sg__random(seed, SG__STREAM_ROUNDING, (uint32_t)step,
                   (uint32_t)(step >> 32) ^ key << 24, (uint32_t)quad,
                   (uint32_t)((uint64_t)quad >> 32));
    for (int i = 0; i < 4; i++)
        offset[i] = shift <= 32 ? (int64_t)draw.v[i] >> (32 - shift)
                                : (int64_t)draw.v[i] << (shift - 32);
}

#endif
