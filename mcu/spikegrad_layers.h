/* The table of layers in flash, between net.c and the engine. */
#ifndef SPIKEGRAD_LAYERS_H
#define SPIKEGRAD_LAYERS_H

#include "core/geometry.h"
#include "spikegrad_device.h"

enum { SG_SYNAPTIC, SG_POOL_SUM, SG_POOL_MAX, SG_POOL_AVERAGE, SG_ADD };

typedef struct sg_layer {
    sg__geometry geo;
    uint32_t from, skip,
        to;                /* in the counts: what arrives, is added, is sent */
    uint32_t weight, bias; /* the first one, in masters or in the tables */
    int32_t level, cap;
    uint16_t pool_h, pool_w;   /* window of the pool that is done on the way */
    uint16_t units_h, units_w; /* and its units; the layer's own without one */
    uint8_t kind, pool;        /* pool: SG_POOL_SUM, SG_POOL_MAX, or 0 */
    uint8_t theta_bits;
#if SG_LEARN
    uint8_t learns, propagates; /* sends errors down */
    uint8_t phi_bits;           /* of the neurons below, in units of this */
    uint8_t below;              /* the next layer with weights */
    uint8_t bias_shift;
    uint32_t gate, winner;
    int32_t limit, bias_limit; /* of masters */
    int32_t mult, bias_mult;   /* rates */
    uint8_t shift, bias_rate_shift;
#endif
} sg_layer;

extern const sg_layer sg_layers[SG_LAYERS];
extern const sg_forward_weight sg_weights[];
extern const int32_t sg_biases[];
#if SG_LEARN
extern const sg_master sg_masters[SG_MASTERS];
extern const int32_t sg_bias_masters[SG_BIASES];
#if SG_WEIGHTED
extern const int32_t sg_class_weights[2 * SG_CLASSES]; /* N, D of each */
#endif
#endif

#endif
