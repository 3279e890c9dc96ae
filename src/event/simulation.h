/* State of the event simulation, shared by its forward and backward passes.
 *
 * Simulation layer 0 is the input; layer k+1 runs network layer k. Charges
 * are added modulo 2^32: deliveries out of order may for a moment carry a
 * count past the range the network's bounds were computed for, and modular
 * sums are exact again as soon as the last spike has arrived. At quiescence
 * every charge lies within the bounds. */
#ifndef SG_EVENT_SIMULATION_H
#define SG_EVENT_SIMULATION_H

#include "event/queue.h"
#include "network/network.h"

/* One layer of neurons. Arrays that a kind of layer does not need are NULL.
 *
 * count      spikes emitted, all layers
 * potential  V; synaptic layers and average pooling
 * seen       counts received, one for each input; max pooling
 * peak       their maximum over the inputs of each unit; max pooling
 * winner     the input each unit's error goes to, while learning; max pooling
 *
 * Synaptic layers, and max pooling right above one, which keeps its winners'
 * compartments here while learning:
 * gate       g, while learning; dropouts: 1 for units that take part
 * error      d
 * charge     U
 *
 * Synaptic layers and average pooling:
 * theta_bits, fire_level  of the sample presented: other in use than in
 *                         training where dropouts lie below
 *
 * Synaptic layers only:
 * weight     [kernel_h][in_c][kernel_w][out_c] with the taps of a row in the
 *            order of tap_slot, so that all targets of an event in one output
 *            row are one run of weights and one run of potentials
 * tap_slot   [kernel_w], place of a tap: equal tap modulo stride together,
 *            falling
 * down       the same weights in the network's layout, for error spikes
 * gradient   [out_c][kernel_h][kernel_w][in_c], as the network's weights
 * bias_gradient  [out_c] */
struct sg__event_layer {
    const sg__layer *net; /* NULL for the input */
    size_t neurons;
    size_t first_addition; /* the lowest one that also gets these spikes, 0
                              if none does */
    size_t next_addition;  /* additions: the next one of the same source */
    int theta_bits;
    int32_t fire_level;
    uint8_t *count;
    int32_t *potential;
    int32_t *seen, *peak;
    uint32_t *winner;
    int16_t *weight, *down;
    uint32_t *tap_slot;
    uint8_t *gate;
    int8_t *error;
    int32_t *charge;
    int32_t *gradient, *bias_gradient;
};

struct sg_simulation {
    const sg_network *net;
    struct sg__queue queue;
    sg_spike_fn watch; /* NULL if nobody watches */
    void *user;
    uint64_t time;    /* deliveries since the sample was presented */
    uint64_t samples; /* presented so far */
    bool begun;       /* a sample is arriving in parts */
    bool training;    /* as the sample is presented */
    bool presented;   /* a sample is complete */
    sg_event_totals totals;
    uint32_t *arrival; /* pixels of the input spikes, in order of arrival */
    size_t arrivals, arrived, arrival_room; /* all, those there, allocated */
    int32_t *output_error; /* [classes], what the loss asks for */
    size_t first_synaptic; /* the lowest layer with error compartments */
    size_t layers;         /* the input included */
    struct sg__event_layer layer[SG_LAYERS_MAX + 1];
};

/* sg__simulation_gradient: gradient of simulation layer `layer` summed over
 * the samples learned since it was cleared, int32 in the layout of the
 * network's weights; NULL for input and pooling. Same for the biases. */
int32_t *sg__simulation_gradient(sg_simulation *sim, size_t layer);
int32_t *sg__simulation_bias_gradient(sg_simulation *sim, size_t layer);
void sg__simulation_clear_gradients(sg_simulation *sim);

/* sg__simulation_error_charge: int32[neurons], U after the backward pass;
 * neurons with g = 0 hold all they received. NULL for input and pooling. */
const int32_t *sg__simulation_error_charge(const sg_simulation *sim,
                                           size_t layer);

/* sg__emit: sends a spike on its way and shows it to whoever watches. The
 * counter of the sender is the caller's. */
void sg__emit(sg_simulation *sim, size_t layer, size_t neuron, int sign,
              sg_phase phase);

/* How a sample is presented. In training, step and sample key the gates. */
struct sg__presentation {
    bool training;
    uint64_t step;
    uint32_t sample;
};

/* The parts of a forward pass. sg__forward_reset: the state before the first
 * spike; the input's counts are the caller's. sg__forward_bias: lets neurons
 * fire that their bias drives. sg__forward_run: delivers until no neuron can
 * fire; SG_E_MEMORY or SG_E_FULL if the queue had no room. */
void sg__forward_reset(sg_simulation *sim, struct sg__presentation as);
void sg__forward_bias(sg_simulation *sim);
sg_status sg__forward_run(sg_simulation *sim);

/* sg__add: a + b modulo 2^32. */
static inline int32_t sg__add(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

/* sg__add_run: v += sign * w * 2^shift over n neurons side by side, modulo
 * 2^32; flip is 0 for sign +1 and all ones for -1: (w ^ -1) - -1 = -w. */
static inline void sg__add_run(int32_t *restrict v, const int16_t *restrict w,
                               size_t n, int sign, int shift)
{
    uint32_t flip = sign < 0 ? UINT32_MAX : 0;
    for (size_t i = 0; i < n; i++)
        v[i] = (int32_t)((uint32_t)v[i] +
                         ((((uint32_t)(int32_t)w[i] ^ flip) - flip) << shift));
}

#endif
