/* Options that follow the network and the data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "network/network.h"
#include "network/recipe.h"

static sg_data_info images(uint32_t side, uint32_t channels, uint32_t classes)
{
    return (sg_data_info){.height = side,
                          .width = side,
                          .channels = channels,
                          .classes = classes,
                          .size = 60000};
}

static sg_recipe suggested(const char *net, sg_data_info info,
                           const char *option, const char *value)
{
    sg_recipe recipe;
    const char *given[] = {NULL, net ? "net" : NULL, option};
    sg__recipe_init(&recipe);
    if (net)
        assert_int_equal(sg_recipe_set(&recipe, "net", net, NULL), SG_OK);
    if (option)
        assert_int_equal(sg_recipe_set(&recipe, option, value, NULL), SG_OK);
    assert_int_equal(sg_recipe_suggest(&recipe, &info, given, 3, NULL), SG_OK);
    return recipe;
}

static void shallow_grey_nets_keep_the_defaults(void **state)
{
    (void)state;
    sg_recipe defaults, recipe;
    sg__recipe_init(&defaults);
    recipe = suggested(NULL, images(28, 1, 10), NULL, NULL);
    assert_memory_equal(&recipe, &defaults, sizeof recipe);
    recipe = suggested("20C5-P2-100-10", images(28, 1, 10), NULL, NULL);
    assert_int_equal(recipe.standardise, 0);
    assert_int_equal(recipe.lr_ppm, defaults.lr_ppm);
    recipe =
        suggested("8C5-P2-16C5-P2max-300-10", images(28, 1, 10), NULL, NULL);
    assert_int_equal(recipe.standardise, 0);
}

static void deep_nets_are_kept_in_range(void **state)
{
    (void)state;
    static const char net[] = "12C5-12C5-64C3-64C3-10";
    sg_recipe recipe = suggested(net, images(28, 1, 10), NULL, NULL);
    assert_string_equal(recipe.net, net);
    assert_int_equal(recipe.standardise, 1);
    assert_string_equal(recipe.phi, "auto:2");
    assert_int_equal(recipe.lr_ppm, 50000);
    recipe = suggested(net, images(28, 1, 10), "lr", "0.06");
    assert_int_equal(recipe.standardise, 1);
    assert_int_equal(recipe.lr_ppm, 60000);
    static const char *const others[] = {"12C5-12C5-10", "12C5-D2-12C5-10",
                                         "8C3-P2max-8C3-P2-8C3-10",
                                         "9-9-9-9-10", "8C3p1-8C3p1-R1-P2-10"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        recipe = suggested(others[i], images(28, 1, 10), NULL, NULL);
        assert_int_equal(recipe.standardise, 1);
    }
    recipe = suggested("(9-)x", images(28, 1, 10), NULL, NULL);
    assert_string_equal(recipe.net, "(9-)x"); /* for others to refuse */
}

static void images_choose_a_network(void **state)
{
    (void)state;
    static const uint32_t sides[] = {1, 2, 5, 8, 13, 16, 28, 32, 40};
    for (uint32_t channels = 1; channels <= 3; channels++)
        for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
            const sg_data_info info = images(sides[i], channels, 7);
            sg_recipe recipe = suggested(NULL, info, NULL, NULL);
            sg_network *net;
            sg_error error = {""};
            if (sg__network_plan(&recipe,
                                 (sg_shape){sides[i], sides[i], channels}, 7,
                                 &net, &error) != SG_OK)
                fail_msg("%u x %u: %s", sides[i], channels, error.text);
            sg_network_destroy(net);
            assert_int_equal(recipe.input,
                             channels == 3 ? SG_INPUT_ONOFF : SG_INPUT_PLAIN);
        }
    sg_recipe recipe = suggested(NULL, images(32, 3, 10), "epochs", "5");
    assert_non_null(strstr(recipe.net, "256C3p1-256C3p1-P2max-10"));
    assert_int_equal(recipe.epochs, 5);
    assert_int_equal(recipe.weight_bits, 8);
}

static void many_classes_lose_no_errors(void **state)
{
    (void)state;
    sg_recipe recipe = suggested(NULL, images(32, 3, 31), NULL, NULL);
    assert_int_equal(recipe.balance, SG_BALANCE_OFF);
    assert_int_equal(recipe.readout_rate_ppm, 62500);
    recipe = suggested(NULL, images(32, 3, 100), NULL, NULL);
    assert_int_equal(recipe.balance, SG_BALANCE_DRAWN);
    assert_int_equal(recipe.readout_rate_ppm, 500000);
    recipe = suggested(NULL, images(28, 1, 47), NULL, NULL);
    assert_int_equal(recipe.balance, SG_BALANCE_DRAWN);
    assert_int_equal(recipe.readout_rate_ppm, 1000000);
    recipe = suggested(NULL, images(32, 3, 100), "readout-rate", "0.1");
    assert_int_equal(recipe.readout_rate_ppm, 100000);
}

static void few_samples_have_small_batches(void **state)
{
    (void)state;
    sg_data_info info = images(28, 1, 10);
    info.size = 240;
    sg_recipe recipe = suggested(NULL, info, NULL, NULL);
    assert_int_equal(recipe.batch, 16);
    assert_int_equal(recipe.epochs, 60);
    assert_int_equal(recipe.lr_ppm, 50000);
    assert_int_equal(recipe.warmup_ppm, 3000000);
    assert_string_equal(recipe.augment, "affine");
    recipe = suggested(NULL, info, "epochs", "2");
    assert_int_equal(recipe.warmup_ppm, 100000);
    recipe = suggested(NULL, info, "warmup", "1");
    assert_int_equal(recipe.warmup_ppm, 1000000);
    info.size = 2000;
    recipe = suggested(NULL, info, "lr", "0.3");
    assert_int_equal(recipe.batch, 32);
    assert_int_equal(recipe.lr_ppm, 300000);
    info.size = 10000;
    recipe = suggested(NULL, info, NULL, NULL);
    assert_int_equal(recipe.batch, 128);
    info = images(32, 3, 10);
    info.size = 240;
    recipe = suggested(NULL, info, NULL, NULL);
    assert_string_equal(recipe.net, "32C3p1-P2max-64C3p1-P2max-10");
    assert_int_equal(recipe.standardise, 1);
    assert_int_equal(recipe.batch, 16);
    info.size = 5000;
    recipe = suggested(NULL, info, NULL, NULL);
    assert_int_equal(recipe.warmup_ppm, 8000000);
}

static void what_is_thin_stays_as_it_is(void **state)
{
    (void)state;
    sg_data_info info = images(28, 1, 10);
    info.height = 1;
    assert_string_equal(suggested(NULL, info, NULL, NULL).augment, "none");
    info = images(8, 3, 10);
    assert_string_equal(suggested(NULL, info, NULL, NULL).augment, "none");
    assert_string_equal(suggested(NULL, info, "augment", "flip").augment,
                        "flip");
}

static void missing_arguments(void **state)
{
    (void)state;
    const sg_data_info info = images(28, 1, 10);
    sg_recipe recipe;
    sg__recipe_init(&recipe);
    assert_int_equal(sg_recipe_suggest(NULL, &info, NULL, 0, NULL),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_recipe_suggest(&recipe, NULL, NULL, 0, NULL),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_recipe_suggest(&recipe, &info, NULL, 1, NULL),
                     SG_E_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shallow_grey_nets_keep_the_defaults),
        cmocka_unit_test(deep_nets_are_kept_in_range),
        cmocka_unit_test(images_choose_a_network),
        cmocka_unit_test(many_classes_lose_no_errors),
        cmocka_unit_test(few_samples_have_small_batches),
        cmocka_unit_test(what_is_thin_stays_as_it_is),
        cmocka_unit_test(missing_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
