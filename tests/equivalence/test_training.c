/* What must not change a trained network: threads, kernel tables,
 * interruptions, evaluation in between. Compared as checkpoint bytes, or
 * without files as the arrays that training writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/checkpoint.h"
#include "kernels/kernels.h"
#include "network/recipe.h"
#include "random_network.h"

enum { SAMPLES = 61, SEEDS = DRAWN(12) }; /* 61: the last batch is short */

typedef struct bytes {
    uint8_t *data;
    size_t size;
} bytes;

#ifdef SPIKEGRAD_FILES

#define SKIP_WITHOUT_FILES() ((void)0)

static bytes state_of(const sg_trainer *trainer)
{
    bytes b;
    assert_int_equal(sg__checkpoint_serialise(sg_trainer_network(trainer),
                                              "state", &b.data, &b.size, NULL),
                     SG_OK);
    return b;
}

/* The step that a checkpoint of this moment holds. */
static uint64_t saved_step(const sg_trainer *trainer)
{
    bytes b = state_of(trainer);
    sg_network *net;
    sg_network_info info;
    assert_int_equal(sg__checkpoint_parse(b.data, b.size, "state", &net, NULL),
                     SG_OK);
    sg_network_get_info(net, &info);
    free(b.data);
    sg_network_destroy(net);
    return info.step;
}

#else

#define SKIP_WITHOUT_FILES() skip()

static void append(bytes *b, const int32_t *values, size_t n)
{
    b->data = realloc(b->data, b->size + n * sizeof *values);
    assert_non_null(b->data);
    memcpy(b->data + b->size, values, n * sizeof *values);
    b->size += n * sizeof *values;
}

static bytes state_of(const sg_trainer *trainer)
{
    const sg_network *net = sg_trainer_network(trainer);
    bytes b = {NULL, 0};
    for (size_t l = 0; l < net->layer_count; l++) {
        const sg__layer *layer = &net->layer[l];
        if (!layer->synaptic)
            continue;
        append(&b, layer->master, layer->weights);
        append(&b, layer->velocity, layer->weights);
        append(&b, layer->bias_master, layer->geo.out_c);
        append(&b, layer->bias_velocity, layer->geo.out_c);
    }
    return b;
}

static uint64_t saved_step(const sg_trainer *trainer)
{
    sg_network_info info;
    sg_network_get_info(sg_trainer_network(trainer), &info);
    return info.step;
}

#endif

static void assert_same(bytes a, bytes b)
{
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
}

/* A recipe for which the network can be built, by trying seeds. */
static uint64_t usable(uint64_t seed, sg_recipe *recipe, sg_data **data)
{
    for (;; seed += 1000) {
        sg_network *net;
        random_recipe(seed, recipe);
        sg_recipe_set(recipe, "augment", "affine", NULL);
        assert_int_equal(random_data(seed, SAMPLES, data), SG_OK);
        if (sg_network_create(recipe, *data, &net, NULL) == SG_OK) {
            sg_network_destroy(net);
            return seed;
        }
        sg_data_destroy(*data);
    }
}

static bytes train(const sg_recipe *recipe, const sg_data *data,
                   unsigned threads, const sg_data *test)
{
    sg_trainer *trainer;
    assert_int_equal(sg_trainer_create(recipe, data, threads, &trainer, NULL),
                     SG_OK);
    assert_int_equal(sg_trainer_run(trainer, test, NULL, NULL), SG_OK);
    assert_int_equal(sg_trainer_step(trainer), SG_E_RANGE);
    bytes b = state_of(trainer);
    sg_trainer_destroy(trainer);
    return b;
}

static void threads_and_tables_do_not_matter(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < SEEDS; i++) {
        sg_recipe recipe;
        sg_data *data;
        usable(500 + i, &recipe, &data);
        bytes expected = train(&recipe, data, 1, NULL);
        for (unsigned threads = 2; threads <= 5; threads++) {
            bytes got = train(&recipe, data, threads, i % 2 ? data : NULL);
            assert_same(expected, got);
            free(got.data);
        }
        for (size_t t = 0; sg__kernels_table(t); t++) {
            setenv("SPIKEGRAD_ISA", sg__kernels_table(t)->name, 1);
            bytes got = train(&recipe, data, 2, NULL);
            assert_same(expected, got);
            free(got.data);
        }
        unsetenv("SPIKEGRAD_ISA");
        free(expected.data);
        sg_data_destroy(data);
    }
}

static void resumed_equals_uninterrupted(void **state)
{
    (void)state;
    SKIP_WITHOUT_FILES();
    char path[] = "/tmp/spikegrad-test-XXXXXX", file[64];
    assert_non_null(mkdtemp(path));
    snprintf(file, sizeof file, "%s/run.safetensors", path);
    for (uint64_t i = 0; i < SEEDS; i++) {
        sg_recipe recipe;
        sg_data *data;
        sg_trainer *trainer;
        usable(800 + i, &recipe, &data);
        bytes expected = train(&recipe, data, 1, NULL);
        assert_int_equal(sg_trainer_create(&recipe, data, 2, &trainer, NULL),
                         SG_OK);
        /* cut after every batch: save, forget everything, resume */
        for (unsigned step = 0; sg_trainer_step(trainer) == SG_OK; step++) {
            assert_int_equal(sg_trainer_save(trainer, file, NULL), SG_OK);
            sg_trainer_destroy(trainer);
            assert_int_equal(sg_trainer_resume(file, data, 1 + step % 3,
                                               &trainer, NULL),
                             SG_OK);
        }
        bytes got = state_of(trainer);
        assert_same(expected, got);
        free(got.data);
        free(expected.data);
        sg_trainer_destroy(trainer);
        sg_data_destroy(data);
    }
    remove(file);
    rmdir(path);
}

static int stop_at_third(const sg_progress *progress, void *user)
{
    (void)user;
    return progress->step == 3;
}

static void a_callback_stops_the_run(void **state)
{
    (void)state;
    sg_recipe recipe;
    sg_data *data;
    sg_trainer *trainer;
    sg_network_info info;
    usable(900, &recipe, &data);
    sg_callbacks callbacks = {.size = sizeof callbacks,
                              .on_batch = stop_at_third};
    assert_int_equal(sg_trainer_create(&recipe, data, 2, &trainer, NULL),
                     SG_OK);
    assert_int_equal(sg_trainer_run(trainer, data, &callbacks, NULL),
                     SG_E_STOPPED);
    sg_network_get_info(sg_trainer_network(trainer), &info);
    assert_int_equal(info.step, 3);
    assert_int_equal(sg_trainer_run(trainer, data, NULL, NULL), SG_OK);
    bytes got = state_of(trainer), expected = train(&recipe, data, 1, NULL);
    assert_same(expected, got);
    free(got.data);
    free(expected.data);
    sg_trainer_destroy(trainer);
    sg_data_destroy(data);
}

/* From the weights between two epochs the rest of the run is the same. */
static void a_run_goes_on_from_a_network(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < SEEDS; i++) {
        sg_recipe recipe;
        sg_data *data;
        sg_trainer *first, *second;
        usable(950 + i, &recipe, &data);
        recipe.epochs = 3;
        bytes expected = train(&recipe, data, 1, NULL);
        assert_int_equal(sg_trainer_create(&recipe, data, 2, &first, NULL),
                         SG_OK);
        while (sg_trainer_metrics(first)->samples < SAMPLES)
            assert_int_equal(sg_trainer_step(first), SG_OK);
        assert_int_equal(sg_trainer_create_from(sg_trainer_network(first), 1,
                                                data, 2, &second, NULL),
                         SG_OK);
        sg_trainer_destroy(first);
        assert_int_equal(sg_trainer_run(second, NULL, NULL, NULL), SG_OK);
        bytes got = state_of(second);
        assert_same(expected, got);
        sg_trainer_destroy(second);
        free(got.data);
        free(expected.data);
        sg_data_destroy(data);
    }
}

/* Whatever the network was trained on, to whatever epoch. */
static void a_run_goes_on_with_other_data(void **state)
{
    (void)state;
    sg_recipe recipe;
    sg_data *data, *part, *other;
    sg_trainer *first, *second = NULL;
    usable(990, &recipe, &data);
    assert_int_equal(sg_data_slice(data, 3, SAMPLES / 2, &part, NULL), SG_OK);
    assert_int_equal(sg_trainer_create(&recipe, data, 1, &first, NULL), SG_OK);
    assert_int_equal(sg_trainer_run(first, NULL, NULL, NULL), SG_OK);
    const sg_network *trained = sg_trainer_network(first);
    uint32_t last = (uint32_t)recipe.epochs - 1;
    assert_int_equal(sg_trainer_create_from(trained, last, part, 1, &second,
                                            NULL),
                     SG_OK);
    assert_int_equal(sg_trainer_step(second), SG_OK);
    uint32_t batch = (uint32_t)recipe.batch;
    assert_int_equal(saved_step(second),
                     last * ((SAMPLES / 2 + batch - 1) / batch) + 1);
    sg_trainer_destroy(second);

    sg_error error;
    assert_int_equal(sg_trainer_create_from(trained, last + 1, part, 1,
                                            &second, &error),
                     SG_E_RANGE);
    assert_null(second);
    assert_non_null(strstr(error.text, "epoch"));
    assert_int_equal(sg_data_open("glyphs:train=5,test=1", SG_SPLIT_TRAIN,
                                  &other, NULL),
                     SG_OK);
    assert_int_equal(sg_trainer_create_from(trained, 0, other, 1, &second,
                                            NULL),
                     SG_E_ARGUMENT);
    sg_data_destroy(other);
    sg_trainer_destroy(first);
    sg_data_destroy(part);
    sg_data_destroy(data);
}

/* A profile has every phase, and leaves the bits alone. */
static void profiling_changes_nothing(void **state)
{
    (void)state;
    sg_recipe recipe;
    sg_data *data;
    sg_trainer *trainer;
    sg_layer_cost cost[SG_LAYERS_MAX];
    sg_network_info info;
    usable(970, &recipe, &data);
    bytes expected = train(&recipe, data, 2, NULL);
    assert_int_equal(sg_trainer_create(&recipe, data, 2, &trainer, NULL),
                     SG_OK);
    sg_trainer_profile(trainer, 1);
    assert_int_equal(sg_trainer_run(trainer, NULL, NULL, NULL), SG_OK);
    assert_true(sg_trainer_get_profile(trainer, cost) > 0);
    sg_network_get_info(sg_trainer_network(trainer), &info);
    uint64_t samples = SAMPLES * (uint64_t)recipe.epochs;
    for (size_t l = 0; l < info.layers; l++) {
        sg_layer_info layer;
        sg_network_get_layer(sg_trainer_network(trainer), l, &layer);
        assert_true(cost[l].forward.bytes >= samples * layer.neurons);
        assert_int_equal(cost[l].forward.dense_ops,
                         samples * layer.dense_macs);
        assert_int_equal(cost[l].gradient.dense_ops > 0, layer.synapses > 0);
        assert_int_equal(cost[l].update.bytes > 0, layer.synapses > 0);
        assert_true(cost[l].gradient.ops <= cost[l].gradient.dense_ops);
    }
    bytes got = state_of(trainer);
    assert_same(expected, got);
    free(got.data);
    free(expected.data);
    sg_trainer_destroy(trainer);
    sg_data_destroy(data);
}

static void other_data_is_refused(void **state)
{
    (void)state;
    SKIP_WITHOUT_FILES();
    sg_recipe recipe;
    sg_data *data, *part;
    sg_trainer *trainer;
    sg_error error;
    char path[] = "/tmp/spikegrad-test-XXXXXX", file[64];
    assert_non_null(mkdtemp(path));
    snprintf(file, sizeof file, "%s/run.safetensors", path);
    usable(950, &recipe, &data);
    assert_int_equal(sg_data_slice(data, 0, SAMPLES - 1, &part, NULL), SG_OK);
    assert_int_equal(sg_trainer_create(&recipe, data, 1, &trainer, NULL),
                     SG_OK);
    assert_int_equal(sg_trainer_save(trainer, file, NULL), SG_OK);
    sg_trainer_destroy(trainer);
    assert_int_equal(sg_trainer_resume(file, part, 1, &trainer, &error),
                     SG_E_ARGUMENT);
    assert_null(trainer);
    remove(file);
    rmdir(path);
    sg_data_destroy(part);
    sg_data_destroy(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_and_tables_do_not_matter),
        cmocka_unit_test(resumed_equals_uninterrupted),
        cmocka_unit_test(a_callback_stops_the_run),
        cmocka_unit_test(a_run_goes_on_from_a_network),
        cmocka_unit_test(a_run_goes_on_with_other_data),
        cmocka_unit_test(profiling_changes_nothing),
        cmocka_unit_test(other_data_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
