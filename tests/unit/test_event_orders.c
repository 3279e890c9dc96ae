/* The event engine on random networks: counts and errors are those of the
 * definition, and nothing depends on the order in which spikes are delivered
 * or on how the input arrives. */
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
#include "event_sample.h"

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
                int64_t y = (int64_t)oy * g->stride_h + ky - g->pad_h;
                int64_t x = (int64_t)ox * g->stride_w + kx - g->pad_w;
                if (y < 0 || y >= g->in_h || x < 0 || x >= g->in_w)
                    continue;
                size_t j = ((size_t)y * g->in_w + (size_t)x) * g->in_c + ic;
                int32_t n = sg_simulation_counts(sim, net->from)[j];
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
        if (net->kind->id == SG_LAYER_ADD)
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
                if (net->kind->id != SG_LAYER_POOL_MAX ||
                    sim->layer[l].winner[i] == j)
                    below[j] += above[i];
            }
    }
}

/* Adds what layer r hands to sender l, which it hears. */
static void charge_sender(const sg_simulation *sim, size_t r,
                          const int64_t *above, int64_t *below, uint64_t step)
{
    const sg__layer *net = sim->layer[r].net;
    switch (net->kind->id) {
    case SG_LAYER_CONV:
    case SG_LAYER_DENSE:
    case SG_LAYER_PROJECTION:
        charge_below(sim, r, below);
        break;
    case SG_LAYER_ADD:
    case SG_LAYER_DROPOUT:
        for (uint32_t i = 0; i < sim->layer[r].neurons; i++)
            if (net->keep_bits == 0 || takes_part(sim, r, i, step))
                below[i] += above[i];
        break;
    case SG_LAYER_POOL_SUM:
    case SG_LAYER_POOL_MAX:
    case SG_LAYER_POOL_AVERAGE:
        charge_pooled(sim, r, above, below);
        break;
    }
}

/* The error charge of every layer, an array a layer, from the error counts
 * alone; without dither. */
static void check_error_charges(const sg_simulation *sim, uint64_t step)
{
    static int64_t charge[32][NEURONS];
    assert_in_range(sim->layers, 1, 32);
    memset(charge, 0, sizeof charge);
    for (size_t l = sim->layers - 2; l >= sim->first_learning; l--) {
        const sg__layer *net = sim->layer[l].net;
        size_t n = sim->layer[l].neurons;
        for (size_t r = l + 1; r < sim->layers; r++) {
            const sg__layer *above = sim->layer[r].net;
            if (above->from == l)
                charge_sender(sim, r, charge[r], charge[l], step);
            if (above->kind->id == SG_LAYER_ADD && above->skip == l)
                for (size_t i = 0; i < n; i++)
                    charge[l][i] +=
                        charge[r][i] * (INT64_C(1) << above->skip_shift);
        }
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
        const sg__units *p = &a->layer[l], *q = &b->layer[l];
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
    const char *topology[] = {
        "20-5", "4C3-P2max-12-5", "4C3s2p1-6C3p2-5", "6C4s3p2-16-5",
        "4C3-P2-3C2-P2-5", "5C2-P2avg-4C3p1-P2max-5", "70C5-P2max-P2-5",
        "P2max-4C3p1-P2avg-5", "8-8-R1-8-8-R3-R1-5", "3C3p1-R1-P2-5",
        "4C3p1-4C3p1-R1-P2max-4C3p1-R1-5",
        "4C3p1-P2max-4C3p1-4C3p1-R2-R1-P2-5", "D2-20-D2-12-D4-5",
        "4C3p1-D2-P2max-4C3p1-D2-R1-P2avg-D4-9-5",
        "5C2-P2max-D2-4C3p1-D2-P2-D2-5", "4C3p1-6C3p1s2-6C3p1-R2C1s2-Pavg-5",
        "6C3s2p1-6C3p1-R2C3s2p1-6C3p1-R1-Pmax-5",
        "(4C3p1-R1C1)x2-3C3s2-R1C3s2-9-5",
        /* not square */
        "4C2x3s2x1p1x2-P1x2max-5C1x2s1x2-P2x1avg-5",
        "5C1x3s1x2p0x1-R1C1x2s1x2-P2x1max-6C3x1p1x0-5"};
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

/* Spikes of neurons with 5, 2, 3 and 0, as they arrive one by one: the
 * strongest first, or each neuron's k-th of n at (k - 1/2) / n. */
static void test_order_of_arrival(void **state)
{
    (void)state;
    enum { N = 4, SPIKES = 10 };
    static const uint8_t pixels[N] = {5, 2, 3, 0};
    /* at 1/10, 1/6, 1/4, 3/10, 1/2 twice (0 and 2), 7/10, 3/4, 5/6, 9/10 */
    static const int even[SPIKES] = {0, 2, 1, 0, -1, -1, 0, 1, 2, 0};
    sg_recipe recipe = recipe_for("3-5");
    set(&recipe, "input", "counts");
    sg_network *net = network(&recipe, (sg_shape){1, N, 1}, 5, 7);
    sg_simulation *sim = simulate(net, SG_ORDER_FIFO, 3);
    assert_int_equal(sg_simulation_set_arrival(sim, (sg_arrival)3),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_simulation_set_arrival(NULL, SG_ARRIVAL_EVEN),
                     SG_E_ARGUMENT);
    for (int order = SG_ARRIVAL_STRONG; order <= SG_ARRIVAL_EVEN; order++) {
        uint64_t spikes;
        uint8_t before[N] = {0};
        assert_int_equal(sg_simulation_set_arrival(sim, (sg_arrival)order),
                         SG_OK);
        assert_int_equal(sg_simulation_begin(sim, pixels, &spikes), SG_OK);
        assert_int_equal(spikes, SPIKES);
        for (int i = 0; i < SPIKES; i++) {
            assert_int_equal(sg_simulation_arrive(sim, 1), SG_OK);
            const uint8_t *now = sg_simulation_counts(sim, 0);
            int which = 0;
            while (now[which] == before[which])
                which++;
            memcpy(before, now, N);
            if (order == SG_ARRIVAL_STRONG)
                assert_int_equal(which, i < 5 ? 0 : i < 8 ? 2 : 1);
            else if (even[i] >= 0)
                assert_int_equal(which, even[i]);
        }
        assert_memory_equal(before, pixels, N);
    }
    sg_simulation_destroy(sim);
    sg_network_destroy(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders_agree),
        cmocka_unit_test(test_arrival),
        cmocka_unit_test(test_order_of_arrival),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
