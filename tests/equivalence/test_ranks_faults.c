/* What ends a run of several ranks: other data or versions, an exchange that
 * breaks, messages that are cut or make no sense. */
#include "layers/arrays.h"
#include "ranks.h"
#include "ranks/orders.h"
#include "ranks/wire.h"

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
    const bool unused =
        status == SG_E_UNSUPPORTED || /* a build without checkpoints */
        (status == SG_E_IO && strstr(error.text, "/dev/null"));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_data_are_refused),
        cmocka_unit_test(other_versions_are_refused),
        cmocka_unit_test(strange_data_are_refused),
        cmocka_unit_test(failures_end_the_run),
        cmocka_unit_test(messages_that_are_cut_end_the_run),
        cmocka_unit_test(nonsense_ends_a_rank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
