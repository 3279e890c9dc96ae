/* sg_verify must find any difference: one integer of the simulation, or of the
 * update made from its gradient, is changed on its way to the comparison.
 * Linked with --wrap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event/simulation.h"
#include "network/recipe.h"
#include "optimiser/optimiser.h"
#include "spikegrad/spikegrad.h"

enum part {
    NONE,
    COUNT,
    POTENTIAL,
    ERROR,
    ERROR_CHARGE,
    GRADIENT,
    BIAS_GRADIENT,
    MASTER,
    VELOCITY,
    BIAS,
    BIAS_MASTER,
    BIAS_VELOCITY,
    GAIN,
    GAIN_VELOCITY,
    WEIGHT
};

enum { AT = 2 }; /* the index of what is changed */

/* In network layer `layer`; `call` is which of its comparisons it spoils. */
typedef struct fault {
    const char *quantity;
    enum part part;
    size_t layer;
    int call;
} fault;

static fault now;
static int calls;
static const sg_network *first_updated; /* the ANN's */
static uint64_t spoiled; /* bit n: the counts of what is presented as n-th */

/* Whether this is the access to simulated layer l that is to go wrong. */
static bool breaks(enum part part, size_t l)
{
    return now.part == part && l == now.layer + 1 && ++calls == now.call;
}

const uint8_t *__real_sg_simulation_counts(const sg_simulation *s, size_t l);
const int32_t *__real_sg_simulation_potentials(const sg_simulation *s,
                                               size_t l);
const int8_t *__real_sg_simulation_errors(const sg_simulation *s, size_t l);
const int32_t *__real_sg__simulation_error_charge(const sg_simulation *s,
                                                  size_t l);
int32_t *__real_sg__simulation_gradient(sg_simulation *s, size_t l);
int32_t *__real_sg__simulation_bias_gradient(sg_simulation *s, size_t l);
void __real_sg__update_apply(sg_network *net, const sg__kernels *kernels,
                             size_t l, const sg__update *update, uint64_t step,
                             uint32_t first, uint32_t last, int32_t *gradient,
                             int32_t *bias_gradient);
const uint8_t *__wrap_sg_simulation_counts(const sg_simulation *s, size_t l);
const int32_t *__wrap_sg_simulation_potentials(const sg_simulation *s,
                                               size_t l);
const int8_t *__wrap_sg_simulation_errors(const sg_simulation *s, size_t l);
const int32_t *__wrap_sg__simulation_error_charge(const sg_simulation *s,
                                                  size_t l);
int32_t *__wrap_sg__simulation_gradient(sg_simulation *s, size_t l);
int32_t *__wrap_sg__simulation_bias_gradient(sg_simulation *s, size_t l);
void __wrap_sg__update_apply(sg_network *net, const sg__kernels *kernels,
                             size_t l, const sg__update *update, uint64_t step,
                             uint32_t first, uint32_t last, int32_t *gradient,
                             int32_t *bias_gradient);

/* The arrays belong to the simulation, which lives on the heap. */
const uint8_t *__wrap_sg_simulation_counts(const sg_simulation *s, size_t l)
{
    uint8_t *x = (uint8_t *)(uintptr_t)__real_sg_simulation_counts(s, l);
    x[AT] ^= breaks(COUNT, l);
    x[AT] ^= l == 1 && (spoiled >> s->samples & 1);
    return x;
}

const int32_t *__wrap_sg_simulation_potentials(const sg_simulation *s,
                                               size_t l)
{
    int32_t *x = (int32_t *)(uintptr_t)__real_sg_simulation_potentials(s, l);
    if (breaks(POTENTIAL, l))
        x[AT] ^= 1;
    return x;
}

const int8_t *__wrap_sg_simulation_errors(const sg_simulation *s, size_t l)
{
    int8_t *x = (int8_t *)(uintptr_t)__real_sg_simulation_errors(s, l);
    if (breaks(ERROR, l))
        x[AT] ^= 1;
    return x;
}

const int32_t *__wrap_sg__simulation_error_charge(const sg_simulation *s,
                                                  size_t l)
{
    int32_t *x =
        (int32_t *)(uintptr_t)__real_sg__simulation_error_charge(s, l);
    if (breaks(ERROR_CHARGE, l))
        x[AT] ^= 1;
    return x;
}

int32_t *__wrap_sg__simulation_gradient(sg_simulation *s, size_t l)
{
    int32_t *x = __real_sg__simulation_gradient(s, l);
    x[AT] ^= breaks(GRADIENT, l);
    return x;
}

int32_t *__wrap_sg__simulation_bias_gradient(sg_simulation *s, size_t l)
{
    int32_t *x = __real_sg__simulation_bias_gradient(s, l);
    x[AT] ^= breaks(BIAS_GRADIENT, l);
    return x;
}

static int32_t *state_of(const sg__layer *layer, enum part part)
{
    switch (part) {
    case MASTER:
        return layer->master;
    case VELOCITY:
        return layer->velocity;
    case BIAS:
        return layer->bias;
    case BIAS_MASTER:
        return layer->bias_master;
    case BIAS_VELOCITY:
        return layer->bias_velocity;
    case GAIN:
        return layer->gain;
    case GAIN_VELOCITY:
        return layer->gain_velocity;
    case NONE:
    case COUNT:
    case POTENTIAL:
    case ERROR:
    case ERROR_CHARGE:
    case GRADIENT:
    case BIAS_GRADIENT:
    case WEIGHT:
        break;
    }
    return NULL;
}

/* Both engines' gradients are applied by this, the ANN's first. */
void __wrap_sg__update_apply(sg_network *net, const sg__kernels *kernels,
                             size_t l, const sg__update *update, uint64_t step,
                             uint32_t first, uint32_t last, int32_t *gradient,
                             int32_t *bias_gradient)
{
    __real_sg__update_apply(net, kernels, l, update, step, first, last,
                            gradient, bias_gradient);
    first_updated = first_updated ? first_updated : net;
    if (net == first_updated || l != now.layer)
        return;
    sg__layer *layer = &net->layer[l];
    if (now.part == WEIGHT)
        sg__layer_set_weight(layer, AT, sg__layer_weight(layer, AT) ^ 1);
    else if (state_of(layer, now.part))
        state_of(layer, now.part)[AT] ^= 1;
}

static void every_kind_of_difference_is_found(void **state)
{
    static const fault faults[] = {
        {NULL, NONE, 0, 1},
        {"spike count", COUNT, 0, 1},
        {"membrane value", POTENTIAL, 3, 1},
        {"error count", ERROR, 3, 1},
        {"error membrane value", ERROR_CHARGE, 3, 1},
        {"gradient", GRADIENT, 3, 1},
        {"bias gradient", BIAS_GRADIENT, 0, 1},
        {"spike count in use", COUNT, 0, 2},
        {"membrane value in use", POTENTIAL, 3, 2},
        {"master weight", MASTER, 0, 1},
        {"velocity", VELOCITY, 3, 1},
        {"bias", BIAS, 3, 1},
        {"bias master", BIAS_MASTER, 0, 1},
        {"bias velocity", BIAS_VELOCITY, 3, 1},
        {"gain", GAIN, 0, 1},
        {"gain velocity", GAIN_VELOCITY, 0, 1},
        {"updated weight", WEIGHT, 0, 1},
    };
    (void)state;
    sg_recipe recipe;
    sg_data *data;
    sg_network *net;
    sg_verification v;
    sg_error error;
    sg__recipe_init(&recipe);
    strcpy(recipe.net, "3C5-P2-D2-10");
    recipe.standardise = 1;
    assert_int_equal(sg_data_open("glyphs:train=20,test=1", SG_SPLIT_TRAIN,
                                  &data, NULL),
                     SG_OK);
    assert_int_equal(sg_network_create(&recipe, data, &net, NULL), SG_OK);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        now = faults[i];
        calls = 0;
        first_updated = NULL;
        sg_status status =
            sg_verify(net, data, 2, SG_ORDER_FIFO, 1, NULL, NULL, &v, &error);
        assert_int_equal(status, now.quantity ? SG_E_MISMATCH : SG_OK);
        if (!now.quantity) {
            assert_null(v.quantity);
            continue;
        }
        assert_string_equal(v.quantity, now.quantity);
        assert_int_equal(v.layer, now.layer);
        assert_int_equal(v.index, AT);
    }
    sg_network_destroy(net);
    sg_data_destroy(data);
}

/* Whichever thread comes upon which difference first, it is the first one in
 * the order of samples that is told, with what led up to it. */
static void the_first_difference_is_told(void **state)
{
    (void)state;
    sg_recipe recipe;
    sg_data *data;
    sg_network *net;
    sg_verification v, expected = {0};
    sg_error error;
    sg__recipe_init(&recipe);
    strcpy(recipe.net, "3C5-P2-10");
    assert_int_equal(sg_data_open("glyphs:train=20,test=1", SG_SPLIT_TRAIN,
                                  &data, NULL),
                     SG_OK);
    assert_int_equal(sg_network_create(&recipe, data, &net, NULL), SG_OK);
    now = (fault){NULL, NONE, 0, 1};
    sg_verify_options how = SG_VERIFY_OPTIONS_INIT;
    spoiled = 1 << 14 | 1 << 13 | 1 << 6;
    for (int i = 0; i < 24; i++) {
        how.order = i % 2 ? SG_ORDER_SCATTER : SG_ORDER_FIFO;
        how.threads = 1 + (unsigned)i / 2 % 4;
        assert_int_equal(sg_verify_with(net, data, &how, &v, &error),
                         SG_E_MISMATCH);
        assert_string_equal(v.quantity, "spike count");
        assert_int_equal(v.sample, 5);
        assert_int_equal(v.samples, 6);
        if (how.threads == 1 && how.order == SG_ORDER_SCATTER)
            expected = v;
        else if (how.order == SG_ORDER_SCATTER)
            assert_memory_equal(&v, &expected, sizeof v);
    }
    spoiled = 0;
    assert_int_equal(sg_verify_with(net, data, &how, &v, &error), SG_OK);
    sg_network_destroy(net);
    sg_data_destroy(data);
}

static int after(uint32_t done, uint32_t total, void *user)
{
    (void)total;
    return done >= *(const uint32_t *)user;
}

/* It stops in good time, and refuses what it cannot do. */
static void it_can_be_stopped(void **state)
{
    (void)state;
    sg_recipe recipe;
    sg_data *data;
    sg_network *net;
    sg_verification v;
    sg_error error;
    uint32_t limit = 4;
    sg__recipe_init(&recipe);
    strcpy(recipe.net, "10");
    assert_int_equal(sg_data_open("glyphs:train=40,test=1", SG_SPLIT_TRAIN,
                                  &data, NULL),
                     SG_OK);
    assert_int_equal(sg_network_create(&recipe, data, &net, NULL), SG_OK);
    sg_verify_options how = SG_VERIFY_OPTIONS_INIT;
    how.samples = 40;
    how.progress = after;
    how.user = &limit;
    for (how.threads = 1; how.threads < 4; how.threads++) {
        assert_int_equal(sg_verify_with(net, data, &how, &v, &error),
                         SG_E_STOPPED);
        assert_in_range(v.samples, 4, how.threads == 1 ? 4 : 16);
    }
    how.threads = 257;
    assert_int_equal(sg_verify_with(net, data, &how, &v, &error), SG_E_RANGE);
    how.threads = 1;
    how.samples = 41;
    assert_int_equal(sg_verify_with(net, data, &how, &v, &error), SG_E_RANGE);
    how.size = 1;
    assert_int_equal(sg_verify_with(net, data, &how, &v, &error),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_verify_with(net, data, NULL, &v, &error),
                     SG_E_ARGUMENT);
    sg_network_destroy(net);
    sg_data_destroy(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_difference_is_found),
        cmocka_unit_test(the_first_difference_is_told),
        cmocka_unit_test(it_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
