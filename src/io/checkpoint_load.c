/* From a checkpoint to a network.
 *
 * It goes from the cheap and certain to the dear: header, metadata, every
 * tensor's shape against the topology, the checksum; only then is a network
 * allocated, whose size the file has thereby paid for. Values are looked at in
 * parts, so that the file is never in memory as a whole. */
#include "io/checkpoint.h"

#include "base/status.h"

#ifdef SPIKEGRAD_FILES

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "io/checksum.h"
#include "io/file.h"
#include "io/layout.h"
#include "io/metadata.h"
#include "network/topology.h"

/* One file being read. */
typedef struct source {
    sg__parts parts;
    const char *name;
    sg__safetensors file;
    sg__saved saved;
    bool edited;      /* neither checksum nor derived values are looked at */
    uint64_t differs; /* derived values that the state does not make */
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
    char name[SG__TENSOR_NAME];
    sg__tensor_name(name, l, array);
    const sg__tensor *tensor = sg__safetensors_find(&from->file, name);
    const sg__tensor wanted = sg__tensor_of(layer, array);
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
            if (!sg__tensor_saved(&layers[l], (sg__array)i))
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

/* Some values of a tensor, and where they are. */
typedef struct piece {
    sg__tensor values; /* those of this piece alone */
    const uint8_t *bytes;
} piece;

/* Those from value `first` on, as many as can be looked at at once. */
static sg_status look(source *from, const sg__tensor *tensor, size_t first,
                      piece *out)
{
    const size_t width = sg__dtype_width(tensor->dtype);
    const size_t left = tensor->count - first, most = SG__PART / width;
    out->values = *tensor;
    out->values.offset = 0;
    out->values.count = left < most ? left : most;
    return sg__parts_at(&from->parts, tensor->offset + first * width,
                        out->values.count * width, &out->bytes, from->error);
}

static sg_status add_tensor(source *from, const sg__tensor *tensor,
                            sg__sealing *sealing)
{
    sg_status status = SG_OK;
    piece next;
    for (size_t i = 0; i < tensor->count; i += next.values.count) {
        status = look(from, tensor, i, &next);
        if (status != SG_OK)
            break;
        sg__sealing_add(sealing, next.bytes,
                        next.values.count * sg__dtype_width(tensor->dtype));
    }
    return status;
}

static sg_status no_checksum(source *from)
{
    return sg__fail(from->error, SG_E_MEMORY, "%s: no memory for its checksum",
                    from->name);
}

/* The checksum of the values as they lie behind the head that they have:
 * SG_E_FORMAT, and nothing is said, if that is not in canonical form. */
static sg_status checksum_here(source *from, char right[SG__CHECKSUM_TEXT])
{
    const sg__safetensors *file = &from->file;
    const size_t head =
        file->count > 0 ? file->tensor[0].offset : from->parts.size;
    const uint8_t *bytes;
    sg__sealing sealing;
    sg_status status =
        sg__parts_at(&from->parts, 0, head, &bytes, from->error);
    if (status == SG_OK)
        status = sg__sealing_begin(bytes, head, from->name, &sealing, NULL);
    if (status == SG_E_MEMORY)
        return no_checksum(from);
    if (status != SG_OK)
        return status;
    for (size_t i = 0; status == SG_OK && i < file->count; i++)
        status = add_tensor(from, &file->tensor[i], &sealing);
    sg__sealing_end(&sealing, right);
    return status;
}

/* The checksum of the file in its canonical form, whatever form it has. */
static sg_status canonical_checksum(source *from, const sg__layer *layers,
                                    size_t count,
                                    char right[SG__CHECKSUM_TEXT])
{
    sg__layout out;
    sg__sealing sealing;
    struct json_t *metadata = sg__safetensors_copy_metadata(&from->file);
    sg_status status = SG_E_MEMORY;
    if (metadata && json_object_set_new(metadata, SG__CHECKSUM_KEY,
                                        json_string(SG__CHECKSUM_BLANK)) == 0)
        status = sg__lay_out(layers, count, metadata, false, &out);
    json_decref(metadata);
    if (status != SG_OK)
        return no_checksum(from);
    status = sg__sealing_begin(out.bytes, out.head, from->name, &sealing,
                               from->error);
    if (status == SG_OK) {
        for (size_t i = 0; status == SG_OK && i < out.count; i++)
            status =
                add_tensor(from,
                           sg__safetensors_find(&from->file, out.names[i]),
                           &sealing);
        sg__sealing_end(&sealing, right);
    }
    sg__layout_free(&out);
    return status;
}

/* Whether the values are those that were saved. */
static sg_status check_seal(source *from, const sg__layer *layers,
                            size_t count)
{
    static const char way[] = "'spikegrad seal' takes over what a file holds";
    char right[SG__CHECKSUM_TEXT];
    const char *stored =
        sg__safetensors_metadata(&from->file, SG__CHECKSUM_KEY);
    if (!stored)
        return sg__fail(from->error, SG_E_FORMAT, "%s: no checksum; %s",
                        from->name, way);
    sg_status status = checksum_here(from, right);
    if (status == SG_OK && strcmp(right, stored) == 0)
        return SG_OK;
    if (status == SG_OK || status == SG_E_FORMAT)
        status = canonical_checksum(from, layers, count, right);
    if (status != SG_OK || strcmp(right, stored) == 0)
        return status;
    return sg__fail(from->error, SG_E_FORMAT,
                    "%s: damaged, or changed by another program: checksum "
                    "%.16s, expected %s; %s",
                    from->name, stored, right, way);
}

/* The tensors against the topology, before any network is allocated, and
 * their values against the checksum. */
static sg_status check_topology(source *from)
{
    sg_error reason = {""};
    size_t count = 0;
    sg__layer *layers = calloc(SG_LAYERS_MAX, sizeof *layers);
    if (!layers)
        return sg__fail(from->error, SG_E_MEMORY, "%s: no memory to load it",
                        from->name);
    sg_status status =
        sg__topology_parse(&from->saved.recipe, from->saved.input,
                           from->saved.classes, layers, &count, &reason);
    sg__layers_take_recipe(layers, count, &from->saved.recipe);
    status = status == SG_OK ? check_layers(from, layers, count)
                             : blame(from, status, &reason);
    if (status == SG_OK && !from->edited)
        status = check_seal(from, layers, count);
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
    piece next;
    for (size_t i = 0; i < tensor->count; i += next.values.count) {
        sg_status status = look(from, tensor, i, &next);
        if (status != SG_OK)
            return status;
        for (size_t k = 0; k < next.values.count; k++) {
            int64_t value = sg__tensor_get(next.bytes, &next.values, k);
            int64_t made = sg__array_get(layer, array, i + k);
            if (value != made && from->edited)
                from->differs++;
            else if (value != made)
                return sg__fail(from->error, SG_E_FORMAT,
                                "%s: tensor '%s': value %zu is %" PRId64
                                ", expected %" PRId64 ", its rounded master",
                                from->name, tensor->name, i + k, value, made);
        }
    }
    return SG_OK;
}

/* Copies an array of the state. */
static sg_status read_array(source *from, sg__layer *layer, sg__array array,
                            const sg__tensor *tensor)
{
    piece next;
    for (size_t i = 0; i < tensor->count; i += next.values.count) {
        sg_status status = look(from, tensor, i, &next);
        if (status != SG_OK)
            return status;
        for (size_t k = 0; k < next.values.count; k++)
            sg__array_set(layer, array, i + k,
                          (int32_t)sg__tensor_get(next.bytes, &next.values,
                                                  k));
    }
    return SG_OK;
}

/* Copies the state of a layer, and makes the rest of it. */
static sg_status read_layer(source *from, sg_network *net, size_t l)
{
    sg__layer *layer = &net->layer[l];
    const sg__tensor *tensor[SG__ARRAYS] = {NULL};
    sg_status status = SG_OK;
    for (int k = 0; status == SG_OK && k < SG__ARRAYS; k++) {
        const sg__array array = (sg__array)k;
        char name[SG__TENSOR_NAME];
        if (!sg__tensor_saved(layer, array))
            continue;
        sg__tensor_name(name, l, array);
        tensor[k] = sg__safetensors_find(&from->file, name);
        if (!sg__array_describe(array)->derived)
            status = read_array(from, layer, array, tensor[k]);
    }
    if (status != SG_OK)
        return status;
    if (layer->standardised && !in_range(layer))
        return sg__fail(from->error, SG_E_FORMAT,
                        "%s: layer %zu: a master weight or gain is out of "
                        "range, expected +-%d and +-16 in 2^-%d",
                        from->name, l, SG__ROW_LIMIT, SG__GAIN_BITS);
    sg__layer_refresh(layer, 0, layer->geo.out_c);
    for (int k = 0; status == SG_OK && k < SG__ARRAYS; k++)
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
    if (status == SG_OK)
        status = sg__parts_unchanged(&from->parts, from->error);
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

/* Names and values of a hostile file can be in the detail, behind its name:
 * whatever is not printable there cannot be let through to a terminal. A long
 * name is there in part. */
static void make_printable(sg_error *error, const char *name)
{
    char known[SG_ERROR_TEXT];
    size_t start = sg__escape(known, sizeof known, name);
    if (!error)
        return;
    if (strncmp(error->text, known, start) != 0)
        start = 0;
    for (size_t i = start; i < SG_ERROR_TEXT && error->text[i]; i++)
        if (error->text[i] < ' ' || error->text[i] > '~')
            error->text[i] = '?';
}

/* Looks at the header before anything else is read: that of a file of any size
 * that is no checkpoint, or does not hold what it says. */
static sg_status check_file(source *from)
{
    const size_t size = from->parts.size,
                 most = SG__SAFETENSORS_HEADER + SG__SAFETENSORS_HEADER_MAX;
    const uint8_t *bytes;
    sg_status status = sg__parts_at(&from->parts, 0, size < most ? size : most,
                                    &bytes, from->error);
    if (status == SG_OK)
        status = sg__safetensors_parse(bytes, size, from->name, &from->file,
                                       from->error);
    if (status == SG_OK)
        status = sg__metadata_read(&from->file, from->name, &from->saved,
                                   from->error);
    return status == SG_OK ? check_topology(from) : status;
}

/* From parts, which are closed. */
static sg_status load(sg__parts *parts, uint64_t *differs, sg_network **out,
                      sg_error *error)
{
    source *from = calloc(1, sizeof *from);
    sg_status status = SG_E_MEMORY;
    if (from) {
        from->parts = *parts;
        from->name = parts->path;
        from->edited = differs != NULL;
        from->error = error;
        status = check_file(from);
    } else {
        sg__fail(error, status, "%s: no memory to load it", parts->path);
    }
    if (status == SG_OK)
        status = build(from, out);
    if (differs && from)
        *differs = from->differs;
    if (from)
        sg__safetensors_free(&from->file);
    free(from);
    if (status != SG_OK)
        make_printable(error, parts->path);
    sg__parts_close(parts);
    return status;
}

sg_status sg__checkpoint_parse_edited(const uint8_t *bytes, size_t size,
                                      const char *name, uint64_t *differs,
                                      sg_network **out, sg_error *error)
{
    sg__parts parts = sg__parts_of_memory(bytes, size, name);
    *out = NULL;
    return load(&parts, differs, out, error);
}

sg_status sg__checkpoint_parse(const uint8_t *bytes, size_t size,
                               const char *name, sg_network **out,
                               sg_error *error)
{
    return sg__checkpoint_parse_edited(bytes, size, name, NULL, out, error);
}

sg_status sg__checkpoint_load_edited(const char *path, uint64_t *differs,
                                     sg_network **out, sg_error *error)
{
    sg__parts parts;
    *out = NULL;
    sg_status status = sg__parts_open(path, SG__CHECKPOINT_MAX, &parts, error);
    return status == SG_OK ? load(&parts, differs, out, error) : status;
}

sg_status sg__checkpoint_load(const char *path, sg_network **out,
                              sg_error *error)
{
    return sg__checkpoint_load_edited(path, NULL, out, error);
}

#endif
