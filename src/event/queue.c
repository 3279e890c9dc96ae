/* The ring of pending spikes, or of neurons that have some. Those who draw
 * take from any place and move the last entry there. */
#include "event/queue.h"

#include <stdlib.h>
#include <string.h>

enum { INITIAL_CAPACITY = 1024 };

/* Of spikes kept by themselves: half a GiB of them. A deep network multiplies
 * them by several a layer (docs/semantics.md, orders of delivery). */
enum { SPIKES_MAX = 1 << 26 };

/* Outboxes for all neurons; the least capacity that has room for an entry for
 * each of them. */
static bool create_outboxes(struct sg__queue *queue, size_t layers,
                            const size_t *neurons)
{
    for (size_t l = 0; l < layers; l++) {
        queue->first[l] = queue->neurons;
        queue->neurons += neurons[l];
    }
    while (queue->capacity < queue->neurons)
        queue->capacity *= 2;
    queue->outbox = calloc(queue->neurons, sizeof *queue->outbox);
    return queue->outbox != NULL;
}

sg_status sg__queue_init(struct sg__queue *queue, sg_order order,
                         uint64_t seed, size_t layers, const size_t *neurons)
{
    *queue = (struct sg__queue){.order = order, .seed = seed};
    queue->capacity = INITIAL_CAPACITY;
    queue->limit = SPIKES_MAX;
    if (order == SG_ORDER_TURNS || order == SG_ORDER_RANDOM)
        if (!create_outboxes(queue, layers, neurons))
            return SG_E_MEMORY;
    queue->ring = calloc(queue->capacity, sizeof *queue->ring);
    if (!queue->ring) {
        sg__queue_free(queue);
        return SG_E_MEMORY;
    }
    return SG_OK;
}

void sg__queue_free(struct sg__queue *queue)
{
    free(queue->ring);
    free(queue->outbox);
    queue->ring = NULL;
    queue->outbox = NULL;
}

void sg__queue_reset(struct sg__queue *queue, uint64_t sample)
{
    if (queue->outbox && queue->count > 0)
        memset(queue->outbox, 0, queue->neurons * sizeof *queue->outbox);
    queue->head = 0;
    queue->count = 0;
    queue->sample = sample;
    queue->draws = 0;
    queue->failure = SG_OK;
}

static struct sg__event *at(struct sg__queue *queue, size_t i)
{
    return &queue->ring[(queue->head + i) & (queue->capacity - 1)];
}

/* Doubles the ring; the spikes keep their order and start at index 0. */
static sg_status grow(struct sg__queue *queue)
{
    if (queue->capacity >= queue->limit)
        return SG_E_FULL;
    struct sg__event *ring = malloc(2 * queue->capacity * sizeof *queue->ring);
    if (!ring)
        return SG_E_MEMORY;

    size_t tail = queue->capacity - queue->head;
    memcpy(ring, queue->ring + queue->head, tail * sizeof *ring);
    memcpy(ring + tail, queue->ring, queue->head * sizeof *ring);
    free(queue->ring);
    queue->ring = ring;
    queue->capacity *= 2;
    queue->head = 0;
    return SG_OK;
}

static struct sg__outbox *outbox_of(struct sg__queue *queue,
                                    const struct sg__event *event)
{
    return &queue->outbox[queue->first[event->layer] + event->neuron];
}

void sg__queue_push(struct sg__queue *queue, struct sg__event event)
{
    if (queue->outbox) {
        struct sg__outbox *box = outbox_of(queue, &event);
        box->unsent = (int16_t)(box->unsent + event.sign);
        if (box->listed)
            return;
        box->listed = true;
    } else if (queue->count == queue->capacity) {
        sg_status status = grow(queue);
        if (status != SG_OK) {
            queue->failure = status;
            return;
        }
    }
    *at(queue, queue->count++) = event;
    if (queue->count > queue->longest)
        queue->longest = queue->count;
}

/* Uniform in 0..n-1. Counter-based: the same for the same sample ordinal and
 * draw, whatever was simulated before. */
static size_t draw_below(struct sg__queue *queue, size_t n)
{
    uint64_t block = queue->draws / 4;
    if (queue->draws % 4 == 0)
        queue->block =
            sg__random(queue->seed, SG__STREAM_ORDER, (uint32_t)queue->sample,
                       (uint32_t)block, (uint32_t)(block >> 32),
                       (uint32_t)(queue->sample >> 32));
    uint32_t v = queue->block.v[queue->draws++ % 4];
    uint32_t range = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
    return sg__random_below(v, range);
}

/* Removes entry i. The oldest leaves the others in order; of any other the
 * newest takes the place. */
static struct sg__event take(struct sg__queue *queue, size_t i)
{
    struct sg__event *place = at(queue, i), event = *place;
    queue->count--;
    if (i == 0)
        queue->head = (queue->head + 1) & (queue->capacity - 1);
    else
        *place = *at(queue, queue->count);
    return event;
}

/* One spike of the oldest neuron, which keeps its place until it has sent
 * all, or of one drawn anew for every spike. */
static bool pop_neuron(struct sg__queue *queue, struct sg__event *event)
{
    bool draws = queue->order == SG_ORDER_RANDOM;
    while (queue->count > 0) {
        size_t i = draws ? draw_below(queue, queue->count) : 0;
        *event = *at(queue, i);
        struct sg__outbox *box = outbox_of(queue, event);
        int unsent = box->unsent;
        event->sign = unsent < 0 ? -1 : 1;
        if (unsent != 0)
            box->unsent = (int16_t)(unsent - event->sign);
        if (box->unsent == 0) {
            box->listed = false;
            take(queue, i);
        }
        if (unsent != 0)
            return true;
    }
    return false;
}

bool sg__queue_pop(struct sg__queue *queue, struct sg__event *event)
{
    if (queue->outbox)
        return pop_neuron(queue, event);
    if (queue->count == 0)
        return false;
    size_t i = 0;
    if (queue->order == SG_ORDER_LIFO)
        i = queue->count - 1;
    if (queue->order == SG_ORDER_SCATTER)
        i = draw_below(queue, queue->count);
    *event = take(queue, i);
    return true;
}
