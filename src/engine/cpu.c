/* The CPU engine: its memory, its life, what it costs. */
#include "engine/cpu.h"

#include <stdlib.h>
#include <string.h>

#include "engine/metrics.h"

/* Of a share, or of the smallest portion that others may ask for. */
static size_t channels_at_once(const sg__ann *ann, const sg__layer *layer)
{
    const uint32_t share = sg__cpu_share_channels(ann, layer);
    const uint32_t out_c = layer->geo.out_c;
    const uint32_t least =
        out_c < SG__PACK_CHANNELS ? out_c : SG__PACK_CHANNELS;
    return share > least ? share : least;
}

/* Where the gradient of a share goes. */
static void place_gradient(const sg__cpu *cpu, sg__arena *arena,
                           sg__cpu_scratch *s)
{
    const sg_network *net = cpu->ann.net;
    size_t weights = 0;
    for (size_t l = 0; l < net->layer_count; l++) {
        const sg__layer *layer = &net->layer[l];
        size_t share = !layer->synaptic ? 0
                                        : channels_at_once(&cpu->ann, layer) *
                                              sg__fan_in(&layer->geo);
        weights = share > weights ? share : weights;
    }
    s->gradient = sg__arena_take(arena, weights, sizeof *s->gradient);
    s->gradient_room = weights;
    s->bias_gradient =
        sg__arena_take(arena, SG__GRADIENT_CHANNELS, sizeof *s->bias_gradient);
}

static void place_scratch(const sg__cpu *cpu, sg__arena *arena,
                          sg__cpu_scratch *s)
{
    const sg_network *net = cpu->ann.net;
    const size_t chunk = cpu->ann.chunk;
    if (cpu->ann.learns) {
        place_gradient(cpu, arena, s);
        s->labels = sg__arena_take(arena, chunk, sizeof *s->labels);
        s->ids = sg__arena_take(arena, chunk, sizeof *s->ids);
        if (sg__input_is_moved(&net->recipe))
            s->split =
                sg__arena_take(arena, sg__inputs(&net->layer[0].geo), 1);
    }
    s->sums = sg__arena_take(arena, chunk * net->classes, sizeof *s->sums);
    s->metrics = sg__arena_take(arena, 1, sizeof *s->metrics);
}

static void place(sg__cpu *cpu, sg__arena *arena)
{
    sg__cpu_scratch first;
    sg__ann_place(&cpu->ann, arena);
    cpu->scratch =
        sg__arena_take(arena, cpu->ann.threads, sizeof *cpu->scratch);
    for (unsigned t = 0; t < cpu->ann.threads; t++)
        place_scratch(cpu, arena, cpu->scratch ? &cpu->scratch[t] : &first);
    cpu->share_count = sg__cpu_list_shares(&cpu->ann, NULL);
    cpu->shares = sg__arena_take(arena, cpu->share_count, sizeof *cpu->shares);
    if (cpu->shares)
        sg__cpu_list_shares(&cpu->ann, cpu->shares);
}

static void describe(sg__cpu *cpu, const sg__engine_options *options,
                     unsigned threads)
{
    cpu->ann.net = options->net;
    cpu->ann.batch = options->batch;
    cpu->ann.threads = threads;
    cpu->ann.learns = options->trained != NULL;
    cpu->ann.keeps = options->keeps;
}

static size_t bytes(const sg__engine_options *options)
{
    sg__cpu cpu = {0};
    describe(&cpu, options, sg__threads_or_all(options->threads));
    place(&cpu, &cpu.arena);
    return cpu.arena.used;
}

static void destroy(sg__engine *engine)
{
    sg__cpu *cpu = sg__cpu_of(engine);
    sg__threads_destroy(cpu->threads);
    sg__arena_free(&cpu->arena);
    free(cpu);
}

static sg_status create(const sg__engine_options *options, sg__engine **out)
{
    sg__cpu *cpu = calloc(1, sizeof *cpu);
    if (!cpu)
        return SG_E_MEMORY;
    sg_status status = sg__threads_create(options->threads, &cpu->threads);
    if (status != SG_OK) {
        free(cpu);
        return status;
    }
    cpu->base.threads = sg__threads_count(cpu->threads);
    describe(cpu, options, cpu->base.threads);
    place(cpu, &cpu->arena);
    if (!sg__arena_allocate(&cpu->arena)) {
        destroy(&cpu->base);
        return SG_E_MEMORY;
    }
    place(cpu, &cpu->arena);
    *out = &cpu->base;
    return SG_OK;
}

static void pack_task(void *context, unsigned task, unsigned thread)
{
    sg__cpu *cpu = context;
    const sg__share *share = &cpu->shares[task];
    (void)thread;
    sg__ann_pack(&cpu->ann, share->layer, share->first, share->last);
}

static sg_status put(sg__engine *engine)
{
    sg__cpu *cpu = sg__cpu_of(engine);
    sg__threads_run(cpu->threads, (unsigned)cpu->share_count, pack_task, cpu);
    return SG_OK;
}

void sg__cpu_start_sums(sg__cpu *cpu)
{
    for (unsigned t = 0; t < cpu->ann.threads; t++)
        sg__metrics_clear(cpu->scratch[t].metrics, cpu->ann.net->layer_count);
}

void sg__cpu_add_sums(const sg__cpu *cpu, sg_metrics *out)
{
    memset(out, 0, sizeof *out);
    for (unsigned t = 0; t < cpu->ann.threads; t++)
        sg__metrics_add(out, cpu->scratch[t].metrics);
}

static sg_status look(sg__engine *engine, sg__trace what, size_t l, size_t s,
                      void *out)
{
    const sg__ann_layer *from = &sg__cpu_of(engine)->ann.layer[l];
    const size_t n = sg__outputs(&engine->net->layer[l].geo);
    switch (what) {
    case SG__TRACE_COUNTS:
        memcpy(out, from->counts + s * n, n);
        break;
    case SG__TRACE_CHARGES:
        memcpy(out, from->charges + s * n, n * sizeof *from->charges);
        break;
    case SG__TRACE_ERRORS:
        memcpy(out, from->errors + s * n, n);
        break;
    case SG__TRACE_ERROR_CHARGES:
        memcpy(out, from->error_charges + s * n,
               n * sizeof *from->error_charges);
        break;
    }
    return SG_OK;
}

static void profile(sg__engine *engine, bool on)
{
    sg__cpu *cpu = sg__cpu_of(engine);
    cpu->ann.profiles = on;
    for (unsigned t = 0; t < cpu->ann.threads; t++) {
        memset(cpu->ann.scratch[t].cost, 0,
               cpu->ann.net->layer_count * sizeof *cpu->ann.scratch[t].cost);
        cpu->scratch[t].load_ns = 0;
    }
}

static void add_phase(sg_phase_cost *to, const sg_phase_cost *from)
{
    to->nanoseconds += from->nanoseconds;
    to->ops += from->ops;
    to->dense_ops += from->dense_ops;
    to->bytes += from->bytes;
}

static uint64_t get_profile(const sg__engine *engine, sg_layer_cost *cost)
{
    const sg__cpu *cpu = (const sg__cpu *)engine;
    const size_t layers = cpu->ann.net->layer_count;
    uint64_t load = 0;
    memset(cost, 0, layers * sizeof *cost);
    for (unsigned t = 0; t < cpu->ann.threads; t++) {
        load += cpu->scratch[t].load_ns;
        for (size_t l = 0; l < layers; l++) {
            const sg_layer_cost *from = &cpu->ann.scratch[t].cost[l];
            add_phase(&cost[l].forward, &from->forward);
            add_phase(&cost[l].fire, &from->fire);
            add_phase(&cost[l].propagate, &from->propagate);
            add_phase(&cost[l].gradient, &from->gradient);
            add_phase(&cost[l].update, &from->update);
            add_phase(&cost[l].count, &from->count);
        }
    }
    return load;
}

const sg__engine_kind sg__engine_cpu = {
    .name = "cpu",
    .bytes = bytes,
    .create = create,
    .destroy = destroy,
    .put = put,
    .pass = sg__cpu_pass,
    .reduce = sg__cpu_reduce,
    .update = sg__cpu_update,
    .evaluate = sg__cpu_evaluate,
    .look = look,
    .profile = profile,
    .get_profile = get_profile,
    .parts = &sg__cpu_parts,
};
