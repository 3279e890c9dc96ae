/* Networks longer than any that was trained before there was room for 255
 * layers: arrays, draws, checkpoints and both engines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/rounding.h"
#include "network/network.h"
#include "spikegrad/spikegrad.h"

enum { LAYERS = 150 };

/* "8-8-...-10", its phi written out for each layer. */
static void make_recipe(sg_recipe *recipe)
{
    static const char *const options[][2] = {
        {"augment", "none"},        {"batch", "8"},    {"epochs", "1"},
        {"standardise", "on"},      {"fire", "round"}, {"count-cap", "3"},
        {"rounding", "stochastic"}, {"alpha", "64"},
    };
    char net[SG_RECIPE_TEXT] = "", phi[SG_RECIPE_TEXT] = "1";
    sg__recipe_init(recipe);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        assert_int_equal(sg_recipe_set(recipe, options[i][0], options[i][1],
                                       NULL),
                         SG_OK);
    for (int l = 1; l < LAYERS; l++) {
        strcat(net, "8-");
        if (l > 1)
            strcat(phi, ",1");
    }
    strcat(net, "10");
    assert_int_equal(sg_recipe_set(recipe, "net", net, NULL), SG_OK);
    assert_int_equal(sg_recipe_set(recipe, "phi", phi, NULL), SG_OK);
}

static void they_train_and_verify(void **state)
{
    (void)state;
    static sg_recipe recipe;
    sg_data *data;
    sg_trainer *trainer;
    sg_error error = {""};
    sg_verification found;
    make_recipe(&recipe);
    assert_int_equal(sg_data_open("glyphs:train=24,test=8", SG_SPLIT_TRAIN,
                                  &data, NULL),
                     SG_OK);
    assert_int_equal(sg_trainer_create(&recipe, data, 2, &trainer, &error),
                     SG_OK);
    assert_int_equal(sg_trainer_run(trainer, NULL, NULL, NULL), SG_OK);
    const sg_network *net = sg_trainer_network(trainer);
    assert_int_equal(net->layer_count, LAYERS);
    assert_int_equal(sg_verify(net, data, 4, SG_ORDER_TURNS, 1, NULL, NULL,
                               &found, &error),
                     SG_OK);
#ifdef SPIKEGRAD_FILES
    const char *path = "test_long.safetensors";
    sg_network *loaded;
    assert_int_equal(sg_trainer_save(trainer, path, &error), SG_OK);
    assert_int_equal(sg_network_load(path, &loaded, &error), SG_OK);
    remove(path);
    assert_string_equal(loaded->recipe.net, recipe.net);
    assert_string_equal(loaded->recipe.phi, recipe.phi);
    assert_memory_equal(&loaded->run, &net->run, sizeof net->run);
    for (size_t l = 0; l < LAYERS; l++)
        assert_memory_equal(loaded->layer[l].master, net->layer[l].master,
                            8 * 8 * sizeof *net->layer[l].master);
    sg_network_destroy(loaded);
#endif
    sg_trainer_destroy(trainer);
    sg_data_destroy(data);
}

/* Weights, biases and gains of all layers: none has the draws of another. */
static void no_two_arrays_share_draws(void **state)
{
    (void)state;
    enum { ARRAYS = 3 * SG_LAYERS_MAX };
    static int64_t first[ARRAYS][4];
    for (uint32_t i = 0; i < ARRAYS; i++) {
        static const uint32_t of[] = {0, 1, SG__GAIN_KEY};
        sg__rounding(1, 5, sg__rounding_key(i / 3) + of[i % 3], 0, 32,
                     first[i]);
        for (uint32_t k = 0; k < i; k++)
            assert_memory_not_equal(first[i], first[k], sizeof first[i]);
    }
    /* those of the first 64 layers are as they always were */
    assert_int_equal(sg__rounding_key(63), 126);
    assert_int_equal(sg__rounding_key(64), 256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_train_and_verify),
        cmocka_unit_test(no_two_arrays_share_draws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
