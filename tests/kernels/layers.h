/* Layers for the tests of kernels: geometries around the sizes of registers
 * and tiles, weights with the extremes among them. */
#ifndef TESTS_KERNELS_LAYERS_H
#define TESTS_KERNELS_LAYERS_H

#include "arrays.h"
#include "kernels/kernels.h"

enum { SHAPES = 54, SAMPLES = 7, POOLS = 10 };

sg__geometry geometry(size_t shape);

/* Pools, rows by columns, and one of them over 11 by 13 pixels. */
extern const uint32_t pools[POOLS][2];
sg__geometry pool_geometry(uint32_t h, uint32_t w, uint32_t channels);

/* Weights and biases of a layer and the table's own layout of them. */
typedef struct layer {
    sg__geometry g;
    sg__synapses s;
    array weight, bias, packed, scratch;
} layer;

/* make_layer: in place, because l->s points into it. Packed in two parts, the
 * last one first, as threads may. */
void make_layer(layer *l, const sg__kernels *table, size_t shape, int bits);
void free_layer(layer *l);

#endif
