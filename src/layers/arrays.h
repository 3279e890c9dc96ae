/* The arrays of a layer, in one list. Whatever walks over all of them does it
 * by this list: allocation, clones, byte counts, checkpoints, verification,
 * and whoever else has to move the state of a layer.
 *
 * X(id, field, type, length, needs, kind, name, label)
 *   type    INT32, FORWARD (int8 or int16, by the layer's weight_bits) or ROW
 *   length  SYNAPSES or CHANNELS
 *   needs   WEIGHTS: layers with weights; STANDARDISED: those of them whose
 *           rows are standardised
 *   kind    STATE: what a run goes on from; DERIVED: made of the state by
 *           sg__layer_refresh
 *   name    of the tensor in a checkpoint; NULL: not in it
 *   label   what messages call it
 * In the order of a checkpoint, wide types first, so that each tensor is
 * aligned to its type. */
#ifndef SG_LAYERS_ARRAYS_H
#define SG_LAYERS_ARRAYS_H

#include "layers/layer.h"

#define SG__ARRAY_LIST(X)                                                     \
    X(MASTER, master, INT32, SYNAPSES, WEIGHTS, STATE, "weight_master",       \
      "master weight")                                                        \
    X(VELOCITY, velocity, INT32, SYNAPSES, WEIGHTS, STATE, "weight_velocity", \
      "velocity")                                                             \
    X(BIAS, bias, INT32, CHANNELS, WEIGHTS, DERIVED, "bias", "bias")          \
    X(BIAS_MASTER, bias_master, INT32, CHANNELS, WEIGHTS, STATE,              \
      "bias_master", "bias master")                                           \
    X(BIAS_VELOCITY, bias_velocity, INT32, CHANNELS, WEIGHTS, STATE,          \
      "bias_velocity", "bias velocity")                                       \
    X(GAIN, gain, INT32, CHANNELS, STANDARDISED, STATE, "gain", "gain")       \
    X(GAIN_VELOCITY, gain_velocity, INT32, CHANNELS, STANDARDISED, STATE,     \
      "gain_velocity", "gain velocity")                                       \
    X(WEIGHT, weight, FORWARD, SYNAPSES, WEIGHTS, DERIVED, "weight",          \
      "updated weight")                                                       \
    X(ROW, row, ROW, CHANNELS, STANDARDISED, DERIVED, NULL, "row")

typedef enum sg__array {
#define SG__ARRAY_ID(id, ...) SG__ARRAY_##id,
    SG__ARRAY_LIST(SG__ARRAY_ID)
#undef SG__ARRAY_ID
        SG__ARRAYS
} sg__array;

typedef enum sg__array_type {
    SG__ARRAY_INT32,
    SG__ARRAY_FORWARD,
    SG__ARRAY_ROWS
} sg__array_type;

/* A row of the list. */
typedef struct sg__array_info {
    sg__array_type type;
    bool per_synapse; /* [out_c][kernel_h][kernel_w][in_c]; else [out_c] */
    bool standardised;
    bool derived;
    const char *name, *label;
} sg__array_info;

/* sg__array_describe: the row of an array, below SG__ARRAYS. */
const sg__array_info *sg__array_describe(sg__array array);

/* sg__array_present: whether a layer has it; `synaptic`, `standardised` and
 * the geometry of the layer must be set, nothing need be allocated. */
bool sg__array_present(const sg__layer *layer, sg__array array);

/* sg__array_length, _bytes: elements, and bytes of all of them; 0 if it is
 * not present. */
size_t sg__array_length(const sg__layer *layer, sg__array array);
size_t sg__array_bytes(const sg__layer *layer, sg__array array);

/* sg__array_at: where it is; NULL if it is not present or not allocated. */
void *sg__array_at(const sg__layer *layer, sg__array array);

/* sg__array_get: element i of an array of integers, whatever its type.
 * sg__array_set: sets it; the value must be in the range of the type. */
int32_t sg__array_get(const sg__layer *layer, sg__array array, size_t i);
void sg__array_set(sg__layer *layer, sg__array array, size_t i, int32_t value);

/* sg__arrays_allocate: all arrays of a layer, zeroed; SG_E_MEMORY, and
 * sg__arrays_free has what there is. */
sg_status sg__arrays_allocate(sg__layer *layer);
void sg__arrays_free(sg__layer *layer);

/* sg__arrays_copy: all arrays, between layers of the same form. */
void sg__arrays_copy(sg__layer *to, const sg__layer *from);

#endif
