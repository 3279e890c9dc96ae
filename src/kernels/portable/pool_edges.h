/* Inputs that no pool covers: columns right of the pools, rows below them. */
#ifndef SG_KERNELS_PORTABLE_POOL_EDGES_H
#define SG_KERNELS_PORTABLE_POOL_EDGES_H

#include <string.h>

#include "kernels/kernels.h"

/* sg__silence_edges: they send no errors.
 * d  int8[inputs of the pooling layer] */
static inline void sg__silence_edges(const sg__geometry *g, int8_t *d)
{
    size_t row = (size_t)g->in_w * g->in_c;
    size_t covered = (size_t)g->out_w * g->kernel_w * g->in_c;
    uint32_t rows = g->out_h * g->kernel_h;
    for (uint32_t y = 0; covered < row && y < rows; y++)
        memset(d + y * row + covered, 0, row - covered);
    memset(d + rows * row, 0, (g->in_h - rows) * row);
}

#endif
