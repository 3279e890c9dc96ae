/* What holds for engines of any kind. */
#include "engine/engine.h"

#include <string.h>

size_t sg__engine_bytes(const sg__engine_kind *kind,
                        const sg__engine_options *options)
{
    return kind->bytes(options);
}

sg_status sg__engine_create(const sg__engine_kind *kind,
                            const sg__engine_options *options,
                            sg__engine **out)
{
    *out = NULL;
    sg__engine *engine;
    sg_status status = kind->create(options, &engine);
    if (status != SG_OK)
        return status;
    *engine = (sg__engine){
        .kind = kind,
        .net = options->net,
        .trained = options->trained,
        .batch = engine->batch ? engine->batch : options->batch,
        .threads = engine->threads,
    };
    status = sg__engine_put(engine);
    if (status != SG_OK) {
        if (options->error && engine->error.text[0])
            *options->error = engine->error;
        sg__engine_destroy(engine);
        return status;
    }
    *out = engine;
    return SG_OK;
}

void sg__engine_destroy(sg__engine *engine)
{
    if (engine)
        engine->kind->destroy(engine);
}

/* Remembers a failure. */
static sg_status note(sg__engine *engine, sg_status status)
{
    engine->failed = status;
    return status;
}

sg_status sg__engine_put(sg__engine *engine)
{
    if (engine->failed != SG_OK)
        return engine->failed;
    engine->ahead = false;
    return note(engine, engine->kind->put(engine));
}

sg_status sg__engine_fetch(sg__engine *engine)
{
    if (engine->failed != SG_OK || !engine->ahead)
        return engine->failed;
    engine->ahead = false;
    return engine->kind->fetch ? note(engine, engine->kind->fetch(engine))
                               : SG_OK;
}

sg_status sg__engine_pass(sg__engine *engine, const sg__batch *batch,
                          sg_metrics *out, sg__squares *squares)
{
    if (engine->failed != SG_OK)
        return engine->failed;
    return note(engine, engine->kind->pass(engine, batch, out, squares));
}

sg_status sg__engine_reduce(sg__engine *engine, size_t l, uint32_t first,
                            uint32_t last, int32_t *gradient,
                            int32_t *bias_gradient)
{
    if (engine->failed != SG_OK)
        return engine->failed;
    return note(engine, engine->kind->reduce(engine, l, first, last, gradient,
                                             bias_gradient));
}

sg_status sg__engine_update(sg__engine *engine, const sg__update *update)
{
    if (engine->failed != SG_OK)
        return engine->failed;
    engine->ahead = true;
    return note(engine, engine->kind->update(engine, update));
}

static sg_status learn(sg__engine *engine, const sg__batch *batch,
                       const sg__planner *planner, sg_metrics *out)
{
    uint64_t spikes[SG_LAYERS_MAX];
    const sg_status status = engine->kind->pass(engine, batch, out, NULL);
    if (status != SG_OK)
        return status;
    for (size_t l = 0; l < engine->net->layer_count; l++)
        spikes[l] = out->layer[l].spikes;
    return engine->kind->update(engine,
                                planner->plan(planner->context, spikes));
}

sg_status sg__engine_learn(sg__engine *engine, const sg__batch *batch,
                           const sg__planner *planner, sg_metrics *out)
{
    if (engine->failed != SG_OK)
        return engine->failed;
    engine->ahead = true;
    return note(engine,
                (engine->kind->learn ? engine->kind->learn
                                     : learn)(engine, batch, planner, out));
}

sg_status sg__engine_evaluate(sg__engine *engine, const sg__range *range,
                              sg_metrics *out, uint32_t *predicted)
{
    if (engine->failed != SG_OK)
        return engine->failed;
    return note(engine, engine->kind->evaluate(engine, range, out, predicted));
}

sg_status sg__engine_look(sg__engine *engine, sg__trace what, size_t l,
                          size_t s, void *out)
{
    if (engine->failed != SG_OK)
        return engine->failed;
    return note(engine, engine->kind->look(engine, what, l, s, out));
}

void sg__engine_profile(sg__engine *engine, bool on)
{
    engine->kind->profile(engine, on);
}

uint64_t sg__engine_get_profile(const sg__engine *engine, sg_layer_cost *cost)
{
    return engine->kind->get_profile(engine, cost);
}
