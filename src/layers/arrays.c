/* The list of a layer's arrays, walked. */
#include "layers/arrays.h"

#include <stdlib.h>
#include <string.h>

/* The words of the list. */
enum { SYNAPSES = 1, CHANNELS = 0, STANDARDISED = 1, WEIGHTS = 0 };
enum { DERIVED = 1, STATE = 0 };
#define TYPE_INT32 SG__ARRAY_INT32
#define TYPE_FORWARD SG__ARRAY_FORWARD
#define TYPE_ROW SG__ARRAY_ROWS

static const sg__array_info arrays[SG__ARRAYS] = {
#define DESCRIBE(id, field, type, length, needs, kind, name, label)           \
    {TYPE_##type, length, needs, kind, name, label},
    SG__ARRAY_LIST(DESCRIBE)
#undef DESCRIBE
};

const sg__array_info *sg__array_describe(sg__array array)
{
    return &arrays[array];
}

bool sg__array_present(const sg__layer *layer, sg__array array)
{
    return layer->synaptic &&
           (layer->standardised || !arrays[array].standardised);
}

size_t sg__array_length(const sg__layer *layer, sg__array array)
{
    if (!sg__array_present(layer, array))
        return 0;
    return arrays[array].per_synapse ? layer->weights : layer->geo.out_c;
}

static size_t element_bytes(const sg__layer *layer, sg__array array)
{
    switch (arrays[array].type) {
    case SG__ARRAY_INT32:
        return sizeof(int32_t);
    case SG__ARRAY_FORWARD:
        return (size_t)layer->weight_bits / 8;
    case SG__ARRAY_ROWS:
        return sizeof *layer->row;
    }
    return 0;
}

size_t sg__array_bytes(const sg__layer *layer, sg__array array)
{
    return sg__array_length(layer, array) * element_bytes(layer, array);
}

void *sg__array_at(const sg__layer *layer, sg__array array)
{
    switch (array) {
#define AT(id, field, ...)                                                    \
    case SG__ARRAY_##id:                                                      \
        return layer->field;
        SG__ARRAY_LIST(AT)
#undef AT
    case SG__ARRAYS:
        break;
    }
    return NULL;
}

int32_t sg__array_get(const sg__layer *layer, sg__array array, size_t i)
{
    const void *at = sg__array_at(layer, array);
    return arrays[array].type == SG__ARRAY_FORWARD ? sg__layer_weight(layer, i)
                                                   : ((const int32_t *)at)[i];
}

void sg__array_set(sg__layer *layer, sg__array array, size_t i, int32_t value)
{
    if (arrays[array].type == SG__ARRAY_FORWARD)
        sg__layer_set_weight(layer, i, value);
    else
        ((int32_t *)sg__array_at(layer, array))[i] = value;
}

sg_status sg__arrays_allocate(sg__layer *layer)
{
    bool all = true;
#define ALLOCATE(id, field, ...)                                              \
    if (sg__array_present(layer, SG__ARRAY_##id)) {                           \
        layer->field = calloc(sg__array_length(layer, SG__ARRAY_##id),        \
                              element_bytes(layer, SG__ARRAY_##id));          \
        all &= layer->field != NULL;                                          \
    }
    SG__ARRAY_LIST(ALLOCATE)
#undef ALLOCATE
    return all ? SG_OK : SG_E_MEMORY;
}

void sg__arrays_free(sg__layer *layer)
{
#define FREE(id, field, ...)                                                  \
    free(layer->field);                                                       \
    layer->field = NULL;
    SG__ARRAY_LIST(FREE)
#undef FREE
}

void sg__arrays_copy(sg__layer *to, const sg__layer *from)
{
    for (int i = 0; i < SG__ARRAYS; i++) {
        const sg__array array = (sg__array)i;
        if (sg__array_present(from, array))
            memcpy(sg__array_at(to, array), sg__array_at(from, array),
                   sg__array_bytes(from, array));
    }
}
