/* A network from a graph: the checkpoint that is in it, or weights of another
 * tool as integers. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nir/chain.h"
#include "nir/digest.h"
#include <spikegrad-nir.h>

/* ---- a file of ours ---- */

/* What is there and cannot be opened is damage, and not another tool's graph:
 * that would be another network. */
static sg_status find_checkpoint(const sg__nir_file *file, bool *has,
                                 sg_error *error)
{
    hid_t place = H5I_INVALID_HID, inner = H5I_INVALID_HID;
    sg_status status = SG_OK;
    *has = false;
    if (!sg__nir_has(file->id, "node"))
        return SG_OK;
    place = H5Oopen(file->id, "node", H5P_DEFAULT);
    if (place >= 0 && sg__nir_has(place, SG__NIR_METADATA)) {
        inner = H5Oopen(place, SG__NIR_METADATA, H5P_DEFAULT);
        *has = inner >= 0 && H5Iget_type(inner) == H5I_GROUP &&
               sg__nir_has(inner, SG__NIR_CHECKPOINT);
        if (inner < 0)
            status = sg__nir_fail(error, SG_E_FORMAT,
                                  "%s: /node/metadata cannot be opened",
                                  file->path);
    }
    if (place < 0)
        status = sg__nir_fail(error, SG_E_FORMAT, "%s: /node cannot be opened",
                              file->path);
    if (inner >= 0)
        H5Oclose(inner);
    if (place >= 0)
        H5Oclose(place);
    return status;
}

static sg_status compare_digest(const sg__nir_file *file, hid_t metadata,
                                sg_error *error)
{
    static const char where[] = "/node/metadata";
    sg__nir_texts written;
    uint64_t digest;
    char text[24];
    sg_status status = sg__nir_read_texts(file, metadata, SG__NIR_DIGEST,
                                          where, &written, error);
    if (status != SG_OK)
        return status;
    status = sg__nir_digest(file, &digest, error);
    snprintf(text, sizeof text, "%016" PRIx64, digest);
    if (status == SG_OK &&
        (written.count != 1 || strcmp(written.text[0], text) != 0))
        status = sg__nir_fail(
            error, SG_E_FORMAT,
            "%s: the graph was changed after spikegrad wrote it, and is not "
            "that of the checkpoint within; graph-only takes it as it is",
            file->path);
    sg__nir_texts_free(&written);
    return status;
}

static sg_status restore(const sg__nir_file *file, sg_network **out,
                         sg_error *error)
{
    static const char where[] = "/node/metadata";
    hid_t node = H5I_INVALID_HID, metadata = H5I_INVALID_HID;
    uint8_t *bytes = NULL;
    size_t size = 0;
    sg_status status =
        sg__nir_group(file, file->id, "node", "the file", &node, error);
    if (status == SG_OK)
        status = sg__nir_group(file, node, SG__NIR_METADATA, "/node",
                               &metadata, error);
    if (status == SG_OK)
        status = compare_digest(file, metadata, error);
    if (status == SG_OK)
        status = sg__nir_read_bytes(file, metadata, SG__NIR_CHECKPOINT, where,
                                    &bytes, &size, error);
    if (status == SG_OK)
        status = sg_network_load_memory(bytes, size, file->path, out, error);
    free(bytes);
    if (metadata >= 0)
        H5Gclose(metadata);
    if (node >= 0)
        H5Gclose(node);
    return status;
}

/* ---- a graph of another tool ---- */

typedef struct import {
    const sg__nir_chain *chain;
    sg_network *net;
    sg_nir_result *result;
    sg_error *error;
} import;

/* Options for a network of plain integrate-and-fire neurons whose input is
 * counts; then the caller's. */
static sg_status make_recipe(const sg__nir_chain *chain,
                             const sg_nir_options *options, sg_recipe *recipe,
                             sg_error *error)
{
    char net[SG_RECIPE_TEXT], cap[16];
    sg_status status = sg__nir_chain_topology(chain, net, sizeof net, error);
    size_t most = 255 / sg__nir_chain_gathered(chain);
    snprintf(cap, sizeof cap, "%zu", most > 0 ? most : 1);
    const char *const set[][2] = {
        {"net", net},
        {"weight-bits", "8"},
        {"count-cap", cap},
        {"fire", "floor"},
        {"augment", "none"},
        {"input", "counts"},
        {"input-levels", "255"},
        {"standardise", "off"},
    };
    for (size_t i = 0; i < sizeof set / sizeof set[0] && status == SG_OK; i++)
        status = sg_recipe_set(recipe, set[i][0], set[i][1], error);
    for (size_t i = 0; i < options->given_count && status == SG_OK; i++) {
        const char *name = options->given ? options->given[i] : NULL;
        char text[SG_RECIPE_TEXT];
        if (!name || !options->recipe || strcmp(name, "net") == 0 ||
            strcmp(name, "standardise") == 0)
            continue;
        status = sg_recipe_get(options->recipe, name, text, sizeof text);
        if (status == SG_OK)
            status = sg_recipe_set(recipe, name, text, error);
    }
    return status;
}

/* The largest batch of a power of two with which a gradient cannot overflow,
 * since a graph says nothing of training. */
static sg_status create(sg_recipe *recipe, const sg_data *data, bool batch,
                        sg_network **out, sg_error *error)
{
    sg_status status = sg_network_create(recipe, data, out, error);
    for (int size = 64; size > 0 && status == SG_E_BOUND && !batch;
         size /= 2) {
        char text[16];
        snprintf(text, sizeof text, "%d", size);
        status = sg_recipe_set(recipe, "batch", text, error);
        if (status == SG_OK)
            status = sg_network_create(recipe, data, out, error);
    }
    return status;
}

/* A network of that recipe; its weights are still to come. batch: it is the
 * caller's. */
static sg_status make_network(const sg__nir_chain *chain, sg_recipe *recipe,
                              bool batch, sg_network **out, sg_error *error)
{
    sg_data_info info = {.name = "a NIR graph",
                         .height = chain->input.height,
                         .width = chain->input.width,
                         .channels = chain->input.channels,
                         .classes = (uint32_t)chain->classes,
                         .size = 1};
    static const uint8_t label[1];
    sg_data *data = NULL;
    uint8_t *pixels = calloc((size_t)info.height * info.width, info.channels);
    if (!pixels)
        return sg__nir_fail(error, SG_E_MEMORY, "out of memory");
    sg_status status = sg_data_from_arrays(&info, pixels, label, &data, error);
    if (status == SG_OK)
        status = create(recipe, data, batch, out, error);
    sg_data_destroy(data);
    free(pixels);
    return status;
}

static bool gives(const sg_nir_options *options, const char *name)
{
    for (size_t i = 0; options->given && i < options->given_count; i++)
        if (options->given[i] && strcmp(options->given[i], name) == 0)
            return true;
    return false;
}

static int32_t highest(const sg_network *net, size_t l, const char *name)
{
    sg_array_info info;
    return sg_network_get_array(net, l, name, &info, NULL) == SG_OK ? info.high
                                                                    : 0;
}

/* The threshold of a layer: the largest power of two with which all weights
 * are within their limit and no sum can overflow. */
static sg_status choose_threshold(const import *job, size_t l, int *bits)
{
    const sg__nir_layer *layer = &job->chain->layer[l];
    size_t count =
        layer->out * layer->kernel[0] * layer->kernel[1] * layer->in;
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(layer->weight[i]));
    sg_status status = SG_E_RANGE;
    for (*bits = (int)highest(job->net, l, "theta_bits"); *bits > 0; --*bits) {
        int32_t number = *bits;
        status = sg_network_write_array(job->net, l, "theta_bits", 0, 1,
                                        &number, job->error);
        if (status == SG_OK &&
            largest * ldexp(1, *bits) <=
                (double)highest(job->net, l, "weight") + 0.5)
            return SG_OK;
        if (status != SG_OK && status != SG_E_BOUND && status != SG_E_RANGE)
            return status;
    }
    *bits = 1;
    return status;
}

/* Masters: numbers in thresholds times 2^bits, to the nearest, halves away
 * from 0, with as many more bits as masters have. double holds them exactly
 * enough: 53 bits, of which a master has at most 32. */
static sg_status put_masters(const import *job, size_t l, const char *name,
                             const char *forward, const double *value,
                             size_t count, int bits)
{
    double high = highest(job->net, l, name);
    double unit = high / highest(job->net, l, forward);
    double scale = ldexp(unit, bits);
    int32_t *number = malloc(count * sizeof *number + 1);
    if (!number)
        return sg__nir_fail(job->error, SG_E_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++) {
        double exact = round(value[i] * scale);
        double kept = fmin(fmax(exact, -high), high);
        /* the largest weight that still rounds to the limit is no clip */
        if (fabs(exact - kept) > unit / 2)
            job->result->clipped++;
        number[i] = (int32_t)kept;
        job->result->error =
            fmax(job->result->error,
                 fabs(round(kept / unit) - value[i] * scale / unit) /
                     ldexp(1, bits));
    }
    job->result->weights += count;
    sg_status status = sg_network_write_array(job->net, l, name, 0, count,
                                              number, job->error);
    free(number);
    return status;
}

static sg_status fill_layer(const import *job, size_t l, uint32_t steps)
{
    const sg__nir_layer *layer = &job->chain->layer[l];
    if (!layer->weight)
        return SG_OK;
    size_t count =
        layer->out * layer->kernel[0] * layer->kernel[1] * layer->in;
    int bits = 0;
    double *bias = calloc(layer->out, sizeof *bias);
    sg_status status =
        bias ? choose_threshold(job, l, &bits)
             : sg__nir_fail(job->error, SG_E_MEMORY, "out of memory");
    if (status == SG_OK)
        status = put_masters(job, l, "weight_master", "weight", layer->weight,
                             count, bits);
    for (size_t i = 0; bias && layer->bias && i < layer->out; i++)
        bias[i] = layer->bias[i] * steps;
    if (status == SG_OK)
        status =
            put_masters(job, l, "bias_master", "bias", bias, layer->out, bits);
    free(bias);
    return status;
}

static sg_status take_over(const sg__nir_file *file,
                           const sg_nir_options *options, sg_network **out,
                           sg_nir_result *result, sg_error *error)
{
    sg__nir_graph graph = {0};
    sg__nir_chain chain = {0};
    sg_recipe *recipe = NULL;
    sg_status status = sg__nir_graph_read(file, &graph, error);
    if (status == SG_OK)
        status = sg__nir_chain_make(&graph, file->path, options->input, &chain,
                                    error);
    if (status == SG_OK && sg_recipe_create(&recipe) != SG_OK)
        status =
            sg__nir_fail(error, SG_E_MEMORY, "%s: out of memory", file->path);
    if (status == SG_OK)
        status = make_recipe(&chain, options, recipe, error);
    if (status == SG_OK)
        status =
            make_network(&chain, recipe, gives(options, "batch"), out, error);
import job = {& chain, status ? NULL: * out, result, error };
    for (size_t l = 0; l < chain.count && status == SG_OK; l++)
        status = fill_layer(&job, l, options->steps ? options->steps : 1);
    if (status != SG_OK) {
        sg_network_destroy(*out);
        *out = NULL;
    }
    sg_recipe_destroy(recipe);
    sg__nir_chain_free(&chain);
    sg__nir_graph_free(&graph);
    return status;
}

sg_status sg_nir_read(const char *path, const sg_nir_options *options,
                      sg_network **out, sg_nir_result *result, sg_error *error)
{
    sg_nir_options own = {0};
    sg_nir_result dummy = {0}, *told = result ? result : &dummy;
    sg__nir_file file;
    *told = (sg_nir_result){0};
    if (!out)
        return sg__nir_fail(error, SG_E_ARGUMENT, "nir: missing argument");
    *out = NULL;
    if (!path || (options && options->size != sizeof own))
        return sg__nir_fail(error, SG_E_ARGUMENT,
                            path ? "nir: options of an unknown size"
                                 : "nir: missing argument");
    if (options)
        own = *options;
    sg__nir_ear ear;
    sg__nir_listen(&ear);
    sg_status status = sg__nir_open(path, &file, error);
    if (status == SG_OK) {
        bool has = false;
        if (!own.graph_only)
            status = find_checkpoint(&file, &has, error);
        told->restored = has;
        if (status == SG_OK)
            status = has ? restore(&file, out, error)
                         : take_over(&file, &own, out, told, error);
        sg__nir_close(&file);
    }
    status = sg__nir_judge(&ear, path, status, error);
    if (status != SG_OK) {
        sg_network_destroy(*out);
        *out = NULL;
    }
    return status;
}
