/* Going on from a model: what is taken over, what is frozen, what is new, and
 * that both engines hold the same integers then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "learn/trainer.h"
#include "network/network.h"
#include "network/recipe.h"
#include "random_network.h"

enum { NETWORKS = 60, SAMPLES = 24, CHECKED = 4, STEPS = 5 };

/* A random model that has trained a little; NULL: refused. */
static sg_trainer *model_of(uint64_t seed, const sg_data *data)
{
    sg_recipe recipe;
    sg_trainer *trainer;
    random_recipe(seed, &recipe);
    if (sg_trainer_create(&recipe, data, 1, &trainer, NULL) != SG_OK)
        return NULL;
    for (int step = 0; step < 3; step++)
        (void)sg_trainer_step(trainer);
    return trainer;
}

/* The recipe of the run that goes on, at random. */
static sg_recipe *recipe_for(uint64_t seed, const sg_network *model,
                             const sg_data *data)
{
    static const char *const frozen[] = {"none", "none", "hidden", "0-1"};
    sg_recipe *r;
    assert_int_equal(sg_network_adapt_recipe(model, sg_data_get_info(data), &r,
                                             NULL),
                     SG_OK);
    sg_recipe_set(r, "batch", pick(seed, 90, 2) ? "1" : "5", NULL);
    sg_recipe_set(r, "momentum", pick(seed, 91, 2) ? "0" : "0.5", NULL);
    sg_recipe_set(r, "rate", pick(seed, 92, 2) ? "shift" : "full", NULL);
    sg_recipe_set(r, "freeze", frozen[pick(seed, 93, 4)], NULL);
    if (!r->standardise)
        sg_recipe_set(r, "master-bits", pick(seed, 94, 2) ? "16" : "32", NULL);
    return r;
}

/* Masters of a kept layer are the model's, in its own unit. */
static void assert_taken_over(const sg__layer *is, const sg__layer *was)
{
    const int down = was->master_shift - is->master_shift;
    assert_int_equal(is->theta_bits, was->theta_bits);
    for (size_t i = 0; i < is->weights; i++) {
        const double unit = down > 0 ? (double)(1 << down) : 1.0;
        const double up = down < 0 ? (double)(1 << -down) : 1.0;
        const double gap = is->master[i] - was->master[i] * up / unit;
        assert_true(gap <= 0.5 && gap >= -0.5);
        assert_int_equal(is->velocity[i], 0);
    }
    assert_memory_equal(is->bias_master, was->bias_master,
                        is->geo.out_c * sizeof *is->bias_master);
}

struct tally {
    unsigned built, frozen, renewed;
};

static void check_layers(const sg_network *net, const sg_network *model,
                         bool renewed, struct tally *tally)
{
    for (size_t l = 0; l < net->layer_count; l++) {
        const sg__layer *layer = &net->layer[l];
        tally->frozen += layer->frozen;
        if (layer->synaptic && !(layer->output && renewed))
            assert_taken_over(layer, &model->layer[l]);
    }
}

static void check_network(uint64_t seed, struct tally *tally)
{
    sg_data *data;
    sg_trainer *run;
    sg_error error = {{0}};
    sg_verification v;
    assert_int_equal(random_data(seed, SAMPLES, &data), SG_OK);
    sg_trainer *from = model_of(seed, data);
    if (!from) {
        sg_data_destroy(data);
        return;
    }
    const sg_network *model = sg_trainer_network(from);
    const int renewed = pick(seed, 95, 3) == 0;
    sg_recipe *recipe = recipe_for(seed, model, data);
    sg_status status =
        sg_trainer_adapt(model, recipe, data, renewed, 1, &run, &error);
    if (status == SG_E_RANGE || status == SG_E_BOUND) { /* freezes all */
        assert_true(strlen(error.text) > 0);
    } else {
        assert_int_equal(status, SG_OK);
        const sg_network *net = sg_trainer_network(run);
        check_layers(net, model, renewed, tally);
        for (int step = 0; step < STEPS; step++)
            (void)sg_trainer_step(run);
        net = sg_trainer_network(run);
        for (size_t l = 0; l < net->layer_count; l++)
            if (net->layer[l].frozen)
                assert_taken_over(&net->layer[l], &model->layer[l]);
        if (sg_verify(net, data, CHECKED, SG_ORDER_RANDOM, seed, NULL, NULL,
                      &v, &error) != SG_OK)
            fail_msg("seed %u: %s", (unsigned)seed, error.text);
        tally->built++;
        tally->renewed += (unsigned)renewed;
        sg_trainer_destroy(run);
    }
    sg_recipe_destroy(recipe);
    sg_trainer_destroy(from);
    sg_data_destroy(data);
}

static void engines_agree_on_what_goes_on(void **state)
{
    (void)state;
    struct tally tally = {0};
    for (uint64_t seed = 1; seed <= NETWORKS; seed++)
        check_network(seed, &tally);
    assert_true(tally.built > NETWORKS / 2);
    assert_true(tally.frozen > NETWORKS / 8 && tally.renewed > NETWORKS / 8);
}

static void another_form_is_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"net", "4C3-P2-6-5"},   {"net", "4C3-P2max-P2-7-5"},
        {"net", "4C3-P2-7-5-5"}, {"weight-bits", "8"},
        {"standardise", "on"},   {"input", "onoff"},
        {"freeze", "0-3"},       {"freeze", "7"},
        {"freeze", "1"},         {"freeze", "0,"},
        {"freeze", "2-0"},
    };
    sg_recipe recipe;
    sg_data *data;
    sg_network *model, *net;
    sg__recipe_init(&recipe);
    sg_recipe_set(&recipe, "net", "4C3-P2-7-5", NULL);
    assert_int_equal(random_data(1, SAMPLES, &data), SG_OK);
    assert_int_equal(sg_network_create(&recipe, data, &model, NULL), SG_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sg_recipe *r;
        sg_error error = {{0}};
        assert_int_equal(sg_network_adapt_recipe(model, sg_data_get_info(data),
                                                 &r, NULL),
                         SG_OK);
        assert_int_equal(sg_recipe_set(r, bad[i][0], bad[i][1], NULL), SG_OK);
        sg_status status = sg_network_adapt(model, r, data, 0, &net, &error);
        if (status != SG_E_TOPOLOGY && status != SG_E_RANGE)
            fail_msg("%s %s: %s", bad[i][0], bad[i][1], error.text);
        assert_null(net);
        assert_true(strlen(error.text) > 0);
        sg_recipe_destroy(r);
    }
    sg_network_destroy(model);
    sg_recipe_set(&recipe, "phi", "kept", NULL);
    assert_int_equal(sg_network_create(&recipe, data, &net, NULL), SG_E_RANGE);
    sg_data_destroy(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engines_agree_on_what_goes_on),
        cmocka_unit_test(another_form_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
