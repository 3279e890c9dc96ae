/* Fails the N-th allocation of library calls, for every N until they succeed:
 * each must return SG_E_MEMORY, set *out to NULL and leak nothing (seen by
 * the address sanitizer in check-full). Linked with --wrap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "network/recipe.h"
#include "spikegrad/spikegrad.h"

static long countdown = -1; /* allocations left before one fails */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

static int fails(void)
{
    return countdown >= 0 && countdown-- == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails() ? NULL : __real_realloc(memory, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __real_aligned_alloc(alignment, size);
}

static sg_data *data;

static void make_recipe(sg_recipe *recipe)
{
    sg__recipe_init(recipe);
    strcpy(recipe->net, "3C5-P2max-10");
    recipe->batch = 8;
    recipe->epochs = 1;
}

static sg_status open_data(void)
{
    sg_data *opened = NULL;
    sg_status status =
        sg_data_open("glyphs:train=20,test=10", SG_SPLIT_TRAIN, &opened, NULL);
    assert_true(status == SG_OK || opened == NULL);
    sg_data_destroy(opened);
    return status;
}

static sg_status train(void)
{
    sg_recipe recipe;
    sg_trainer *trainer = NULL;
    make_recipe(&recipe);
    sg_status status = sg_trainer_create(&recipe, data, 1, &trainer, NULL);
    assert_true(status == SG_OK || trainer == NULL);
    if (status == SG_OK)
        status = sg_trainer_run(trainer, data, NULL, NULL);
    sg_trainer *second = NULL;
    if (status == SG_OK)
        status = sg_trainer_create_from(sg_trainer_network(trainer), 0, data,
                                        1, &second, NULL);
    assert_true(status == SG_OK || second == NULL);
    sg_trainer_destroy(second);
    sg_trainer_destroy(trainer);
    return status;
}

static sg_status serve(const sg_network *net)
{
    sg_classifier *first = NULL, *second = NULL;
    uint32_t label;
    sg_status status =
        sg_network_classify(net, sg_data_pixels(data, 0), NULL, &label);
    if (status == SG_OK)
        status = sg_classifier_create(net, &first, NULL);
    if (status == SG_OK)
        status = sg_classifier_share(first, &second, NULL);
    assert_true(status == SG_OK || second == NULL);
    if (status == SG_OK)
        status =
            sg_predict(net, sg_data_pixels(data, 0), 1, 1, NULL, &label, NULL);
    sg_classifier_destroy(second);
    sg_classifier_destroy(first);
    return status;
}

static sg_status use(void)
{
    sg_recipe recipe;
    sg_network *net = NULL;
    sg_metrics metrics;
    sg_verification v;
    sg_layer_observation observed[3];
    make_recipe(&recipe);
    sg_status status = sg_network_create(&recipe, data, &net, NULL);
    if (status == SG_OK)
        status = sg_evaluate(net, data, 1, &metrics, NULL, NULL);
    const sg_evaluate_options flip = {.size = sizeof flip,
                                      .threads = 1,
                                      .flip = 1};
    if (status == SG_OK)
        status = sg_evaluate_with(net, data, &flip, &metrics, NULL, NULL);
    if (status == SG_OK)
        status = serve(net);
    if (status == SG_OK)
        status = sg_observe(net, data, 2, 1, observed, NULL);
    if (status == SG_OK)
        status =
            sg_verify(net, data, 2, SG_ORDER_RANDOM, 1, NULL, NULL, &v, NULL);
    sg_network_destroy(net);
    return status;
}

static void check_every_allocation(sg_status (*call)(void))
{
    long n = 0;
    for (;; n++) {
        countdown = n;
        sg_status status = call();
        int unused = countdown >= 0;
        countdown = -1;
        if (unused) {
            assert_int_equal(status, SG_OK);
            break;
        }
        assert_int_equal(status, SG_E_MEMORY);
    }
    assert_true(n > 2);
}

/* Programs and vectors of a device, deep enough for all they have. */
static sg_status export(void)
{
    sg_recipe recipe;
    sg_network *net = NULL;
    sg_program *made = NULL;
    const sg_program_options program = {sizeof program, 1, 3, 0};
    const sg_vectors_options vectors = {sizeof vectors, 1, 3, 0,
                                        SG_ORDER_TURNS},
                             arrays = {sizeof arrays, 1, 2, 1, SG_ORDER_TURNS};
    make_recipe(&recipe);
    strcpy(recipe.net, "3C5-P2max-6C3-P2-10");
    recipe.weight_bits = 8;
    recipe.count_cap = 15;
    recipe.batch = 1;
    recipe.momentum_ppm = 0;
    recipe.warmup_ppm = 0;
    recipe.schedule = SG_SCHEDULE_CONSTANT;
    strcpy(recipe.augment, "none");
    sg_status status = sg_network_create(&recipe, data, &net, NULL);
    if (status == SG_OK)
        status = sg_program_create(net, data, &program, &made, NULL);
    assert_true(status == SG_OK || made == NULL);
    sg_program_destroy(made);
    made = NULL;
    if (status == SG_OK)
        status = sg_vectors_create(net, data, &vectors, &made, NULL);
    assert_true(status == SG_OK || made == NULL);
    sg_program_destroy(made);
    made = NULL;
    if (status == SG_OK)
        status = sg_vectors_create(net, data, &arrays, &made, NULL);
    assert_true(status == SG_OK || made == NULL);
    sg_program_destroy(made);
    sg_network_destroy(net);
    return status;
}

/* A run that begins with a model, on a part of the data. */
static sg_status go_on(void)
{
    sg_recipe recipe, *own = NULL;
    sg_network *net = NULL, *next = NULL;
    sg_trainer *trainer = NULL;
    sg_data *rest = NULL, *held = NULL, *some = NULL;
    const uint32_t which[] = {3, 1, 4};
    make_recipe(&recipe);
    strcpy(recipe.net, "3C5-P2max-4C3p1-4C3p1-R1-P2-D2-20-10");
    strcpy(recipe.phi, "auto:2");
    recipe.standardise = true;
    recipe.dither = true;
    sg_status status = sg_data_hold_back(data, 6, 7, &rest, &held, NULL);
    assert_true(status == SG_OK || (rest == NULL && held == NULL));
    if (status == SG_OK)
        status = sg_data_select(rest, which, 3, &some, NULL);
    if (status == SG_OK)
        status = sg_network_create(&recipe, rest, &net, NULL);
    if (status == SG_OK)
        status =
            sg_network_adapt_recipe(net, sg_data_get_info(rest), &own, NULL);
    if (status == SG_OK)
        status = sg_network_adapt(net, own, rest, 1, &next, NULL);
    assert_true(status == SG_OK || next == NULL);
    if (status == SG_OK)
        status = sg_trainer_adapt(net, own, rest, 0, 2, &trainer, NULL);
    assert_true(status == SG_OK || trainer == NULL);
    if (status == SG_OK)
        status = sg_trainer_run(trainer, held, NULL, NULL);
    sg_trainer_destroy(trainer);
    sg_network_destroy(next);
    sg_recipe_destroy(own);
    sg_network_destroy(net);
    sg_data_destroy(some);
    sg_data_destroy(held);
    sg_data_destroy(rest);
    return status;
}

/* A sample spike by spike. */
static sg_status push(void)
{
    sg_recipe recipe;
    sg_network *net = NULL;
    sg_simulation *sim = NULL;
    uint64_t spikes = 0;
    make_recipe(&recipe);
    sg_status status = sg_network_create(&recipe, data, &net, NULL);
    if (status == SG_OK)
        status = sg_simulation_create(net, SG_ORDER_FIFO, 1, &sim, NULL);
    if (status == SG_OK)
        status = sg_simulation_begin(sim, sg_data_pixels(data, 1), &spikes);
    for (uint64_t n = 0; status == SG_OK && n < spikes; n += 100)
        status = sg_simulation_arrive(sim, 100);
    if (status == SG_OK)
        status = sg_simulation_start(sim);
    for (uint32_t n = 0; status == SG_OK && n < 700; n++)
        status = sg_simulation_push(sim, n, 1, n);
    if (status == SG_OK)
        status = sg_simulation_learn(sim, 3, 0, 1);
    sg_simulation_destroy(sim);
    sg_network_destroy(net);
    return status;
}

static void programs_survive(void **state)
{
    (void)state;
#ifndef SPIKEGRAD_FILES
    skip(); /* a program comes with a checkpoint */
#endif
    check_every_allocation(export);
}

static void going_on_survives(void **state)
{
    (void)state;
    check_every_allocation(go_on);
}

static void pushed_spikes_survive(void **state)
{
    (void)state;
    check_every_allocation(push);
}

static void opening_data_survives(void **state)
{
    (void)state;
    check_every_allocation(open_data);
}

static void training_survives(void **state)
{
    (void)state;
    check_every_allocation(train);
}

static void using_a_network_survives(void **state)
{
    (void)state;
    check_every_allocation(use);
}

/* The training loop itself allocates nothing. */
static void training_loop_does_not_allocate(void **state)
{
    (void)state;
    sg_recipe recipe;
    sg_trainer *trainer;
    make_recipe(&recipe);
    assert_int_equal(sg_trainer_create(&recipe, data, 2, &trainer, NULL),
                     SG_OK);
    countdown = 1000000;
    assert_int_equal(sg_trainer_run(trainer, data, NULL, NULL), SG_OK);
    assert_int_equal(countdown, 1000000);
    countdown = -1;
    sg_trainer_destroy(trainer);
}

static int set_up(void **state)
{
    (void)state;
    return sg_data_open("glyphs:train=20,test=10", SG_SPLIT_TRAIN, &data,
                        NULL) != SG_OK;
}

static int tear_down(void **state)
{
    (void)state;
    sg_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_data_survives),
        cmocka_unit_test(training_survives),
        cmocka_unit_test(using_a_network_survives),
        cmocka_unit_test(programs_survive),
        cmocka_unit_test(going_on_survives),
        cmocka_unit_test(pushed_spikes_survive),
        cmocka_unit_test(training_loop_does_not_allocate),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
