/* Event simulation: every spike, one at a time, forward and backward.
 *
 * The definition the fast engine is held to. Slow by construction; use it to
 * see event streams, to count operations, and to verify. */
#ifndef SPIKEGRAD_EVENT_H
#define SPIKEGRAD_EVENT_H

#include "spikegrad/network.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The simulation of one network, sample by sample. */
typedef struct sg_simulation sg_simulation;

/* Which spike is delivered next (docs/semantics.md, orders of delivery).
 *
 * In the first three every spike, once emitted, is under way by itself: the
 * oldest comes first, the newest, or one drawn uniformly from all. A spike
 * that is taken back is delivered all the same, and so is the taking back;
 * each lets neurons above fire and take back in turn, several for one, so
 * that deep networks have billions of them.
 *
 * In the last two a neuron holds its spikes until its turn comes and then
 * sends one; a spike taken back before it was sent is not sent. The neuron
 * that has waited longest comes first, or one drawn uniformly from all that
 * wait. No more wait than there are neurons. */
typedef enum sg_order {
    SG_ORDER_FIFO,
    SG_ORDER_LIFO,
    SG_ORDER_SCATTER,
    SG_ORDER_TURNS,
    SG_ORDER_RANDOM
} sg_order;

/* Which pass a spike is of. */
typedef enum sg_phase { SG_PHASE_FORWARD, SG_PHASE_BACKWARD } sg_phase;

/* One spike. layer 0 is the input; layer k+1 is network layer k. time counts
 * spike deliveries since the sample was presented. */
typedef struct sg_spike {
    uint64_t time;
    uint32_t layer;
    uint32_t neuron; /* (y * width + x) * channels + channel */
    int8_t sign;     /* +1 or -1 */
    sg_phase phase;
    uint64_t input_time; /* of the input spike that was pushed last, in the
                            caller's units; 0 if none was */
} sg_spike;

/* Called for every spike when it is emitted. */
typedef void (*sg_spike_fn)(const sg_spike *spike, void *user);

/* sg_simulation_create: a simulator over net, which must outlive it and not
 * change while it exists. seed < 2^56 keys the draws of the order.
 * Errors: SG_E_ARGUMENT for an unknown order; SG_E_RANGE (seed);
 * SG_E_MEMORY. */
SG_API sg_status sg_simulation_create(const sg_network *net, sg_order order,
                                      uint64_t seed, sg_simulation **out,
                                      sg_error *error);

/* sg_simulation_watch: calls fn for every spike; NULL stops it. */
SG_API void sg_simulation_watch(sg_simulation *sim, sg_spike_fn fn,
                                void *user);

/* sg_simulation_watch_sent: calls fn for every spike when it is sent, that is
 * delivered to all who hear it; NULL stops it. time is then the number of this
 * delivery, from 1. In the orders SG_ORDER_TURNS and SG_ORDER_RANDOM that are
 * fewer than are emitted: those taken back before are not sent. */
SG_API void sg_simulation_watch_sent(sg_simulation *sim, sg_spike_fn fn,
                                     void *user);

/* sg_simulation_present: forward pass of one image in use, until no neuron can
 * fire.
 * pixels  uint8[height][width][channels]
 * SG_E_MEMORY, or SG_E_FULL if more than 2^26 spikes were under way, which
 * SG_ORDER_TURNS and SG_ORDER_RANDOM cannot return; the state is then that of
 * a sample half done. */
SG_API sg_status sg_simulation_present(sg_simulation *sim,
                                       const uint8_t *pixels);

/* sg_simulation_present_training: the same as in training, where dropouts let
 * only the units through that are drawn for this optimiser step and sample.
 * Without dropouts that is sg_simulation_present. Errors as there. */
SG_API sg_status sg_simulation_present_training(sg_simulation *sim,
                                                const uint8_t *pixels,
                                                uint64_t step,
                                                uint32_t sample);

/* The same in parts, for what the network knows before all spikes are there.
 *
 * sg_simulation_begin: as sg_simulation_present, but no input spike has
 * arrived; *spikes is set to how many there are. Neurons that a bias drives
 * fire. The order of arrival is drawn from the seed, every order as likely.
 * SG_E_MEMORY, SG_E_FULL as above.
 *
 * sg_simulation_set_arrival: what order samples that are begun from now on
 * arrive in; SG_ARRIVAL_RANDOM at first. SG_E_ARGUMENT: no such order.
 *
 * sg_simulation_arrive: the next `spikes` of them, or what is left, and all
 * that follows, until no neuron can fire. The state can then be read. Only
 * with the last of them is the image one that can be learned; its state is
 * that of sg_simulation_present. SG_E_ARGUMENT if no image was begun;
 * SG_E_MEMORY, SG_E_FULL as above. */
typedef enum sg_arrival {
    SG_ARRIVAL_RANDOM, /* every order as likely */
    SG_ARRIVAL_STRONG, /* neurons with most spikes first, equal ones mixed */
    SG_ARRIVAL_EVEN    /* the k-th of a neuron's n spikes at (k - 1/2) / n */
} sg_arrival;

SG_API sg_status sg_simulation_set_arrival(sg_simulation *sim,
                                           sg_arrival order);
SG_API sg_status sg_simulation_begin(sg_simulation *sim, const uint8_t *pixels,
                                     uint64_t *spikes);
SG_API sg_status sg_simulation_arrive(sg_simulation *sim, uint64_t spikes);

/* The same with input spikes of the caller, one by one, as a sensor or a
 * recording brings them (sg_data_events).
 *
 * sg_simulation_start: an input without spikes. Neurons that a bias drives
 * fire, until none can. SG_E_MEMORY, SG_E_FULL as above.
 *
 * sg_simulation_push: one spike of an input neuron and all that follows, until
 * no neuron can fire. The state can then be read, and be learned: it is that of
 * sg_simulation_present for the counts that were pushed.
 *
 * neuron  (y * width + x) * channels + channel of the input layer, which with
 *         input = onoff has two channels for each of the image
 * sign    +1, or -1 to take one back
 * time    of the spike, in units of the caller: what the spikes that it causes
 *         say of themselves (input_time of sg_spike); nothing depends on it
 * SG_E_ARGUMENT if the simulation was not started, or the sign is none;
 * SG_E_RANGE for a neuron that is not there, or one that has input-levels
 * spikes already, or none to take back: nothing has changed then. SG_E_MEMORY,
 * SG_E_FULL as above. */
SG_API sg_status sg_simulation_start(sg_simulation *sim);
SG_API sg_status sg_simulation_push(sg_simulation *sim, uint32_t neuron,
                                    int sign, uint64_t time);

/* sg_simulation_learn: backward pass of the image last presented for the
 * given label; adds to the gradient. step and sample key the dither draws, and
 * are those of the presentation. SG_E_ARGUMENT if no image is at rest, or if
 * the network has dropouts and the image was not presented as in training;
 * SG_E_RANGE for a label that is no
 * class, SG_E_MEMORY and SG_E_FULL as above. */
SG_API sg_status sg_simulation_learn(sg_simulation *sim, uint32_t label,
                                     uint64_t step, uint32_t sample);

/* Final state of the sample; pointers stay valid until the next call.
 *
 * sg_simulation_counts      uint8[neurons of layer]; layer as in sg_spike
 * sg_simulation_potentials  int32[neurons], V at quiescence; NULL for the
 *                           input, max and sum pooling, additions, dropouts
 * sg_simulation_errors      int8[neurons], d; NULL for the input and layers
 *                           without weights */
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
    uint64_t taken_back;    /* of forward_spikes, those of sign -1 */
    uint64_t longest_queue; /* spikes under way, or neurons that waited */
} sg_event_totals;

/* sg_simulation_number: what is presented next draws its order, and that of its
 * arrival, as the number-th sample since creation would, from 0 on; the totals
 * begin at 0. So samples may be divided among simulations. NULL is legal. */
SG_API void sg_simulation_number(sg_simulation *sim, uint64_t number);

/* sg_simulation_totals: all of out is written; with 0 if sim is NULL. */
SG_API void sg_simulation_totals(const sg_simulation *sim,
                                 sg_event_totals *out);

/* sg_simulation_destroy: frees it; NULL is legal. */
SG_API void sg_simulation_destroy(sg_simulation *sim);

/* What sg_verify did, and where the first difference is if there is one. */
typedef struct sg_verification {
    uint64_t samples;
    uint64_t compared; /* integers compared */
    sg_event_totals events;
    /* first mismatch; quantity is NULL if there is none */
    const char
        *quantity;   /* "membrane value", "spike count", "gradient", ... */
    uint64_t sample; /* of a gradient or an update, which are those of a small
                        batch, its first */
    size_t layer;    /* as in sg_layer_info */
    uint64_t index;
    int64_t event_value, ann_value;
} sg_verification;

/* Called in the caller's thread, after each sample that it has simulated: with
 * one thread after each one. done: how many all threads have. A non-zero
 * return stops. */
typedef int (*sg_progress_fn)(uint32_t done, uint32_t total, void *user);

/* sg_verify: runs the first `samples` images of data through both engines in
 * small batches, forward, backward, gradient and update, and compares every
 * membrane value, spike count, error count, gradient, updated master and
 * updated weight. Every batch starts from net's own weights. A network with
 * dropouts runs as in training, and each image once more as in use.
 *
 * samples   1 up to the size of data
 * seed      < 2^56, of the order's draws
 * progress  may be NULL
 * Returns SG_OK if all are equal, SG_E_MISMATCH at the first difference (out
 * says where). net is not changed.
 * Errors: SG_E_ARGUMENT if the data's shape is not the network's, or for an
 * unknown order; SG_E_RANGE (samples, seed); SG_E_STOPPED by progress;
 * SG_E_FULL if more than 2^26 spikes were under way, as in
 * sg_simulation_present; SG_E_MEMORY. */
SG_API sg_status sg_verify(const sg_network *net, const sg_data *data,
                           uint32_t samples, sg_order order, uint64_t seed,
                           sg_progress_fn progress, void *user,
                           sg_verification *out, sg_error *error);

/* How to verify. Begin with sg_verify_options options =
 * SG_VERIFY_OPTIONS_INIT: size tells the library which fields the program
 * knows, and the others are as if they were 0. */
typedef struct sg_verify_options {
    size_t size; /* of this struct */
    uint32_t samples;
    sg_order order;
    uint64_t seed;
    sg_progress_fn progress;
    void *user;
    const char
        *device;       /* a name of device.h, whose engine is compared with the
                    simulation, which runs on the processor; NULL: "cpu" */
    unsigned threads;  /* that simulate, 1..256, 0: one a processor; change no
                          result. Each has a simulation of its own */
    unsigned *started; /* NULL: not wanted; written: threads that work, those
                          asked for, or fewer if the system starts no more */
    uint32_t first;    /* the samples are those from here on: where a small
                          batch begins if the first of all is 0, at a multiple of
                          the recipe's batch or of 16, whichever is less. Parts
                          compare the same as the whole */
} sg_verify_options;
#define SG_VERIFY_OPTIONS_INIT                                                \
    {                                                                         \
        sizeof(sg_verify_options), 20, SG_ORDER_RANDOM, 1, 0, 0, 0, 0, 0, 0   \
    }

/* sg_verify_with: the same, as options say, where sg_verify has one thread;
 * ann_value of out is the device's. What out has is the same for every number
 * of threads, unless progress stopped it.
 * Errors: also SG_E_ARGUMENT for options that are NULL or without a size;
 * SG_E_UNSUPPORTED for options that a later version knows, if they are not 0;
 * SG_E_RANGE (threads); those of sg_device_check; SG_E_MEMORY with what is needed of a device's
 * memory; SG_E_DEVICE if it was lost. */
SG_API sg_status sg_verify_with(const sg_network *net, const sg_data *data,
                                const sg_verify_options *options,
                                sg_verification *out, sg_error *error);

#ifdef __cplusplus
}
#endif

#endif
