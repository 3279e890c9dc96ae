/* Parts of orders: what both who gives and who takes them write and read. */
#ifndef SG_RANKS_ORDERS_H
#define SG_RANKS_ORDERS_H

#include "engine/engine.h"
#include "ranks/wire.h"

enum {
    /* Bytes of an order, at most: of CREATE, which has a recipe and weights of classes, and of a pass,
     * which names samples. */
    SG__ORDER_MAX = 2048 * 1024
};

/* sg__outline_put: all of a network but its arrays, its run and its data.
 * sg__outline_get: a network of that kind; arrays are 0. SG_E_FORMAT,
 * SG_E_MEMORY, and what sg__network_plan says. */
void sg__outline_put(sg__wire *wire, const sg_network *net);
sg_status sg__outline_get(sg__wire *wire, sg_network **out, sg_error *error);

/* sg__phi_put, sg__phi_get: error thresholds, which may move between calls. */
void sg__phi_put(sg__wire *wire, const sg_network *net);
void sg__phi_get(sg__wire *wire, sg_network *net);

/* sg__update_put, sg__update_get: of `layers` layers. */
void sg__update_put(sg__wire *wire, size_t layers, const sg__update *update);
void sg__update_get(sg__wire *wire, size_t layers, sg__update *update);
enum { SG__UPDATE_MAX = 11 * 8 }; /* bytes of a layer */

/* sg__sums_put, sg__sums_add: metrics, and squares of so many layers unless
 * they are NULL; what is read is added to what is there. */
void sg__sums_put(sg__wire *wire, const sg_metrics *metrics,
                  const sg__squares *squares, size_t layers);
void sg__sums_add(sg__wire *wire, sg_metrics *metrics, sg__squares *squares,
                  size_t layers);
enum { SG__SUMS_MAX = SG_LAYERS_MAX * 11 * 8 + 64 };

/* sg__numbers_put, sg__numbers_get: n 32-bit numbers, packed.
 * sg__numbers_most: bytes of them, at most. */
void sg__numbers_put(sg__wire *wire, const int32_t *values, size_t n);
void sg__numbers_get(sg__wire *wire, int32_t *values, size_t n);
size_t sg__numbers_most(size_t n);

/* sg__data_numbers: what data are compared by: 1 or, of NULL, 0; size, hash,
 * height, width, channels, classes. */
enum { SG__DATA_NUMBERS = 7 };
void sg__data_numbers(const sg_data *data, uint64_t numbers[SG__DATA_NUMBERS]);

#endif
