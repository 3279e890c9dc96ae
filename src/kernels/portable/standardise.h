/* The rows of standardised weights as plain loops, which each table compiles
 * for its own instructions: they are two reads of memory that a compiler
 * vectorises well. Include it in one file a table, with SG__STANDARDISE(row) naming
 * the functions, and SG__OWN_ROWS if the table has better ones but for
 * decay. */
#include "core/rows.h"
#include "kernels/kernels.h"

#ifndef SG__OWN_ROWS
/* The narrow product is the usual one. */
#define SCALED(type)                                                          \
    for (size_t i = 0; i < n; i++)                                            \
        to[i] = sg__row_weight(master[i] - mean, (type)scale, limit);

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
    *row = sg__row_of(n, master);
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

void SG__STANDARDISE(tangent)(size_t n, const int32_t *master,
                              const sg__row *row, int32_t ratio,
                              int32_t *gradient, int32_t *along)
{
    sg__row_tangent(n, master, row, ratio, gradient, along);
}

void SG__STANDARDISE(shorten)(size_t n, uint64_t most, int32_t *gradient,
                              int32_t *along)
{
    sg__row_shorten(n, most, gradient, along);
}

#endif

void SG__STANDARDISE(decay)(size_t n, int32_t share, int32_t *master)
{
    for (size_t i = 0; i < n; i++)
        master[i] = sg__decayed(master[i], share);
}
