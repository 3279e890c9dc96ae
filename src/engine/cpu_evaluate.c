/* Evaluation: the forward pass alone, of samples or of samples and their
 * mirror images. */
#include "core/rules.h"
#include "engine/activity.h"
#include "engine/cpu.h"
#include "engine/metrics.h"
#include "network/loss.h"

/* A part of a range that fits the workspace. */
typedef struct part {
    sg__cpu *cpu;
    const sg__range *range;
    uint32_t first, count; /* of data */
    uint32_t *predicted;   /* [count], or NULL */
} part;

/* Left to right; HWC. */
static void mirror(sg_shape shape, uint8_t *counts)
{
    size_t channels = shape.channels, row = shape.width * channels;
    for (uint32_t y = 0; y < shape.height; y++, counts += row)
        for (size_t i = 0, k = row - channels; i < k;
             i += channels, k -= channels)
            for (size_t c = 0; c < channels; c++) {
                uint8_t swap = counts[i + c];
                counts[i + c] = counts[k + c];
                counts[k + c] = swap;
            }
}

/* Shows samples that have been through a forward pass once more, mirrored.
 * Their logits become the rounded down means of both views, for the loss;
 * sums, those of both. */
static void run_mirrored(sg__cpu *cpu, size_t first, size_t n, unsigned thread)
{
    sg__ann *ann = &cpu->ann;
    const sg_network *net = ann->net;
    int64_t *sums = cpu->scratch[thread].sums;
    int32_t *logits = ann->logits + first * net->classes;
    for (size_t s = first; s < first + n; s++) {
        sg__activity_add_layers(ann, s, cpu->scratch[thread].metrics);
        mirror(sg__input_neurons(&net->recipe, net->input),
               sg__ann_counts(ann, 0, s));
    }
    sg__ann_forward(ann, first, n, 0, net->layer_count, NULL, thread, NULL);
    for (size_t i = 0; i < n * net->classes; i++) {
        sums[i] += logits[i];
        logits[i] = (int32_t)sg__floor_shift64(sums[i], 1);
    }
}

/* The class with the largest sum; of equal ones the first. */
static uint32_t largest(const int64_t *sums, uint32_t classes)
{
    uint32_t best = 0;
    for (uint32_t k = 1; k < classes; k++)
        best = sums[k] > sums[best] ? k : best;
    return best;
}

static void run_chunk(void *context, unsigned task, unsigned thread)
{
    const part *p = context;
    sg__cpu *cpu = p->cpu;
    sg__ann *ann = &cpu->ann;
    const sg_network *net = ann->net;
    const sg_data *data = p->range->data;
    sg_metrics *metrics = cpu->scratch[thread].metrics;
    int64_t *sums = cpu->scratch[thread].sums;
    size_t first = task * ann->chunk, n = p->count - first;
    n = n < ann->chunk ? n : ann->chunk;
    int32_t *logits = ann->logits + first * net->classes;
    for (size_t s = first; s < first + n; s++)
        sg__network_quantise(net, ann->kernels,
                             sg_data_pixels(data, p->first + (uint32_t)s),
                             sg__ann_counts(ann, 0, s));
    sg__ann_forward(ann, first, n, 0, net->layer_count, NULL, thread, NULL);
    for (size_t i = 0; i < n * net->classes; i++)
        sums[i] = logits[i];
    if (p->range->flip)
        run_mirrored(cpu, first, n, thread);
    for (size_t s = 0; s < n; s++) {
        const uint32_t label =
            sg_data_label(data, p->first + (uint32_t)(first + s));
        const uint32_t class = largest(sums + s * net->classes, net->classes);
        sg__loss_error(net, logits + s * net->classes, label, true,
                       ann->scratch[thread].error, &ann->loss_q20[first + s]);
        metrics->samples++;
        metrics->correct += class == label;
        metrics->loss_q20 += ann->loss_q20[first + s];
        sg__activity_add_layers(ann, first + s, metrics);
        if (p->predicted)
            p->predicted[first + s] = class;
    }
}

sg_status sg__cpu_evaluate(sg__engine *engine, const sg__range *range,
                           sg_metrics *out, uint32_t *predicted)
{
    sg__cpu *cpu = sg__cpu_of(engine);
    sg__ann *ann = &cpu->ann;
    const bool profiles = ann->profiles;
    ann->profiles = false; /* a profile is of training */
    sg__cpu_start_sums(cpu);
    for (uint32_t done = 0, n; done < range->count; done += n) {
        n = range->count - done;
        n = n < ann->batch ? n : (uint32_t)ann->batch;
        part p = {cpu, range, range->first + done, n,
                  predicted ? predicted + done : NULL};
        size_t tasks = (n + ann->chunk - 1) / ann->chunk;
        sg__threads_run(cpu->threads, (unsigned)tasks, run_chunk, &p);
    }
    sg__cpu_add_sums(cpu, out);
    ann->profiles = profiles;
    return SG_OK;
}
