/* What tests of ranks share: their includes, and a recipe. */
#ifndef SG_TESTS_RANKS_H
#define SG_TESTS_RANKS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "random_network.h"
#include "threads_exchange.h"

enum { TRAINED = 40, CLASSES_MAX = 10 };

/* A recipe with blocks, pools, dropout, thresholds that move, rows that are
 * standardised and restrained, and more channels than a block has. */
static inline void describe(sg_recipe *recipe)
{
    static const char *const options[][2] = {
        {"net", "40C3p1-40C3p1-R1-P2max-6C3-P2-D2-40-5"},
        {"standardise", "on"},
        {"batch", "12"},
        {"epochs", "2"},
        {"spike-limit", "0.05"},
        {"clip", "0.02"},
        {"phi", "auto:1"},
    };
    sg__recipe_init(recipe);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        assert_int_equal(sg_recipe_set(recipe, options[i][0], options[i][1],
                                       NULL),
                         SG_OK);
}

#endif
