/* What tensors a checkpoint has for the layers of a network, and where they
 * lie in its file: the same for who writes one and who reads one. */
#ifndef SG_IO_LAYOUT_H
#define SG_IO_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/safetensors.h"
#include "layers/arrays.h"

/* A checkpoint has 10 bytes a synapse; this is a network of 10^9. */
#define SG__CHECKPOINT_MAX ((uint64_t)10 << 30)

enum { SG__TENSOR_NAME = 48 };

/* sg__tensor_name: of an array of a layer: "layer.0.weight". */
void sg__tensor_name(char name[SG__TENSOR_NAME], size_t layer,
                     sg__array array);

/* sg__tensor_saved: whether a file has this array of the layer. */
bool sg__tensor_saved(const sg__layer *layer, sg__array array);

/* sg__tensor_of: what that tensor looks like; count and offset stay unset. */
sg__tensor sg__tensor_of(const sg__layer *layer, sg__array array);

/* A file with the tensors of some layers and its metadata, array by array: its
 * bytes, values still 0, or those before the values. */
typedef struct sg__layout {
    sg__tensor *tensors;
    char (*names)[SG__TENSOR_NAME];
    size_t count;
    uint8_t *bytes;
    size_t head; /* bytes before the values, if there are no more */
    size_t size; /* of the whole file */
} sg__layout;

/* sg__lay_out: of `count` layers; whole: with room for the values. All fields
 * of `out` are set, whatever is returned. SG_E_MEMORY. */
sg_status sg__lay_out(const sg__layer *layers, size_t count,
                      struct json_t *metadata, bool whole, sg__layout *out);
void sg__layout_free(sg__layout *out);

#endif
