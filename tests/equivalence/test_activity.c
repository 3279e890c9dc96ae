/* The spike and operation counts of training against a recount, synapse by
 * synapse, of what the simulation of every spike ends with; on random
 * networks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "network/network.h"
#include "network/recipe.h"
#include "random_network.h"

enum { NETWORKS = 60, STEPS = 3 };

/* Counts that arrive at a layer, and the errors it sends. */
typedef struct traffic {
    const uint8_t *counts;
    const int8_t *errors;
} traffic;

/* All synapses of the output neurons at one position, to one input pixel. */
static void recount_tap(const sg_layer_info *info, const traffic *t,
                        size_t from, size_t to, bool propagates,
                        sg_layer_activity *a)
{
    for (size_t k = 0; k < info->out.channels; k++) {
        const uint64_t errors =
            (uint64_t)abs(t->errors[to * info->out.channels + k]);
        for (size_t j = 0; j < info->in.channels; j++) {
            const uint64_t n = t->counts[from * info->in.channels + j];
            a->forward_ops += n;
            a->gradient_ops += n > 0 ? errors : 0;
            a->backward_ops += propagates ? errors : 0;
        }
    }
}

static void recount_position(const sg_layer_info *info, const traffic *t,
                             uint32_t y, uint32_t x, bool propagates,
                             sg_layer_activity *a)
{
    const size_t to = (size_t)y * info->out.width + x;
    const bool dense = info->kind == SG_LAYER_DENSE;
    const uint32_t rows = dense ? info->in.height : info->kernel.height;
    const uint32_t columns = dense ? info->in.width : info->kernel.width;
    for (uint32_t k = 0; k < rows * columns; k++) {
        uint32_t row = k / columns, column = k % columns;
        if (!dense) { /* wraps below 0 */
            row += y * info->stride.height - info->padding.height;
            column += x * info->stride.width - info->padding.width;
        }
        if (row < info->in.height && column < info->in.width)
            recount_tap(info, t, (size_t)row * info->in.width + column, to,
                        propagates, a);
    }
}

/* One layer for one sample; propagates: its errors are of use below. */
static void recount_layer(const sg_simulation *sim, const sg_layer_info *info,
                          size_t l, bool propagates, bool output,
                          sg_layer_activity *a)
{
    const uint8_t *counts = sg_simulation_counts(sim, l + 1);
    const traffic t = {sg_simulation_counts(sim, info->from),
                       sg_simulation_errors(sim, l + 1)};
    for (size_t i = 0; i < info->neurons && !output; i++) {
        a->spikes += counts[i];
        a->active += counts[i] > 0;
        a->saturated += counts[i] == info->count_cap;
    }
    if (info->synapses == 0)
        return;
    for (size_t i = 0; i < info->neurons; i++) {
        a->error_spikes += (uint64_t)abs(t.errors[i]);
        a->error_senders += t.errors[i] != 0;
    }
    for (uint32_t y = 0; y < info->out.height; y++)
        for (uint32_t x = 0; x < info->out.width; x++)
            recount_position(info, &t, y, x, propagates, a);
}

/* One batch of all samples, by a network as it was before its update. */
static void recount(const sg_network *net, const sg_data *data,
                    sg_layer_activity *out)
{
    sg_simulation *sim;
    const uint64_t step = net->run.step;
    memset(out, 0, net->layer_count * sizeof *out);
    assert_int_equal(sg_simulation_create(net, SG_ORDER_RANDOM, 3, &sim, NULL),
                     SG_OK);
    for (uint32_t i = 0; i < sg_data_get_info(data)->size; i++) {
        assert_int_equal(sg_simulation_present_training(
                             sim, sg_data_pixels(data, i), step, i),
                         SG_OK);
        assert_int_equal(sg_simulation_learn(sim, sg_data_label(data, i), step,
                                             i),
                         SG_OK);
        for (size_t l = 0; l < net->layer_count; l++) {
            sg_layer_info info;
            assert_int_equal(sg_network_get_layer(net, l, &info), SG_OK);
            recount_layer(sim, &info, l, sg__gets_errors(net, info.from),
                          l + 1 == net->layer_count, &out[l]);
        }
    }
    sg_simulation_destroy(sim);
}

static void assert_counted(const sg_metrics *found,
                           const sg_layer_activity *expected, uint64_t seed,
                           const char *net)
{
    for (size_t l = 0; l < found->layers; l++) {
        const uint64_t *a = (const uint64_t *)&found->layer[l];
        const uint64_t *b = (const uint64_t *)&expected[l];
        for (size_t i = 0; i < sizeof *expected / sizeof *a; i++)
            if (a[i] != b[i])
                fail_msg("seed %llu, %s: layer %zu, number %zu: %llu, "
                         "recounted %llu",
                         (unsigned long long)seed, net, l, i,
                         (unsigned long long)a[i], (unsigned long long)b[i]);
    }
}

/* The batch is the whole of the data, so that the epoch's sums are its own. */
static void check_network(uint64_t seed, unsigned *built, uint64_t *sent)
{
    static sg_layer_activity expected[SG_LAYERS_MAX];
    sg_recipe recipe;
    sg_data *data;
    sg_trainer *trainer;
    random_recipe(seed, &recipe);
    recipe.epochs = STEPS + 1;
    assert_int_equal(random_data(seed, (uint32_t)recipe.batch, &data), SG_OK);
    if (sg_trainer_create(&recipe, data, 1 + (unsigned)(seed % 3), &trainer,
                          NULL) == SG_OK) {
        sg_network *before;
        for (int step = 0; step < STEPS; step++)
            assert_int_equal(sg_trainer_step(trainer), SG_OK);
        assert_int_equal(sg__network_clone(sg_trainer_network(trainer),
                                           &before),
                         SG_OK);
        assert_int_equal(sg_trainer_step(trainer), SG_OK);
        recount(before, data, expected);
        assert_int_equal(sg_trainer_metrics(trainer)->layers,
                         before->layer_count);
        assert_counted(sg_trainer_metrics(trainer), expected, seed,
                       recipe.net);
        *built += 1;
        for (size_t l = 0; l < before->layer_count; l++)
            *sent += expected[l].backward_ops;
        sg_network_destroy(before);
        sg_trainer_destroy(trainer);
    }
    sg_data_destroy(data);
}

static void activity_is_a_recount(void **state)
{
    (void)state;
    unsigned built = 0;
    uint64_t sent = 0;
    for (uint64_t seed = 1; seed <= NETWORKS; seed++)
        check_network(seed, &built, &sent);
    assert_true(built > NETWORKS / 2);
    assert_true(sent > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(activity_is_a_recount),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
