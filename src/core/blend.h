/* The mean of four neighbouring pixels, in integers. Freestanding. */
#ifndef SG_CORE_BLEND_H
#define SG_CORE_BLEND_H

#include <stdint.h>

/* sg__blend: mean of four neighbours, rounded: fractions fx, fy in Q8, weights
 * the products of (256 - fx, fx) and (256 - fy, fy), which add up to 2^16.
 * Differences may wrap; the sums do not. */
static inline uint32_t sg__blend(uint32_t p0, uint32_t p1, uint32_t p2,
                                 uint32_t p3, uint32_t fx, uint32_t fy)
{
    uint32_t up = 256 * p0 + fx * (p1 - p0);
    uint32_t down = 256 * p2 + fx * (p3 - p2);
    return (256 * up + fy * (down - up) + 32768) >> 16;
}

#endif
