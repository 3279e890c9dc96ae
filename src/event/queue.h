/* The spikes that have been emitted and not yet delivered.
 *
 * A ring that grows by doubling and never shrinks. Which spike comes next is
 * the simulation's delivery order; the results may not depend on it, which is
 * what makes it worth choosing. */
#ifndef SG_EVENT_QUEUE_H
#define SG_EVENT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "spikegrad/event.h"

/* A spike under way: layer as in sg_spike, sign +1 or -1. */
struct sg__event {
    uint32_t neuron;
    uint16_t layer;
    int16_t sign;
};

struct sg__queue {
    struct sg__event *ring;
    size_t capacity; /* a power of two */
    size_t head, count;
    sg_order order;
    uint64_t seed;
    uint64_t sample; /* ordinal of the sample, keys the random order */
    uint64_t draws;  /* random numbers used for this sample */
    sg__draw block;  /* the four draws that draws/4 stands for */
    bool failed;     /* a push found no memory; stays until the next reset */
};

/* sg__queue_init: an empty queue. seed < SG__SEED_LIMIT is used by
 * SG_ORDER_RANDOM only. SG_E_MEMORY: nothing to free. */
sg_status sg__queue_init(struct sg__queue *queue, sg_order order,
                         uint64_t seed);

/* sg__queue_reset: drops all spikes and starts the draws of a sample. */
void sg__queue_reset(struct sg__queue *queue, uint64_t sample);

/* sg__queue_push: adds a spike. Without memory the spike is lost and `failed`
 * is set, so that callers deep in a loop need not carry a status. */
void sg__queue_push(struct sg__queue *queue, struct sg__event event);

/* sg__queue_pop: takes the next spike in the queue's order: the oldest, the
 * newest, or one drawn uniformly from all. False if there is none. */
bool sg__queue_pop(struct sg__queue *queue, struct sg__event *event);

void sg__queue_free(struct sg__queue *queue);

#endif
