/* The tensors of a checkpoint; see layout.h. */
#include "io/layout.h"

#ifdef SPIKEGRAD_FILES

#include <stdio.h>
#include <stdlib.h>

#include "layers/kind.h"

void sg__tensor_name(char name[SG__TENSOR_NAME], size_t layer, sg__array array)
{
    snprintf(name, SG__TENSOR_NAME, "layer.%zu.%s", layer,
             sg__array_describe(array)->name);
}

bool sg__tensor_saved(const sg__layer *layer, sg__array array)
{
    return sg__array_describe(array)->name && sg__array_present(layer, array);
}

sg__tensor sg__tensor_of(const sg__layer *layer, sg__array array)
{
    const sg__array_info *info = sg__array_describe(array);
    const sg__geometry *g = &layer->geo;
    sg__tensor tensor = {.dtype = SG__DTYPE_I32, .rank = 1};
    tensor.shape[0] = g->out_c;
    if (info->type == SG__ARRAY_FORWARD)
        tensor.dtype = layer->weight_bits == 8 ? SG__DTYPE_I8 : SG__DTYPE_I16;
    if (!info->per_synapse)
        return tensor;
    if (!layer->kind->spatial) {
        tensor.rank = 2;
        tensor.shape[1] = sg__fan_in(g);
    } else {
        tensor.rank = 4;
        tensor.shape[1] = g->kernel_h;
        tensor.shape[2] = g->kernel_w;
        tensor.shape[3] = g->in_c;
    }
    return tensor;
}

void sg__layout_free(sg__layout *out)
{
    free(out->tensors);
    free(out->names);
    free(out->bytes);
    *out = (sg__layout){0};
}

sg_status sg__lay_out(const sg__layer *layers, size_t count,
                      struct json_t *metadata, bool whole, sg__layout *out)
{
    const size_t room = count * SG__ARRAYS + 1; /* never nothing */
    *out = (sg__layout){.tensors = calloc(room, sizeof *out->tensors),
                        .names = calloc(room, sizeof *out->names)};
    sg_status status = out->tensors && out->names ? SG_OK : SG_E_MEMORY;
    for (int i = 0; status == SG_OK && i < SG__ARRAYS; i++) {
        for (size_t l = 0; l < count; l++) {
            if (!sg__tensor_saved(&layers[l], (sg__array)i))
                continue;
            sg__tensor_name(out->names[out->count], l, (sg__array)i);
            out->tensors[out->count] = sg__tensor_of(&layers[l], (sg__array)i);
            out->tensors[out->count].name = out->names[out->count];
            out->count++;
        }
    }
    if (status == SG_OK && whole)
        status = sg__safetensors_create(out->tensors, out->count, metadata,
                                        &out->bytes, &out->size);
    else if (status == SG_OK)
        status = sg__safetensors_head(out->tensors, out->count, metadata,
                                      &out->bytes, &out->head, &out->size);
    if (status != SG_OK)
        sg__layout_free(out);
    return status;
}

#endif
