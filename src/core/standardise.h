/* Standardised weights (docs/semantics.md, "Standardisation"): the row of an
 * output channel has mean 0 and a norm that is learned as a gain.
 *
 *   c = W - round(mean W),  N = max(1, floor(sqrt(sum c^2)))
 *   w = round(gain row_norm c / N)
 *
 * |W| <= SG__ROW_LIMIT and K <= SG__ROW_SYNAPSES keep every sum inside 63 bits:
 * |c| <= 2^24, sum c^2 <= 2^15 2^48, and |c| <= N. */
#ifndef SG_CORE_STANDARDISE_H
#define SG_CORE_STANDARDISE_H

#include <stddef.h>
#include <stdint.h>

#include "core/rules.h"
#include "core/squares.h"

enum {
    SG__ROW_SYNAPSES = 32768, /* synapses of a row, at most */
    SG__ROW_LIMIT = 1 << 23,  /* |W|; W is about 2^17 at the start */
    SG__GAIN_BITS = 16,       /* fraction bits of a gain */
    SG__ROW_NORM_BITS = 8,    /* of row_norm */
    SG__TANGENT_BITS = 4,     /* of a gradient along the sphere */
    SG__RATIO_BITS = 12,      /* of the ratio below */
    SG__RATIO_MAX = 1 << 16,  /* a ratio of 16 */
    SG__DIRECTION_BITS = 16,  /* of c / N */
    SG__SCALE_BITS = 11       /* of gain row_norm / N, besides 24 */
};

/* Of the masters of one output channel. */
typedef struct sg__row {
    int32_t mean;
    uint32_t size; /* N */
} sg__row;

/* sg__floor_divide: floor(x / n), n > 0. */
static inline int64_t sg__floor_divide(int64_t x, int64_t n)
{
    int64_t q = x / n;
    return q * n > x ? q - 1 : q;
}

/* sg__row_scale: gain row_norm / N in 2^-(24 + SG__SCALE_BITS) weight units
 * per master unit, rounded towards 0. */
static inline int64_t sg__row_scale(int32_t gain, int32_t row_norm,
                                    uint32_t size)
{
    return (int64_t)gain * row_norm * (1 << SG__SCALE_BITS) / (int64_t)size;
}

/* sg__row_ratio: gain N0 / N in 2^-SG__RATIO_BITS, rounded towards 0 and
 * within +-SG__RATIO_MAX: how the gradient shrinks as a row grows. start is
 * N0, the size of a row at the start. */
static inline int32_t sg__row_ratio(int32_t gain, uint32_t start,
                                    uint32_t size)
{
    int64_t ratio = (int64_t)gain * (int64_t)start /
                    ((int64_t)size << (SG__GAIN_BITS - SG__RATIO_BITS));
    return sg__saturate(ratio, SG__RATIO_MAX);
}

/* sg__row_start: N0, the size of K uniform draws in +-2^18. */
static inline uint32_t sg__row_start(size_t fan_in)
{
    return sg__root(((uint64_t)fan_in << 36) / 3);
}

/* Restraint (docs/semantics.md): what a layer that fires twice its limit loses
 * of its charge in a step, 1/256, and the most, 1/16, in units of 2^-32. */
enum { SG__SHRINK_BITS = 24, SG__SHRINK_MOST = 1 << 28 };

/* sg__restraint: the share, in 2^-32, that gains and biases lose in a step
 * after n neurons sent so many net spikes; limit in millionths of a spike, 0:
 * none. n below 2^44. */
static inline int32_t sg__restraint(uint64_t spikes, uint64_t n,
                                    uint32_t limit)
{
    const uint64_t million = 1000000;
    const uint64_t mean = spikes / n * million + spikes % n * million / n;
    if (limit == 0 || mean <= limit)
        return 0;
    const uint64_t shrink = ((mean - limit) << SG__SHRINK_BITS) / limit;
    return (int32_t)(shrink < SG__SHRINK_MOST ? shrink : SG__SHRINK_MOST);
}

/* sg__decayed: x less a share of it, in 2^-32. */
static inline int32_t sg__decayed(int32_t x, int32_t share)
{
    return x -
           (int32_t)sg__floor_shift64((int64_t)x * share + (INT64_C(1) << 31),
                                      32);
}

#endif
