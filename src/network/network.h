/* The network as the engines see it: layers in order, each with its geometry,
 * thresholds, bounds and weights.
 *
 * Letters used everywhere: H W C height, width, channels; K fan-in.
 * Activations are HWC, one byte a neuron. Weights are
 * [out_c][kernel_h][kernel_w][in_c], so that for one output the weights of a
 * kernel row lie side by side, as do the inputs they meet.
 *
 * Invariant after sg__network_plan: no sum an engine forms can leave int32. */
#ifndef SG_NETWORK_NETWORK_H
#define SG_NETWORK_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/geometry.h"
#include "core/standardise.h"
#include "kernels/kernels.h"
#include "spikegrad/network.h"
#include "spikegrad/train.h"

typedef struct sg__layer {
    sg_layer_kind kind;
    char name[24];
    sg_shape in, out; /* as images; a flattened input keeps its image shape */
    sg__geometry geo;
    bool synaptic; /* conv or dense; the others have no weights */
    bool output;   /* last layer: integrates, does not fire */

    /* forward compartment (synaptic and average pooling) */
    int theta_bits;     /* Theta = 2^theta_bits */
    int32_t fire_level; /* H */
    int32_t in_cap;     /* largest count that arrives */
    int32_t cap;        /* largest count sent on; 0 for the output layer */

    /* error compartment (synaptic); Phi is in the units of the error charge
     * that arrives: weight units of the next synaptic layer, shifted as below
     * where additions bring charge too, or 2^-16 for the output layer, whose
     * error comes from the loss */
    int phi_bits;

    /* residual blocks (docs/semantics.md, "Additions"). The spikes that arrive
     * at synaptic layer `skip` are added; their neurons get error charge from
     * that layer and from every addition that names it, each shifted left so
     * that all are in the finest of their units. */
    size_t skip;     /* addition: a lower, synaptic layer */
    int skip_shift;  /* addition: of the error charge that takes this way */
    int error_shift; /* synaptic: of the error charge to the layer below */

    /* dropout (docs/semantics.md, "Dropout"): in training one unit in
     * 2^keep_bits takes part. In use all do, and in the synaptic layer that
     * their spikes come to Theta, H and biases are 2^use_shift times those of
     * training, which are the ones kept here. */
    int keep_bits; /* 0 but for dropouts */
    int use_shift; /* 0 but for synaptic layers */

    /* numbers of the synapses (synaptic only) */
    int32_t weight_limit; /* |w| <= weight_limit */
    int32_t bias_limit;   /* |b| <= bias_limit, charge units */
    int master_shift;     /* w = round(W / 2^master_shift) */
    int bias_shift;       /* b = round(B / 2^bias_shift) */
    int64_t charge_bound; /* max |charge| over any inputs */
    int64_t error_bound;  /* max |U| this layer causes in the one below */

    /* learning-rate scale (docs/semantics.md, optimiser): spread of charge
     * at start of this layer (A) and of what arrives (Ain), and log2 of
     * G_l / alpha, the error gain accumulated from the top */
    int32_t rate_out, rate_in;
    int gain_bits;

    /* standardisation (docs/semantics.md): w = round(gain row_norm c / |c|),
     * c = W - mean, for each output channel */
    bool standardised;
    int32_t row_norm;       /* |w| at gain 1, in 2^-8 weight units */
    int32_t *gain;          /* [out_c], in 2^-16 */
    int32_t *gain_velocity; /* [out_c] */
    sg__row *row;           /* [out_c]: mean and size of the masters */

    size_t weights;       /* out_c * K */
    int weight_bits;      /* 8 or 16: type of the forward copy */
    void *weight;         /* forward copy, int8 or int16; the engines' */
    int32_t *master;      /* W */
    int32_t *velocity;    /* momentum of W */
    int32_t *bias;        /* [out_c], charge units */
    int32_t *bias_master; /* [out_c] */
    int32_t *bias_velocity;
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

/* Where a run stands; saved in checkpoints so that a resumed run repeats it.
 * `train` sums the metrics of the unfinished epoch. */
typedef struct sg__run {
    uint64_t step;
    uint32_t epoch;   /* completed */
    uint32_t batch;   /* completed in the epoch under way */
    uint32_t planned; /* epochs the schedule runs over; 0: the recipe's */
    sg_metrics train;
} sg__run;

struct sg_network {
    sg_recipe recipe;
    sg_shape input;
    uint32_t classes;
    size_t layer_count;
    sg__layer *layer;
    char data[256];     /* name of the data it is trained on */
    uint32_t data_size; /* samples in an epoch */
    uint64_t data_hash; /* of some of them, network/match.h; 0: not known */
    sg__run run;
};

/* sg__network_plan: parses recipe->net for the given input and allocates the
 * layers with zero weights; thresholds, bounds and limits are set by
 * sg__network_set_thresholds. Errors as sg_network_create. */
sg_status sg__network_plan(const sg_recipe *recipe, sg_shape input,
                           uint32_t classes, sg_network **out,
                           sg_error *error);

/* sg__layers_take_recipe: what a recipe says of the arrays of parsed layers:
 * their types, and which are standardised. */
void sg__layers_take_recipe(sg__layer *layers, size_t count,
                            const sg_recipe *recipe);

/* sg__network_set_thresholds: fixes Theta = 2^bits[i] of the i-th synaptic
 * layer and everything that follows from it: Phi, limits, shifts, bounds.
 * SG_E_BOUND or SG_E_RANGE if they do not fit. */
sg_status sg__network_set_thresholds(sg_network *net, const int *theta_bits,
                                     sg_error *error);

/* sg__network_try_thresholds: the same for forward passes only, while some of
 * the thresholds are not known: error charges are not held to their bound. */
sg_status sg__network_try_thresholds(sg_network *net, const int *theta_bits,
                                     sg_error *error);

/* sg__network_refresh: forward copies from masters: w = round(W), saturated
 * at the limit, for all layers. */
void sg__network_refresh(sg_network *net);

/* sg__layer_refresh: the same for output channels first..last-1 of one
 * synaptic layer. */
void sg__layer_refresh(sg__layer *layer, size_t first, size_t last);

/* sg__layer_standardise: forward weights, means and sizes of rows
 * first..last-1 of a standardised layer; not their biases. */
void sg__layer_standardise(sg__layer *layer, const sg__kernels *kernels,
                           size_t first, size_t last);

/* sg__network_epochs: epochs of the run in all, as planned. */
static inline uint32_t sg__network_epochs(const sg_network *net)
{
    return net->run.planned ? net->run.planned : (uint32_t)net->recipe.epochs;
}

/* sg__network_bytes: memory of the weights and the optimiser's state. */
size_t sg__network_bytes(const sg_network *net);

/* sg__network_clone: a deep copy, for what must not touch the original. */
sg_status sg__network_clone(const sg_network *net, sg_network **out);

/* sg__recipe_check: SG_E_RANGE unless every field is what sg_recipe_set would
 * accept; the struct is public, so anything may be in it. */
sg_status sg__recipe_check(const sg_recipe *recipe, sg_error *error);

/* sg__recipe_phi_auto: whether phi is "auto:R"; log2 of R. */
bool sg__recipe_phi_auto(const sg_recipe *recipe, int *share_bits);

enum {
    SG__PHI_BITS_MAX = 24,  /* log2 of the largest error threshold */
    SG__THETA_BITS_MAX = 18 /* of the largest threshold, in use */
};

/* sg__network_set_phi: Phi = 2^bits[i] for the i-th hidden synaptic layer, and
 * the error gains, shifts and bounds that follow. SG_E_RANGE, or SG_E_BOUND
 * if error charges that meet at an addition could overflow: the network is
 * of no use then until a call succeeds. */
sg_status sg__network_set_phi(sg_network *net, const int *phi_bits,
                              sg_error *error);

/* sg__adds_at: whether layer r adds the spikes that arrive at layer l. */
static inline bool sg__adds_at(const sg_network *net, size_t r, size_t l)
{
    return net->layer[r].kind == SG_LAYER_ADD && net->layer[r].skip == l;
}

/* sg__drops_out: whether the network differs between training and use. */
static inline bool sg__drops_out(const sg_network *net)
{
    for (size_t l = 0; l < net->layer_count; l++)
        if (net->layer[l].kind == SG_LAYER_DROPOUT)
            return true;
    return false;
}

/* sg__lowest_synaptic: the lowest layer with weights; nothing below learns. */
static inline size_t sg__lowest_synaptic(const sg_network *net)
{
    size_t l = 0;
    while (!net->layer[l].synaptic)
        l++;
    return l;
}

/* sg__recipe_phi_bits: log2 of Phi/Theta for hidden synaptic layer i of n;
 * all 0 if it is to be found. */
sg_status sg__recipe_phi_bits(const sg_recipe *recipe, size_t n, int *bits,
                              sg_error *error);

/* sg__input_neurons: the neurons that send input spikes, as an image: that of
 * the pixels, with two channels for each of theirs if input is onoff. */
static inline sg_shape sg__input_neurons(const sg_recipe *recipe,
                                         sg_shape pixels)
{
    uint32_t codes = recipe->input == SG_INPUT_ONOFF ? 2 : 1;
    return (sg_shape){pixels.height, pixels.width, pixels.channels * codes};
}

/* sg__network_quantise: input spike counts of an image of the network's input
 * shape, count = floor((pixel * levels + 127) / 255), i.e. rounded, or as
 * core/quantise.h sg__on_off; the same by any kernels. */
void sg__network_quantise(const sg_network *net, const sg__kernels *kernels,
                          const uint8_t *pixels, uint8_t *counts);

#endif
