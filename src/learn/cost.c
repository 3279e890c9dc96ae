/* What a training run takes: memory and time; and what it has done so far. */
#include "learn/trainer.h"

static size_t memory(const sg_network *net, const sg__engine_kind *kind,
                     const sg__engine_options *options)
{
    return sg__engine_bytes(kind, options) +
           net->data_size * sizeof(uint32_t) + sg__network_bytes(net);
}

unsigned sg_trainer_threads(const sg_trainer *t)
{
    return t ? t->engine->threads : 0;
}

size_t sg_trainer_memory(const sg_trainer *t)
{
    if (!t)
        return 0;
    sg__engine_options built = t->built;
    built.threads = t->engine->threads;
    return memory(t->net, t->engine->kind, &built);
}

size_t sg_network_training_memory(const sg_network *net, unsigned threads)
{
    if (!net)
        return 0;
    const sg__engine_options options = {
        .net = net,
        .trained = (sg_network *)net, /* only asked about */
        .batch = (size_t)net->recipe.batch,
        .threads = threads < 256 ? threads : 256, /* as many as there can be */
    };
    return memory(net, &sg__engine_cpu, &options);
}

const sg_metrics *sg_trainer_metrics(const sg_trainer *t)
{
    if (!t)
        return NULL;
    return &t->net->run.train;
}

void sg_trainer_profile(sg_trainer *t, int on)
{
    if (!t)
        return;
    sg__engine_profile(t->engine, on != 0);
}

uint64_t sg_trainer_get_profile(const sg_trainer *t, sg_layer_cost *cost)
{
    if (!t || !cost)
        return 0;
    return sg__engine_get_profile(t->engine, cost);
}
