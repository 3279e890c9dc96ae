/* A NIR graph in memory, as it stands in the file: nodes with their
 * parameters, in the order in which they hear each other. Only chains are
 * taken: each node hears the one before it. */
#ifndef SG_NIR_GRAPH_H
#define SG_NIR_GRAPH_H

#include "nir/hdf5.h"

typedef enum sg__nir_kind {
#define KIND(name, number, needed, optional) SG__NIR_##number,
#include "nir/kinds.def"
#undef KIND
    SG__NIR_KINDS
} sg__nir_kind;

/* Parameters: the datasets of a node. */
#define SG__NIR_PARAMETERS(X)                                                 \
    X(SHAPE, "shape")                                                         \
    X(INPUT_SHAPE, "input_shape")                                             \
    X(WEIGHT, "weight")                                                       \
    X(BIAS, "bias")                                                           \
    X(STRIDE, "stride")                                                       \
    X(PADDING, "padding")                                                     \
    X(DILATION, "dilation")                                                   \
    X(GROUPS, "groups")                                                       \
    X(KERNEL_SIZE, "kernel_size")                                             \
    X(SCALE, "scale")                                                         \
    X(START_DIM, "start_dim")                                                 \
    X(END_DIM, "end_dim")                                                     \
    X(INPUT_TYPE, "input_type")                                               \
    X(R, "r")                                                                 \
    X(V_THRESHOLD, "v_threshold")                                             \
    X(V_RESET, "v_reset")

typedef enum sg__nir_parameter {
#define SG__NIR_NUMBER(number, name) SG__NIR_P_##number,
    SG__NIR_PARAMETERS(SG__NIR_NUMBER)
#undef SG__NIR_NUMBER
        SG__NIR_PARAMETER_COUNT
} sg__nir_parameter;

/* Padding that is a word instead of numbers. */
typedef enum sg__nir_padding {
    SG__NIR_PAD_NUMBERS,
    SG__NIR_PAD_VALID,
    SG__NIR_PAD_SAME
} sg__nir_padding;

typedef struct sg__nir_node {
    char *name;
    sg__nir_kind kind;
    sg__nir_array
        value[SG__NIR_PARAMETER_COUNT]; /* optional ones: maybe none */
    sg__nir_padding padding;
} sg__nir_node;

/* nodes in the order of the chain, the first is Input, the last Output. */
typedef struct sg__nir_graph {
    sg__nir_node *node;
    size_t count;
} sg__nir_graph;

/* sg__nir_kind_name: "Conv2d". */
const char *sg__nir_kind_name(sg__nir_kind kind);

/* sg__nir_graph_read: the graph of an open file.
 * Errors: SG_E_FORMAT, SG_E_UNSUPPORTED for other nodes and other graphs, by
 * name; SG_E_MEMORY. */
sg_status sg__nir_graph_read(const sg__nir_file *file, sg__nir_graph *out,
                             sg_error *error);
void sg__nir_graph_free(sg__nir_graph *graph);

#endif
