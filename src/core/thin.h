/* Thinning (docs/semantics.md, "Augmentation"): of the input spikes of a
 * presentation each one passes or not, by a draw of its own. A pure function
 * of its arguments. */
#ifndef SG_CORE_THIN_H
#define SG_CORE_THIN_H

#include "base/random.h"

enum {
    SG__THIN_SHARE = 5,    /* block of the draw of how many pass */
    SG__THIN_SPIKES = 6,   /* the first of those of spikes */
    SG__THIN_DRAW = 16,    /* spikes of a draw: a byte each */
    SG__THIN_CERTAIN = 256 /* chances of a spike that passes for certain */
};

/* sg__thin_chances: of how many in 256 spikes of a presentation pass, that
 * draws `word` and lets through at least so many percent, 1..99. */
static inline uint32_t sg__thin_chances(uint32_t word, uint32_t percent)
{
    const uint32_t least = (SG__THIN_CERTAIN * percent + 99) / 100;
    return least + sg__random_below(word, SG__THIN_CERTAIN + 1 - least);
}

/* sg__bytes_below: how many of the lowest n bytes of x, n <= 8, are below
 * chances, 1..255: an odd byte in bit 8 of 16 says which are not. */
static inline uint32_t sg__bytes_below(uint64_t x, uint32_t n,
                                       uint32_t chances)
{
    const uint64_t ones = UINT64_C(0x0001000100010001);
    const uint64_t low = 255 * ones, top = 256 * ones;
    if (n < 8)
        x |= ~UINT64_C(0) << (8 * n);
    const uint64_t even = ((x & low) | top) - chances * ones;
    const uint64_t odd = ((x >> 8 & low) | top) - chances * ones;
    const uint64_t not_below = (even >> 8 & ones) + (odd >> 8 & ones);
    return 8 - (uint32_t)(not_below * ones >> 48);
}

/* sg__thinned: how many of the n spikes of input neuron i pass, n <= 255,
 * chances 1..256. */
static inline uint32_t sg__thinned(uint64_t seed, uint32_t epoch,
                                   uint32_t sample, uint32_t i, uint32_t n,
                                   uint32_t chances)
{
    uint32_t left = 0;
    if (chances >= SG__THIN_CERTAIN)
        return n;
    for (uint32_t first = 0; first < n; first += SG__THIN_DRAW) {
        const uint32_t more =
            n - first < SG__THIN_DRAW ? n - first : SG__THIN_DRAW;
        const sg__draw d =
            sg__random(seed, SG__STREAM_AUGMENT, epoch, sample,
                       SG__THIN_SPIKES + first / SG__THIN_DRAW, i);
        left += sg__bytes_below((uint64_t)d.v[1] << 32 | d.v[0],
                                more < 8 ? more : 8, chances);
        if (more > 8)
            left += sg__bytes_below((uint64_t)d.v[3] << 32 | d.v[2], more - 8,
                                    chances);
    }
    return left;
}

#endif
