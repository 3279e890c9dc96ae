/* Rows of standardised weights, by the equations of core/standardise.h, as
 * plain loops: kernels compile them for their own instructions, programs for
 * microcontrollers as they are. Freestanding. */
#ifndef SG_CORE_ROWS_H
#define SG_CORE_ROWS_H

#include "core/standardise.h"

static inline int64_t sg__row_sum(size_t n, const int32_t *restrict x)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

static inline uint64_t
sg__row_squares(size_t n, const int32_t *restrict master, int32_t mean)
{
    uint64_t squares = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t c = master[i] - mean;
        squares += (uint64_t)((int64_t)c * c);
    }
    return squares;
}

/* sg__row_of: mean and size of n masters. */
static inline sg__row sg__row_of(size_t n, const int32_t *master)
{
    sg__row row;
    row.mean =
        (int32_t)sg__floor_divide(sg__row_sum(n, master) + (int64_t)(n / 2),
                                  (int64_t)n);
    row.size = sg__root(sg__row_squares(n, master, row.mean));
    row.size = row.size > 0 ? row.size : 1;
    return row;
}

/* sg__row_weight: round(c scale), c = W - mean, within the limit. */
static inline int32_t sg__row_weight(int32_t c, int64_t scale, int32_t limit)
{
    const int64_t half = INT64_C(1) << (23 + SG__SCALE_BITS);
    int32_t near =
        (int32_t)sg__floor_shift64(c * scale + half, 24 + SG__SCALE_BITS);
    near = near > limit ? limit : near;
    return near < -limit ? -limit : near;
}

/* c / N in 2^-SG__DIRECTION_BITS, given 2^(24 + SG__DIRECTION_BITS) / N. */
static inline int32_t sg__row_direction(int32_t c, int64_t inverse)
{
    return (int32_t)sg__floor_shift64(c * inverse + (1 << 23), 24);
}

/* sum G c / N in 2^-SG__TANGENT_BITS. */
static inline int64_t sg__row_along(size_t n, const int32_t *restrict master,
                                    int32_t mean, int64_t inverse,
                                    const int32_t *restrict gradient)
{
    int64_t along = 0;
    if (inverse == (int32_t)inverse)
        for (size_t i = 0; i < n; i++)
            along += (int64_t)gradient[i] *
                     (int32_t)sg__floor_shift64((int64_t)(master[i] - mean) *
                                                        (int32_t)inverse +
                                                    (1 << 23),
                                                24);
    else
        for (size_t i = 0; i < n; i++)
            along += (int64_t)gradient[i] *
                     sg__row_direction(master[i] - mean, inverse);
    return sg__floor_shift64(along, SG__DIRECTION_BITS - SG__TANGENT_BITS);
}

/* sg__row_tangent: turns the gradient of n weights into that of their masters;
 * *along receives the gradient of the gain. ratio: sg__row_ratio. */
static inline void sg__row_tangent(size_t n, const int32_t *master,
                                   const sg__row *row, int32_t ratio,
                                   int32_t *gradient, int32_t *along)
{
    const int64_t inverse =
        (INT64_C(1) << (24 + SG__DIRECTION_BITS)) / (int64_t)row->size;
    const int32_t centre = row->mean;
    const int64_t radial = sg__row_along(n, master, centre, inverse, gradient);
    const int64_t mean =
        sg__floor_divide(sg__row_sum(n, gradient) * (1 << SG__TANGENT_BITS),
                         (int64_t)n);
    for (size_t i = 0; i < n; i++) {
        int64_t pull = sg__row_direction(master[i] - centre, inverse) * radial;
        int64_t t = ((int64_t)gradient[i] * (1 << SG__TANGENT_BITS)) - mean -
                    sg__floor_shift64(pull + (1 << (SG__DIRECTION_BITS - 1)),
                                      SG__DIRECTION_BITS);
        t = sg__floor_shift64(t * ratio + (1 << (SG__RATIO_BITS - 1)),
                              SG__RATIO_BITS);
        gradient[i] = sg__saturate(t, INT32_MAX);
    }
    *along = sg__saturate(radial, INT32_MAX);
}

/* sg__row_longest: the norm that a gradient may have, q of "Clipping", for a
 * rate of clipping mult / 2^shift. */
static inline uint64_t sg__row_longest(uint32_t size, int32_t mult, int shift)
{
    const uint64_t bound = (UINT64_C(1) << 47) - 1;
    const uint64_t most = size * (uint64_t)(uint32_t)mult >> shift;
    return most < bound ? most : bound;
}

/* sg__row_shorten: gradients of masters and gain, no longer than `most`. */
static inline void sg__row_shorten(size_t n, uint64_t most, int32_t *gradient,
                                   int32_t *along)
{
    const sg__squares squares = sg__squares_of(n, gradient);
    const uint64_t norm = sg__squares_root(&squares);
    if (norm <= most)
        return;
    const int64_t share = (int64_t)((most << 16) / norm);
    for (size_t i = 0; i < n; i++)
        gradient[i] =
            (int32_t)sg__floor_shift64(gradient[i] * share + (1 << 15), 16);
    *along = (int32_t)sg__floor_shift64(*along * share + (1 << 15), 16);
}

#endif
