/* The claim itself: on random networks, after some training, the event
 * simulation and the ANN engine hold the same integers, forward, backward,
 * gradient and update, for every order of delivery. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "learn/calibrate.h"
#include "network/network.h"
#include "network/recipe.h"
#include "random_network.h"

enum { NETWORKS = DRAWN(120), SAMPLES = 40, CHECKED = 10 };

/* Networks that came about, those with additions among them, with dropouts,
 * with both, and how often error charge of a block or of a skip was shifted to
 * meet the other. */
struct tally {
    unsigned built, adding, dropping, both, block_shifts, skip_shifts;
};

static void count_network(const sg_network *net, struct tally *tally)
{
    bool adds = false;
    for (size_t l = 0; l < net->layer_count; l++) {
        adds |= net->layer[l].kind->id == SG_LAYER_ADD;
        tally->block_shifts += net->layer[l].error_shift > 0;
        tally->skip_shifts += net->layer[l].skip_shift > 0;
    }
    tally->built++;
    tally->adding += adds;
    tally->dropping += sg__drops_out(net);
    tally->both += adds && sg__drops_out(net);
}

/* All that verification finds is the same in several threads. */
static void check_threads(const sg_network *net, const sg_data *data,
                          uint64_t seed, const sg_verification *expected)
{
    sg_verify_options how = SG_VERIFY_OPTIONS_INIT;
    how.samples = CHECKED;
    how.seed = seed;
    how.threads = 2 + (unsigned)(seed % 3);
    sg_verification v;
    assert_int_equal(sg_verify_with(net, data, &how, &v, NULL), SG_OK);
    assert_memory_equal(&v, expected, sizeof v);
}

/* And in two parts. */
static void check_parts(const sg_network *net, const sg_data *data,
                        uint64_t seed, const sg_verification *expected)
{
    const uint32_t batch = (uint32_t)net->recipe.batch;
    const uint32_t first = batch < 16 ? batch : 16;
    if (first >= CHECKED)
        return;
    sg_verify_options how = SG_VERIFY_OPTIONS_INIT;
    sg_verification v[2];
    sg_error error = {{0}};
    how.seed = seed;
    how.threads = 1;
    how.samples = first;
    assert_int_equal(sg_verify_with(net, data, &how, &v[0], NULL), SG_OK);
    how.first = first;
    how.samples = CHECKED - first;
    assert_int_equal(sg_verify_with(net, data, &how, &v[1], NULL), SG_OK);
    assert_int_equal(v[0].compared + v[1].compared, expected->compared);
    assert_int_equal(v[0].samples + v[1].samples, expected->samples);
    assert_int_equal(v[0].events.forward_spikes + v[1].events.forward_spikes,
                     expected->events.forward_spikes);
    assert_int_equal(v[0].events.taken_back + v[1].events.taken_back,
                     expected->events.taken_back);
    how.first = first + 1;
    assert_int_equal(sg_verify_with(net, data, &how, &v[1], &error),
                     SG_E_RANGE);
    assert_non_null(strstr(error.text, "expected a multiple of"));
}

static void check_network(uint64_t seed, struct tally *tally)
{
    sg_recipe recipe;
    sg_data *data;
    sg_trainer *trainer;
    sg_error error = {{0}};
    random_recipe(seed, &recipe);
    assert_int_equal(random_data(seed, SAMPLES, &data), SG_OK);
    sg_status status = sg_trainer_create(&recipe, data, 1, &trainer, &error);
    if (status == SG_E_TOPOLOGY || status == SG_E_BOUND ||
        status == SG_E_RANGE) {
        /* the random text does not fit the image or a bound: refused */
        assert_true(strlen(error.text) > 0);
        sg_data_destroy(data);
        return;
    }
    assert_int_equal(status, SG_OK);
    for (int step = 0; step < 6; step++)
        (void)sg_trainer_step(trainer);
    count_network(sg_trainer_network(trainer), tally);
    for (int order = 0; order <= SG_ORDER_RANDOM; order++) {
        sg_verification v;
        status = sg_verify(sg_trainer_network(trainer), data, CHECKED,
                           (sg_order)order, seed, NULL, NULL, &v, &error);
        if (status != SG_OK)
            print_error("seed %u, %s: %s\n", (unsigned)seed, recipe.net,
                        error.text);
        assert_int_equal(status, SG_OK);
        assert_true(v.compared > 0 && v.events.forward_spikes > 0);
        if (order != SG_ORDER_RANDOM)
            continue;
        check_threads(sg_trainer_network(trainer), data, seed, &v);
        check_parts(sg_trainer_network(trainer), data, seed, &v);
    }
    sg_trainer_destroy(trainer);
    sg_data_destroy(data);
}

static void engines_agree_on_random_networks(void **state)
{
    (void)state;
    struct tally tally = {0};
    for (uint64_t seed = 1; seed <= NETWORKS; seed++)
        check_network(seed, &tally);
    assert_true(tally.built > NETWORKS / 2);
    if (NETWORKS < 100) /* of few, shares say nothing */
        return;
    assert_true(tally.adding > NETWORKS / 4);
    assert_true(tally.dropping > NETWORKS / 6 && tally.both > NETWORKS / 40);
    assert_true(tally.block_shifts > 0 && tally.skip_shifts > 0);
}

/* Next to no error charge comes from above, so that a block's Phi, if it
 * followed, would make the unit of what the block sends down far finer than
 * that of the skip beside it: calibration goes as far as 32 bits allow. */
static void calibration_stays_in_bounds(void **state)
{
    (void)state;
    enum { BATCH = 16 };
    uint32_t samples[BATCH];
    sg_recipe recipe;
    sg_data *data;
    sg_network *net;
    sg__engine *engine;
    const sg__augment none = {0};
    sg_verification v;
    sg__recipe_init(&recipe);
    strcpy(recipe.net, "9-9-9-R1-5");
    strcpy(recipe.phi, "auto:1");
    recipe.alpha = 1;
    assert_int_equal(random_data(3, SAMPLES, &data), SG_OK);
    assert_int_equal(sg_network_create(&recipe, data, &net, NULL), SG_OK);
    for (size_t i = 0; i < net->layer[4].weights; i++)
        sg__layer_set_weight(&net->layer[4], i, (int32_t)(i % 3) - 1);
    const sg__engine_options built = {.net = net,
                                      .trained = net,
                                      .batch = BATCH,
                                      .threads = 1};
    assert_int_equal(sg__engine_create(&sg__engine_cpu, &built, &engine),
                     SG_OK);
    for (uint32_t i = 0; i < BATCH; i++)
        samples[i] = i;
    const sg__batch batch = {.data = data,
                             .samples = samples,
                             .count = BATCH,
                             .augment = &none};
    assert_int_equal(sg__calibrate_phi(engine, &batch), SG_OK);
    const sg__layer *block = &net->layer[2];
    const int64_t room = INT32_MAX - (INT64_C(1) << 27);
    assert_in_range(block->phi_bits, 2, block->theta_bits - 4);
    assert_int_equal(net->layer[3].skip_shift,
                     block->theta_bits - block->phi_bits);
    assert_in_range(block->error_bound, room / 2, room);
    for (int order = SG_ORDER_FIFO; order <= SG_ORDER_RANDOM; order++)
        assert_int_equal(sg_verify(net, data, CHECKED, (sg_order)order, 1,
                                   NULL, NULL, &v, NULL),
                         SG_OK);
    assert_true(v.events.backward_spikes > 0);
    sg__engine_destroy(engine);
    sg_network_destroy(net);
    sg_data_destroy(data);
}

/* The comparison can fail: the simulation keeps its own copy of the weights,
 * so a bias changed behind its back must show up as a difference. That
 * sg_verify finds all kinds of them is shown in tests/fault/test_verify.c. */
static void a_wrong_bit_is_found(void **state)
{
    (void)state;
    sg_recipe recipe;
    sg_data *data;
    sg_network *net;
    sg_simulation *sim;
    sg__recipe_init(&recipe);
    strcpy(recipe.net, "4C3-P2-5");
    assert_int_equal(random_data(3, SAMPLES, &data), SG_OK);
    assert_int_equal(sg_network_create(&recipe, data, &net, NULL), SG_OK);
    assert_int_equal(sg_simulation_create(net, SG_ORDER_FIFO, 1, &sim, NULL),
                     SG_OK);
    const uint8_t *pixels = sg_data_pixels(data, 0);
    const int32_t *v = sg_simulation_potentials(sim, 3);
    int32_t logits[5];
    uint32_t label;
    assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
    assert_int_equal(sg_network_classify(net, pixels, logits, &label), SG_OK);
    assert_memory_equal(v, logits, sizeof logits);
    net->layer[2].bias[0] += 1;
    assert_int_equal(sg_network_classify(net, pixels, logits, &label), SG_OK);
    assert_int_equal(v[0] + 1, logits[0]);
    sg_simulation_destroy(sim);
    sg_network_destroy(net);
    sg_data_destroy(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engines_agree_on_random_networks),
        cmocka_unit_test(calibration_stays_in_bounds),
        cmocka_unit_test(a_wrong_bit_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
