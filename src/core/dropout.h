/* Dropout: which units take part in the presentation of a sample in training.
 * A pure function of its arguments; docs/semantics.md, "Dropout". */
#ifndef SG_CORE_DROPOUT_H
#define SG_CORE_DROPOUT_H

#include "base/random.h"

/* Bits of a draw; a unit takes keep_bits of them. */
#define SG__DROPOUT_DRAW 128u

/* sg__dropout_draw: the bits of 128 / keep_bits units side by side, of which
 * this is block number `block`; those of the first unit are the lowest ones of
 * v[0]. A unit takes part if all of its bits are 0. */
static inline sg__draw sg__dropout_draw(uint64_t seed, uint64_t step,
                                        uint32_t sample, uint32_t layer,
                                        uint32_t block)
{
    return sg__random(seed, SG__STREAM_DROPOUT, (uint32_t)step, sample, layer,
                      block);
}

/* sg__takes_part: whether one unit does, 1 or 0; with probability
 * 2^-keep_bits, keep_bits 1 or 2. */
static inline int sg__takes_part(uint64_t seed, uint64_t step, uint32_t sample,
                                 uint32_t layer, uint32_t unit, int keep_bits)
{
    uint32_t bits = (uint32_t)keep_bits, units = SG__DROPOUT_DRAW / bits;
    uint32_t place = unit % units * bits;
    sg__draw draw = sg__dropout_draw(seed, step, sample, layer, unit / units);
    return (draw.v[place / 32] >> place % 32 & ((1u << bits) - 1)) == 0;
}

#endif
