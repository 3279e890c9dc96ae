/* The seam between learning and engines: what engine/engine.h promises of the
 * CPU engine, and that learning asks no more of an engine than that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "distant_engine.h"
#include "event/simulation.h"
#include "learn/trainer.h"
#include "network/recipe.h"
#include "spikegrad/spikegrad.h"

enum { SAMPLES = 12 };

typedef struct bench {
    sg_network *net;
    sg_data *data;
    sg__engine *engine;
    sg__augment augment;
    sg__batch batch;
    sg__update update[SG_LAYERS_MAX];
    sg_metrics sums;
    uint32_t samples[SAMPLES];
} bench;

static void set(sg_recipe *recipe, const char *name, const char *value)
{
    assert_int_equal(sg_recipe_set(recipe, name, value, NULL), SG_OK);
}

/* A network with everything: blocks, pools, dropout, more channels than one
 * range has. */
static void describe(sg_recipe *recipe)
{
    sg__recipe_init(recipe);
    set(recipe, "net", "20C3p1-20C3p1-R1-P2max-6C3-P2-D2-40-10");
    set(recipe, "standardise", "on");
    set(recipe, "batch", "12");
    set(recipe, "epochs", "2");
    set(recipe, "spike-limit", "0.05");
    set(recipe, "phi", "auto:1");
}

static sg_status open_data(sg_data **data)
{
    return sg_data_open("glyphs:train=40,test=1", SG_SPLIT_TRAIN, data, NULL);
}

static void plan_updates(bench *b)
{
    for (size_t l = 0; l < b->net->layer_count; l++) {
        if (!b->net->layer[l].synaptic)
            continue;
        b->update[l] = sg__update_plan(b->net, l, INT32_C(1) << 30);
        sg__update_restrain(b->net, l, b->sums.layer[l].spikes, SAMPLES,
                            &b->update[l]);
    }
}

/* An engine after its first pass. */
static void open_bench(bench *b, const sg__engine_kind *kind)
{
    sg_recipe recipe;
    memset(b, 0, sizeof *b);
    describe(&recipe);
    assert_int_equal(open_data(&b->data), SG_OK);
    assert_int_equal(sg_network_create(&recipe, b->data, &b->net, NULL),
                     SG_OK);
    const sg__engine_options options = {.net = b->net,
                                        .trained = b->net,
                                        .batch = SAMPLES,
                                        .threads = 2};
    assert_int_equal(sg__engine_create(kind, &options, &b->engine), SG_OK);
    for (uint32_t s = 0; s < SAMPLES; s++)
        b->samples[s] = 2 * s;
    b->batch = (sg__batch){.data = b->data,
                           .samples = b->samples,
                           .count = SAMPLES,
                           .augment = &b->augment,
                           .step = 7};
    assert_int_equal(sg__engine_pass(b->engine, &b->batch, &b->sums, NULL),
                     SG_OK);
    assert_int_equal(b->sums.samples, SAMPLES);
    plan_updates(b);
}

static void close_bench(bench *b)
{
    sg__engine_destroy(b->engine);
    sg_network_destroy(b->net);
    sg_data_destroy(b->data);
}

static int32_t *room(size_t n)
{
    int32_t *values = malloc(n * sizeof *values);
    assert_non_null(values);
    return values;
}

static void assert_same_layers(const sg_network *a, const sg_network *b)
{
    for (size_t l = 0; l < a->layer_count; l++)
        for (int k = 0; k < SG__ARRAYS; k++) {
            const sg__array array = (sg__array)k;
            const size_t n = sg__array_bytes(&a->layer[l], array);
            if (n > 0)
                assert_memory_equal(sg__array_at(&a->layer[l], array),
                                    sg__array_at(&b->layer[l], array), n);
        }
}

/* Range by range, against the simulation of every spike. */
static void gradients_are_those_of_the_spikes(void **state)
{
    (void)state;
    bench b;
    sg_simulation *sim;
    open_bench(&b, &sg__engine_cpu);
    assert_int_equal(sg_simulation_create(b.net, SG_ORDER_FIFO, 1, &sim, NULL),
                     SG_OK);
    for (uint32_t s = 0; s < SAMPLES; s++) {
        const uint32_t i = b.samples[s];
        assert_int_equal(sg_simulation_present_training(
                             sim, sg_data_pixels(b.data, i), b.batch.step, i),
                         SG_OK);
        assert_int_equal(sg_simulation_learn(sim, sg_data_label(b.data, i),
                                             b.batch.step, i),
                         SG_OK);
    }
    for (size_t l = 0; l < b.net->layer_count; l++) {
        const sg__layer *layer = &b.net->layer[l];
        const size_t fan_in = sg__fan_in(&layer->geo);
        if (!layer->synaptic)
            continue;
        int32_t *gradient = room(layer->weights);
        int32_t *bias = room(layer->geo.out_c);
        for (uint32_t k = 0, end; k < layer->geo.out_c; k = end) {
            end = k + SG__PACK_CHANNELS;
            end = end < layer->geo.out_c ? end : layer->geo.out_c;
            assert_int_equal(sg__engine_reduce(b.engine, l, k, end,
                                               gradient + k * fan_in,
                                               bias + k),
                             SG_OK);
        }
        assert_memory_equal(gradient, sg__simulation_gradient(sim, l + 1),
                            layer->weights * sizeof *gradient);
        assert_memory_equal(bias, sg__simulation_bias_gradient(sim, l + 1),
                            layer->geo.out_c * sizeof *bias);
        free(gradient);
        free(bias);
    }
    sg_simulation_destroy(sim);
    close_bench(&b);
}

/* The same update by hand, of whole gradients. */
static void apply(const bench *b, sg_network *to)
{
    for (size_t l = 0; l < to->layer_count; l++) {
        const sg__layer *layer = &to->layer[l];
        if (!layer->synaptic)
            continue;
        int32_t *gradient = room(layer->weights);
        int32_t *bias = room(layer->geo.out_c);
        assert_int_equal(sg__engine_reduce(b->engine, l, 0, layer->geo.out_c,
                                           gradient, bias),
                         SG_OK);
        sg__update_apply(to, sg__kernels_table(0), l, &b->update[l],
                         b->batch.step, 0, layer->geo.out_c, gradient, bias);
        free(gradient);
        free(bias);
    }
}

static void assert_passes_like_new(bench *b)
{
    sg__engine *fresh;
    sg_metrics expected, got;
    const sg__engine_options options = {.net = b->net,
                                        .trained = b->net,
                                        .batch = SAMPLES,
                                        .threads = 1};
    assert_int_equal(sg__engine_fetch(b->engine), SG_OK);
    assert_int_equal(sg__engine_create(&sg__engine_cpu, &options, &fresh),
                     SG_OK);
    assert_int_equal(sg__engine_pass(fresh, &b->batch, &expected, NULL),
                     SG_OK);
    assert_int_equal(sg__engine_pass(b->engine, &b->batch, &got, NULL), SG_OK);
    assert_memory_equal(&got, &expected, sizeof got);
    assert_memory_not_equal(&got, &b->sums, sizeof got);
    sg__engine_destroy(fresh);
}

static void check_update(const sg__engine_kind *kind)
{
    bench b;
    sg_network *copy;
    open_bench(&b, kind);
    assert_int_equal(sg__network_clone(b.net, &copy), SG_OK);
    apply(&b, copy);
    assert_int_equal(sg__engine_update(b.engine, b.update), SG_OK);
    assert_int_equal(sg__engine_fetch(b.engine), SG_OK);
    assert_same_layers(b.net, copy);
    assert_passes_like_new(&b);
    sg_network_destroy(copy);
    close_bench(&b);
}

static void update_is_reduce_and_apply(void **state)
{
    (void)state;
    check_update(&sg__engine_cpu);
    check_update(&distant_kind);
}

/* What is put is used; what is fetched is what was put. */
static void check_put(const sg__engine_kind *kind)
{
    bench b;
    sg_network *copy;
    open_bench(&b, kind);
    assert_int_equal(sg__engine_update(b.engine, b.update), SG_OK);
    assert_int_equal(sg__engine_fetch(b.engine), SG_OK);
    sg__layer *layer = &b.net->layer[0];
    for (size_t k = 0; k < layer->geo.out_c; k++)
        layer->gain[k] /= 2;
    sg__layer_refresh(layer, 0, layer->geo.out_c);
    assert_int_equal(sg__network_clone(b.net, &copy), SG_OK);
    assert_int_equal(sg__engine_put(b.engine), SG_OK);
    assert_passes_like_new(&b);
    assert_int_equal(sg__engine_fetch(b.engine), SG_OK);
    assert_same_layers(b.net, copy);
    sg_network_destroy(copy);
    close_bench(&b);
}

static void state_goes_and_comes_back(void **state)
{
    (void)state;
    check_put(&sg__engine_cpu);
    check_put(&distant_kind);
}

/* Ranges of any length, whatever the batch; classes are those of single
 * images. */
static void evaluation_may_be_cut_anywhere(void **state)
{
    (void)state;
    enum { ALL = 40, CUT = 17 };
    bench b;
    sg__engine *engine;
    sg_metrics whole, part[2];
    uint32_t predicted[ALL];
    open_bench(&b, &sg__engine_cpu);
    const sg__engine_options options = {.net = b.net,
                                        .batch = 7,
                                        .threads = 2};
    sg__range range = {.data = b.data, .count = ALL};
    assert_int_equal(sg__engine_create(&sg__engine_cpu, &options, &engine),
                     SG_OK);
    assert_int_equal(sg__engine_evaluate(engine, &range, &whole, NULL), SG_OK);
    range.count = CUT;
    assert_int_equal(sg__engine_evaluate(engine, &range, &part[0], predicted),
                     SG_OK);
    range = (sg__range){.data = b.data, .first = CUT, .count = ALL - CUT};
    assert_int_equal(sg__engine_evaluate(b.engine, &range, &part[1],
                                         predicted + CUT),
                     SG_OK);
    assert_int_equal(whole.samples, ALL);
    assert_int_equal(part[0].loss_q20 + part[1].loss_q20, whole.loss_q20);
    for (size_t l = 0; l < b.net->layer_count; l++)
        assert_int_equal(part[0].layer[l].spikes + part[1].layer[l].spikes,
                         whole.layer[l].spikes);
    for (uint32_t s = 0; s < ALL; s++) {
        uint32_t label;
        assert_int_equal(sg_network_classify(b.net, sg_data_pixels(b.data, s),
                                             NULL, &label),
                         SG_OK);
        assert_int_equal(predicted[s], label);
    }
    sg__engine_destroy(engine);
    close_bench(&b);
}

/* A trainer of the same recipe on an engine of either kind. */
static sg_trainer *trainer_on(const sg__engine_kind *kind, const sg_data *data)
{
    sg_recipe recipe;
    sg_network *net;
    sg_trainer *trainer;
    describe(&recipe);
    set(&recipe, "augment", "shift:1");
    set(&recipe, "epochs", "4"); /* thresholds move in steps 0 and 10 */
    assert_int_equal(sg_network_create(&recipe, data, &net, NULL), SG_OK);
    assert_int_equal(sg__trainer_create(kind, net, data, 2, &trainer, NULL),
                     SG_OK);
    return trainer;
}

static int keep_test(const sg_epoch_report *report, void *user)
{
    sg_metrics *test = user;
    test[report->epoch - 1] = *report->test;
    return 0;
}

static void learning_asks_engines_alone(void **state)
{
    (void)state;
    sg_data *data;
    sg_metrics test[2][4];
    sg_trainer *trainer[2];
    const sg__engine_kind *kinds[] = {&sg__engine_cpu, &distant_kind};
    assert_int_equal(open_data(&data), SG_OK);
    for (int i = 0; i < 2; i++) {
        trainer[i] = trainer_on(kinds[i], data);
        for (int step = 0; step < 3; step++)
            assert_int_equal(sg_trainer_step(trainer[i]), SG_OK);
    }
    assert_same_layers(sg_trainer_network(trainer[0]),
                       sg_trainer_network(trainer[1]));
    for (int i = 0; i < 2; i++) {
        const sg_callbacks callbacks = {.size = sizeof callbacks,
                                        .on_epoch = keep_test,
                                        .user = test[i]};
        assert_int_equal(sg_trainer_run(trainer[i], data, &callbacks, NULL),
                         SG_OK);
    }
    const sg_network *near = sg_trainer_network(trainer[0]);
    const sg_network *far = sg_trainer_network(trainer[1]);
    assert_same_layers(near, far);
    assert_memory_equal(&near->run, &far->run, sizeof near->run);
    assert_memory_equal(test[0], test[1], sizeof test[0]);
    assert_int_equal(sg_trainer_memory(trainer[0]),
                     sg_network_training_memory(near, 2));
    for (size_t l = 0; l < near->layer_count; l++)
        assert_int_equal(near->layer[l].phi_bits, far->layer[l].phi_bits);
    sg_trainer_destroy(trainer[0]);
    sg_trainer_destroy(trainer[1]);
    sg_data_destroy(data);
}

/* An engine may fail anywhere: the run ends, says where, and nothing is made
 * of weights that are not known. */
static void failures_end_the_run(void **state)
{
    (void)state;
    sg_data *data;
    long n = 0;
    assert_int_equal(open_data(&data), SG_OK);
    for (;; n++) {
        sg_error error = {{0}};
        sg_trainer *trainer = trainer_on(&distant_kind, data);
        distant_countdown = n;
        sg_status status = sg_trainer_run(trainer, data, NULL, &error);
        const bool unused = distant_countdown >= 0;
        distant_countdown = -1;
        if (unused) {
            assert_int_equal(status, SG_OK);
            sg_trainer_destroy(trainer);
            break;
        }
        assert_int_equal(status, SG_E_MEMORY);
        assert_non_null(strstr(error.text, "distant"));
        assert_null(sg_trainer_network(trainer));
        assert_int_not_equal(sg_trainer_step(trainer), SG_OK);
        assert_int_equal(sg_trainer_save(trainer, "/nowhere", &error),
                         SG_E_MEMORY);
        sg_trainer_destroy(trainer);
    }
    assert_true(n > 20);
    sg_data_destroy(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_those_of_the_spikes),
        cmocka_unit_test(update_is_reduce_and_apply),
        cmocka_unit_test(state_goes_and_comes_back),
        cmocka_unit_test(evaluation_may_be_cut_anywhere),
        cmocka_unit_test(learning_asks_engines_alone),
        cmocka_unit_test(failures_end_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
