/* Parser of the network notation; topology.h has the grammar. What an item
 * says is its kind's to read (layers/). */
#include "network/topology.h"

#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "layers/text.h"
#include "network/network.h"

/* Groups in groups, at most. */
enum { DEPTH = 8 };

/* A network that grows by one layer after the other. */
typedef struct builder {
    sg__layer *layers;
    size_t count;
    sg_shape image;                /* of the data */
    sg_shape input;                /* the neurons that send it */
    int passed[SG_LAYERS_MAX + 1]; /* by sender: log2 of the product of the
                                      dropouts its spikes have passed since the
                                      last layer with weights */
    const char *text;              /* all of it, for places in messages */
    sg_error *error;
} builder;

/* What no kind may exceed. */
static sg_status check_size(const builder *b, const sg__layer *layer)
{
    const sg__geometry *g = &layer->geo;
    if (sg__outputs(g) > SG__NEURONS_MAX || layer->weights > SG__WEIGHTS_MAX)
        return sg__fail(b->error, SG_E_TOPOLOGY,
                        "net: %s has more than %d neurons or %d weights",
                        layer->name, SG__NEURONS_MAX, SG__WEIGHTS_MAX);
    /* kernels address the weights of an input row by 32-bit offsets */
    uint64_t row = (uint64_t)g->in_w * g->in_c * (g->out_c + 15);
    if (layer->synaptic && row > SG__ROW_MAX)
        return sg__fail(b->error, SG_E_TOPOLOGY,
                        "net: %s: an input row of %u x %u meets too many "
                        "channels, expected at most %d products",
                        layer->name, g->in_w, g->in_c, SG__ROW_MAX);
    return SG_OK;
}

/* Sets what a layer with weights makes of the dropouts that its spikes have
 * passed. */
static sg_status pass_dropouts(builder *b, sg__layer *layer)
{
    const size_t n = b->count;
    int *passed = &b->passed[n + 1];
    *passed = b->passed[layer->from];
    if (layer->synaptic) {
        layer->use_shift = *passed;
        *passed = 0;
    }
    *passed += layer->keep_bits;
    if (*passed > SG__USE_SHIFT_MAX)
        return sg__fail(b->error, SG_E_TOPOLOGY,
                        "net: layer %zu (%s): one in %d units takes part, "
                        "with the dropouts below it, expected at least one in "
                        "%d",
                        n, layer->name, 1 << *passed, 1 << SG__USE_SHIFT_MAX);
    if (layer->kind->id == SG_LAYER_ADD && b->passed[layer->skip] != *passed)
        return sg__fail(
            b->error, SG_E_TOPOLOGY,
            "net: layer %zu (%s): dropouts let through one spike "
            "in %d of the layer below it, but one in %d of what it "
            "adds to them, expected equal shares",
            n, layer->name, 1 << *passed, 1 << b->passed[layer->skip]);
    return SG_OK;
}

/* Puts a layer on top, given what its item says. */
static sg_status push(builder *b, const sg__layer *read)
{
    const size_t n = b->count;
    if (n == SG_LAYERS_MAX - 1)
        return sg__fail(b->error, SG_E_TOPOLOGY, "net: more than %d layers",
                        SG_LAYERS_MAX - 1);
    sg__layer *layer = &b->layers[n];
    *layer = *read;
    layer->synaptic = layer->kind->synaptic;
    layer->from = n;
    layer->in = n == 0 ? b->input : b->layers[n - 1].out;
    sg_status status = layer->kind->fit(b->layers, n, b->error);
    if (status != SG_OK)
        return status;
    const sg__geometry *g = &layer->geo;
    layer->out = (sg_shape){g->out_h, g->out_w, g->out_c};
    layer->weights = layer->synaptic ? sg__fan_in(g) * g->out_c : 0;
    status = check_size(b, layer);
    if (status == SG_OK)
        status = pass_dropouts(b, layer);
    b->count += status == SG_OK;
    return status;
}

/* "NCk[sS][pP], P[k][max|avg], ...": all notations, for messages. */
static void list_notations(char *text, size_t size)
{
    size_t used = 0;
    const sg__kind *kind;
    text[0] = '\0';
    for (size_t i = 0; (kind = sg__kind_at(i)) && used < size; i++)
        if (kind->notation)
            used += (size_t)snprintf(text + used, size - used, "%s%s",
                                     used ? ", " : "", kind->notation);
}

/* Finds whose item it is, and what it says. */
static sg_status read_item(const builder *b, const char *item, sg__layer *out)
{
    const sg__kind *kind;
    for (size_t i = 0; (kind = sg__kind_at(i)); i++) {
        bool mine = false;
        if (!kind->read)
            continue;
        *out = (sg__layer){.kind = kind};
        strcpy(out->name, item);
        sg_status status = kind->read(item, out, &mine, b->error);
        if (mine)
            return status;
    }
    char notations[160];
    list_notations(notations, sizeof notations);
    return sg__fail(b->error, SG_E_TOPOLOGY, "net: '%s', expected one of %s",
                    item, notations);
}

/* HxW or HxWxC; false if the item is something else. */
static bool parse_input(const char *item, sg_shape *shape)
{
    const char *p = item;
    shape->channels = 1;
    shape->height = sg__text_number(&p);
    if (shape->height == 0 || *p++ != 'x')
        return false;
    shape->width = sg__text_number(&p);
    if (sg__text_word(&p, "x"))
        shape->channels = sg__text_number(&p);
    return *p == '\0' && shape->width > 0 && shape->channels > 0;
}

static sg_status add_item(builder *b, const char *item, bool first)
{
    sg__layer layer, before = {0};
    sg_shape stated;
    const sg_shape *image = &b->image;
    if (first && parse_input(item, &stated)) {
        if (memcmp(&stated, image, sizeof stated) != 0 &&
            memcmp(&stated, &b->input, sizeof stated) != 0)
            return sg__fail(b->error, SG_E_TOPOLOGY,
                            "net: input %s, but the images are %ux%ux%u", item,
                            image->height, image->width, image->channels);
        return SG_OK;
    }
    sg_status status = read_item(b, item, &layer);
    if (status == SG_OK && layer.kind->lead &&
        layer.kind->lead(&layer, &before)) {
        strcpy(before.name, item);
        status = push(b, &before);
    }
    return status == SG_OK ? push(b, &layer) : status;
}

static sg_status misplaced(const builder *b, const char *p, const char *what)
{
    return sg__fail(b->error, SG_E_TOPOLOGY, "net: character %zu: %s",
                    (size_t)(p - b->text) + 1, what);
}

static sg_status parse_items(builder *b, const char **p, int depth);

/* (ITEMS)xN, from behind the parenthesis on. */
static sg_status parse_group(builder *b, const char **p, int depth)
{
    const char *begin = *p;
    uint32_t times = 1;
    if (depth == DEPTH)
        return misplaced(b, begin, "too many groups in one another");
    for (uint32_t i = 0; i < times; i++) {
        *p = begin;
        sg_status status = parse_items(b, p, depth + 1);
        if (status != SG_OK)
            return status;
        if (!sg__text_word(p, ")"))
            return misplaced(b, *p, "expected a ) that closes the group");
        if (!sg__text_word(p, "x"))
            return misplaced(b, *p, "expected (...)xN, the group N times");
        times = sg__text_number(p);
        if (times < 1 || times >= SG_LAYERS_MAX)
            return misplaced(b, *p, "expected a group 1 to 255 times");
    }
    return SG_OK;
}

/* Items and groups with - between them, up to the end or a parenthesis. */
static sg_status parse_items(builder *b, const char **p, int depth)
{
    char item[sizeof b->layers->name];
    for (;;) {
        const char *start = *p;
        sg_status status;
        if (sg__text_word(p, "(")) {
            status = parse_group(b, p, depth);
        } else {
            const size_t length = strcspn(start, "-()");
            if (length == 0 || length >= sizeof item)
                return sg__fail(b->error, SG_E_TOPOLOGY,
                                "net: item at character %zu is empty or too "
                                "long",
                                (size_t)(start - b->text) + 1);
            memcpy(item, start, length);
            item[length] = '\0';
            *p = start + length;
            status = add_item(b, item, start == b->text);
        }
        if (status != SG_OK || !sg__text_word(p, "-"))
            return status;
    }
}

static sg_status check_end(const builder *b, uint32_t classes)
{
    const sg__layer *top = b->count ? &b->layers[b->count - 1] : NULL;
    if (!top || top->kind->id != SG_LAYER_DENSE)
        return sg__fail(b->error, SG_E_TOPOLOGY,
                        "net: expected a fully connected layer of %u neurons "
                        "at the end, one for each class",
                        classes);
    if (top->geo.out_c != classes)
        return sg__fail(b->error, SG_E_TOPOLOGY,
                        "net: the last layer has %u neurons, expected %u, "
                        "one for each class",
                        top->geo.out_c, classes);
    return SG_OK;
}

sg_status sg__topology_parse(const sg_recipe *recipe, sg_shape image,
                             uint32_t classes, sg__layer *layers,
                             size_t *count, sg_error *error)
{
    builder b = {.layers = layers,
                 .image = image,
                 .input = sg__input_neurons(recipe, image),
                 .text = recipe->net,
                 .error = error};
    const char *p = recipe->net;
    *count = 0;
    /* as a file may claim: a pool of all that is left would be none */
    if (image.height == 0 || image.width == 0 || image.channels == 0)
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: images of %ux%ux%u are not supported",
                        image.height, image.width, image.channels);
    sg_status status = parse_items(&b, &p, 0);
    if (status == SG_OK && *p != '\0')
        status = misplaced(&b, p, "expected - or the end");
    *count = b.count;
    if (b.count > 0)
        layers[b.count - 1].output = true;
    return status == SG_OK ? check_end(&b, classes) : status;
}
