/* The queue by itself: what comes out in each order, what cancels, and what
 * it does at its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event/queue.h"

enum { ORDERS = SG_ORDER_RANDOM + 1 };
enum { N = 5000, LAYERS = 3 };
static const size_t neurons[LAYERS] = {N, 300, 7};

static struct sg__queue open_queue(sg_order order, uint64_t seed)
{
    struct sg__queue queue;
    assert_int_equal(sg__queue_init(&queue, order, seed, LAYERS, neurons),
                     SG_OK);
    sg__queue_reset(&queue, 0);
    return queue;
}

static void push(struct sg__queue *queue, uint16_t layer, uint32_t neuron,
                 int16_t sign)
{
    struct sg__event event = {neuron, layer, sign};
    sg__queue_push(queue, event);
}

/* Everything that was pushed comes out once, in the order's order. */
static void test_orders(void **state)
{
    (void)state;
    enum { HEAD = 700 };
    for (int order = 0; order < ORDERS; order++) {
        struct sg__queue queue = open_queue((sg_order)order, 5);
        struct sg__event event;
        static uint8_t seen[N];
        memset(seen, 0, sizeof seen);
        for (uint32_t i = 0; i < HEAD; i++) { /* moves the head of the ring */
            push(&queue, 0, 0, 1);
            assert_true(sg__queue_pop(&queue, &event));
        }
        for (uint32_t i = 0; i < N; i++)
            push(&queue, 0, i, 1);
        size_t in_place = 0;
        for (uint32_t i = 0; i < N; i++) {
            assert_true(sg__queue_pop(&queue, &event));
            if (order == SG_ORDER_FIFO || order == SG_ORDER_TURNS)
                assert_int_equal(event.neuron, i);
            if (order == SG_ORDER_LIFO)
                assert_int_equal(event.neuron, N - 1 - i);
            assert_int_equal(event.sign, 1);
            assert_int_equal(seen[event.neuron]++, 0);
            in_place += event.neuron == i;
        }
        if (order == SG_ORDER_SCATTER || order == SG_ORDER_RANDOM)
            assert_in_range(in_place, 0, 20);
        assert_false(sg__queue_pop(&queue, &event));
        assert_int_equal(queue.failure, SG_OK);
        assert_int_equal(queue.longest, N);
        sg__queue_free(&queue);
    }
}

/* A spike and the one that takes it back: both come where spikes go by
 * themselves, neither where the neuron still held the first. */
static void test_cancelling(void **state)
{
    (void)state;
    for (int order = 0; order < ORDERS; order++) {
        struct sg__queue queue = open_queue((sg_order)order, 1);
        struct sg__event event;
        int left[8] = {0}, popped = 0;
        for (int round = 0; round < 3; round++)
            for (uint32_t i = 0; i < 6; i++) {
                push(&queue, 2, i, 1);
                if (i > 0)
                    push(&queue, 2, i, -1);
                left[i] += i == 0;
            }
        push(&queue, 2, 6, -1);
        left[6]--;
        while (sg__queue_pop(&queue, &event)) {
            assert_int_equal(event.layer, 2);
            left[event.neuron] -= event.sign;
            popped++;
        }
        bool by_neuron = order == SG_ORDER_TURNS || order == SG_ORDER_RANDOM;
        assert_int_equal(popped, by_neuron ? 3 + 1 : 3 * 11 + 1);
        for (int i = 0; i < 8; i++)
            assert_int_equal(left[i], 0);

        /* an entry that was dropped can be made again */
        push(&queue, 2, 3, -1);
        assert_true(sg__queue_pop(&queue, &event));
        assert_int_equal(event.neuron, 3);
        assert_int_equal(event.sign, -1);
        assert_false(sg__queue_pop(&queue, &event));
        sg__queue_free(&queue);
    }
}

/* Equal numbers of equal layers do not meet. */
static void test_layers_are_apart(void **state)
{
    (void)state;
    struct sg__queue queue = open_queue(SG_ORDER_TURNS, 0);
    struct sg__event event;
    for (uint16_t l = 0; l < LAYERS; l++)
        push(&queue, l, 4, l == 1 ? -1 : 1);
    for (uint16_t l = 0; l < LAYERS; l++) {
        assert_true(sg__queue_pop(&queue, &event));
        assert_int_equal(event.layer, l);
        assert_int_equal(event.sign, l == 1 ? -1 : 1);
    }
    sg__queue_free(&queue);
}

/* The oldest neuron keeps its turn until it has sent all; a drawn one is
 * drawn again for every spike. */
static void test_turns(void **state)
{
    (void)state;
    struct sg__event event;
    struct sg__queue queue = open_queue(SG_ORDER_TURNS, 0);
    for (uint32_t i = 0; i < 40; i++)
        push(&queue, 0, i % 10, 1);
    for (uint32_t i = 0; i < 40; i++) {
        assert_true(sg__queue_pop(&queue, &event));
        assert_int_equal(event.neuron, i / 4);
    }
    sg__queue_free(&queue);

    queue = open_queue(SG_ORDER_RANDOM, 3);
    size_t changes = 0;
    for (uint32_t i = 0; i < 1000; i++)
        push(&queue, 0, i % 10, 1);
    for (uint32_t i = 0, last = 0; i < 1000; i++) {
        assert_true(sg__queue_pop(&queue, &event));
        changes += event.neuron != last;
        last = event.neuron;
    }
    assert_in_range(changes, 800, 980); /* 900 are expected */
    sg__queue_free(&queue);
}

/* Draws are a matter of seed and sample, not of what came before. */
static void test_seeds(void **state)
{
    (void)state;
    static const sg_order drawn[] = {SG_ORDER_SCATTER, SG_ORDER_RANDOM};
    enum { M = 100 };
    for (size_t o = 0; o < 2; o++) {
        uint32_t order[4][M];
        for (size_t run = 0; run < 4; run++) {
            struct sg__queue queue = open_queue(drawn[o], run == 3 ? 2 : 1);
            struct sg__event event;
            if (run == 1) { /* left half done, then started anew */
                for (uint32_t i = 0; i < M; i++)
                    push(&queue, 0, i, -1);
                assert_true(sg__queue_pop(&queue, &event));
                sg__queue_reset(&queue, 0);
            }
            if (run == 2)
                sg__queue_reset(&queue, 1);
            for (uint32_t i = 0; i < M; i++)
                push(&queue, 0, i, 1);
            for (uint32_t i = 0; i < M; i++) {
                assert_true(sg__queue_pop(&queue, &event));
                assert_int_equal(event.sign, 1);
                order[run][i] = event.neuron;
            }
            sg__queue_free(&queue);
        }
        assert_memory_equal(order[0], order[1], sizeof order[0]);
        assert_memory_not_equal(order[0], order[2], sizeof order[0]);
        assert_memory_not_equal(order[0], order[3], sizeof order[0]);
    }
}

/* At its limit the ring takes no more spikes and says so; a ring of neurons
 * has room from the start. */
static void test_limit(void **state)
{
    (void)state;
    for (int order = 0; order < ORDERS; order++) {
        struct sg__queue queue = open_queue((sg_order)order, 1);
        bool by_neuron = order == SG_ORDER_TURNS || order == SG_ORDER_RANDOM;
        size_t capacity = queue.capacity;
        struct sg__event event;
        queue.limit = 2048;
        for (uint32_t i = 0; i < 3000; i++) {
            assert_int_equal(queue.failure,
                             i > 2048 && !by_neuron ? SG_E_FULL : SG_OK);
            push(&queue, 0, i, 1);
        }
        for (uint32_t i = 0; by_neuron && i < 100000; i++)
            push(&queue, 1, i % 300, i % 2 ? 1 : -1);
        if (by_neuron)
            assert_int_equal(queue.capacity, capacity);
        sg__queue_reset(&queue, 0);
        assert_int_equal(queue.failure, SG_OK);
        assert_false(sg__queue_pop(&queue, &event));
        sg__queue_free(&queue);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_cancelling),
        cmocka_unit_test(test_layers_are_apart),
        cmocka_unit_test(test_turns),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
