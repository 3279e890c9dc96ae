/* What the kinds of pooling share. Pools do not overlap: the stride is the
 * kernel, and rows and columns left over at the edge are not connected. */
#ifndef SG_LAYERS_POOL_H
#define SG_LAYERS_POOL_H

#include "layers/kind.h"

/* sg__pool_read: P, Pk or PHxW, and a word, "" or "max" or "avg". Without k the
 * pool is as large as what arrives: kernel 0 until sg__pool_fit. */
sg_status sg__pool_read(const char *item, const char *word, sg__layer *layer,
                        bool *mine, sg_error *error);

/* sg__pool_fit: fit hook of all of them. */
sg_status sg__pool_fit(sg__layer *layers, size_t n, sg_error *error);

/* sg__pool_units: inputs of one unit. */
static inline uint32_t sg__pool_units(const sg__layer *layer)
{
    return layer->geo.kernel_h * layer->geo.kernel_w;
}

/* sg__pool_corner: index of the first input of a unit. */
static inline size_t sg__pool_corner(const sg__geometry *g, uint32_t y,
                                     uint32_t x, uint32_t c)
{
    return ((size_t)y * g->stride_h * g->in_w + (size_t)x * g->stride_w) *
               g->in_c +
           c;
}

/* sg__pool_spread_errors: backward hook where all inputs of a unit get its
 * error charge; the others get none. */
int32_t *sg__pool_spread_errors(const sg__passage *p, int32_t *u, int32_t *to);

/* sg__pool_fire_below: fire_below hook of the same. */
void sg__pool_fire_below(const sg__kernels *kernels, const sg__geometry *pool,
                         const uint8_t *count, const int32_t *u, int phi_bits,
                         int8_t *d);

/* sg__pool_route: calls route for the runs of units that lie at one position,
 * which hear the same pixels. */
void sg__pool_route(const sg__units *units, const sg__drain *drain,
                    size_t first, sg__charge u);

#endif
