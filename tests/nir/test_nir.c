/* The functions of libspikegrad_nir: nothing missing crashes, options count,
 * a network comes back. */
#include "graph.h"

static void nothing_missing_crashes(void **state)
{
    (void)state;
    sg_network *net = network("3C5-P2-10"), *back = NULL;
    sg_error error = {""};
    assert_int_equal(sg_nir_write(NULL, graph, &error), SG_E_ARGUMENT);
    assert_int_equal(sg_nir_write(net, NULL, &error), SG_E_ARGUMENT);
    assert_int_equal(sg_nir_write(net, NULL, NULL), SG_E_ARGUMENT);
    assert_int_equal(sg_nir_read(NULL, NULL, &back, NULL, &error),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_nir_read(graph, NULL, NULL, NULL, NULL),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_nir_read("/nowhere/x.nir", NULL, &back, NULL, &error),
                     SG_E_IO);
    assert_null(back);
    assert_int_equal(sg_nir_write(net, "/nowhere/x.nir", &error), SG_E_IO);
    sg_nir_options small = {.size = 4};
    assert_int_equal(sg_nir_read(graph, &small, &back, NULL, &error),
                     SG_E_ARGUMENT);
    sg_network_destroy(net);
}

static void comes_back(void **state)
{
    (void)state;
    sg_network *net = network("3C5-P2-10"), *back = NULL;
    sg_nir_result result;
    sg_error error = {""};
    assert_int_equal(sg_nir_write(net, graph, &error), SG_OK);
    assert_int_equal(sg_nir_read(graph, NULL, &back, &result, &error), SG_OK);
    assert_int_equal(result.restored, 1);
    same_network(net, back);
    sg_network_destroy(back);
    sg_network_destroy(net);
}

static void options_count(void **state)
{
    (void)state;
    sg_network *net = network("3C5-P2-10"), *back = NULL;
    sg_recipe *recipe = NULL;
    sg_network_info info;
    sg_layer_info mine, theirs;
    int64_t number = 0;
    sg_error error = {""};
    const char *given[] = {"weight-bits", "count-cap", NULL};
    assert_int_equal(sg_nir_write(net, graph, &error), SG_OK);
    assert_int_equal(sg_recipe_create(&recipe), SG_OK);
    assert_int_equal(sg_recipe_set(recipe, "weight-bits", "16", NULL), SG_OK);
    assert_int_equal(sg_recipe_set(recipe, "count-cap", "9", NULL), SG_OK);
    assert_int_equal(sg_recipe_set(recipe, "seed", "7", NULL), SG_OK);
    sg_nir_options options = {.size = sizeof options,
                              .recipe = recipe,
                              .given = given,
                              .given_count = 3,
                              .graph_only = 1};
    sg_nir_result result;
    assert_int_equal(sg_nir_read(graph, &options, &back, &result, &error),
                     SG_OK);
    assert_int_equal(result.restored, 0);
    assert_int_equal(result.clipped, 0);
    sg_network_get_info(back, &info);
    assert_int_equal(sg_recipe_number(info.recipe, "count-cap", &number),
                     SG_OK);
    assert_int_equal(number, 9);
    assert_int_equal(sg_recipe_number(info.recipe, "seed", &number), SG_OK);
    assert_int_equal(number, 1);
    assert_int_equal(sg_network_get_layer(net, 0, &mine), SG_OK);
    assert_int_equal(sg_network_get_layer(back, 0, &theirs), SG_OK);
    assert_int_equal(mine.synapses, theirs.synapses);
    sg_recipe_destroy(recipe);
    sg_network_destroy(back);
    sg_network_destroy(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_missing_crashes),
        cmocka_unit_test(comes_back),
        cmocka_unit_test(options_count),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
