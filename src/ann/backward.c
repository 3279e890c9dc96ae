/* Backward pass of some samples: from the loss down, layer by layer, error
 * charge and the error counts it fires; then gradients of a whole batch. */
#include <string.h>

#include "ann/ann.h"
#include "ann/traffic.h"
#include "core/dither.h"
#include "core/spike_cost.h"
#include "network/errors.h"
#include "network/loss.h"

/* sg__ann_moment of one sample. */
typedef struct moment {
    uint64_t step;
    uint32_t sample_id;
} moment;

static void add_dither(const sg_network *net, size_t l, moment at, int32_t *u)
{
    const sg__layer *layer = &net->layer[l];
    size_t n = sg__outputs(&layer->geo);
    for (size_t i = 0; i < n; i++)
        u[i] += sg__dither(net->recipe.seed, at.step, at.sample_id,
                           (uint32_t)l, (uint32_t)i, layer->phi_bits);
}

/* Error charge u of the units of layer l, which has no weights, as the neurons
 * of its sender get it. Returns where it is: u, or one of the thread's arrays,
 * not u. */
static int32_t *route(const sg__ann *ann, size_t l, size_t sample, int32_t *u,
                      moment at, const sg__ann_scratch *scratch)
{
    int32_t *to = u == scratch->expanded ? scratch->routed : scratch->expanded;
    const sg__passage p =
        sg__ann_passage(ann, l, sample, at.sample_id, &at.step);
    /* what comes back is u or to, never p */
    /* cppcheck-suppress returnDanglingLifetime */
    return ann->net->layer[l].kind->backward(&p, u, to);
}

/* Error charge of n units for the spikes they have sent. */
static void add_cost(size_t n, const uint8_t *restrict count, int32_t from,
                     int32_t each, int bits, int32_t *restrict u)
{
    for (size_t i = 0; i < n; i++)
        u[i] += sg__spike_cost(count[i], from, each, bits);
}

/* Fires the error charge u that arrived at synaptic layer l of one sample, or
 * at the pooling layer directly above it. */
static void fire(sg__ann *ann, size_t l, size_t above, size_t sample,
                 int32_t *u, moment at, const sg__ann_scratch *scratch)
{
    const sg__layer *layer = &ann->net->layer[l];
    const sg__layer *pool = &ann->net->layer[above];
    sg__ann_layer *to = &ann->layer[l];
    size_t n = sg__outputs(&layer->geo), start = sample * n;
    bool dither = ann->net->recipe.dither, pooled = above != l;
    const int32_t each = sg__spike_cost_of(ann->net, l);
    const int32_t from = ann->net->recipe.spike_cost_from;
    const int bits = sg__spike_cost_bits(layer->phi_bits);
    const bool by_pool = sg__pays_by_pool(ann->net, l);
    int32_t *every = u;
    if (ann->measures)
        sg__squares_add(&scratch->squares[l],
                        sg__squares_of(sg__outputs(&pool->geo), u));
    if (each && by_pool) { /* what a unit has sent is its winner's count */
        const size_t units = sg__outputs(&pool->geo);
        add_cost(units, ann->layer[above].counts + sample * units, from, each,
                 bits, u);
    }
    if (pooled && (dither || to->error_charges || (each && !by_pool)))
        every = route(ann, above, sample, u, at, scratch);
    if (each && !by_pool)
        add_cost(n, to->counts + start, from, each, bits, every);
    if (dither)
        add_dither(ann->net, l, at, every);
    if (to->error_charges)
        memcpy(to->error_charges + start, every, n * sizeof *every);
    int8_t *d = to->errors + start;
    if (!pooled || dither || (each && !by_pool))
        ann->kernels->fire_errors(n, every, layer->phi_bits, d);
    else
        pool->kind->fire_below(ann->kernels, &pool->geo, to->counts + start, u,
                               layer->phi_bits, d);
}

/* Error charge u, which has come to sender s of one sample, s > 0: down to the
 * next layer with weights, which fires it. Returns the layer above that one
 * if it fires through it, or its own number. */
static size_t settle(sg__ann *ann, size_t s, size_t sample, int32_t *u,
                     moment at, const sg__ann_scratch *scratch)
{
    const sg_network *net = ann->net;
    size_t l = s - 1;
    for (; !net->layer[l].synaptic; l--) {
        const sg__layer *layer = &net->layer[l];
        if (layer->kind->fire_below && net->layer[l - 1].synaptic) {
            fire(ann, l - 1, l, sample, u, at, scratch);
            return l;
        }
        if (layer->kind->id == SG_LAYER_ADD)
            sg__ann_keep(ann, l, layer->skip, sample, u, layer->skip_shift,
                         scratch);
        u = route(ann, l, sample, u, at, scratch);
    }
    fire(ann, l, l, sample, u, at, scratch);
    return l;
}

/* Share of neurons of layer l that send errors, in 1/1000. */
static uint64_t density(const sg__ann *ann, size_t l, size_t first, size_t n)
{
    uint64_t senders = 0;
    for (size_t s = first; s < first + n; s++)
        senders += ann->layer[l].activity[s].error_senders;
    return senders * 1000 / (n * sg__outputs(&ann->net->layer[l].geo));
}

/* Activity of n samples after layer l has fired its errors. */
static void count_errors(sg__ann *ann, size_t l, size_t first, size_t n,
                         const sg__ann_scratch *scratch)
{
    uint64_t begin = sg__ann_begin(ann);
    bool propagates = sg__gets_errors(ann->net, ann->net->layer[l].from);
    for (size_t s = first; s < first + n; s++)
        sg__ann_count_backward(ann, l, s, propagates, scratch->sums);
    sg__ann_end(ann, &scratch->cost[l].count, begin,
                (sg__work){.bytes =
                               sg__traffic_count(&ann->net->layer[l], n)});
}

/* Error charge of n samples at the sender that synaptic layer l hears. */
static sg__work propagate(sg__ann *ann, size_t l, size_t first, size_t n,
                          const sg__ann_scratch *scratch)
{
    const sg__ann_layer *from = &ann->layer[l];
    const sg__layer *layer = &ann->net->layer[l];
    const int8_t *d = from->errors + first * sg__outputs(&layer->geo);
    uint64_t share = density(ann, l, first, n);
    bool sparse = share < from->propagate_sparse_below;
    if (sparse)
        ann->kernels->propagate_sparse(&from->synapses, n, d, scratch->error,
                                       scratch->kernel);
    else
        ann->kernels->propagate(&from->synapses, n, d, scratch->error,
                                scratch->kernel);
    share = sparse ? share : 1000;
    return (sg__work){n * from->dense_macs, share,
                      sg__traffic_propagate(layer, n, share)};
}

/* What layer l has sent down joins what else has come to its sender. Of a
 * projection it waits there; what goes on is that of the sender below it,
 * which is heard by an addition alone. Returns the charge that goes on. */
static int32_t *join(const sg__ann *ann, size_t l, size_t sample, int32_t *u,
                     const sg__ann_scratch *scratch)
{
    const sg__layer *layer = &ann->net->layer[l];
    const size_t sender = layer->from;
    if (sender != l) {
        sg__ann_keep(ann, l, sender, sample, u, layer->error_shift, scratch);
        return sg__ann_kept(ann, l, sample, scratch);
    }
    if (!scratch->kept[sender])
        return u;
    const int32_t scale = (int32_t)1 << layer->error_shift;
    const int32_t *restrict more = sg__ann_kept(ann, sender, sample, scratch);
    const size_t n = sg__inputs(&layer->geo);
    for (size_t i = 0; i < n; i++)
        u[i] = u[i] * scale + more[i];
    return u;
}

/* From the errors of layer l, n samples, to those of the next layer with
 * weights below it. */
static void descend(sg__ann *ann, size_t l, size_t first, size_t n,
                    const sg__ann_moment *at, unsigned thread)
{
    const sg__ann_scratch *scratch = &ann->scratch[thread];
    const sg_network *net = ann->net;
    const size_t inputs = sg__inputs(&net->layer[l].geo);
    uint64_t begin = sg__ann_begin(ann);
    if (sg__gets_errors(net, net->layer[l].from)) {
        sg__work work = propagate(ann, l, first, n, scratch);
        sg__ann_end(ann, &scratch->cost[l].propagate, begin, work);
    }
    begin = sg__ann_begin(ann);
    size_t above = l - 1, below = l - 1;
    while (!net->layer[below].synaptic)
        below--;
    for (size_t s = 0; s < n; s++) {
        int32_t *u =
            join(ann, l, first + s, scratch->error + s * inputs, scratch);
        above = settle(ann, l, first + s, u,
                       (moment){at->step, at->sample_id[s]}, scratch);
    }
    bool reads = above != below && net->layer[above].kind->fire_reads_counts;
    sg__ann_end(ann, &scratch->cost[below].fire, begin,
                (sg__work){.bytes = sg__traffic_fire(&net->layer[below], n,
                                                     sg__neurons_of(net, l),
                                                     reads)});
    count_errors(ann, below, first, n, scratch);
}

/* Loss and error counts of the output layer. */
static void fire_output(sg__ann *ann, size_t first, size_t n,
                        const uint32_t *label, const sg__ann_moment *at,
                        const sg__ann_scratch *scratch)
{
    const sg_network *net = ann->net;
    size_t top = net->layer_count - 1;
    uint64_t begin = sg__ann_begin(ann);
    memset(ann->layer[top].errors + first * net->classes, 1,
           n * net->classes); /* linear: its derivative is 1 */
    for (size_t s = 0; s < n; s++) {
        const int32_t *logits = ann->logits + (first + s) * net->classes;
        sg__loss_error(net, logits, label[s], false, scratch->error,
                       &ann->loss_q20[first + s]);
        sg__loss_balance(net, label[s], at->step, at->sample_id[s],
                         scratch->error);
        fire(ann, top, top, first + s, scratch->error,
             (moment){at->step, at->sample_id[s]}, scratch);
    }
    sg__ann_end(ann, &scratch->cost[top].fire, begin,
                (sg__work){.bytes = sg__traffic_fire(&net->layer[top], n,
                                                     net->classes, false)});
    count_errors(ann, top, first, n, scratch);
}

/* Layers below the lowest one that learns send no errors. */
static void silence(const sg__ann *ann, size_t bottom, size_t first, size_t n)
{
    for (size_t l = 0; l < bottom; l++) {
        const size_t neurons = sg__outputs(&ann->net->layer[l].geo);
        if (ann->net->layer[l].synaptic)
            memset(ann->layer[l].errors + first * neurons, 0, n * neurons);
    }
}

void sg__ann_lose(sg__ann *ann, size_t first, size_t n, const uint32_t *label,
                  const sg__ann_moment *at, unsigned thread)
{
    silence(ann, sg__lowest_learning(ann->net), first, n);
    fire_output(ann, first, n, label, at, &ann->scratch[thread]);
}

void sg__ann_descend(sg__ann *ann, size_t first, size_t n, size_t from,
                     size_t to, const sg__ann_moment *at, unsigned thread)
{
    for (size_t l = from; l > to; l--) {
        size_t group = ann->layer[l].group;
        if (!ann->net->layer[l].synaptic)
            continue;
        for (size_t s = 0; s < n; s += group)
            descend(ann, l, first + s, n - s < group ? n - s : group,
                    &(sg__ann_moment){at->step, at->sample_id + s}, thread);
    }
}

size_t sg__ann_landing(const sg_network *net, size_t l)
{
    const size_t bottom = sg__lowest_learning(net);
    for (; l > bottom; l--) {
        bool waits = !net->layer[l].synaptic;
        for (size_t s = 0; !waits && s <= l; s++)
            waits = sg__ann_keeps_across(net, s, l);
        if (!waits)
            break;
    }
    return l > bottom ? l : bottom;
}

void sg__ann_backward(sg__ann *ann, size_t first, size_t n,
                      const uint32_t *label, const sg__ann_moment *at,
                      unsigned thread)
{
    sg__ann_lose(ann, first, n, label, at, thread);
    sg__ann_descend(ann, first, n, ann->net->layer_count - 1,
                    sg__lowest_learning(ann->net), at, thread);
}

void sg__ann_gradient_part(const sg__ann *ann, size_t sample, size_t n,
                           size_t l, uint32_t first, uint32_t last,
                           int32_t *gradient, int32_t *bias_gradient,
                           unsigned thread)
{
    const sg__ann_layer *from = &ann->layer[l];
    const sg__ann_scratch *scratch = &ann->scratch[thread];
    const uint8_t *in = sg__ann_counts(ann, l, sample);
    const int8_t *d =
        from->errors + sample * sg__outputs(&ann->net->layer[l].geo);
    uint64_t begin = sg__ann_begin(ann), share = density(ann, l, sample, n);
    bool sparse = share < from->gradient_sparse_below;
    if (sparse)
        ann->kernels->gradient_sparse(&from->synapses, n, in, d, first, last,
                                      gradient, bias_gradient,
                                      scratch->kernel);
    else
        ann->kernels->gradient(&from->synapses, n, in, d, first, last,
                               gradient, bias_gradient, scratch->kernel);
    share = sparse ? share : 1000;
    const uint32_t channels = last - first;
    sg__ann_end(ann, &ann->scratch[thread].cost[l].gradient, begin,
                (sg__work){n * from->dense_macs * channels /
                               from->synapses.geo->out_c,
                           share,
                           sg__traffic_gradient(&ann->net->layer[l], n,
                                                channels, share)});
}

/* Of a few channels and more samples than 32 bits are sure to hold. */
static void sum_wide(const sg__ann *ann, size_t n, size_t l, uint32_t first,
                     uint32_t last, int32_t *gradient, int32_t *bias_gradient,
                     unsigned thread)
{
    const size_t weights =
        (last - first) * sg__fan_in(&ann->net->layer[l].geo);
    const size_t channels = last - first;
    const size_t step = ann->net->layer[l].gradient_samples;
    int64_t *sum = ann->scratch[thread].wide;
    memset(sum, 0, (weights + channels) * sizeof *sum);
    for (size_t s = 0; s < n; s += step) {
        sg__ann_gradient_part(ann, s, n - s < step ? n - s : step, l, first,
                              last, gradient, bias_gradient, thread);
        for (size_t i = 0; i < weights; i++)
            sum[i] += gradient[i];
        for (size_t k = 0; k < channels; k++)
            sum[weights + k] += bias_gradient[k];
    }
    for (size_t i = 0; i < weights; i++)
        gradient[i] = sg__saturate(sum[i], INT32_MAX);
    for (size_t k = 0; k < channels; k++)
        bias_gradient[k] = sg__saturate(sum[weights + k], INT32_MAX);
}

void sg__ann_gradient(const sg__ann *ann, size_t n, size_t l, uint32_t first,
                      uint32_t last, int32_t *gradient, int32_t *bias_gradient,
                      unsigned thread)
{
    const sg__layer *layer = &ann->net->layer[l];
    if (n <= layer->gradient_samples) {
        sg__ann_gradient_part(ann, 0, n, l, first, last, gradient,
                              bias_gradient, thread);
        return;
    }
    for (uint32_t k = first, end; k < last; k = end) {
        end = last - k < SG__PACK_CHANNELS ? last : k + SG__PACK_CHANNELS;
        sum_wide(ann, n, l, k, end,
                 gradient + (k - first) * sg__fan_in(&layer->geo),
                 bias_gradient + (k - first), thread);
    }
}
