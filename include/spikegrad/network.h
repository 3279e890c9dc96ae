/* Networks: topology, thresholds, weights, and using a trained one. */
#ifndef SPIKEGRAD_NETWORK_H
#define SPIKEGRAD_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#include "spikegrad/data.h"
#include "spikegrad/recipe.h"
#include "spikegrad/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Layers of a network are fewer than this. */
#define SG_LAYERS_MAX 256

/* Layers with their thresholds, weights and the optimiser's state, and where
 * their training stands. */
typedef struct sg_network sg_network;

/* What a layer does. */
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

/* Of an image, or of the units of a layer. */
typedef struct sg_shape {
    uint32_t height, width, channels;
} sg_shape;

/* Rows and columns of a kernel, a step, a border. */
typedef struct sg_extent {
    uint32_t height, width;
} sg_extent;

/* One layer as seen from outside. Layers are numbered from 0 at the input
 * side; pooling layers, additions and dropouts count. For them theta and all
 * below it are 0, but for skip and keep. */
typedef struct sg_layer_info {
    sg_layer_kind kind;
    char name[24]; /* as in the topology: "15C5" */
    sg_shape in, out;
    sg_extent kernel, stride, padding; /* kernel: 0 where none slides */
    uint64_t neurons;                  /* units of the layer */
    uint64_t synapses;                 /* distinct weights, without biases */
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
    int32_t frozen;       /* 1: it has weights and does not learn */
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
    uint32_t data_size;      /* samples in an epoch */
    uint64_t data_hash;      /* of them, sg_data_hash; 0: not known */
} sg_network_info;

/* sg_network_get_info: all of out is written; with 0 if net is NULL. */
SG_API void sg_network_get_info(const sg_network *net, sg_network_info *out);

/* sg_network_class_name: of a class, as the data had it that the network was
 * made for; NULL if they had none, or there is no such class. Valid as long as
 * the network is. */
SG_API const char *sg_network_class_name(const sg_network *net,
                                         uint32_t label);
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

/* sg_network_adapt: a network that begins a run with the weights of a model,
 * for other data, another recipe, another number of classes
 * (docs/semantics.md, "Going on from a model").
 *
 * Layers keep masters, thresholds and gains of the model's; velocities are 0.
 * Where the classes of data are others than the model's, or new_readout is
 * not 0, the last layer is initialised anew, above the others as they are.
 * recipe may have anything that leaves weights of the same form: images of
 * another size, if no fully connected layer minds, pools, counts, rates;
 * sg_network_adapt_recipe gives the one to begin with.
 * Errors: those of sg_network_create; SG_E_TOPOLOGY: weights that do not fit
 * (detail names the layer); SG_E_RANGE: other weight-bits or standardise. */
SG_API sg_status sg_network_adapt(const sg_network *model,
                                  const sg_recipe *recipe, const sg_data *data,
                                  int new_readout, sg_network **out,
                                  sg_error *error);

/* sg_network_adapt_recipe: the recipe of a model for data that have info's
 * classes: net with as many neurons at its end, phi = kept in the place of
 * auto, freeze = none.
 * Errors: SG_E_ARGUMENT (NULL); SG_E_TOPOLOGY: a net with no such end;
 * SG_E_MEMORY. */
SG_API sg_status sg_network_adapt_recipe(const sg_network *model,
                                         const sg_data_info *info,
                                         sg_recipe **out, sg_error *error);

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

/* sg_network_load_memory: a network from a checkpoint that is in memory, size
 * bytes. name is for errors, NULL: "memory". Errors: as sg_network_load.
 *
 * sg_network_load_memory_edited: as sg_network_load_edited, in memory.
 *
 * sg_network_save_memory: the bytes that sg_network_save writes, *size of them
 * at *bytes, to be freed with sg_free. Errors: as sg_network_save. */
SG_API sg_status sg_network_load_memory(const void *bytes, size_t size,
                                        const char *name, sg_network **out,
                                        sg_error *error);
SG_API sg_status sg_network_load_memory_edited(const void *bytes, size_t size,
                                               const char *name,
                                               sg_network **out,
                                               uint64_t *differs,
                                               sg_error *error);
SG_API sg_status sg_network_save_memory(const sg_network *net, void **bytes,
                                        size_t *size, sg_error *error);

/* sg_free: frees memory that the library has handed out; NULL is legal. */
SG_API void sg_free(void *memory);

/* sg_network_save: writes a new file beside path, syncs it and renames it over
 * path (file.h), so that path holds either the old or the new file, whole.
 * Errors: SG_E_IO, SG_E_MEMORY, SG_E_BOUND for a file larger than
 * sg_network_load takes (10 GiB), SG_E_UNSUPPORTED as above. */
SG_API sg_status sg_network_save(const sg_network *net, const char *path,
                                 sg_error *error);

/* sg_network_destroy: frees it; NULL is legal. Not for one that a trainer
 * owns. */
SG_API void sg_network_destroy(sg_network *net);

/* An array of numbers of a layer. */
typedef struct sg_array_info {
    size_t length;     /* elements in all */
    size_t rank;       /* dimensions */
    uint64_t shape[4]; /* convolutions: out channels, kernel height, kernel
                          width, in channels; fully connected: out, in; else
                          one dimension */
    int32_t low, high; /* elements may be set to what is between, if sums stay
                          within their bounds */
    int derived;       /* 1: weight and bias, which follow from masters */
} sg_array_info;

/* sg_network_array_name: the i-th array of a layer, from 0; NULL past the
 * last, and for layers without weights. They are those of a checkpoint
 * (docs/checkpoint-format.md): "weight", "weight_master", "weight_velocity",
 * "bias", ..., "gain", and besides "theta_bits" and "phi_bits", log2 of the
 * layer's thresholds, of length 1. Names stay valid.
 * sg_network_get_array: what one is.
 * Errors: SG_E_ARGUMENT, the layer has none of that name, or a NULL;
 * SG_E_RANGE, no such layer. */
SG_API const char *sg_network_array_name(const sg_network *net, size_t layer,
                                         size_t i);
SG_API sg_status sg_network_get_array(const sg_network *net, size_t layer,
                                      const char *name, sg_array_info *out,
                                      sg_error *error);

/* sg_network_read_array: elements first..first+count-1.
 * values  int32[count]; written
 * Errors: as sg_network_get_array; SG_E_RANGE, not all are there. */
SG_API sg_status sg_network_read_array(const sg_network *net, size_t layer,
                                       const char *name, size_t first,
                                       size_t count, int32_t *values,
                                       sg_error *error);

/* An array where it is in memory. */
typedef struct sg_array_view {
    const void *elements; /* signed integers, as many as sg_array_info says */
    unsigned bits;        /* of one: 8, 16 or 32 */
} sg_array_view;

/* sg_network_view_array: the array itself, for reading without a copy. It
 * stays where it is as long as net does, and changes with it: sg_network's
 * next write, or the next step of the trainer that owns it.
 * Errors: as sg_network_get_array; SG_E_UNSUPPORTED for "theta_bits" and
 * "phi_bits", which are no arrays. */
SG_API sg_status sg_network_view_array(const sg_network *net, size_t layer,
                                       const char *name, sg_array_view *out,
                                       sg_error *error);

/* sg_network_write_array: sets them; forward weights and biases follow their
 * masters. Setting "weight" or "bias" sets the masters; of a standardised
 * layer weights follow from "weight_master" and "gain" alone. A threshold
 * brings all that depends on it along: with theta_bits goes the phi_bits of
 * layers below, by the recipe's phi, but with auto and kept, where phi_bits is
 * of its own and can be set. Not while a classifier or a simulation
 * of net exists: they have copies.
 * Errors: as sg_network_read_array; SG_E_RANGE for a value that is out of
 * low..high; SG_E_BOUND for thresholds with which a sum could overflow;
 * SG_E_UNSUPPORTED for weights of a standardised layer, and for another
 * phi_bits than the recipe's phi gives. Nothing is changed then. */
SG_API sg_status sg_network_write_array(sg_network *net, size_t layer,
                                        const char *name, size_t first,
                                        size_t count, const int32_t *values,
                                        sg_error *error);

/* A classifier: images one by one or many at a time, without allocation. A
 * network may be used by many threads at once, each with a classifier of its
 * own, which has that thread's working memory. Weights, in the order in which
 * the processor reads them, are there once for all that share them. */
typedef struct sg_classifier sg_classifier;

/* sg_classifier_create: takes all memory. net must outlive it and not change.
 * Errors: SG_E_ARGUMENT (a NULL), SG_E_MEMORY. */
SG_API sg_status sg_classifier_create(const sg_network *net,
                                      sg_classifier **out, sg_error *error);

/* sg_classifier_share: one more for another thread, with working memory of its
 * own and the weights of `classifier`, which must outlive it. Both may run at
 * once. Errors: SG_E_ARGUMENT (a NULL), SG_E_MEMORY. */
SG_API sg_status sg_classifier_share(const sg_classifier *classifier,
                                     sg_classifier **out, sg_error *error);

/* sg_classifier_run: the class of one image, as sg_network_classify.
 * logits, label  NULL: not wanted
 * Errors: SG_E_ARGUMENT (a NULL). */
SG_API sg_status sg_classifier_run(sg_classifier *classifier,
                                   const uint8_t *pixels, int32_t *logits,
                                   uint32_t *label);

/* sg_classifier_run_many: the classes of `count` images, in this thread.
 * pixels  uint8[count][height][width][channels]; NULL is legal for none
 * logits  int32[count][classes]; NULL: not wanted
 * labels  uint32[count]; NULL: not wanted
 * Errors: SG_E_ARGUMENT (a NULL). */
SG_API sg_status sg_classifier_run_many(sg_classifier *classifier,
                                        const uint8_t *pixels, size_t count,
                                        int32_t *logits, uint32_t *labels);

/* sg_classifier_counts: spikes that the neurons of a sender sent for the image
 * last classified, uint8[height][width][channels]. sender 0 is the image, k + 1
 * layer k. NULL past the last layer that sends spikes. Valid until the next
 * run. After sg_classifier_run_many: not defined. */
SG_API const uint8_t *sg_classifier_counts(const sg_classifier *classifier,
                                           size_t sender);

/* sg_classifier_destroy: frees it, not the network; NULL is legal. Those that
 * share its weights have to be gone. */
SG_API void sg_classifier_destroy(sg_classifier *classifier);

/* sg_network_classify: the class of one image.
 *
 * pixels  uint8[height][width][channels] of the network's input
 * logits  int32[classes] final membrane values in weight units, or NULL; the
 *         threshold they are measured by is theta_in_use of the last layer
 * label   the class with the largest logit, the first one on a tie
 * Allocates and frees a workspace; for many images use a classifier, or
 * sg_evaluate. Errors: SG_E_ARGUMENT (a NULL), SG_E_MEMORY. */
SG_API sg_status sg_network_classify(const sg_network *net,
                                     const uint8_t *pixels, int32_t *logits,
                                     uint32_t *label);

/* sg_predict: the classes of many images, in several threads.
 *
 * pixels   uint8[count][height][width][channels]; NULL is legal for none
 * threads  1..256; 0 means one per processor. Does not change any result.
 * logits   int32[count][classes]; written. NULL: not wanted
 * labels   uint32[count]; written. NULL: not wanted
 * Packs the weights anew: for a few images at a time keep a classifier.
 * Errors: SG_E_ARGUMENT (a NULL), SG_E_RANGE (threads), SG_E_MEMORY. */
SG_API sg_status sg_predict(const sg_network *net, const uint8_t *pixels,
                            size_t count, unsigned threads, int32_t *logits,
                            uint32_t *labels, sg_error *error);

#ifdef __cplusplus
}
#endif

#endif
