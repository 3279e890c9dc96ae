/* The update in parts, for engines that are made of several: a task is a
 * portion. */
#include "ann/traffic.h"
#include "engine/cpu.h"

/* Portions under way. */
typedef struct work {
    sg__cpu *cpu;
    const sg__portions *portions;
    const sg__update *update; /* [layers] */
    uint64_t step;
} work;

static void gradient_task(void *context, unsigned task, unsigned thread)
{
    const work *w = context;
    const sg__portion *p = &w->portions->portion[task];
    const sg__cpu_scratch *scratch = &w->cpu->scratch[thread];
    sg__ann_gradient_part(&w->cpu->ann, w->portions->sample,
                          w->portions->samples, p->layer, p->first, p->last,
                          scratch->gradient, scratch->bias_gradient, thread);
    w->portions->visit(w->portions->context, task, scratch->gradient,
                       scratch->bias_gradient);
}

static void gradients(sg__engine *engine, const sg__portions *portions)
{
    work w = {.cpu = sg__cpu_of(engine), .portions = portions};
    sg__threads_run(w.cpu->threads, (unsigned)portions->count, gradient_task,
                    &w);
}

static void apply_task(void *context, unsigned task, unsigned thread)
{
    const work *w = context;
    const sg__portion *p = &w->portions->portion[task];
    const sg__cpu_scratch *scratch = &w->cpu->scratch[thread];
    sg__ann *ann = &w->cpu->ann;
    const sg__layer *layer = &ann->net->layer[p->layer];
    const uint32_t channels = p->last - p->first;
    w->portions->visit(w->portions->context, task, scratch->gradient,
                       scratch->bias_gradient);
    uint64_t begin = sg__ann_begin(ann);
    sg__update_apply(w->cpu->base.trained, ann->kernels, p->layer,
                     &w->update[p->layer], w->step, p->first, p->last,
                     scratch->gradient, scratch->bias_gradient);
    sg__ann_pack(ann, p->layer, p->first, p->last);
    sg__ann_end(ann, &ann->scratch[thread].cost[p->layer].update, begin,
                (sg__work){channels * (sg__fan_in(&layer->geo) + 1), 1000,
                           sg__traffic_update(layer, channels)});
    w->portions->after(w->portions->context, task);
}

static void apply(sg__engine *engine, const sg__portions *portions,
                  const sg__update *update, uint64_t step)
{
    work w = {sg__cpu_of(engine), portions, update, step};
    sg__threads_run(w.cpu->threads, (unsigned)portions->count, apply_task, &w);
}

static void take_task(void *context, unsigned task, unsigned thread)
{
    const work *w = context;
    const sg__portion *p = &w->portions->portion[task];
    (void)thread;
    w->portions->visit(w->portions->context, task, NULL, NULL);
    sg__ann_pack(&w->cpu->ann, p->layer, p->first, p->last);
}

static void take(sg__engine *engine, const sg__portions *portions)
{
    work w = {.cpu = sg__cpu_of(engine), .portions = portions};
    sg__threads_run(w.cpu->threads, (unsigned)portions->count, take_task, &w);
}

const sg__engine_parts sg__cpu_parts = {gradients, apply, take};
