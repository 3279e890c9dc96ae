/* Input spikes that are pushed one by one, some of them taken back again, leave
 * a network in the state of an image with those counts, forward and backward,
 * in every order of delivery. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "network/network.h"
#include "random_network.h"
#include "spikegrad/event.h"

enum { SAMPLES = 8, NETWORKS = 40, INPUTS_MAX = 12 * 13 * 6 };

static void assert_same_state(const sg_network *net, const sg_simulation *a,
                              const sg_simulation *b)
{
    sg_network_info info;
    sg_network_get_info(net, &info);
    for (size_t l = 0; l <= info.layers; l++) {
        sg_layer_info layer;
        if (l == 0)
            continue;
        sg_network_get_layer(net, l - 1, &layer);
        const int32_t *v = sg_simulation_potentials(a, l);
        const int8_t *d = sg_simulation_errors(a, l);
        assert_memory_equal(sg_simulation_counts(a, l),
                            sg_simulation_counts(b, l), layer.neurons);
        if (v)
            assert_memory_equal(v, sg_simulation_potentials(b, l),
                                layer.neurons * sizeof *v);
        if (d)
            assert_memory_equal(d, sg_simulation_errors(b, l), layer.neurons);
    }
}

/* The spikes of counts in a mixed order, one in eight taken back and sent once
 * more. */
static void push_all(sg_simulation *sim, const uint8_t *counts, size_t n,
                     uint64_t seed)
{
    uint8_t left[INPUTS_MAX];
    size_t all = 0;
    memcpy(left, counts, n);
    for (size_t j = 0; j < n; j++)
        all += left[j];
    assert_int_equal(sg_simulation_start(sim), SG_OK);
    for (uint32_t step = 0; all > 0; step++) {
        uint32_t j = pick(seed, 9000 + step, (uint32_t)n);
        while (left[j] == 0)
            j = (j + 1) % (uint32_t)n;
        assert_int_equal(sg_simulation_push(sim, j, 1, step), SG_OK);
        left[j]--;
        all--;
        if (pick(seed, 70000 + step, 8) == 0) {
            assert_int_equal(sg_simulation_push(sim, j, -1, step), SG_OK);
            assert_int_equal(sg_simulation_push(sim, j, 1, step), SG_OK);
        }
    }
}

static void compare(const sg_network *net, const sg_data *data, uint64_t seed)
{
    const sg_order order = (sg_order)pick(seed, 91, SG_ORDER_RANDOM + 1);
    const size_t n = sg__inputs(&net->layer[0].geo);
    sg_simulation *whole, *pushed;
    assert_true(n <= INPUTS_MAX);
    assert_int_equal(sg_simulation_create(net, order, 1, &whole, NULL), SG_OK);
    assert_int_equal(sg_simulation_create(net, order, 2, &pushed, NULL),
                     SG_OK);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(sg_simulation_present(whole, sg_data_pixels(data, i)),
                         SG_OK);
        push_all(pushed, sg_simulation_counts(whole, 0), n, seed + i);
        assert_same_state(net, whole, pushed);
        if (sg_simulation_learn(whole, 1, 0, i) == SG_E_ARGUMENT)
            continue; /* dropouts want to be presented as in training */
        assert_int_equal(sg_simulation_learn(pushed, 1, 0, i), SG_OK);
        assert_same_state(net, whole, pushed);
    }
    sg_simulation_destroy(whole);
    sg_simulation_destroy(pushed);
}

static void test_random_networks(void **state)
{
    (void)state;
    unsigned built = 0;
    for (uint64_t seed = 0; seed < NETWORKS; seed++) {
        sg_recipe recipe;
        sg_data *data;
        sg_trainer *trainer;
        random_recipe(seed, &recipe);
        assert_int_equal(random_data(seed, SAMPLES, &data), SG_OK);
        /* of some the topology is impossible */
        if (sg_trainer_create(&recipe, data, 1, &trainer, NULL) == SG_OK) {
            compare(sg_trainer_network(trainer), data, seed);
            built++;
        }
        sg_trainer_destroy(trainer);
        sg_data_destroy(data);
    }
    assert_true(built > NETWORKS / 2);
}

struct last {
    uint64_t input_time;
    uint32_t spikes;
};

static void look(const sg_spike *spike, void *user)
{
    struct last *last = user;
    last->input_time = spike->input_time;
    last->spikes++;
}

static void test_times_and_refusals(void **state)
{
    (void)state;
    static const uint8_t pixels[2] = {255, 0}, label = 0;
    const sg_data_info info = {
        .height = 1, .width = 2, .channels = 1, .classes = 2, .size = 1};
    struct last last = {0, 0};
    sg_recipe recipe;
    sg_data *data;
    sg_trainer *trainer;
    sg_simulation *sim;
    sg__recipe_init(&recipe);
    assert_int_equal(sg_recipe_set(&recipe, "net", "3-2", NULL), SG_OK);
    assert_int_equal(sg_recipe_set(&recipe, "augment", "none", NULL), SG_OK);
    assert_int_equal(sg_recipe_set(&recipe, "input-levels", "2", NULL), SG_OK);
    assert_int_equal(sg_data_from_arrays(&info, pixels, &label, &data, NULL),
                     SG_OK);
    assert_int_equal(sg_trainer_create(&recipe, data, 1, &trainer, NULL),
                     SG_OK);
    assert_int_equal(sg_simulation_create(sg_trainer_network(trainer),
                                          SG_ORDER_FIFO, 0, &sim, NULL),
                     SG_OK);
    sg_simulation_watch(sim, look, &last);
    assert_int_equal(sg_simulation_push(sim, 0, 1, 0), SG_E_ARGUMENT);
    assert_int_equal(sg_simulation_start(sim), SG_OK);
    assert_int_equal(last.spikes, 0);
    assert_int_equal(sg_simulation_push(sim, 0, 1, 1234), SG_OK);
    assert_true(last.spikes >= 1);
    assert_int_equal(last.input_time, 1234);
    last.spikes = 0;
    assert_int_equal(sg_simulation_push(sim, 2, 1, 5), SG_E_RANGE);
    assert_int_equal(sg_simulation_push(sim, 1, -1, 5), SG_E_RANGE);
    assert_int_equal(sg_simulation_push(sim, 1, 2, 5), SG_E_ARGUMENT);
    assert_int_equal(sg_simulation_push(sim, 0, 1, 2000), SG_OK);
    assert_int_equal(last.input_time, 2000);
    last.spikes = 0;
    assert_int_equal(sg_simulation_push(sim, 0, 1, 3000), SG_E_RANGE);
    assert_int_equal(last.spikes, 0);
    assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
    assert_int_equal(last.input_time, 0);
    assert_int_equal(sg_simulation_push(sim, 0, 1, 0), SG_E_ARGUMENT);
    assert_int_equal(sg_simulation_push(NULL, 0, 1, 0), SG_E_ARGUMENT);
    assert_int_equal(sg_simulation_start(NULL), SG_E_ARGUMENT);
    sg_simulation_destroy(sim);
    sg_trainer_destroy(trainer);
    sg_data_destroy(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_networks),
        cmocka_unit_test(test_times_and_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
