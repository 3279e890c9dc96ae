/* From nodes to layers. On the way from the input stand, again and again,
 * spikes (scaled, pooled, flattened), weights, and neurons that make spikes of
 * what the weights gave. Scales are folded into the next weights; thresholds
 * and resistances into the weights before. */
#include "nir/chain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGE_MAX = 1 << 26, WEIGHTS_MAX = 1 << 28 };

typedef struct walk {
    sg__nir_chain *chain;
    const char *path;
    const sg__nir_node *node;
    sg_error *error;
    sg_shape shape; /* of what arrives here */
    bool flat;      /* as a list; shape says of which image */
    double *gain;   /* of each channel, or each of a list, in its order; what
                       a spike is worth. While `current`, still those of what
                       the weights heard */
    size_t gains;
    bool current;  /* what arrives has not passed a neuron yet */
    double pooled; /* places behind the last pool, 0 if it is not the last */
} walk;

void sg__nir_chain_free(sg__nir_chain *chain)
{
    for (size_t i = 0; chain->layer && i < chain->count; i++) {
        free(chain->layer[i].weight);
        free(chain->layer[i].bias);
    }
    free(chain->layer);
    *chain = (sg__nir_chain){0};
}

static sg_status refuse(const walk *w, sg_status status, const char *why)
{
    return sg__nir_fail(w->error, status, "%s: node '%.60s' (%s): %s", w->path,
                        w->node->name, sg__nir_kind_name(w->node->kind), why);
}

static sg_status no_memory(const walk *w)
{
    return sg__nir_fail(w->error, SG_E_MEMORY, "%s: out of memory", w->path);
}

static size_t elements(sg_shape shape)
{
    return (size_t)shape.height * shape.width * shape.channels;
}

static const sg__nir_array *value(const walk *w, sg__nir_parameter p)
{
    return &w->node->value[p];
}

/* A parameter of one or two whole numbers, height and width; 1-D ones have
 * one, for the height. */
static sg_status pair(const walk *w, sg__nir_parameter p, size_t low,
                      size_t other, size_t out[2])
{
    const sg__nir_array *array = value(w, p);
    bool line = w->node->kind == SG__NIR_CONV1D;
    if (array->length == 0 || array->length > 2 || array->rank > 1)
        return refuse(w, SG_E_FORMAT, "expected one or two numbers");
    for (size_t i = 0; i < 2; i++) {
        double v = array->value[i < array->length ? i : 0];
        if (!(v >= (double)low && v <= 65535 && v == floor(v)))
            return refuse(w, SG_E_FORMAT, "a number out of range");
        out[i] = line && i == 1 ? other : (size_t)v;
    }
    return SG_OK;
}

static bool set_gains(walk *w, size_t count)
{
    double *gain = malloc(count * sizeof *gain + 1);
    for (size_t i = 0; gain && i < count; i++)
        gain[i] = 1;
    free(w->gain);
    w->gain = gain;
    w->gains = count;
    return gain != NULL;
}

/* Whether what arrives has more numbers than are taken on. */
static bool too_large(sg_shape shape)
{
    return (double)shape.height * shape.width * shape.channels > IMAGE_MAX;
}

static sg_status refuse_image(const walk *w)
{
    return refuse(w, SG_E_UNSUPPORTED, "an image of more than 2^26 numbers");
}

/* ---- Input, Flatten, Scale, pools ---- */

static sg_status take_input(walk *w, sg_shape flat)
{
    const sg__nir_array *shape = value(w, SG__NIR_P_SHAPE);
    size_t dim[SG__NIR_RANK], rank = shape->length;
    if (w->gain)
        return refuse(w, SG_E_UNSUPPORTED, "a second Input");
    if (rank == 0 || rank > SG__NIR_RANK)
        return refuse(w, SG_E_FORMAT, "a shape of 1 to 4 numbers expected");
    for (size_t i = 0; i < rank; i++) {
        if (!(shape->value[i] >= 1 && shape->value[i] <= 1 << 24))
            return refuse(w, SG_E_FORMAT, "a size out of range");
        dim[i] = (size_t)shape->value[i];
    }
    size_t from = rank == 4 && dim[0] == 1 ? 1 : 0; /* a batch of one */
    rank -= from;
    if (rank == 4)
        return refuse(w, SG_E_UNSUPPORTED, "an image has 3 dimensions");
    const size_t *d = dim + from;
    if (rank == 3)
        w->shape = (sg_shape){(uint32_t)d[1], (uint32_t)d[2], (uint32_t)d[0]};
    else if (rank == 2) /* channels of a signal */
        w->shape = (sg_shape){(uint32_t)d[1], 1, (uint32_t)d[0]};
    else {
        w->shape = elements(flat) ? flat : (sg_shape){1, 1, (uint32_t)d[0]};
        if (elements(w->shape) != d[0])
            return refuse(w, SG_E_RANGE,
                          "its length is not that of the image it is to be");
        w->flat = true;
    }
    w->chain->input = w->shape;
    if (too_large(w->shape))
        return refuse_image(w);
    return set_gains(w, w->flat ? elements(w->shape) : w->shape.channels)
               ? SG_OK
               : no_memory(w);
}

static sg_status take_flatten(walk *w)
{
    const sg__nir_array *start = value(w, SG__NIR_P_START_DIM);
    const sg__nir_array *end = value(w, SG__NIR_P_END_DIM);
    const sg__nir_array *type = value(w, SG__NIR_P_INPUT_TYPE);
    if (start->length != 1 || end->length != 1)
        return refuse(w, SG_E_FORMAT, "start_dim and end_dim are one number");
    if (w->flat)
        return SG_OK;
    bool batch = type->length == 4 && type->value[0] == 1;
    double rank = batch ? 4 : 3, first = start->value[0];
    double last = end->value[0];
    if ((first != 0 && !(first == 1 && (batch || w->shape.channels == 1))) ||
        (last != -1 && last != rank - 1))
        return refuse(w, SG_E_UNSUPPORTED, "flattens part of an image");
    w->flat = true;
    if (w->current) /* the gains are made with the neurons */
        return SG_OK;
    size_t places = (size_t)w->shape.height * w->shape.width;
    size_t channels = w->shape.channels;
    double *gain = malloc(places * channels * sizeof *gain + 1);
    if (!gain)
        return no_memory(w);
    for (size_t i = 0; i < places * channels; i++)
        gain[i] = w->gain[i / places];
    free(w->gain);
    w->gain = gain;
    w->gains = places * channels;
    return SG_OK;
}

/* An array for channels, for neurons (channel by channel) or for all as one
 * number for each of `parts`; false if it differs within one. */
static bool reduce(const sg__nir_array *array, size_t parts, size_t each,
                   double *out)
{
    for (size_t i = 0; i < parts; i++) {
        size_t at = array->length == parts          ? i
                    : array->length == parts * each ? i * each
                                                    : 0;
        out[i] = array->value[at];
        for (size_t k = 1; array->length == parts * each && k < each; k++)
            if (array->value[at + k] != out[i])
                return false;
    }
    return true;
}

static bool fits(const sg__nir_array *array, size_t parts, size_t each)
{
    return array->length == 1 || array->length == parts ||
           array->length == parts * each;
}

static sg__nir_layer *last_layer(const walk *w)
{
    return &w->chain->layer[w->chain->count - 1];
}

/* Multiplies the rows of the last layer, and its biases. */
static void multiply_rows(sg__nir_layer *layer, const double *by)
{
    size_t row = layer->kernel[0] * layer->kernel[1] * layer->in;
    for (size_t o = 0; o < layer->out; o++) {
        for (size_t i = 0; i < row; i++)
            layer->weight[o * row + i] *= by[o];
        if (layer->bias)
            layer->bias[o] *= by[o];
    }
}

static sg_status take_scale(walk *w)
{
    const sg__nir_array *scale = value(w, SG__NIR_P_SCALE);
    size_t places = (size_t)w->shape.height * w->shape.width;
    if (w->flat && !w->current)
        places = 1;
    size_t parts = w->current ? last_layer(w)->out : w->gains;
    if (!fits(scale, parts, places))
        return refuse(w, SG_E_FORMAT, "as many numbers as neurons expected");
    double *by = malloc(parts * sizeof *by + 1);
    if (!by)
        return no_memory(w);
    bool good = reduce(scale, parts, places, by);
    if (good && w->current)
        multiply_rows(last_layer(w), by);
    for (size_t i = 0; good && !w->current && i < parts; i++)
        w->gain[i] *= by[i];
    free(by);
    w->pooled = 0;
    return good ? SG_OK
                : refuse(w, SG_E_UNSUPPORTED, "differs within a channel");
}

static sg_status take_pool(walk *w)
{
    size_t kernel[2], stride[2], padding[2];
    sg_status status = pair(w, SG__NIR_P_KERNEL_SIZE, 1, 1, kernel);
    if (status == SG_OK)
        status = pair(w, SG__NIR_P_STRIDE, 1, 1, stride);
    if (status == SG_OK && w->node->padding == SG__NIR_PAD_NUMBERS)
        status = pair(w, SG__NIR_P_PADDING, 0, 0, padding);
    else
        padding[0] = padding[1] = w->node->padding == SG__NIR_PAD_SAME;
    if (status != SG_OK)
        return status;
    if (w->current || w->flat)
        return refuse(w, SG_E_UNSUPPORTED,
                      "pools what is not spikes of an image");
    if (stride[0] != kernel[0] || stride[1] != kernel[1] || padding[0] ||
        padding[1])
        return refuse(w, SG_E_UNSUPPORTED, "pools that overlap or are padded");
    if (kernel[0] > w->shape.height || kernel[1] > w->shape.width)
        return refuse(w, SG_E_FORMAT, "larger than what arrives");
    w->shape.height /= (uint32_t)kernel[0];
    w->shape.width /= (uint32_t)kernel[1];
    w->pooled = (double)(kernel[0] * kernel[1]);
    for (size_t i = 0; i < w->gains; i++)
        if (w->node->kind == SG__NIR_AVERAGE_POOL)
            w->gain[i] /= w->pooled;
    w->chain->layer[w->chain->count++] = (sg__nir_layer){
        .kind = SG__NIR_POOL_SUM,
        .node = w->node->name,
        .kernel = {kernel[0], kernel[1]},
        .stride = {kernel[0], kernel[1]},
    };
    return SG_OK;
}

/* ---- weights ---- */

static sg_status take_bias(walk *w, sg__nir_layer *layer)
{
    const sg__nir_array *bias = value(w, SG__NIR_P_BIAS);
    bool any = false;
    for (size_t i = 0; i < bias->length; i++)
        any = any || bias->value[i] != 0;
    if (!any)
        return SG_OK;
    if (bias->length != layer->out)
        return refuse(w, SG_E_FORMAT, "a bias for each output expected");
    layer->bias = malloc(layer->out * sizeof *layer->bias);
    if (!layer->bias)
        return no_memory(w);
    memcpy(layer->bias, bias->value, layer->out * sizeof *layer->bias);
    return SG_OK;
}

static sg_status take_dense(walk *w)
{
    const sg__nir_array *weight = value(w, SG__NIR_P_WEIGHT);
    size_t in = elements(w->shape);
    if (weight->rank != 2 || weight->length == 0)
        return refuse(w, SG_E_FORMAT, "weights of two dimensions expected");
    if (!w->flat && w->shape.height * w->shape.width != 1)
        return refuse(w, SG_E_UNSUPPORTED,
                      "hears an image; a Flatten is missing");
    if (weight->shape[1] != in)
        return refuse(w, SG_E_FORMAT,
                      "has another number of inputs than what arrives");
    sg__nir_layer *layer = &w->chain->layer[w->chain->count++];
    *layer = (sg__nir_layer){.kind = SG__NIR_DENSE,
                             .node = w->node->name,
                             .out = weight->shape[0],
                             .in = in,
                             .kernel = {1, 1},
                             .stride = {1, 1}};
    layer->weight = malloc(weight->length * sizeof *layer->weight);
    if (!layer->weight)
        return no_memory(w);
    size_t channels = w->shape.channels, places = in / channels;
    for (size_t o = 0; o < layer->out; o++)
        for (size_t i = 0; i < in; i++) {
            /* theirs: channel by channel; ours: place by place */
            size_t theirs = i % channels * places + i / channels;
            layer->weight[o * in + i] =
                weight->value[o * in + theirs] * w->gain[theirs];
        }
    w->shape = (sg_shape){1, 1, (uint32_t)layer->out};
    w->flat = true;
    return take_bias(w, layer);
}

static sg_status same_padding(const walk *w, const size_t kernel[2],
                              const size_t stride[2], size_t padding[2])
{
    padding[0] = padding[1] = 0;
    if (w->node->padding == SG__NIR_PAD_VALID)
        return SG_OK;
    for (int i = 0; i < 2; i++) {
        if (stride[i] != 1 || kernel[i] % 2 == 0)
            return refuse(w, SG_E_UNSUPPORTED,
                          "padding 'same' wants stride 1 and odd kernels");
        padding[i] = kernel[i] / 2;
    }
    return SG_OK;
}

/* Sizes of a convolution; kernel[] with the gaps of its dilation. */
static sg_status measure(walk *w, sg__nir_layer *layer, size_t dilation[2],
                         size_t *groups)
{
    const sg__nir_array *weight = value(w, SG__NIR_P_WEIGHT);
    bool line = w->node->kind == SG__NIR_CONV1D;
    size_t group[2] = {1, 1};
    if (weight->rank != (line ? 3 : 4) || weight->length == 0)
        return refuse(w, SG_E_FORMAT,
                      line ? "weights of 3 dimensions expected"
                           : "weights of 4 dimensions expected");
    sg_status status = pair(w, SG__NIR_P_STRIDE, 1, 1, layer->stride);
    if (status == SG_OK)
        status = pair(w, SG__NIR_P_DILATION, 1, 1, dilation);
    if (status == SG_OK)
        status = pair(w, SG__NIR_P_GROUPS, 1, 1, group);
    if (status != SG_OK)
        return status;
    *groups = group[0];
    layer->out = weight->shape[0];
    layer->in = weight->shape[1] * *groups;
    for (size_t i = 0; i < 2; i++) {
        size_t taps = line && i == 1 ? 1 : weight->shape[2 + i];
        if (taps > 65535)
            return refuse(w, SG_E_FORMAT, "a number out of range");
        layer->kernel[i] = (taps - 1) * dilation[i] + 1;
    }
    status =
        w->node->padding == SG__NIR_PAD_NUMBERS
            ? pair(w, SG__NIR_P_PADDING, 0, 0, layer->padding)
            : same_padding(w, layer->kernel, layer->stride, layer->padding);
    if (status != SG_OK)
        return status;
    if (layer->in != w->shape.channels || layer->out % *groups != 0)
        return refuse(w, SG_E_FORMAT,
                      "has another number of channels than what arrives");
    const uint32_t size[2] = {w->shape.height, w->shape.width};
    for (size_t i = 0; i < 2; i++)
        if (layer->kernel[i] > size[i] + 2 * layer->padding[i])
            return refuse(w, SG_E_FORMAT, "larger than what arrives");
    return SG_OK;
}

/* Weights from [out][in / groups][ky][kx] to ours, with zeros between the taps
 * of a dilation and between groups. */
static void spread(const walk *w, sg__nir_layer *layer,
                   const size_t dilation[2], size_t groups)
{
    const sg__nir_array *weight = value(w, SG__NIR_P_WEIGHT);
    size_t own = weight->shape[1], th = weight->shape[2];
    size_t tw = weight->rank == 3 ? 1 : weight->shape[3];
    for (size_t o = 0; o < layer->out; o++) {
        size_t first = o / (layer->out / groups) * own;
        for (size_t i = 0; i < own; i++)
            for (size_t y = 0; y < th; y++)
                for (size_t x = 0; x < tw; x++) {
                    size_t row = o * layer->kernel[0] + y * dilation[0];
                    size_t at = row * layer->kernel[1] + x * dilation[1];
                    layer->weight[at * layer->in + first + i] =
                        weight->value[((o * own + i) * th + y) * tw + x] *
                        w->gain[first + i];
                }
    }
}

static sg_status take_convolution(walk *w)
{
    sg__nir_layer *layer = &w->chain->layer[w->chain->count++];
    size_t dilation[2], groups = 1;
    *layer =
        (sg__nir_layer){.kind = SG__NIR_CONVOLUTION, .node = w->node->name};
    if (w->flat)
        return refuse(w, SG_E_UNSUPPORTED, "hears a list, not an image");
    sg_status status = measure(w, layer, dilation, &groups);
    if (status != SG_OK)
        return status;
    size_t taps = layer->kernel[0] * layer->kernel[1];
    if (layer->in > WEIGHTS_MAX / layer->out / taps)
        return refuse(w, SG_E_UNSUPPORTED, "more weights than 2^28");
    layer->weight =
        calloc(layer->out * taps * layer->in, sizeof *layer->weight);
    if (!layer->weight)
        return no_memory(w);
    spread(w, layer, dilation, groups);
    w->shape.height = (uint32_t)((w->shape.height + 2 * layer->padding[0] -
                                  layer->kernel[0]) /
                                     layer->stride[0] +
                                 1);
    w->shape.width = (uint32_t)((w->shape.width + 2 * layer->padding[1] -
                                 layer->kernel[1]) /
                                    layer->stride[1] +
                                1);
    w->shape.channels = (uint32_t)layer->out;
    if (too_large(w->shape))
        return refuse_image(w);
    return take_bias(w, layer);
}

static sg_status take_weights(walk *w)
{
    bool dense =
        w->node->kind == SG__NIR_LINEAR || w->node->kind == SG__NIR_AFFINE;
    if (w->current)
        return refuse(w, SG_E_UNSUPPORTED,
                      "hears weights without neurons between");
    sg_status status = dense ? take_dense(w) : take_convolution(w);
    w->current = true;
    w->pooled = 0;
    return status;
}

/* ---- neurons ---- */

static sg_status check_neuron(const walk *w, size_t parts, size_t each)
{
    const sg__nir_array *threshold = value(w, SG__NIR_P_V_THRESHOLD);
    const sg__nir_array *reset = value(w, SG__NIR_P_V_RESET);
    if (!fits(threshold, parts, each) ||
        !fits(value(w, SG__NIR_P_R), parts, each))
        return refuse(w, SG_E_FORMAT, "as many numbers as neurons expected");
    for (size_t i = 0; i < reset->length; i++)
        if (reset->value[i] != 0)
            return refuse(w, SG_E_UNSUPPORTED, "v_reset is not 0");
    for (size_t i = 0; i < threshold->length; i++)
        if (!(threshold->value[i] > 0))
            return refuse(w, SG_E_FORMAT, "a threshold that is not positive");
    return SG_OK;
}

/* Neurons behind a pool that fire at another number than that of its places:
 * the pool and they are a convolution of ones within channels. each: gains of
 * a channel. */
static sg_status sum_by_weights(walk *w, const double *by, size_t each)
{
    sg__nir_layer *pool = last_layer(w);
    size_t channels = w->shape.channels;
    size_t taps = pool->kernel[0] * pool->kernel[1];
    if (channels * taps > WEIGHTS_MAX / channels)
        return refuse(w, SG_E_UNSUPPORTED, "more weights than 2^28");
    pool->weight = calloc(channels * taps * channels, sizeof *pool->weight);
    if (!pool->weight)
        return no_memory(w);
    for (size_t c = 0; c < channels; c++)
        for (size_t t = 0; t < taps; t++)
            pool->weight[(c * taps + t) * channels + c] =
                w->gain[c * each] * by[c];
    pool->kind = SG__NIR_CONVOLUTION;
    pool->out = pool->in = channels;
    return SG_OK;
}

/* Neurons behind a pool: an average, if they fire at the number of its places.
 */
static sg_status average(walk *w, const double *by, size_t each)
{
    bool mean = true;
    for (size_t c = 0; c < w->shape.channels; c++)
        mean = mean && w->gain[c * each] * by[c] * w->pooled == 1;
    w->pooled = 0;
    if (!mean)
        return sum_by_weights(w, by, each);
    last_layer(w)->kind = SG__NIR_POOL_AVERAGE;
    return SG_OK;
}

static sg_status take_neurons(walk *w)
{
    if (!w->current && w->pooled == 0)
        return refuse(w, SG_E_UNSUPPORTED, "neurons without weights");
    size_t parts = w->shape.channels;
    size_t each = (size_t)w->shape.height * w->shape.width;
    sg_status status = check_neuron(w, parts, each);
    double *by = status ? NULL : malloc(2 * parts * sizeof *by + 1);
    if (status != SG_OK)
        return status;
    if (!by)
        return no_memory(w);
    double *r = by + parts;
    if (!reduce(value(w, SG__NIR_P_V_THRESHOLD), parts, each, by) ||
        !reduce(value(w, SG__NIR_P_R), parts, each, r))
        status = refuse(w, SG_E_UNSUPPORTED, "differs within a channel");
    for (size_t i = 0; i < parts && status == SG_OK; i++)
        by[i] = r[i] / by[i];
    if (status == SG_OK && !w->current)
        status = average(w, by, w->flat ? each : 1);
    else if (status == SG_OK)
        multiply_rows(last_layer(w), by);
    free(by);
    w->current = false;
    if (status == SG_OK && !set_gains(w, w->flat ? parts * each : parts))
        status = no_memory(w);
    return status;
}

static sg_status take_output(walk *w)
{
    if (w->chain->count == 0 || !last_layer(w)->weight)
        return refuse(w, SG_E_UNSUPPORTED,
                      "a network ends with weights, and maybe neurons");
    if (last_layer(w)->kind != SG__NIR_DENSE)
        return refuse(w, SG_E_UNSUPPORTED,
                      "a network ends with Linear or "
                      "Affine");
    w->chain->classes = last_layer(w)->out;
    return SG_OK;
}

static sg_status take(walk *w, sg_shape flat)
{
    switch (w->node->kind) {
    case SG__NIR_INPUT:
        return take_input(w, flat);
    case SG__NIR_OUTPUT:
        return take_output(w);
    case SG__NIR_CONV2D:
    case SG__NIR_CONV1D:
    case SG__NIR_LINEAR:
    case SG__NIR_AFFINE:
        return take_weights(w);
    case SG__NIR_SCALE:
        return take_scale(w);
    case SG__NIR_SUM_POOL:
    case SG__NIR_AVERAGE_POOL:
        return take_pool(w);
    case SG__NIR_FLATTEN:
        return take_flatten(w);
    case SG__NIR_IF:
        return take_neurons(w);
    case SG__NIR_KINDS:
        break;
    }
    return refuse(w, SG_E_UNSUPPORTED, "unknown");
}

sg_status sg__nir_chain_make(const sg__nir_graph *graph, const char *path,
                             sg_shape flat, sg__nir_chain *out,
                             sg_error *error)
{
    walk w = {.chain = out, .path = path, .error = error};
    *out = (sg__nir_chain){0};
    out->layer = calloc(graph->count, sizeof *out->layer);
    sg_status status = out->layer ? SG_OK : no_memory(&w);
    for (size_t i = 0; i < graph->count && status == SG_OK; i++) {
        w.node = &graph->node[i];
        status = w.node->kind == SG__NIR_OUTPUT && i + 1 < graph->count
                     ? refuse(&w, SG_E_UNSUPPORTED, "leads to another node")
                     : take(&w, flat);
    }
    free(w.gain);
    if (status != SG_OK)
        sg__nir_chain_free(out);
    return status;
}

/* ---- as a topology ---- */

/* "3", or "1x3": height and width. */
static void print_pair(char *text, size_t size, const char *mark,
                       const size_t pair[2])
{
    if (pair[0] == pair[1])
        snprintf(text, size, "%s%zu", mark, pair[0]);
    else
        snprintf(text, size, "%s%zux%zu", mark, pair[0], pair[1]);
}

static void print_layer(const sg__nir_layer *layer, char *text, size_t size)
{
    char kernel[24], stride[24] = "", padding[24] = "";
    print_pair(kernel, sizeof kernel, "", layer->kernel);
    if (layer->stride[0] != 1 || layer->stride[1] != 1)
        print_pair(stride, sizeof stride, "s", layer->stride);
    if (layer->padding[0] != 0 || layer->padding[1] != 0)
        print_pair(padding, sizeof padding, "p", layer->padding);
    switch (layer->kind) {
    case SG__NIR_CONVOLUTION:
        snprintf(text, size, "%zuC%s%s%s", layer->out, kernel, stride,
                 padding);
        break;
    case SG__NIR_DENSE:
        snprintf(text, size, "%zu", layer->out);
        break;
    case SG__NIR_POOL_SUM:
        snprintf(text, size, "P%s", kernel);
        break;
    case SG__NIR_POOL_AVERAGE:
        snprintf(text, size, "P%savg", kernel);
        break;
    }
}

sg_status sg__nir_chain_topology(const sg__nir_chain *chain, char *text,
                                 size_t size, sg_error *error)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < chain->count; i++) {
        char item[96];
        print_layer(&chain->layer[i], item, sizeof item);
        int more =
            snprintf(text + used, size - used, "%s%s", i ? "-" : "", item);
        if (more < 0 || (size_t)more >= size - used)
            return sg__nir_fail(error, SG_E_TOPOLOGY,
                                "the topology is longer than %zu characters",
                                size - 1);
        used += (size_t)more;
    }
    return SG_OK;
}

size_t sg__nir_chain_gathered(const sg__nir_chain *chain)
{
    size_t most = 1, here = 1;
    for (size_t i = 0; i < chain->count; i++) {
        const sg__nir_layer *layer = &chain->layer[i];
        if (layer->kind == SG__NIR_POOL_SUM)
            here *= layer->kernel[0] * layer->kernel[1];
        else if (layer->weight)
            here = 1;
        if (i + 1 < chain->count && here > most)
            most = here;
    }
    return most;
}
