/* An engine whose weights are somewhere else: the CPU engine on a clone of the
 * network. Whenever the network's arrays are not promised to be current they
 * hold nonsense, so that whoever peeks at them is found out. It can fail. */
#ifndef SG_TESTS_DISTANT_ENGINE_H
#define SG_TESTS_DISTANT_ENGINE_H

#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "layers/arrays.h"

typedef struct distant {
    sg__engine base;
    sg__engine *inner;
    sg_network *away;
} distant;

/* Calls until one fails; below 0: none. */
static long distant_countdown = -1;

static bool distant_fails(void)
{
    return distant_countdown >= 0 && distant_countdown-- == 0;
}

static void distant_copy(sg_network *to, const sg_network *from)
{
    for (size_t l = 0; l < from->layer_count; l++)
        if (from->layer[l].synaptic)
            sg__arrays_copy(&to->layer[l], &from->layer[l]);
}

static void distant_forget(const sg_network *net)
{
    for (size_t l = 0; l < net->layer_count; l++)
        for (int k = 0; k < SG__ARRAYS; k++) {
            const sg__layer *layer = &net->layer[l];
            if (sg__array_present(layer, (sg__array)k))
                memset(sg__array_at(layer, (sg__array)k), 0x5a,
                       sg__array_bytes(layer, (sg__array)k));
        }
}

/* What a device would pass along with each call. */
static void distant_read_plan(distant *d)
{
    int phi[SG_LAYERS_MAX];
    size_t hidden = 0;
    for (size_t l = 0; l < d->away->layer_count; l++)
        if (d->away->layer[l].synaptic && !d->away->layer[l].output)
            phi[hidden++] = d->base.net->layer[l].phi_bits;
    (void)sg__network_set_phi(d->away, phi, NULL);
}

static sg_status distant_create(const sg__engine_options *options,
                                sg__engine **out)
{
    distant *d = calloc(1, sizeof *d);
    if (!d)
        return SG_E_MEMORY;
    sg_status status = sg__network_clone(options->net, &d->away);
    sg__engine_options inner = *options;
    inner.net = d->away;
    inner.trained = options->trained ? d->away : NULL;
    if (status == SG_OK)
        status = sg__engine_create(&sg__engine_cpu, &inner, &d->inner);
    if (status != SG_OK) {
        sg_network_destroy(d->away);
        free(d);
        return status;
    }
    *out = &d->base;
    return SG_OK;
}

static void distant_destroy(sg__engine *engine)
{
    distant *d = (distant *)engine;
    sg__engine_destroy(d->inner);
    sg_network_destroy(d->away);
    free(d);
}

static size_t distant_bytes(const sg__engine_options *options)
{
    return sg__engine_bytes(&sg__engine_cpu, options);
}

static sg_status distant_put(sg__engine *engine)
{
    distant *d = (distant *)engine;
    if (distant_fails())
        return SG_E_MEMORY;
    distant_copy(d->away, engine->net);
    return sg__engine_put(d->inner);
}

static sg_status distant_fetch(sg__engine *engine)
{
    distant *d = (distant *)engine;
    if (distant_fails())
        return SG_E_MEMORY;
    distant_copy(engine->trained, d->away);
    return SG_OK;
}

static sg_status distant_pass(sg__engine *engine, const sg__batch *batch,
                              sg_metrics *out, sg__squares *squares)
{
    distant *d = (distant *)engine;
    if (distant_fails())
        return SG_E_MEMORY;
    distant_read_plan(d);
    return sg__engine_pass(d->inner, batch, out, squares);
}

static sg_status distant_reduce(sg__engine *engine, size_t l, uint32_t first,
                                uint32_t last, int32_t *gradient,
                                int32_t *bias_gradient)
{
    distant *d = (distant *)engine;
    return sg__engine_reduce(d->inner, l, first, last, gradient,
                             bias_gradient);
}

static sg_status distant_update(sg__engine *engine, const sg__update *update)
{
    distant *d = (distant *)engine;
    if (distant_fails())
        return SG_E_MEMORY;
    distant_read_plan(d);
    distant_forget(engine->trained);
    return sg__engine_update(d->inner, update);
}

static sg_status distant_evaluate(sg__engine *engine, const sg__range *range,
                                  sg_metrics *out, uint32_t *predicted)
{
    distant *d = (distant *)engine;
    if (distant_fails())
        return SG_E_MEMORY;
    distant_read_plan(d);
    return sg__engine_evaluate(d->inner, range, out, predicted);
}

static sg_status distant_look(sg__engine *engine, sg__trace what, size_t l,
                              size_t s, void *out)
{
    return sg__engine_look(((distant *)engine)->inner, what, l, s, out);
}

static void distant_profile(sg__engine *engine, bool on)
{
    sg__engine_profile(((distant *)engine)->inner, on);
}

static uint64_t distant_get_profile(const sg__engine *engine,
                                    sg_layer_cost *cost)
{
    return sg__engine_get_profile(((const distant *)engine)->inner, cost);
}

static const sg__engine_kind distant_kind = {
    .name = "distant",
    .bytes = distant_bytes,
    .create = distant_create,
    .destroy = distant_destroy,
    .put = distant_put,
    .fetch = distant_fetch,
    .pass = distant_pass,
    .reduce = distant_reduce,
    .update = distant_update,
    .evaluate = distant_evaluate,
    .look = distant_look,
    .profile = distant_profile,
    .get_profile = distant_get_profile,
};

#endif
