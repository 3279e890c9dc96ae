/* A network: layers in order, and where its run stands.
 *
 * Invariant after sg__network_plan: no sum an engine forms can leave int32. */
#ifndef SG_NETWORK_NETWORK_H
#define SG_NETWORK_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layers/kind.h"
#include "network/recipe.h"
#include "spikegrad/network.h"
#include "spikegrad/train.h"

/* Bytes of the name of data, its end included: a reader, the longest path
 * there is, and options. */
enum { SG__DATA_NAME = 4352 };

/* Where a run stands; saved in checkpoints so that a resumed run repeats it.
 * `train` sums the metrics of the unfinished epoch. */
typedef struct sg__run {
    uint64_t step;
    uint32_t epoch;     /* completed */
    uint32_t batch;     /* completed in the epoch under way */
    uint32_t planned;   /* epochs the schedule runs over; 0: the recipe's */
    int32_t slower_ppm; /* what the learning rate lacks to the schedule's, in
                           millionths of it */
    sg_metrics train;
} sg__run;

/* num / den, 0 < num <= den. */
typedef struct sg__ratio {
    int32_t num, den;
} sg__ratio;

struct sg_network {
    sg_recipe recipe;
    sg_shape input;
    uint32_t classes;
    size_t layer_count;
    sg__layer *layer;
    char data[SG__DATA_NAME]; /* name of the data it is trained on */
    char **class_name;        /* [classes] in one block, or NULL: none */
    sg__ratio *class_weight;  /* [classes]; NULL: 1 each */
    uint32_t weight_mean;     /* of a sample's, in 2^-24, if there are some */
    uint32_t data_size;       /* samples in an epoch */
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

/* sg__network_epochs: epochs of the run in all, as planned. */
static inline uint32_t sg__network_epochs(const sg_network *net)
{
    return net->run.planned ? net->run.planned : (uint32_t)net->recipe.epochs;
}

/* sg__network_bytes: memory of the weights and the optimiser's state. */
size_t sg__network_bytes(const sg_network *net);

/* sg__network_clone: a deep copy, for what must not touch the original. */
sg_status sg__network_clone(const sg_network *net, sg_network **out);

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

/* sg__hears, sg__adds: whether spikes of a sender arrive at layer r, by which
 * way error charge comes back; as those below it, or as those that an addition
 * adds to them. */
static inline bool sg__hears(const sg_network *net, size_t r, size_t sender)
{
    return net->layer[r].from == sender;
}
static inline bool sg__adds(const sg_network *net, size_t r, size_t sender)
{
    return net->layer[r].kind->id == SG_LAYER_ADD &&
           net->layer[r].skip == sender;
}

/* sg__neurons_of: neurons of a sender. */
static inline size_t sg__neurons_of(const sg_network *net, size_t sender)
{
    return sender == 0 ? sg__inputs(&net->layer[0].geo)
                       : sg__outputs(&net->layer[sender - 1].geo);
}

/* sg__drops_out: whether the network differs between training and use. */
static inline bool sg__drops_out(const sg_network *net)
{
    for (size_t l = 0; l < net->layer_count; l++)
        if (net->layer[l].keep_bits > 0)
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

/* sg__lowest_learning: the lowest layer that learns; errors go no further. */
static inline size_t sg__lowest_learning(const sg_network *net)
{
    size_t l = 0;
    while (!net->layer[l].synaptic || net->layer[l].frozen)
        l++;
    return l;
}

/* sg__gets_errors: whether error charge is of use to a sender: whether it has
 * error compartments, or passes charge on to some. */
static inline bool sg__gets_errors(const sg_network *net, size_t sender)
{
    return sender > sg__lowest_learning(net);
}

/* sg__input_neurons: the neurons that send input spikes, as an image: that of
 * the pixels, with two channels for each of theirs if input is onoff. */
static inline sg_shape sg__input_neurons(const sg_recipe *recipe,
                                         sg_shape pixels)
{
    uint32_t codes = recipe->input == SG_INPUT_ONOFF ? 2 : 1;
    return (sg_shape){pixels.height, pixels.width, pixels.channels * codes};
}

/* sg__input_is_moved: whether augmentation moves input spike counts about, and
 * not pixels that become counts afterwards. */
static inline bool sg__input_is_moved(const sg_recipe *recipe)
{
    return recipe->input != SG_INPUT_PLAIN;
}

/* sg__network_quantise: input spike counts of an image of the network's input
 * shape, count = floor((pixel * levels + 127) / 255), i.e. rounded, or as
 * core/quantise.h sg__on_off or sg__counted; the same by any kernels. */
void sg__network_quantise(const sg_network *net, const sg__kernels *kernels,
                          const uint8_t *pixels, uint8_t *counts);

#endif
