/* Dither: where an error compartment starts so that its rounding is unbiased
 * (stochastic rounding). A pure function of its arguments. */
#ifndef SG_CORE_DITHER_H
#define SG_CORE_DITHER_H

#include "base/random.h"

/* sg__dither: a uniform integer in [-Phi/2, Phi/2), Phi = 2^phi_bits,
 * phi_bits in 1..32. */
static inline int32_t sg__dither(uint64_t seed, uint64_t step, uint32_t sample,
                                 uint32_t layer, uint32_t neuron, int phi_bits)
{
    sg__draw draw = sg__random(seed, SG__STREAM_DITHER, (uint32_t)step, sample,
                               layer, neuron / 4);
    int64_t half = INT64_C(1) << (phi_bits - 1);
    return (int32_t)((int64_t)(draw.v[neuron % 4] >> (32 - phi_bits)) - half);
}

#endif
