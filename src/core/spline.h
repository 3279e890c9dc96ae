/* The four cubic B-splines of elastic distortion, in integers
 * (docs/semantics.md, "Augmentation"). Freestanding. */
#ifndef SG_CORE_SPLINE_H
#define SG_CORE_SPLINE_H

#include <stdint.h>

#include "core/exponential.h" /* SG__TABLE */
#include "core/rules.h"

enum {
    SG__SPLINE_CELL = 8,    /* pixels from one point to the next */
    SG__SPLINE_SUPPORT = 4, /* points that a pixel depends on, in each axis */
    SG__SPLINE_BITS = 12    /* of the weights */
};

/* At t/8 of a cell, in 2^-12; rows add up to 1. */
SG__TABLE int16_t sg__spline[SG__SPLINE_CELL][SG__SPLINE_SUPPORT] = {
    {683, 2730, 683, 0},   {457, 2671, 967, 1},  {288, 2506, 1291, 11},
    {167, 2262, 1631, 36}, {85, 1963, 1963, 85}, {36, 1631, 2262, 167},
    {11, 1291, 2506, 288}, {1, 967, 2671, 457},
};

/* sg__spline_mean: of four numbers, by the weights of row t, 0..7. */
static inline int32_t sg__spline_mean(uint32_t t, int32_t a, int32_t b,
                                      int32_t c, int32_t d)
{
    const int64_t sum =
        (int64_t)sg__spline[t][0] * a + (int64_t)sg__spline[t][1] * b +
        (int64_t)sg__spline[t][2] * c + (int64_t)sg__spline[t][3] * d;
    return (
        int32_t)sg__floor_shift64(sum + ((int64_t)1 << (SG__SPLINE_BITS - 1)),
                                  SG__SPLINE_BITS);
}

#endif
