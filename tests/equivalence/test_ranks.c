/* Training by several ranks, here threads that exchange messages, is training
 * by one: weights, state, metrics and every decision. Networks and recipes are
 * random. */
#include "layers/arrays.h"
#include "learn/trainer.h"
#include "ranks.h"
#include "ranks/engine.h"

enum { TESTED = 13, EPOCHS = 2 };

static const uint32_t rank_counts[] = {1, 2, 3, 5, 8};

/* What a run leaves. */
typedef struct outcome {
    void *bytes;
    size_t size;
    sg_metrics train[EPOCHS], test[EPOCHS], last;
    uint32_t confusion[CLASSES_MAX * CLASSES_MAX];
    sg_ranks_traffic traffic;
} outcome;

static int keep(const sg_epoch_report *report, void *user)
{
    outcome *out = user;
    out->train[report->epoch - 1] = *report->train;
    out->test[report->epoch - 1] = *report->test;
    return 0;
}

static void run(const sg_recipe *recipe, const sg_data *train,
                const sg_data *test, sg_ranks *ranks, unsigned threads,
                outcome *out)
{
    sg_error error = {{0}};
    sg_trainer *trainer;
    sg_trainer_options how = SG_TRAINER_OPTIONS_INIT;
    sg_evaluate_options use = SG_EVALUATE_OPTIONS_INIT;
    sg_callbacks callbacks = SG_CALLBACKS_INIT;
    memset(out, 0, sizeof *out);
    how.threads = use.threads = threads;
    how.ranks = use.ranks = ranks;
    use.flip = 1;
    callbacks.on_epoch = keep;
    callbacks.user = out;
    if (sg_trainer_create_with(recipe, train, &how, &trainer, &error) != SG_OK)
        fail_msg("%s", error.text);
    if (sg_trainer_run(trainer, test, &callbacks, &error) != SG_OK)
        fail_msg("%s", error.text);
    assert_int_equal(sg_trainer_save_memory(trainer, &out->bytes, &out->size,
                                            &error),
                     SG_OK);
    if (sg_evaluate_with(sg_trainer_network(trainer), test, &use, &out->last,
                         out->confusion, &error) != SG_OK)
        fail_msg("%s", error.text);
    sg_trainer_destroy(trainer);
}

static void run_ranks(uint32_t count, unsigned threads,
                      const sg_recipe *recipe, const sg_data *train,
                      const sg_data *test, outcome *out)
{
    static uint32_t runs;
    const sg_data *const data[] = {train, NULL, test};
    hub *h = hub_begin(count, threads, data, 3);
    for (uint32_t r = 0; r < count; r++, runs++) { /* messages come late */
        h->rank[r].patient = runs % 5 == 0;
        h->rank[r].shy = runs % 3 == 0;
        h->rank[r].luck = runs;
    }
    const sg_exchange x = hub_exchange(h, 0);
    sg_error error = {{0}};
    sg_ranks *ranks;
    hub_start(h);
    assert_int_equal(sg_ranks_create(&x, &ranks, &error), SG_OK);
    if (sg_ranks_share(ranks, "these", data, 3, &error) != SG_OK)
        fail_msg("%s", error.text);
    run(recipe, train, test, ranks, threads, out);
    out->traffic.size = sizeof out->traffic;
    assert_int_equal(sg_ranks_get_traffic(ranks, &out->traffic), SG_OK);
    sg_ranks_destroy(ranks);
    hub_end(h);
}

static void assert_same(const outcome *a, const outcome *b)
{
    assert_int_equal(a->size, b->size);
    assert_memory_equal(a->bytes, b->bytes, a->size);
    assert_memory_equal(a->train, b->train, sizeof a->train);
    assert_memory_equal(a->test, b->test, sizeof a->test);
    assert_memory_equal(&a->last, &b->last, sizeof a->last);
    assert_memory_equal(a->confusion, b->confusion, sizeof a->confusion);
}

/* Any network, any recipe. */
static void many_ranks_are_one(void **state)
{
    enum { NETWORKS = DRAWN(60) };
    size_t trained = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= NETWORKS; seed++) {
        sg_recipe recipe;
        sg_data *train, *test;
        outcome one, many;
        random_recipe(seed, &recipe);
        if (pick(seed, 300, 3) == 0)
            sg_recipe_set(&recipe, "augment", "shift:1", NULL);
        assert_int_equal(random_data(seed, TRAINED, &train), SG_OK);
        const uint32_t channels = sg_data_get_info(train)->channels;
        uint64_t other = seed + 1000;
        do {
            assert_int_equal(random_data(other++, TESTED, &test), SG_OK);
            if (sg_data_get_info(test)->channels == channels)
                break;
            sg_data_destroy(test);
        } while (1);
        sg_network *net;
        if (sg_network_create(&recipe, train, &net, NULL) == SG_OK) {
            sg_network_destroy(net);
            trained++;
            run(&recipe, train, test, NULL, 2, &one);
            for (size_t i = 0; i < sizeof rank_counts / sizeof *rank_counts;
                 i++) {
                run_ranks(rank_counts[i], 1 + (seed + i) % 2, &recipe, train,
                          test, &many);
                assert_same(&many, &one);
                if (rank_counts[i] > 1)
                    assert_true(many.traffic.steps > 0 &&
                                many.traffic.gradients > 0);
                sg_free(many.bytes);
            }
            sg_free(one.bytes);
        }
        sg_data_destroy(train);
        sg_data_destroy(test);
    }
    assert_true(trained > NETWORKS / 2);
}

/* Batches whose gradient has to be summed in 64 bits: in the parts of some
 * ranks, or only over them. */
static void large_batches_are_summed_exactly(void **state)
{
    static const char *const options[][2] = {
        {"net", "20C3p1-P2-10"}, {"input-levels", "255"}, {"batch", "200"},
        {"epochs", "2"},         {"lr", "0.05"},
    };
    (void)state;
    sg_recipe recipe;
    sg_data *train, *test;
    sg_network *net;
    outcome one, many;
    sg__recipe_init(&recipe);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        assert_int_equal(sg_recipe_set(&recipe, options[i][0], options[i][1],
                                       NULL),
                         SG_OK);
    assert_int_equal(sg_data_open("glyphs:train=300,test=1", SG_SPLIT_TRAIN,
                                  &train, NULL),
                     SG_OK);
    assert_int_equal(sg_data_slice(train, 0, 10, &test, NULL), SG_OK);
    assert_int_equal(sg_network_create(&recipe, train, &net, NULL), SG_OK);
    assert_int_equal(net->layer[0].gradient_samples, 84);
    sg_network_destroy(net);
    run(&recipe, train, test, NULL, 2, &one);
    for (uint32_t count = 2; count <= 5; count++) {
        run_ranks(count, 1, &recipe, train, test, &many);
        assert_int_equal(many.size, one.size);
        assert_memory_equal(many.bytes, one.bytes, one.size);
        sg_free(many.bytes);
    }
    sg_free(one.bytes);
    sg_data_destroy(test);
    sg_data_destroy(train);
}

/* Small networks and large batches: samples go through all layers a few at a
 * time, and parts of ranks may have so many or not. */
static void large_parts_are_a_whole(void **state)
{
    static const char *const batches[] = {"40", "70", "110"};
    (void)state;
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        sg_recipe recipe;
        sg_data *train, *test;
        outcome one, many;
        describe(&recipe);
        assert_int_equal(sg_recipe_set(&recipe, "batch", batches[i], NULL),
                         SG_OK);
        assert_int_equal(sg_recipe_set(&recipe, "dither",
                                       i == 1 ? "on" : "off", NULL),
                         SG_OK);
        assert_int_equal(random_data(1, 120, &train), SG_OK);
        assert_int_equal(sg_data_slice(train, 0, TESTED, &test, NULL), SG_OK);
        run(&recipe, train, test, NULL, 2, &one);
        for (uint32_t ranks = 2; ranks <= 4; ranks++) {
            run_ranks(ranks, 1 + ranks % 2, &recipe, train, test, &many);
            assert_same(&many, &one);
            sg_free(many.bytes);
        }
        sg_free(one.bytes);
        sg_data_destroy(test);
        sg_data_destroy(train);
    }
}

/* Networks of many pieces, some of several layers, and ways past layers on which
 * error charge waits. */
static void pieces_are_a_whole(void **state)
{
    static const char *const nets[] = {
        "16C3p1-P2-800-300-10",
        "24C3p1-24C3p1-R1-P2max-48C3p1-48C3p1-R1-600-10",
        "20C3p1-P2-D2-500-500-500-D2-10",
        "2C3p1-40-10", /* channels that fit no share, but a unit */
        "2C3p1-40-900-10",
    };
    (void)state;
    sg_data *train, *test;
    assert_int_equal(sg_data_open("glyphs:train=40,test=13", SG_SPLIT_TRAIN,
                                  &train, NULL),
                     SG_OK);
    assert_int_equal(sg_data_open("glyphs:train=40,test=13", SG_SPLIT_TEST,
                                  &test, NULL),
                     SG_OK);
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        sg_recipe recipe;
        outcome one, many;
        sg__recipe_init(&recipe);
        assert_int_equal(sg_recipe_set(&recipe, "net", nets[i], NULL), SG_OK);
        assert_int_equal(sg_recipe_set(&recipe, "batch", "12", NULL), SG_OK);
        assert_int_equal(sg_recipe_set(&recipe, "epochs", "2", NULL), SG_OK);
        assert_int_equal(sg_recipe_set(&recipe, "augment", "none", NULL),
                         SG_OK);
        sg_recipe_set(&recipe, "dither", i == 1 ? "on" : "off", NULL);
        sg_recipe_set(&recipe, "standardise", i == 1 ? "on" : "off", NULL);
        run(&recipe, train, test, NULL, 2, &one);
        for (uint32_t ranks = 2; ranks <= 4; ranks++) {
            run_ranks(ranks, 1, &recipe, train, test, &many);
            assert_same(&many, &one);
            sg_free(many.bytes);
        }
        sg_free(one.bytes);
    }
    sg_data_destroy(train);
    sg_data_destroy(test);
}

/* Checkpoints in the middle of epochs, from which other numbers of ranks go
 * on. */
static void runs_go_on_with_other_ranks(void **state)
{
    enum { CUT = 3 };
    (void)state;
    sg_recipe recipe;
    sg_data *data;
    void *bytes = NULL, *whole;
    size_t size = 0, whole_size;
    sg_trainer *trainer;
    describe(&recipe);
    assert_int_equal(random_data(1, TRAINED, &data), SG_OK);
    for (uint32_t count = 1; count <= HUB_RANKS; count++) {
        const sg_data *const shared[] = {data};
        hub *h = hub_begin(count, 1, shared, 1);
        const sg_exchange x = hub_exchange(h, 0);
        sg_trainer_options how = SG_TRAINER_OPTIONS_INIT;
        char path[] = "/tmp/spikegrad-ranks-XXXXXX";
        const int file = mkstemp(path);
        assert_true(file >= 0);
        hub_start(h);
        how.threads = 1;
        assert_int_equal(sg_ranks_create(&x, &how.ranks, NULL), SG_OK);
        assert_int_equal(sg_ranks_share(how.ranks, "x", shared, 1, NULL),
                         SG_OK);
        if (bytes) {
            assert_int_equal(write(file, bytes, size), (ssize_t)size);
            assert_int_equal(sg_trainer_resume_with(path, data, &how, &trainer,
                                                    NULL),
                             SG_OK);
        } else {
            assert_int_equal(sg_trainer_create_with(&recipe, data, &how,
                                                    &trainer, NULL),
                             SG_OK);
        }
        sg_free(bytes);
        for (int i = 0; i < CUT && sg_trainer_step(trainer) == SG_OK; i++)
            continue;
        assert_int_equal(sg_trainer_save_memory(trainer, &bytes, &size, NULL),
                         SG_OK);
        sg_trainer_destroy(trainer);
        sg_ranks_destroy(how.ranks);
        hub_end(h);
        close(file);
        unlink(path);
    }
    assert_int_equal(sg_trainer_create(&recipe, data, 1, &trainer, NULL),
                     SG_OK);
    assert_int_equal(sg_trainer_run(trainer, NULL, NULL, NULL), SG_OK);
    assert_int_equal(sg_trainer_save_memory(trainer, &whole, &whole_size,
                                            NULL),
                     SG_OK);
    assert_int_equal(size, whole_size);
    assert_memory_equal(bytes, whole, size);
    sg_trainer_destroy(trainer);
    sg_free(bytes);
    sg_free(whole);
    sg_data_destroy(data);
}

static void assert_same_arrays(const sg_network *a, const sg_network *b)
{
    for (size_t l = 0; l < a->layer_count; l++)
        for (int k = 0; k < SG__ARRAYS; k++) {
            const size_t n = sg__array_bytes(&a->layer[l], (sg__array)k);
            if (n > 0)
                assert_memory_equal(sg__array_at(&a->layer[l], (sg__array)k),
                                    sg__array_at(&b->layer[l], (sg__array)k),
                                    n);
        }
}

/* A pass, gradients of all channels, an update, all arrays, twice; by an engine
 * of ranks and by one of one process. The second batch has fewer samples than
 * there are ranks. */
static void compare_engines(sg__engine *one, sg__engine *many,
                            const sg_data *data, size_t count)
{
    static const sg__augment none;
    static const uint32_t samples[] = {7, 3, 22, 9, 0, 13, 39, 1, 18, 30};
    const sg__batch batch = {.data = data,
                             .samples = samples,
                             .count = count,
                             .augment = &none,
                             .step = 5};
    sg_metrics sums[2];
    sg__squares squares[2][SG_LAYERS_MAX];
    sg__update update[SG_LAYERS_MAX];
    memset(squares, 0, sizeof squares);
    assert_int_equal(sg__engine_pass(one, &batch, &sums[0], squares[0]),
                     SG_OK);
    assert_int_equal(sg__engine_pass(many, &batch, &sums[1], squares[1]),
                     SG_OK);
    assert_memory_equal(&sums[0], &sums[1], sizeof sums[0]);
    assert_memory_equal(squares[0], squares[1], sizeof squares[0]);
    for (size_t l = 0; l < one->net->layer_count; l++) {
        const sg__layer *layer = &one->net->layer[l];
        const uint32_t channels = layer->geo.out_c;
        if (!layer->synaptic)
            continue;
        const size_t n = layer->weights + channels;
        int32_t *gradient = malloc(2 * n * sizeof *gradient);
        for (size_t i = 0; i < 2; i++)
            assert_int_equal(sg__engine_reduce(i ? many : one, l, 0, channels,
                                               gradient + i * n,
                                               gradient + i * n +
                                                   layer->weights),
                             SG_OK);
        assert_memory_equal(gradient, gradient + n, n * sizeof *gradient);
        free(gradient);
        update[l] = sg__update_plan(one->net, l, INT32_C(1) << 30);
        sg__update_restrain(one->net, l, sums[0].layer[l].spikes, count,
                            &update[l]);
    }
    assert_int_equal(sg__engine_update(one, update), SG_OK);
    assert_int_equal(sg__engine_update(many, update), SG_OK);
    assert_int_equal(sg__engine_fetch(one), SG_OK);
    assert_int_equal(sg__engine_fetch(many), SG_OK);
    assert_same_arrays(one->net, many->net);
}

static void its_engine_keeps_what_the_seam_promises(void **state)
{
    (void)state;
    sg_recipe recipe;
    sg_data *data;
    sg_network *net[2];
    sg__engine *engine[2];
    sg_ranks *ranks;
    describe(&recipe);
    assert_int_equal(random_data(1, TRAINED, &data), SG_OK);
    const sg_data *const shared[] = {data};
    hub *h = hub_begin(4, 1, shared, 1);
    const sg_exchange x = hub_exchange(h, 0);
    hub_start(h);
    assert_int_equal(sg_ranks_create(&x, &ranks, NULL), SG_OK);
    assert_int_equal(sg_ranks_share(ranks, "x", shared, 1, NULL), SG_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sg_network_create(&recipe, data, &net[i], NULL),
                         SG_OK);
        const sg__engine_options options = {.net = net[i],
                                            .trained = net[i],
                                            .batch = 10,
                                            .threads = 1,
                                            .ranks = ranks};
        assert_int_equal(sg__engine_create(i ? &sg__engine_ranks
                                             : &sg__engine_cpu,
                                           &options, &engine[i]),
                         SG_OK);
    }
    compare_engines(engine[0], engine[1], data, 10);
    compare_engines(engine[0], engine[1], data, 2);
    for (int i = 0; i < 2; i++) /* what is put is used */
        for (size_t k = 0; k < net[i]->layer[0].geo.out_c; k++) {
            net[i]->layer[0].gain[k] /= 2;
            sg__layer_refresh(&net[i]->layer[0], k, k + 1);
        }
    assert_int_equal(sg__engine_put(engine[0]), SG_OK);
    assert_int_equal(sg__engine_put(engine[1]), SG_OK);
    compare_engines(engine[0], engine[1], data, 10);
    for (int i = 0; i < 2; i++) {
        sg__engine_destroy(engine[i]);
        sg_network_destroy(net[i]);
    }
    sg_ranks_destroy(ranks);
    hub_end(h);
    sg_data_destroy(data);
}

int main(void)
{
#ifndef SPIKEGRAD_FILES
    return 77; /* skipped: checkpoints are compared */
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_ranks_are_one),
        cmocka_unit_test(large_batches_are_summed_exactly),
        cmocka_unit_test(large_parts_are_a_whole),
        cmocka_unit_test(pieces_are_a_whole),
        cmocka_unit_test(runs_go_on_with_other_ranks),
        cmocka_unit_test(its_engine_keeps_what_the_seam_promises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
