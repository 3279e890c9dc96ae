/* Spike and operation counts of a sample, pixel by pixel rather than event by
 * event: neurons of one pixel reach, and are reached by, the same windows. The
 * event engine counts the same operations one by one. */
#include "ann/ann.h"

void sg__ann_count_input(sg__ann *ann, size_t sample)
{
    const sg__ann_pixels *p = &ann->input_pixels;
    size_t at = sample * p->count;
    ann->kernels->count_sums(p->count, p->channels,
                             sg__ann_counts(ann, 0, sample), 0,
                             p->spikes + at, p->active + at);
}

/* Spikes that arrive at layer l times the positions they reach. */
static uint64_t arrivals(const sg__ann *ann, size_t l, size_t sample)
{
    const sg__geometry *g = &ann->net->layer[l].geo;
    const sg__ann_pixels *p = sg__ann_arriving(ann, l);
    const uint32_t *spikes = p->spikes + sample * p->count;
    uint64_t sum = 0;
    uint32_t first, last;
    if (ann->net->layer[l].kind == SG_LAYER_DENSE) {
        for (uint32_t i = 0; i < p->count; i++)
            sum += spikes[i];
        return sum;
    }
    for (uint32_t y = 0; y < g->in_h; y++) {
        uint64_t row = 0;
        sg__reach(y, g->stride, g->pad, g->kernel_h, g->out_h, &first, &last);
        uint64_t rows = last - first;
        for (uint32_t x = 0; x < g->in_w; x++, spikes++) {
            if (*spikes == 0)
                continue;
            sg__reach(x, g->stride, g->pad, g->kernel_w, g->out_w, &first,
                      &last);
            row += (uint64_t)(last - first) * *spikes;
        }
        sum += rows * row;
    }
    return sum;
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
    uint32_t *spikes = p->spikes + sample * p->count;
    uint32_t *active = p->active + sample * p->count;
    a->saturated = ann->kernels->count_sums(
        p->count, p->channels, ann->layer[l].counts + sample * sg__outputs(g),
        layer->cap, spikes, active);
    for (uint32_t i = 0; i < p->count; i++) {
        a->spikes += spikes[i];
        a->active += active[i];
    }
}

/* Sum of the active inputs of a window. */
static uint64_t traces_in(const uint32_t *active, uint32_t in_w, uint32_t y0,
                          uint32_t y1, uint32_t x0, uint32_t x1)
{
    uint64_t sum = 0;
    for (uint32_t y = y0; y < y1; y++)
        for (uint32_t x = x0; x < x1; x++)
            sum += active[(size_t)y * in_w + x];
    return sum;
}

/* Adds the errors fired at one position; sent is the sum of |d| there. */
static void add_position(const sg__geometry *g, const uint32_t *active,
                         uint32_t y, uint32_t x, uint64_t sent,
                         bool propagates, sg_layer_activity *a)
{
    uint32_t y0, y1, x0, x1;
    sg__span(y, g->stride, g->pad, g->kernel_h, g->in_h, &y0, &y1);
    sg__span(x, g->stride, g->pad, g->kernel_w, g->in_w, &x0, &x1);
    uint32_t top = y * g->stride - g->pad, left = x * g->stride - g->pad;
    a->gradient_ops += sent * traces_in(active, g->in_w, top + y0, top + y1,
                                        left + x0, left + x1);
    if (propagates)
        a->backward_ops += sent * (y1 - y0) * (x1 - x0) * g->in_c;
}

/* A whole input as one pixel, for the positions of a fully connected layer. */
static uint32_t all_active(const sg__ann_pixels *p, size_t sample)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < p->count; i++)
        sum += p->active[sample * p->count + i];
    return sum;
}

void sg__ann_count_backward(sg__ann *ann, size_t l, size_t sample,
                            bool propagates)
{
    enum { RUN = 64 };
    const sg__geometry *g = &ann->net->layer[l].geo;
    const sg__ann_pixels *p = sg__ann_arriving(ann, l);
    sg_layer_activity *a = &ann->layer[l].activity[sample];
    const int8_t *d = ann->layer[l].errors + sample * sg__outputs(g);
    uint32_t whole = all_active(p, sample), sent[RUN], senders[RUN];
    const uint32_t *active = ann->net->layer[l].kind == SG_LAYER_DENSE
                                 ? &whole
                                 : p->active + sample * p->count;
    uint32_t positions = g->out_h * g->out_w;
    a->error_spikes = a->error_senders = 0;
    a->gradient_ops = a->backward_ops = 0;
    for (uint32_t first = 0; first < positions; first += RUN) {
        uint32_t n = positions - first < RUN ? positions - first : RUN;
        ann->kernels->error_sums(n, g->out_c, d + (size_t)first * g->out_c,
                                 sent, senders);
        for (uint32_t i = 0; i < n; i++) {
            if (sent[i] == 0)
                continue;
            a->error_spikes += sent[i];
            a->error_senders += senders[i];
            add_position(g, active, (first + i) / g->out_w,
                         (first + i) % g->out_w, sent[i], propagates, a);
        }
    }
}
