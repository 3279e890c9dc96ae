/* Spike and operation counts read off the workspace of the ANN engine; the
 * event engine counts the same operations one by one. */
#include "learn/activity.h"

#include <stdlib.h>

uint32_t sg__argmax(const int32_t *values, uint32_t n)
{
    uint32_t best = 0;
    for (uint32_t k = 1; k < n; k++)
        best = values[k] > values[best] ? k : best;
    return best;
}

/* Additions caused by the spikes arriving at a synaptic layer. */
static uint64_t forward_ops(const sg__geometry *g, const uint8_t *in)
{
    uint64_t ops = 0;
    uint32_t first, last;
    for (uint32_t y = 0; y < g->in_h; y++) {
        sg__reach(y, g->stride, g->pad, g->kernel_h, g->out_h, &first, &last);
        uint64_t rows = last - first;
        for (uint32_t x = 0; x < g->in_w; x++, in += g->in_c) {
            uint32_t spikes = 0;
            for (uint32_t c = 0; c < g->in_c; c++)
                spikes += in[c];
            if (spikes == 0)
                continue;
            sg__reach(x, g->stride, g->pad, g->kernel_w, g->out_w, &first,
                      &last);
            ops += rows * (last - first) * spikes;
        }
    }
    return ops * g->out_c;
}

void sg__activity_forward(const sg__ann *ann, size_t sample, uint32_t label,
                          sg_metrics *sums)
{
    const sg_network *net = ann->net;
    const int32_t *logits = ann->logits + sample * net->classes;
    sums->layers = net->layer_count;
    sums->samples++;
    sums->correct += sg__argmax(logits, net->classes) == label;
    for (size_t l = 0; l < net->layer_count; l++) {
        const sg__layer *layer = &net->layer[l];
        sg_layer_activity *a = &sums->layer[l];
        if (layer->synaptic)
            a->forward_ops +=
                forward_ops(&layer->geo, sg__ann_counts(ann, l, sample));
        if (layer->output)
            continue;
        const uint8_t *counts = sg__ann_counts(ann, l + 1, sample);
        uint32_t tally[3];
        ann->kernels->tally(sg__outputs(&layer->geo), counts, layer->cap,
                            tally);
        a->spikes += tally[0];
        a->active += tally[1];
        a->saturated += tally[2];
    }
}

/* before[i] = how many of the first i counts are not 0; i = 0..n. */
static void count_traces(const uint8_t *counts, size_t n, int32_t *before)
{
    int32_t traces = 0;
    for (size_t i = 0; i < n; i++) {
        before[i] = traces;
        traces += counts[i] != 0;
    }
    before[n] = traces;
}

/* Adds the events of one layer; below tells whether errors go further down. */
static void add_events(const sg__geometry *g, const uint32_t *events,
                       size_t length, const int32_t *before, bool below,
                       sg_layer_activity *a)
{
    a->error_senders += length;
    for (size_t e = 0; e < length; e++) {
        sg__patch f = sg__patch_of(g, sg__event_neuron(events[e]));
        uint64_t spikes = (uint64_t)abs(sg__event_d(events[e]));
        int32_t traces = 0;
        for (uint32_t row = 0; row < f.rows; row++) {
            const int32_t *run = before + f.input + row * f.input_step;
            traces += run[f.width] - run[0];
        }
        a->error_spikes += spikes;
        a->gradient_ops += spikes * (uint64_t)traces;
        a->backward_ops += below ? spikes * f.rows * (uint64_t)f.width : 0;
    }
}

void sg__activity_backward(const sg__ann *ann, size_t sample, unsigned thread,
                           sg_metrics *sums)
{
    const sg_network *net = ann->net;
    int32_t *before = ann->scratch[thread].charge;
    bool below = false;
    sums->loss_q20 += ann->loss_q20[sample];
    for (size_t l = 0; l < net->layer_count; l++) {
        const sg__layer *layer = &net->layer[l];
        if (!layer->synaptic)
            continue;
        size_t length = ann->layer[l].event_count[sample];
        if (length > 0)
            count_traces(sg__ann_counts(ann, l, sample),
                         sg__inputs(&layer->geo), before);
        add_events(&layer->geo,
                   ann->layer[l].events + sample * sg__outputs(&layer->geo),
                   length, before, below, &sums->layer[l]);
        below = true;
    }
}

void sg__metrics_add(sg_metrics *sums, const sg_metrics *part)
{
    sums->samples += part->samples;
    sums->correct += part->correct;
    sums->loss_q20 += part->loss_q20;
    sums->layers = part->layers > sums->layers ? part->layers : sums->layers;
    for (size_t l = 0; l < part->layers; l++) {
        sg_layer_activity *to = &sums->layer[l];
        const sg_layer_activity *from = &part->layer[l];
        to->spikes += from->spikes;
        to->active += from->active;
        to->saturated += from->saturated;
        to->forward_ops += from->forward_ops;
        to->error_spikes += from->error_spikes;
        to->error_senders += from->error_senders;
        to->backward_ops += from->backward_ops;
        to->gradient_ops += from->gradient_ops;
    }
}
