/* sg_observe against a recount, neuron by neuron, of what the simulation of
 * every spike ends with; on random networks, for any number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "network/network.h"
#include "network/recipe.h"
#include "random_network.h"

enum {
    NETWORKS = DRAWN(40),
    SAMPLES = 80,
    OBSERVED = 70,
    NEURONS_MAX = 1 << 14
};

/* Neurons of one layer that took part so far. */
typedef struct seen {
    uint8_t spoke[NEURONS_MAX], erred[NEURONS_MAX];
} seen;

static void recount_layer(const sg_simulation *sim, size_t l, bool output,
                          const sg_layer_info *info, seen *s,
                          sg_layer_observation *to)
{
    const uint8_t *counts = sg_simulation_counts(sim, l + 1);
    const int8_t *errors = sg_simulation_errors(sim, l + 1);
    for (size_t i = 0; i < info->neurons && !output; i++) {
        to->counts[counts[i]]++;
        to->saturated += counts[i] == info->count_cap;
        to->silent -= !s->spoke[i] && counts[i] > 0;
        s->spoke[i] |= counts[i] > 0;
    }
    for (size_t i = 0; i < info->neurons && info->synapses > 0; i++) {
        to->errors[errors[i] + SG_ERROR_CENTRE]++;
        to->errorless -= !s->erred[i] && errors[i] != 0;
        s->erred[i] |= errors[i] != 0;
    }
}

static void recount(const sg_network *net, const sg_data *data,
                    sg_layer_observation *out)
{
    sg_simulation *sim;
    sg_network_info info;
    sg_layer_info layer;
    sg_network_get_info(net, &info);
    seen *s = calloc(info.layers, sizeof *s);
    assert_non_null(s);
    memset(out, 0, info.layers * sizeof *out);
    for (size_t l = 0; l < info.layers; l++) {
        assert_int_equal(sg_network_get_layer(net, l, &layer), SG_OK);
        assert_true(layer.neurons <= NEURONS_MAX);
        out[l].neurons = layer.neurons;
        out[l].silent = l + 1 < info.layers ? layer.neurons : 0;
        out[l].errorless = layer.synapses > 0 ? layer.neurons : 0;
    }
    assert_int_equal(sg_simulation_create(net, SG_ORDER_RANDOM, 3, &sim, NULL),
                     SG_OK);
    for (uint32_t i = 0; i < OBSERVED; i++) {
        assert_int_equal(sg_simulation_present_training(
                             sim, sg_data_pixels(data, i), info.step, i),
                         SG_OK);
        assert_int_equal(sg_simulation_learn(sim, sg_data_label(data, i),
                                             info.step, i),
                         SG_OK);
        for (size_t l = 0; l < info.layers; l++) {
            assert_int_equal(sg_network_get_layer(net, l, &layer), SG_OK);
            recount_layer(sim, l, l + 1 == info.layers, &layer, &s[l],
                          &out[l]);
        }
    }
    sg_simulation_destroy(sim);
    free(s);
}

/* Two parts: sums add up, and so do the marks of who has sent. */
static void check_parts(const sg_network *net, const sg_data *data,
                        const sg_layer_observation *whole)
{
    enum { FIRST = 7, NEURONS = 16384 };
    static sg_layer_observation part[2][SG_LAYERS_MAX];
    static uint8_t spoke[NEURONS], erred[NEURONS];
    memset(spoke, 0, sizeof spoke);
    memset(erred, 0, sizeof erred);
    for (uint32_t i = 0; i < 2; i++) {
        sg_observe_options how = SG_OBSERVE_OPTIONS_INIT;
        how.first = i ? FIRST : 0;
        how.samples = i ? OBSERVED - FIRST : FIRST;
        how.threads = 1 + i;
        how.spoke = spoke;
        how.erred = erred;
        assert_int_equal(sg_observe_with(net, data, &how, part[i], NULL),
                         SG_OK);
    }
    for (size_t l = 0, at = 0; l < net->layer_count; l++) {
        const sg_layer_observation *w = &whole[l], *a = &part[0][l],
                                   *b = &part[1][l];
        uint64_t sent = 0, errors = 0;
        assert_true(at + w->neurons <= NEURONS);
        for (size_t i = 0; i < w->neurons; i++, at++) {
            sent += spoke[at];
            errors += erred[at];
        }
        assert_int_equal(w->saturated, a->saturated + b->saturated);
        for (size_t i = 0; i < SG_COUNT_BINS; i++)
            assert_int_equal(w->counts[i], a->counts[i] + b->counts[i]);
        for (size_t i = 0; i < SG_ERROR_BINS; i++)
            assert_int_equal(w->errors[i], a->errors[i] + b->errors[i]);
        if (l + 1 < net->layer_count)
            assert_int_equal(w->silent, w->neurons - sent);
        if (net->layer[l].synaptic)
            assert_int_equal(w->errorless, w->neurons - errors);
    }
}

static void check_network(uint64_t seed, unsigned *built, uint64_t *silent)
{
    static sg_layer_observation expected[SG_LAYERS_MAX], found[SG_LAYERS_MAX];
    sg_recipe recipe;
    sg_data *data;
    sg_trainer *trainer;
    random_recipe(seed, &recipe);
    assert_int_equal(random_data(seed, SAMPLES, &data), SG_OK);
    if (sg_trainer_create(&recipe, data, 1, &trainer, NULL) == SG_OK) {
        const sg_network *net = sg_trainer_network(trainer);
        size_t bytes = net->layer_count * sizeof *found;
        *built += 1;
        for (int step = 0; step < 4; step++)
            (void)sg_trainer_step(trainer);
        recount(net, data, expected);
        for (unsigned threads = 1; threads <= 9; threads += 4) {
            memset(found, 0xff, bytes);
            assert_int_equal(sg_observe(net, data, OBSERVED, threads, found,
                                        NULL),
                             SG_OK);
            assert_memory_equal(found, expected, bytes);
        }
        check_parts(net, data, expected);
        for (size_t l = 0; l < net->layer_count; l++)
            *silent += expected[l].silent;
        sg_trainer_destroy(trainer);
    }
    sg_data_destroy(data);
}

static void observation_is_a_recount(void **state)
{
    (void)state;
    unsigned built = 0;
    uint64_t silent = 0;
    for (uint64_t seed = 1; seed <= NETWORKS; seed++)
        check_network(seed, &built, &silent);
    assert_true(built > NETWORKS / 2);
    assert_true(silent > 0);
}

static void what_cannot_be_observed_is_refused(void **state)
{
    (void)state;
    sg_layer_observation found[3];
    sg_recipe recipe;
    sg_error error = {""};
    sg_data *data, *other;
    sg_network *net;
    sg__recipe_init(&recipe);
    strcpy(recipe.net, "4C3-P2-5");
    assert_int_equal(random_data(3, SAMPLES, &data), SG_OK);
    assert_int_equal(sg_network_create(&recipe, data, &net, NULL), SG_OK);
    assert_int_equal(sg_observe(net, data, 0, 1, found, &error), SG_E_RANGE);
    assert_string_equal(error.text, "0 samples, expected 1 to 80");
    assert_int_equal(sg_observe(net, data, SAMPLES + 1, 1, found, NULL),
                     SG_E_RANGE);
    assert_int_equal(sg_observe(net, data, 1, 257, found, NULL), SG_E_RANGE);
    assert_int_equal(sg_data_open("glyphs:train=9,test=9", SG_SPLIT_TEST,
                                  &other, NULL),
                     SG_OK);
    assert_int_equal(sg_observe(net, other, 1, 1, found, NULL), SG_E_ARGUMENT);
    sg_observe_options how = SG_OBSERVE_OPTIONS_INIT;
    how.first = SAMPLES;
    assert_int_equal(sg_observe_with(net, data, &how, found, NULL),
                     SG_E_RANGE);
    how.first = SAMPLES - 1;
    how.samples = 2;
    assert_int_equal(sg_observe_with(net, data, &how, found, &error),
                     SG_E_RANGE);
    assert_string_equal(error.text, "2 samples, expected 1 to 1");
    assert_int_equal(sg_observe_with(net, data, NULL, found, NULL),
                     SG_E_ARGUMENT);
    how.size = 1;
    assert_int_equal(sg_observe_with(net, data, &how, found, NULL),
                     SG_E_ARGUMENT);
    sg_data_destroy(other);
    sg_network_destroy(net);
    sg_data_destroy(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(observation_is_a_recount),
        cmocka_unit_test(what_cannot_be_observed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
