/* The event engine: tiny networks whose spikes can be followed by hand, and
 * random networks whose result may not depend on the order of delivery. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "core/dropout.h"
#include "core/rules.h"
#include "event/simulation.h"
#include "network/network.h"

enum { ORDERS = SG_ORDER_RANDOM + 1 };
enum { LEVELS = 15, SPIKE = 255 / LEVELS }; /* a pixel of n spikes: n*SPIKE */

static void set(sg_recipe *recipe, const char *name, const char *value)
{
    assert_int_equal(sg_recipe_set(recipe, name, value, NULL), SG_OK);
}

static sg_recipe recipe_for(const char *topology)
{
    sg_recipe recipe;
    sg_recipe_init(&recipe);
    set(&recipe, "net", topology);
    set(&recipe, "phi", "1");
    set(&recipe, "loss", "squared");
    set(&recipe, "alpha", "1");
    set(&recipe, "target", "1");
    return recipe;
}

/* A network of zero weights; Theta = 2^bits in every layer. */
static sg_network *network(const sg_recipe *recipe, sg_shape input,
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

static void set_weights(sg_network *net, size_t layer, size_t n,
                        const int16_t *weights)
{
    assert_int_equal(n, net->layer[layer].weights);
    for (size_t i = 0; i < n; i++)
        sg__layer_set_weight(&net->layer[layer], i, weights[i]);
}

/* SET_WEIGHTS(net, layer, w...): all weights of a layer. */
#define SET_WEIGHTS(net, layer, ...)                                          \
    set_weights(net, layer, sizeof(int16_t[]){__VA_ARGS__} / sizeof(int16_t), \
                (const int16_t[]){__VA_ARGS__})

static sg_simulation *simulate(const sg_network *net, sg_order order,
                               uint64_t seed)
{
    sg_simulation *sim;
    assert_int_equal(sg_simulation_create(net, order, seed, &sim, NULL),
                     SG_OK);
    return sim;
}

struct record {
    sg_spike spike[64];
    size_t count;
};

static void record_spike(const sg_spike *spike, void *user)
{
    struct record *record = user;
    if (record->count < 64)
        record->spike[record->count] = *spike;
    record->count++;
}

static void assert_spike(const sg_spike *spike, uint64_t time, uint32_t layer,
                         uint32_t neuron, int sign)
{
    assert_int_equal(spike->time, time);
    assert_int_equal(spike->layer, layer);
    assert_int_equal(spike->neuron, neuron);
    assert_int_equal(spike->sign, sign);
    assert_int_equal(spike->phase, SG_PHASE_FORWARD);
}

/* Theta 4, H 2, synapses +4 and -3, one spike on each. If the excitatory one
 * comes first, V = 4 fires, and V = -3 then takes the spike back. */
static void test_inhibition_takes_a_spike_back(void **state)
{
    (void)state;
    sg_recipe recipe = recipe_for("1-2");
    sg_network *net = network(&recipe, (sg_shape){1, 2, 1}, 2, 2);
    SET_WEIGHTS(net, 0, 4, -3);
    SET_WEIGHTS(net, 1, 5, 7);
    net->layer[1].bias[1] = 9;
    const uint8_t pixels[] = {SPIKE, SPIKE};

    struct record record = {.count = 0};
    sg_simulation *sim = simulate(net, SG_ORDER_FIFO, 0);
    sg_simulation_watch(sim, record_spike, &record);
    assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
    assert_int_equal(record.count, 4);
    assert_spike(&record.spike[0], 0, 0, 0, 1);
    assert_spike(&record.spike[1], 0, 0, 1, 1);
    assert_spike(&record.spike[2], 1, 1, 0, 1);
    assert_spike(&record.spike[3], 2, 1, 0, -1);
    assert_int_equal(sg_simulation_counts(sim, 1)[0], 0);
    assert_int_equal(sg_simulation_potentials(sim, 1)[0], 1);
    assert_int_equal(sg_simulation_potentials(sim, 2)[0], 0);
    assert_int_equal(sg_simulation_potentials(sim, 2)[1], 9);
    sg_event_totals totals;
    sg_simulation_totals(sim, &totals);
    assert_int_equal(totals.forward_spikes, 4);
    assert_int_equal(totals.forward_ops, 2 * 1 + 2 * 2);
    sg_simulation_destroy(sim);

    /* newest first: the inhibition arrives first and nothing ever fires */
    record.count = 0;
    sim = simulate(net, SG_ORDER_LIFO, 0);
    sg_simulation_watch(sim, record_spike, &record);
    assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
    assert_int_equal(record.count, 2);
    assert_int_equal(sg_simulation_potentials(sim, 1)[0], 1);
    sg_simulation_destroy(sim);
    sg_network_destroy(net);
}

/* One spike of charge 20 is worth five thresholds; the counter holds three. */
static void test_cap_stops_firing(void **state)
{
    (void)state;
    sg_recipe recipe = recipe_for("1-2");
    recipe.count_cap = 3;
    sg_network *net = network(&recipe, (sg_shape){1, 1, 1}, 2, 2);
    SET_WEIGHTS(net, 0, 20);
    sg_simulation *sim = simulate(net, SG_ORDER_FIFO, 0);
    assert_int_equal(sg_simulation_present(sim, (const uint8_t[]){SPIKE}),
                     SG_OK);
    assert_int_equal(sg_simulation_counts(sim, 1)[0], 3);
    assert_int_equal(sg_simulation_potentials(sim, 1)[0], 20 - 3 * 4);
    sg_simulation_destroy(sim);
    sg_network_destroy(net);
}

/* A bias of 2 reaches H = 2 by itself; presenting again starts anew. */
static void test_bias_fires_alone(void **state)
{
    (void)state;
    sg_recipe recipe = recipe_for("1-2");
    sg_network *net = network(&recipe, (sg_shape){1, 1, 1}, 2, 2);
    net->layer[0].bias[0] = 2;
    sg_simulation *sim = simulate(net, SG_ORDER_FIFO, 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sg_simulation_present(sim, (const uint8_t[]){0}),
                         SG_OK);
        assert_int_equal(sg_simulation_counts(sim, 1)[0], 1);
        assert_int_equal(sg_simulation_potentials(sim, 1)[0], -2);
    }
    sg_simulation_destroy(sim);
    sg_network_destroy(net);
}

/* 3x3 kernel, stride 2, padding 1 on 4x4: the spike at (1,1) meets one corner
 * tap of each of the four neurons, the one at (0,0) a single centre tap. */
static void test_padding_and_stride(void **state)
{
    (void)state;
    sg_recipe recipe = recipe_for("1C3s2p1-2");
    sg_network *net = network(&recipe, (sg_shape){4, 4, 1}, 2, 10);
    SET_WEIGHTS(net, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    uint8_t pixels[16] = {0};
    sg_simulation *sim = simulate(net, SG_ORDER_FIFO, 0);

    pixels[5] = SPIKE;
    assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
    assert_memory_equal(sg_simulation_potentials(sim, 1),
                        ((const int32_t[]){9, 7, 3, 1}), 16);
    pixels[5] = 0;
    pixels[0] = SPIKE;
    assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
    assert_memory_equal(sg_simulation_potentials(sim, 1),
                        ((const int32_t[]){5, 0, 0, 0}), 16);
    sg_event_totals totals;
    sg_simulation_totals(sim, &totals);
    assert_int_equal(totals.forward_ops, 4 + 1);
    sg_simulation_destroy(sim);
    sg_network_destroy(net);
}

/* Four neurons counting 3, 2, 1, 1: their sum is 7, their average, by a
 * neuron of threshold 4 and H = 2, is 2 with -1 left over. */
static void test_sum_and_average(void **state)
{
    (void)state;
    const uint8_t pixels[] = {3 * SPIKE, 2 * SPIKE, SPIKE, SPIKE};
    const char *topology[] = {"1C1-P2-2", "1C1-P2avg-2"};
    const uint8_t expected[] = {7, 2};
    for (size_t i = 0; i < 2; i++) {
        sg_recipe recipe = recipe_for(topology[i]);
        recipe.count_cap = 15;
        sg_network *net = network(&recipe, (sg_shape){2, 2, 1}, 2, 2);
        SET_WEIGHTS(net, 0, 4);
        sg_simulation *sim = simulate(net, SG_ORDER_RANDOM, 3);
        assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
        assert_int_equal(sg_simulation_counts(sim, 2)[0], expected[i]);
        if (i == 0)
            assert_null(sg_simulation_potentials(sim, 2));
        else
            assert_int_equal(sg_simulation_potentials(sim, 2)[0], -1);
        sg_simulation_destroy(sim);
        sg_network_destroy(net);
    }
}

/* Neuron 0 fires twice and is inhibited twice, neuron 1 fires once. The
 * maximum goes 1, 0, 1 and stays, and the error goes to neuron 1 alone. */
static void test_max_takes_a_spike_back(void **state)
{
    (void)state;
    sg_recipe recipe = recipe_for("1C1-P2max-2");
    sg_network *net = network(&recipe, (sg_shape){2, 2, 2}, 2, 2);
    SET_WEIGHTS(net, 0, 4, -4);
    SET_WEIGHTS(net, 2, 4, 4);
    const uint8_t pixels[8] = {2 * SPIKE, 2 * SPIKE, SPIKE};

    struct record record = {.count = 0};
    sg_simulation *sim = simulate(net, SG_ORDER_FIFO, 0);
    sg_simulation_watch(sim, record_spike, &record);
    assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
    int sign[8], pooled = 0;
    assert_in_range(record.count, 1, 64);
    for (size_t i = 0; i < record.count; i++)
        if (record.spike[i].layer == 2)
            sign[pooled++ % 8] = record.spike[i].sign;
    assert_int_equal(pooled, 3);
    assert_memory_equal(sign, ((const int[]){1, -1, 1}), sizeof(int[3]));
    assert_int_equal(sg_simulation_counts(sim, 2)[0], 1);

    /* logits (4, 4), label 0: d = (0, 1), so 4 comes down */
    assert_int_equal(sg_simulation_learn(sim, 0, 0, 0), SG_OK);
    assert_memory_equal(sg_simulation_errors(sim, 3), ((const int8_t[]){0, 1}),
                        2);
    assert_memory_equal(sg_simulation_errors(sim, 1),
                        ((const int8_t[]){0, 1, 0, 0}), 4);
    assert_memory_equal(sg__simulation_error_charge(sim, 1),
                        ((const int32_t[]){0, 0, 0, 0}), 16);
    assert_memory_equal(sg__simulation_gradient(sim, 1),
                        ((const int32_t[]){1, 0}), 8);
    sg_simulation_destroy(sim);
    sg_network_destroy(net);
}

/* Hidden counts (2, 0), the second neuron inhibited. Logits (8, -4), squared
 * error against class 1: d = (2, -2), which send 2*4 + 2*2 = 12 = 3 Phi to
 * the first neuron and 2*1 - 2*3 = -4 to the second, which keeps it. */
static void test_backward_by_hand(void **state)
{
    (void)state;
    sg_recipe recipe = recipe_for("2-2");
    sg_network *net = network(&recipe, (sg_shape){1, 2, 1}, 2, 2);
    SET_WEIGHTS(net, 0, 4, 0, -4, 0);
    SET_WEIGHTS(net, 1, 4, 1, -2, 3);
    const uint8_t pixels[] = {2 * SPIKE, 0};

    sg_simulation *sim = simulate(net, SG_ORDER_FIFO, 0);
    assert_int_equal(sg_simulation_learn(sim, 1, 0, 0), SG_E_ARGUMENT);
    assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
    assert_int_equal(sg_simulation_learn(sim, 2, 0, 0), SG_E_RANGE);
    assert_int_equal(sg_simulation_learn(sim, 1, 0, 0), SG_OK);

    assert_null(sg_simulation_errors(sim, 0));
    assert_memory_equal(sg_simulation_errors(sim, 2),
                        ((const int8_t[]){2, -2}), 2);
    assert_memory_equal(sg_simulation_errors(sim, 1), ((const int8_t[]){3, 0}),
                        2);
    assert_memory_equal(sg__simulation_error_charge(sim, 1),
                        ((const int32_t[]){0, -4}), 8);
    assert_memory_equal(sg__simulation_gradient(sim, 2),
                        ((const int32_t[]){4, 0, -4, 0}), 16);
    assert_memory_equal(sg__simulation_bias_gradient(sim, 2),
                        ((const int32_t[]){2, -2}), 8);
    assert_memory_equal(sg__simulation_gradient(sim, 1),
                        ((const int32_t[]){6, 0, 0, 0}), 16);
    assert_memory_equal(sg__simulation_bias_gradient(sim, 1),
                        ((const int32_t[]){3, 0}), 8);
    sg_event_totals totals;
    sg_simulation_totals(sim, &totals);
    assert_int_equal(totals.backward_spikes, 2 + 2 + 3);
    assert_int_equal(totals.backward_ops, (2 + 2) * 2);
    assert_int_equal(totals.gradient_ops, (2 + 2) * 1 + 3 * 1);

    sg__simulation_clear_gradients(sim);
    assert_int_equal(sg__simulation_gradient(sim, 2)[0], 0);
    assert_int_equal(sg__simulation_bias_gradient(sim, 1)[0], 0);
    sg_simulation_destroy(sim);
    sg_network_destroy(net);
}

/* Sum pooling hands an error unchanged to every neuron that it added up. */
static void test_error_through_sum(void **state)
{
    (void)state;
    sg_recipe recipe = recipe_for("1C1-P2-2");
    recipe.count_cap = 15;
    sg_network *net = network(&recipe, (sg_shape){2, 2, 1}, 2, 2);
    SET_WEIGHTS(net, 0, 4);
    SET_WEIGHTS(net, 2, 0, 5);
    const uint8_t pixels[] = {SPIKE, SPIKE, 0, SPIKE};
    sg_simulation *sim = simulate(net, SG_ORDER_LIFO, 0);
    assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
    /* logits (0, 15): d = (0, round(15/4) - 1) = (0, 3), charge 15 = 4 Phi - 1
     * for all four; the silent neuron keeps it */
    assert_int_equal(sg_simulation_learn(sim, 1, 0, 0), SG_OK);
    assert_memory_equal(sg_simulation_errors(sim, 3), ((const int8_t[]){0, 3}),
                        2);
    assert_memory_equal(sg_simulation_errors(sim, 1),
                        ((const int8_t[]){4, 4, 0, 4}), 4);
    assert_memory_equal(sg__simulation_error_charge(sim, 1),
                        ((const int32_t[]){-1, -1, 15, -1}), 16);
    assert_int_equal(sg__simulation_gradient(sim, 1)[0], 12);
    assert_int_equal(sg__simulation_gradient(sim, 3)[1], 3 * 3);
    sg_simulation_destroy(sim);
    sg_network_destroy(net);
}

/* More spikes under way than there is room for: said, and forgotten with the
 * next image. */
static void test_full_queue(void **state)
{
    (void)state;
    enum { SIDE = 12 };
    sg_recipe recipe = recipe_for("1C1-2");
    sg_network *net = network(&recipe, (sg_shape){SIDE, SIDE, 1}, 2, 2);
    uint8_t pixels[SIDE * SIDE];
    memset(pixels, 255, sizeof pixels);
    for (int order = 0; order < ORDERS; order++) {
        sg_simulation *sim = simulate(net, (sg_order)order, 0);
        bool by_neuron = order == SG_ORDER_TURNS || order == SG_ORDER_RANDOM;
        sim->queue.limit = sim->queue.capacity;
        assert_in_range(sim->queue.limit, 1, SIDE * SIDE * LEVELS - 1);
        assert_int_equal(sg_simulation_present(sim, pixels),
                         by_neuron ? SG_OK : SG_E_FULL);
        assert_int_equal(sg_simulation_learn(sim, 0, 0, 0),
                         by_neuron ? SG_OK : SG_E_ARGUMENT);
        memset(pixels, SPIKE, sizeof pixels);
        assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
        assert_int_equal(sg_simulation_learn(sim, 0, 0, 0), SG_OK);
        memset(pixels, 255, sizeof pixels);
        sg_simulation_destroy(sim);
    }
    sg_network_destroy(net);
}

struct residual {
    int theta_bits[3];
    int error_shift, skip_shift; /* of the block's layer, of the addition */
    int8_t top[2], block, source;
    int32_t kept[2]; /* error charge of block and source */
};

/* Neurons a, b in a row, a 2 spikes, b too, and c = a + b sends 4 up. The
 * error charge of c goes to b, and to a, where it meets what b sends.
 *
 * Thresholds 4, 8, 4: logits (12, 20), errors (3, 5 - 1), charge of c 29
 * in 1/4. b fires 7 of Phi = 4 and sends 56 in 1/8; so the 29 are shifted to
 * 58 and a fires 14 of Phi = 8.
 * Thresholds 4, 4, 8: errors (1.5, 2.5 - 1), fired as (2, 2); charge of c 16
 * in 1/8; b fires 2 of Phi = 8 and sends 8 in 1/4, shifted to 16. */
static void test_addition_by_hand(void **state)
{
    (void)state;
    static const struct residual cases[] = {
        {{2, 3, 2}, 0, 1, {3, 4}, 7, 14, {1, 2}},
        {{2, 2, 3}, 1, 0, {2, 2}, 2, 4, {0, 0}},
    };
    const uint8_t pixels[] = {2 * SPIKE};
    sg_recipe recipe = recipe_for("1-1-R1-2");
    for (int i = 0; i < 2; i++)
        for (int order = SG_ORDER_FIFO; order <= SG_ORDER_RANDOM; order++) {
            const struct residual *c = &cases[i];
            sg_network *net = network(&recipe, (sg_shape){1, 1, 1}, 2, 2);
            assert_int_equal(sg__network_set_thresholds(net, c->theta_bits,
                                                        NULL),
                             SG_OK);
            assert_int_equal(net->layer[1].error_shift, c->error_shift);
            assert_int_equal(net->layer[2].skip_shift, c->skip_shift);
            SET_WEIGHTS(net, 0, 4);
            sg__layer_set_weight(&net->layer[1], 0, 1 << c->theta_bits[1]);
            SET_WEIGHTS(net, 3, 3, 5);
            sg_simulation *sim = simulate(net, (sg_order)order, 0);
            assert_int_equal(sg_simulation_present(sim, pixels), SG_OK);
            assert_int_equal(sg_simulation_counts(sim, 3)[0], 2 + 2);
            assert_null(sg_simulation_potentials(sim, 3));
            assert_int_equal(sg_simulation_potentials(sim, 4)[1], 20);

            assert_int_equal(sg_simulation_learn(sim, 1, 0, 0), SG_OK);
            assert_null(sg_simulation_errors(sim, 3));
            assert_memory_equal(sg_simulation_errors(sim, 4), c->top, 2);
            assert_int_equal(sg_simulation_errors(sim, 2)[0], c->block);
            assert_int_equal(sg_simulation_errors(sim, 1)[0], c->source);
            for (size_t l = 0; l < 2; l++)
                assert_int_equal(sg__simulation_error_charge(sim, 2 - l)[0],
                                 c->kept[l]);
            assert_int_equal(sg__simulation_gradient(sim, 4)[1],
                             c->top[1] * 4);
            assert_int_equal(sg__simulation_gradient(sim, 1)[0],
                             c->source * 2);
            sg_event_totals totals;
            sg_simulation_totals(sim, &totals);
            assert_int_equal(totals.forward_spikes, 2 + 2 + 2 + 4);
            assert_int_equal(totals.forward_ops, 2 + 2 + 4 * 2);
            assert_int_equal(totals.backward_ops,
                             c->top[0] + c->top[1] + c->block);
            sg_simulation_destroy(sim);
            sg_network_destroy(net);
        }
}

static void test_bad_arguments(void **state)
{
    (void)state;
    sg_recipe recipe = recipe_for("1-2");
    sg_network *net = network(&recipe, (sg_shape){1, 1, 1}, 2, 2);
    sg_simulation *sim;
    assert_int_equal(sg_simulation_create(net, (sg_order)ORDERS, 0, &sim,
                                          NULL),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_simulation_create(net, SG_ORDER_RANDOM, SG__SEED_LIMIT,
                                          &sim, NULL),
                     SG_E_RANGE);
    assert_null(sim);
    sg_simulation_destroy(NULL);
    sim = simulate(net, SG_ORDER_FIFO, 0);
    assert_null(sg_simulation_counts(sim, 3));
    assert_null(sg_simulation_potentials(sim, 0));
    assert_null(sg__simulation_gradient(sim, 0));
    sg_simulation_destroy(sim);
    sg_network_destroy(net);
}

/* ---- random networks ---- */

static int32_t uniform(uint64_t seed, uint32_t stream, uint32_t i,
                       int32_t limit)
{
    sg__draw draw = sg__random(seed, SG__STREAM_INIT, stream, i, 0, 0);
    uint32_t n = (uint32_t)(2 * limit + 1);
    return (int32_t)sg__random_below(draw.v[0], n) - limit;
}

static void randomise(sg_network *net, uint64_t seed)
{
    for (uint32_t l = 0; l < net->layer_count; l++) {
        sg__layer *layer = &net->layer[l];
        for (uint32_t i = 0; i < layer->weights; i++)
            sg__layer_set_weight(layer, i, uniform(seed, 2 * l, i, 60));
        for (uint32_t c = 0; layer->synaptic && c < layer->geo.out_c; c++)
            layer->bias[c] = uniform(seed, 2 * l + 1, c, 100);
    }
}

enum {
    NEURONS = 2048, /* of the largest layer below */
    SAMPLE = 7      /* what keys the draws, besides the seed as the step */
};

/* Sums of the spikes that were seen, by phase, layer and neuron. */
struct sums {
    int sum[2][SG_LAYERS_MAX + 1][NEURONS];
};

static void add_spike(const sg_spike *spike, void *user)
{
    struct sums *sums = user;
    assert_in_range(spike->neuron, 0, NEURONS - 1);
    sums->sum[spike->phase == SG_PHASE_BACKWARD][spike->layer]
             [spike->neuron] += spike->sign;
}

static void check_sums(const sg_simulation *sim, const struct sums *sums)
{
    for (size_t l = 0; l < sim->layers; l++)
        for (size_t i = 0; i < sim->layer[l].neurons; i++) {
            const int8_t *errors = sg_simulation_errors(sim, l);
            assert_int_equal(sums->sum[0][l][i],
                             sg_simulation_counts(sim, l)[i]);
            assert_int_equal(sums->sum[1][l][i], errors ? errors[i] : 0);
        }
}

/* Charge of neuron i and its share of the gradient, tap by tap from the
 * definition. */
static int32_t charge_of(const sg_simulation *sim, size_t l, uint32_t i,
                         int32_t *gradient)
{
    const sg__layer *net = sim->layer[l].net;
    const sg__geometry *g = &net->geo;
    uint32_t oc = i % g->out_c;
    uint32_t ox = i / g->out_c % g->out_w, oy = i / g->out_c / g->out_w;
    int32_t charge = net->bias[oc];
    size_t w = oc * sg__fan_in(g);
    for (uint32_t ky = 0; ky < g->kernel_h; ky++)
        for (uint32_t kx = 0; kx < g->kernel_w; kx++)
            for (uint32_t ic = 0; ic < g->in_c; ic++, w++) {
                int64_t y = (int64_t)oy * g->stride + ky - g->pad;
                int64_t x = (int64_t)ox * g->stride + kx - g->pad;
                if (y < 0 || y >= g->in_h || x < 0 || x >= g->in_w)
                    continue;
                size_t j = ((size_t)y * g->in_w + (size_t)x) * g->in_c + ic;
                int32_t n = sg_simulation_counts(sim, l - 1)[j];
                charge += sg__layer_weight(net, w) * n;
                gradient[w] += sg_simulation_errors(sim, l)[i] * n;
            }
    return charge;
}

/* Whether unit i of dropout layer l does in sample SAMPLE. */
static bool takes_part(const sg_simulation *sim, size_t l, uint32_t i,
                       uint64_t step)
{
    return sg__takes_part(sim->net->recipe.seed, step, SAMPLE, (uint32_t)l - 1,
                          i, sim->layer[l].net->keep_bits);
}

static void check_definition(sg_simulation *sim, uint64_t step)
{
    static int32_t gradient[1 << 14];
    for (size_t l = 1; l < sim->layers; l++) {
        const sg__layer *net = sim->layer[l].net;
        if (net->kind == SG_LAYER_ADD)
            for (size_t i = 0; i < sim->layer[l].neurons; i++)
                assert_int_equal(sg_simulation_counts(sim, l)[i],
                                 sg_simulation_counts(sim, l - 1)[i] +
                                     sg_simulation_counts(sim, net->skip)[i]);
        for (uint32_t i = 0; net->keep_bits && i < sim->layer[l].neurons; i++)
            assert_int_equal(sg_simulation_counts(sim, l)[i],
                             takes_part(sim, l, i, step)
                                 ? sg_simulation_counts(sim, l - 1)[i]
                                 : 0);
        if (!net->synaptic)
            continue;
        memset(gradient, 0, sizeof gradient);
        assert_in_range(net->weights, 1, 1 << 14);
        for (uint32_t i = 0; i < sim->layer[l].neurons; i++) {
            int32_t a = charge_of(sim, l, i, gradient);
            int32_t n = net->output ? 0
                                    : sg__response(a, net->theta_bits,
                                                   net->fire_level, net->cap);
            assert_int_equal(sg_simulation_counts(sim, l)[i], n);
            assert_int_equal(sg_simulation_potentials(sim, l)[i],
                             a - n * (1 << net->theta_bits));
        }
        assert_memory_equal(sg__simulation_gradient(sim, l), gradient,
                            net->weights * sizeof *gradient);
    }
}

/* Adds what the errors of synaptic layer l charge the layer below with. */
static void charge_below(const sg_simulation *sim, size_t l, int64_t *below)
{
    const sg__layer *net = sim->layer[l].net;
    const int64_t unit = INT64_C(1) << net->error_shift;
    for (uint32_t i = 0; i < sim->layer[l].neurons; i++) {
        sg__patch p = sg__patch_of(&net->geo, i);
        for (size_t row = 0; row < p.rows; row++)
            for (size_t x = 0; x < p.width; x++)
                below[p.input + row * p.input_step + x] +=
                    unit * sg_simulation_errors(sim, l)[i] *
                    sg__layer_weight(net, p.weight + row * p.weight_step + x);
    }
}

/* Adds the error charge `above` of pooling layer l to that of its inputs. */
static void charge_pooled(const sg_simulation *sim, size_t l,
                          const int64_t *above, int64_t *below)
{
    const sg__layer *net = sim->layer[l].net;
    for (uint32_t i = 0; i < sim->layer[l].neurons; i++) {
        sg__patch p = sg__patch_of(&net->geo, i);
        for (size_t row = 0; row < p.rows; row++)
            for (size_t x = 0; x < p.width; x += net->geo.in_c) {
                size_t j = p.input + row * p.input_step + x + p.channel;
                if (net->kind != SG_LAYER_POOL_MAX ||
                    sim->layer[l].winner[i] == j)
                    below[j] += above[i];
            }
    }
}

/* The error charge of every layer, an array a layer, from the error counts
 * alone; without dither. */
static void check_error_charges(const sg_simulation *sim, uint64_t step)
{
    static int64_t charge[SG_LAYERS_MAX + 1][NEURONS];
    memset(charge, 0, sizeof charge);
    for (size_t l = sim->layers - 2; l >= sim->first_synaptic; l--) {
        const sg__layer *net = sim->layer[l].net;
        const sg__layer *above = sim->layer[l + 1].net;
        size_t n = sim->layer[l].neurons;
        if (above->synaptic)
            charge_below(sim, l + 1, charge[l]);
        else if (above->kind == SG_LAYER_ADD)
            memcpy(charge[l], charge[l + 1], n * sizeof charge[l][0]);
        else if (above->kind == SG_LAYER_DROPOUT)
            for (uint32_t i = 0; i < n; i++)
                charge[l][i] =
                    takes_part(sim, l + 1, i, step) ? charge[l + 1][i] : 0;
        else
            charge_pooled(sim, l + 1, charge[l + 1], charge[l]);
        for (size_t r = l + 1; r < sim->layers; r++)
            if (sim->layer[r].net->kind == SG_LAYER_ADD &&
                sim->layer[r].net->skip == l)
                for (size_t i = 0; i < n; i++)
                    charge[l][i] +=
                        charge[r][i] *
                        (INT64_C(1) << sim->layer[r].net->skip_shift);
        for (size_t i = 0; net->synaptic && i < n; i++)
            assert_int_equal(charge[l][i],
                             sg__simulation_error_charge(sim, l)[i] +
                                 sg_simulation_errors(sim, l)[i] *
                                     (INT64_C(1) << net->phi_bits));
    }
}

static void assert_same(const void *a, const void *b, size_t n)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a)
        assert_memory_equal(a, b, n);
}

static void assert_same_state(const sg_simulation *a, const sg_simulation *b)
{
    for (size_t l = 0; l < a->layers; l++) {
        const struct sg__event_layer *p = &a->layer[l], *q = &b->layer[l];
        size_t wide = p->neurons * sizeof(int32_t);
        assert_same(p->count, q->count, p->neurons);
        assert_same(p->potential, q->potential, wide);
        assert_same(p->error, q->error, p->neurons);
        assert_same(p->charge, q->charge, wide);
        if (!p->gradient)
            continue;
        assert_same(p->gradient, q->gradient,
                    p->net->weights * sizeof *p->gradient);
        assert_same(p->bias_gradient, q->bias_gradient,
                    p->net->geo.out_c * sizeof *p->bias_gradient);
    }
}

static void check_orders(const char *topology, uint64_t seed)
{
    sg_recipe recipe = recipe_for(topology);
    recipe.count_cap = 1 + (int32_t)(seed % 15);
    recipe.dither = seed % 2 != 0;
    recipe.fire = seed % 3 == 0 ? SG_FIRE_FLOOR : SG_FIRE_ROUND;
    recipe.loss = seed % 4 < 2 ? SG_LOSS_SOFTMAX : SG_LOSS_SQUARED;
    recipe.alpha = 100;
    set(&recipe, "phi", "0.5");
    sg_network *net = network(&recipe, (sg_shape){9, 8, 3}, 5, 7);
    randomise(net, seed);
    uint8_t pixels[9 * 8 * 3];
    for (uint32_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(uniform(seed, 1000, i, 127) + 127);

    sg_simulation *first = NULL;
    for (int i = 0; i < 3 * ORDERS; i++) {
        sg_order order = (sg_order)(i % ORDERS);
        sg_simulation *sim = simulate(net, order, (uint64_t)i);
        struct sums *sums = calloc(1, sizeof *sums);
        assert_non_null(sums);
        sg_simulation_watch(sim, add_spike, sums);
        assert_int_equal(sg_simulation_present_training(sim, pixels, seed,
                                                        SAMPLE),
                         SG_OK);
        assert_int_equal(sg_simulation_learn(sim, (uint32_t)seed % 5, seed,
                                             SAMPLE),
                         SG_OK);
        check_sums(sim, sums);
        free(sums);
        if (!first) {
            first = sim;
            check_definition(sim, seed);
            if (!recipe.dither)
                check_error_charges(sim, seed);
            continue;
        }
        assert_same_state(first, sim);
        sg_simulation_destroy(sim);
    }
    sg_simulation_destroy(first);
    sg_network_destroy(net);
}

static void test_orders_agree(void **state)
{
    (void)state;
    const char *topology[] = {"20-5",
                              "4C3-P2max-12-5",
                              "4C3s2p1-6C3p2-5",
                              "6C4s3p2-16-5",
                              "4C3-P2-3C2-P2-5",
                              "5C2-P2avg-4C3p1-P2max-5",
                              "70C5-P2max-P2-5",
                              "P2max-4C3p1-P2avg-5",
                              "8-8-R1-8-8-R3-R1-5",
                              "3C3p1-R1-P2-5",
                              "4C3p1-4C3p1-R1-P2max-4C3p1-R1-5",
                              "4C3p1-P2max-4C3p1-4C3p1-R2-R1-P2-5",
                              "D2-20-D2-12-D4-5",
                              "4C3p1-D2-P2max-4C3p1-D2-R1-P2avg-D4-9-5",
                              "5C2-P2max-D2-4C3p1-D2-P2-D2-5"};
    for (size_t t = 0; t < sizeof topology / sizeof *topology; t++)
        for (uint64_t seed = 0; seed < 6; seed++)
            check_orders(topology[t], seed);
}

/* Input that arrives in parts ends in the same state, can be learned once it
 * is complete, and comes in an order of its own for every seed. */
static void test_arrival(void **state)
{
    (void)state;
    enum { SIDE = 8 };
    sg_recipe recipe = recipe_for("4C3p1-P2max-6C3p1-5");
    recipe.count_cap = 7;
    sg_network *net = network(&recipe, (sg_shape){SIDE, SIDE, 1}, 5, 7);
    randomise(net, 3);
    uint8_t pixels[SIDE * SIDE];
    for (uint32_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(uniform(4, 1000, i, 127) + 127);
    sg_simulation *whole = simulate(net, SG_ORDER_FIFO, 0);
    assert_int_equal(sg_simulation_arrive(whole, 1), SG_E_ARGUMENT);
    assert_int_equal(sg_simulation_present(whole, pixels), SG_OK);
    assert_int_equal(sg_simulation_arrive(whole, 1), SG_E_ARGUMENT);
    uint64_t expected = 0, spikes;
    for (size_t i = 0; i < sizeof pixels; i++)
        expected += sg_simulation_counts(whole, 0)[i];
    assert_int_equal(sg_simulation_learn(whole, 1, 0, 0), SG_OK);

    uint8_t half[2][SIDE * SIDE];
    for (int order = 0; order < ORDERS; order++) {
        sg_simulation *sim =
            simulate(net, (sg_order)order, (uint64_t)order % 2);
        assert_int_equal(sg_simulation_begin(sim, pixels, &spikes), SG_OK);
        assert_int_equal(spikes, expected);
        assert_int_equal(sg_simulation_learn(sim, 1, 0, 0), SG_E_ARGUMENT);
        assert_int_equal(sg_simulation_arrive(sim, spikes / 2), SG_OK);
        assert_int_equal(sg_simulation_learn(sim, 1, 0, 0), SG_E_ARGUMENT);
        if (order < 2)
            memcpy(half[order], sg_simulation_counts(sim, 0), sizeof *half);
        else
            assert_memory_equal(half[order % 2], sg_simulation_counts(sim, 0),
                                sizeof *half);
        uint64_t here = 0;
        for (size_t i = 0; i < sizeof pixels; i++)
            here += sg_simulation_counts(sim, 0)[i];
        assert_int_equal(here, spikes / 2);
        assert_int_equal(sg_simulation_arrive(sim, UINT64_MAX), SG_OK);
        assert_int_equal(sg_simulation_learn(sim, 1, 0, 0), SG_OK);
        assert_same_state(whole, sim);
        sg_simulation_destroy(sim);
    }
    assert_memory_not_equal(half[0], half[1], sizeof *half);
    sg_simulation_destroy(whole);
    sg_network_destroy(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inhibition_takes_a_spike_back),
        cmocka_unit_test(test_cap_stops_firing),
        cmocka_unit_test(test_bias_fires_alone),
        cmocka_unit_test(test_padding_and_stride),
        cmocka_unit_test(test_sum_and_average),
        cmocka_unit_test(test_max_takes_a_spike_back),
        cmocka_unit_test(test_backward_by_hand),
        cmocka_unit_test(test_error_through_sum),
        cmocka_unit_test(test_arrival),
        cmocka_unit_test(test_full_queue),
        cmocka_unit_test(test_addition_by_hand),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_orders_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
