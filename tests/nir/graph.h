/* What tests of NIR files share: a network, a file for its graph, and whether two
 * networks are the same. */
#ifndef SG_TESTS_NIR_GRAPH_H
#define SG_TESTS_NIR_GRAPH_H

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
static char graph[64]; /* a path in it */

static sg_network *network(const char *topology)
{
    sg_recipe *recipe = NULL;
    sg_data *data = NULL;
    sg_network *net = NULL;
    assert_int_equal(sg_recipe_create(&recipe), SG_OK);
    assert_int_equal(sg_recipe_set(recipe, "net", topology, NULL), SG_OK);
    assert_int_equal(sg_data_open("glyphs:train=64,test=8", SG_SPLIT_TRAIN,
                                  &data, NULL),
                     SG_OK);
    assert_int_equal(sg_network_create(recipe, data, &net, NULL), SG_OK);
    sg_data_destroy(data);
    sg_recipe_destroy(recipe);
    return net;
}

static void same_network(const sg_network *net, const sg_network *other)
{
    void *a, *b;
    size_t na, nb;
    assert_int_equal(sg_network_save_memory(net, &a, &na, NULL), SG_OK);
    assert_int_equal(sg_network_save_memory(other, &b, &nb, NULL), SG_OK);
    assert_int_equal(na, nb);
    assert_memory_equal(a, b, na);
    sg_free(a);
    sg_free(b);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(graph, sizeof graph, "%s/a.nir", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(graph);
    return rmdir(folder);
}

#endif
