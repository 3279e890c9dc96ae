/* A batch in two fork-join rounds: samples, then channels of the layers.
 *
 * In the first round a task owns a few samples from image to error events; in
 * the second a task owns a few output channels of one layer from gradient to
 * packed weights. No two tasks write the same memory, and sums are integers,
 * so neither threads nor their timing can change a bit. */
#include "learn/batch.h"

#include <stdlib.h>
#include <string.h>

#include "learn/activity.h"

enum { PARTS = 8 }; /* a layer's channels are shared out in this many tasks */

sg_status sg__gradients_create(const sg_network *net, sg__gradients *out)
{
    size_t n = net->layer_count;
    out->layers = n;
    out->weight = calloc(n, sizeof *out->weight);
    out->bias = calloc(n, sizeof *out->bias);
    bool ok = out->weight && out->bias;
    for (size_t l = 0; ok && l < n; l++) {
        const sg__layer *layer = &net->layer[l];
        if (!layer->synaptic)
            continue;
        out->weight[l] = calloc(layer->weights, sizeof(int32_t));
        out->bias[l] = calloc(layer->geo.out_c, sizeof(int32_t));
        ok = out->weight[l] && out->bias[l];
    }
    if (!ok)
        sg__gradients_destroy(out);
    return ok ? SG_OK : SG_E_MEMORY;
}

void sg__gradients_destroy(sg__gradients *gradients)
{
    for (size_t l = 0; l < gradients->layers; l++) {
        if (gradients->weight)
            free(gradients->weight[l]);
        if (gradients->bias)
            free(gradients->bias[l]);
    }
    free(gradients->weight);
    free(gradients->bias);
    memset(gradients, 0, sizeof *gradients);
}

size_t sg__gradients_bytes(const sg_network *net)
{
    size_t bytes = 0;
    for (size_t l = 0; l < net->layer_count; l++)
        bytes += net->layer[l].weights * sizeof(int32_t);
    return bytes;
}

static void load_sample(sg__batch *b, size_t s)
{
    const sg_network *net = b->net;
    sg__augment_counts(&b->augment, b->ann->kernels, net->input,
                       net->recipe.seed, b->epoch, b->samples[s],
                       net->recipe.input_levels,
                       sg_data_pixels(b->data, b->samples[s]),
                       sg__ann_counts(b->ann, 0, s));
}

static void pass_task(void *context, unsigned task, unsigned thread)
{
    sg__batch *b = context;
    sg__ann *ann = b->ann;
    size_t first = task * ann->chunk, n = b->count - first;
    n = n < ann->chunk ? n : ann->chunk;
    for (size_t s = first; s < first + n; s++)
        load_sample(b, s);
    sg__ann_forward(ann, first, n, 0, b->net->layer_count, thread);
    for (size_t s = first; s < first + n; s++) {
        uint32_t label = sg_data_label(b->data, b->samples[s]);
        sg__ann_backward(ann, s, label, b->step, b->samples[s], thread);
        sg__activity_forward(ann, s, label, &b->parts[thread]);
        sg__activity_backward(ann, s, thread, &b->parts[thread]);
    }
}

void sg__batch_pass(sg__batch *b, sg_metrics *sums)
{
    unsigned threads = sg__threads_count(b->threads);
    size_t tasks = (b->count + b->ann->chunk - 1) / b->ann->chunk;
    memset(b->parts, 0, threads * sizeof *b->parts);
    sg__threads_run(b->threads, (unsigned)tasks, pass_task, b);
    for (unsigned t = 0; t < threads; t++)
        sg__metrics_add(sums, &b->parts[t]);
}

static void update_task(void *context, unsigned task, unsigned thread)
{
    sg__batch *b = context;
    size_t l = task / PARTS;
    const sg__layer *layer = &b->net->layer[l];
    uint32_t channels = layer->geo.out_c;
    uint32_t blocks = (channels + SG__PACK_CHANNELS - 1) / SG__PACK_CHANNELS;
    uint32_t share = (blocks + PARTS - 1) / PARTS * SG__PACK_CHANNELS;
    uint32_t first = task % PARTS * share, last = first + share;
    (void)thread;
    last = last < channels ? last : channels;
    if (!layer->synaptic || first >= channels)
        return;
    size_t fan_in = sg__fan_in(&layer->geo);
    int32_t *gradient = b->gradients.weight[l], *bias = b->gradients.bias[l];
    memset(gradient + first * fan_in, 0,
           (last - first) * fan_in * sizeof *gradient);
    memset(bias + first, 0, (last - first) * sizeof *bias);
    sg__ann_gradient(b->ann, b->count, l, first, last, gradient, bias);
    sg__update_apply(b->net, b->ann->kernels, l, &b->update[l], b->step, first,
                     last, gradient, bias);
    sg__ann_pack(b->ann, l, first, last);
}

void sg__batch_update(sg__batch *b)
{
    sg__threads_run(b->threads, (unsigned)b->net->layer_count * PARTS,
                    update_task, b);
}
