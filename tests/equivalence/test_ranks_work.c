/* Ranks as a program has them: what it may get wrong, how much it may have, and
 * work of its own that it gives to others. */
#include "learn/trainer.h"
#include "ranks.h"

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

/* Work: so many bytes, each one more than it was; "bad" fails, "none" has
 * nothing to say. */
static sg_status add_one(void *user, const sg_network *net, const void *work,
                         size_t bytes, const sg_data *const *data,
                         void **result, size_t *result_bytes, sg_error *error)
{
    const unsigned char *from = work;
    const hub_rank *r = user;
    assert_ptr_equal(data[0], r->data[0]);
    assert_null(net);
    if (bytes == 3 && memcmp(work, "bad", 3) == 0) {
        snprintf(error->text, sizeof error->text, "as the test wants");
        return SG_E_RANGE;
    }
    if (bytes == 4 && memcmp(work, "none", 4) == 0)
        return SG_OK;
    unsigned char *to = malloc(bytes + 1);
    for (size_t i = 0; i < bytes; i++)
        to[i] = (unsigned char)(from[i] + 1);
    *result = to;
    *result_bytes = bytes;
    return SG_OK;
}

/* Gives work to all, and what has come of it, in any order. */
static void give_and_take(sg_ranks *ranks, uint32_t count, size_t bytes)
{
    unsigned char *work = calloc(bytes + 1, 1);
    for (size_t i = 0; i < bytes; i++)
        work[i] = (unsigned char)(i * 7);
    for (uint32_t r = 1; r < count; r++)
        assert_int_equal(sg_ranks_begin(ranks, r, NULL, work, bytes, NULL),
                         SG_OK);
    for (uint32_t r = count; r-- > 1;) {
        void *result;
        size_t n;
        int done = 0;
        while (!done)
            assert_int_equal(sg_ranks_end(ranks, r, r % 2, &done, &result, &n,
                                          NULL),
                             SG_OK);
        assert_int_equal(n, bytes);
        for (size_t i = 0; i < n; i++)
            if (((unsigned char *)result)[i] != (unsigned char)(work[i] + 1))
                fail_msg("byte %zu", i);
        sg_free(result);
    }
    free(work);
}

static void work_is_given_and_taken(void **state)
{
    static const size_t sizes[] = {0, 1, 1000, (64u << 20) + 5};
    enum { COUNT = 4 };
    (void)state;
    sg_data *data;
    sg_ranks *ranks;
    sg_error error = {{0}};
    void *result;
    size_t bytes;
    int done;
    assert_int_equal(random_data(1, TRAINED, &data), SG_OK);
    const sg_data *const shared[] = {data};
    hub *h = hub_begin(COUNT, 1, shared, 1);
    const sg_exchange x = hub_exchange(h, 0);
    h->rank[1].work = h->rank[2].work = h->rank[3].work = add_one;
    hub_start(h);
    assert_int_equal(sg_ranks_create(&x, &ranks, NULL), SG_OK);
    assert_int_equal(sg_ranks_share(ranks, "x", shared, 1, NULL), SG_OK);
    assert_int_equal(sg_ranks_end(ranks, 1, 1, NULL, &result, &bytes, &error),
                     SG_E_ARGUMENT);
    assert_non_null(strstr(error.text, "has no work"));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        give_and_take(ranks, COUNT, sizes[i]);
    assert_int_equal(sg_ranks_begin(ranks, 0, NULL, "x", 1, &error),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_ranks_begin(ranks, COUNT, NULL, "x", 1, &error),
                     SG_E_ARGUMENT);
    assert_non_null(strstr(error.text, "no rank 4"));
    assert_int_equal(sg_ranks_begin(ranks, 2, NULL, "bad", 3, NULL), SG_OK);
    assert_int_equal(sg_ranks_begin(ranks, 2, NULL, "x", 1, &error),
                     SG_E_ARGUMENT);
    assert_non_null(strstr(error.text, "rank 2 has work"));
    assert_int_equal(sg_ranks_end(ranks, 2, 1, &done, &result, &bytes, &error),
                     SG_E_RANGE);
    assert_non_null(strstr(error.text, "rank 2 (c): as the test wants"));
    assert_true(done && !result && bytes == 0);
    assert_int_equal(sg_ranks_begin(ranks, 2, NULL, "none", 4, NULL), SG_OK);
    assert_int_equal(sg_ranks_end(ranks, 2, 1, NULL, &result, &bytes, NULL),
                     SG_OK);
    assert_true(!result && bytes == 0);
    assert_int_equal(sg_ranks_begin(NULL, 1, NULL, "x", 1, NULL),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_ranks_begin(ranks, 1, NULL, NULL, 1, NULL),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_ranks_end(NULL, 1, 1, NULL, &result, &bytes, NULL),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_ranks_end(ranks, 1, 0, NULL, &result, &bytes, NULL),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_ranks_end(ranks, 1, 1, NULL, NULL, &bytes, NULL),
                     SG_E_ARGUMENT);
    /* what has not been taken is waited for */
    assert_int_equal(sg_ranks_begin(ranks, 3, NULL, "some", 4, NULL), SG_OK);
    sg_ranks_destroy(ranks);
    assert_true(hub_join(h));
    hub_end(h);
    sg_data_destroy(data);
}

/* What a rank sees of its copy of a network: all that is observed. */
static sg_status observe(void *user, const sg_network *net, const void *work,
                         size_t bytes, const sg_data *const *data,
                         void **result, size_t *result_bytes, sg_error *error)
{
    sg_network_info info;
    (void)user;
    (void)work;
    assert_int_equal(bytes, 0);
    assert_non_null(net);
    sg_network_get_info(net, &info);
    *result_bytes = info.layers * sizeof(sg_layer_observation);
    *result = calloc(info.layers, sizeof(sg_layer_observation));
    return sg_observe(net, data[0], 20, 1, *result, error);
}

/* Forward weights, thresholds and draws at the others are those of rank 0. */
static void work_may_be_on_a_network(void **state)
{
    enum { COUNT = 3 };
    (void)state;
    sg_recipe recipe;
    sg_data *data;
    sg_trainer *trainer;
    sg_network *other;
    sg_error error = {{0}};
    sg_trainer_options how = SG_TRAINER_OPTIONS_INIT;
    sg_layer_observation seen[SG_LAYERS_MAX];
    describe(&recipe);
    assert_int_equal(sg_recipe_set(&recipe, "dither", "on", NULL), SG_OK);
    assert_int_equal(random_data(1, TRAINED, &data), SG_OK);
    const sg_data *const shared[] = {data};
    hub *h = hub_begin(COUNT, 1, shared, 1);
    const sg_exchange x = hub_exchange(h, 0);
    h->rank[1].work = h->rank[2].work = observe;
    hub_start(h);
    how.threads = 1;
    assert_int_equal(sg_ranks_create(&x, &how.ranks, NULL), SG_OK);
    assert_int_equal(sg_ranks_share(how.ranks, "x", shared, 1, NULL), SG_OK);
    assert_int_equal(sg_trainer_create_with(&recipe, data, &how, &trainer,
                                            NULL),
                     SG_OK);
    for (int i = 0; i < 5; i++) { /* an epoch ends among them */
        assert_int_equal(sg_trainer_step(trainer), SG_OK);
        const sg_network *net = sg_trainer_network(trainer);
        const size_t size = net->layer_count * sizeof *seen;
        assert_int_equal(sg_observe(net, data, 20, 1, seen, NULL), SG_OK);
        for (uint32_t r = 1; r < COUNT; r++) {
            void *result;
            size_t bytes;
            assert_int_equal(sg_ranks_begin(how.ranks, r, net, NULL, 0, NULL),
                             SG_OK);
            assert_int_equal(sg_ranks_end(how.ranks, r, 1, NULL, &result,
                                          &bytes, NULL),
                             SG_OK);
            assert_int_equal(bytes, size);
            assert_memory_equal(result, seen, size);
            sg_free(result);
        }
    }
    assert_int_equal(sg_network_create(&recipe, data, &other, NULL), SG_OK);
    assert_int_equal(sg_ranks_begin(how.ranks, 1, other, NULL, 0, &error),
                     SG_E_ARGUMENT);
    assert_non_null(strstr(error.text, "no trainer"));
    sg_network_destroy(other);
    sg_trainer_destroy(trainer);
    sg_ranks_destroy(how.ranks);
    assert_true(hub_join(h));
    hub_end(h);
    sg_data_destroy(data);
}

/* A rank that takes none. */
static void work_may_be_refused(void **state)
{
    (void)state;
    hub *h = hub_begin(2, 1, NULL, 0);
    const sg_exchange x = hub_exchange(h, 0);
    sg_ranks *ranks;
    sg_error error = {{0}};
    void *result;
    size_t bytes;
    hub_start(h);
    assert_int_equal(sg_ranks_create(&x, &ranks, NULL), SG_OK);
    assert_int_equal(sg_ranks_begin(ranks, 1, NULL, "x", 1, NULL), SG_OK);
    assert_int_equal(sg_ranks_end(ranks, 1, 1, NULL, &result, &bytes, &error),
                     SG_E_UNSUPPORTED);
    assert_non_null(strstr(error.text, "rank 1 (b): it takes no work"));
    sg_ranks_destroy(ranks);
    hub_end(h);
}

/* An exchange that breaks, at any call of rank 0 or of the other. */
static void work_is_lost_with_the_exchange(void **state)
{
    (void)state;
    for (uint32_t who = 0; who < 2; who++)
        for (long call = 0, lost = 1; lost; call++) {
            hub *h = hub_begin(2, 1, NULL, 0);
            const sg_exchange x = hub_exchange(h, 0);
            sg_ranks *ranks;
            void *result = NULL;
            size_t bytes = 0;
            h->rank[1].work = add_one;
            h->rank[who].countdown = call;
            hub_start(h);
            sg_error error = {{0}};
            sg_status status = sg_ranks_create(&x, &ranks, &error);
            if (status == SG_OK)
                status = sg_ranks_begin(ranks, 1, NULL, "abc", 3, &error);
            if (status == SG_OK)
                status =
                    sg_ranks_end(ranks, 1, 1, NULL, &result, &bytes, &error);
            lost = status != SG_OK;
            assert_true(lost ? status == SG_E_IO && error.text[0] && !result
                             : bytes == 3 && memcmp(result, "bcd", 3) == 0);
            sg_free(result);
            sg_ranks_destroy(ranks);
            hub_end(h);
        }
}

/* What ranks note of three steps: each begins before it ends, waits are there,
 * and every rank has done its share. */
static void ranks_note_their_time(void **state)
{
    enum { COUNT = 3, STEPS = 3 };
    (void)state;
    for (uint32_t kind = 0; kind < 2; kind++) {
        sg_recipe recipe;
        sg_data *data;
        sg_trainer *trainer;
        sg_span *span;
        size_t count, of[COUNT][SG_SPAN_WAIT + 1] = {{0}};
        sg_trainer_options how = SG_TRAINER_OPTIONS_INIT;
        describe(&recipe);
        if (kind == 1)
            assert_int_equal(sg_recipe_set(&recipe, "batch", "120", NULL),
                             SG_OK);
        assert_int_equal(random_data(1, 120, &data), SG_OK);
        const sg_data *const shared[] = {data};
        hub *h = hub_begin(COUNT, 1, shared, 1);
        const sg_exchange x = hub_exchange(h, 0);
        hub_start(h);
        how.threads = 1;
        assert_int_equal(sg_ranks_create(&x, &how.ranks, NULL), SG_OK);
        assert_int_equal(sg_ranks_share(how.ranks, "x", shared, 1, NULL),
                         SG_OK);
        assert_int_equal(sg_trainer_create_with(&recipe, data, &how, &trainer,
                                                NULL),
                         SG_OK);
        assert_int_equal(sg_ranks_get_spans(how.ranks, &span, &count, NULL),
                         SG_OK);
        assert_int_equal(count, 0);
        sg_free(span);
        assert_int_equal(sg_ranks_record(how.ranks, 1, NULL), SG_OK);
        for (int i = 0; i < (kind ? 1 : STEPS); i++)
            assert_int_equal(sg_trainer_step(trainer), SG_OK);
        assert_int_equal(sg_ranks_record(how.ranks, 0, NULL), SG_OK);
        assert_int_equal(sg_ranks_get_spans(how.ranks, &span, &count, NULL),
                         SG_OK);
        for (size_t i = 0; i < count; i++) {
            assert_true(span[i].rank < COUNT && span[i].kind <= SG_SPAN_WAIT);
            assert_true(span[i].begin <= span[i].end);
            assert_true(span[i].lowest <= span[i].highest);
            of[span[i].rank][span[i].kind]++;
        }
        for (uint32_t r = 0; r < COUNT; r++) {
            if (kind)
                assert_true(of[r][SG_SPAN_PASSES] == 1);
            else
                assert_true(of[r][SG_SPAN_FORWARD] >= STEPS &&
                            of[r][SG_SPAN_BACKWARD] >= STEPS);
            assert_true(of[r][SG_SPAN_GRADIENT] > 0);
        }
        sg_free(span);
        sg_trainer_destroy(trainer);
        sg_ranks_destroy(how.ranks);
        assert_true(hub_join(h));
        hub_end(h);
        sg_data_destroy(data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engines_have_an_end),
        cmocka_unit_test(arguments_are_looked_at),
        cmocka_unit_test(work_is_given_and_taken),
        cmocka_unit_test(work_may_be_on_a_network),
        cmocka_unit_test(work_may_be_refused),
        cmocka_unit_test(work_is_lost_with_the_exchange),
        cmocka_unit_test(ranks_note_their_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
