/* Event simulation: every spike, one at a time, forward and backward.
 *
 * The definition the fast engine is held to. Slow by construction; use it to
 * see event streams, to count operations, and to verify. */
#ifndef SPIKEGRAD_EVENT_H
#define SPIKEGRAD_EVENT_H

#include "spikegrad/network.h"

typedef struct sg_simulation sg_simulation;

typedef enum sg_order {
    SG_ORDER_FIFO,
    SG_ORDER_LIFO,
    SG_ORDER_RANDOM
} sg_order;
typedef enum sg_phase { SG_PHASE_FORWARD, SG_PHASE_BACKWARD } sg_phase;

/* One spike. layer 0 is the input; layer k+1 is network layer k. time counts
 * spike deliveries since the sample was presented. */
typedef struct sg_spike {
    uint64_t time;
    uint32_t layer;
    uint32_t neuron; /* (y * width + x) * channels + channel */
    int8_t sign;     /* +1 or -1 */
    sg_phase phase;
} sg_spike;

/* Called for every spike when it is emitted. */
typedef void (*sg_spike_fn)(const sg_spike *spike, void *user);

/* sg_simulation_create: a simulator over net, which must outlive it and not
 * change while it exists. */
SG_API sg_status sg_simulation_create(const sg_network *net, sg_order order,
                                      uint64_t seed, sg_simulation **out,
                                      sg_error *error);

/* sg_simulation_watch: calls fn for every spike; NULL stops it. */
SG_API void sg_simulation_watch(sg_simulation *sim, sg_spike_fn fn,
                                void *user);

/* sg_simulation_present: forward pass of one image, until no neuron can fire.
 * pixels  uint8[height][width][channels] */
SG_API sg_status sg_simulation_present(sg_simulation *sim,
                                       const uint8_t *pixels);

/* sg_simulation_learn: backward pass of the image last presented for the
 * given label; adds to the gradient. step and sample key the dither draws. */
SG_API sg_status sg_simulation_learn(sg_simulation *sim, uint32_t label,
                                     uint64_t step, uint32_t sample);

/* Final state of the sample; pointers stay valid until the next call.
 *
 * sg_simulation_counts      uint8[neurons of layer]; layer as in sg_spike
 * sg_simulation_potentials  int32[neurons], V at quiescence; NULL for the
 *                           input, for max and sum pooling and additions
 * sg_simulation_errors      int8[neurons], d; NULL for layers without weights
 */
SG_API const uint8_t *sg_simulation_counts(const sg_simulation *sim,
                                           size_t layer);
SG_API const int32_t *sg_simulation_potentials(const sg_simulation *sim,
                                               size_t layer);
SG_API const int8_t *sg_simulation_errors(const sg_simulation *sim,
                                          size_t layer);

/* Totals since creation. */
typedef struct sg_event_totals {
    uint64_t forward_spikes, backward_spikes; /* events delivered */
    uint64_t forward_ops, backward_ops;       /* synaptic operations */
    uint64_t gradient_ops;
} sg_event_totals;
SG_API void sg_simulation_totals(const sg_simulation *sim,
                                 sg_event_totals *out);

SG_API void sg_simulation_destroy(sg_simulation *sim);

/* What sg_verify did, and where the first difference is if there is one. */
typedef struct sg_verification {
    uint64_t samples;
    uint64_t compared; /* integers compared */
    sg_event_totals events;
    /* first mismatch; quantity is NULL if there is none */
    const char *quantity; /* "membrane", "spike count", "gradient", ... */
    uint64_t sample;
    size_t layer; /* as in sg_layer_info */
    uint64_t index;
    int64_t event_value, ann_value;
} sg_verification;

/* Called after each sample; a non-zero return stops. */
typedef int (*sg_progress_fn)(uint32_t done, uint32_t total, void *user);

/* sg_verify: runs the first `samples` images of data through both engines in
 * small batches, forward, backward, gradient and update, and compares every
 * membrane value, spike count, error count, gradient, updated master and
 * updated weight. Every batch starts from net's own weights.
 *
 * Returns SG_OK if all are equal, SG_E_MISMATCH at the first difference (out
 * says where). net is not changed. progress may be NULL. */
SG_API sg_status sg_verify(const sg_network *net, const sg_data *data,
                           uint32_t samples, sg_order order, uint64_t seed,
                           sg_progress_fn progress, void *user,
                           sg_verification *out, sg_error *error);

#endif
