/* The event engine: tiny networks whose spikes can be followed by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event_sample.h"

enum { LEVELS = 15, SPIKE = 255 / LEVELS }; /* a pixel of n spikes: n*SPIKE */

static void set_weights(sg_network *net, size_t layer, size_t n,
                        const int16_t *weights)
{
    assert_int_equal(n, net->layer[layer].weights);
    for (size_t i = 0; i < n; i++)
        sg__layer_set_weight(&net->layer[layer], i, weights[i]);
}

/* SET_WEIGHTS(net, layer, w...): all weights of a layer. */
#define SET_WEIGHTS(net, layer, ...)                                          \
    set_weights(net, layer, sizeof(int16_t[]){__VA_ARGS__} / sizeof(int16_t), \
                (const int16_t[]){__VA_ARGS__})

struct record {
    sg_spike spike[64];
    size_t count;
};

static void record_spike(const sg_spike *spike, void *user)
{
    struct record *record = user;
    if (record->count < 64)
        record->spike[record->count] = *spike;
    record->count++;
}

static void assert_spike(const sg_spike *spike, uint64_t time, uint32_t layer,
                         uint32_t neuron, int sign)
{
    assert_int_equal(spike->time, time);
    assert_int_equal(spike->layer, layer);
    assert_int_equal(spike->neuron, neuron);
    assert_int_equal(spike->sign, sign);
    assert_int_equal(spike->phase, SG_PHASE_FORWARD);
}

/* Theta 4, H 2, synapses +4 and -3, one spike on each. If the excitatory one
 * comes first, V = 4 fires, and V = -3 then takes the spike back. */
static void test_inhibition_takes_a_spike_back(void **state)
{
    (void)state;
    sg_recipe recipe = recipe_for("1-2");
    sg_network *net = network(&recipe, (sg_shape){1, 2, 1}, 2, 2);
    SET_WEIGHTS(net, 0, 4, -3);
    SET_WEIGHTS(net, 1, 5, 7);
    net->layer[1].bias[1] = 9;
    const uint8_t pixels[] = {SPIKE, SPIKE};

    struct record record = {.count = 0};
    sg_simulation *sim = simulate(net, SG_ORDER_FIFO, 0);
    sg_simulation_watch(sim, record_spike, &record);
    assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
    assert_int_equal(record.count, 4);
    assert_spike(&record.spike[0], 0, 0, 0, 1);
    assert_spike(&record.spike[1], 0, 0, 1, 1);
    assert_spike(&record.spike[2], 1, 1, 0, 1);
    assert_spike(&record.spike[3], 2, 1, 0, -1);
    assert_int_equal(sg_simulation_counts(sim, 1)[0], 0);
    assert_int_equal(sg_simulation_potentials(sim, 1)[0], 1);
    assert_int_equal(sg_simulation_potentials(sim, 2)[0], 0);
    assert_int_equal(sg_simulation_potentials(sim, 2)[1], 9);
    sg_event_totals totals;
    sg_simulation_totals(sim, &totals);
    assert_int_equal(totals.forward_spikes, 4);
    assert_int_equal(totals.forward_ops, 2 * 1 + 2 * 2);
    sg_simulation_destroy(sim);

    /* newest first: the inhibition arrives first and nothing ever fires */
    record.count = 0;
    sim = simulate(net, SG_ORDER_LIFO, 0);
    sg_simulation_watch(sim, record_spike, &record);
    assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
    assert_int_equal(record.count, 2);
    assert_int_equal(sg_simulation_potentials(sim, 1)[0], 1);
    sg_simulation_destroy(sim);
    sg_network_destroy(net);
}

/* One spike of charge 20 is worth five thresholds; the counter holds three. */
static void test_cap_stops_firing(void **state)
{
    (void)state;
    sg_recipe recipe = recipe_for("1-2");
    recipe.count_cap = 3;
    sg_network *net = network(&recipe, (sg_shape){1, 1, 1}, 2, 2);
    SET_WEIGHTS(net, 0, 20);
    sg_simulation *sim = simulate(net, SG_ORDER_FIFO, 0);
    assert_int_equal(sg_simulation_present(sim, (const uint8_t[]){SPIKE}),
                     SG_OK);
    assert_int_equal(sg_simulation_counts(sim, 1)[0], 3);
    assert_int_equal(sg_simulation_potentials(sim, 1)[0], 20 - 3 * 4);
    sg_simulation_destroy(sim);
    sg_network_destroy(net);
}

/* A bias of 2 reaches H = 2 by itself; presenting again starts anew. */
static void test_bias_fires_alone(void **state)
{
    (void)state;
    sg_recipe recipe = recipe_for("1-2");
    sg_network *net = network(&recipe, (sg_shape){1, 1, 1}, 2, 2);
    net->layer[0].bias[0] = 2;
    sg_simulation *sim = simulate(net, SG_ORDER_FIFO, 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sg_simulation_present(sim, (const uint8_t[]){0}),
                         SG_OK);
        assert_int_equal(sg_simulation_counts(sim, 1)[0], 1);
        assert_int_equal(sg_simulation_potentials(sim, 1)[0], -2);
    }
    sg_simulation_destroy(sim);
    sg_network_destroy(net);
}

/* 3x3 kernel, stride 2, padding 1 on 4x4: the spike at (1,1) meets one corner
 * tap of each of the four neurons, the one at (0,0) a single centre tap. */
static void test_padding_and_stride(void **state)
{
    (void)state;
    sg_recipe recipe = recipe_for("1C3s2p1-2");
    sg_network *net = network(&recipe, (sg_shape){4, 4, 1}, 2, 10);
    SET_WEIGHTS(net, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    uint8_t pixels[16] = {0};
    sg_simulation *sim = simulate(net, SG_ORDER_FIFO, 0);

    pixels[5] = SPIKE;
    assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
    assert_memory_equal(sg_simulation_potentials(sim, 1),
                        ((const int32_t[]){9, 7, 3, 1}), 16);
    pixels[5] = 0;
    pixels[0] = SPIKE;
    assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
    assert_memory_equal(sg_simulation_potentials(sim, 1),
                        ((const int32_t[]){5, 0, 0, 0}), 16);
    sg_event_totals totals;
    sg_simulation_totals(sim, &totals);
    assert_int_equal(totals.forward_ops, 4 + 1);
    sg_simulation_destroy(sim);
    sg_network_destroy(net);
}

/* Four neurons counting 3, 2, 1, 1: their sum is 7, their average, by a
 * neuron of threshold 4 and H = 2, is 2 with -1 left over. */
static void test_sum_and_average(void **state)
{
    (void)state;
    const uint8_t pixels[] = {3 * SPIKE, 2 * SPIKE, SPIKE, SPIKE};
    const char *topology[] = {"1C1-P2-2", "1C1-P2avg-2"};
    const uint8_t expected[] = {7, 2};
    for (size_t i = 0; i < 2; i++) {
        sg_recipe recipe = recipe_for(topology[i]);
        recipe.count_cap = 15;
        sg_network *net = network(&recipe, (sg_shape){2, 2, 1}, 2, 2);
        SET_WEIGHTS(net, 0, 4);
        sg_simulation *sim = simulate(net, SG_ORDER_RANDOM, 3);
        assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
        assert_int_equal(sg_simulation_counts(sim, 2)[0], expected[i]);
        if (i == 0)
            assert_null(sg_simulation_potentials(sim, 2));
        else
            assert_int_equal(sg_simulation_potentials(sim, 2)[0], -1);
        sg_simulation_destroy(sim);
        sg_network_destroy(net);
    }
}

/* Neuron 0 fires twice and is inhibited twice, neuron 1 fires once. The
 * maximum goes 1, 0, 1 and stays, and the error goes to neuron 1 alone. */
static void test_max_takes_a_spike_back(void **state)
{
    (void)state;
    sg_recipe recipe = recipe_for("1C1-P2max-2");
    sg_network *net = network(&recipe, (sg_shape){2, 2, 2}, 2, 2);
    SET_WEIGHTS(net, 0, 4, -4);
    SET_WEIGHTS(net, 2, 4, 4);
    const uint8_t pixels[8] = {2 * SPIKE, 2 * SPIKE, SPIKE};

    struct record record = {.count = 0};
    sg_simulation *sim = simulate(net, SG_ORDER_FIFO, 0);
    sg_simulation_watch(sim, record_spike, &record);
    assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
    int sign[8], pooled = 0;
    assert_in_range(record.count, 1, 64);
    for (size_t i = 0; i < record.count; i++)
        if (record.spike[i].layer == 2)
            sign[pooled++ % 8] = record.spike[i].sign;
    assert_int_equal(pooled, 3);
    assert_memory_equal(sign, ((const int[]){1, -1, 1}), sizeof(int[3]));
    assert_int_equal(sg_simulation_counts(sim, 2)[0], 1);

    /* logits (4, 4), label 0: d = (0, 1), so 4 comes down */
    assert_int_equal(sg_simulation_learn(sim, 0, 0, 0), SG_OK);
    assert_memory_equal(sg_simulation_errors(sim, 3), ((const int8_t[]){0, 1}),
                        2);
    assert_memory_equal(sg_simulation_errors(sim, 1),
                        ((const int8_t[]){0, 1, 0, 0}), 4);
    assert_memory_equal(sg__simulation_error_charge(sim, 1),
                        ((const int32_t[]){0, 0, 0, 0}), 16);
    assert_memory_equal(sg__simulation_gradient(sim, 1),
                        ((const int32_t[]){1, 0}), 8);
    sg_simulation_destroy(sim);
    sg_network_destroy(net);
}

/* Hidden counts (2, 0), the second neuron inhibited. Logits (8, -4), squared
 * error against class 1: d = (2, -2), which send 2*4 + 2*2 = 12 = 3 Phi to
 * the first neuron and 2*1 - 2*3 = -4 to the second, which keeps it. */
static void test_backward_by_hand(void **state)
{
    (void)state;
    sg_recipe recipe = recipe_for("2-2");
    sg_network *net = network(&recipe, (sg_shape){1, 2, 1}, 2, 2);
    SET_WEIGHTS(net, 0, 4, 0, -4, 0);
    SET_WEIGHTS(net, 1, 4, 1, -2, 3);
    const uint8_t pixels[] = {2 * SPIKE, 0};

    sg_simulation *sim = simulate(net, SG_ORDER_FIFO, 0);
    assert_int_equal(sg_simulation_learn(sim, 1, 0, 0), SG_E_ARGUMENT);
    assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
    assert_int_equal(sg_simulation_learn(sim, 2, 0, 0), SG_E_RANGE);
    assert_int_equal(sg_simulation_learn(sim, 1, 0, 0), SG_OK);

    assert_null(sg_simulation_errors(sim, 0));
    assert_memory_equal(sg_simulation_errors(sim, 2),
                        ((const int8_t[]){2, -2}), 2);
    assert_memory_equal(sg_simulation_errors(sim, 1), ((const int8_t[]){3, 0}),
                        2);
    assert_memory_equal(sg__simulation_error_charge(sim, 1),
                        ((const int32_t[]){0, -4}), 8);
    assert_memory_equal(sg__simulation_gradient(sim, 2),
                        ((const int32_t[]){4, 0, -4, 0}), 16);
    assert_memory_equal(sg__simulation_bias_gradient(sim, 2),
                        ((const int32_t[]){2, -2}), 8);
    assert_memory_equal(sg__simulation_gradient(sim, 1),
                        ((const int32_t[]){6, 0, 0, 0}), 16);
    assert_memory_equal(sg__simulation_bias_gradient(sim, 1),
                        ((const int32_t[]){3, 0}), 8);
    sg_event_totals totals;
    sg_simulation_totals(sim, &totals);
    assert_int_equal(totals.backward_spikes, 2 + 2 + 3);
    assert_int_equal(totals.backward_ops, (2 + 2) * 2);
    assert_int_equal(totals.gradient_ops, (2 + 2) * 1 + 3 * 1);

    sg__simulation_clear_gradients(sim);
    assert_int_equal(sg__simulation_gradient(sim, 2)[0], 0);
    assert_int_equal(sg__simulation_bias_gradient(sim, 1)[0], 0);
    sg_simulation_destroy(sim);
    sg_network_destroy(net);
}

/* Sum pooling hands an error unchanged to every neuron that it added up. */
static void test_error_through_sum(void **state)
{
    (void)state;
    sg_recipe recipe = recipe_for("1C1-P2-2");
    recipe.count_cap = 15;
    sg_network *net = network(&recipe, (sg_shape){2, 2, 1}, 2, 2);
    SET_WEIGHTS(net, 0, 4);
    SET_WEIGHTS(net, 2, 0, 5);
    const uint8_t pixels[] = {SPIKE, SPIKE, 0, SPIKE};
    sg_simulation *sim = simulate(net, SG_ORDER_LIFO, 0);
    assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
    /* logits (0, 15): d = (0, round(15/4) - 1) = (0, 3), charge 15 = 4 Phi - 1
     * for all four; the silent neuron keeps it */
    assert_int_equal(sg_simulation_learn(sim, 1, 0, 0), SG_OK);
    assert_memory_equal(sg_simulation_errors(sim, 3), ((const int8_t[]){0, 3}),
                        2);
    assert_memory_equal(sg_simulation_errors(sim, 1),
                        ((const int8_t[]){4, 4, 0, 4}), 4);
    assert_memory_equal(sg__simulation_error_charge(sim, 1),
                        ((const int32_t[]){-1, -1, 15, -1}), 16);
    assert_int_equal(sg__simulation_gradient(sim, 1)[0], 12);
    assert_int_equal(sg__simulation_gradient(sim, 3)[1], 3 * 3);
    sg_simulation_destroy(sim);
    sg_network_destroy(net);
}

/* More spikes under way than there is room for: said, and forgotten with the
 * next image. */
static void test_full_queue(void **state)
{
    (void)state;
    enum { SIDE = 12 };
    sg_recipe recipe = recipe_for("1C1-2");
    sg_network *net = network(&recipe, (sg_shape){SIDE, SIDE, 1}, 2, 2);
    uint8_t pixels[SIDE * SIDE];
    memset(pixels, 255, sizeof pixels);
    for (int order = 0; order < ORDERS; order++) {
        sg_simulation *sim = simulate(net, (sg_order)order, 0);
        bool by_neuron = order == SG_ORDER_TURNS || order == SG_ORDER_RANDOM;
        sim->queue.limit = sim->queue.capacity;
        assert_in_range(sim->queue.limit, 1, SIDE * SIDE * LEVELS - 1);
        assert_int_equal(sg_simulation_present(sim, pixels),
                         by_neuron ? SG_OK : SG_E_FULL);
        assert_int_equal(sg_simulation_learn(sim, 0, 0, 0),
                         by_neuron ? SG_OK : SG_E_ARGUMENT);
        memset(pixels, SPIKE, sizeof pixels);
        assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
        assert_int_equal(sg_simulation_learn(sim, 0, 0, 0), SG_OK);
        memset(pixels, 255, sizeof pixels);
        sg_simulation_destroy(sim);
    }
    sg_network_destroy(net);
}

struct residual {
    int theta_bits[3];
    int error_shift, skip_shift; /* of the block's layer, of the addition */
    int8_t top[2], block, source;
    int32_t kept[2]; /* error charge of block and source */
};

/* Neurons a, b in a row, a 2 spikes, b too, and c = a + b sends 4 up. The
 * error charge of c goes to b, and to a, where it meets what b sends.
 *
 * Thresholds 4, 8, 4: logits (12, 20), errors (3, 5 - 1), charge of c 29
 * in 1/4. b fires 7 of Phi = 4 and sends 56 in 1/8; so the 29 are shifted to
 * 58 and a fires 14 of Phi = 8.
 * Thresholds 4, 4, 8: errors (1.5, 2.5 - 1), fired as (2, 2); charge of c 16
 * in 1/8; b fires 2 of Phi = 8 and sends 8 in 1/4, shifted to 16. */
static void test_addition_by_hand(void **state)
{
    (void)state;
    static const struct residual cases[] = {
        {{2, 3, 2}, 0, 1, {3, 4}, 7, 14, {1, 2}},
        {{2, 2, 3}, 1, 0, {2, 2}, 2, 4, {0, 0}},
    };
    const uint8_t pixels[] = {2 * SPIKE};
    sg_recipe recipe = recipe_for("1-1-R1-2");
    for (int i = 0; i < 2; i++)
        for (int order = SG_ORDER_FIFO; order <= SG_ORDER_RANDOM; order++) {
            const struct residual *c = &cases[i];
            sg_network *net = network(&recipe, (sg_shape){1, 1, 1}, 2, 2);
            assert_int_equal(sg__network_set_thresholds(net, c->theta_bits,
                                                        NULL),
                             SG_OK);
            assert_int_equal(net->layer[1].error_shift, c->error_shift);
            assert_int_equal(net->layer[2].skip_shift, c->skip_shift);
            SET_WEIGHTS(net, 0, 4);
            sg__layer_set_weight(&net->layer[1], 0, 1 << c->theta_bits[1]);
            SET_WEIGHTS(net, 3, 3, 5);
            sg_simulation *sim = simulate(net, (sg_order)order, 0);
            assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
            assert_int_equal(sg_simulation_counts(sim, 3)[0], 2 + 2);
            assert_null(sg_simulation_potentials(sim, 3));
            assert_int_equal(sg_simulation_potentials(sim, 4)[1], 20);

            assert_int_equal(sg_simulation_learn(sim, 1, 0, 0), SG_OK);
            assert_null(sg_simulation_errors(sim, 3));
            assert_memory_equal(sg_simulation_errors(sim, 4), c->top, 2);
            assert_int_equal(sg_simulation_errors(sim, 2)[0], c->block);
            assert_int_equal(sg_simulation_errors(sim, 1)[0], c->source);
            for (size_t l = 0; l < 2; l++)
                assert_int_equal(sg__simulation_error_charge(sim, 2 - l)[0],
                                 c->kept[l]);
            assert_int_equal(sg__simulation_gradient(sim, 4)[1],
                             c->top[1] * 4);
            assert_int_equal(sg__simulation_gradient(sim, 1)[0],
                             c->source * 2);
            sg_event_totals totals;
            sg_simulation_totals(sim, &totals);
            assert_int_equal(totals.forward_spikes, 2 + 2 + 2 + 4);
            assert_int_equal(totals.forward_ops, 2 + 2 + 4 * 2);
            assert_int_equal(totals.backward_ops,
                             c->top[0] + c->top[1] + c->block);
            sg_simulation_destroy(sim);
            sg_network_destroy(net);
        }
}

/* Spikes cost half of Phi = 4 each, but for the first of a neuron, and nothing
 * else comes down. The pixels send 4 and 3 spikes over a synapse of Theta, so
 * the neurons send as many: charges of 6 and 4, errors 2 and 1 with -2 and 0
 * left. Below a max pool the first one pays alone. */
static void test_cost_by_hand(void **state)
{
    (void)state;
    static const char *const nets[] = {"1C1-2", "1C1-P1x2max-2", "1C1-P1x2-2"};
    const uint8_t pixels[] = {4 * SPIKE, 3 * SPIKE};
    for (size_t i = 0; i < 3; i++)
        for (int order = SG_ORDER_FIFO; order <= SG_ORDER_RANDOM; order++) {
            const int second = i == 1 ? 0 : 1;
            sg_recipe recipe = recipe_for(nets[i]);
            set(&recipe, "spike-cost", "0.5");
            set(&recipe, "spike-cost-from", "1");
            sg_network *net = network(&recipe, (sg_shape){1, 2, 1}, 2, 2);
            SET_WEIGHTS(net, 0, 4);
            sg_simulation *sim = simulate(net, (sg_order)order, 0);
            assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
            assert_int_equal(sg_simulation_counts(sim, 1)[0], 4);
            assert_int_equal(sg_simulation_counts(sim, 1)[1], 3);
            assert_int_equal(sg_simulation_learn(sim, 1, 0, 0), SG_OK);
            assert_int_equal(sg_simulation_errors(sim, 1)[0], 2);
            assert_int_equal(sg_simulation_errors(sim, 1)[1], second);
            assert_int_equal(sg__simulation_error_charge(sim, 1)[0], -2);
            assert_int_equal(sg__simulation_error_charge(sim, 1)[1], 0);
            assert_int_equal(sg__simulation_gradient(sim, 1)[0],
                             2 * 4 + second * 3);
            sg_simulation_destroy(sim);
            sg_network_destroy(net);
        }
}

static void test_bad_arguments(void **state)
{
    (void)state;
    sg_recipe recipe = recipe_for("1-2");
    sg_network *net = network(&recipe, (sg_shape){1, 1, 1}, 2, 2);
    sg_simulation *sim;
    assert_int_equal(sg_simulation_create(net, (sg_order)ORDERS, 0, &sim,
                                          NULL),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_simulation_create(net, SG_ORDER_RANDOM, SG__SEED_LIMIT,
                                          &sim, NULL),
                     SG_E_RANGE);
    assert_null(sim);
    sg_simulation_destroy(NULL);
    sim = simulate(net, SG_ORDER_FIFO, 0);
    assert_null(sg_simulation_counts(sim, 3));
    assert_null(sg_simulation_potentials(sim, 0));
    assert_null(sg__simulation_gradient(sim, 0));
    sg_simulation_destroy(sim);
    sg_network_destroy(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inhibition_takes_a_spike_back),
        cmocka_unit_test(test_cap_stops_firing),
        cmocka_unit_test(test_bias_fires_alone),
        cmocka_unit_test(test_padding_and_stride),
        cmocka_unit_test(test_sum_and_average),
        cmocka_unit_test(test_max_takes_a_spike_back),
        cmocka_unit_test(test_backward_by_hand),
        cmocka_unit_test(test_error_through_sum),
        cmocka_unit_test(test_full_queue),
        cmocka_unit_test(test_addition_by_hand),
        cmocka_unit_test(test_cost_by_hand),
        cmocka_unit_test(test_bad_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
