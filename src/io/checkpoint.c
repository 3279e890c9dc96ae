/* From a network to the bytes of a checkpoint and back.
 *
 * Loading goes from the cheap and certain to the dear: header, metadata, every
 * tensor's shape against the topology, the checksum; only then is a network
 * allocated, whose size the file has thereby paid for. */
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
#include "spikegrad/file.h"

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

/* A file with the tensors of some layers and that metadata, array by array:
 * its bytes, values still 0, or those before the values. */
typedef struct layout {
    sg__tensor *tensors;
    char (*names)[NAME_SIZE];
    size_t count;
    uint8_t *bytes;
    size_t head; /* bytes before the values, if there are no more */
    size_t size; /* of the whole file */
} layout;

static void free_layout(layout *out)
{
    free(out->tensors);
    free(out->names);
    free(out->bytes);
    *out = (layout){0};
}

static sg_status lay_out(const sg__layer *layers, size_t count,
                         struct json_t *metadata, bool whole, layout *out)
{
    const size_t room = count * SG__ARRAYS + 1; /* never nothing */
    *out = (layout){.tensors = calloc(room, sizeof *out->tensors),
                    .names = calloc(room, sizeof *out->names)};
    sg_status status = out->tensors && out->names ? SG_OK : SG_E_MEMORY;
    for (int i = 0; status == SG_OK && i < SG__ARRAYS; i++) {
        for (size_t l = 0; l < count; l++) {
            if (!is_saved(&layers[l], (sg__array)i))
                continue;
            name_tensor(out->names[out->count], l, (sg__array)i);
            out->tensors[out->count] = describe(&layers[l], (sg__array)i);
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
        free_layout(out);
    return status;
}

/* The layout of a network; refused if the file would be too large. */
static sg_status lay_out_network(const sg_network *net, const char *name,
                                 bool whole, layout *out, sg_error *error)
{
    struct json_t *metadata = sg__metadata_write(net);
    sg_status status = SG_E_MEMORY;
    if (metadata)
        status = lay_out(net->layer, net->layer_count, metadata, whole, out);
    json_decref(metadata);
    if (status != SG_OK)
        return sg__fail(error, status, "%s: no memory to save", name);
    if (out->size <= FILE_MAX)
        return SG_OK;
    status = sg__fail(error, SG_E_BOUND,
                      "%s: the network takes %zu bytes, expected at most "
                      "%" PRIu64,
                      name, out->size, FILE_MAX);
    free_layout(out);
    return status;
}

sg_status sg__checkpoint_serialise(const sg_network *net, const char *name,
                                   uint8_t **bytes, size_t *size,
                                   sg_error *error)
{
    layout out;
    size_t count = 0;
    *bytes = NULL;
    *size = 0;
    sg_status status = lay_out_network(net, name, true, &out, error);
    if (status != SG_OK)
        return status;
    for (int i = 0; i < SG__ARRAYS; i++)
        for (size_t l = 0; l < net->layer_count; l++)
            if (is_saved(&net->layer[l], (sg__array)i))
                fill(out.bytes, &out.tensors[count++], &net->layer[l],
                     (sg__array)i);
    status = sg__checksum_seal(out.bytes, out.size, name, error);
    if (status == SG_OK) {
        *bytes = out.bytes;
        *size = out.size;
        out.bytes = NULL;
    }
    free_layout(&out);
    return status;
}

/* A file that is being written: what has not left yet. */
typedef struct stream {
    int fd;
    const char *path;
    sg__sealing sealing;
    size_t sealed, used; /* bytes of the buffer */
    bool begun;          /* some have left */
    sg_error *error;
    uint8_t *buffer; /* [STREAM] or, if that is more, a head and a value */
    size_t room;
} stream;

enum { STREAM = 1 << 20, WIDEST = 8 };

static void seal_buffer(stream *s)
{
    sg__sealing_add(&s->sealing, s->buffer + s->sealed, s->used - s->sealed);
    s->sealed = s->used;
}

static sg_status empty_buffer(stream *s)
{
    seal_buffer(s);
    sg_status status =
        sg__file_append(s->fd, s->path, s->buffer, s->used, s->error);
    s->used = s->sealed = 0;
    s->begun = true;
    return status;
}

static sg_status stream_values(stream *s, const sg__tensor *tensor,
                               const sg__layer *layer, sg__array array)
{
    const size_t width = sg__dtype_width(tensor->dtype);
    sg__tensor value = *tensor;
    for (size_t i = 0; i < tensor->count; i++, s->used += width) {
        if (s->used + width > s->room) {
            sg_status status = empty_buffer(s);
            if (status != SG_OK)
                return status;
        }
        value.offset = s->used;
        sg__tensor_put(s->buffer, &value, 0, sg__array_get(layer, array, i));
    }
    return SG_OK;
}

/* What is left, and the checksum: in the buffer if that is the whole file. */
static sg_status finish(stream *s)
{
    char text[SG__CHECKSUM_TEXT];
    const size_t at = s->sealing.at, digits = SG__CHECKSUM_TEXT - 1;
    seal_buffer(s);
    sg__sealing_end(&s->sealing, text);
    if (!s->begun)
        memcpy(s->buffer + at, text, digits);
    sg_status status =
        sg__file_append(s->fd, s->path, s->buffer, s->used, s->error);
    if (status == SG_OK && s->begun)
        status = sg__file_patch(s->fd, s->path, at, (const uint8_t *)text,
                                digits, s->error);
    return status;
}

static sg_status write_stream(const sg_network *net, const layout *out,
                              stream *s)
{
    size_t count = 0;
    char unused[SG__CHECKSUM_TEXT];
    memcpy(s->buffer, out->bytes, out->head);
    s->used = s->sealed = out->head;
    sg_status status = sg__sealing_begin(out->bytes, out->head, s->path,
                                         &s->sealing, s->error);
    if (status != SG_OK)
        return status;
    for (int i = 0; i < SG__ARRAYS; i++)
        for (size_t l = 0; status == SG_OK && l < net->layer_count; l++)
            if (is_saved(&net->layer[l], (sg__array)i))
                status = stream_values(s, &out->tensors[count++],
                                       &net->layer[l], (sg__array)i);
    if (status == SG_OK)
        return finish(s);
    sg__sealing_end(&s->sealing, unused);
    return status;
}

sg_status sg__checkpoint_save(const sg_network *net, const char *path,
                              sg_error *error)
{
    layout out;
    sg_replacement *new = NULL;
    stream s = {.path = path, .error = error, .room = STREAM};
    sg_status status = lay_out_network(net, path, false, &out, error);
    if (status != SG_OK)
        return status;
    if (s.room < out.head + WIDEST)
        s.room = out.head + WIDEST;
    s.buffer = malloc(s.room);
    if (!s.buffer)
        status = sg__fail(error, SG_E_MEMORY, "%s: no memory to save", path);
    if (status == SG_OK)
        status = sg_replacement_open(path, &new, error);
    if (status == SG_OK) {
        s.fd = sg_replacement_descriptor(new);
        status = write_stream(net, &out, &s);
    }
    if (status == SG_OK)
        status = sg_replacement_commit(new, error);
    sg_replacement_destroy(new);
    free(s.buffer);
    free_layout(&out);
    return status;
}

/* ---- loading ---- */

/* One file being read. */
typedef struct source {
    const uint8_t *bytes;
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

/* The checksum of the file in its canonical form, whatever form it has. */
static sg_status canonical_checksum(source *from, const sg__layer *layers,
                                    size_t count,
                                    char right[SG__CHECKSUM_TEXT])
{
    layout out;
    char blank[SG__CHECKSUM_TEXT];
    struct json_t *metadata = sg__safetensors_copy_metadata(&from->file);
    sg_status status = SG_E_MEMORY;
    if (metadata && json_object_set_new(metadata, SG__CHECKSUM_KEY,
                                        json_string(SG__CHECKSUM_BLANK)) == 0)
        status = lay_out(layers, count, metadata, true, &out);
    json_decref(metadata);
    if (status != SG_OK)
        return status;
    for (size_t i = 0; i < out.count; i++) {
        const sg__tensor *tensor =
            sg__safetensors_find(&from->file, out.names[i]);
        sg__tensor_copy(out.bytes, &out.tensors[i], from->bytes, tensor);
    }
    status = sg__checksum_of(out.bytes, out.size, from->name, right, blank,
                             from->error);
    free_layout(&out);
    return status;
}

/* Whether the values are those that were saved. */
static sg_status check_seal(source *from, size_t size, const sg__layer *layers,
                            size_t count)
{
    static const char way[] = "'spikegrad seal' takes over what a file holds";
    char right[SG__CHECKSUM_TEXT], found[SG__CHECKSUM_TEXT];
    const char *stored =
        sg__safetensors_metadata(&from->file, SG__CHECKSUM_KEY);
    if (!stored)
        return sg__fail(from->error, SG_E_FORMAT, "%s: no checksum; %s",
                        from->name, way);
    if (sg__checksum_of(from->bytes, size, from->name, right, found, NULL) ==
            SG_OK &&
        strcmp(right, found) == 0)
        return SG_OK;
    sg_status status = canonical_checksum(from, layers, count, right);
    if (status == SG_E_MEMORY)
        return sg__fail(from->error, status, "%s: no memory for its checksum",
                        from->name);
    if (status == SG_OK && strcmp(right, stored) == 0)
        return SG_OK;
    return sg__fail(from->error, SG_E_FORMAT,
                    "%s: damaged, or changed by another program: checksum "
                    "%.16s, expected %s; %s",
                    from->name, stored, right, way);
}

/* The tensors against the topology, before any network is allocated; and,
 * where their values are there, these against the checksum. */
static sg_status check_topology(source *from, size_t size, bool values)
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
    if (status == SG_OK && values && !from->edited)
        status = check_seal(from, size, layers, count);
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
        if (value != made && from->edited)
            from->differs++;
        else if (value != made)
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

/* Everything of a file but its values; size is that of the whole file, of
 * which bytes has the header at least. */
static sg_status parse_header(source *from, size_t size, bool values)
{
    sg_status status = sg__safetensors_parse(from->bytes, size, from->name,
                                             &from->file, from->error);
    if (status == SG_OK)
        status = sg__metadata_read(&from->file, from->name, &from->saved,
                                   from->error);
    return status == SG_OK ? check_topology(from, size, values) : status;
}

static sg_status parse(const uint8_t *bytes, size_t size, const char *name,
                       uint64_t *differs, sg_network **out, sg_error *error)
{
    source *from = calloc(1, sizeof *from);
    *out = NULL;
    if (!from)
        return sg__fail(error, SG_E_MEMORY, "%s: no memory to load it", name);
    from->bytes = bytes;
    from->name = name;
    from->edited = differs != NULL;
    from->error = error;
    sg_status status = parse_header(from, size, true);
    if (status == SG_OK)
        status = build(from, out);
    if (differs)
        *differs = from->differs;
    sg__safetensors_free(&from->file);
    free(from);
    if (status != SG_OK)
        make_printable(error, name);
    return status;
}

sg_status sg__checkpoint_parse(const uint8_t *bytes, size_t size,
                               const char *name, sg_network **out,
                               sg_error *error)
{
    return parse(bytes, size, name, NULL, out, error);
}

/* Looks at the header before anything else is read: that of a file of any size
 * that is no checkpoint, or does not hold what it says. */
static sg_status check_head(const char *path, sg_error *error)
{
    source *from = calloc(1, sizeof *from);
    uint8_t *bytes = NULL;
    size_t length, size;
    if (!from)
        return sg__fail(error, SG_E_MEMORY, "%s: no memory to load it", path);
    sg_status status =
        sg__file_head(path,
                      SG__SAFETENSORS_HEADER + SG__SAFETENSORS_HEADER_MAX,
                      FILE_MAX, &bytes, &length, &size, error);
    from->bytes = bytes;
    from->name = path;
    from->error = error;
    if (status == SG_OK)
        status = parse_header(from, size, false);
    sg__safetensors_free(&from->file);
    free(from);
    free(bytes);
    if (status != SG_OK)
        make_printable(error, path);
    return status;
}

static sg_status load(const char *path, uint64_t *differs, sg_network **out,
                      sg_error *error)
{
    uint8_t *bytes = NULL;
    size_t size;
    *out = NULL;
    sg_status status = check_head(path, error);
    if (status == SG_OK)
        status = sg__file_read(path, FILE_MAX, &bytes, &size, error);
    if (status == SG_OK)
        status = parse(bytes, size, path, differs, out, error);
    free(bytes);
    return status;
}

sg_status sg__checkpoint_load(const char *path, sg_network **out,
                              sg_error *error)
{
    return load(path, NULL, out, error);
}

sg_status sg__checkpoint_load_edited(const char *path, uint64_t *differs,
                                     sg_network **out, sg_error *error)
{
    return load(path, differs, out, error);
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

sg_status sg__checkpoint_load_edited(const char *path, uint64_t *differs,
                                     sg_network **out, sg_error *error)
{
    *differs = 0;
    return sg__checkpoint_load(path, out, error);
}

sg_status sg__checkpoint_parse(const uint8_t *bytes, size_t size,
                               const char *name, sg_network **out,
                               sg_error *error)
{
    (void)bytes, (void)size, (void)name;
    *out = NULL;
    return unsupported(error);
}

sg_status sg__checkpoint_serialise(const sg_network *net, const char *name,
                                   uint8_t **bytes, size_t *size,
                                   sg_error *error)
{
    (void)net, (void)name;
    *bytes = NULL;
    *size = 0;
    return unsupported(error);
}

#endif

sg_status sg_network_save(const sg_network *net, const char *path,
                          sg_error *error)
{
    if (!net || !path)
        return sg__fail(error, SG_E_ARGUMENT, "network: missing argument");
    return sg__checkpoint_save(net, path, error);
}

sg_status sg_network_load(const char *path, sg_network **out, sg_error *error)
{
    if (out)
        *out = NULL;
    if (!path || !out)
        return sg__fail(error, SG_E_ARGUMENT, "network: missing argument");
    return sg__checkpoint_load(path, out, error);
}

sg_status sg_network_load_edited(const char *path, sg_network **out,
                                 uint64_t *differs, sg_error *error)
{
    if (differs)
        *differs = 0;
    if (out)
        *out = NULL;
    if (!path || !out)
        return sg__fail(error, SG_E_ARGUMENT, "network: missing argument");
    uint64_t count = 0;
    sg_status status = sg__checkpoint_load_edited(path, &count, out, error);
    if (differs)
        *differs = count;
    return status;
}

sg_status sg_network_load_memory(const void *bytes, size_t size,
                                 const char *name, sg_network **out,
                                 sg_error *error)
{
    if (out)
        *out = NULL;
    if (!bytes || !out)
        return sg__fail(error, SG_E_ARGUMENT, "network: missing argument");
    return sg__checkpoint_parse(bytes, size, name ? name : "memory", out,
                                error);
}

sg_status sg_network_save_memory(const sg_network *net, void **bytes,
                                 size_t *size, sg_error *error)
{
    uint8_t *file = NULL;
    if (bytes)
        *bytes = NULL;
    if (size)
        *size = 0;
    if (!net || !bytes || !size)
        return sg__fail(error, SG_E_ARGUMENT, "network: missing argument");
    sg_status status =
        sg__checkpoint_serialise(net, "memory", &file, size, error);
    *bytes = file;
    return status;
}
