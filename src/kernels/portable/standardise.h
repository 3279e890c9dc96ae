/* The rows of standardised weights as plain loops, which each table compiles
 * for its own instructions: they are two reads of memory that a compiler
 * vectorises well. Include it in one file a table, with SG__STANDARDISE(row) naming
 * the functions, and SG__OWN_ROWS if the table has better ones but for
 * decay. */
#include "core/squares.h"
#include "kernels/kernels.h"

#ifndef SG__OWN_ROWS
static int64_t sum_of(size_t n, const int32_t *restrict master)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += master[i];
    return sum;
}

static uint64_t squares_of(size_t n, const int32_t *restrict master,
                           int32_t mean)
{
    uint64_t squares = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t c = master[i] - mean;
        squares += (uint64_t)((int64_t)c * c);
    }
    return squares;
}

#define HALF_SCALE (INT64_C(1) << (23 + SG__SCALE_BITS))

/* round(c scale), within the limit. The narrow product is the usual one. */
#define SCALED(type)                                                          \
    for (size_t i = 0; i < n; i++) {                                          \
        int64_t w = (int64_t)(master[i] - mean) * (type)scale + HALF_SCALE;   \
        int32_t near = (int32_t)sg__floor_shift64(w, 24 + SG__SCALE_BITS);    \
        near = near > limit ? limit : near;                                   \
        to[i] = near < -limit ? -limit : near;                                \
    }

static void scale_row(size_t n, const int32_t *restrict master, int32_t mean,
                      int64_t scale, int32_t limit, int32_t *restrict to)
{
    if (scale == (int32_t)scale) {
        SCALED(int32_t)
    } else {
        SCALED(int64_t)
    }
}

void SG__STANDARDISE(standardise)(size_t n, const int32_t *master,
                                  int32_t gain, int32_t row_norm,
                                  int32_t limit, int bits, sg__row *row,
                                  void *weight)
{
    enum { BLOCK = 256 };
    int32_t block[BLOCK];
    row->mean = (int32_t)sg__floor_divide(sum_of(n, master) + (int64_t)(n / 2),
                                          (int64_t)n);
    row->size = sg__root(squares_of(n, master, row->mean));
    row->size = row->size > 0 ? row->size : 1;
    int64_t scale = sg__row_scale(gain, row_norm, row->size);
    for (size_t i = 0; i < n; i += BLOCK) {
        size_t width = n - i < BLOCK ? n - i : BLOCK;
        scale_row(width, master + i, row->mean, scale, limit, block);
        if (bits == 8)
            for (size_t k = 0; k < width; k++)
                ((int8_t *)weight)[i + k] = (int8_t)block[k];
        else
            for (size_t k = 0; k < width; k++)
                ((int16_t *)weight)[i + k] = (int16_t)block[k];
    }
}

/* c / N in 2^-SG__DIRECTION_BITS, given 2^(24 + SG__DIRECTION_BITS) / N. */
static inline int32_t direction(int32_t c, int64_t inverse)
{
    return (int32_t)sg__floor_shift64(c * inverse + (1 << 23), 24);
}

/* sum G c / N in 2^-SG__TANGENT_BITS. */
static int64_t along_row(size_t n, const int32_t *restrict master,
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
            along +=
                (int64_t)gradient[i] * direction(master[i] - mean, inverse);
    return sg__floor_shift64(along, SG__DIRECTION_BITS - SG__TANGENT_BITS);
}

void SG__STANDARDISE(tangent)(size_t n, const int32_t *master,
                              const sg__row *row, int32_t ratio,
                              int32_t *gradient, int32_t *along)
{
    const int64_t inverse =
        (INT64_C(1) << (24 + SG__DIRECTION_BITS)) / (int64_t)row->size;
    const int32_t centre = row->mean;
    const int64_t radial = along_row(n, master, centre, inverse, gradient);
    const int64_t mean =
        sg__floor_divide(sum_of(n, gradient) * (1 << SG__TANGENT_BITS),
                         (int64_t)n);
    for (size_t i = 0; i < n; i++) {
        int64_t pull = direction(master[i] - centre, inverse) * radial;
        int64_t t = ((int64_t)gradient[i] * (1 << SG__TANGENT_BITS)) - mean -
                    sg__floor_shift64(pull + (1 << (SG__DIRECTION_BITS - 1)),
                                      SG__DIRECTION_BITS);
        t = sg__floor_shift64(t * ratio + (1 << (SG__RATIO_BITS - 1)),
                              SG__RATIO_BITS);
        gradient[i] = sg__saturate(t, INT32_MAX);
    }
    *along = sg__saturate(radial, INT32_MAX);
}

void SG__STANDARDISE(shorten)(size_t n, uint64_t most, int32_t *gradient,
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

void SG__STANDARDISE(decay)(size_t n, int32_t share, int32_t *master)
{
    for (size_t i = 0; i < n; i++)
        master[i] -= (int32_t)sg__floor_shift64((int64_t)master[i] * share +
                                                    (INT64_C(1) << 31),
                                                32);
}
