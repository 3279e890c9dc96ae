/* From a network to the bytes of a checkpoint and back.
 *
 * Loading goes from the cheap and certain to the dear: checksum, header,
 * metadata, then every tensor's shape against the topology, and only then is
 * a network allocated, whose size the file has thereby paid for. */
#include "io/checkpoint.h"

#include "base/status.h"

#ifdef SPIKEGRAD_FILES

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/checksum.h"
#include "io/file.h"
#include "io/metadata.h"
#include "io/safetensors.h"
#include "layers/arrays.h"
#include "network/topology.h"

/* A checkpoint has 10 bytes a synapse; this is a network of 10^9. */
#define FILE_MAX ((uint64_t)10 << 30)

enum { NAME_SIZE = 48 };

static void name_tensor(char name[NAME_SIZE], size_t layer, sg__array array)
{
    snprintf(name, NAME_SIZE, "layer.%zu.%s", layer,
             sg__array_describe(array)->name);
}

/* Whether a file has this array of the layer. */
static bool is_saved(const sg__layer *layer, sg__array array)
{
    return sg__array_describe(array)->name && sg__array_present(layer, array);
}

/* What a tensor of this layer looks like; count and offset stay unset. */
static sg__tensor describe(const sg__layer *layer, sg__array array)
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

/* ---- saving ---- */

static void fill(uint8_t *bytes, const sg__tensor *tensor,
                 const sg__layer *layer, sg__array array)
{
    for (size_t i = 0; i < tensor->count; i++)
        sg__tensor_put(bytes, tensor, i, sg__array_get(layer, array, i));
}

/* Lays all tensors out, array by array; tensors and names have room for
 * SG__ARRAYS of each layer. */
static sg_status lay_out(const sg_network *net, sg__tensor *tensors,
                         char (*names)[NAME_SIZE], uint8_t **bytes,
                         size_t *size)
{
    size_t count = 0;
    for (int i = 0; i < SG__ARRAYS; i++) {
        for (size_t l = 0; l < net->layer_count; l++) {
            if (!is_saved(&net->layer[l], (sg__array)i))
                continue;
            name_tensor(names[count], l, (sg__array)i);
            tensors[count] = describe(&net->layer[l], (sg__array)i);
            tensors[count].name = names[count];
            count++;
        }
    }
    struct json_t *metadata = sg__metadata_write(net);
    if (!metadata)
        return SG_E_MEMORY;
    sg_status status =
        sg__safetensors_create(tensors, count, metadata, bytes, size);
    json_decref(metadata);
    if (status != SG_OK)
        return status;
    count = 0;
    for (int i = 0; i < SG__ARRAYS; i++)
        for (size_t l = 0; l < net->layer_count; l++)
            if (is_saved(&net->layer[l], (sg__array)i))
                fill(*bytes, &tensors[count++], &net->layer[l], (sg__array)i);
    return SG_OK;
}

sg_status sg__checkpoint_serialise(const sg_network *net, const char *name,
                                   uint8_t **bytes, size_t *size,
                                   sg_error *error)
{
    size_t room = net->layer_count * SG__ARRAYS + 1; /* never nothing */
    sg__tensor *tensors = calloc(room, sizeof *tensors);
    char(*names)[NAME_SIZE] = calloc(room, sizeof *names);
    sg_status status = SG_E_MEMORY;
    *bytes = NULL;
    if (tensors && names)
        status = lay_out(net, tensors, names, bytes, size);
    free(tensors);
    free(names);
    if (status != SG_OK)
        return sg__fail(error, status, "%s: no memory to save", name);
    if (*size > FILE_MAX)
        status = sg__fail(error, SG_E_BOUND,
                          "%s: the network takes %zu bytes, expected at most "
                          "%" PRIu64,
                          name, *size, FILE_MAX);
    else
        status = sg__checksum_seal(*bytes, *size, name, error);
    if (status != SG_OK) {
        free(*bytes);
        *bytes = NULL;
    }
    return status;
}

sg_status sg__checkpoint_save(const sg_network *net, const char *path,
                              sg_error *error)
{
    uint8_t *bytes;
    size_t size;
    sg_status status =
        sg__checkpoint_serialise(net, path, &bytes, &size, error);
    if (status == SG_OK)
        status = sg__file_replace(path, bytes, size, error);
    free(bytes);
    return status;
}

/* ---- loading ---- */

/* One file being read. */
typedef struct source {
    const uint8_t *bytes;
    const char *name;
    sg__safetensors file;
    sg__saved saved;
    sg_error *error;
} source;

/* A failure of another room, as a fault of the file. */
static sg_status blame(const source *from, sg_status status,
                       const sg_error *reason)
{
    return sg__fail(from->error, status == SG_E_MEMORY ? status : SG_E_FORMAT,
                    "%s: %.200s", from->name, reason->text);
}

static sg_status check_tensor(source *from, const sg__layer *layer, size_t l,
                              sg__array array)
{
    char name[NAME_SIZE];
    name_tensor(name, l, array);
    const sg__tensor *tensor = sg__safetensors_find(&from->file, name);
    const sg__tensor wanted = describe(layer, array);
    if (!tensor)
        return sg__fail(from->error, SG_E_FORMAT, "%s: tensor '%s' is missing",
                        from->name, name);
    if (tensor->dtype != wanted.dtype)
        return sg__fail(from->error, SG_E_FORMAT,
                        "%s: tensor '%s': dtype %s, expected %s", from->name,
                        name, sg__dtype_name(tensor->dtype),
                        sg__dtype_name(wanted.dtype));
    if (tensor->rank != wanted.rank)
        return sg__fail(from->error, SG_E_FORMAT,
                        "%s: tensor '%s': %zu dimensions, expected %zu",
                        from->name, name, tensor->rank, wanted.rank);
    for (size_t i = 0; i < wanted.rank; i++) {
        if (tensor->shape[i] != wanted.shape[i])
            return sg__fail(from->error, SG_E_FORMAT,
                            "%s: tensor '%s': dimension %zu is %" PRIu64
                            ", expected %" PRIu64,
                            from->name, name, i, tensor->shape[i],
                            wanted.shape[i]);
    }
    return SG_OK;
}

static sg_status check_layers(source *from, const sg__layer *layers,
                              size_t count)
{
    size_t synaptic = 0;
    for (size_t l = 0; l < count; l++) {
        if (!layers[l].synaptic)
            continue;
        synaptic++;
        for (int i = 0; i < SG__ARRAYS; i++) {
            if (!is_saved(&layers[l], (sg__array)i))
                continue;
            sg_status status = check_tensor(from, &layers[l], l, (sg__array)i);
            if (status != SG_OK)
                return status;
        }
    }
    for (size_t i = 0; i < from->file.count; i++) {
        if (!from->file.tensor[i].found)
            return sg__fail(from->error, SG_E_FORMAT,
                            "%s: tensor '%.60s' does not belong to %.100s",
                            from->name, from->file.tensor[i].name,
                            from->saved.recipe.net);
    }
    const size_t active = from->saved.run.train.layers;
    if (active != 0 && active != count)
        return sg__fail(from->error, SG_E_FORMAT,
                        "%s: metadata 'train' has %zu layers, expected 0 or "
                        "%zu",
                        from->name, active, count);
    return sg__saved_check(&from->saved, synaptic, from->name, from->error);
}

/* The tensors against the topology, before any network is allocated. */
static sg_status check_topology(source *from)
{
    sg_error reason = {""};
    size_t count = 0;
    sg__layer *layers = calloc(SG_LAYERS_MAX, sizeof *layers);
    if (!layers)
        return sg__fail(from->error, SG_E_MEMORY, "%s: no memory to load it",
                        from->name);
    sg_status status =
        sg__topology_parse(from->saved.recipe.net,
                           sg__input_neurons(&from->saved.recipe,
                                             from->saved.input),
                           from->saved.classes, layers, &count, &reason);
    sg__layers_take_recipe(layers, count, &from->saved.recipe);
    status = status == SG_OK ? check_layers(from, layers, count)
                             : blame(from, status, &reason);
    free(layers);
    return status;
}

/* Whether the sums that standardise a layer stay within their bounds. */
static bool in_range(const sg__layer *layer)
{
    bool good = true;
    for (size_t i = 0; i < layer->weights; i++)
        good &= layer->master[i] <= SG__ROW_LIMIT &&
                layer->master[i] >= -SG__ROW_LIMIT;
    for (size_t k = 0; k < layer->geo.out_c; k++)
        good &= layer->gain[k] <= 16 << SG__GAIN_BITS &&
                layer->gain[k] >= -(16 << SG__GAIN_BITS);
    return good;
}

/* Compares an array in the file with the one that was made of the state: it
 * is redundant, so a difference is a fault. */
static sg_status compare_derived(source *from, const sg__layer *layer,
                                 sg__array array, const sg__tensor *tensor)
{
    for (size_t i = 0; i < tensor->count; i++) {
        int64_t value = sg__tensor_get(from->bytes, tensor, i);
        int64_t made = sg__array_get(layer, array, i);
        if (value != made)
            return sg__fail(from->error, SG_E_FORMAT,
                            "%s: tensor '%s': value %zu is %" PRId64
                            ", expected %" PRId64 ", its rounded master",
                            from->name, tensor->name, i, value, made);
    }
    return SG_OK;
}

/* Copies the state of a layer, and makes the rest of it. */
static sg_status read_layer(source *from, sg_network *net, size_t l)
{
    sg__layer *layer = &net->layer[l];
    const sg__tensor *tensor[SG__ARRAYS] = {NULL};
    for (int k = 0; k < SG__ARRAYS; k++) {
        const sg__array array = (sg__array)k;
        char name[NAME_SIZE];
        if (!is_saved(layer, array))
            continue;
        name_tensor(name, l, array);
        tensor[k] = sg__safetensors_find(&from->file, name);
        if (sg__array_describe(array)->derived)
            continue;
        for (size_t i = 0; i < tensor[k]->count; i++)
            sg__array_set(layer, array, i,
                          (int32_t)sg__tensor_get(from->bytes, tensor[k], i));
    }
    if (layer->standardised && !in_range(layer))
        return sg__fail(from->error, SG_E_FORMAT,
                        "%s: layer %zu: a master weight or gain is out of "
                        "range, expected +-%d and +-16 in 2^-%d",
                        from->name, l, SG__ROW_LIMIT, SG__GAIN_BITS);
    sg__layer_refresh(layer, 0, layer->geo.out_c);
    sg_status status = SG_OK;
    for (int k = SG__ARRAYS; status == SG_OK && k-- > 0;)
        if (tensor[k] && sg__array_describe((sg__array)k)->derived)
            status = compare_derived(from, layer, (sg__array)k, tensor[k]);
    return status;
}

static sg_status build(source *from, sg_network **out)
{
    const sg__saved *saved = &from->saved;
    sg_error reason = {""};
    sg_network *net = NULL;
    sg_status status = sg__network_plan(&saved->recipe, saved->input,
                                        saved->classes, &net, &reason);
    if (status == SG_OK)
        status = sg__network_set_thresholds(net, saved->theta_bits, &reason);
    if (status == SG_OK)
        status = sg__saved_apply(saved, net, &reason);
    if (status != SG_OK)
        status = blame(from, status, &reason);
    for (size_t l = 0; status == SG_OK && l < net->layer_count; l++)
        if (net->layer[l].synaptic)
            status = read_layer(from, net, l);
    if (status != SG_OK) {
        sg_network_destroy(net);
        return status;
    }
    memcpy(net->data, saved->data, sizeof net->data);
    net->data_size = saved->data_size;
    net->data_hash = saved->data_hash;
    net->run = saved->run;
    *out = net;
    return SG_OK;
}

/* Names and values of a hostile file can be in the detail: whatever is not
 * printable there cannot be let through to a terminal. */
static void make_printable(sg_error *error, size_t start)
{
    for (size_t i = start; error && i < SG_ERROR_TEXT && error->text[i]; i++)
        if (error->text[i] < ' ' || error->text[i] > '~')
            error->text[i] = '?';
}

sg_status sg__checkpoint_parse(const uint8_t *bytes, size_t size,
                               const char *name, sg_network **out,
                               sg_error *error)
{
    source from = {.bytes = bytes, .name = name, .error = error};
    *out = NULL;
    sg_status status = sg__checksum_check(bytes, size, name, error);
    if (status == SG_OK)
        status = sg__safetensors_parse(bytes, size, name, &from.file, error);
    if (status == SG_OK)
        status = sg__metadata_read(&from.file, name, &from.saved, error);
    if (status == SG_OK)
        status = check_topology(&from);
    if (status == SG_OK)
        status = build(&from, out);
    sg__safetensors_free(&from.file);
    if (status != SG_OK)
        make_printable(error, strlen(name));
    return status;
}

sg_status sg__checkpoint_load(const char *path, sg_network **out,
                              sg_error *error)
{
    uint8_t *bytes;
    size_t size;
    *out = NULL;
    sg_status status = sg__file_read(path, FILE_MAX, &bytes, &size, error);
    if (status == SG_OK)
        status = sg__checkpoint_parse(bytes, size, path, out, error);
    free(bytes);
    return status;
}

#else /* no files */

static sg_status unsupported(sg_error *error)
{
    return sg__fail(error, SG_E_UNSUPPORTED,
                    "checkpoints: this build has no file formats");
}

sg_status sg__checkpoint_save(const sg_network *net, const char *path,
                              sg_error *error)
{
    (void)net, (void)path;
    return unsupported(error);
}

sg_status sg__checkpoint_load(const char *path, sg_network **out,
                              sg_error *error)
{
    (void)path;
    *out = NULL;
    return unsupported(error);
}

#endif

sg_status sg_network_save(const sg_network *net, const char *path,
                          sg_error *error)
{
    return sg__checkpoint_save(net, path, error);
}

sg_status sg_network_load(const char *path, sg_network **out, sg_error *error)
{
    return sg__checkpoint_load(path, out, error);
}
