/* What the tests of the event engine make their networks with. */
#ifndef SG_TESTS_EVENT_SAMPLE_H
#define SG_TESTS_EVENT_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/simulation.h"
#include "network/network.h"
#include "network/recipe.h"

enum { ORDERS = SG_ORDER_RANDOM + 1 };

static inline void set(sg_recipe *recipe, const char *name, const char *value)
{
    assert_int_equal(sg_recipe_set(recipe, name, value, NULL), SG_OK);
}

static inline sg_recipe recipe_for(const char *topology)
{
    sg_recipe recipe;
    sg__recipe_init(&recipe);
    set(&recipe, "net", topology);
    set(&recipe, "phi", "1");
    set(&recipe, "loss", "squared");
    set(&recipe, "alpha", "1");
    set(&recipe, "target", "1");
    return recipe;
}

/* A network of zero weights; Theta = 2^bits in every layer. */
static inline sg_network *network(const sg_recipe *recipe, sg_shape input,
                                  uint32_t classes, int bits)
{
    int theta[SG_LAYERS_MAX];
    sg_network *net;
    for (size_t i = 0; i < SG_LAYERS_MAX; i++)
        theta[i] = bits;
    assert_int_equal(sg__network_plan(recipe, input, classes, &net, NULL),
                     SG_OK);
    assert_int_equal(sg__network_set_thresholds(net, theta, NULL), SG_OK);
    return net;
}

static inline sg_simulation *simulate(const sg_network *net, sg_order order,
                                      uint64_t seed)
{
    sg_simulation *sim;
    assert_int_equal(sg_simulation_create(net, order, seed, &sim, NULL),
                     SG_OK);
    return sim;
}

#endif
