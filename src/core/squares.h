/* Sums of squares wider than 64 bits, exact below 2^95, and roots.
 * Nothing here depends on the order of the numbers. */
#ifndef SG_CORE_SQUARES_H
#define SG_CORE_SQUARES_H

#include <stddef.h>
#include <stdint.h>

/* high 2^32 + low, of `count` numbers. */
typedef struct sg__squares {
    uint64_t high, low, count;
} sg__squares;

/* sg__squares_of: of n numbers side by side, at most 2^32. */
static inline sg__squares sg__squares_of(size_t n, const int32_t *x)
{
    uint64_t high = 0, low = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t square = (uint64_t)((int64_t)x[i] * x[i]);
        high += square >> 32;
        low += square & UINT32_MAX;
    }
    const sg__squares sum = {high, low, n};
    return sum;
}

/* sg__squares_add: the sum goes to `sum`. */
static inline void sg__squares_add(sg__squares *sum, sg__squares more)
{
    sum->low += more.low & UINT32_MAX;
    sum->high += more.high + (more.low >> 32) + (sum->low >> 32);
    sum->low &= UINT32_MAX; /* one form of a sum, however it was made */
    sum->count += more.count;
}

/* sg__squares_mean: floor(sum / count); from 2^63 on cut to 32 bits less. */
static inline uint64_t sg__squares_mean(const sg__squares *sum)
{
    uint64_t high = sum->high + (sum->low >> 32);
    if (high >> 31)
        return (high / sum->count) << 32;
    return ((high << 32) | (sum->low & UINT32_MAX)) / sum->count;
}

/* sg__root: floor(sqrt(x)). */
static inline uint32_t sg__root(uint64_t x)
{
    uint64_t root = 0;
    for (uint64_t bit = UINT64_C(1) << 31; bit; bit >>= 1)
        if ((root | bit) * (root | bit) <= x)
            root |= bit;
    return (uint32_t)root;
}

/* sg__squares_root: floor(sqrt(sum)); from 2^63 on cut to 16 bits less. */
static inline uint64_t sg__squares_root(const sg__squares *sum)
{
    uint64_t high = sum->high + (sum->low >> 32);
    if (high >> 31)
        return (uint64_t)sg__root(high) << 16;
    return sg__root((high << 32) | (sum->low & UINT32_MAX));
}

#endif
