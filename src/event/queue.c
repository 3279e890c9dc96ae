/* The ring of pending spikes. LIFO and RANDOM use it as a stack: they take
 * from the end, RANDOM after swapping the drawn spike there. */
#include "event/queue.h"

#include <stdlib.h>
#include <string.h>

enum { INITIAL_CAPACITY = 1024 };

sg_status sg__queue_init(struct sg__queue *queue, sg_order order,
                         uint64_t seed)
{
    *queue = (struct sg__queue){.order = order, .seed = seed};
    queue->ring = calloc(INITIAL_CAPACITY, sizeof *queue->ring);
    if (!queue->ring)
        return SG_E_MEMORY;
    queue->capacity = INITIAL_CAPACITY;
    return SG_OK;
}

void sg__queue_free(struct sg__queue *queue)
{
    free(queue->ring);
    queue->ring = NULL;
}

void sg__queue_reset(struct sg__queue *queue, uint64_t sample)
{
    queue->head = 0;
    queue->count = 0;
    queue->sample = sample;
    queue->draws = 0;
    queue->failed = false;
}

static struct sg__event *at(struct sg__queue *queue, size_t i)
{
    return &queue->ring[(queue->head + i) & (queue->capacity - 1)];
}

/* Doubles the ring; the spikes keep their order and start at index 0. */
static bool grow(struct sg__queue *queue)
{
    if (queue->capacity > SIZE_MAX / sizeof *queue->ring / 2)
        return false;
    struct sg__event *ring = malloc(2 * queue->capacity * sizeof *queue->ring);
    if (!ring)
        return false;

    size_t tail = queue->capacity - queue->head;
    memcpy(ring, queue->ring + queue->head, tail * sizeof *ring);
    memcpy(ring + tail, queue->ring, queue->head * sizeof *ring);
    free(queue->ring);
    queue->ring = ring;
    queue->capacity *= 2;
    queue->head = 0;
    return true;
}

void sg__queue_push(struct sg__queue *queue, struct sg__event event)
{
    if (queue->count == queue->capacity && !grow(queue)) {
        queue->failed = true;
        return;
    }
    *at(queue, queue->count++) = event;
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

bool sg__queue_pop(struct sg__queue *queue, struct sg__event *event)
{
    if (queue->count == 0)
        return false;
    queue->count--;
    if (queue->order == SG_ORDER_FIFO) {
        *event = *at(queue, 0);
        queue->head = (queue->head + 1) & (queue->capacity - 1);
        return true;
    }
    struct sg__event *last = at(queue, queue->count);
    *event = *last;
    if (queue->order == SG_ORDER_RANDOM) {
        struct sg__event *drawn =
            at(queue, draw_below(queue, queue->count + 1));
        *event = *drawn;
        *drawn = *last;
    }
    return true;
}
