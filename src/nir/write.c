/* A graph of a network: what other tools see of it, and the checkpoint. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nir/digest.h"
#include <spikegrad-nir.h>
#include <spikegrad/file.h>

/* The version of NIR whose layout this is. */
static const char nir_version[] = "1.0.6";

/* A network under way to a file. heard[s] are the nodes whose spikes add up to
 * those of sender s: 0, the image, or l + 1, layer l. */
typedef struct writing {
    const sg_network *net;
    const char *path;
    sg_error *error;
    hid_t nodes;
    char **edge; /* from, to, from, to, ...: names */
    size_t edges, room;
    struct heard {
        char **name;
        size_t count;
        bool list; /* not an image */
    } * heard;
    sg_shape shape; /* of what the layer hears */
    int fire_late;  /* fire = floor: at the threshold, not half of it */
} writing;

static sg_status no_memory(const writing *w)
{
    return sg__nir_fail(w->error, SG_E_MEMORY, "%s: out of memory", w->path);
}

static sg_status not_written(const writing *w)
{
    return sg__nir_fail(w->error, SG_E_MEMORY,
                        "%s: libhdf5 could not make the file", w->path);
}

static sg_status add_edge(writing *w, const char *from, const char *to)
{
    if (w->edges + 2 > w->room) {
        size_t room = w->room ? 2 * w->room : 64;
        char **edge = realloc(w->edge, room * sizeof *edge);
        if (!edge)
            return no_memory(w);
        w->edge = edge;
        w->room = room;
    }
    char *a = strdup(from), *b = strdup(to);
    if (!a || !b) {
        free(a);
        free(b);
        return no_memory(w);
    }
    w->edge[w->edges++] = a;
    w->edge[w->edges++] = b;
    return SG_OK;
}

/* Edges to a node from all whose spikes are those of a sender. */
static sg_status hear(writing *w, size_t sender, const char *to)
{
    sg_status status = SG_OK;
    for (size_t i = 0; i < w->heard[sender].count && status == SG_OK; i++)
        status = add_edge(w, w->heard[sender].name[i], to);
    return status;
}

/* A sender is these nodes: those of a and, if it is a sum, of b. */
static sg_status is_sum(writing *w, size_t sender, size_t a, size_t b,
                        bool both)
{
    const struct heard *x = &w->heard[a], *y = &w->heard[b];
    size_t count = x->count + (both ? y->count : 0);
    char **name = calloc(count + 1, sizeof *name);
    if (!name)
        return no_memory(w);
    w->heard[sender] = (struct heard){name, count, x->list};
    for (size_t i = 0; i < count; i++) {
        const char *one = i < x->count ? x->name[i] : y->name[i - x->count];
        for (size_t k = 0; k < i; k++)
            if (strcmp(name[k], one) == 0)
                return sg__nir_fail(w->error, SG_E_UNSUPPORTED,
                                    "layer %zu: adds '%s' twice, which an "
                                    "edge of NIR cannot say",
                                    sender - 1, one);
        name[i] = strdup(one);
        if (!name[i])
            return no_memory(w);
    }
    if (both && x->list != y->list)
        return sg__nir_fail(w->error, SG_E_UNSUPPORTED,
                            "layer %zu: adds an image and a list, which NIR "
                            "tells apart",
                            sender - 1);
    return SG_OK;
}

static sg_status is_node(writing *w, size_t sender, const char *node,
                         bool list)
{
    struct heard *heard = &w->heard[sender];
    heard->name = calloc(2, sizeof *heard->name);
    if (!heard->name)
        return no_memory(w);
    heard->count = 1;
    heard->list = list;
    heard->name[0] = strdup(node);
    return heard->name[0] ? SG_OK : no_memory(w);
}

static hid_t open_node(const writing *w, const char *name, const char *kind)
{
    hid_t node =
        H5Gcreate2(w->nodes, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (node >= 0 && !sg__nir_put_text(node, "type", kind)) {
        H5Gclose(node);
        node = H5I_INVALID_HID;
    }
    return node;
}

static sg_status close_node(const writing *w, hid_t node, bool good)
{
    if (node >= 0 && H5Gclose(node) < 0)
        good = false;
    return good && node >= 0 ? SG_OK : not_written(w);
}

static bool put_pair(hid_t node, const char *name, size_t a, size_t b)
{
    const size_t two = 2;
    return sg__nir_put_ints(node, name, 1, &two,
                            (const int64_t[]){(int64_t)a, (int64_t)b});
}

static bool put_number(hid_t node, const char *name, int64_t number)
{
    return sg__nir_put_ints(node, name, 0, NULL, &number);
}

static bool put_image(hid_t node, const char *name, sg_shape shape)
{
    const size_t three = 3;
    return sg__nir_put_ints(node, name, 1, &three,
                            (const int64_t[]){shape.channels, shape.height,
                                              shape.width});
}

static sg_status put_image_node(const writing *w, const char *name,
                                const char *kind, sg_shape shape)
{
    hid_t node = open_node(w, name, kind);
    return close_node(w, node, node >= 0 && put_image(node, "shape", shape));
}

/* ---- neurons ---- */

/* count numbers that are all the same. */
static bool put_same(hid_t node, const char *name, sg_shape shape, bool list,
                     float number)
{
    size_t size[3] = {shape.channels, shape.height, shape.width};
    size_t count = size[0] * size[1] * size[2];
    float *value = malloc(count * sizeof *value + 1);
    for (size_t i = 0; value && i < count; i++)
        value[i] = number;
    bool good = value && sg__nir_put_floats(node, name, list ? 1 : 3,
                                            list ? &count : size, value);
    free(value);
    return good;
}

static sg_status put_neurons(writing *w, const char *name, sg_shape shape,
                             bool list, int32_t threshold)
{
    hid_t node = open_node(w, name, "IF");
    bool good = node >= 0 && put_same(node, "r", shape, list, 1) &&
                put_same(node, "v_threshold", shape, list, (float)threshold) &&
                put_same(node, "v_reset", shape, list, 0);
    return close_node(w, node, good);
}

/* ---- layers with weights ---- */

/* Weights in the order of NIR, [out][in][ky][kx], as float32, over unit. */
static sg_status put_weights(const writing *w, hid_t node, size_t l,
                             const sg_array_info *info, bool list,
                             int32_t unit)
{
    int32_t *ours = malloc(info->length * sizeof *ours + 1);
    float *theirs = malloc(info->length * sizeof *theirs + 1);
    sg_status status = ours && theirs ? SG_OK : no_memory(w);
    if (status == SG_OK)
        status = sg_network_read_array(w->net, l, "weight", 0, info->length,
                                       ours, w->error);
    /* A list is an image of one output place, its kernel as large as it. */
    size_t out = (size_t)info->shape[0];
    size_t kh = list ? w->shape.height : (size_t)info->shape[1];
    size_t kw = list ? w->shape.width : (size_t)info->shape[2];
    size_t in = list ? w->shape.channels : (size_t)info->shape[3];
    for (size_t i = 0; i < info->length && status == SG_OK; i++) {
        size_t c = i % in, x = i / in % kw, y = i / in / kw % kh;
        size_t o = i / in / kw / kh;
        theirs[((o * in + c) * kh + y) * kw + x] =
            (float)ours[i] / (float)unit;
    }
    const size_t four[4] = {out, in, kh, kw}, two[2] = {out, kh * kw * in};
    if (status == SG_OK && !sg__nir_put_floats(node, "weight", list ? 2 : 4,
                                               list ? two : four, theirs))
        status = not_written(w);
    free(ours);
    free(theirs);
    return status;
}

/* Biases in use. Neurons that fire at half of their threshold are neurons that
 * fire at it and begin with the other half. */
static sg_status put_bias(const writing *w, hid_t node, size_t l,
                          const sg_layer_info *layer, bool fires, int32_t unit)
{
    size_t count = layer->out.channels;
    int32_t *ours = malloc(count * sizeof *ours + 1);
    float *theirs = malloc(count * sizeof *theirs + 1);
    sg_status status = ours && theirs ? SG_OK : no_memory(w);
    if (status == SG_OK)
        status =
            sg_network_read_array(w->net, l, "bias", 0, count, ours, w->error);
    int32_t times = layer->theta_in_use / layer->theta;
    int32_t early = fires && !w->fire_late ? layer->theta_in_use / 2 : 0;
    for (size_t i = 0; i < count && status == SG_OK; i++)
        theirs[i] = (float)((int64_t)ours[i] * times + early) / (float)unit;
    if (status == SG_OK &&
        !sg__nir_put_floats(node, "bias", 1, &count, theirs))
        status = not_written(w);
    free(ours);
    free(theirs);
    return status;
}

static sg_status put_synapses(writing *w, const char *name, size_t l,
                              const sg_layer_info *layer, bool list,
                              bool fires)
{
    sg_array_info info;
    sg_status status =
        sg_network_get_array(w->net, l, "weight", &info, w->error);
    if (status != SG_OK)
        return status;
    hid_t node = open_node(w, name, list ? "Affine" : "Conv2d");
    bool good = node >= 0;
    /* What does not fire is in thresholds: logits. A power of two: exact. */
    int32_t unit = fires ? 1 : layer->theta_in_use;
    if (good && !list)
        good =
            put_pair(node, "input_shape", layer->in.height, layer->in.width) &&
            put_pair(node, "stride", layer->stride.height,
                     layer->stride.width) &&
            put_pair(node, "padding", layer->padding.height,
                     layer->padding.width) &&
            put_pair(node, "dilation", 1, 1) && put_number(node, "groups", 1);
    if (good)
        status = put_weights(w, node, l, &info, list, unit);
    if (good && status == SG_OK)
        status = put_bias(w, node, l, layer, fires, unit);
    sg_status closed = close_node(w, node, good);
    return status ? status : closed;
}

static sg_status put_flatten(writing *w, const char *name, sg_shape shape)
{
    hid_t node = open_node(w, name, "Flatten");
    bool good = node >= 0 && put_number(node, "start_dim", 0) &&
                put_number(node, "end_dim", -1) &&
                put_image(node, "input_type", shape);
    return close_node(w, node, good);
}

/* Weights, and the neurons behind them but for the last layer. */
static sg_status write_synaptic(writing *w, size_t l,
                                const sg_layer_info *layer, bool fires)
{
    char synapses[48], neurons[48], flat[48];
    bool list = layer->kind == SG_LAYER_DENSE;
    snprintf(synapses, sizeof synapses, "%03zu_%s", l, layer->name);
    snprintf(neurons, sizeof neurons, "%03zu_neurons", l);
    snprintf(flat, sizeof flat, "%03zu_flatten", l);
    sg_status status = SG_OK;
    w->shape = layer->in;
    size_t from = (size_t)layer->from;
    bool flatten = list && !w->heard[from].list;
    if (flatten)
        status = put_flatten(w, flat, layer->in);
    if (status == SG_OK)
        status = hear(w, from, flatten ? flat : synapses);
    if (status == SG_OK && flatten)
        status = add_edge(w, flat, synapses);
    if (status == SG_OK)
        status = put_synapses(w, synapses, l, layer, list, fires);
    if (status != SG_OK || !fires)
        return status ? status : is_node(w, l + 1, synapses, list);
    status = put_neurons(w, neurons, layer->out, list, layer->theta_in_use);
    if (status == SG_OK)
        status = add_edge(w, synapses, neurons);
    return status ? status : is_node(w, l + 1, neurons, list);
}

/* ---- layers without ---- */

/* Places that a unit pools, height and width. */
static void places(const sg_layer_info *layer, size_t out[2])
{
    out[0] = layer->kernel.height;
    out[1] = layer->kernel.width;
}

static sg_status put_pool(writing *w, const char *name,
                          const sg_layer_info *layer)
{
    size_t k[2];
    places(layer, k);
    hid_t node = open_node(w, name, "SumPool2d");
    bool good = node >= 0 && put_pair(node, "kernel_size", k[0], k[1]) &&
                put_pair(node, "stride", k[0], k[1]) &&
                put_pair(node, "padding", 0, 0);
    return close_node(w, node, good);
}

/* A sum pool as a convolution of ones within channels, for the bias that a
 * pool has not. Not of groups: tools take the second dimension of its weights
 * for all channels. */
static sg_status put_summing(writing *w, const char *name,
                             const sg_layer_info *layer, float bias)
{
    size_t k[2], channels = layer->in.channels;
    places(layer, k);
    const size_t shape[4] = {channels, channels, k[0], k[1]};
    size_t each = k[0] * k[1], count = channels * channels * each;
    float *value = malloc((count + channels) * sizeof *value);
    for (size_t i = 0; value && i < count; i++)
        value[i] = i / each % channels == i / each / channels ? 1 : 0;
    for (size_t i = 0; value && i < channels; i++)
        value[count + i] = bias;
    hid_t node = open_node(w, name, "Conv2d");
    bool good =
        value && node >= 0 &&
        put_pair(node, "input_shape", layer->in.height, layer->in.width) &&
        put_pair(node, "stride", k[0], k[1]) &&
        put_pair(node, "padding", 0, 0) && put_pair(node, "dilation", 1, 1) &&
        put_number(node, "groups", 1) &&
        sg__nir_put_floats(node, "weight", 4, shape, value) &&
        sg__nir_put_floats(node, "bias", 1, &channels, value + count);
    free(value);
    return close_node(w, node, good);
}

/* Neurons behind a sum; what arrives at the last one is not seen from outside,
 * so its threshold is found as docs/semantics.md has it. */
static sg_status write_average(writing *w, size_t l,
                               const sg_layer_info *layer, const char *name,
                               int32_t n_max)
{
    char neurons[48];
    size_t k[2];
    places(layer, k);
    int64_t sum = (int64_t)(k[0] * k[1]), threshold = sum;
    if (strcmp(layer->name, "Pavg") == 0)
        for (threshold = 1; sum * n_max / threshold > 255;)
            threshold *= 2;
    snprintf(neurons, sizeof neurons, "%03zu_neurons", l);
    sg_status status = w->fire_late || threshold == 1
                           ? put_pool(w, name, layer)
                           : put_summing(w, name, layer, (float)threshold / 2);
    if (status == SG_OK)
        status =
            put_neurons(w, neurons, layer->out, false, (int32_t)threshold);
    if (status == SG_OK)
        status = add_edge(w, name, neurons);
    return status ? status : is_node(w, l + 1, neurons, false);
}

static sg_status write_pool(writing *w, size_t l, const sg_layer_info *layer)
{
    char name[48];
    sg_layer_info below;
    snprintf(name, sizeof name, "%03zu_%s", l, layer->name);
    if (w->heard[l].list)
        return sg__nir_fail(w->error, SG_E_UNSUPPORTED,
                            "layer %zu (%s): pools a list, for which NIR has "
                            "no node",
                            l, layer->name);
    sg_status status = hear(w, l, name);
    if (status != SG_OK)
        return status;
    if (layer->kind == SG_LAYER_POOL_AVERAGE) {
        int64_t levels = 0;
        if (l == 0) {
            sg_network_info info;
            sg_network_get_info(w->net, &info);
            sg_recipe_number(info.recipe, "input-levels", &levels);
        } else if (sg_network_get_layer(w->net, l - 1, &below) == SG_OK)
            levels = below.count_cap;
        return write_average(w, l, layer, name, (int32_t)levels);
    }
    status = put_pool(w, name, layer);
    return status ? status : is_node(w, l + 1, name, false);
}

static sg_status write_layer(writing *w, size_t l, size_t layers)
{
    sg_layer_info layer;
    sg_status status = sg_network_get_layer(w->net, l, &layer);
    if (status != SG_OK)
        return status;
    switch (layer.kind) {
    case SG_LAYER_CONV:
    case SG_LAYER_DENSE:
    case SG_LAYER_PROJECTION:
        return write_synaptic(w, l, &layer, l + 1 < layers);
    case SG_LAYER_POOL_SUM:
    case SG_LAYER_POOL_AVERAGE:
        return write_pool(w, l, &layer);
    case SG_LAYER_ADD:
        return is_sum(w, l + 1, l, (size_t)layer.skip, true);
    case SG_LAYER_DROPOUT:
        return is_sum(w, l + 1, l, 0, false);
    case SG_LAYER_POOL_MAX:
        break;
    }
    return sg__nir_fail(w->error, SG_E_UNSUPPORTED,
                        "layer %zu (%s): NIR has no node for %s; a network "
                        "trained with sum or average pools has one",
                        l, layer.name, sg_layer_kind_name(layer.kind));
}

/* ---- the file ---- */

static bool put_edges(const writing *w, hid_t place)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    const hsize_t size[2] = {w->edges / 2, 2};
    hid_t space = H5Screate_simple(2, size, NULL);
    hid_t plan = H5Pcreate(H5P_DATASET_CREATE), set = H5I_INVALID_HID;
    if (type >= 0 && space >= 0 && plan >= 0 &&
        H5Tset_size(type, H5T_VARIABLE) >= 0 &&
        H5Tset_cset(type, H5T_CSET_UTF8) >= 0 &&
        H5Pset_obj_track_times(plan, false) >= 0)
        set = H5Dcreate2(place, "edges", type, space, H5P_DEFAULT, plan,
                         H5P_DEFAULT);
    bool good = set >= 0 && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                                     w->edge) >= 0;
    if (set >= 0)
        good = H5Dclose(set) >= 0 && good;
    if (plan >= 0)
        H5Pclose(plan);
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    return good;
}

static sg_status put_metadata(const writing *w, hid_t file, hid_t node)
{
    char text[24];
    void *bytes = NULL;
    size_t size = 0;
    uint64_t digest;
    const sg__nir_file whole = {file, w->path, UINT64_MAX};
    sg_status status = sg__nir_digest(&whole, &digest, w->error);
    if (status == SG_OK)
        status = sg_network_save_memory(w->net, &bytes, &size, w->error);
    if (status != SG_OK)
        return status;
    snprintf(text, sizeof text, "%016" PRIx64, digest);
    hid_t place = H5Gcreate2(node, SG__NIR_METADATA, H5P_DEFAULT, H5P_DEFAULT,
                             H5P_DEFAULT);
    bool good =
        place >= 0 &&
        sg__nir_put_text(place, SG__NIR_NOTE,
                         "Integrate-and-fire neurons whose reset subtracts "
                         "the threshold and which may take spikes back; a "
                         "bias is charge given once, at the beginning. All "
                         "else is in the checkpoint beside this, a "
                         "safetensors file.") &&
        sg__nir_put_text(place, SG__NIR_DIGEST, text) &&
        sg__nir_put_bytes(place, SG__NIR_CHECKPOINT, bytes, size);
    sg_free(bytes);
    return close_node(w, place, good);
}

/* The neurons of the image: on-off input has two for each pixel. */
static sg_shape input_neurons(const sg_network *net)
{
    sg_layer_info first;
    sg_network_get_layer(net, 0, &first);
    return first.in;
}

static sg_status write_nodes(writing *w, const sg_network_info *info)
{
    sg_status status =
        put_image_node(w, "input", "Input", input_neurons(w->net));
    if (status == SG_OK)
        status = is_node(w, 0, "input", false);
    for (size_t l = 0; l < info->layers && status == SG_OK; l++)
        status = write_layer(w, l, info->layers);
    if (status == SG_OK)
        status = hear(w, info->layers, "output");
    if (status != SG_OK)
        return status;
    hid_t node = open_node(w, "output", "Output");
    const size_t one = 1;
    const int64_t classes = info->classes;
    bool good =
        node >= 0 && sg__nir_put_ints(node, "shape", 1, &one, &classes);
    return close_node(w, node, good);
}

static sg_status write_graph(writing *w, hid_t file,
                             const sg_network_info *info)
{
    hid_t node =
        H5Gcreate2(file, "node", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    bool good = node >= 0 && sg__nir_put_text(file, "version", nir_version) &&
                sg__nir_put_text(node, "type", "NIRGraph");
    if (good)
        w->nodes =
            H5Gcreate2(node, "nodes", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    sg_status status =
        good && w->nodes >= 0 ? write_nodes(w, info) : not_written(w);
    if (status == SG_OK && !put_edges(w, node))
        status = not_written(w);
    if (w->nodes >= 0)
        H5Gclose(w->nodes);
    if (status == SG_OK)
        status = put_metadata(w, file, node);
    if (node >= 0)
        H5Gclose(node);
    return status;
}

/* The file as bytes in memory, to be freed; so that it gets its name whole. */
static sg_status make_image(writing *w, const sg_network_info *info,
                            void **out, size_t *size)
{
    enum { GROW = 1 << 22 };
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    hid_t file = H5I_INVALID_HID;
    if (access >= 0 && H5Pset_fapl_core(access, GROW, false) >= 0)
        file = H5Fcreate("nir", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    sg_status status = file >= 0 ? write_graph(w, file, info) : not_written(w);
    ssize_t bytes = -1;
    if (status == SG_OK && H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0)
        bytes = H5Fget_file_image(file, NULL, 0);
    *out = bytes > 0 ? malloc((size_t)bytes) : NULL;
    *size = bytes > 0 ? (size_t)bytes : 0;
    if (status == SG_OK &&
        (!*out || H5Fget_file_image(file, *out, *size) != bytes))
        status = not_written(w);
    if (file >= 0)
        H5Fclose(file);
    if (access >= 0)
        H5Pclose(access);
    return status;
}

static sg_status replace(const char *path, const char *bytes, size_t size,
                         sg_error *error)
{
    sg_replacement *file = NULL;
    sg_status status = sg_replacement_open(path, &file, error);
    for (size_t at = 0; at < size && status == SG_OK;) {
        ssize_t more =
            write(sg_replacement_descriptor(file), bytes + at, size - at);
        if (more > 0)
            at += (size_t)more;
        else if (errno != EINTR)
            status =
                sg__nir_fail(error, SG_E_IO, "%s: %s", path, strerror(errno));
    }
    if (status == SG_OK)
        status = sg_replacement_commit(file, error);
    sg_replacement_destroy(file);
    return status;
}

sg_status sg_nir_write(const sg_network *net, const char *path,
                       sg_error *error)
{
    if (!net || !path)
        return sg__nir_fail(error, SG_E_ARGUMENT, "nir: missing argument");
    sg_network_info info;
    int64_t fire = 0;
    void *bytes = NULL;
    size_t size = 0;
    sg_network_get_info(net, &info);
    sg_recipe_number(info.recipe, "fire", &fire);
    writing w = {.net = net,
                 .path = path,
                 .error = error,
                 .nodes = H5I_INVALID_HID,
                 .fire_late = fire != 0};
    sg__nir_ear ear;
    sg__nir_listen(&ear);
    w.heard = calloc(info.layers + 1, sizeof *w.heard);
    sg_status status =
        w.heard ? make_image(&w, &info, &bytes, &size) : no_memory(&w);
    status = sg__nir_judge(&ear, path, status, error);
    if (status == SG_OK)
        status = replace(path, bytes, size, error);
    free(bytes);
    for (size_t i = 0; i < w.edges; i++)
        free(w.edge[i]);
    free(w.edge);
    for (size_t i = 0; w.heard && i <= info.layers; i++) {
        for (size_t k = 0; k < w.heard[i].count; k++)
            free(w.heard[i].name[k]);
        free(w.heard[i].name);
    }
    free(w.heard);
    return status;
}
