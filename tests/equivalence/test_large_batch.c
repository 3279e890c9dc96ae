/* Batches whose gradient leaves 32 bits: sums are exact in both engines, and
 * cut only when they are whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ann/ann.h"
#include "event/simulation.h"
#include "learn/trainer.h"
#include "random_network.h"

enum { TRAINED = 40, SAMPLES = 16, NARROW = 3 };

/* As if 32 bits held so few samples. */
static void narrow(sg_network *net)
{
    for (size_t l = 0; l < net->layer_count; l++)
        if (net->layer[l].synaptic)
            net->layer[l].gradient_samples = NARROW;
}

/* Trained with sums in 64 bits, and without; NULL if the recipe is none. */
static void *train(const sg_recipe *recipe, const sg_data *data, bool wide,
                   size_t *size)
{
    sg_network *net;
    sg_trainer *trainer;
    void *bytes;
    if (sg_network_create(recipe, data, &net, NULL) != SG_OK)
        return NULL;
    if (wide)
        narrow(net);
    assert_int_equal(sg__trainer_create(&sg__engine_cpu, net, data, 2,
                                        &trainer, NULL),
                     SG_OK);
    assert_int_equal(sg_trainer_run(trainer, NULL, NULL, NULL), SG_OK);
    assert_int_equal(sg_trainer_save_memory(trainer, &bytes, size, NULL),
                     SG_OK);
    sg_trainer_destroy(trainer);
    return bytes;
}

static void parts_add_up_to_the_whole(void **state)
{
    enum { NETWORKS = 40 };
    size_t trained = 0;
    (void)state;
#ifndef SPIKEGRAD_FILES
    skip(); /* what is compared are checkpoints */
#endif
    for (uint64_t seed = 1; seed <= NETWORKS; seed++) {
        sg_recipe recipe;
        sg_data *data;
        size_t size[2] = {0, 0};
        random_recipe(seed, &recipe);
        assert_int_equal(random_data(seed, TRAINED, &data), SG_OK);
        void *whole = train(&recipe, data, false, &size[0]);
        void *parts = train(&recipe, data, true, &size[1]);
        assert_int_equal(size[0], size[1]);
        if (whole)
            assert_memory_equal(whole, parts, size[0]);
        trained += whole != NULL;
        sg_free(whole);
        sg_free(parts);
        sg_data_destroy(data);
    }
    assert_true(trained > NETWORKS / 2);
}

/* What one simulation sums in 32 bits, two do in 64 that are joined. */
static void spikes_add_up_too(void **state)
{
    (void)state;
    sg_recipe recipe;
    sg_data *data;
    sg_network *net;
    sg_simulation *sim[3];
    random_recipe(4, &recipe);
    sg_recipe_set(&recipe, "net", "7C3p1-P2max-9-5", NULL);
    sg_recipe_set(&recipe, "batch", "16", NULL);
    sg_recipe_set(&recipe, "freeze", "none", NULL);
    assert_int_equal(random_data(1, TRAINED, &data), SG_OK);
    assert_int_equal(sg_network_create(&recipe, data, &net, NULL), SG_OK);
    for (int i = 0; i < 3; i++) {
        if (i == 1)
            narrow(net);
        assert_int_equal(sg_simulation_create(net, SG_ORDER_FIFO, 1, &sim[i],
                                              NULL),
                         SG_OK);
    }
    for (uint32_t s = 0; s < SAMPLES; s++)
        for (int i = 0; i < 3; i++) {
            if (i > 0 && (s % 3 == 0) != (i == 1))
                continue;
            assert_int_equal(sg_simulation_present_training(
                                 sim[i], sg_data_pixels(data, s), 1, s),
                             SG_OK);
            assert_int_equal(sg_simulation_learn(sim[i],
                                                 sg_data_label(data, s), 1, s),
                             SG_OK);
        }
    sg__simulation_join(sim[1], sim[2]);
    for (int again = 0; again < 2; again++)
        for (size_t l = 0; l < net->layer_count; l++) {
            const sg__layer *layer = &net->layer[l];
            if (!layer->synaptic)
                continue;
            assert_memory_equal(sg__simulation_gradient(sim[0], l + 1),
                                sg__simulation_gradient(sim[1], l + 1),
                                layer->weights * sizeof(int32_t));
            assert_memory_equal(sg__simulation_bias_gradient(sim[0], l + 1),
                                sg__simulation_bias_gradient(sim[1], l + 1),
                                layer->geo.out_c * sizeof(int32_t));
        }
    for (int i = 0; i < 3; i++)
        sg_simulation_destroy(sim[i]);
    sg_network_destroy(net);
    sg_data_destroy(data);
}

/* Sums that pass 32 bits on the way and come back, and some that stay out. */
static void sums_are_cut_when_they_are_whole(void **state)
{
    enum { BATCH = 200, HALF = BATCH / 2 };
    (void)state;
    sg_recipe recipe;
    sg_network *net;
    sg__ann *ann;
    int32_t gradient[2 * 1], bias[2];
    int bits[SG_LAYERS_MAX];
    sg__recipe_init(&recipe);
    sg_recipe_set(&recipe, "net", "2C1-10", NULL);
    sg_recipe_set(&recipe, "input-levels", "255", NULL);
    sg_recipe_set(&recipe, "batch", "200", NULL);
    for (size_t i = 0; i < SG_LAYERS_MAX; i++)
        bits[i] = 8;
    assert_int_equal(sg__network_plan(&recipe, (sg_shape){28, 28, 1}, 10, &net,
                                      NULL),
                     SG_OK);
    assert_int_equal(sg__network_set_thresholds(net, bits, NULL), SG_OK);
    assert_int_equal(net->layer[0].gradient_samples, 84);
    assert_int_equal(sg__ann_create(net, BATCH, 1, true, false, &ann), SG_OK);
    const size_t positions = 784;
    memset(ann->input, 255, BATCH * positions);
    int8_t *d = ann->layer[0].errors;
    for (size_t i = 0; i < BATCH * positions; i++) {
        const bool late = i >= HALF * positions;
        d[2 * i] = late ? -126 : 127;
        d[2 * i + 1] = 127;
    }
    for (size_t s = 0; s < BATCH; s++)
        ann->layer[0].activity[s].error_senders = 2 * positions;
    sg__ann_pack_all(ann);
    sg__ann_gradient(ann, BATCH, 0, 0, 2, gradient, bias, 0);
    assert_int_equal(gradient[0], HALF * 784 * 255);
    assert_int_equal(bias[0], HALF * 784);
    assert_int_equal(gradient[1], INT32_MAX); /* 5.1e9 */
    assert_int_equal(bias[1], BATCH * 784 * 127);
    for (size_t i = 0; i < BATCH * positions; i++)
        d[2 * i + 1] = -127;
    sg__ann_gradient(ann, BATCH, 0, 0, 2, gradient, bias, 0);
    assert_int_equal(gradient[1], -INT32_MAX);
    sg__ann_destroy(ann);
    sg_network_destroy(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_add_up_to_the_whole),
        cmocka_unit_test(spikes_add_up_too),
        cmocka_unit_test(sums_are_cut_when_they_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
