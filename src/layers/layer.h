/* A layer as the engines see it: its geometry, thresholds, bounds, weights and
 * whose spikes arrive at it.
 *
 * Letters used everywhere: H W C height, width, channels; K fan-in.
 * Activations are HWC, one byte a neuron. Weights are
 * [out_c][kernel_h][kernel_w][in_c], so that for one output the weights of a
 * kernel row lie side by side, as do the inputs they meet.
 *
 * Who sends spikes has a number: sender 0 is the image, sender l + 1 is layer
 * l. A layer hears senders of at most its own number, so that layers in order
 * are computed in order. */
#ifndef SG_LAYERS_LAYER_H
#define SG_LAYERS_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/geometry.h"
#include "core/standardise.h"
#include "kernels/kernels.h"
#include "spikegrad/network.h"

typedef struct sg__kind sg__kind; /* layers/kind.h */

typedef struct sg__layer {
    const sg__kind *kind;
    char name[24];
    sg_shape in, out; /* as images; a flattened input keeps its image shape */
    sg__geometry geo;
    bool synaptic; /* its kind has weights */
    bool frozen;   /* synaptic, and does not learn */
    bool output;   /* last layer: integrates, does not fire */

    size_t from; /* the sender whose spikes arrive: the one below it, l, but
                    for projections, which start further down */
    size_t skip; /* additions: their second sender */

    /* forward compartment (synaptic and average pooling) */
    int theta_bits;     /* Theta = 2^theta_bits */
    int32_t fire_level; /* H */
    int32_t in_cap;     /* largest count that arrives */
    int32_t cap;        /* largest count sent on; 0 for the output layer */

    /* error compartment (synaptic); Phi is in the units of the error charge
     * that arrives: weight units of the next synaptic layer, shifted as below
     * where several charges meet, or 2^-16 for the output layer, whose error
     * comes from the loss */
    int phi_bits;

    /* where several ways of error charge meet at the neurons of a sender
     * (docs/semantics.md, "Additions"), each is shifted left so that all are
     * in the finest of their units */
    int skip_shift;  /* addition: of the error charge to its second sender */
    int error_shift; /* synaptic: of the error charge to the sender it hears */

    /* dropout (docs/semantics.md, "Dropout"): in training one unit in
     * 2^keep_bits takes part. In use all do, and in the synaptic layer that
     * their spikes come to Theta, H and biases are 2^use_shift times those of
     * training, which are the ones kept here. */
    int keep_bits; /* 0 but for dropouts */
    int use_shift; /* 0 but for synaptic layers */

    /* numbers of the synapses (synaptic only) */
    int32_t weight_limit;      /* |w| <= weight_limit */
    int32_t bias_limit;        /* |b| <= bias_limit, charge units */
    int master_shift;          /* w = round(W / 2^master_shift) */
    int bias_shift;            /* b = round(B / 2^bias_shift) */
    int64_t charge_bound;      /* max |charge| over any inputs */
    int64_t error_bound;       /* max |U| in the neurons it sends errors to */
    uint32_t gradient_samples; /* whose gradient fits 32 bits, at least 1 */

    /* learning-rate scale (docs/semantics.md, optimiser): spread of charge
     * at start of this layer (A) and of what arrives (Ain), and log2 of
     * G_l / alpha, the error gain accumulated from the top */
    int32_t rate_out, rate_in;
    int gain_bits;

    /* standardisation (docs/semantics.md): w = round(gain row_norm c / |c|),
     * c = W - mean, for each output channel */
    bool standardised;
    int32_t row_norm; /* |w| at gain 1, in 2^-8 weight units */
    int weight_bits;  /* 8 or 16: type of the forward copy */
    size_t weights;   /* out_c * K */

    /* the arrays; layers/arrays.h has what is to be known of each */
    void *weight;         /* forward copy, int8 or int16; the engines' */
    int32_t *master;      /* W */
    int32_t *velocity;    /* momentum of W */
    int32_t *bias;        /* [out_c], charge units */
    int32_t *bias_master; /* [out_c] */
    int32_t *bias_velocity;
    int32_t *gain;          /* [out_c], in 2^-16 */
    int32_t *gain_velocity; /* [out_c] */
    sg__row *row;           /* [out_c]: mean and size of the masters */
} sg__layer;

/* sg__layer_weight: forward copy i of a layer, whatever its type. */
static inline int32_t sg__layer_weight(const sg__layer *layer, size_t i)
{
    return layer->weight_bits == 8 ? ((const int8_t *)layer->weight)[i]
                                   : ((const int16_t *)layer->weight)[i];
}

/* sg__layer_set_weight: sets it; |w| <= weight_limit. */
static inline void sg__layer_set_weight(sg__layer *layer, size_t i, int32_t w)
{
    if (layer->weight_bits == 8)
        ((int8_t *)layer->weight)[i] = (int8_t)w;
    else
        ((int16_t *)layer->weight)[i] = (int16_t)w;
}

/* sg__layer_refresh: forward copies from masters, w = round(W), saturated at
 * the limit, for output channels first..last-1 of a synaptic layer. */
void sg__layer_refresh(sg__layer *layer, size_t first, size_t last);

/* sg__layer_standardise: forward weights, means and sizes of rows
 * first..last-1 of a standardised layer; not their biases. */
void sg__layer_standardise(sg__layer *layer, const sg__kernels *kernels,
                           size_t first, size_t last);

#endif
