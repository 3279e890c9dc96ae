/* Who owns which channels: all of them belong to somebody, and the optimiser's
 * state of a rank is about its share, for the networks of the recipes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ranks/division.h"

typedef struct plan {
    const char *net, *batch;
    size_t height, channels;
    double slack; /* of the largest share over the mean; small networks have
                     few blocks */
} plan;

static sg_network *network(const plan *p)
{
    static uint8_t pixels[32 * 32 * 3];
    static const uint8_t label = 0;
    sg_recipe *recipe;
    sg_data *data;
    sg_network *net;
    sg_error error = {{0}};
    const sg_data_info info = {.name = "one",
                               .height = (uint32_t)p->height,
                               .width = (uint32_t)p->height,
                               .channels = (uint32_t)p->channels,
                               .classes = 10,
                               .size = 1};
    assert_int_equal(sg_recipe_create(&recipe), SG_OK);
    assert_int_equal(sg_recipe_set(recipe, "net", p->net, NULL), SG_OK);
    assert_int_equal(sg_recipe_set(recipe, "batch", p->batch, NULL), SG_OK);
    assert_int_equal(sg_data_from_arrays(&info, pixels, &label, &data, NULL),
                     SG_OK);
    if (sg_network_create(recipe, data, &net, &error) != SG_OK)
        fail_msg("%s", error.text);
    sg_data_destroy(data);
    sg_recipe_destroy(recipe);
    return net;
}

/* Every channel once, weights and biases as the network has them; pieces hold
 * all blocks. Returns the largest share of one rank. */
static double largest_share(const sg_network *net, uint32_t ranks)
{
    sg__division d;
    size_t *own = calloc(ranks, sizeof *own), all = 0, blocks = 0, most = 0;
    assert_int_equal(sg__divide(net, ranks, 1, &d), SG_OK);
    for (size_t l = 0; l < net->layer_count; l++) {
        uint32_t next = 0;
        for (uint32_t seen = 1; seen;) {
            seen = 0;
            for (size_t i = 0; i < d.blocks; i++) {
                const sg__block *b = &d.block[i];
                if (b->at.layer != l || b->at.first != next)
                    continue;
                assert_true(b->owner < ranks && b->at.last > b->at.first);
                own[b->owner] += b->weights;
                all += b->weights;
                next = b->at.last;
                seen = 1;
            }
        }
        assert_int_equal(next,
                         net->layer[l].synaptic ? net->layer[l].geo.out_c : 0);
    }
    for (size_t p = 0; p < d.pieces; p++) {
        assert_int_equal(d.piece[p].first, blocks);
        blocks += d.piece[p].count;
    }
    assert_int_equal(blocks, d.blocks);
    for (uint32_t r = 0; r < ranks; r++)
        most = own[r] > most ? own[r] : most;
    sg__division_free(&d);
    free(own);
    return (double)most / (double)all;
}

static void state_is_shared(void **state)
{
    static const plan plans[] = {
        {"15C5-P2-40C5-P2-300-10", "512", 28, 1, 1.3},
        {"128C3p1-128C3p1-P2max-256C3p1-256C3p1-P2max-512C3p1-512C3p1-P2max-"
         "10",
         "64", 32, 3, 1.02},
        {"128C3p1-256C3p1-P2max-512C3p1-P2max-1024C3p1-512C3p1-1024-512-10",
         "128", 32, 3, 1.02},
        {"4096-4096-10", "64", 28, 1, 1.02},
    };
    static const uint32_t counts[] = {1, 2, 3, 4, 8};
    (void)state;
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        sg_network *net = network(&plans[i]);
        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
            const double share = largest_share(net, counts[k]);
            printf("%.20s.. %u ranks: %.3f\n", plans[i].net,
                   (unsigned)counts[k], share);
            assert_true(share <= plans[i].slack / counts[k]);
        }
        sg_network_destroy(net);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_is_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
