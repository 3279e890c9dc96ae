/* The optimiser's integers against exact rational arithmetic, its schedule
 * against the formulas, and the properties of its rounding. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "network/recipe.h"
#include "optimiser/optimiser.h"

#define WHOLE (1 << 30)

static sg_network *make(const char *rounding, const char *bits)
{
    sg_recipe recipe;
    sg_network *net;
    int theta[SG_LAYERS_MAX] = {10, 12};
    sg__recipe_init(&recipe);
    sg_recipe_set(&recipe, "net", "8-5", NULL);
    sg_recipe_set(&recipe, "rounding", rounding, NULL);
    sg_recipe_set(&recipe, "weight-bits", bits, NULL);
    assert_int_equal(sg__network_plan(&recipe, (sg_shape){3, 3, 1}, 5, &net,
                                      NULL),
                     SG_OK);
    assert_int_equal(sg__network_set_thresholds(net, theta, NULL), SG_OK);
    return net;
}

static void rate_is_the_formula(void **state)
{
    (void)state;
    sg_network *net = make("nearest", "16");
    for (size_t l = 0; l < 2; l++)
        for (int32_t schedule = WHOLE; schedule > 1 << 20; schedule /= 3) {
            const sg__layer *layer = &net->layer[l];
            sg__update u = sg__update_plan(net, l, schedule);
            double lr = 0.25 * schedule / WHOLE;
            double gain = 127 * pow(2, layer->gain_bits);
            double ratio = (double)layer->rate_out / layer->rate_in;
            double expected = lr * ratio * ratio / (128 * gain) *
                              pow(2, layer->theta_bits + layer->master_shift);
            double bias = lr * layer->rate_out * layer->rate_out /
                          (4 * 128 * gain) * pow(2, 27);
            double got = u.weight.mult / pow(2, u.weight.shift);
            double got_bias = u.bias.mult / pow(2, u.bias.shift);
            assert_true(fabs(got / expected - 1) < 1e-3);
            assert_true(fabs(got_bias / bias - 1) < 1e-3);
            assert_int_equal(u.friction, 8192);
        }
    assert_int_equal(net->layer[0].gain_bits, 1); /* one Phi of 1/2 above */
    assert_int_equal(net->layer[1].gain_bits, 0);
    sg_network_destroy(net);
}

static void a_layer_that_fires_too_much_is_restrained(void **state)
{
    (void)state;
    enum { NEURONS = 6, SAMPLES = 5, MOST = NEURONS * SAMPLES * 255 };
    sg_recipe recipe;
    sg_network *net;
    sg__recipe_init(&recipe);
    sg_recipe_set(&recipe, "net", "6-5", NULL);
    sg_recipe_set(&recipe, "standardise", "on", NULL);
    sg_recipe_set(&recipe, "spike-limit", "0.8", NULL); /* 24 spikes */
    assert_int_equal(sg__network_plan(&recipe, (sg_shape){3, 3, 1}, 5, &net,
                                      NULL),
                     SG_OK);
    for (uint64_t spikes = 0; spikes <= MOST; spikes++) {
        sg__update u = {.shrink = -1};
        double over = (double)spikes / 24 - 1;
        double expected = over > 0 ? fmin(over / 256, 1. / 16) : 0;
        sg__update_restrain(net, 0, spikes, SAMPLES, &u);
        assert_true(fabs(u.shrink / 0x1p32 - expected) < 1e-6);
        sg__update_restrain(net, 1, spikes, SAMPLES, &u); /* the readout */
        assert_int_equal(u.shrink, 0);
    }
    net->recipe.spike_limit_ppm = 0;
    sg__update u = {.shrink = -1};
    sg__update_restrain(net, 0, MOST, SAMPLES, &u);
    assert_int_equal(u.shrink, 0);
    sg_network_destroy(net);
}

/* Without a gradient: gains and biases lose the same share, weights none. */
static void restraint_scales_the_charge(void **state)
{
    (void)state;
    sg_recipe recipe;
    sg_network *net;
    const int theta[] = {10, 12};
    int32_t gradient[6 * 9] = {0}, bias_gradient[6] = {0};
    sg__recipe_init(&recipe);
    sg_recipe_set(&recipe, "net", "6-5", NULL);
    sg_recipe_set(&recipe, "standardise", "on", NULL);
    assert_int_equal(sg__network_plan(&recipe, (sg_shape){3, 3, 1}, 5, &net,
                                      NULL),
                     SG_OK);
    assert_int_equal(sg__network_set_thresholds(net, theta, NULL), SG_OK);
    sg__layer *layer = &net->layer[0];
    layer->row_norm = 1 << 12;
    sg__network_refresh(net);
    for (int32_t i = 0; i < 6; i++) {
        layer->gain[i] = (i - 2) * 65536;
        layer->bias_master[i] = (3 - i) * 65536;
    }
    sg__update u = sg__update_plan(net, 0, WHOLE);
    u.shrink = 1 << 28;
    sg__update_apply(net, sg__kernels_table(0), 0, &u, 0, 0, 6, gradient,
                     bias_gradient);
    for (int32_t i = 0; i < 6; i++) {
        assert_int_equal(layer->gain[i], (i - 2) * 61440);
        assert_int_equal(layer->bias_master[i], (3 - i) * 61440);
    }
    for (size_t i = 0; i < layer->weights; i++)
        assert_int_equal(layer->master[i], 0);
    sg_network_destroy(net);
}

static void schedules_follow_their_formulas(void **state)
{
    (void)state;
    sg_recipe recipe;
    enum { STEPS = 1000, EPOCH = 100, WARM = 10 };
    sg__recipe_init(&recipe);
    for (int kind = 0; kind <= SG_SCHEDULE_CONSTANT; kind++) {
        recipe.schedule = kind;
        for (uint64_t step = 0; step < STEPS; step++) {
            double x = (double)(step - WARM) / (STEPS - WARM);
            double expected = step < WARM ? (double)(step + 1) / (WARM + 1)
                              : kind == SG_SCHEDULE_LINEAR ? 1 - x
                              : kind == SG_SCHEDULE_COSINE
                                  ? (1 + cos(acos(-1) * x)) / 2
                                  : 1;
            double got =
                (double)sg__schedule(&recipe, step, STEPS, EPOCH) / WHOLE;
            assert_true(fabs(got - expected) < 1e-5);
        }
    }
    recipe.schedule = SG_SCHEDULE_LINEAR;
    assert_int_equal(sg__schedule(&recipe, STEPS, STEPS, EPOCH), 0);
    recipe.warmup_ppm = 100 * 1000000; /* longer than the run */
    assert_int_equal(sg__schedule(&recipe, STEPS - 1, STEPS, EPOCH),
                     (int64_t)WHOLE * STEPS / (STEPS + 1));
}

static void rates_go_by_steps(void **state)
{
    (void)state;
    sg_recipe recipe;
    sg__recipe_init(&recipe);
    recipe.warmup_ppm = 0;
    sg_recipe_set(&recipe, "schedule", "step", NULL);
    sg_recipe_set(&recipe, "rate-steps", "30:0.1", NULL);
    assert_int_equal(sg__schedule(&recipe, 2999, 9000, 100), WHOLE);
    assert_int_equal(sg__schedule(&recipe, 3000, 9000, 100), WHOLE / 10);
    assert_int_equal(sg__schedule(&recipe, 8999, 9000, 100), WHOLE / 10 / 10);
    sg_recipe_set(&recipe, "rate-steps", "0.000001:0.999", NULL);
    assert_int_equal(sg__schedule(&recipe, 1, 9000, 100),
                     WHOLE * INT64_C(999) / 1000); /* at least one step */
    assert_int_equal(sg__schedule(&recipe, UINT64_MAX / 2, UINT64_MAX, 100),
                     0);
    sg_recipe_set(&recipe, "schedule", "list", NULL);
    sg_recipe_set(&recipe, "rate-steps", "0.5:0.25,60:0,80:1", NULL);
    assert_int_equal(sg__schedule(&recipe, 49, 9000, 100), WHOLE);
    assert_int_equal(sg__schedule(&recipe, 50, 9000, 100), WHOLE / 4);
    assert_int_equal(sg__schedule(&recipe, 6000, 9000, 100), 0);
    assert_int_equal(sg__schedule(&recipe, 9000, 9000, 100), WHOLE);
    recipe.warmup_ppm = 1000000; /* rises to what the list has */
    assert_int_equal(sg__schedule(&recipe, 49, 9000, 100),
                     WHOLE * INT64_C(50) / 101);
    assert_int_equal(sg__schedule(&recipe, 50, 9000, 100),
                     WHOLE / 4 * INT64_C(51) / 101);
}

static void steps_that_are_none_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *schedule, *steps;
    } bad[] = {
        {"list", ""},          {"list", "3"},          {"list", "3:"},
        {"list", ":1"},        {"list", "3:1,"},       {"list", "3:1,3:0.5"},
        {"list", "3:1,2:1"},   {"list", "3:1.000001"}, {"list", "100001:1"},
        {"list", "3:-1"},      {"list", "3:1 ,4:1"},   {"list", "1:0.1234567"},
        {"step", "3:1,4:1"},   {"step", "0:0.1"},      {"step", "3:1"},
        {"linear", "3:1;4:1"},
    };
    sg_recipe recipe;
    sg_error error = SG_ERROR_INIT;
    sg__recipe_init(&recipe);
    assert_int_equal(sg__recipe_check(&recipe, &error), SG_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sg_recipe_set(&recipe, "schedule", bad[i].schedule, NULL);
        sg_recipe_set(&recipe, "rate-steps", bad[i].steps, NULL);
        assert_int_equal(sg__recipe_check(&recipe, &error), SG_E_RANGE);
        assert_non_null(strstr(error.text, "rate-steps: '"));
    }
}

static void step_is_exact(void **state)
{
    (void)state;
    sg_network *net = make("nearest", "16");
    sg__layer *layer = &net->layer[0];
    sg__update u = sg__update_plan(net, 0, WHOLE);
    int32_t *gradient = calloc(layer->weights, sizeof *gradient);
    int32_t bias[8] = {0};
    assert_non_null(gradient);
    for (size_t i = 0; i < layer->weights; i++)
        gradient[i] = (int32_t)i * 977 - 30000;
    for (int step = 0; step < 3; step++) {
        int32_t *master = layer->master, *velocity = layer->velocity;
        long double v[72], w[72];
        for (size_t i = 0; i < layer->weights; i++) {
            v[i] =
                velocity[i] -
                floorl(velocity[i] * (long double)u.friction / 65536 + 0.5L) +
                gradient[i];
            w[i] =
                master[i] -
                floorl(v[i] * u.weight.mult / powl(2, u.weight.shift) + 0.5L);
        }
        sg__update_apply(net, sg__kernels_table(0), 0, &u, (uint64_t)step, 0,
                         8, gradient, bias);
        for (size_t i = 0; i < layer->weights; i++) {
            assert_true(velocity[i] == (int32_t)v[i]);
            assert_true(master[i] == (int32_t)w[i]);
            assert_true(sg__layer_weight(layer, i) ==
                        (int32_t)floorl(w[i] / 65536 + 0.5L));
        }
    }
    free(gradient);
    sg_network_destroy(net);
}

static void everything_saturates(void **state)
{
    (void)state;
    sg_network *net = make("nearest", "8");
    sg__layer *layer = &net->layer[0];
    sg__update u = {.weight = {WHOLE - 1, 1}, .bias = {WHOLE - 1, 1}};
    int32_t gradient[72], bias[8];
    for (int i = 0; i < 72; i++)
        gradient[i] = i % 2 ? INT32_MAX : -INT32_MAX;
    for (int i = 0; i < 8; i++)
        bias[i] = i % 2 ? INT32_MAX : -INT32_MAX;
    for (uint64_t step = 0; step < 4; step++)
        sg__update_apply(net, sg__kernels_table(0), 0, &u, step, 0, 8,
                         gradient, bias);
    for (int i = 0; i < 72; i++) {
        assert_int_equal(sg__layer_weight(layer, (size_t)i),
                         i % 2 ? -127 : 127);
        assert_int_equal(layer->velocity[i], gradient[i]);
    }
    for (int i = 0; i < 8; i++)
        assert_int_equal(layer->bias[i],
                         i % 2 ? -layer->bias_limit : layer->bias_limit);
    sg_network_destroy(net);
}

/* Over many draws the stochastic step averages to the exact one, and a range
 * of channels gets the draws it would get in a whole layer. */
static void stochastic_rounding_is_unbiased(void **state)
{
    (void)state;
    sg_network *net = make("stochastic", "16"),
               *part = make("stochastic", "16");
    sg__update u = {.weight = {3 << 20, 24}, /* 3/16 a unit */
                    .bias = {3 << 20, 24},
                    .friction = 65536};
    int32_t gradient[72], bias[8] = {0};
    enum { STEPS = 4000 };
    for (int i = 0; i < 72; i++)
        gradient[i] = 1;
    for (uint64_t step = 0; step < STEPS; step++) {
        sg__update_apply(net, sg__kernels_table(0), 0, &u, step, 0, 8,
                         gradient, bias);
        sg__update_apply(part, sg__kernels_table(0), 0, &u, step, 0, 3,
                         gradient, bias);
        sg__update_apply(part, sg__kernels_table(0), 0, &u, step, 3, 8,
                         gradient, bias);
    }
    for (int i = 0; i < 72; i++) {
        /* mean 750, standard deviation 24.7 */
        assert_in_range(-net->layer[0].master[i], 750 - 125, 750 + 125);
        assert_int_equal(net->layer[0].master[i], part->layer[0].master[i]);
    }
    sg_network_destroy(net);
    sg_network_destroy(part);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rate_is_the_formula),
        cmocka_unit_test(a_layer_that_fires_too_much_is_restrained),
        cmocka_unit_test(restraint_scales_the_charge),
        cmocka_unit_test(schedules_follow_their_formulas),
        cmocka_unit_test(rates_go_by_steps),
        cmocka_unit_test(steps_that_are_none_are_refused),
        cmocka_unit_test(step_is_exact),
        cmocka_unit_test(everything_saturates),
        cmocka_unit_test(stochastic_rounding_is_unbiased),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
