/* Training by several ranks, here threads that exchange messages, is training
 * by one: weights, state, metrics and every decision. Networks and recipes are
 * random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "layers/arrays.h"
#include "learn/trainer.h"
#include "random_network.h"
#include "ranks/engine.h"
#include "ranks/orders.h"
#include "ranks/wire.h"
#include "threads_exchange.h"

enum { TRAINED = 40, TESTED = 13, EPOCHS = 2, CLASSES_MAX = 10 };

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

/* A recipe with blocks, pools, dropout, thresholds that move, rows that are
 * standardised and restrained, and more channels than a block has. */
static void describe(sg_recipe *recipe)
{
    static const char *const options[][2] = {
        {"net", "40C3p1-40C3p1-R1-P2max-6C3-P2-D2-40-5"},
        {"standardise", "on"},
        {"batch", "12"},
        {"epochs", "2"},
        {"spike-limit", "0.05"},
        {"clip", "0.02"},
        {"phi", "auto:1"},
    };
    sg__recipe_init(recipe);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        assert_int_equal(sg_recipe_set(recipe, options[i][0], options[i][1],
                                       NULL),
                         SG_OK);
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

/* Rank 2 of 3 sees other data, or none; rank and host are named. */
static void other_data_are_refused(void **state)
{
    (void)state;
    sg_data *data, *other;
    assert_int_equal(random_data(1, TRAINED, &data), SG_OK);
    assert_int_equal(random_data(2, TRAINED, &other), SG_OK);
    const sg_data *const shared[] = {data, NULL, data};
    const sg_data *const given[] = {other, NULL};
    for (int i = 0; i < 3; i++) {
        hub *h = hub_begin(3, 1, shared, 3);
        const sg_exchange x = hub_exchange(h, 0);
        sg_error error = {{0}};
        sg_ranks *ranks;
        if (i < 2)
            h->rank[2].data[2] = given[i];
        hub_start(h);
        assert_int_equal(sg_ranks_create(&x, &ranks, &error), SG_OK);
        assert_int_equal(sg_ranks_share(ranks, i < 2 ? "x" : "missing", shared,
                                        3, &error),
                         i < 2 ? SG_E_ARGUMENT : SG_E_MISSING);
        assert_non_null(strstr(error.text, "rank 2 (c): "));
        assert_non_null(strstr(error.text, i == 0   ? "hash"
                                           : i == 1 ? "does not have"
                                                    : "no such folder"));
        sg_ranks_destroy(ranks);
        hub_end(h);
    }
    sg_data_destroy(data);
    sg_data_destroy(other);
}

/* An order that ends rank 1, which may have read it and be gone, and the hub
 * with it, before the leader has waited for it to be sent. */
static void tell_last(sg__company *leader, const sg__wire *wire)
{
    const sg_status told = sg__company_tell(leader, 1, wire);
    assert_true(told == SG_OK || told == SG_E_IO);
}

/* A follower of another version than rank 0's. */
static void other_versions_are_refused(void **state)
{
    (void)state;
    hub *h = hub_begin(2, 1, NULL, 0);
    sg__company leader = {.exchange = hub_exchange(h, 0)};
    sg__wire wire = {0};
    sg_error error = {{0}};
    hub_start(h);
    sg__wire_put(&wire, SG__ORDER_HELLO);
    sg__wire_put_text(&wire, "0.1.0");
    assert_int_equal(sg__company_tell(&leader, 1, &wire), SG_OK);
    assert_int_equal(sg__company_ask(&leader, 1, 0, &wire, &error),
                     SG_E_UNSUPPORTED);
    assert_non_null(strstr(error.text, "rank 1 (b): version " SG_VERSION
                                       ", expected 0.1.0"));
    wire.size = 0;
    sg__wire_put(&wire, 12345); /* no order at all */
    tell_last(&leader, &wire);
    assert_false(hub_join(h));
    assert_int_equal(h->rank[1].status, SG_E_FORMAT);
    assert_non_null(strstr(h->rank[1].error.text, "no sense"));
    sg__wire_free(&wire);
    hub_end(h);
}

/* Data that the ranks do not share are no data of theirs. */
static void strange_data_are_refused(void **state)
{
    (void)state;
    sg_recipe recipe;
    sg_data *data;
    sg_trainer *trainer;
    sg_error error = {{0}};
    sg_trainer_options how = SG_TRAINER_OPTIONS_INIT;
    describe(&recipe);
    assert_int_equal(random_data(1, TRAINED, &data), SG_OK);
    hub *h = hub_begin(2, 1, NULL, 0);
    const sg_exchange x = hub_exchange(h, 0);
    hub_start(h);
    how.threads = 1;
    assert_int_equal(sg_ranks_create(&x, &how.ranks, NULL), SG_OK);
    assert_int_equal(sg_trainer_create_with(&recipe, data, &how, &trainer,
                                            NULL),
                     SG_OK);
    assert_int_equal(sg_trainer_run(trainer, NULL, NULL, &error),
                     SG_E_ARGUMENT);
    assert_non_null(strstr(error.text, "not shared"));
    sg_trainer_destroy(trainer);
    sg_ranks_destroy(how.ranks);
    hub_end(h);
    sg_data_destroy(data);
}

/* What goes wrong in a run of three ranks: the exchange breaks at a call of one
 * of them, or a message of its loses its end. */
typedef struct mishap {
    uint32_t rank;
    long call, message; /* -1: none */
    size_t keeps;
} mishap;

/* The run ends everywhere, with a line; false if nothing went wrong. */
static bool ends_at(const mishap *what, const sg_recipe *recipe,
                    const sg_data *data)
{
    const sg_data *const shared[] = {data};
    sg_error error = {{0}};
    sg_trainer *trainer = NULL;
    sg_trainer_options how = SG_TRAINER_OPTIONS_INIT;
    sg_evaluate_options use = SG_EVALUATE_OPTIONS_INIT;
    sg_metrics metrics;
    uint32_t confusion[CLASSES_MAX * CLASSES_MAX];
    hub *h = hub_begin(3, 1, shared, 1);
    const sg_exchange x = hub_exchange(h, 0);
    h->rank[what->rank].countdown = what->call;
    h->rank[what->rank].whole = what->message;
    h->rank[what->rank].keeps = what->keeps;
    hub_start(h);
    how.threads = use.threads = 1;
    sg_status status = sg_ranks_create(&x, &how.ranks, &error);
    if (status == SG_OK)
        status = sg_ranks_share(how.ranks, "x", shared, 1, &error);
    if (status == SG_OK)
        status = sg_trainer_create_with(recipe, data, &how, &trainer, &error);
    for (int i = 0; status == SG_OK && i < 3; i++)
        status = sg_trainer_step(trainer);
    use.ranks = how.ranks;
    const sg_network *net =
        status == SG_OK ? sg_trainer_network(trainer) : NULL;
    if (status == SG_OK)
        status = net ? sg_evaluate_with(net, data, &use, &metrics, confusion,
                                        &error)
                     : SG_E_IO; /* it is not whole */
    if (status == SG_OK)
        status = sg_trainer_save(trainer, "/dev/null/none", &error);
    const bool unused = status == SG_E_IO && strstr(error.text, "/dev/null");
    const bool broken = what->call >= 0;
    if (!unused) {
        if (status != SG_E_IO && (broken || status != SG_E_FORMAT))
            fail_msg("%s: %s", sg_status_text(status), error.text);
        if (broken && trainer)
            assert_int_not_equal(sg_trainer_step(trainer), SG_OK);
        else if (broken)
            assert_non_null(strstr(error.text, "broken"));
    }
    sg_trainer_destroy(trainer);
    sg_ranks_destroy(how.ranks);
    if (hub_join(h) && unused && !broken && h->rank[what->rank].whole < 0)
        fail_msg("message %ld of rank %u: taken for whole", what->message,
                 (unsigned)what->rank);
    const bool cut = h->rank[what->rank].whole < 0;
    hub_end(h);
    return broken ? !unused : cut;
}

static void failures_end_the_run(void **state)
{
    (void)state;
    sg_recipe recipe;
    sg_data *data;
    describe(&recipe);
    assert_int_equal(random_data(1, 24, &data), SG_OK);
    for (uint32_t rank = 0; rank < 3; rank++) {
        mishap what = {.rank = rank, .message = -1};
        while (ends_at(&what, &recipe, data))
            what.call += 1 + what.call / 16;
        assert_true(what.call > 20);
    }
    sg_data_destroy(data);
}

/* No message is taken for whole that is not, whichever it is and however much
 * of it is missing. */
static void messages_that_are_cut_end_the_run(void **state)
{
    static const size_t keeps[] = {0, 8, 20};
    (void)state;
    sg_recipe recipe;
    sg_data *data;
    describe(&recipe);
    assert_int_equal(random_data(1, 24, &data), SG_OK);
    for (uint32_t rank = 0; rank < 3; rank++)
        for (size_t i = 0; i < sizeof keeps / sizeof *keeps; i++) {
            mishap what = {.rank = rank, .call = -1, .keeps = keeps[i]};
            while (ends_at(&what, &recipe, data))
                what.message += 1 + what.message / 16;
            assert_true(what.message > 10);
        }
    sg_data_destroy(data);
}

/* An order of rank 0 to an engine on describe()'s network, in numbers, error
 * thresholds behind the first `before` of them, that makes no sense. */
typedef struct nonsense {
    const char *what;
    bool learns; /* the engine it is for */
    size_t before, count;
    uint64_t number[16];
} nonsense;

static sg_status obeys(const nonsense *order, const sg_network *net,
                       const sg_data *data, char *text, size_t size)
{
    const sg_data *const shared[] = {data};
    hub *h = hub_begin(2, 1, shared, 1);
    sg__company leader = {.exchange = hub_exchange(h, 0)};
    sg__wire wire = {0};
    hub_start(h);
    sg__wire_put(&wire, SG__ORDER_SHARE);
    sg__wire_put_text(&wire, "x");
    assert_int_equal(sg__company_tell(&leader, 1, &wire), SG_OK);
    assert_int_equal(sg__company_ask(&leader, 1, 1000, &wire, NULL), SG_OK);
    wire.size = wire.at = 0;
    sg__wire_put(&wire, SG__ORDER_CREATE);
    sg__wire_put(&wire, 5); /* its name */
    sg__wire_put(&wire, order->learns);
    sg__wire_put(&wire, 12);
    sg__wire_put(&wire, 1);
    sg__wire_put(&wire, 1);
    sg__outline_put(&wire, net);
    assert_int_equal(sg__company_tell(&leader, 1, &wire), SG_OK);
    assert_int_equal(sg__company_ask(&leader, 1, 0, &wire, NULL), SG_OK);
    wire.size = wire.at = 0;
    for (size_t i = 0; i < order->count; i++) {
        if (i == order->before)
            sg__phi_put(&wire, net);
        sg__wire_put(&wire, order->number[i]);
    }
    if (order->before == order->count)
        sg__phi_put(&wire, net);
    tell_last(&leader, &wire);
    wire.size = 0;
    sg__wire_put(&wire, SG__ORDER_LEAVE); /* if it made sense */
    (void)sg__company_tell(&leader, 1, &wire);
    hub_join(h);
    const sg_status status = h->rank[1].status;
    snprintf(text, size, "%s", h->rank[1].error.text);
    sg__wire_free(&wire);
    hub_end(h);
    return status;
}

static void nonsense_ends_a_rank(void **state)
{
    enum { ID = 5, NONE = 16, HUGE_NUMBER = INT32_MAX };
    static const nonsense orders[] = {
        {"an engine that is not there", true, NONE, 2, {SG__ORDER_FETCH, 6}},
        {"no engine", true, NONE, 1, {SG__ORDER_PASS}},
        {"data without a name", true, NONE, 1, {SG__ORDER_SHARE}},
        {"a name without an end",
         true,
         NONE,
         2,
         {SG__ORDER_SHARE, UINT64_C(0x6161616161616161)}},
        {"a place of data that there is not",
         true,
         7,
         9,
         {SG__ORDER_PASS, ID, 99, 0, 0, 0, 0, 1, 0}},
        {"data that are not shared",
         true,
         7,
         9,
         {SG__ORDER_PASS, ID, 1, 0, 0, 0, 0, 1, 0}},
        {"more samples than a batch",
         true,
         7,
         9,
         {SG__ORDER_PASS, ID, 0, 0, 0, 0, 0, 13, 0}},
        {"a pass without its samples",
         true,
         7,
         8,
         {SG__ORDER_PASS, ID, 0, 0, 0, 0, 0, 1}},
        {"neither yes nor no",
         true,
         7,
         9,
         {SG__ORDER_PASS, ID, 0, 0, 0, 2, 0, 1, 0}},
        {"a layer that there is not",
         true,
         NONE,
         5,
         {SG__ORDER_REDUCE, ID, HUGE_NUMBER, 0, 1}},
        {"no channels", true, NONE, 5, {SG__ORDER_REDUCE, ID, 0, 3, 3}},
        {"more channels than there are",
         true,
         NONE,
         5,
         {SG__ORDER_REDUCE, ID, 0, 0, 41}},
        {"a gradient of a pool",
         true,
         NONE,
         5,
         {SG__ORDER_REDUCE, ID, 2, 0, 1}},
        {"an update without rates", true, 2, 2, {SG__ORDER_UPDATE, ID}},
        {"an update of what does not learn",
         false,
         NONE,
         2,
         {SG__ORDER_UPDATE, ID}},
        {"learning without samples",
         true,
         7,
         8,
         {SG__ORDER_LEARN, ID, 0, 0, 0, 0, 0, 1}},
        {"learning by what does not learn",
         false,
         7,
         8,
         {SG__ORDER_LEARN, ID, 0, 0, 0, 0, 0, 0}},
        {"samples past the end",
         false,
         7,
         7,
         {SG__ORDER_EVALUATE, ID, 0, 20, 5, 0, 0}},
        {"samples far past the end",
         false,
         7,
         7,
         {SG__ORDER_EVALUATE, ID, 0, UINT32_MAX, 2, 0, 0}},
        {"an evaluation of nothing",
         false,
         7,
         7,
         {SG__ORDER_EVALUATE, ID, 3, 0, 5, 0, 0}},
        {"a version without an end",
         true,
         NONE,
         2,
         {SG__ORDER_HELLO, UINT64_C(0x6161616161616161)}},
    };
    (void)state;
    sg_recipe recipe;
    sg_data *data;
    sg_network *net;
    char text[SG_ERROR_TEXT];
    describe(&recipe);
    assert_int_equal(random_data(1, 24, &data), SG_OK);
    assert_int_equal(sg_network_create(&recipe, data, &net, NULL), SG_OK);
    assert_false(net->layer[2].synaptic);
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (obeys(&orders[i], net, data, text, sizeof text) != SG_E_FORMAT ||
            strcmp(text, "no sense in what rank 0 asks for") != 0)
            fail_msg("%s: '%s'", orders[i].what, text);
    const nonsense good = {"an evaluation",
                           false,
                           7,
                           7,
                           {SG__ORDER_EVALUATE, ID, 0, 4, 20, 0, 1}};
    assert_int_equal(obeys(&good, net, data, text, sizeof text), SG_OK);
    sg_network_destroy(net);
    sg_data_destroy(data);
}

/* More engines at once than a rank has places for. */
static void engines_have_an_end(void **state)
{
    enum { MANY = 9 };
    (void)state;
    sg_recipe recipe;
    sg_data *data;
    sg_trainer *trainer[MANY];
    sg_trainer_options how = SG_TRAINER_OPTIONS_INIT;
    sg_error error = {{0}};
    sg__recipe_init(&recipe);
    assert_int_equal(sg_recipe_set(&recipe, "net", "5", NULL), SG_OK);
    assert_int_equal(random_data(1, TRAINED, &data), SG_OK);
    const sg_data *const shared[] = {data};
    hub *h = hub_begin(2, 1, shared, 1);
    const sg_exchange x = hub_exchange(h, 0);
    hub_start(h);
    how.threads = 1;
    assert_int_equal(sg_ranks_create(&x, &how.ranks, NULL), SG_OK);
    assert_int_equal(sg_ranks_share(how.ranks, "x", shared, 1, NULL), SG_OK);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(sg_trainer_create_with(&recipe, data, &how,
                                                &trainer[i], &error),
                         i < 8 ? SG_OK : SG_E_MEMORY);
    assert_non_null(strstr(error.text, "rank 1 (b): "));
    sg_trainer_destroy(trainer[3]);
    assert_int_equal(sg_trainer_create_with(&recipe, data, &how, &trainer[3],
                                            NULL),
                     SG_OK);
    assert_int_equal(sg_trainer_step(trainer[3]), SG_OK);
    for (int i = 0; i < MANY - 1; i++)
        sg_trainer_destroy(trainer[i]);
    sg_ranks_destroy(how.ranks);
    hub_end(h);
    sg_data_destroy(data);
}

/* What a program may get wrong. */
static void arguments_are_looked_at(void **state)
{
    (void)state;
    hub *h = hub_begin(2, 1, NULL, 0);
    const sg_data *data[1] = {NULL};
    sg_ranks *ranks;
    sg_ranks_traffic traffic = {.size = sizeof traffic};
    sg_error error = {{0}};
    char *long_text = calloc(SG_RANKS_TEXT_MAX + 1, 1);
    memset(long_text, 'x', SG_RANKS_TEXT_MAX);
    const sg_exchange good = hub_exchange(h, 0), other = hub_exchange(h, 1);
    sg_exchange x[5] = {good, good, good, good, good};
    x[0].size = 3;
    x[1].send = NULL;
    x[2].receive = NULL;
    x[3].wait = NULL;
    x[4].ranks = SG_RANKS_MAX + 1;
    for (size_t i = 0; i < 5; i++) {
        sg_exchange y = x[i];
        y.rank = 1;
        assert_int_equal(sg_ranks_create(&x[i], &ranks, NULL), SG_E_ARGUMENT);
        assert_null(ranks);
        assert_int_equal(sg_ranks_follow(&y, NULL, NULL), SG_E_ARGUMENT);
    }
    assert_int_equal(sg_ranks_create(NULL, &ranks, NULL), SG_E_ARGUMENT);
    assert_int_equal(sg_ranks_create(&good, NULL, NULL), SG_E_ARGUMENT);
    assert_int_equal(sg_ranks_create(&other, &ranks, &error), SG_E_ARGUMENT);
    assert_non_null(strstr(error.text, "rank 1 of 2, expected rank 0"));
    assert_int_equal(sg_ranks_follow(NULL, NULL, NULL), SG_E_ARGUMENT);
    assert_int_equal(sg_ranks_follow(&good, NULL, &error), SG_E_ARGUMENT);
    assert_non_null(strstr(error.text, "rank 0 of 2 cannot follow"));
    hub_start(h);
    assert_int_equal(sg_ranks_create(&good, &ranks, NULL), SG_OK);
    assert_int_equal(sg_ranks_share(ranks, "x", NULL, 1, NULL), SG_E_ARGUMENT);
    assert_int_equal(sg_ranks_share(ranks, NULL, data, 1, NULL),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_ranks_share(NULL, "x", data, 1, NULL), SG_E_ARGUMENT);
    assert_int_equal(sg_ranks_share(ranks, "x", data, 9, NULL), SG_E_ARGUMENT);
    assert_int_equal(sg_ranks_share(ranks, long_text, data, 1, &error),
                     SG_E_ARGUMENT);
    assert_non_null(strstr(error.text, "expected at most"));
    assert_int_equal(sg_ranks_get_traffic(ranks, NULL), SG_E_ARGUMENT);
    assert_int_equal(sg_ranks_get_traffic(NULL, &traffic), SG_E_ARGUMENT);
    assert_int_equal(sg_ranks_count(NULL), 1);
    assert_int_equal(sg_ranks_count(ranks), 2);
    sg_ranks_destroy(ranks);
    sg_ranks_destroy(NULL);
    free(long_text);
    hub_end(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_ranks_are_one),
        cmocka_unit_test(large_batches_are_summed_exactly),
        cmocka_unit_test(large_parts_are_a_whole),
        cmocka_unit_test(pieces_are_a_whole),
        cmocka_unit_test(runs_go_on_with_other_ranks),
        cmocka_unit_test(its_engine_keeps_what_the_seam_promises),
        cmocka_unit_test(other_data_are_refused),
        cmocka_unit_test(other_versions_are_refused),
        cmocka_unit_test(strange_data_are_refused),
        cmocka_unit_test(failures_end_the_run),
        cmocka_unit_test(messages_that_are_cut_end_the_run),
        cmocka_unit_test(nonsense_ends_a_rank),
        cmocka_unit_test(engines_have_an_end),
        cmocka_unit_test(arguments_are_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
