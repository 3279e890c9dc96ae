/* Dropout: how many units take part and which, what the network in use makes
 * of it, and that both engines mean the same units. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ann/ann.h"
#include "core/dropout.h"
#include "network/network.h"
#include "network/recipe.h"
#include "random_network.h"

enum { SAMPLES = 30, HIDDEN = 12, CLASSES = 5 };

static sg_data *data;

static sg_network *create(const char *text, const char *fire, const char *bits)
{
    sg_recipe recipe;
    sg_network *net;
    sg_error error = {""};
    sg__recipe_init(&recipe);
    strcpy(recipe.net, text);
    strcpy(recipe.augment, "none");
    assert_int_equal(sg_recipe_set(&recipe, "fire", fire, NULL), SG_OK);
    assert_int_equal(sg_recipe_set(&recipe, "weight-bits", bits, NULL), SG_OK);
    sg_status status = sg_network_create(&recipe, data, &net, &error);
    if (status != SG_OK)
        print_error("%s: %s\n", text, error.text);
    assert_int_equal(status, SG_OK);
    for (size_t l = 0; l < net->layer_count; l++) {
        sg__layer *layer = &net->layer[l];
        for (uint32_t k = 0; layer->synaptic && k < layer->geo.out_c; k++)
            layer->bias[k] = (int32_t)pick(l, 70 + k, 40) - 20;
    }
    return net;
}

static sg_simulation *simulate(const sg_network *net)
{
    sg_simulation *sim;
    assert_int_equal(sg_simulation_create(net, SG_ORDER_TURNS, 1, &sim, NULL),
                     SG_OK);
    return sim;
}

/* One in two, or in four, within five standard deviations; each draw of step,
 * sample, layer and unit by itself. */
static void the_share_that_takes_part(void **state)
{
    (void)state;
    enum { UNITS = 1000, TIMES = 40 };
    for (int bits = 1; bits <= 2; bits++) {
        const double p = 1.0 / (1 << bits), n = UNITS * TIMES;
        double sum = 0, twice[3] = {0};
        for (uint32_t s = 0; s < TIMES; s++)
            for (uint32_t i = 0; i < UNITS; i++) {
                const int it = sg__takes_part(7, 3, s, 1, i, bits);
                sum += it;
                twice[0] += it && sg__takes_part(7, 4, s, 1, i, bits);
                twice[1] += it && sg__takes_part(7, 3, s, 2, i, bits);
                twice[2] += it && sg__takes_part(7, 3, s, 1, i + 1, bits);
            }
        assert_true(fabs(sum - n * p) < 5 * sqrt(n * p * (1 - p)));
        for (int k = 0; k < 3; k++)
            assert_true(fabs(twice[k] - n * p * p) <
                        6 * sqrt(n * p * p * (1 - p * p)));
    }
}

/* The ANN engine takes draws apart word by word, the definition by unit. */
static void both_ways_to_draw_agree(void **state)
{
    (void)state;
    static const char *const texts[] = {"7C3-D2-5", "7C3-D4-5", "33-D2-D4-5"};
    enum { MOST = 2048 };
    static uint8_t in[MOST], out[MOST];
    static int32_t u[MOST];
    for (size_t t = 0; t < 3; t++) {
        sg_network *net = create(texts[t], "round", "16");
        for (size_t l = 0; l < net->layer_count; l++) {
            const sg__layer *layer = &net->layer[l];
            const uint32_t n = (uint32_t)sg__outputs(&layer->geo);
            if (layer->kind->id != SG_LAYER_DROPOUT)
                continue;
            assert_in_range(n, 1, MOST);
            for (uint32_t i = 0; i < n; i++) {
                in[i] = (uint8_t)(1 + i % 255);
                u[i] = (int32_t)i - 1000;
            }
            const sg__passage p = {.layer = layer,
                                   .index = (uint32_t)l,
                                   .in = in,
                                   .training = true,
                                   .seed = net->recipe.seed,
                                   .step = 9,
                                   .sample = 4};
            layer->kind->forward(&p, NULL, out);
            assert_ptr_equal(layer->kind->backward(&p, u, NULL), u);
            for (uint32_t i = 0; i < n; i++) {
                int it = sg__takes_part(net->recipe.seed, 9, 4, (uint32_t)l, i,
                                        layer->keep_bits);
                assert_int_equal(out[i], it ? in[i] : 0);
                assert_int_equal(u[i], it ? (int32_t)i - 1000 : 0);
            }
        }
        sg_network_destroy(net);
    }
}

/* The last layer in use, by hand: factor times its bias, and all spikes. */
static void logits_by_hand(const sg_network *net, const sg_simulation *sim,
                           int64_t factor, int64_t *logits)
{
    const size_t top = net->layer_count - 1;
    const sg__layer *layer = &net->layer[top];
    const uint8_t *counts = sg_simulation_counts(sim, top);
    const size_t n = sg__fan_in(&layer->geo);
    for (size_t k = 0; k < CLASSES; k++) {
        logits[k] = factor * layer->bias[k];
        for (size_t j = 0; j < n; j++)
            logits[k] += sg__layer_weight(layer, k * n + j) * counts[j];
    }
}

/* In use the logits are what those of training come to on average, in smaller
 * units: the last layer is linear, and the layer below is not gated itself. */
static void use_is_the_mean_of_training(void **state)
{
    (void)state;
    static const char *const texts[] = {"12-D2-5", "12-D4-5", "12-D2-D4-5"};
    static const int64_t factors[] = {2, 4, 8};
    enum { TIMES = 1500 };
    for (size_t t = 0; t < 3; t++) {
        sg_network *net = create(texts[t], "round", "16");
        sg_simulation *sim = simulate(net);
        const uint8_t *pixels = sg_data_pixels(data, 2);
        const int32_t *v = sg_simulation_potentials(sim, net->layer_count);
        const double k = (double)factors[t];
        int64_t expected[CLASSES];
        int32_t logits[CLASSES];
        double sum[CLASSES] = {0}, squares[CLASSES] = {0};
        uint32_t label;
        assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
        logits_by_hand(net, sim, factors[t], expected);
        assert_int_equal(sg_network_classify(net, pixels, logits, &label),
                         SG_OK);
        for (size_t i = 0; i < CLASSES; i++) {
            assert_int_equal(v[i], expected[i]);
            assert_int_equal(logits[i], expected[i]);
        }
        for (uint64_t step = 0; step < TIMES; step++) {
            assert_int_equal(sg_simulation_present_training(sim, pixels, step,
                                                            2),
                             SG_OK);
            for (size_t i = 0; i < CLASSES; i++) {
                sum[i] += k * v[i];
                squares[i] += k * v[i] * k * v[i];
            }
        }
        for (size_t i = 0; i < CLASSES; i++) {
            double mean = sum[i] / TIMES;
            double deviation = sqrt(squares[i] / TIMES - mean * mean);
            assert_true(deviation > 0);
            assert_true(fabs(mean - (double)expected[i]) <
                        5 * deviation / sqrt(TIMES));
        }
        sg_simulation_destroy(sim);
        sg_network_destroy(net);
    }
}

/* A hidden layer behind a dropout, in use: Theta, H and bias four times, for
 * either way to fire; nothing is scaled in training. */
static void hidden_thresholds_grow(void **state)
{
    (void)state;
    static const char *const fires[] = {"round", "floor"};
    for (int f = 0; f < 2; f++) {
        sg_network *net = create("D4-12-5", fires[f], "16");
        sg_simulation *sim = simulate(net);
        const sg__layer *layer = &net->layer[1];
        const size_t n = sg__fan_in(&layer->geo);
        sg_layer_info info;
        assert_int_equal(sg_network_get_layer(net, 1, &info), SG_OK);
        assert_int_equal(info.theta_in_use, 4 * info.theta);
        for (int training = 0; training < 2; training++) {
            const uint8_t *pixels = sg_data_pixels(data, 5);
            const int factor = training ? 1 : 4;
            assert_int_equal(training
                                 ? sg_simulation_present_training(sim, pixels,
                                                                  6, 5)
                                 : sg_simulation_present(sim, pixels),
                             SG_OK);
            const uint8_t *counts = sg_simulation_counts(sim, 1);
            for (size_t i = 0; i < HIDDEN; i++) {
                int32_t a = factor * layer->bias[i];
                for (size_t j = 0; j < n; j++)
                    a += sg__layer_weight(layer, i * n + j) * counts[j];
                assert_int_equal(
                    sg_simulation_counts(sim, 2)[i],
                    sg__response(a, layer->theta_bits + (training ? 0 : 2),
                                 layer->fire_level * factor, layer->cap));
            }
        }
        sg_simulation_destroy(sim);
        sg_network_destroy(net);
    }
}

/* Every kernel table forms the logits of the simulation, which knows no table,
 * with the larger thresholds and biases as well. */
static void tables_agree_in_use(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "7C3p1-D2-20C3-D4-33-D2-5",
        "D4-16C3p1-P2max-D2-64C3p1-D2-D2-5",
    };
    for (int t = 0; t < 4; t++) {
        sg_network *net = create(texts[t / 2], "round", t % 2 ? "8" : "16");
        sg_simulation *sim = simulate(net);
        for (uint32_t s = 0; s < 3; s++) {
            const uint8_t *pixels = sg_data_pixels(data, s);
            const int32_t *v = sg_simulation_potentials(sim, net->layer_count);
            int32_t logits[CLASSES];
            uint32_t label;
            assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
            for (size_t i = 0; sg__kernels_table(i); i++) {
                setenv("SPIKEGRAD_ISA", sg__kernels_table(i)->name, 1);
                assert_int_equal(sg_network_classify(net, pixels, logits,
                                                     &label),
                                 SG_OK);
                assert_memory_equal(logits, v, sizeof logits);
            }
            unsetenv("SPIKEGRAD_ISA");
        }
        sg_simulation_destroy(sim);
        sg_network_destroy(net);
    }
}

/* What is gated off sends nothing up and gets nothing from above. */
static void gated_units_are_silent(void **state)
{
    (void)state;
    sg_network *net = create("12-D2-9-5", "round", "16");
    sg_simulation *sim = simulate(net);
    unsigned off = 0, on = 0;
    for (uint32_t s = 0; s < SAMPLES; s++) {
        assert_int_equal(
            sg_simulation_present_training(sim, sg_data_pixels(data, s), 3, s),
            SG_OK);
        assert_int_equal(sg_simulation_learn(sim, sg_data_label(data, s), 3,
                                             s),
                         SG_OK);
        for (uint32_t i = 0; i < HIDDEN; i++) {
            const uint8_t sent = sg_simulation_counts(sim, 1)[i];
            const uint8_t passed = sg_simulation_counts(sim, 2)[i];
            if (sg__takes_part(net->recipe.seed, 3, s, 1, i, 1)) {
                assert_int_equal(passed, sent);
                on += sg_simulation_errors(sim, 1)[i] != 0;
                continue;
            }
            off += sent > 0;
            assert_int_equal(passed, 0);
            assert_int_equal(sg_simulation_errors(sim, 1)[i], 0);
        }
    }
    assert_true(off > 0 && on > 0);
    sg_simulation_destroy(sim);
    sg_network_destroy(net);
}

/* Only what was presented as in training has an error to learn from. */
static void use_cannot_be_learned(void **state)
{
    (void)state;
    sg_network *net = create("12-D2-5", "round", "16");
    sg_simulation *sim = simulate(net);
    const uint8_t *pixels = sg_data_pixels(data, 0);
    uint64_t spikes;
    assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
    assert_int_equal(sg_simulation_learn(sim, 0, 0, 0), SG_E_ARGUMENT);
    assert_int_equal(sg_simulation_begin(sim, pixels, &spikes), SG_OK);
    assert_int_equal(sg_simulation_arrive(sim, spikes), SG_OK);
    assert_int_equal(sg_simulation_learn(sim, 0, 0, 0), SG_E_ARGUMENT);
    assert_int_equal(sg_simulation_present_training(sim, pixels, 0, 0), SG_OK);
    assert_int_equal(sg_simulation_learn(sim, 0, 0, 0), SG_OK);
    sg_simulation_destroy(sim);
    sg_network_destroy(net);
}

/* sg_verify looks at the network in use as well. */
static void verification_covers_use(void **state)
{
    (void)state;
    sg_network *net = create("12-D2-5", "round", "16");
    sg_verification plain, v;
    assert_int_equal(sg_verify(net, data, 4, SG_ORDER_RANDOM, 1, NULL, NULL,
                               &v, NULL),
                     SG_OK);
    sg_network *same = create("12-5", "round", "16");
    assert_int_equal(sg_verify(same, data, 4, SG_ORDER_RANDOM, 1, NULL, NULL,
                               &plain, NULL),
                     SG_OK);
    /* of each sample: what the dropout sends on in training; in use that, and
     * count and potential of the others, but for the last layer's counts */
    assert_int_equal(v.compared - plain.compared,
                     4 * (HIDDEN + HIDDEN + 2 * HIDDEN + CLASSES));
    sg_network_destroy(same);
    sg_network_destroy(net);
}

static int set_up(void **state)
{
    (void)state;
    return random_data(2, SAMPLES, &data) != SG_OK;
}

static int tear_down(void **state)
{
    (void)state;
    sg_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_share_that_takes_part),
        cmocka_unit_test(both_ways_to_draw_agree),
        cmocka_unit_test(use_is_the_mean_of_training),
        cmocka_unit_test(hidden_thresholds_grow),
        cmocka_unit_test(tables_agree_in_use),
        cmocka_unit_test(gated_units_are_silent),
        cmocka_unit_test(use_cannot_be_learned),
        cmocka_unit_test(verification_covers_use),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
