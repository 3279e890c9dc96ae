/* The functions of libspikegrad_nir: nothing missing crashes, options count,
 * a network comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <spikegrad-nir.h>
#include <spikegrad/spikegrad.h>

static char folder[] = "/tmp/spikegrad-nir-XXXXXX";
static char graph[64];

static sg_network *network(void)
{
    sg_recipe *recipe = NULL;
    sg_data *data = NULL;
    sg_network *net = NULL;
    assert_int_equal(sg_recipe_create(&recipe), SG_OK);
    assert_int_equal(sg_recipe_set(recipe, "net", "3C5-P2-10", NULL), SG_OK);
    assert_int_equal(sg_data_open("glyphs:train=64,test=8", SG_SPLIT_TRAIN,
                                  &data, NULL),
                     SG_OK);
    assert_int_equal(sg_network_create(recipe, data, &net, NULL), SG_OK);
    sg_data_destroy(data);
    sg_recipe_destroy(recipe);
    return net;
}

static void nothing_missing_crashes(void **state)
{
    (void)state;
    sg_network *net = network(), *back = NULL;
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
    sg_network *net = network(), *back = NULL;
    sg_nir_result result;
    void *a, *b;
    size_t na, nb;
    sg_error error = {""};
    assert_int_equal(sg_nir_write(net, graph, &error), SG_OK);
    assert_int_equal(sg_nir_read(graph, NULL, &back, &result, &error), SG_OK);
    assert_int_equal(result.restored, 1);
    assert_int_equal(sg_network_save_memory(net, &a, &na, &error), SG_OK);
    assert_int_equal(sg_network_save_memory(back, &b, &nb, &error), SG_OK);
    assert_int_equal(na, nb);
    assert_memory_equal(a, b, na);
    sg_free(a);
    sg_free(b);
    sg_network_destroy(back);
    sg_network_destroy(net);
}

static void options_count(void **state)
{
    (void)state;
    sg_network *net = network(), *back = NULL;
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

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(graph, sizeof graph, "%s/a.nir", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(graph);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_missing_crashes),
        cmocka_unit_test(comes_back),
        cmocka_unit_test(options_count),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
