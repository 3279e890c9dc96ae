/* The engine on a device computes what the CPU engine does, to the bit: on
 * kernels that are compiled as plain C, where nothing is missing for it, and
 * on the first OpenCL device if there is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifndef SG_HAVE_DEVICES

int main(void)
{
    puts("skipped: this build knows no devices");
    return 77;
}

#else

#include "device/engine.h"
#include "learn/trainer.h"
#include "proof/verify.h"
#include "random_network.h"
#include "shim_device.h"

enum {
    SAMPLES = 37,
    SEEDS = 40,
    OPENCL_SEEDS = 6,
    TILE_SEEDS = 16,
    MOST_STEPS = 12,
    TILE_STEPS = 3,
    VERIFY_SEEDS = 12,
    VERIFY_SAMPLES = 18 /* two batches */
};

/* OpenCL where there is a device; else kind is NULL. */
static sg__device_choice opencl_choice(void)
{
    sg__device_choice choice = {NULL, 0};
    if (sg__device_opencl.count(NULL) > 0)
        choice.kind = &sg__device_opencl;
    return choice;
}

/* A recipe for which the network can be built, by trying seeds. */
static uint64_t usable(uint64_t seed, sg_recipe *recipe, sg_data **data)
{
    static const char *const augments[] = {"none",
                                           "affine",
                                           "crop:2+flip+cutout:5",
                                           "elastic:3+shift:1",
                                           "flip",
                                           "affine+elastic:2+flip",
                                           "thin:20",
                                           "shift:2+cutout:4+thin:70"};
    for (;; seed += 1000) {
        sg_network *net;
        random_recipe(seed, recipe);
        sg_recipe_set(recipe, "augment", augments[pick(seed, 80, 8)], NULL);
        assert_int_equal(random_data(seed, SAMPLES, data), SG_OK);
        if (sg_network_create(recipe, *data, &net, NULL) == SG_OK) {
            sg_network_destroy(net);
            return seed;
        }
        sg_data_destroy(*data);
    }
}

static sg_trainer *trainer_at(const sg_recipe *recipe, const sg_data *data,
                              sg__device_choice choice)
{
    sg_network *net;
    sg_trainer *trainer;
    sg_error error = {{0}};
    const sg__place place = {.kind = choice.kind ? &sg__engine_device
                                                 : &sg__engine_cpu,
                             .device = choice,
                             .threads = 1};
    assert_int_equal(sg_network_create(recipe, data, &net, NULL), SG_OK);
    sg_status status =
        sg__trainer_create_at(&place, net, data, &trainer, &error);
    if (status != SG_OK)
        fail_msg("%s", error.text);
    return trainer;
}

static void assert_same_layers(const sg_network *a, const sg_network *b,
                               const char *what)
{
    for (size_t l = 0; l < a->layer_count; l++)
        for (int k = 0; k < SG__ARRAYS; k++) {
            const sg__array array = (sg__array)k;
            const sg__layer *x = &a->layer[l], *y = &b->layer[l];
            if (!sg__array_present(x, array))
                continue;
            assert_int_equal(x->phi_bits, y->phi_bits);
            if (memcmp(sg__array_at(x, array), sg__array_at(y, array),
                       sg__array_bytes(x, array)) != 0)
                fail_msg("%s: layer %zu: %s differs", what, l,
                         sg__array_describe(array)->label);
        }
}

static void assert_same_metrics(const sg_metrics *a, const sg_metrics *b,
                                const char *what)
{
    assert_int_equal(a->samples, b->samples);
    assert_int_equal(a->correct, b->correct);
    assert_int_equal(a->loss_q20, b->loss_q20);
    assert_int_equal(a->layers, b->layers);
    for (size_t l = 0; l < a->layers; l++)
        if (memcmp(&a->layer[l], &b->layer[l], sizeof a->layer[l]) != 0) {
            const uint64_t *x = (const uint64_t *)&a->layer[l];
            const uint64_t *y = (const uint64_t *)&b->layer[l];
            for (size_t k = 0; k < sizeof a->layer[l] / 8; k++)
                if (x[k] != y[k])
                    fail_msg("%s: layer %zu: count %zu: %llu, not %llu", what,
                             l, k, (unsigned long long)y[k],
                             (unsigned long long)x[k]);
        }
}

static void assert_same_evaluation(const sg_trainer *a, const sg_trainer *b,
                                   const sg_data *data, const char *what)
{
    for (int flip = 0; flip < 2; flip++) {
        const sg__range range = {data, 1, SAMPLES - 2, flip};
        uint32_t class[2][SAMPLES];
        sg_metrics m[2];
        assert_int_equal(sg__engine_evaluate(a->engine, &range, &m[0],
                                             class[0]),
                         SG_OK);
        assert_int_equal(sg__engine_evaluate(b->engine, &range, &m[1],
                                             class[1]),
                         SG_OK);
        assert_same_metrics(&m[0], &m[1], what);
        assert_memory_equal(class[0], class[1],
                            (SAMPLES - 2) * sizeof class[0][0]);
    }
}

/* A run on both, step by step: metrics, then weights and all else. least_rows:
 * of products that go by tiles; 0: as it is */
static void compare_runs(uint64_t seed, sg__device_choice choice, int steps,
                         uint32_t least_rows)
{
    sg_recipe recipe;
    sg_data *data;
    char what[SG_RECIPE_TEXT + 64];
    seed = usable(seed, &recipe, &data);
    snprintf(what, sizeof what, "seed %llu, %s", (unsigned long long)seed,
             recipe.net);
    sg_recipe_set(&recipe, "epochs", "4", NULL);
    const sg__device_choice none = {NULL, 0};
    sg_trainer *near = trainer_at(&recipe, data, none);
    sg_trainer *far = trainer_at(&recipe, data, choice);
    if (least_rows)
        sg__remote_of(far->engine)->least_rows = least_rows;
    for (int step = 0; step < steps; step++) {
        sg_status status = sg_trainer_step(near);
        assert_int_equal(sg_trainer_step(far), status);
        if (status != SG_OK)
            break;
        assert_same_metrics(&near->part, &far->part, what);
        if (step % 4 == 0)
            assert_same_layers(sg_trainer_network(near),
                               sg_trainer_network(far), what);
    }
    assert_same_evaluation(near, far, data, what);
    if (choice.kind == &shim_device && steps >= MOST_STEPS)
        assert_true(sg__remote_of(far->engine)->played > 0);
    assert_same_layers(sg_trainer_network(near), sg_trainer_network(far),
                       what);
    sg_trainer_destroy(near);
    sg_trainer_destroy(far);
    sg_data_destroy(data);
}

static void random_networks_train_to_the_same_bits(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++)
        compare_runs(seed, (sg__device_choice){&shim_device, 0}, MOST_STEPS,
                     seed % 2 ? UINT32_MAX : 0);
}

/* Every product by tiles, however small. */
static void the_same_by_tiles(void **state)
{
    (void)state;
    for (uint64_t seed = 100; seed < 100 + TILE_SEEDS; seed++)
        compare_runs(seed, (sg__device_choice){&shim_device, 0}, TILE_STEPS,
                     1);
}

static void the_same_on_opencl(void **state)
{
    const sg__device_choice choice = opencl_choice();
    (void)state;
    if (!choice.kind) {
        puts("skipped: no OpenCL device (Debian: pocl-opencl-icd)");
        skip();
    }
    for (uint64_t seed = 0; seed < OPENCL_SEEDS; seed++)
        compare_runs(seed, choice, MOST_STEPS, 0);
}

/* Too small a memory: what is needed, what there is and what fits is said. */
static void memory_that_does_not_suffice(void **state)
{
    sg_recipe recipe;
    sg_data *data;
    sg_network *net;
    sg_trainer *trainer;
    sg_error error = {{0}};
    (void)state;
    usable(3, &recipe, &data);
    sg_recipe_set(&recipe, "batch", "16", NULL);
    const sg__place place = {.kind = &sg__engine_device,
                             .device = {&shim_device, 0}};
    assert_int_equal(sg_network_create(&recipe, data, &net, NULL), SG_OK);
    const sg__engine_options options = {.net = net,
                                        .trained = net,
                                        .batch = 4,
                                        .threads = 1};
    shim_room = sg__engine_bytes(&sg__engine_device, &options);
    assert_int_equal(sg__trainer_create_at(&place, net, data, &trainer,
                                           &error),
                     SG_E_MEMORY);
    assert_non_null(strstr(error.text, "a batch of 16 needs"));
    assert_non_null(strstr(error.text, "one of 4 fits"));
    assert_null(trainer);
    shim_room = SIZE_MAX;
    sg_data_destroy(data);
}

/* A data set that is larger than what is left is sent batch by batch. */
static void images_that_do_not_fit(void **state)
{
    sg_recipe recipe;
    sg_data *data;
    (void)state;
    usable(5, &recipe, &data);
    const sg__device_choice shim = {&shim_device, 0}, none = {NULL, 0};
    sg_trainer *near = trainer_at(&recipe, data, none);
    sg_trainer *far = trainer_at(&recipe, data, shim);
    shim_room = 1000;
    for (int step = 0; step < 5; step++) {
        assert_int_equal(sg_trainer_step(near), SG_OK);
        assert_int_equal(sg_trainer_step(far), SG_OK);
    }
    assert_true(sg__remote_of(far->engine)->too_large);
    assert_same_layers(sg_trainer_network(near), sg_trainer_network(far),
                       "batch by batch");
    shim_room = SIZE_MAX;
    sg_trainer_destroy(near);
    sg_trainer_destroy(far);
    sg_data_destroy(data);
}

/* A device may be lost at any call: the run ends and says why, and nothing is
 * made of weights that are not known. */
static void a_device_that_is_lost(void **state)
{
    sg_recipe recipe;
    sg_data *data;
    long n = 0;
    (void)state;
    usable(7, &recipe, &data);
    sg_recipe_set(&recipe, "epochs", "1", NULL);
    for (;; n += 1 + n / 8) {
        sg_network *net;
        sg_trainer *trainer;
        sg_error error = {{0}};
        const sg__place place = {.kind = &sg__engine_device,
                                 .device = {&shim_device, 0}};
        assert_int_equal(sg_network_create(&recipe, data, &net, NULL), SG_OK);
        shim_countdown = n;
        sg_status status =
            sg__trainer_create_at(&place, net, data, &trainer, &error);
        if (status == SG_OK)
            status = sg_trainer_run(trainer, data, NULL, &error);
        const bool unused = shim_countdown >= 0;
        shim_countdown = -1;
        assert_int_equal(status, unused ? SG_OK : SG_E_DEVICE);
        if (unused) {
            sg_trainer_destroy(trainer);
            break;
        }
        assert_non_null(strstr(error.text, "unplugged"));
        if (trainer) {
            assert_null(sg_trainer_network(trainer));
            assert_non_null(sg_trainer_outline(trainer));
            assert_int_equal(sg_trainer_save(trainer, "/nowhere", &error),
                             SG_E_DEVICE);
        }
        sg_trainer_destroy(trainer);
    }
    assert_true(n > 100);
    sg_data_destroy(data);
}

/* reduce gives the gradient of the last pass, before the update and after. */
static void gradients_can_be_looked_at(void **state)
{
    sg_recipe recipe;
    sg_data *data;
    (void)state;
    usable(11, &recipe, &data);
    const sg__device_choice shim = {&shim_device, 0}, none = {NULL, 0};
    sg_trainer *t[2] = {trainer_at(&recipe, data, none),
                        trainer_at(&recipe, data, shim)};
    const sg_network *net = sg_trainer_network(t[0]);
    for (int step = 0; step < 3; step++)
        for (int k = 0; k < 2; k++)
            assert_int_equal(sg_trainer_step(t[k]), SG_OK);
    for (size_t l = 0; l < net->layer_count; l++) {
        const sg__layer *layer = &net->layer[l];
        int32_t *g[2], *b[2];
        for (int k = 0; layer->synaptic && k < 2; k++) {
            g[k] = calloc(layer->weights, sizeof *g[k]);
            b[k] = calloc(layer->geo.out_c, sizeof *b[k]);
            assert_int_equal(sg__engine_reduce(t[k]->engine, l, 0,
                                               layer->geo.out_c, g[k], b[k]),
                             SG_OK);
        }
        if (!layer->synaptic)
            continue;
        assert_memory_equal(g[0], g[1], layer->weights * sizeof *g[0]);
        assert_memory_equal(b[0], b[1], layer->geo.out_c * sizeof *b[0]);
        for (int k = 0; k < 2; k++) {
            free(g[k]);
            free(b[k]);
        }
    }
    sg_trainer_destroy(t[0]);
    sg_trainer_destroy(t[1]);
    sg_data_destroy(data);
}

/* The network of a seed, verified there. */
static sg_status verify_at(sg__device_choice choice,
                           const sg__engine_kind *kind, uint64_t seed,
                           sg_verification *out, sg_error *error)
{
    sg_recipe recipe;
    sg_data *data;
    sg_network *net;
    const sg__place place = {.kind = kind, .device = choice, .threads = 1};
    sg_verify_options how = SG_VERIFY_OPTIONS_INIT;
    how.samples = VERIFY_SAMPLES;
    usable(seed, &recipe, &data);
    assert_int_equal(sg_network_create(&recipe, data, &net, NULL), SG_OK);
    const sg_status status =
        sg__verify_at(&place, net, data, &how, out, error);
    sg_network_destroy(net);
    sg_data_destroy(data);
    return status;
}

/* Devices against the simulation of every spike. */
static void spikes_are_what_devices_say(void **state)
{
    const sg__device_choice shim = {&shim_device, 0};
    const sg__device_choice opencl = opencl_choice();
    sg_verification near, far;
    sg_error error;
    (void)state;
    for (uint64_t seed = 300; seed < 300 + VERIFY_SEEDS; seed++) {
        if (verify_at(shim, &sg__engine_device, seed, &far, &error) != SG_OK)
            fail_msg("seed %llu: %s", (unsigned long long)seed, error.text);
        assert_int_equal(verify_at((sg__device_choice){NULL, 0},
                                   &sg__engine_cpu, seed, &near, &error),
                         SG_OK);
        assert_int_equal(far.samples, VERIFY_SAMPLES);
        assert_true(far.compared > 0 && far.compared == near.compared);
        if (opencl.kind && seed < 302)
            assert_int_equal(verify_at(opencl, &sg__engine_device, seed, &far,
                                       &error),
                             SG_OK);
    }
}

/* A device engine that lies about the first number of one kind. */
static sg__trace lie;
static long lies; /* calls until it does */

static sg_status lying_look(sg__engine *engine, sg__trace what, size_t l,
                            size_t s, void *out)
{
    const sg_status status = sg__engine_device.look(engine, what, l, s, out);
    const bool output = engine->net->layer[l].output;
    if (what == lie && (what != SG__TRACE_ERROR_CHARGES || output) &&
        lies-- == 0)
        *(char *)out ^= 1;
    return status;
}

static sg_status lying_reduce(sg__engine *engine, size_t l, uint32_t first,
                              uint32_t last, int32_t *gradient,
                              int32_t *bias_gradient)
{
    const sg_status status = sg__engine_device.reduce(engine, l, first, last,
                                                      gradient, bias_gradient);
    if (lie == SG__TRACE_ERROR_CHARGES + 1 && lies-- == 0)
        gradient[0] ^= 1;
    return status;
}

static void lies_are_found(void **state)
{
    static const char *const quantity[] = {"spike count", "membrane value",
                                           "error count",
                                           "error membrane value", "gradient"};
    sg__engine_kind liar = sg__engine_device;
    const sg__device_choice shim = {&shim_device, 0};
    sg_verification v;
    sg_error error;
    (void)state;
    liar.look = lying_look;
    liar.reduce = lying_reduce;
    for (int k = 0; k <= SG__TRACE_ERROR_CHARGES + 1; k++) {
        lie = (sg__trace)k;
        lies = 1;
        assert_int_equal(verify_at(shim, &liar, 300, &v, &error),
                         SG_E_MISMATCH);
        assert_non_null(strstr(v.quantity, quantity[k]));
        assert_non_null(strstr(error.text, "on the device"));
    }
}

/* Lost while it is verified. */
static void a_device_lost_under_verification(void **state)
{
    const sg__device_choice shim = {&shim_device, 0};
    sg_verification v;
    sg_error error;
    (void)state;
    for (long n = 0; n < 100000; n += 1 + n / 2) {
        shim_countdown = n;
        const sg_status status =
            verify_at(shim, &sg__engine_device, 301, &v, &error);
        const bool unused = shim_countdown >= 0;
        shim_countdown = -1;
        assert_int_equal(status, unused ? SG_OK : SG_E_DEVICE);
        if (unused)
            return;
        assert_non_null(strstr(error.text, "unplugged"));
    }
    fail();
}

static void names_of_devices(void **state)
{
    static const char *const wrong[] = {"",       "gpu",       "cuda:",
                                        "cuda:x", "opencl:-1", "CUDA",
                                        "cuda1",  "cuda:99999"};
    sg__device_choice choice;
    sg_device_info info;
    sg_error error = {{0}};
    (void)state;
    assert_int_equal(sg__device_choose(NULL, &choice, NULL), SG_OK);
    assert_null(choice.kind);
    assert_int_equal(sg__device_choose("cpu", &choice, NULL), SG_OK);
    assert_null(choice.kind);
    assert_int_equal(sg__device_choose("auto", &choice, NULL), SG_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(sg__device_choose(wrong[i], &choice, &error),
                         SG_E_ARGUMENT);
        assert_non_null(strstr(error.text, "expected cpu, cuda"));
    }
    assert_int_equal(sg_device_check(NULL, NULL), SG_E_ARGUMENT);
    assert_int_equal(sg_device_check("cpu", NULL), SG_OK);
    assert_int_equal(sg_device_check("opencl:9999", &error), SG_E_MISSING);
    assert_int_equal(sg_device_get_info(0, NULL), SG_E_ARGUMENT);
    assert_int_equal(sg_device_get_info(sg_device_count(), &info), SG_E_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_that_does_not_suffice),
        cmocka_unit_test(images_that_do_not_fit),
        cmocka_unit_test(a_device_that_is_lost),
        cmocka_unit_test(gradients_can_be_looked_at),
        cmocka_unit_test(spikes_are_what_devices_say),
        cmocka_unit_test(lies_are_found),
        cmocka_unit_test(a_device_lost_under_verification),
        cmocka_unit_test(names_of_devices),
        cmocka_unit_test(random_networks_train_to_the_same_bits),
        cmocka_unit_test(the_same_by_tiles),
        cmocka_unit_test(the_same_on_opencl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
