/* Networks from and to NIR, the Neuromorphic Intermediate Representation
 * (Pedersen et al., Nature Communications 15, 2024): an HDF5 file with a graph
 * of nodes. A library of its own, libspikegrad_nir, because it needs libhdf5;
 * libspikegrad does not.
 *
 * docs/nir.md says what becomes what. Damaged files are refused, but behind
 * this stands libhdf5, which is not made for files of an enemy. Not for two
 * threads at once, unless libhdf5 was built for it. */
#ifndef SPIKEGRAD_NIR_H
#define SPIKEGRAD_NIR_H

#include <stddef.h>
#include <stdint.h>

#include <spikegrad/network.h>
#include <spikegrad/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* sg_nir_write: the network in use as a graph that other tools read, at path,
 * replaced as by sg_network_save.
 *
 * Weights and thresholds are the integers of the network, written as float32,
 * which holds them exactly; the threshold of a neuron is theta_in_use, biases
 * are charge given once. Those of the last layer, which does not fire, are
 * divided by its threshold. The checkpoint goes along in the graph's metadata, so
 * that sg_nir_read gives back the network to the bit, with all that NIR has no
 * words for.
 * Errors: SG_E_UNSUPPORTED, a layer that NIR has no node for (the detail names
 * it); SG_E_IO, SG_E_MEMORY, SG_E_ARGUMENT (a NULL). */
SG_API sg_status sg_nir_write(const sg_network *net, const char *path,
                              sg_error *error);

/* How a graph of another tool is taken over. size is that of the struct; what
 * is 0 or NULL means the value in brackets. */
typedef struct sg_nir_options {
    size_t size;
    /* Options for the network's recipe [its own choice: weight-bits 8,
     * fire floor, input counts up to 255, the largest count-cap that the pools
     * allow]. "net" and "standardise" do not count. */
    const sg_recipe *recipe;
    /* Names of those options of recipe that count, [given_count]. */
    const char *const *given;
    size_t given_count;
    /* The shape of an image, for a graph whose input is a plain list [1 x 1 x
     * length]. The list is the image channel by channel, each row by row. */
    sg_shape input;
    /* Steps of the other tool that a sample lasts: a bias acts in each [1]. */
    uint32_t steps;
    /* 1: the graph as any tool sees it, although a checkpoint is in it. */
    int graph_only;
} sg_nir_options;

/* What became of the numbers of a graph. */
typedef struct sg_nir_result {
    int restored;     /* 1: the checkpoint in the file, to the bit */
    uint64_t weights; /* numbers taken over */
    uint64_t clipped; /* of them, biases beyond the largest there can be */
    double error;     /* largest |weight taken - weight meant|, thresholds */
} sg_nir_result;

/* sg_nir_read: a network from a graph: a chain of Conv2d, Conv1d, Linear,
 * Affine, Scale, SumPool2d, AvgPool2d, Flatten, IF between Input and Output.
 *
 * A file of sg_nir_write gives the network that was written, unless its
 * numbers have been changed since (SG_E_FORMAT). Otherwise weights become
 * integers: those of a layer are divided by the threshold of the neurons they
 * lead to and multiplied by the power of two with which the largest just fits
 * the range of a weight; that power is the new threshold. Masters keep 24 or
 * 16 bits more of them, for training. The network has had no step.
 *
 * options  NULL: all as in brackets
 * result   NULL: not wanted
 * Errors: SG_E_IO; SG_E_FORMAT, not a NIR file, or what is wrong with which
 * node; SG_E_UNSUPPORTED, a node or a property of one that this library has no
 * equal of (the detail names node and kind); SG_E_BOUND, SG_E_TOPOLOGY, SG_E_RANGE as sg_network_create; SG_E_MEMORY;
 * SG_E_ARGUMENT (a NULL, an unknown size). */
SG_API sg_status sg_nir_read(const char *path, const sg_nir_options *options,
                             sg_network **out, sg_nir_result *result,
                             sg_error *error);

#ifdef __cplusplus
}
#endif

#endif
