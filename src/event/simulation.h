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
#include "layers/units.h"
#include "network/network.h"

struct sg_simulation {
    const sg_network *net;
    struct sg__queue queue;
    sg_spike_fn watch; /* NULL if nobody watches */
    void *user;
    uint64_t time;       /* deliveries since the sample was presented */
    uint64_t samples;    /* presented so far */
    uint64_t input_time; /* of the spike pushed last */
    bool begun;          /* a sample is arriving in parts */
    bool started;        /* a sample is pushed spike by spike */
    bool training;       /* as the sample is presented */
    bool presented;      /* a sample is complete */
    sg_event_totals totals;
    uint32_t *arrival; /* pixels of the input spikes, in order of arrival */
    sg_arrival arrival_order;
    size_t arrivals, arrived, arrival_room; /* all, those there, allocated */
    int32_t *output_error; /* [classes], what the loss asks for */
    size_t first_learning; /* the lowest layer with error compartments */
    size_t layers;         /* the input included */
    sg__units layer[SG_LAYERS_MAX + 1];
    sg_spike_fn watch_sent; /* NULL if nobody watches */
    void *sent_user;
    /* who hears the spikes of layer l: hearer[first_hearer[l]] and on, up to
     * those of layer l + 1; an addition of a layer to itself is there twice */
    uint16_t first_hearer[SG_LAYERS_MAX + 2];
    uint16_t hearer[2 * SG_LAYERS_MAX];
};

/* sg__simulation_gradient: gradient of simulation layer `layer` summed over
 * the samples learned since it was cleared, at most a batch of them, and then
 * saturated to +-INT32_MAX; int32 in the layout of the network's weights; NULL
 * for input and pooling. Same for the biases.
 * sg__simulation_join: adds those of another simulation of the same network,
 * neither of which has been asked for. */
int32_t *sg__simulation_gradient(sg_simulation *sim, size_t layer);
int32_t *sg__simulation_bias_gradient(sg_simulation *sim, size_t layer);
void sg__simulation_join(sg_simulation *sim, const sg_simulation *more);
void sg__simulation_clear_gradients(sg_simulation *sim);

/* sg__units_carry: takes the gradient of a layer over to 64 bits. */
void sg__units_carry(sg__units *layer);

/* sg__simulation_error_charge: int32[neurons], U after the backward pass;
 * neurons with g = 0 hold all they received. NULL for input and pooling. */
const int32_t *sg__simulation_error_charge(const sg_simulation *sim,
                                           size_t layer);

/* sg__emit: sends a spike on its way and shows it to whoever watches. The
 * counter of the sender is the caller's. */
void sg__emit(sg_simulation *sim, size_t layer, size_t neuron, int sign,
              sg_phase phase);

/* sg__show_sent: shows a spike that is being delivered to whoever watches. */
void sg__show_sent(const sg_simulation *sim, const struct sg__event *event,
                   sg_phase phase);

/* The parts of a forward pass. sg__forward_reset: the state before the first
 * spike; the input's counts are the caller's. sg__forward_bias: lets neurons
 * fire that their bias drives. sg__forward_run: delivers until no neuron can
 * fire; SG_E_MEMORY or SG_E_FULL if the queue had no room. */
void sg__forward_reset(sg_simulation *sim, sg__presentation as);
void sg__forward_bias(sg_simulation *sim);
sg_status sg__forward_run(sg_simulation *sim);

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
