/* Bytes that a piece of work has to move, at the least: what it reads comes in
 * once, what it writes goes out once, whatever a kernel keeps in registers or
 * reads again. Only for sg_phase_cost.bytes.
 *
 *   forward    weights *, counts in; counts out, and gates if it learns
 *   pooling    counts in, of an addition twice; counts out
 *   fire       error charge of the units above, gates, for max pooling the
 *              counts; error counts
 *              (what additions keep meanwhile is not counted)
 *   propagate  weights *, error counts; error charge
 *   gradient   counts in *, error counts; gradient
 *   count      counts, or error counts
 *   update     gradient, velocity, master; velocity, master, forward copy
 *
 * Of * a row that skips zeros needs only a share, in 1/1000, that of the
 * neurons which are not 0: all samples may be driven by the same ones. */
#ifndef SG_ANN_TRAFFIC_H
#define SG_ANN_TRAFFIC_H

#include "network/network.h"

/* Bytes of the forward copies of channels output channels of a layer. */
static inline uint64_t sg__traffic_weights(const sg__layer *layer,
                                           uint32_t channels)
{
    return channels * sg__fan_in(&layer->geo) * (uint64_t)layer->weight_bits /
           8;
}

/* n samples through a synaptic layer, in one call. */
static inline uint64_t sg__traffic_forward(const sg__layer *layer, size_t n,
                                           bool learns, uint64_t share)
{
    const sg__geometry *g = &layer->geo;
    uint64_t each = layer->output ? 4 : learns ? 2 : 1;
    return sg__traffic_weights(layer, g->out_c) * share / 1000 +
           n * (sg__inputs(g) + each * sg__outputs(g));
}

static inline uint64_t sg__traffic_pool(const sg__layer *layer, size_t n)
{
    size_t heard = sg__inputs(&layer->geo);
    if (layer->kind->id == SG_LAYER_ADD)
        heard *= 2;
    return n * (uint64_t)(heard + sg__outputs(&layer->geo));
}

/* n samples: charge units arrive above each sample's neurons. */
static inline uint64_t sg__traffic_fire(const sg__layer *layer, size_t n,
                                        size_t units, bool winners)
{
    return n * (4 * (uint64_t)units +
                (winners ? 3u : 2u) * (uint64_t)sg__outputs(&layer->geo));
}

static inline uint64_t sg__traffic_propagate(const sg__layer *layer, size_t n,
                                             uint64_t share)
{
    const sg__geometry *g = &layer->geo;
    return sg__traffic_weights(layer, g->out_c) * share / 1000 +
           n * (sg__outputs(g) + 4 * (uint64_t)sg__inputs(g));
}

/* One share of the update: channels output channels, n samples. */
static inline uint64_t sg__traffic_gradient(const sg__layer *layer, size_t n,
                                            uint32_t channels, uint64_t share)
{
    const sg__geometry *g = &layer->geo;
    uint64_t errors = (uint64_t)g->out_h * g->out_w * channels;
    return n * sg__inputs(g) * share / 1000 + n * errors +
           4 * (uint64_t)channels * (sg__fan_in(g) + 1);
}

/* Spikes, or errors, of n samples. */
static inline uint64_t sg__traffic_count(const sg__layer *layer, size_t n)
{
    return n * (uint64_t)sg__outputs(&layer->geo);
}

static inline uint64_t sg__traffic_update(const sg__layer *layer,
                                          uint32_t channels)
{
    uint64_t weights = channels * (uint64_t)sg__fan_in(&layer->geo);
    return 20 * weights + 24 * (uint64_t)channels +
           sg__traffic_weights(layer, channels);
}

#endif
