/* The spikes that have been emitted and not yet delivered.
 *
 * Which spike comes next is the simulation's delivery order; the results may
 * not depend on it, which is what makes it worth choosing.
 *
 * FIFO, LIFO and SCATTER keep every spike by itself, in a ring that grows by
 * doubling up to a limit. TURNS and RANDOM keep neurons: each holds what it
 * has not sent yet as a signed number, so that a spike taken back before it
 * was sent is never sent. The ring then has at most one entry for a neuron
 * and never grows. An entry whose number has gone back to 0 keeps its place
 * until its turn comes and is dropped there. */
#ifndef SG_EVENT_QUEUE_H
#define SG_EVENT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "network/network.h"
#include "spikegrad/event.h"

/* A spike under way: layer as in sg_spike, sign +1 or -1. In a ring of
 * neurons the sign has no meaning. */
struct sg__event {
    uint32_t neuron;
    uint16_t layer;
    int16_t sign;
};

/* What a neuron has emitted and not sent, within +-255, and whether the ring
 * has an entry for it. */
struct sg__outbox {
    int16_t unsent;
    bool listed;
};

struct sg__queue {
    struct sg__event *ring;
    size_t capacity; /* a power of two */
    size_t limit;    /* of the capacity, for spikes kept by themselves */
    size_t head, count;
    size_t longest; /* the largest count since creation */
    sg_order order;
    uint64_t seed;
    uint64_t sample;   /* ordinal of the sample, keys the random order */
    uint64_t draws;    /* random numbers used for this sample */
    sg__draw block;    /* the four draws that draws/4 stands for */
    sg_status failure; /* of a push; stays until the next reset */
    /* of all neurons, layer after layer; NULL if spikes go by themselves */
    struct sg__outbox *outbox;
    size_t neurons;
    size_t first[SG_LAYERS_MAX + 1]; /* where a layer begins in outbox */
};

/* sg__queue_init: an empty queue for `layers` <= SG_LAYERS_MAX + 1 layers of
 * neurons[layer] neurons. seed < SG__SEED_LIMIT keys the draws of SCATTER and
 * RANDOM. SG_E_MEMORY: nothing to free. */
sg_status sg__queue_init(struct sg__queue *queue, sg_order order,
                         uint64_t seed, size_t layers, const size_t *neurons);

/* sg__queue_reset: drops all spikes and starts the draws of a sample. */
void sg__queue_reset(struct sg__queue *queue, uint64_t sample);

/* sg__queue_push: adds a spike. If there is no room the spike is lost and
 * `failure` is set, so that callers deep in a loop need not carry a status:
 * SG_E_MEMORY, or SG_E_FULL at the limit. */
void sg__queue_push(struct sg__queue *queue, struct sg__event event);

/* sg__queue_pop: takes the next spike in the queue's order. False if there is
 * none. */
bool sg__queue_pop(struct sg__queue *queue, struct sg__event *event);

void sg__queue_free(struct sg__queue *queue);

#endif
