/* Networks: topology, thresholds, weights, and using a trained one. */
#ifndef SPIKEGRAD_NETWORK_H
#define SPIKEGRAD_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#include "spikegrad/data.h"
#include "spikegrad/recipe.h"
#include "spikegrad/status.h"

/* Layers of a network are fewer than this. */
#define SG_LAYERS_MAX 256

typedef struct sg_network sg_network;

typedef enum sg_layer_kind {
    SG_LAYER_CONV,
    SG_LAYER_DENSE,
    SG_LAYER_POOL_SUM,
    SG_LAYER_POOL_MAX,
    SG_LAYER_POOL_AVERAGE,
    SG_LAYER_ADD,     /* of the spikes of two layers: a residual block's end */
    SG_LAYER_DROPOUT, /* some units, drawn for each sample, pass nothing on */
    SG_LAYER_PROJECTION /* a convolution on the short way round a block */
} sg_layer_kind;

/* sg_layer_kind_name: "convolution", "max pooling", ...; never NULL. */
SG_API const char *sg_layer_kind_name(sg_layer_kind kind);

typedef struct sg_shape {
    uint32_t height, width, channels;
} sg_shape;

/* One layer as seen from outside. Layers are numbered from 0 at the input
 * side; pooling layers, additions and dropouts count. For them theta and all
 * below it are 0, but for skip and keep. */
typedef struct sg_layer_info {
    sg_layer_kind kind;
    char name[24]; /* as in the topology: "15C5" */
    sg_shape in, out;
    uint32_t kernel, stride, padding;
    uint64_t neurons;      /* units of the layer */
    uint64_t synapses;     /* distinct weights, without biases */
    uint64_t dense_macs;   /* multiply-adds of the dense ANN, forward */
    int32_t count_cap;     /* largest count it can send on */
    int32_t theta;         /* firing threshold, weight units */
    int32_t fraction_bits; /* theta = 2^fraction_bits */
    int32_t phi;           /* threshold of the error compartment, in weight
                              units of the next layer with weights, shifted
                              where error charges meet; 2^16 in the last
                              layer, of the loss */
    int32_t weight_limit;  /* weights stay within +-this */
    int64_t charge_bound;  /* largest |charge| that can arrive; a bias adds up
                              to 16 theta */
    int64_t error_bound;   /* largest |error charge| into the layer below */
    uint64_t from;        /* whose spikes arrive: 0, the image, or k + 1, layer
                              k; the layer's own number but for projections */
    uint64_t skip;        /* addition: whose spikes it adds to those; else 0 */
    int32_t keep;         /* dropout: in training one unit in this many takes
                             part, on average: 2 or 4; else 0 */
    int32_t theta_in_use; /* outside of training: theta, times the keep of
                             each dropout that spikes pass on their way here;
                             biases are multiplied likewise */
} sg_layer_info;

/* How a network came to be; zero or "" where unknown. */
typedef struct sg_network_info {
    sg_shape input;
    uint32_t classes;
    size_t layers;
    uint64_t neurons, synapses, dense_macs;
    uint64_t step;           /* optimiser steps taken */
    uint32_t epoch;          /* whole epochs completed */
    uint32_t epochs;         /* planned in all: the recipe's, or fewer */
    const char *data;        /* data specification it was trained on */
    const sg_recipe *recipe; /* the network's own, as long as it lives */
} sg_network_info;

SG_API void sg_network_get_info(const sg_network *net, sg_network_info *out);
/* sg_network_get_layer: layer < layers, or SG_E_RANGE. */
SG_API sg_status sg_network_get_layer(const sg_network *net, size_t layer,
                                      sg_layer_info *out);

/* sg_network_create: builds the topology of recipe->net for images of the
 * given data and initialises it.
 *
 * Weights are uniform; each layer's scale is set on the first 256 samples of
 * data so that the standard deviation of its charge is recipe->spread
 * thresholds (docs/semantics.md, initialisation). All of it in integers.
 * Errors: SG_E_TOPOLOGY, SG_E_BOUND (detail names layer and remedy),
 * SG_E_ARGUMENT if data has no samples, SG_E_RANGE, SG_E_MEMORY. */
SG_API sg_status sg_network_create(const sg_recipe *recipe,
                                   const sg_data *data, sg_network **out,
                                   sg_error *error);

/* sg_network_load: a network from a checkpoint (safetensors).
 * Errors: SG_E_IO, SG_E_FORMAT (detail names file and what is wrong),
 * SG_E_MEMORY, SG_E_UNSUPPORTED in a build without file formats. */
SG_API sg_status sg_network_load(const char *path, sg_network **out,
                                 sg_error *error);

/* sg_network_load_edited: as sg_network_load, for a file whose values another
 * program has changed: its checksum is not looked at, and forward weights and
 * biases are made of the masters, whatever the file has. Saving the network
 * seals it.
 *
 * differs  how many of them the file has otherwise; written. NULL: not wanted
 * Errors: as sg_network_load. */
SG_API sg_status sg_network_load_edited(const char *path, sg_network **out,
                                        uint64_t *differs, sg_error *error);

/* sg_network_save: writes path.tmp, syncs it and renames it over path, so
 * that path holds either the old or the new file, whole.
 * Errors: SG_E_IO, SG_E_MEMORY, SG_E_BOUND for a file larger than
 * sg_network_load takes (10 GiB), SG_E_UNSUPPORTED as above. */
SG_API sg_status sg_network_save(const sg_network *net, const char *path,
                                 sg_error *error);

SG_API void sg_network_destroy(sg_network *net);

/* sg_network_classify: the class of one image.
 *
 * pixels  uint8[height][width][channels] of the network's input
 * logits  int32[classes] final membrane values in weight units, or NULL; the
 *         threshold they are measured by is theta_in_use of the last layer
 * label   the class with the largest logit, the first one on a tie
 * Allocates and frees a workspace; for many images use sg_evaluate.
 * Errors: SG_E_MEMORY. */
SG_API sg_status sg_network_classify(const sg_network *net,
                                     const uint8_t *pixels, int32_t *logits,
                                     uint32_t *label);

#endif
