/* The bits of a whole training run, pinned: a change here is a change of the
 * definition (docs/semantics.md) and must be meant. Every option is spelled
 * out, so that new defaults do not move it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "network/network.h"
#include "network/recipe.h"
#include "spikegrad/spikegrad.h"

/* FNV-1a over the bytes of 32-bit integers, little end first. */
static uint64_t hash(uint64_t h, const int32_t *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (int byte = 0; byte < 4; byte++) {
            h ^= ((uint32_t)values[i] >> (8 * byte)) & 255;
            h *= UINT64_C(1099511628211);
        }
    return h;
}

static uint64_t state_hash(const sg_network *net)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t l = 0; l < net->layer_count; l++) {
        const sg__layer *layer = &net->layer[l];
        if (!layer->synaptic)
            continue;
        h = hash(h, layer->master, layer->weights);
        h = hash(h, layer->velocity, layer->weights);
        h = hash(h, layer->bias_master, layer->geo.out_c);
        if (layer->standardised)
            h = hash(h, layer->gain, layer->geo.out_c);
    }
    return h;
}

static const char *const common[][2] = {
    {"count-cap", "31"},   {"input-levels", "15"}, {"fire", "round"},
    {"spread", "4"},       {"alpha", "127"},       {"phi", "0.5"},
    {"epochs", "1"},       {"batch", "16"},        {"lr", "0.25"},
    {"momentum", "0.875"}, {"warmup", "0.1"},      {"seed", "1"},
    {"smoothing", "0"},    {"target", "8"},        {"validation", "0"},
};

static uint64_t train(const char *const (*options)[2], size_t count)
{
    sg_recipe recipe;
    sg_data *data;
    sg_trainer *trainer;
    sg__recipe_init(&recipe);
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        assert_int_equal(sg_recipe_set(&recipe, common[i][0], common[i][1],
                                       NULL),
                         SG_OK);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(sg_recipe_set(&recipe, options[i][0], options[i][1],
                                       NULL),
                         SG_OK);
    assert_int_equal(sg_data_open("glyphs:train=200,test=1", SG_SPLIT_TRAIN,
                                  &data, NULL),
                     SG_OK);
    assert_int_equal(sg_trainer_create(&recipe, data, 2, &trainer, NULL),
                     SG_OK);
    assert_int_equal(sg_trainer_run(trainer, NULL, NULL, NULL), SG_OK);
    uint64_t h = state_hash(sg_trainer_network(trainer));
    sg_trainer_destroy(trainer);
    sg_data_destroy(data);
    return h;
}

static void int16_softmax(void **state)
{
    (void)state;
    static const char *const options[][2] = {
        {"net", "6C5-P2-9C3p1-P2max-20-10"},
        {"weight-bits", "16"},
        {"loss", "softmax"},
        {"dither", "off"},
        {"rounding", "nearest"},
        {"schedule", "linear"},
        {"augment", "affine"},
    };
    assert_int_equal(train(options, 7), UINT64_C(0xbffc1f63e44a9e5));
}

static void int8_squared_dither_stochastic(void **state)
{
    (void)state;
    static const char *const options[][2] = {
        {"net", "5C4s2p1-P2avg-20-10"},
        {"weight-bits", "8"},
        {"loss", "squared"},
        {"dither", "on"},
        {"rounding", "stochastic"},
        {"schedule", "cosine"},
        {"augment", "shift:2"},
    };
    assert_int_equal(train(options, 7), UINT64_C(0x664a4368e1b4160e));
}

static void deep_standardised(void **state)
{
    (void)state;
    static const char *const options[][2] = {
        {"net", "6C3p1-6C3p1-P2max-9C3p1-9C3p1-P2-12C3p1-10"},
        {"weight-bits", "8"},
        {"loss", "softmax"},
        {"standardise", "on"},
        {"input", "onoff"},
        {"phi", "auto:1"},
        {"weight-decay", "0.0005"},
        {"readout-rate", "0.1"},
        {"gain-limit", "2"},
        {"spread", "2"},
        {"augment", "crop:2+flip"},
        {"dither", "on"},
        {"rounding", "nearest"},
        {"batch", "8"},
        {"schedule", "cosine"},
    };
    assert_int_equal(train(options, 15), UINT64_C(0xa7ddf7cdf1ebab08));
}

static void restrained_and_clipped(void **state)
{
    (void)state;
    static const char *const options[][2] = {
        {"net", "6C3p1-9C3p1-P2max-30-20-10"},
        {"weight-bits", "8"},
        {"loss", "softmax"},
        {"standardise", "on"},
        {"spike-limit", "0.3"},
        {"clip", "0.05"},
        {"bias-rate", "0.25"},
        {"phi", "auto:2"},
        {"augment", "crop:2+flip"},
        {"dither", "off"},
        {"rounding", "nearest"},
        {"batch", "8"},
        {"schedule", "linear"},
    };
    assert_int_equal(train(options, 13), UINT64_C(0xc1bd3cd36f7c35f6));
}

static void residual(void **state)
{
    (void)state;
    static const char *const options[][2] = {
        {"net", "6C3p1-6C3p1-6C3p1-R2-P2max-6C3p1-R1-6C3p1-R1-P2-9-9-R1-10"},
        {"weight-bits", "8"},
        {"loss", "softmax"},
        {"standardise", "on"},
        {"input", "onoff"},
        {"phi", "auto:1"},
        {"count-cap", "15"},
        {"spread", "2"},
        {"augment", "crop:2+flip"},
        {"dither", "off"},
        {"rounding", "nearest"},
        {"batch", "8"},
        {"schedule", "cosine"},
    };
    assert_int_equal(train(options, 13), UINT64_C(0x515293b4b261ecd9));
}

static void dropout(void **state)
{
    (void)state;
    static const char *const options[][2] = {
        {"net", "D2-6C3p1-P2max-D2-6C3p1-6C3p1-D4-6C3p1-R2-P2-D2-20-D4-10"},
        {"weight-bits", "8"},
        {"loss", "softmax"},
        {"standardise", "on"},
        {"phi", "auto:1"},
        {"count-cap", "15"},
        {"spread", "2"},
        {"augment", "none"},
        {"dither", "on"},
        {"rounding", "nearest"},
        {"batch", "8"},
        {"schedule", "cosine"},
    };
    assert_int_equal(train(options, 12), UINT64_C(0xb16fb7d8ab158a82));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(int16_softmax),
        cmocka_unit_test(int8_squared_dither_stochastic),
        cmocka_unit_test(deep_standardised),
        cmocka_unit_test(restrained_and_clipped),
        cmocka_unit_test(residual),
        cmocka_unit_test(dropout),
    };
    const char *wanted = getenv("SPIKEGRAD_ISA");
    if (wanted && strcmp(wanted, sg_kernel_table()) != 0) {
        printf("skipped: this machine has no table '%s'\n", wanted);
        return 77; /* the bits of another table would prove nothing */
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
