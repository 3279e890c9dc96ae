/* The device engine's memory, its life, and what goes to and fro. */
#include "device/engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "base/threads.h"

enum { ALIGN = 256, ROWS_MAX = 65535, LEAST_ROWS = 64, BUSY = 64 };

/* Takes bytes of the block that is being laid out. */
static uint64_t take(uint64_t *used, uint64_t bytes)
{
    const uint64_t at = *used;
    *used += (bytes + ALIGN - 1) / ALIGN * ALIGN;
    return at;
}

/* Whether charge has to wait for a sender, as in ann/keep.c. */
static bool keeps(const sg_network *net, size_t sender)
{
    bool any = false;
    for (size_t r = sender; r < net->layer_count; r++)
        any |= sg__adds(net, r, sender) ||
               (r != sender && sg__hears(net, r, sender));
    return any && sg__gets_errors(net, sender);
}

static void place_layer(sg__remote *r, size_t l, bool learns, uint64_t *used)
{
    const sg__layer *layer = &r->base.net->layer[l];
    const uint64_t n = r->base.batch * sg__outputs(&layer->geo);
    sg__remote_layer *to = &r->sender[l + 1];
    to->places = layer->geo.out_h * layer->geo.out_w;
    to->channels = layer->geo.out_c;
    if (!layer->output) {
        to->counts = take(used, n);
        to->pixels = take(used, r->base.batch * to->places * 4);
        to->active = take(used, r->base.batch * to->places * 4);
    }
    if (r->watched && !layer->output)
        to->charges = take(used, n * 4);
    if (r->watched && learns && layer->synaptic)
        to->error_charges = take(used, n * 4);
    if (!learns)
        to->keeps = false;
    else if (keeps(r->base.net, l + 1)) {
        to->keeps = true;
        to->kept = take(used, n * 4);
    }
    if (!layer->synaptic)
        return;
    if (learns)
        to->errors = take(used, n);
    if (learns && sg__gets_errors(r->base.net, layer->from))
        to->down = take(used, sg__array_bytes(layer, SG__ARRAY_WEIGHT));
    for (int a = 0; a < SG__ARRAYS; a++)
        if (sg__array_present(layer, (sg__array)a))
            to->array[a] = take(used, sg__array_bytes(layer, (sg__array)a));
}

/* Lays out all that is in device memory: its bytes. */
static uint64_t place(sg__remote *r, bool learns)
{
    const sg_network *net = r->base.net;
    const uint64_t batch = r->base.batch, layers = net->layer_count;
    const sg_shape in = sg__input_neurons(&net->recipe, net->input);
    uint64_t used = ALIGN; /* a place of 0 is none */
    uint64_t widest = (uint64_t)in.height * in.width * in.channels;
    uint64_t gradient = 0;

    r->head = take(&used, sizeof(sg__moment) + sizeof(sg__sums) +
                              layers * (sizeof(sg__done) + sizeof(sg__rates)));
    r->sums = r->head + sizeof(sg__moment);
    r->done = r->sums + sizeof(sg__sums);
    r->rates = r->done + layers * sizeof(sg__done);
    r->head_bytes = r->rates - r->head;
    r->shown = take(&used, batch * sizeof(sg__shown));
    r->sender[0].places = in.height * in.width;
    r->sender[0].channels = in.channels;
    r->sender[0].counts = take(&used, batch * widest);
    r->sender[0].pixels = take(&used, batch * r->sender[0].places * 4);
    r->sender[0].active = take(&used, batch * r->sender[0].places * 4);
    for (size_t l = 0; l < layers; l++) {
        const sg__layer *layer = &net->layer[l];
        const uint64_t n = sg__outputs(&layer->geo);
        place_layer(r, l, learns, &used);
        widest = n > widest ? n : widest;
        if (layer->synaptic && layer->weights + layer->geo.out_c > gradient)
            gradient = layer->weights + layer->geo.out_c;
    }
    r->busy = used;
    for (size_t l = 0; learns && l < layers; l++)
        if (net->layer[l].synaptic)
            r->sender[l + 1].busy =
                take(&used, (batch * r->sender[l + 1].places + BUSY - 1) /
                                BUSY * sizeof(uint32_t));
    r->busy_words = (uint32_t)((used - r->busy) / sizeof(uint32_t));
    r->logits = take(&used, batch * net->classes * 4);
    r->logits_too = take(&used, batch * net->classes * 4);
    r->classes = take(&used, batch * 4);
    if (learns) {
        for (int i = 0; i < 2; i++)
            r->charge[i] = take(&used, batch * widest * 4);
        r->gradient = take(&used, gradient * 4);
    }
    return used;
}

static uint64_t image_bytes(const sg_network *net)
{
    return (uint64_t)net->input.height * net->input.width *
           net->input.channels;
}

/* Bytes of device memory for a batch of this size. */
static uint64_t measure(const sg__engine_options *options, size_t batch)
{
    sg__remote r = {.base = {.net = options->net, .batch = batch},
                    .watched = options->keeps};
    sg__remote_layer sender[SG_LAYERS_MAX + 1];
    memset(sender, 0, sizeof sender);
    r.sender = sender;
    return place(&r, options->trained != NULL) +
           batch * image_bytes(options->net);
}

static size_t bytes(const sg__engine_options *options)
{
    return (size_t)measure(options, options->batch);
}

static void destroy(sg__engine *engine)
{
    sg__remote *r = sg__remote_of(engine);
    if (r->device) {
        const sg__device_kind *kind = r->device->kind;
        sg__remote_erase(r);
        kind->give(r->device, r->dataset);
        kind->give(r->device, r->images);
        kind->give(r->device, r->memory);
        kind->close(r->device);
    }
    free(r->sender);
    free(r->head_copy);
    free(r->shown_copy);
    free(r->staging);
    free(r->cost);
    free(r);
}

/* What the host keeps. */
static bool take_host(sg__remote *r)
{
    const size_t layers = r->base.net->layer_count, batch = r->base.batch;
    r->sender = calloc(layers + 1, sizeof *r->sender);
    r->head_copy =
        calloc(1, sizeof(sg__moment) + sizeof(sg__sums) +
                      layers * (sizeof(sg__done) + sizeof(sg__rates)));
    r->shown_copy = calloc(batch, sizeof *r->shown_copy);
    r->staging = malloc(batch * image_bytes(r->base.net));
    r->cost = calloc(layers, sizeof *r->cost);
    return r->sender && r->head_copy && r->shown_copy && r->staging && r->cost;
}

/* Says how much is needed, how much there is, and what would fit. */
static sg_status no_room(const sg__remote *r,
                         const sg__engine_options *options)
{
    const double mib = 1024.0 * 1024.0;
    const uint64_t room = r->device->kind->room(r->device);
    const uint64_t wanted = measure(options, r->base.batch);
    size_t fits = r->base.batch;
    while (fits > 0 &&
           (fits == r->base.batch || measure(options, fits) > room))
        fits /= 2;
    if (room == 0 || fits == 0 || wanted <= room)
        return sg__fail(options->error, SG_E_MEMORY,
                        "device %s:%u: a batch of %zu needs %.1f MiB of its "
                        "memory, %.1f MiB are free",
                        options->device->kind->name, options->device->index,
                        r->base.batch, (double)wanted / mib,
                        (double)room / mib);
    return sg__fail(options->error, SG_E_MEMORY,
                    "device %s:%u: a batch of %zu needs %.1f MiB of its "
                    "memory, %.1f MiB are free; one of %zu fits",
                    options->device->kind->name, options->device->index,
                    r->base.batch, (double)wanted / mib, (double)room / mib,
                    fits);
}

/* Evaluation goes in whatever parts there is room for. */
static void fit(sg__remote *r, const sg__engine_options *options)
{
    uint64_t room = r->device->kind->room(r->device);
    room -= room / 16; /* for what drivers take themselves */
    while (room > 0 && r->base.batch > 1 &&
           measure(options, r->base.batch) > room)
        r->base.batch /= 2;
}

static sg_status take_device(sg__remote *r, const sg__engine_options *options)
{
    const sg__device_choice *choice = options->device;
    sg_status status =
        choice->kind->open(choice->index, &r->device, options->error);
    if (status != SG_OK)
        return status;
    if (!options->trained && !options->keeps)
        fit(r, options);
    r->bytes = place(r, options->trained != NULL);
    status = choice->kind->take(r->device, r->bytes, &r->memory);
    if (status == SG_OK)
        status = choice->kind->take(r->device,
                                    r->base.batch * image_bytes(r->base.net),
                                    &r->images);
    if (status != SG_OK)
        return sg__fail(options->error, status, "device %s:%u: %s",
                        choice->kind->name, choice->index,
                        r->device->error.text);
    return r->memory && r->images ? SG_OK : no_room(r, options);
}

static sg_status create(const sg__engine_options *options, sg__engine **out)
{
    if (options->batch > ROWS_MAX)
        return sg__fail(options->error, SG_E_RANGE,
                        "a batch of %zu on a device, expected at most %d",
                        options->batch, ROWS_MAX);
    for (size_t l = 0; options->trained && l < options->net->layer_count;
         l++) {
        const sg__layer *layer = &options->net->layer[l];
        if (layer->synaptic && options->batch > layer->gradient_samples)
            return sg__fail(options->error, SG_E_BOUND,
                            "layer %zu (%s): the gradient of a batch of %zu "
                            "could overflow 32 bits on a device; expected a "
                            "batch of at most %u",
                            l, layer->name, options->batch,
                            (unsigned)layer->gradient_samples);
    }
    sg__remote *r = calloc(1, sizeof *r);
    if (!r)
        return SG_E_MEMORY;
    r->base.net = options->net;
    r->base.batch = options->batch;
    r->least_rows = LEAST_ROWS;
    r->watched = options->keeps;
    r->base.threads = sg__threads_or_all(options->threads);
    sg_status status = take_host(r) ? SG_OK : SG_E_MEMORY;
    if (status == SG_OK)
        status = take_device(r, options);
    if (status != SG_OK) {
        destroy(&r->base);
        return status;
    }
    *out = &r->base;
    return SG_OK;
}

/* All arrays of the network, to the device or from it. */
static sg_status put(sg__engine *engine)
{
    sg__remote *r = sg__remote_of(engine);
    for (size_t l = 0; l < engine->net->layer_count; l++)
        for (int a = 0; a < SG__ARRAYS; a++) {
            const sg__layer *layer = &engine->net->layer[l];
            if (sg__array_present(layer, (sg__array)a))
                sg__remote_write(r, r->memory, r->sender[l + 1].array[a],
                                 sg__array_at(layer, (sg__array)a),
                                 sg__array_bytes(layer, (sg__array)a));
        }
    for (size_t l = 0; l < engine->net->layer_count; l++)
        sg__remote_turn(r, l);
    return sg__remote_note(r);
}

static sg_status fetch(sg__engine *engine)
{
    sg__remote *r = sg__remote_of(engine);
    for (size_t l = 0; l < engine->net->layer_count; l++)
        for (int a = 0; a < SG__ARRAYS; a++) {
            const sg__layer *layer = &engine->trained->layer[l];
            if (sg__array_present(layer, (sg__array)a))
                sg__remote_read(r, sg__array_at(layer, (sg__array)a),
                                r->sender[l + 1].array[a],
                                sg__array_bytes(layer, (sg__array)a));
        }
    return sg__remote_note(r);
}

static sg_status look(sg__engine *engine, sg__trace what, size_t l, size_t s,
                      void *out)
{
    sg__remote *r = sg__remote_of(engine);
    const sg__remote_layer *from = &r->sender[l + 1];
    const size_t n = sg__outputs(&engine->net->layer[l].geo);
    uint64_t at = 0;
    size_t each = 4;
    switch (what) {
    case SG__TRACE_COUNTS:
        at = from->counts;
        each = 1;
        break;
    case SG__TRACE_CHARGES:
        at = engine->net->layer[l].output ? r->logits : from->charges;
        break;
    case SG__TRACE_ERRORS:
        at = from->errors;
        each = 1;
        break;
    case SG__TRACE_ERROR_CHARGES:
        at = from->error_charges;
        break;
    }
    sg__remote_read(r, out, at + s * n * each, n * each);
    return sg__remote_note(r);
}

static void profile(sg__engine *engine, bool on)
{
    sg__remote *r = sg__remote_of(engine);
    r->profiles = on;
    r->load_ns = 0;
    memset(r->cost, 0, engine->net->layer_count * sizeof *r->cost);
}

static uint64_t get_profile(const sg__engine *engine, sg_layer_cost *cost)
{
    const sg__remote *r = (const sg__remote *)engine;
    memcpy(cost, r->cost, engine->net->layer_count * sizeof *cost);
    return r->load_ns;
}

const sg__engine_kind sg__engine_device = {
    .name = "device",
    .bytes = bytes,
    .create = create,
    .destroy = destroy,
    .put = put,
    .fetch = fetch,
    .pass = sg__remote_pass,
    .reduce = sg__remote_reduce,
    .update = sg__remote_update,
    .evaluate = sg__remote_evaluate,
    .look = look,
    .profile = profile,
    .get_profile = get_profile,
};
