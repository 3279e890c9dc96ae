/* The training pass: a task owns a few samples from image to error counts. No
 * two tasks write the same memory, and sums are integers, so neither threads
 * nor their timing can change a bit. */
#include <string.h>

#include "engine/activity.h"
#include "engine/cpu.h"

static void load_sample(sg__cpu *cpu, size_t s, uint8_t *split)
{
    const sg__batch *b = &cpu->batch;
    const sg_network *net = cpu->ann.net;
    const uint8_t *pixels = sg_data_pixels(b->data, b->samples[s]);
    int32_t levels = net->recipe.input_levels;
    if (sg__input_is_moved(&net->recipe)) {
        /* counts are what is moved about, so that no spikes come from outside
         * the image */
        sg__network_quantise(net, cpu->ann.kernels, pixels, split);
        pixels = split;
        levels = UINT8_MAX;
    }
    sg__augment_counts(b->augment, cpu->ann.kernels,
                       sg__input_neurons(&net->recipe, net->input),
                       net->recipe.seed, b->epoch, b->samples[s], levels,
                       pixels, sg__ann_counts(&cpu->ann, 0, s));
}

void sg__cpu_load(sg__cpu *cpu, size_t first, size_t n, unsigned thread)
{
    sg__cpu_scratch *scratch = &cpu->scratch[thread];
    const uint64_t begin = sg__ann_begin(&cpu->ann);
    for (size_t s = first; s < first + n; s++)
        load_sample(cpu, s, scratch->split);
    scratch->load_ns += sg__ann_begin(&cpu->ann) - begin;
}

static void pass_task(void *context, unsigned task, unsigned thread)
{
    sg__cpu *cpu = context;
    sg__ann *ann = &cpu->ann;
    const sg__batch *b = &cpu->batch;
    sg__cpu_scratch *scratch = &cpu->scratch[thread];
    size_t first = task * ann->chunk, n = b->count - first;
    n = n < ann->chunk ? n : ann->chunk;
    sg__cpu_load(cpu, first, n, thread);
    for (size_t s = 0; s < n; s++) {
        scratch->ids[s] = b->samples[first + s];
        scratch->labels[s] = sg_data_label(b->data, scratch->ids[s]);
    }
    const sg__ann_moment at = {b->step, scratch->ids};
    sg__ann_forward(ann, first, n, 0, ann->net->layer_count, &at, thread,
                    NULL);
    sg__ann_backward(ann, first, n, scratch->labels, &at, thread);
    const uint64_t begin = sg__ann_begin(ann);
    for (size_t s = 0; s < n; s++)
        sg__activity_add(ann, first + s, scratch->labels[s], scratch->metrics);
    /* sums of all layers, at the place of the last */
    sg__ann_end(ann,
                &ann->scratch[thread].cost[ann->net->layer_count - 1].count,
                begin, (sg__work){0});
}

static void clear_squares(sg__ann *ann)
{
    for (unsigned t = 0; t < ann->threads; t++)
        memset(ann->scratch[t].squares, 0,
               ann->net->layer_count * sizeof *ann->scratch[t].squares);
}

static void add_squares(const sg__ann *ann, sg__squares *squares)
{
    memset(squares, 0, ann->net->layer_count * sizeof *squares);
    for (unsigned t = 0; t < ann->threads; t++)
        for (size_t l = 0; l < ann->net->layer_count; l++)
            sg__squares_add(&squares[l], ann->scratch[t].squares[l]);
}

sg_status sg__cpu_pass(sg__engine *engine, const sg__batch *batch,
                       sg_metrics *out, sg__squares *squares)
{
    sg__cpu *cpu = sg__cpu_of(engine);
    sg__ann *ann = &cpu->ann;
    const bool profiles = ann->profiles;
    size_t tasks = (batch->count + ann->chunk - 1) / ann->chunk;
    cpu->batch = *batch;
    sg__cpu_start_sums(cpu);
    if (squares) {
        clear_squares(ann);
        ann->measures = true;
        ann->profiles = false; /* a profile is of what every batch costs */
    }
    sg__threads_run(cpu->threads, (unsigned)tasks, pass_task, cpu);
    sg__cpu_add_sums(cpu, out);
    if (squares)
        add_squares(ann, squares);
    ann->measures = false;
    ann->profiles = profiles;
    return SG_OK;
}
