/* Stochastic rounding of the optimiser step: the draws that decide it. A pure
 * function of its arguments. */
#ifndef SG_CORE_ROUNDING_H
#define SG_CORE_ROUNDING_H

#include <stddef.h>

#include "base/random.h"

/* sg__rounding_key: the array of the weights of layer l. Added to it, 1 is
 * that of its biases and SG__GAIN_KEY that of its gains. The low eight bits
 * tell arrays of 64 layers apart, those above them the next 64 layers. */
enum { SG__GAIN_KEY = 128 };
static inline uint32_t sg__rounding_key(size_t l)
{
    return (uint32_t)(l / 64) << 8 | (uint32_t)(l % 64) * 2;
}

/* sg__rounding: uniform integers below 2^shift, 1 <= shift <= 61, for the
 * parameters 4 quad .. 4 quad + 3 of the array `key`. They have at most 32
 * random bits. The two parts of the key are in the high bits of the second and
 * the fourth word of the counter. */
static inline void sg__rounding(uint64_t seed, uint64_t step, uint32_t key,
                                size_t quad, int shift, int64_t offset[4])
{
    sg__draw draw =
        sg__random(seed, SG__STREAM_ROUNDING, (uint32_t)step,
                   (uint32_t)(step >> 32) ^ key << 24, (uint32_t)quad,
                   (uint32_t)((uint64_t)quad >> 32) ^ key >> 8 << 24);
    for (int i = 0; i < 4; i++)
        offset[i] = shift <= 32 ? (int64_t)draw.v[i] >> (32 - shift)
                                : (int64_t)draw.v[i] << (shift - 32);
}

#endif
