/* sg_pass against the simulation of every spike: counts, errors, logits, and
 * the gradient they add up to; on random networks, for any number of threads,
 * as in training and as in use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event/simulation.h"
#include "network/network.h"
#include "network/recipe.h"
#include "random_network.h"

enum { NETWORKS = DRAWN(40), SAMPLES = 12, FIRST = 3, COUNT = 7 };

/* What the simulation has of layer l, for sample k of the pass. */
static void same_layer(const sg_pass *pass, const sg_network *net,
                       const sg_simulation *sim, size_t l, uint32_t k,
                       bool learned)
{
    const size_t n = sg__neurons_of(net, l + 1);
    const uint8_t *counts = sg_pass_counts(pass, l + 1);
    const int8_t *errors = sg_pass_errors(pass, l);
    const int8_t *simulated = sg_simulation_errors(sim, l + 1);
    if (net->layer[l].output) {
        assert_null(counts);
        assert_memory_equal(sg_pass_logits(pass) + k * n,
                            sg_simulation_potentials(sim, l + 1),
                            n * sizeof(int32_t));
    } else {
        assert_memory_equal(counts + k * n, sg_simulation_counts(sim, l + 1),
                            n);
    }
    if (!learned) {
        assert_null(errors);
        return;
    }
    assert_true((errors != NULL) == (simulated != NULL));
    if (errors)
        assert_memory_equal(errors + k * n, simulated, n);
}

static void same_gradients(const sg_pass *pass, const sg_network *net,
                           sg_simulation *sim)
{
    for (size_t l = 0; l < net->layer_count; l++) {
        const sg__layer *layer = &net->layer[l];
        const uint32_t channels = layer->geo.out_c;
        if (!layer->synaptic)
            continue;
        int32_t *weights = malloc(layer->weights * sizeof *weights);
        int32_t *biases = malloc(channels * sizeof *biases);
        assert_true(weights && biases);
        assert_int_equal(sg_pass_gradient(pass, l, weights, biases, NULL),
                         SG_OK);
        assert_memory_equal(weights, sg__simulation_gradient(sim, l + 1),
                            layer->weights * sizeof *weights);
        assert_memory_equal(biases, sg__simulation_bias_gradient(sim, l + 1),
                            channels * sizeof *biases);
        free(weights);
        free(biases);
    }
}

static void compare(const sg_pass *pass, const sg_network *net,
                    const sg_data *data, bool learned)
{
    sg_simulation *sim;
    assert_int_equal(sg_simulation_create(net, SG_ORDER_RANDOM, 5, &sim, NULL),
                     SG_OK);
    for (uint32_t k = 0; k < COUNT; k++) {
        const uint32_t i = FIRST + k;
        const uint8_t *pixels = sg_data_pixels(data, i);
        sg_status status =
            learned
                ? sg_simulation_present_training(sim, pixels, net->run.step, i)
                : sg_simulation_present(sim, pixels);
        if (learned && status == SG_OK)
            status = sg_simulation_learn(sim, sg_data_label(data, i),
                                         net->run.step, i);
        assert_int_equal(status, SG_OK);
        assert_memory_equal(sg_pass_counts(pass, 0) +
                                k * sg__neurons_of(net, 0),
                            sg_simulation_counts(sim, 0),
                            sg__neurons_of(net, 0));
        for (size_t l = 0; l < net->layer_count; l++)
            same_layer(pass, net, sim, l, k, learned);
    }
    if (learned)
        same_gradients(pass, net, sim);
    sg_simulation_destroy(sim);
}

static void check_network(uint64_t seed, unsigned *built)
{
    sg_recipe recipe;
    sg_data *data;
    sg_trainer *trainer;
    sg_pass *pass;
    random_recipe(seed, &recipe);
    recipe.batch = recipe.batch < COUNT ? COUNT : recipe.batch;
    assert_int_equal(random_data(seed, SAMPLES, &data), SG_OK);
    if (sg_trainer_create(&recipe, data, 1, &trainer, NULL) == SG_OK) {
        const sg_network *net = sg_trainer_network(trainer);
        (void)sg_trainer_step(trainer);
        *built += 1;
        for (unsigned threads = 1; threads <= 3; threads += 2) {
            assert_int_equal(sg_pass_create(net, 9, threads, &pass, NULL),
                             SG_OK);
            for (int learn = 1; learn >= 0; learn--) {
                assert_int_equal(sg_pass_run(pass, data, FIRST, COUNT, learn,
                                             NULL),
                                 SG_OK);
                compare(pass, net, data, learn);
            }
            sg_pass_destroy(pass);
        }
        sg_trainer_destroy(trainer);
    }
    sg_data_destroy(data);
}

static void a_pass_is_what_is_simulated(void **state)
{
    (void)state;
    unsigned built = 0;
    for (uint64_t seed = 1; seed <= NETWORKS; seed++)
        check_network(seed, &built);
    assert_true(built > NETWORKS / 2);
}

static void what_cannot_be_passed_is_refused(void **state)
{
    (void)state;
    sg_recipe recipe;
    sg_error error = {""};
    sg_data *data, *other;
    sg_network *net;
    sg_pass *pass;
    int32_t weights[4 * 9], biases[4];
    sg__recipe_init(&recipe);
    strcpy(recipe.net, "4C3-P2-5");
    recipe.batch = 4;
    assert_int_equal(random_data(3, SAMPLES, &data), SG_OK);
    assert_int_equal(sg_network_create(&recipe, data, &net, NULL), SG_OK);
    assert_int_equal(sg_pass_create(net, 0, 1, &pass, &error), SG_E_RANGE);
    assert_string_equal(error.text, "pass: 0 samples, expected 1..65536");
    assert_int_equal(sg_pass_create(net, 8, 257, &pass, NULL), SG_E_RANGE);
    assert_int_equal(sg_pass_create(net, 8, 1, &pass, NULL), SG_OK);
    assert_int_equal(sg_pass_run(pass, data, 0, 0, 0, NULL), SG_E_RANGE);
    assert_int_equal(sg_pass_run(pass, data, 0, 9, 0, NULL), SG_E_RANGE);
    assert_int_equal(sg_pass_run(pass, data, 0, 5, 1, &error), SG_E_RANGE);
    assert_string_equal(error.text, "pass: 5 samples, expected 1..4");
    assert_int_equal(sg_pass_run(pass, data, SAMPLES, 1, 0, NULL), SG_E_RANGE);
    assert_int_equal(sg_pass_run(pass, data, 4, UINT32_MAX, 0, NULL),
                     SG_E_RANGE);
    assert_int_equal(sg_pass_run(pass, data, 0, 8, 0, NULL), SG_OK);
    assert_int_equal(sg_pass_gradient(pass, 0, weights, biases, NULL),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_pass_run(pass, data, 0, 4, 1, NULL), SG_OK);
    assert_int_equal(sg_pass_gradient(pass, 1, weights, biases, NULL),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_pass_gradient(pass, 3, weights, biases, NULL),
                     SG_E_RANGE);
    assert_int_equal(sg_data_open("glyphs:train=9,test=9", SG_SPLIT_TEST,
                                  &other, NULL),
                     SG_OK);
    assert_int_equal(sg_pass_run(pass, other, 0, 1, 0, NULL), SG_E_ARGUMENT);
    sg_pass_destroy(pass);
    sg_data_destroy(other);
    sg_network_destroy(net);
    sg_data_destroy(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pass_is_what_is_simulated),
        cmocka_unit_test(what_cannot_be_passed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
