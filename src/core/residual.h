/* What the losses make of an output neuron (docs/semantics.md, "Error
 * compartment"), in units of 2^-16. Freestanding. */
#ifndef SG_CORE_RESIDUAL_H
#define SG_CORE_RESIDUAL_H

#include <stdint.h>

#include "core/rules.h"

/* What is wanted of the label and of every other class. */
typedef struct sg__wanted {
    int32_t label, other;
} sg__wanted;

static inline sg__wanted sg__wanted_of(int32_t smoothing_ppm, uint32_t classes)
{
    const int64_t one = 1 << 16;
    const int64_t smooth = one * smoothing_ppm / 1000000;
    sg__wanted w;
    w.other = (int32_t)(smooth / classes);
    w.label = (int32_t)(one - smooth) + w.other;
    return w;
}

/* sg__residual: floor(2^16 V / 2^bits) - y, within +-2^23, beyond which every
 * alpha saturates the error count. */
static inline int32_t sg__residual(int32_t logit, int bits, int is_label)
{
    const int64_t wide = sg__floor_shift64((int64_t)logit * 65536, bits) -
                         (is_label ? 65536 : 0);
    return sg__saturate(wide, 1 << 23);
}

/* sg__weighed: floor(u num / den + 1/2), |u| < 2^30, 0 < num <= den. */
static inline int32_t sg__weighed(int32_t u, int32_t num, int32_t den)
{
    const int64_t over = 2 * (int64_t)den;
    const int64_t up = 2 * (int64_t)u * num + den;
    return (int32_t)(up / over - (up % over < 0));
}

/* sg__passed_on: of the charge u of a class, and of what has been passed on to
 * it, whole error spikes, as charge; the rest, 0 to 2^16 - 1, is passed on. */
static inline int32_t sg__passed_on(int32_t *left, int32_t u)
{
    const int32_t sum = *left + u, whole = sg__floor_shift(sum, 16);
    *left = sum - whole * 65536;
    return whole * 65536;
}

/* sg__margin: the least error charge, times 2^16 in alpha, of which a sample
 * with no larger one is not learned yet: margin alpha 2^16, rounded up. */
static inline int32_t sg__margin(int32_t margin_ppm, int32_t alpha)
{
    const int64_t million = 1000000;
    return (int32_t)(((int64_t)margin_ppm * alpha * 65536 + million - 1) /
                     million);
}

/* sg__is_off: whether an error charge is no smaller than that. */
static inline int sg__is_off(int32_t u, int32_t margin)
{
    return u >= margin || u <= -margin;
}

/* sg__balance: makes the error charges of a sample's n classes whole error
 * spikes that add up to 0: from the label on, each class passes on what it does
 * not send; left, 0 to 2^16 - 1, is what the label is passed. Kernels of
 * devices have the loop once more, over their own memory. */
static inline void sg__balance(int32_t *u, uint32_t n, uint32_t label,
                               int32_t left)
{
    int32_t others = 0;
    for (uint32_t k = 0; k < n; k++)
        others += k == label ? 0 : u[k];
    u[label] = -others;
    for (uint32_t k = label; k < n; k++)
        u[k] = sg__passed_on(&left, u[k]);
    for (uint32_t k = 0; k < label; k++)
        u[k] = sg__passed_on(&left, u[k]);
}

/* sg__residual_loss: half the square, from 2^-32 to 2^-20. */
static inline uint64_t sg__residual_loss(int32_t residual)
{
    return (uint64_t)((int64_t)residual * residual) >> 13;
}

#endif
