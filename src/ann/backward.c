/* Backward pass of some samples: from the loss down, layer by layer, error
 * charge and the error counts it fires; then gradients of a whole batch. */
#include <string.h>

#include "ann/ann.h"
#include "ann/traffic.h"
#include "core/dither.h"
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

/* Error charge u of the units of pooling layer `pool`, seen from each of its
 * inputs. Returns where it is: one of the thread's arrays, not u. */
static int32_t *route(const sg__ann *ann, size_t pool, size_t sample,
                      const int32_t *u, const sg__ann_scratch *scratch)
{
    int32_t *to = u == scratch->expanded ? scratch->routed : scratch->expanded;
    sg__ann_unpool(&ann->net->layer[pool], sg__ann_counts(ann, pool, sample),
                   u, to);
    return to;
}

/* Fires the error charge u that arrived at synaptic layer l of one sample, or
 * at the pooling layer directly above it. */
static void fire(sg__ann *ann, size_t l, size_t above, size_t sample,
                 int32_t *u, moment at, const sg__ann_scratch *scratch)
{
    const sg__layer *layer = &ann->net->layer[l];
    const sg__layer *pool = &ann->net->layer[above];
    sg__ann_layer *to = &ann->layer[l];
    const sg__kernels *kernels = ann->kernels;
    size_t n = sg__outputs(&layer->geo), start = sample * n;
    bool dither = ann->net->recipe.dither, pooled = above != l;
    int32_t *every = u;
    if (ann->measures)
        sg__squares_add(&scratch->squares[l],
                        sg__squares_of(sg__outputs(&pool->geo), u));
    if (pooled && (dither || to->error_charges))
        every = route(ann, above, sample, u, scratch);
    if (dither)
        add_dither(ann->net, l, at, every);
    if (to->error_charges)
        memcpy(to->error_charges + start, every, n * sizeof *every);
    int8_t *d = to->errors + start;
    if (!pooled || dither)
        kernels->fire_errors(n, every, layer->phi_bits, d);
    else if (pool->kind == SG_LAYER_POOL_MAX)
        kernels->fire_winners(&pool->geo, to->counts + start, u,
                              layer->phi_bits, d);
    else
        kernels->fire_pooled(&pool->geo, u, layer->phi_bits, d);
}

/* Share of neurons of layer l that send errors, in 1/1000. */
static uint64_t density(const sg__ann *ann, size_t l, size_t first, size_t n)
{
    uint64_t senders = 0;
    for (size_t s = first; s < first + n; s++)
        senders += ann->layer[l].activity[s].error_senders;
    return senders * 1000 / (n * sg__outputs(&ann->net->layer[l].geo));
}

/* Counts the errors layer l has fired. Returns the nanoseconds it took, so
 * that they are not also those of firing. */
static uint64_t count_errors(sg__ann *ann, size_t l, size_t sample,
                             const sg__ann_scratch *scratch)
{
    uint64_t begin = sg__ann_clock(ann);
    sg__ann_count_backward(ann, l, sample, l > sg__lowest_synaptic(ann->net),
                           scratch->sums);
    if (!ann->profiles)
        return 0;
    uint64_t spent = sg__ann_clock(ann) - begin;
    scratch->cost[l].count.nanoseconds += spent;
    scratch->cost[l].count.bytes += sg__traffic_count(&ann->net->layer[l], 1);
    return spent;
}

/* Error charge of samples first..first+n-1 below synaptic layer l, fired at
 * the next synaptic layer below. */
static void descend(sg__ann *ann, size_t l, size_t first, size_t n,
                    const sg__ann_moment *at, unsigned thread)
{
    const sg__ann_scratch *scratch = &ann->scratch[thread];
    const sg__ann_layer *from = &ann->layer[l];
    const sg__geometry *g = &ann->net->layer[l].geo;
    const int8_t *d = from->errors + first * sg__outputs(g);
    uint64_t begin = sg__ann_clock(ann), share = density(ann, l, first, n);
    bool sparse = share < from->propagate_sparse_below;
    if (sparse)
        ann->kernels->propagate_sparse(&from->synapses, n, d, scratch->error,
                                       scratch->kernel);
    else
        ann->kernels->propagate(&from->synapses, n, d, scratch->error,
                                scratch->kernel);
    share = sparse ? share : 1000;
    sg__ann_note(ann, &scratch->cost[l].propagate, begin, n * from->dense_macs,
                 share, sg__traffic_propagate(&ann->net->layer[l], n, share));

    begin = sg__ann_clock(ann);
    size_t below = l - 1;
    while (!ann->net->layer[below].synaptic)
        below--;
    for (size_t s = 0; s < n; s++) {
        int32_t *u = scratch->error + s * sg__inputs(g);
        size_t above = l - 1;
        sg__ann_join(ann, l, first + s, u, scratch);
        for (; above > below; above--) {
            if (ann->net->layer[above].kind == SG_LAYER_ADD)
                sg__ann_branch(ann, above, first + s, u, scratch);
            else if (ann->net->layer[above].kind == SG_LAYER_DROPOUT)
                sg__ann_drop_errors(ann->net, above, at->step,
                                    at->sample_id[s], u);
            else if (above == below + 1)
                break; /* firing pools by itself */
            else
                u = route(ann, above, first + s, u, scratch);
        }
        fire(ann, below, above, first + s, u,
             (moment){at->step, at->sample_id[s]}, scratch);
        begin += count_errors(ann, below, first + s, scratch);
    }
    sg__ann_note(ann, &scratch->cost[below].fire, begin, 0, 0,
                 sg__traffic_fire(&ann->net->layer[below], n, sg__inputs(g),
                                  ann->net->layer[below + 1].kind ==
                                      SG_LAYER_POOL_MAX));
}

/* Loss and error counts of the output layer. */
static void fire_output(sg__ann *ann, size_t first, size_t n,
                        const uint32_t *label, const sg__ann_moment *at,
                        sg__ann_scratch *scratch)
{
    const sg_network *net = ann->net;
    size_t top = net->layer_count - 1;
    uint64_t begin = sg__ann_clock(ann);
    memset(ann->layer[top].errors + first * net->classes, 1,
           n * net->classes); /* linear: its derivative is 1 */
    for (size_t s = 0; s < n; s++) {
        const int32_t *logits = ann->logits + (first + s) * net->classes;
        sg__loss_error(net, logits, label[s], false, scratch->error,
                       &ann->loss_q20[first + s]);
        fire(ann, top, top, first + s, scratch->error,
             (moment){at->step, at->sample_id[s]}, scratch);
        begin += count_errors(ann, top, first + s, scratch);
    }
    sg__ann_note(ann, &scratch->cost[top].fire, begin, 0, 0,
                 sg__traffic_fire(&net->layer[top], n, net->classes, false));
}

void sg__ann_backward(sg__ann *ann, size_t first, size_t n,
                      const uint32_t *label, const sg__ann_moment *at,
                      unsigned thread)
{
    size_t bottom = sg__lowest_synaptic(ann->net);
    fire_output(ann, first, n, label, at, &ann->scratch[thread]);
    for (size_t l = ann->net->layer_count - 1; l > bottom; l--) {
        size_t group = ann->layer[l].group;
        if (!ann->net->layer[l].synaptic)
            continue;
        for (size_t s = 0; s < n; s += group)
            descend(ann, l, first + s, n - s < group ? n - s : group,
                    &(sg__ann_moment){at->step, at->sample_id + s}, thread);
    }
}

void sg__ann_gradient(const sg__ann *ann, size_t n, size_t l, uint32_t first,
                      uint32_t last, int32_t *gradient, int32_t *bias_gradient,
                      unsigned thread)
{
    const sg__ann_layer *from = &ann->layer[l];
    const sg__ann_scratch *scratch = &ann->scratch[thread];
    const uint8_t *in = sg__ann_counts(ann, l, 0);
    uint64_t begin = sg__ann_clock(ann), share = density(ann, l, 0, n);
    bool sparse = share < from->gradient_sparse_below;
    if (sparse)
        ann->kernels->gradient_sparse(&from->synapses, n, in, from->errors,
                                      first, last, gradient, bias_gradient,
                                      scratch->kernel);
    else
        ann->kernels->gradient(&from->synapses, n, in, from->errors, first,
                               last, gradient, bias_gradient, scratch->kernel);
    share = sparse ? share : 1000;
    sg__ann_note(ann, &scratch->cost[l].gradient, begin,
                 n * from->dense_macs * (last - first) /
                     from->synapses.geo->out_c,
                 share,
                 sg__traffic_gradient(&ann->net->layer[l], n, last - first,
                                      share));
}
