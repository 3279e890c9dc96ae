/* Bytes that a piece of work has to move, at the least: what it reads comes in
 * once, what it writes goes out once, whatever a kernel keeps in registers or
 * reads again. Only for sg_phase_cost.bytes.
 *
 *   forward    weights, counts in; counts out, and gates if it learns
 *   pooling    counts in; counts out
 *   fire       error charge of the units above, gates, for max pooling the
 *              counts; error counts
 *   propagate  weights, error counts; error charge
 *   gradient   counts in, error counts; gradient
 *   update     gradient, velocity, master; velocity, master, forward copy */
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

/* n samples through a layer, in one call. */
static inline uint64_t sg__traffic_forward(const sg__layer *layer, size_t n,
                                           bool learns)
{
    const sg__geometry *g = &layer->geo;
    uint64_t in = sg__inputs(g), out = sg__outputs(g);
    if (!layer->synaptic)
        return n * (in + out);
    uint64_t each = layer->output ? 4 : learns ? 2 : 1;
    return sg__traffic_weights(layer, g->out_c) + n * (in + each * out);
}

/* n samples: charge units arrive above each sample's neurons. */
static inline uint64_t sg__traffic_fire(const sg__layer *layer, size_t n,
                                        size_t units, bool winners)
{
    return n * (4 * (uint64_t)units +
                (winners ? 3u : 2u) * (uint64_t)sg__outputs(&layer->geo));
}

static inline uint64_t sg__traffic_propagate(const sg__layer *layer, size_t n)
{
    const sg__geometry *g = &layer->geo;
    return sg__traffic_weights(layer, g->out_c) +
           n * (sg__outputs(g) + 4 * (uint64_t)sg__inputs(g));
}

/* One share of channels output channels, n samples. */
static inline uint64_t sg__traffic_gradient(const sg__layer *layer, size_t n,
                                            uint32_t channels)
{
    const sg__geometry *g = &layer->geo;
    uint64_t errors = (uint64_t)g->out_h * g->out_w * channels;
    return n * (sg__inputs(g) + errors) +
           4 * (uint64_t)channels * (sg__fan_in(g) + 1);
}

static inline uint64_t sg__traffic_update(const sg__layer *layer,
                                          uint32_t channels)
{
    uint64_t weights = channels * (uint64_t)sg__fan_in(&layer->geo);
    return 20 * weights + 24 * (uint64_t)channels +
           sg__traffic_weights(layer, channels);
}

#endif
