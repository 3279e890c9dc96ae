/* What a chain of nodes means as layers of ours: topology, and weights in
 * thresholds of the neurons they lead to, in our order. */
#ifndef SG_NIR_CHAIN_H
#define SG_NIR_CHAIN_H

#include "nir/graph.h"
#include <spikegrad/network.h>

typedef enum sg__nir_layer_kind {
    SG__NIR_CONVOLUTION,
    SG__NIR_DENSE,
    SG__NIR_POOL_SUM,
    SG__NIR_POOL_AVERAGE
} sg__nir_layer_kind;

typedef struct sg__nir_layer {
    sg__nir_layer_kind kind;
    const char *node; /* its name in the graph */
    size_t out, in;   /* channels; dense: units, and all inputs */
    size_t kernel[2], stride[2], padding[2]; /* height, width */
    /* double[out][kernel h][kernel w][in], dense [out][in]; in thresholds */
    double *weight;
    double *bias; /* double[out], thresholds for each step; NULL: none */
} sg__nir_layer;

typedef struct sg__nir_chain {
    sg_shape input;
    sg__nir_layer *layer;
    size_t count, classes;
} sg__nir_chain;

/* sg__nir_chain_make: flat is the image's shape for graphs whose input is a
 * list; all 0: 1 x 1 x length. graph must outlive the chain.
 * Errors: SG_E_UNSUPPORTED and SG_E_FORMAT name the node; SG_E_MEMORY. */
sg_status sg__nir_chain_make(const sg__nir_graph *graph, const char *path,
                             sg_shape flat, sg__nir_chain *out,
                             sg_error *error);
void sg__nir_chain_free(sg__nir_chain *chain);

/* sg__nir_chain_topology: as sg_recipe's "net" has it. SG_E_TOPOLOGY if it is
 * longer than size. */
sg_status sg__nir_chain_topology(const sg__nir_chain *chain, char *text,
                                 size_t size, sg_error *error);

/* sg__nir_chain_gathered: the largest number of neurons whose spikes a place of
 * a sum pool, or a pool of such, adds up. */
size_t sg__nir_chain_gathered(const sg__nir_chain *chain);

#endif
