/* Parser of the network notation; topology.h has the grammar. */
#include "network/topology.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"

/* Reads digits as a number in 1..limit; 0 if there is none or it is outside. */
static uint32_t number(const char **p, uint32_t limit)
{
    uint32_t n = 0;
    if (!isdigit((unsigned char)**p))
        return 0;
    for (; isdigit((unsigned char)**p); (*p)++) {
        n = n * 10 + (uint32_t)(**p - '0');
        if (n > limit)
            return 0;
    }
    return n;
}

static bool word(const char **p, const char *text)
{
    size_t length = strlen(text);
    if (strncmp(*p, text, length) != 0)
        return false;
    *p += length;
    return true;
}

/* NCk[sS][pP], the N already read. */
static bool parse_conv(const char *p, uint32_t channels, sg__layer *layer)
{
    sg__geometry *g = &layer->geo;
    uint32_t kernel = number(&p, SG__KERNEL_MAX);
    *g = (sg__geometry){.out_c = channels,
                        .kernel_h = kernel,
                        .kernel_w = kernel,
                        .stride = 1};
    layer->kind = SG_LAYER_CONV;
    layer->synaptic = true;
    if (*p == 's') {
        p++;
        g->stride = number(&p, SG__KERNEL_MAX);
    }
    if (*p == 'p') {
        p++;
        g->pad = *p == '0' ? 0 : number(&p, SG__KERNEL_MAX);
        if (g->pad == 0 || g->pad >= kernel)
            return false;
    }
    return *p == '\0' && kernel > 0 && g->stride > 0;
}

static bool parse_pool(const char *p, sg__layer *layer)
{
    uint32_t kernel = number(&p, SG__KERNEL_MAX);
    layer->geo = (sg__geometry){.kernel_h = kernel,
                                .kernel_w = kernel,
                                .stride = kernel};
    layer->kind = word(&p, "max")   ? SG_LAYER_POOL_MAX
                  : word(&p, "avg") ? SG_LAYER_POOL_AVERAGE
                                    : SG_LAYER_POOL_SUM;
    return *p == '\0' && kernel > 1;
}

/* Rk, its k left in `skip` until the layers below are known. */
static bool parse_addition(const char *p, sg__layer *layer)
{
    layer->skip = number(&p, SG_LAYERS_MAX);
    layer->geo = (sg__geometry){.kernel_h = 1, .kernel_w = 1, .stride = 1};
    layer->kind = SG_LAYER_ADD;
    return *p == '\0' && layer->skip > 0;
}

/* Dk. */
static bool parse_dropout(const char *p, sg__layer *layer)
{
    const uint32_t keep = number(&p, 4);
    layer->keep_bits = keep == 2 ? 1 : 2;
    layer->geo = (sg__geometry){.kernel_h = 1, .kernel_w = 1, .stride = 1};
    layer->kind = SG_LAYER_DROPOUT;
    return *p == '\0' && (keep == 2 || keep == 4);
}

static bool parse_item(const char *item, sg__layer *layer)
{
    const char *p = item;
    if (*p == 'D')
        return parse_dropout(p + 1, layer);
    if (*p == 'P')
        return parse_pool(p + 1, layer);
    if (*p == 'R')
        return parse_addition(p + 1, layer);
    uint32_t channels = number(&p, SG__CHANNELS_MAX);
    if (channels == 0)
        return false;
    if (*p == 'C')
        return parse_conv(p + 1, channels, layer);
    layer->kind = SG_LAYER_DENSE;
    layer->synaptic = true;
    layer->geo = (sg__geometry){.out_c = channels,
                                .kernel_h = 1,
                                .kernel_w = 1,
                                .stride = 1};
    return *p == '\0';
}

/* HxW or HxWxC; false if the item is something else. */
static bool parse_input(const char *item, sg_shape *shape)
{
    const char *p = item;
    shape->channels = 1;
    shape->height = number(&p, SG__CHANNELS_MAX);
    if (shape->height == 0 || *p++ != 'x')
        return false;
    shape->width = number(&p, SG__CHANNELS_MAX);
    if (*p == 'x') {
        p++;
        shape->channels = number(&p, SG__CHANNELS_MAX);
    }
    return *p == '\0' && shape->width > 0 && shape->channels > 0;
}

/* Completes the geometry of a layer whose input has shape in. */
static sg_status fit(sg__layer *layer, sg_shape in, sg_error *error)
{
    sg__geometry *g = &layer->geo;
    layer->in = in;
    if (layer->kind == SG_LAYER_DENSE) {
        g->in_h = g->in_w = g->out_h = g->out_w = 1;
        g->in_c = in.height * in.width * in.channels;
    } else {
        uint32_t h = in.height + 2 * g->pad, w = in.width + 2 * g->pad;
        if (h < g->kernel_h || w < g->kernel_w)
            return sg__fail(error, SG_E_TOPOLOGY,
                            "net: %s does not fit its %ux%u input",
                            layer->name, in.height, in.width);
        g->in_h = in.height;
        g->in_w = in.width;
        g->in_c = in.channels;
        g->out_h = (h - g->kernel_h) / g->stride + 1;
        g->out_w = (w - g->kernel_w) / g->stride + 1;
        if (!layer->synaptic)
            g->out_c = g->in_c;
    }
    layer->out = (sg_shape){g->out_h, g->out_w, g->out_c};
    layer->weights = layer->synaptic ? sg__fan_in(g) * g->out_c : 0;
    if (sg__outputs(g) > SG__NEURONS_MAX || layer->weights > SG__WEIGHTS_MAX)
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: %s has more than %d neurons or %d weights",
                        layer->name, SG__NEURONS_MAX, SG__WEIGHTS_MAX);
    /* kernels address the weights of an input row by 32-bit offsets */
    uint64_t row = (uint64_t)g->in_w * g->in_c * (g->out_c + 15);
    if (layer->synaptic && row > SG__ROW_MAX)
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: %s: an input row of %u x %u meets too many "
                        "channels, expected at most %d products",
                        layer->name, g->in_w, g->in_c, SG__ROW_MAX);
    uint32_t k = g->kernel_h;
    if (layer->kind == SG_LAYER_POOL_AVERAGE && (k & (k - 1)))
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: %s: the average is an integrate-and-fire unit "
                        "of threshold k*k, expected k = 2, 4, 8, ...",
                        layer->name);
    return SG_OK;
}

/* Finds what addition n adds: the spikes that arrive at the k-th layer with
 * weights below it. */
static sg_status fit_addition(sg__layer *layers, size_t n, sg_error *error)
{
    sg__layer *layer = &layers[n];
    size_t left = layer->skip, l = n;
    while (left > 0 && l > 0)
        left -= layers[--l].synaptic;
    if (left > 0)
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: layer %zu (%s): expected at least %zu layers "
                        "with weights below it",
                        n, layer->name, layer->skip);
    const sg_shape *a = &layers[l].in, *b = &layer->in;
    layer->skip = l;
    if (memcmp(a, b, sizeof *a) != 0)
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: layer %zu (%s): %ux%ux%u, which arrives at "
                        "layer %zu (%s), cannot be added to %ux%ux%u, "
                        "expected equal shapes",
                        n, layer->name, a->height, a->width, a->channels, l,
                        layers[l].name, b->height, b->width, b->channels);
    return SG_OK;
}

/* Sets what a layer with weights makes of the dropouts that its spikes have
 * passed. passed is log2 of their product, for what layer n gets from below;
 * becomes that of what it sends on. */
static sg_status pass_dropouts(sg__layer *layers, size_t n, int *passed,
                               sg_error *error)
{
    sg__layer *layer = &layers[n];
    if (layer->synaptic) {
        layer->use_shift = *passed;
        *passed = 0;
    }
    *passed += layer->keep_bits;
    if (*passed > SG__USE_SHIFT_MAX)
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: layer %zu (%s): one in %d units takes part, "
                        "with the dropouts below it, expected at least one in "
                        "%d",
                        n, layer->name, 1 << *passed, 1 << SG__USE_SHIFT_MAX);
    const sg__layer *source = &layers[layer->skip];
    if (layer->kind == SG_LAYER_ADD && source->use_shift != *passed)
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: layer %zu (%s): dropouts let through one spike "
                        "in %d of the layer below it, but one in %d of what "
                        "arrives at layer %zu (%s), expected equal shares",
                        n, layer->name, 1 << *passed, 1 << source->use_shift,
                        layer->skip, source->name);
    return SG_OK;
}

static sg_status check_end(const sg__layer *layers, size_t count,
                           uint32_t classes, sg_error *error)
{
    if (count == 0 || layers[count - 1].kind != SG_LAYER_DENSE)
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: expected a fully connected layer of %u neurons "
                        "at the end, one for each class",
                        classes);
    if (layers[count - 1].geo.out_c != classes)
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: the last layer has %u neurons, expected %u, "
                        "one for each class",
                        layers[count - 1].geo.out_c, classes);
    return SG_OK;
}

sg_status sg__topology_parse(const char *text, sg_shape input,
                             uint32_t classes, sg__layer *layers,
                             size_t *count, sg_error *error)
{
    char item[24];
    sg_shape shape = input, stated;
    size_t n = 0;
    int passed = 0;
    bool first = true, more = true;

    for (const char *p = text; more; first = false) {
        size_t length = strcspn(p, "-");
        if (length == 0 || length >= sizeof item)
            return sg__fail(error, SG_E_TOPOLOGY,
                            "net: item at character %d is empty or too long",
                            (int)(p - text) + 1);
        memcpy(item, p, length);
        item[length] = '\0';
        more = p[length] == '-';
        p += length + 1;

        if (first && parse_input(item, &stated)) {
            if (memcmp(&stated, &input, sizeof input) != 0)
                return sg__fail(error, SG_E_TOPOLOGY,
                                "net: input %s, but the images are %ux%ux%u",
                                item, input.height, input.width,
                                input.channels);
            continue;
        }
        if (n == SG_LAYERS_MAX - 1)
            return sg__fail(error, SG_E_TOPOLOGY, "net: more than %d layers",
                            SG_LAYERS_MAX - 1);
        memcpy(layers[n].name, item, length + 1);
        if (!parse_item(item, &layers[n]))
            return sg__fail(error, SG_E_TOPOLOGY,
                            "net: '%s', expected NCk[sS][pP], Pk[max|avg], "
                            "Rk, D2, D4 or a number of neurons",
                            item);
        sg_status status = fit(&layers[n], shape, error);
        if (status == SG_OK && layers[n].kind == SG_LAYER_ADD)
            status = fit_addition(layers, n, error);
        if (status == SG_OK)
            status = pass_dropouts(layers, n, &passed, error);
        if (status != SG_OK)
            return status;
        shape = layers[n++].out;
    }
    *count = n;
    if (n > 0)
        layers[n - 1].output = true;
    return check_end(layers, n, classes, error);
}
