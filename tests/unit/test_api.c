/* The public interface as programs use it: what is missing is refused and
 * never a crash, arrays by name, memory instead of files, one image at a time,
 * a rate that is changed on the way, one network in many threads. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spikegrad/spikegrad.h"

static sg_data *digits(sg_split split)
{
    sg_data *data;
    assert_int_equal(sg_data_open("glyphs:train=96,test=40", split, &data,
                                  NULL),
                     SG_OK);
    return data;
}

static sg_trainer *trained(const sg_data *data, const char *standardise,
                           int steps)
{
    sg_recipe *recipe;
    sg_trainer *trainer;
    assert_int_equal(sg_recipe_create(&recipe), SG_OK);
    assert_int_equal(sg_recipe_set(recipe, "net", "4C5-P2-12-10", NULL),
                     SG_OK);
    assert_int_equal(sg_recipe_set(recipe, "standardise", standardise, NULL),
                     SG_OK);
    assert_int_equal(sg_recipe_set(recipe, "batch", "16", NULL), SG_OK);
    assert_int_equal(sg_recipe_set(recipe, "epochs", "2", NULL), SG_OK);
    assert_int_equal(sg_trainer_create(recipe, data, 1, &trainer, NULL),
                     SG_OK);
    for (int i = 0; i < steps; i++)
        assert_int_equal(sg_trainer_step(trainer), SG_OK);
    sg_recipe_destroy(recipe);
    return trainer;
}

#define REFUSED(call) assert_int_equal(call, SG_E_ARGUMENT)

static void nothing_is_no_crash_in_networks(void **state)
{
    (void)state;
    sg_network_info info;
    sg_layer_info layer;
    sg_array_info array;
    sg_network *net;
    sg_classifier *classifier;
    uint32_t label;
    size_t size;
    void *bytes;
    memset(&info, 1, sizeof info);
    sg_network_get_info(NULL, &info);
    assert_int_equal(info.layers, 0);
    sg_network_get_info(NULL, NULL);
    REFUSED(sg_network_get_layer(NULL, 0, &layer));
    REFUSED(sg_network_create(NULL, NULL, &net, NULL));
    REFUSED(sg_network_load(NULL, &net, NULL));
    REFUSED(sg_network_load("x", NULL, NULL));
    REFUSED(sg_network_load_edited(NULL, &net, NULL, NULL));
    REFUSED(sg_network_load_memory(NULL, 0, NULL, &net, NULL));
    REFUSED(sg_network_save(NULL, "x", NULL));
    REFUSED(sg_network_save_memory(NULL, &bytes, &size, NULL));
    REFUSED(sg_network_classify(NULL, NULL, NULL, &label));
    REFUSED(sg_network_get_array(NULL, 0, "bias", &array, NULL));
    REFUSED(sg_network_read_array(NULL, 0, "bias", 0, 0, NULL, NULL));
    REFUSED(sg_network_write_array(NULL, 0, "bias", 0, 0, NULL, NULL));
    REFUSED(sg_classifier_create(NULL, &classifier, NULL));
    REFUSED(sg_classifier_run(NULL, NULL, NULL, NULL));
    assert_null(sg_network_array_name(NULL, 0, 0));
    assert_null(sg_classifier_counts(NULL, 0));
    assert_non_null(sg_layer_kind_name((sg_layer_kind)99));
    assert_non_null(sg_layer_kind_name((sg_layer_kind)-1));
    assert_int_equal(sg_network_training_memory(NULL, 1), 0);
    sg_network_destroy(NULL);
    sg_classifier_destroy(NULL);
    sg_free(NULL);
}

static void nothing_is_no_crash_in_runs(void **state)
{
    (void)state;
    sg_trainer *trainer;
    sg_simulation *sim;
    sg_verification found;
    sg_event_totals totals;
    sg_metrics *metrics = calloc(1, sizeof *metrics);
    uint64_t spikes;
    size_t size;
    void *bytes;
    assert_non_null(metrics);
    REFUSED(sg_trainer_create(NULL, NULL, 1, &trainer, NULL));
    REFUSED(sg_trainer_create_from(NULL, 0, NULL, 1, &trainer, NULL));
    REFUSED(sg_trainer_resume(NULL, NULL, 1, &trainer, NULL));
    REFUSED(sg_trainer_resume_memory(NULL, 0, NULL, NULL, 1, &trainer, NULL));
    REFUSED(sg_trainer_run(NULL, NULL, NULL, NULL));
    REFUSED(sg_trainer_step(NULL));
    REFUSED(sg_trainer_plan(NULL, 1, NULL));
    REFUSED(sg_trainer_scale_rate(NULL, 1, NULL));
    REFUSED(sg_trainer_set_epochs(NULL, 1, NULL));
    assert_int_equal(sg_trainer_threads(NULL), 0);
    REFUSED(sg_trainer_save(NULL, "x", NULL));
    REFUSED(sg_trainer_save_memory(NULL, &bytes, &size, NULL));
    assert_null(sg_trainer_network(NULL));
    assert_null(sg_trainer_metrics(NULL));
    assert_int_equal(sg_trainer_memory(NULL), 0);
    assert_int_equal(sg_trainer_get_profile(NULL, NULL), 0);
    sg_trainer_profile(NULL, 1);
    sg_trainer_destroy(NULL);
    REFUSED(sg_evaluate(NULL, NULL, 1, metrics, NULL, NULL));
    REFUSED(sg_evaluate_with(NULL, NULL, NULL, metrics, NULL, NULL));
    REFUSED(sg_observe(NULL, NULL, 1, 1, NULL, NULL));
    REFUSED(sg_verify(NULL, NULL, 1, SG_ORDER_RANDOM, 1, NULL, NULL, &found,
                      NULL));
    REFUSED(sg_simulation_create(NULL, SG_ORDER_FIFO, 1, &sim, NULL));
    REFUSED(sg_simulation_present(NULL, NULL));
    REFUSED(sg_simulation_present_training(NULL, NULL, 0, 0));
    REFUSED(sg_simulation_begin(NULL, NULL, &spikes));
    REFUSED(sg_simulation_arrive(NULL, 1));
    REFUSED(sg_simulation_learn(NULL, 0, 0, 0));
    assert_null(sg_simulation_counts(NULL, 0));
    assert_null(sg_simulation_potentials(NULL, 0));
    assert_null(sg_simulation_errors(NULL, 0));
    sg_simulation_watch(NULL, NULL, NULL);
    sg_simulation_totals(NULL, &totals);
    assert_int_equal(totals.forward_ops, 0);
    sg_simulation_totals(NULL, NULL);
    sg_simulation_destroy(NULL);
    REFUSED(sg_machine_measure(1, 0, NULL));
    free(metrics);
}

static void nothing_is_no_crash_in_data_and_recipes(void **state)
{
    (void)state;
    sg_data *data;
    sg_recipe *recipe;
    char text[8];
    int64_t number;
    REFUSED(sg_data_open(NULL, SG_SPLIT_TRAIN, &data, NULL));
    REFUSED(sg_data_open("glyphs", SG_SPLIT_TRAIN, NULL, NULL));
    REFUSED(sg_data_from_arrays(NULL, NULL, NULL, &data, NULL));
    REFUSED(sg_data_slice(NULL, 0, 1, &data, NULL));
    assert_null(sg_data_get_info(NULL));
    assert_null(sg_data_pixels(NULL, 0));
    assert_int_equal(sg_data_label(NULL, 0), 0);
    sg_data_destroy(NULL);
    REFUSED(sg_recipe_create(NULL));
    REFUSED(sg_recipe_copy(NULL, &recipe));
    REFUSED(sg_recipe_set(NULL, "net", "10", NULL));
    REFUSED(sg_recipe_get(NULL, "net", text, sizeof text));
    REFUSED(sg_recipe_number(NULL, "batch", &number));
    REFUSED(sg_recipe_suggest(NULL, NULL, NULL, 0, NULL));
    assert_int_equal(sg_recipe_text_size(NULL, "net"), 0);
    assert_non_null(sg_recipe_options(NULL));
    sg_recipe_destroy(NULL);
    assert_non_null(sg_status_text((sg_status)99));
    assert_int_equal(sg_version_number(), SG_VERSION_NUMBER);
    assert_string_equal(sg_version(), SG_VERSION);
}

static void structs_know_their_size(void **state)
{
    (void)state;
    sg_data *data = digits(SG_SPLIT_TEST);
    sg_trainer *trainer = trained(data, "off", 1);
    const sg_network *net = sg_trainer_network(trainer);
    sg_metrics *metrics = calloc(1, sizeof *metrics);
    sg_evaluate_options options = SG_EVALUATE_OPTIONS_INIT;
    struct {
        sg_evaluate_options known;
        uint64_t later; /* no padding behind it */
    } newer = {{sizeof newer, 1, 0, NULL, NULL, NULL}, 0};
    assert_int_equal(sg_evaluate_with(net, data, &options, metrics, NULL,
                                      NULL),
                     SG_OK);
    options.size = 0;
    REFUSED(sg_evaluate_with(net, data, &options, metrics, NULL, NULL));
    options.size = offsetof(sg_evaluate_options, flip); /* an older program */
    options.flip = 1;
    assert_int_equal(sg_evaluate_with(net, data, &options, metrics, NULL,
                                      NULL),
                     SG_OK);
    assert_int_equal(sg_evaluate_with(net, data, &newer.known, metrics, NULL,
                                      NULL),
                     SG_OK);
    newer.later = 1;
    assert_int_equal(sg_evaluate_with(net, data, &newer.known, metrics, NULL,
                                      NULL),
                     SG_E_UNSUPPORTED);
    const sg_callbacks callbacks = {0};
    REFUSED(sg_trainer_run(trainer, NULL, &callbacks, NULL));
    free(metrics);
    sg_trainer_destroy(trainer);
    sg_data_destroy(data);
}

#ifdef SPIKEGRAD_FILES

/* A network of one's own to write to. */
static sg_network *copy_of(const sg_trainer *trainer)
{
    void *bytes;
    size_t size;
    sg_network *net;
    assert_int_equal(sg_trainer_save_memory(trainer, &bytes, &size, NULL),
                     SG_OK);
    assert_int_equal(sg_network_load_memory(bytes, size, NULL, &net, NULL),
                     SG_OK);
    sg_free(bytes);
    return net;
}

/* A network that its trainer took over, and gave back, is trained as a copy
 * of it is; what comes of it is the last trainer's. */
static void networks_change_hands(void **state)
{
    (void)state;
    sg_error error = SG_ERROR_INIT;
    sg_data *data = digits(SG_SPLIT_TEST);
    sg_trainer *copied, *taking, *trainer = trained(data, "on", 1);
    sg_network *net;
    void *bytes[2];
    size_t size[2];
    assert_int_equal(sg_trainer_create_from(sg_trainer_network(trainer), 0,
                                            data, 1, &copied, NULL),
                     SG_OK);
    assert_int_equal(sg_trainer_release(&trainer, &net, &error), SG_OK);
    assert_null(trainer);
    assert_int_equal(sg_trainer_create_taking(&net, 0, data, NULL, &taking,
                                              &error),
                     SG_OK);
    assert_null(net);
    assert_int_equal(sg_trainer_step(copied), SG_OK);
    assert_int_equal(sg_trainer_step(taking), SG_OK);
    assert_int_equal(sg_trainer_save_memory(copied, &bytes[0], &size[0], NULL),
                     SG_OK);
    assert_int_equal(sg_trainer_release(&taking, &net, NULL), SG_OK);
    assert_int_equal(sg_network_save_memory(net, &bytes[1], &size[1], NULL),
                     SG_OK);
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    assert_int_equal(sg_trainer_create_taking(&net, UINT32_MAX, data, NULL,
                                              &taking, &error),
                     SG_E_RANGE);
    assert_null(net);
    assert_null(taking);
    sg_free(bytes[0]);
    sg_free(bytes[1]);
    sg_trainer_destroy(copied);
    sg_data_destroy(data);
}

/* An array where it is, and as it is read. */
static void same_view(const sg_network *net, size_t l, const char *name)
{
    sg_array_info info;
    sg_array_view view;
    int32_t value;
    assert_int_equal(sg_network_get_array(net, l, name, &info, NULL), SG_OK);
    sg_status status = sg_network_view_array(net, l, name, &view, NULL);
    if (strstr(name, "_bits")) {
        assert_int_equal(status, SG_E_UNSUPPORTED);
        assert_null(view.elements);
        return;
    }
    assert_int_equal(status, SG_OK);
    for (size_t k = 0; k < info.length; k++) {
        assert_int_equal(sg_network_read_array(net, l, name, k, 1, &value,
                                               NULL),
                         SG_OK);
        int32_t seen = view.bits == 8    ? ((const int8_t *)view.elements)[k]
                       : view.bits == 16 ? ((const int16_t *)view.elements)[k]
                                         : ((const int32_t *)view.elements)[k];
        assert_int_equal(seen, value);
    }
}

static void arrays_are_seen_where_they_are(void **state)
{
    (void)state;
    sg_data *data = digits(SG_SPLIT_TRAIN);
    sg_trainer *trainer = trained(data, "on", 3);
    const sg_network *net = sg_trainer_network(trainer);
    sg_array_view view;
    const char *name;
    for (size_t l = 0; l < 4; l++)
        for (size_t i = 0; (name = sg_network_array_name(net, l, i)); i++)
            same_view(net, l, name);
    assert_int_equal(sg_network_view_array(net, 0, "weight", &view, NULL),
                     SG_OK);
    assert_int_equal(view.bits, 16);
    REFUSED(sg_network_view_array(net, 1, "weight", &view, NULL));
    assert_null(view.elements);
    assert_int_equal(sg_network_view_array(net, 4, "weight", &view, NULL),
                     SG_E_RANGE);
    sg_trainer_destroy(trainer);
    sg_data_destroy(data);
}

static void arrays_have_names(void **state)
{
    (void)state;
    sg_data *data = digits(SG_SPLIT_TRAIN);
    sg_trainer *trainer = trained(data, "on", 3);
    sg_network *net = copy_of(trainer);
    sg_array_info info;
    size_t count = 0;
    const char *name;
    int32_t value, values[10];
    for (size_t l = 0; l < 4; l++)
        for (size_t i = 0; (name = sg_network_array_name(net, l, i)); i++) {
            assert_int_equal(sg_network_get_array(net, l, name, &info, NULL),
                             SG_OK);
            assert_true(info.length > 0 && info.rank > 0);
            for (size_t k = 0; k < info.length; k++)
                assert_int_equal(sg_network_read_array(net, l, name, k, 1,
                                                       &value, NULL),
                                 SG_OK);
            count++;
        }
    assert_int_equal(count, 10 + 10 + 7); /* two are standardised */
    assert_null(sg_network_array_name(net, 1, 0));
    assert_int_equal(sg_network_get_array(net, 0, "weight", &info, NULL),
                     SG_OK);
    assert_int_equal(info.rank, 4);
    assert_int_equal(info.shape[0] * info.shape[1] * info.shape[2] *
                         info.shape[3],
                     info.length);
    assert_int_equal(sg_network_write_array(net, 0, "weight", 0, 1, &value,
                                            NULL),
                     SG_E_UNSUPPORTED);
    value = info.high;
    REFUSED(sg_network_read_array(net, 0, "rows", 0, 1, &value, NULL));
    REFUSED(sg_network_read_array(net, 1, "weight", 0, 1, &value, NULL));
    assert_int_equal(sg_network_read_array(net, 9, "weight", 0, 1, &value,
                                           NULL),
                     SG_E_RANGE);
    assert_int_equal(sg_network_read_array(net, 0, "weight", 99, 2, &value,
                                           NULL),
                     SG_E_RANGE);
    /* the last layer is not standardised: what is written is what is read */
    const int32_t written[] = {1, -2, 3};
    assert_int_equal(sg_network_write_array(net, 3, "weight", 4, 3, written,
                                            NULL),
                     SG_OK);
    assert_int_equal(sg_network_read_array(net, 3, "weight", 4, 3, values,
                                           NULL),
                     SG_OK);
    assert_memory_equal(values, written, sizeof written);
    assert_int_equal(sg_network_write_array(net, 3, "bias", 2, 3, written,
                                            NULL),
                     SG_OK);
    assert_int_equal(sg_network_read_array(net, 3, "bias", 2, 3, values, NULL),
                     SG_OK);
    assert_memory_equal(values, written, sizeof written);
    assert_int_equal(sg_network_get_array(net, 3, "weight", &info, NULL),
                     SG_OK);
    value = info.high + 1;
    assert_int_equal(sg_network_write_array(net, 3, "weight", 0, 1, &value,
                                            NULL),
                     SG_E_RANGE);
    sg_network_destroy(net);
    sg_trainer_destroy(trainer);
    sg_data_destroy(data);
}

static void thresholds_bring_the_rest_along(void **state)
{
    (void)state;
    sg_data *data = digits(SG_SPLIT_TRAIN);
    sg_trainer *trainer = trained(data, "off", 2);
    sg_network *net = copy_of(trainer);
    sg_verification found;
    int32_t bits, high = 99;
    assert_int_equal(sg_network_read_array(net, 2, "theta_bits", 0, 1, &bits,
                                           NULL),
                     SG_OK);
    bits--;
    assert_int_equal(sg_network_write_array(net, 2, "theta_bits", 0, 1, &bits,
                                            NULL),
                     SG_OK);
    int32_t phi, other;
    assert_int_equal(sg_network_read_array(net, 0, "phi_bits", 0, 1, &phi,
                                           NULL),
                     SG_OK);
    assert_int_equal(phi, bits - 1); /* 1/2 of the next layer's */
    other = phi + 1;
    assert_int_equal(sg_network_write_array(net, 0, "phi_bits", 0, 1, &other,
                                            NULL),
                     SG_E_UNSUPPORTED);
    assert_int_equal(sg_network_write_array(net, 0, "phi_bits", 0, 1, &phi,
                                            NULL),
                     SG_OK);
    assert_int_equal(sg_network_write_array(net, 2, "theta_bits", 0, 1, &high,
                                            NULL),
                     SG_E_RANGE);
    sg_layer_info layer;
    assert_int_equal(sg_network_get_layer(net, 2, &layer), SG_OK);
    assert_int_equal(layer.fraction_bits, bits);
    assert_int_equal(sg_verify(net, data, 3, SG_ORDER_RANDOM, 1, NULL, NULL,
                               &found, NULL),
                     SG_OK);
    sg_network_destroy(net);
    sg_trainer_destroy(trainer);
    sg_data_destroy(data);
}

/* A run whose rate is lowered, saved in memory and resumed, ends as one that
 * was not interrupted, and not as one whose rate nobody touched. */
static void rates_are_part_of_the_state(void **state)
{
    (void)state;
    sg_data *data = digits(SG_SPLIT_TRAIN);
    sg_trainer *whole = trained(data, "off", 3);
    sg_trainer *plain = trained(data, "off", 12), *part;
    void *bytes[3];
    size_t size[3];
    assert_int_equal(sg_trainer_scale_rate(whole, 1000001, NULL), SG_E_RANGE);
    assert_int_equal(sg_trainer_scale_rate(whole, 250000, NULL), SG_OK);
    assert_int_equal(sg_trainer_rate(whole), 250000);
    assert_int_equal(sg_trainer_rate(plain), 1000000);
    assert_int_equal(sg_trainer_step(whole), SG_OK);
    assert_int_equal(sg_trainer_save_memory(whole, &bytes[0], &size[0], NULL),
                     SG_OK);
    assert_int_equal(sg_trainer_resume_memory(bytes[0], size[0], NULL, data, 1,
                                              &part, NULL),
                     SG_OK);
    sg_free(bytes[0]);
    assert_int_equal(sg_trainer_run(whole, NULL, NULL, NULL), SG_OK);
    assert_int_equal(sg_trainer_run(part, NULL, NULL, NULL), SG_OK);
    const sg_trainer *all[] = {whole, part, plain};
    for (int i = 0; i < 3; i++)
        assert_int_equal(sg_trainer_save_memory(all[i], &bytes[i], &size[i],
                                                NULL),
                         SG_OK);
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    assert_true(size[0] != size[2] || memcmp(bytes[0], bytes[2], size[0]));
    for (int i = 0; i < 3; i++)
        sg_free(bytes[i]);
    sg_trainer_destroy(whole);
    sg_trainer_destroy(part);
    sg_trainer_destroy(plain);
    sg_data_destroy(data);
}

#endif

/* One network in several threads at once; under ThreadSanitizer too. */
typedef struct worker {
    const sg_network *net;
    const sg_data *data;
    uint32_t label[40];
    int32_t logits[40][10];
    sg_status status;
} worker;

static void *classify_all(void *argument)
{
    worker *w = argument;
    sg_classifier *classifier;
    w->status = sg_classifier_create(w->net, &classifier, NULL);
    for (uint32_t i = 0; w->status == SG_OK && i < 40; i++)
        w->status = sg_classifier_run(classifier, sg_data_pixels(w->data, i),
                                      w->logits[i], &w->label[i]);
    sg_classifier_destroy(classifier);
    return NULL;
}

static void threads_share_a_network(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    static worker w[THREADS];
    pthread_t thread[THREADS];
    sg_data *train = digits(SG_SPLIT_TRAIN), *test = digits(SG_SPLIT_TEST);
    sg_trainer *trainer = trained(train, "on", 5);
    const sg_network *net = sg_trainer_network(trainer);
    sg_metrics *metrics = calloc(1, sizeof *metrics);
    for (int t = 0; t < THREADS; t++) {
        w[t] = (worker){.net = net, .data = test};
        assert_int_equal(pthread_create(&thread[t], NULL, classify_all, &w[t]),
                         0);
    }
    assert_int_equal(sg_evaluate(net, test, 2, metrics, NULL, NULL), SG_OK);
    for (int t = 0; t < THREADS; t++) {
        assert_int_equal(pthread_join(thread[t], NULL), 0);
        assert_int_equal(w[t].status, SG_OK);
        assert_memory_equal(w[t].logits, w[0].logits, sizeof w[0].logits);
    }
    uint64_t correct = 0;
    for (uint32_t i = 0; i < 40; i++)
        correct += w[0].label[i] == sg_data_label(test, i);
    assert_int_equal(correct, metrics->correct);
    free(metrics);
    sg_trainer_destroy(trainer);
    sg_data_destroy(train);
    sg_data_destroy(test);
}

static void counts_are_those_of_the_simulation(void **state)
{
    (void)state;
    sg_data *data = digits(SG_SPLIT_TRAIN);
    sg_trainer *trainer = trained(data, "off", 4);
    const sg_network *net = sg_trainer_network(trainer);
    sg_classifier *classifier;
    sg_simulation *sim;
    sg_layer_info layer;
    assert_int_equal(sg_classifier_create(net, &classifier, NULL), SG_OK);
    assert_int_equal(sg_simulation_create(net, SG_ORDER_TURNS, 1, &sim, NULL),
                     SG_OK);
    assert_int_equal(sg_classifier_run(classifier, sg_data_pixels(data, 3),
                                       NULL, NULL),
                     SG_OK);
    assert_int_equal(sg_simulation_present(sim, sg_data_pixels(data, 3)),
                     SG_OK);
    assert_memory_equal(sg_classifier_counts(classifier, 0),
                        sg_simulation_counts(sim, 0), (size_t)28 * 28);
    for (size_t l = 0; l < 3; l++) {
        assert_int_equal(sg_network_get_layer(net, l, &layer), SG_OK);
        assert_memory_equal(sg_classifier_counts(classifier, l + 1),
                            sg_simulation_counts(sim, l + 1), layer.neurons);
    }
    assert_null(sg_classifier_counts(classifier, 4));
    sg_simulation_destroy(sim);
    sg_classifier_destroy(classifier);
    sg_trainer_destroy(trainer);
    sg_data_destroy(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_no_crash_in_networks),
        cmocka_unit_test(nothing_is_no_crash_in_runs),
        cmocka_unit_test(nothing_is_no_crash_in_data_and_recipes),
        cmocka_unit_test(structs_know_their_size),
#ifdef SPIKEGRAD_FILES
        cmocka_unit_test(networks_change_hands),
        cmocka_unit_test(arrays_have_names),
        cmocka_unit_test(thresholds_bring_the_rest_along),
        cmocka_unit_test(rates_are_part_of_the_state),
        cmocka_unit_test(arrays_are_seen_where_they_are),
#endif
        cmocka_unit_test(threads_share_a_network),
        cmocka_unit_test(counts_are_those_of_the_simulation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
