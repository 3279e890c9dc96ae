/* Spike and operation counts of a sample, pixel by pixel rather than event by
 * event: neurons of one pixel reach, and are reached by, the same windows. The
 * event engine counts the same operations one by one. */
#include "ann/ann.h"

#include <string.h>

void sg__ann_count_input(sg__ann *ann, size_t sample)
{
    const sg__ann_pixels *p = &ann->input_pixels;
    size_t at = sample * p->count;
    ann->kernels->count_sums(p->count, p->channels,
                             sg__ann_counts(ann, 0, sample), 0, p->spikes + at,
                             p->active + at);
}

static uint64_t total(const uint32_t *x, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

/* Spikes that arrive at layer l times the positions they reach. */
static uint64_t arrivals(const sg__ann *ann, size_t l, size_t sample)
{
    const sg__geometry *g = &ann->net->layer[l].geo;
    const sg__ann_pixels *p = sg__ann_arriving(ann, l);
    const uint32_t *spikes = p->spikes + sample * p->count;
    const uint32_t *restrict reach = ann->layer[l].reach_x;
    uint64_t sum = 0;
    if (!ann->net->layer[l].kind->spatial)
        return total(spikes, p->count);
    for (uint32_t y = 0; y < g->in_h; y++, spikes += g->in_w) {
        uint64_t row = 0;
        for (uint32_t x = 0; x < g->in_w; x++)
            row += (uint64_t)reach[x] * spikes[x];
        sum += ann->layer[l].reach_y[y] * row;
    }
    return sum;
}

size_t sg__ann_count_sent(sg__ann *ann, size_t l, size_t sample)
{
    const sg__layer *layer = &ann->net->layer[l];
    const sg__ann_pixels *p = &ann->layer[l].pixels;
    const size_t at = sample * p->count;
    return ann->kernels->count_sums(p->count, p->channels,
                                    ann->layer[l].counts +
                                        sample * sg__outputs(&layer->geo),
                                    layer->cap, p->spikes + at,
                                    p->active + at);
}

void sg__ann_count_forward(sg__ann *ann, size_t l, size_t sample)
{
    const sg__layer *layer = &ann->net->layer[l];
    const sg__geometry *g = &layer->geo;
    sg_layer_activity *a = &ann->layer[l].activity[sample];
    *a = (sg_layer_activity){0};
    if (layer->synaptic)
        a->forward_ops = arrivals(ann, l, sample) * g->out_c;
    if (layer->output)
        return;
    const sg__ann_pixels *p = &ann->layer[l].pixels;
    a->saturated = sg__ann_count_sent(ann, l, sample);
    a->spikes = total(p->spikes + sample * p->count, p->count);
    a->active = total(p->active + sample * p->count, p->count);
}

/* before[x + 1]: active inputs of columns 0..x in the rows that output row y
 * sees. Returns how many rows there are. */
static uint32_t add_rows(const sg__geometry *g, const uint32_t *active,
                         uint32_t y, uint32_t *before)
{
    uint32_t first, last;
    sg__span(y, g->stride_h, g->pad_h, g->kernel_h, g->in_h, &first, &last);
    const uint32_t *row =
        active + (size_t)(y * g->stride_h + first - g->pad_h) * g->in_w;
    memset(before, 0, (g->in_w + 1) * sizeof *before);
    for (uint32_t ky = first; ky < last; ky++, row += g->in_w)
        for (uint32_t x = 0; x < g->in_w; x++)
            before[x + 1] += row[x];
    for (uint32_t x = 0; x < g->in_w; x++)
        before[x + 1] += before[x];
    return last - first;
}

/* Adds what the errors of one output row do; sent is the sum of |d| at each
 * position. */
static void add_row(const sg__geometry *g, const uint32_t *sent,
                    const uint32_t *before, uint32_t rows, bool propagates,
                    sg_layer_activity *a)
{
    for (uint32_t x = 0; x < g->out_w; x++) {
        if (sent[x] == 0)
            continue;
        uint32_t first, last;
        sg__span(x, g->stride_w, g->pad_w, g->kernel_w, g->in_w, &first,
                 &last);
        uint32_t left = x * g->stride_w + first - g->pad_w;
        uint32_t width = last - first;
        a->error_spikes += sent[x];
        a->gradient_ops +=
            (uint64_t)sent[x] * (before[left + width] - before[left]);
        if (propagates)
            a->backward_ops += (uint64_t)sent[x] * rows * width * g->in_c;
    }
}

void sg__ann_count_backward(sg__ann *ann, size_t l, size_t sample,
                            bool propagates, uint32_t *sums)
{
    const sg__geometry *g = &ann->net->layer[l].geo;
    const sg__ann_pixels *p = sg__ann_arriving(ann, l);
    sg_layer_activity *a = &ann->layer[l].activity[sample];
    const uint32_t *active = p->active + sample * p->count;
    size_t positions = (size_t)g->out_h * g->out_w;
    uint32_t *sent = sums, *senders = sent + positions;
    uint32_t *before = senders + positions;
    uint32_t whole = 0;
    if (!ann->net->layer[l].kind->spatial) {
        whole = (uint32_t)total(active, p->count);
        active = &whole; /* one pixel */
    }
    ann->kernels->error_sums(positions, g->out_c,
                             ann->layer[l].errors + sample * sg__outputs(g),
                             sent, senders);
    a->error_spikes = a->gradient_ops = a->backward_ops = 0;
    a->error_senders = total(senders, positions);
    for (uint32_t y = 0; y < g->out_h; y++, sent += g->out_w) {
        if (total(sent, g->out_w) == 0)
            continue;
        uint32_t rows = add_rows(g, active, y, before);
        add_row(g, sent, before, rows, propagates, a);
    }
}
