/* Fixed-point helpers of what draws and warps images: it decides weights, so
 * it is integer arithmetic, the same bits on every machine.
 * Qn means a value in units of 2^-n. */
#ifndef SG_CORE_FIXED_H
#define SG_CORE_FIXED_H

#include <stdint.h>

#include "core/rules.h"

/* sg__sin_q16, sg__cos_q16: of an angle in radians, |angle| <= 0.5 (Q16), by
 * their Taylor polynomials of degree 5 and 4; error below 2^-15. */
static inline int32_t sg__sin_q16(int32_t angle)
{
    int64_t a = angle;
    int64_t a2 = a * a / 65536;
    int64_t a3 = a2 * a / 65536;
    return (int32_t)(a - a3 / 6 + a3 * a2 / 65536 / 120);
}

static inline int32_t sg__cos_q16(int32_t angle)
{
    int64_t a = angle;
    int64_t a2 = a * a / 65536;
    return (int32_t)(65536 - a2 / 2 + a2 * a2 / 65536 / 24);
}

/* sg__spread: maps a uniform 32-bit draw to -limit..limit, limit < 2^30. */
static inline int32_t sg__spread(uint32_t draw, int32_t limit)
{
    uint32_t n = 2 * (uint32_t)limit + 1;
    return (int32_t)(((uint64_t)draw * n) >> 32) - limit;
}

#endif
