/* Error thresholds from data: the sum of squares against the error charges of
 * the event simulation, the choice of Phi, and what happens to momentum. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/dither.h"
#include "event/simulation.h"
#include "learn/calibrate.h"
#include "network/recipe.h"
#include "spikegrad/spikegrad.h"

enum { SAMPLES = 12 };

typedef struct bench {
    sg_network *net;
    sg_data *data;
    sg__engine *engine;
    sg__augment augment;
    sg__batch batch;
    sg__squares squares[SG_LAYERS_MAX];
    uint32_t samples[SAMPLES];
} bench;

static void open_bench(bench *b, const char *phi)
{
    static const char *const options[][2] = {{"net", "4C3p1-4C3p1-5C3-12-10"},
                                             {"standardise", "on"},
                                             {"augment", "none"},
                                             {"batch", "12"},
                                             {"dither", "on"}};
    sg_recipe recipe;
    memset(b, 0, sizeof *b);
    sg__recipe_init(&recipe);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        assert_int_equal(sg_recipe_set(&recipe, options[i][0], options[i][1],
                                       NULL),
                         SG_OK);
    assert_int_equal(sg_recipe_set(&recipe, "phi", phi, NULL), SG_OK);
    assert_int_equal(sg_data_open("glyphs:train=20,test=1", SG_SPLIT_TRAIN,
                                  &b->data, NULL),
                     SG_OK);
    assert_int_equal(sg_network_create(&recipe, b->data, &b->net, NULL),
                     SG_OK);
    const sg__engine_options built = {.net = b->net,
                                      .trained = b->net,
                                      .batch = SAMPLES,
                                      .threads = 2};
    assert_int_equal(sg__engine_create(&sg__engine_cpu, &built, &b->engine),
                     SG_OK);
    for (uint32_t s = 0; s < SAMPLES; s++)
        b->samples[s] = s;
    b->batch = (sg__batch){.data = b->data,
                           .samples = b->samples,
                           .count = SAMPLES,
                           .augment = &b->augment};
}

static void close_bench(bench *b)
{
    sg__engine_destroy(b->engine);
    sg_network_destroy(b->net);
    sg_data_destroy(b->data);
}

/* Root mean square of U of hidden layer l, from spikes, without dither. */
static double simulated_rms(bench *b, size_t l)
{
    sg_simulation *sim;
    const sg__layer *layer = &b->net->layer[l];
    size_t n = sg__outputs(&layer->geo);
    double sum = 0;
    assert_int_equal(sg_simulation_create(b->net, SG_ORDER_FIFO, 1, &sim,
                                          NULL),
                     SG_OK);
    for (uint32_t s = 0; s < SAMPLES; s++) {
        assert_int_equal(sg_simulation_present(sim,
                                               sg_data_pixels(b->data, s)),
                         SG_OK);
        assert_int_equal(sg_simulation_learn(sim, sg_data_label(b->data, s), 0,
                                             s),
                         SG_OK);
        const int8_t *d = sg_simulation_errors(sim, l + 1);
        const int32_t *u = sg__simulation_error_charge(sim, l + 1);
        for (size_t i = 0; i < n; i++) {
            double total = u[i] + d[i] * ldexp(1, layer->phi_bits);
            total -= sg__dither(b->net->recipe.seed, 0, s, (uint32_t)l,
                                (uint32_t)i, layer->phi_bits);
            sum += total * total;
        }
    }
    sg_simulation_destroy(sim);
    return sqrt(sum / (double)(SAMPLES * n));
}

static double measured_rms(const sg__squares *sums)
{
    return sqrt((ldexp((double)sums->high, 32) + (double)sums->low) /
                (double)sums->count);
}

static void squares_are_those_of_the_spikes(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, "auto:1");
    sg_metrics metrics;
    assert_int_equal(sg__engine_pass(b.engine, &b.batch, &metrics, b.squares),
                     SG_OK);
    for (size_t l = 0; l + 1 < b.net->layer_count; l++) {
        double measured = measured_rms(&b.squares[l]);
        assert_true(measured > 0);
        assert_true(fabs(measured / simulated_rms(&b, l) - 1) < 1e-9);
    }
    close_bench(&b);
}

static void thresholds_are_the_nearest_powers(void **state)
{
    (void)state;
    static const struct {
        const char *phi;
        double share;
    } cases[] = {{"auto:1", 1}, {"auto:4", 4}, {"auto:1/2", 0.5}};
    for (size_t i = 0; i < 3; i++) {
        bench b;
        open_bench(&b, cases[i].phi);
        assert_int_equal(sg__calibrate_phi(b.engine, &b.batch), SG_OK);
        for (size_t l = 0; l + 1 < b.net->layer_count; l++) {
            double ratio = simulated_rms(&b, l) / cases[i].share /
                           ldexp(1, b.net->layer[l].phi_bits);
            assert_true(ratio <= sqrt(2) + 1e-9);
            assert_true(ratio >= sqrt(0.5) - 1e-9 ||
                        b.net->layer[l].phi_bits == 1);
        }
        close_bench(&b);
    }
}

/* Calibrating twice on one batch changes nothing; momentum follows the gain. */
static void momentum_follows_the_gain(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, "auto:2");
    sg__layer *layer = &b.net->layer[0];
    int before = layer->gain_bits;
    layer->velocity[0] = 1000;
    layer->bias_velocity[0] = -1000;
    layer->gain_velocity[0] = INT32_MAX;
    assert_int_equal(sg__calibrate_phi(b.engine, &b.batch), SG_OK);
    int bits = layer->gain_bits - before;
    assert_true(bits != 0 && bits > -9 && bits < 20);
    assert_int_equal(layer->velocity[0], lround(ldexp(1000, bits)));
    assert_int_equal(layer->bias_velocity[0],
                     (int32_t)floor(ldexp(-1000, bits) + 0.5));
    assert_int_equal(layer->gain_velocity[0],
                     fmin(floor(ldexp(INT32_MAX, bits) + 0.5), INT32_MAX));
    int32_t velocity = layer->velocity[0];
    assert_int_equal(sg__calibrate_phi(b.engine, &b.batch), SG_OK);
    assert_int_equal(layer->velocity[0], velocity);
    close_bench(&b);
}

static void only_early_steps_calibrate(void **state)
{
    (void)state;
    sg_recipe recipe;
    unsigned count = 0;
    sg__recipe_init(&recipe);
    assert_false(sg__calibrates(&recipe, 0));
    assert_int_equal(sg_recipe_set(&recipe, "phi", "auto:1", NULL), SG_OK);
    for (uint64_t step = 0; step < 100000; step++)
        count += sg__calibrates(&recipe, step);
    assert_int_equal(count, 6);
    assert_true(sg__calibrates(&recipe, 100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(squares_are_those_of_the_spikes),
        cmocka_unit_test(thresholds_are_the_nearest_powers),
        cmocka_unit_test(momentum_follows_the_gain),
        cmocka_unit_test(only_early_steps_calibrate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
