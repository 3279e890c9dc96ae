/* The claim on layers wide enough for the ways that kernels keep for them:
 * multiples of 64 channels, thousands of inputs, more than 2^20 weights. All
 * tables train the same network, and for each the event simulation holds the
 * integers of the ANN engine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "kernels/kernels.h"
#include "network/network.h"
#include "network/recipe.h"
#include "spikegrad/spikegrad.h"

enum { H = 6, W = 7, C = 3, CLASSES = 5, SAMPLES = 24 };
enum { STEPS = 3, CHECKED = 3 };

/* How many neurons are active, and so which kernels are taken, depends on the
 * image, the spread and phi. */
typedef struct variant {
    const char *net;
    uint32_t noise; /* of a pixel, in 1/256, besides the class's column */
    const char *options[12];
} variant;

static const variant variants[] = {
    {"64C3p1-P2max-128C3p1-64C3s2p1-70-5",
     200,
     {"weight-bits", "8", "phi", "1", "dither", "off"}},
    {"64C3p1-128C3p1-64C3s2p1-70-5",
     4,
     {"weight-bits", "8", "spread", "1", "fire", "floor", "phi", "2", "dither",
      "on"}},
    {"64C3p1-P2max-128C3p1-64C3s2p1-70-5",
     100,
     {"weight-bits", "16", "loss", "squared", "phi", "2", "dither", "on"}},
    {"64C3p1-P2avg-128C3p2-P2-128-5",
     250,
     {"weight-bits", "8", "loss", "squared", "fire", "floor"}},
    {"128C3s2p1-64-5", 2, {"weight-bits", "8", "rounding", "stochastic"}},
    {"512C5s3-64C3p1-5",
     60,
     {"weight-bits", "8", "spread", "1", "fire", "floor", "dither", "on"}},
    {"64C3p1-P2max-64C3p1-64C3p1-R2-R1-70-5",
     100,
     {"weight-bits", "8", "phi", "auto:1", "count-cap", "60"}},
    {"100C3p1-260-5", 60, {"weight-bits", "8", "phi", "0.5"}},
    {"100C3p1-260-5", 60, {"weight-bits", "16", "phi", "1", "dither", "on"}},
};

static sg_data *make_data(const variant *v)
{
    static uint8_t pixels[SAMPLES * H * W * C], labels[SAMPLES];
    sg_data_info info = {.name = "wide",
                         .height = H,
                         .width = W,
                         .channels = C,
                         .classes = CLASSES,
                         .size = SAMPLES};
    sg_data *data;
    for (uint32_t s = 0; s < SAMPLES; s++) {
        labels[s] = (uint8_t)(s * 7 % CLASSES);
        for (uint32_t i = 0; i < H * W * C; i++) {
            uint32_t x = sg__random(5, SG__STREAM_INIT, s, i, 0, 0).v[0];
            bool lit = (x & 255) < v->noise || i / C % W == labels[s];
            pixels[s * H * W * C + i] = (uint8_t)(lit ? x >> 24 : 0);
        }
    }
    assert_int_equal(sg_data_from_arrays(&info, pixels, labels, &data, NULL),
                     SG_OK);
    return data;
}

static sg_trainer *train(const variant *v, const sg_data *data,
                         unsigned threads)
{
    sg_recipe recipe;
    sg_trainer *trainer;
    sg__recipe_init(&recipe);
    strcpy(recipe.net, v->net);
    sg_recipe_set(&recipe, "augment", "none", NULL);
    sg_recipe_set(&recipe, "batch", "16", NULL);
    sg_recipe_set(&recipe, "lr", "0.02", NULL); /* stays as it is described */
    for (size_t i = 0; v->options[i]; i += 2)
        assert_int_equal(sg_recipe_set(&recipe, v->options[i],
                                       v->options[i + 1], NULL),
                         SG_OK);
    assert_int_equal(sg_trainer_create(&recipe, data, threads, &trainer, NULL),
                     SG_OK);
    for (int step = 0; step < STEPS; step++)
        assert_int_equal(sg_trainer_step(trainer), SG_OK);
    return trainer;
}

static void assert_same_weights(const sg_trainer *a, const sg_trainer *b)
{
    const sg_network *x = sg_trainer_network(a), *y = sg_trainer_network(b);
    for (size_t l = 0; l < x->layer_count; l++) {
        const sg__layer *p = &x->layer[l], *q = &y->layer[l];
        size_t n = p->weights * sizeof *p->master;
        if (!p->synaptic)
            continue;
        assert_memory_equal(p->master, q->master, n);
        assert_memory_equal(p->velocity, q->velocity, n);
        assert_memory_equal(p->bias, q->bias, p->geo.out_c * sizeof *p->bias);
    }
}

static void check_variant(const variant *v)
{
    sg_data *data = make_data(v);
    setenv("SPIKEGRAD_ISA", "ref", 1);
    sg_trainer *expected = train(v, data, 2);
    for (size_t t = 0; sg__kernels_table(t); t++) {
        sg_verification result;
        sg_error error = {{0}};
        setenv("SPIKEGRAD_ISA", sg__kernels_table(t)->name, 1);
        sg_trainer *trainer = train(v, data, 1);
        assert_same_weights(expected, trainer);
        sg_status status =
            sg_verify(sg_trainer_network(trainer), data, CHECKED,
                      SG_ORDER_RANDOM, t, NULL, NULL, &result, &error);
        if (status != SG_OK)
            print_error("%s, %s: %s\n", sg__kernels_table(t)->name, v->net,
                        error.text);
        assert_int_equal(status, SG_OK);
        assert_true(result.events.backward_spikes > 0);
        sg_trainer_destroy(trainer);
    }
    unsetenv("SPIKEGRAD_ISA");
    sg_trainer_destroy(expected);
    sg_data_destroy(data);
}

static void engines_and_tables_agree_on_wide_layers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++)
        check_variant(&variants[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engines_and_tables_agree_on_wide_layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
