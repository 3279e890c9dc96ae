/* The table of layers in flash, between net.c and the engine, and what the
 * parts of the engine want of each other. */
#ifndef SPIKEGRAD_LAYERS_H
#define SPIKEGRAD_LAYERS_H

#include "core/geometry.h"
#include "core/rules.h"
#include "spikegrad_device.h"

enum {
    SG_SYNAPTIC,
    SG_POOL_SUM,
    SG_POOL_MAX,
    SG_POOL_AVERAGE,
    SG_ADD,
    SG_DROPOUT
};

/* How error charge comes to a sender: not at all, as the first of a sample, or
 * to what is there. */
enum { SG_NO_ERRORS, SG_FIRST_ERRORS, SG_MORE_ERRORS };

typedef struct sg_layer {
    sg__geometry geo;
    uint32_t from, skip,
        to;                /* in the counts: what arrives, is added, is sent */
    uint32_t weight, bias; /* the first one, in masters or in the tables */
    int32_t level, cap;
    uint16_t window_h, window_w; /* of the pool right above it, or 1 x 1 */
    uint16_t units_h, units_w;   /* and its units; the layer's own without */
    uint8_t kind, pool; /* pool: SG_POOL_SUM, SG_POOL_MAX where that is done on
                           the way, or 0 */
    uint8_t theta_bits;
    uint8_t dense; /* every input meets every output by one synapse */
#if SG_LEARN
    uint8_t learns, propagates; /* propagates: sends errors down */
    uint8_t phi_bits;           /* of its neurons */
    uint8_t below;              /* the next layer with weights */
    uint8_t number;             /* in the network, by which draws are keyed */
    uint8_t bias_shift;
    uint8_t use_shift; /* of its threshold where no errors follow */
    uint8_t shift, bias_rate_shift;
    uint32_t gate, winner;
    int32_t limit, bias_limit; /* of masters */
    int32_t mult, bias_mult;   /* rates */
#if SG_CHARGES
    uint32_t charge_to, charge_from, charge_skip; /* in the error charges */
    uint8_t gives_from, gives_skip;
    uint8_t error_shift, skip_shift;
#endif
#if SG_DROPS
    uint8_t keep_bits; /* of a dropout */
#endif
#if SG_ROWS
    uint8_t standardised;
    uint8_t gain_shift, clip_shift;
    uint32_t row;       /* the first one */
    uint32_t row_start; /* N0 */
    int32_t row_norm, weight_limit;
    int32_t gain_mult, clip_mult;
#endif
#endif
} sg_layer;

extern const sg_layer sg_layers[SG_LAYERS];
extern const sg_forward_weight sg_weights[];
extern const int32_t sg_biases[];

/* sg_next: the next byte that is not 0, or the end: most are 0. */
const uint8_t *sg_next(const uint8_t *at, const uint8_t *end);

/* sg_patch: the part of its kernel that place (y, x) of a layer has, and the
 * first synapse of it. */
sg__patch sg_patch(const sg_layer *l, uint32_t y, uint32_t x);
#if SG_LEARN
extern const sg_master sg_masters[SG_MASTERS];
extern const int32_t sg_bias_masters[SG_BIASES];
#if SG_WEIGHTED
extern const int32_t sg_class_weights[2 * SG_CLASSES]; /* N, D of each */
#endif

/* The forward weight of a number of state->master. */
static inline int32_t sg_weight_of(int32_t stored)
{
    return sg__floor_shift(stored + (SG_HALF - SG_ON_TOP), SG_MASTER_SHIFT);
}

/* sg_forward: counts of all layers; with errors to follow or not. */
void sg_forward(sg_state *s, const uint8_t *pixels, int training);

/* sg_add_weights: to[i] += n w, of the synapses first..first+count-1 of output
 * k. */
void sg_add_weights(const sg_state *s, const sg_layer *l, uint32_t k,
                    size_t first, size_t count, int32_t n, int32_t *to);

/* sg_step_weight: of synapse i of output k, by a gradient. */
void sg_step_weight(sg_state *s, const sg_layer *l, size_t i, uint32_t k,
                    int32_t gradient);

#if SG_CHARGES
/* sg_error_of: error spikes of a neuron of a hidden layer, from the charge
 * that it got. sg_hand_down: what a layer without weights got, to those that
 * it hears. */
int32_t sg_error_of(const sg_state *s, const sg_layer *l, uint32_t neuron);
void sg_hand_down(sg_state *s, const sg_layer *l);
#endif
#if SG_DITHER || SG_BALANCE == 2
int32_t sg_dither(const sg_state *s, const sg_layer *l, uint32_t neuron,
                  int phi_bits);
#endif
#if SG_DROPS
/* sg_takes_part: whether a unit of a dropout does in this step. */
int sg_takes_part(const sg_state *s, const sg_layer *l, uint32_t unit);
#endif

#if SG_ROWS
extern const int32_t sg_gains[SG_ROWS];
/* sg_step_row: gain and weights of output k, whose gradient is s->gradient; any
 * is false where that is 0. sg_restraint: what gains and biases lose first.
 * sg_rows_begin: of all layers, what follows from masters and gains. */
void sg_step_row(sg_state *s, const sg_layer *l, uint32_t k, int any);
int32_t sg_restraint(const sg_state *s, const sg_layer *l);
void sg_rows_begin(sg_state *s);
#endif

/* The step of a parameter from a gradient alone; offset decides the
 * rounding. */
static inline int32_t sg_stepped(int32_t master, int32_t gradient,
                                 int32_t mult, int shift, int64_t offset,
                                 int32_t limit)
{
    int32_t velocity = 0;
    sg__step(&velocity, &master, gradient, 1 << 16, mult, shift, offset,
             limit);
    return master;
}

/* sg_rounding: that offset for parameter i of an array of a layer: 0 of its
 * weights, 1 of its biases, 128 of its gains. */
#if SG_STOCHASTIC
int64_t sg_rounding(const sg_state *s, const sg_layer *l, uint32_t array,
                    size_t i, int shift);
#else
static inline int64_t sg_rounding(const sg_state *s, const sg_layer *l,
                                  uint32_t array, size_t i, int shift)
{
    (void)s, (void)l, (void)array, (void)i;
    return (int64_t)1 << (shift - 1);
}
#endif
#endif

#endif
