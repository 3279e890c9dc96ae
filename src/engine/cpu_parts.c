/* Pass and update in parts, for engines that are made of several: see
 * sg__engine_parts. */
#include <string.h>

#include "ann/traffic.h"
#include "engine/activity.h"
#include "engine/cpu.h"

static void run(sg__engine *engine, size_t tasks,
                void (*task)(void *context, unsigned task, unsigned thread),
                void *context)
{
    sg__threads_run(sg__cpu_of(engine)->threads, (unsigned)tasks, task,
                    context);
}

static sg__gradient memory(sg__engine *engine, unsigned thread)
{
    const sg__cpu_scratch *scratch = &sg__cpu_of(engine)->scratch[thread];
    return (sg__gradient){scratch->gradient, scratch->bias_gradient,
                          scratch->gradient_room};
}

/* Layers that the samples of the batch go through, chunk by chunk. */
typedef struct course {
    sg__cpu *cpu;
    size_t from, to;
    void (*go)(const struct course *course, size_t first, size_t n,
               const sg__ann_moment *at, unsigned thread);
} course;

static void course_task(void *context, unsigned task, unsigned thread)
{
    const course *c = context;
    const sg__batch *b = &c->cpu->batch;
    const size_t chunk = c->cpu->ann.chunk, first = task * chunk;
    const size_t n = b->count - first < chunk ? b->count - first : chunk;
    const sg__ann_moment at = {b->step, b->samples + first};
    c->go(c, first, n, &at, thread);
}

static void take_course(sg__engine *engine, size_t from, size_t to,
                        void (*go)(const course *course, size_t first,
                                   size_t n, const sg__ann_moment *at,
                                   unsigned thread))
{
    sg__cpu *cpu = sg__cpu_of(engine);
    const size_t chunk = cpu->ann.chunk;
    course c = {cpu, from, to, go};
    sg__threads_run(cpu->threads,
                    (unsigned)((cpu->batch.count + chunk - 1) / chunk),
                    course_task, &c);
}

static void go_load(const course *c, size_t first, size_t n,
                    const sg__ann_moment *at, unsigned thread)
{
    (void)at;
    sg__cpu_load(c->cpu, first, n, thread);
}

static void load(sg__engine *engine, const sg__batch *batch)
{
    sg__cpu_of(engine)->batch = *batch;
    sg__cpu_start_sums(sg__cpu_of(engine));
    take_course(engine, 0, 0, go_load);
}

static void go_forward(const course *c, size_t first, size_t n,
                       const sg__ann_moment *at, unsigned thread)
{
    sg__ann_forward(&c->cpu->ann, first, n, c->from, c->to, at, thread, NULL);
}

static void forward(sg__engine *engine, size_t from, size_t to)
{
    take_course(engine, from, to, go_forward);
}

static void spikes(sg__engine *engine, uint64_t *sums)
{
    const sg__cpu *cpu = sg__cpu_of(engine);
    for (size_t l = 0; l < cpu->ann.net->layer_count; l++)
        for (size_t s = 0; s < cpu->batch.count; s++)
            sums[l] += cpu->ann.layer[l].activity[s].spikes;
}

/* From above the output layer: the loss first. */
static void go_backward(const course *c, size_t first, size_t n,
                        const sg__ann_moment *at, unsigned thread)
{
    sg__ann *ann = &c->cpu->ann;
    size_t from = c->from;
    if (from == ann->net->layer_count) {
        uint32_t *labels = c->cpu->scratch[thread].labels;
        for (size_t s = 0; s < n; s++)
            labels[s] = sg_data_label(c->cpu->batch.data, at->sample_id[s]);
        sg__ann_lose(ann, first, n, labels, at, thread);
        from--;
    }
    sg__ann_descend(ann, first, n, from, c->to, at, thread);
}

static size_t backward(sg__engine *engine, size_t from, size_t to)
{
    const sg_network *net = engine->net;
    const size_t top = net->layer_count - 1;
    const size_t landing =
        from > top && to >= top ? top : sg__ann_landing(net, to);
    take_course(engine, from, landing, go_backward);
    return landing;
}

static void go_add(const course *c, size_t first, size_t n,
                   const sg__ann_moment *at, unsigned thread)
{
    const sg_data *data = c->cpu->batch.data;
    for (size_t s = 0; s < n; s++)
        sg__activity_add(&c->cpu->ann, first + s,
                         sg_data_label(data, at->sample_id[s]),
                         c->cpu->scratch[thread].metrics);
}

static void sums(sg__engine *engine, sg_metrics *out)
{
    take_course(engine, 0, 0, go_add);
    sg__cpu_add_sums(sg__cpu_of(engine), out);
}

static void gradient(sg__engine *engine, const sg__portion *of, size_t sample,
                     size_t samples, unsigned thread, sg__gradient to)
{
    sg__ann_gradient_part(&sg__cpu_of(engine)->ann, sample, samples, of->layer,
                          of->first, of->last, to.weights, to.biases, thread);
}

static void apply(sg__engine *engine, const sg__portion *to,
                  const sg__update *update, uint64_t step, unsigned thread,
                  sg__gradient gradient)
{
    sg__ann *ann = &sg__cpu_of(engine)->ann;
    const sg__layer *layer = &ann->net->layer[to->layer];
    const uint32_t channels = to->last - to->first;
    uint64_t begin = sg__ann_begin(ann);
    sg__update_apply(engine->trained, ann->kernels, to->layer,
                     &update[to->layer], step, to->first, to->last,
                     gradient.weights, gradient.biases);
    sg__ann_pack(ann, to->layer, to->first, to->last);
    sg__ann_end(ann, &ann->scratch[thread].cost[to->layer].update, begin,
                (sg__work){channels * (sg__fan_in(&layer->geo) + 1), 1000,
                           sg__traffic_update(layer, channels)});
}

static void take(sg__engine *engine, const sg__portion *of)
{
    sg__ann_pack(&sg__cpu_of(engine)->ann, of->layer, of->first, of->last);
}

const sg__engine_parts sg__cpu_parts = {
    .run = run,
    .memory = memory,
    .load = load,
    .forward = forward,
    .spikes = spikes,
    .backward = backward,
    .sums = sums,
    .gradient = gradient,
    .apply = apply,
    .take = take,
};
