/* Every public function with a NULL for each argument that may not be one: a
 * status or an empty value, never a crash. The last test reads the headers, so
 * that a new function cannot be forgotten here. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spikegrad/spikegrad.h"

/* One of everything. */
static sg_data *data;
static sg_recipe *recipe;
static sg_trainer *trainer;
static const sg_network *net;
static sg_simulation *sim;

static int set_up(void **state)
{
    (void)state;
    sg_error error = SG_ERROR_INIT;
    return sg_data_open("glyphs:train=8,test=8", SG_SPLIT_TRAIN, &data,
                        &error) != SG_OK ||
           sg_recipe_create(&recipe) != SG_OK ||
           sg_recipe_set(recipe, "net", "4-10", &error) != SG_OK ||
           sg_recipe_set(recipe, "batch", "8", &error) != SG_OK ||
           sg_trainer_create(recipe, data, 1, &trainer, &error) != SG_OK ||
           !(net = sg_trainer_network(trainer)) ||
           sg_simulation_create(net, SG_ORDER_FIFO, 1, &sim, &error) != SG_OK;
}

static int tear_down(void **state)
{
    (void)state;
    sg_simulation_destroy(sim);
    sg_trainer_destroy(trainer);
    sg_recipe_destroy(recipe);
    sg_data_destroy(data);
    return 0;
}

/* A call that fails, and says that it is for an argument. */
#define REFUSES(call) assert_int_equal(call, SG_E_ARGUMENT)

/* The same of a call that takes the error named e; with none, too. */
#define TELLS(call)                                                           \
    do {                                                                      \
        sg_error detail = SG_ERROR_INIT, *e = &detail;                        \
        REFUSES(call);                                                        \
        assert_string_not_equal(detail.text, "");                             \
        assert_null(strchr(detail.text, '\n'));                               \
        e = NULL;                                                             \
        REFUSES(call);                                                        \
    } while (0)

/* The same of one that makes something: there is nothing then. */
#define MAKES_NOTHING(type, call)                                             \
    do {                                                                      \
        type *out = (type *)&data;                                            \
        TELLS(call);                                                          \
        assert_null(out);                                                     \
    } while (0)

static void of_recipes(void **state)
{
    (void)state;
    char text[8];
    int64_t number;
    sg_recipe *copy;
    REFUSES(sg_recipe_create(NULL));
    REFUSES(sg_recipe_copy(NULL, &copy));
    REFUSES(sg_recipe_copy(recipe, NULL));
    TELLS(sg_recipe_set(NULL, "lr", "1", e));
    TELLS(sg_recipe_set(recipe, NULL, "1", e));
    TELLS(sg_recipe_set(recipe, "lr", NULL, e));
    REFUSES(sg_recipe_get(NULL, "lr", text, sizeof text));
    REFUSES(sg_recipe_get(recipe, NULL, text, sizeof text));
    REFUSES(sg_recipe_get(recipe, "lr", NULL, 0));
    REFUSES(sg_recipe_number(NULL, "lr", &number));
    REFUSES(sg_recipe_number(recipe, NULL, &number));
    REFUSES(sg_recipe_number(recipe, "lr", NULL));
    assert_int_equal(sg_recipe_text_size(NULL, "lr"), 0);
    assert_int_equal(sg_recipe_text_size(recipe, NULL), 0);
    const sg_data_info info = {
        .height = 28, .width = 28, .channels = 1, .classes = 10, .size = 1};
    TELLS(sg_recipe_suggest(NULL, &info, NULL, 0, e));
    TELLS(sg_recipe_suggest(recipe, NULL, NULL, 0, e));
    TELLS(sg_recipe_suggest(recipe, &info, NULL, 1, e));
    assert_non_null(sg_recipe_options(NULL));
    sg_option_range range;
    REFUSES(sg_recipe_range(NULL, &range));
    REFUSES(sg_recipe_range("lr", NULL));
    sg_recipe_destroy(NULL);
}

static int give(void *user, uint32_t i, uint8_t *image, uint32_t *label)
{
    (void)user;
    image[0] = (uint8_t)i;
    *label = 0;
    return 0;
}

static void of_data(void **state)
{
    (void)state;
    const uint8_t pixels[4] = {0}, labels[1] = {0};
    const sg_data_info info = {
        .height = 2, .width = 2, .channels = 1, .classes = 2, .size = 1};
    MAKES_NOTHING(sg_data, sg_data_open(NULL, SG_SPLIT_TEST, &out, e));
    TELLS(sg_data_open("glyphs", SG_SPLIT_TEST, NULL, e));
    MAKES_NOTHING(sg_data, sg_data_from_arrays(NULL, pixels, labels, &out, e));
    MAKES_NOTHING(sg_data, sg_data_from_arrays(&info, NULL, labels, &out, e));
    MAKES_NOTHING(sg_data, sg_data_from_arrays(&info, pixels, NULL, &out, e));
    TELLS(sg_data_from_arrays(&info, pixels, labels, NULL, e));
    MAKES_NOTHING(sg_data, sg_data_over_arrays(NULL, pixels, labels, &out, e));
    MAKES_NOTHING(sg_data, sg_data_over_arrays(&info, NULL, labels, &out, e));
    MAKES_NOTHING(sg_data, sg_data_over_arrays(&info, pixels, NULL, &out, e));
    TELLS(sg_data_over_arrays(&info, pixels, labels, NULL, e));
    MAKES_NOTHING(sg_data, sg_data_from_callback(NULL, give, NULL, &out, e));
    MAKES_NOTHING(sg_data, sg_data_from_callback(&info, NULL, NULL, &out, e));
    TELLS(sg_data_from_callback(&info, give, NULL, NULL, e));
    MAKES_NOTHING(sg_data, sg_data_slice(NULL, 0, 1, &out, e));
    TELLS(sg_data_slice(data, 0, 1, NULL, e));
    const uint32_t first = 0;
    sg_data *rest = data, *held = data;
    MAKES_NOTHING(sg_data,
                  sg_data_open_in(NULL, NULL, SG_SPLIT_TEST, &out, e));
    const sg_data_info like = {.height = 1, .width = 1, .channels = 1};
    MAKES_NOTHING(sg_data, sg_data_open_file(NULL, NULL, &like, 0, &out, e));
    MAKES_NOTHING(sg_data, sg_data_open_file(NULL, "x", NULL, 0, &out, e));
    TELLS(sg_data_open_file(NULL, "x", &like, 0, NULL, e));
    TELLS(sg_data_open_in(NULL, "glyphs", SG_SPLIT_TEST, NULL, e));
    MAKES_NOTHING(sg_data, sg_data_select(NULL, &first, 1, &out, e));
    MAKES_NOTHING(sg_data, sg_data_select(data, NULL, 1, &out, e));
    TELLS(sg_data_select(data, &first, 1, NULL, e));
    uint8_t pixel = 0;
    TELLS(sg_data_augment(NULL, "none", 1, 0, 0, 0, &pixel, e));
    TELLS(sg_data_augment(data, NULL, 1, 0, 0, 0, &pixel, e));
    TELLS(sg_data_augment(data, "none", 1, 0, 0, 0, NULL, e));
    TELLS(sg_data_hold_back(NULL, 1, 1, &rest, &held, e));
    assert_true(!rest && !held);
    TELLS(sg_data_hold_back(data, 1, 1, NULL, &held, e));
    TELLS(sg_data_hold_back(data, 1, 1, &rest, NULL, e));
    assert_int_equal(sg_data_hash(NULL), 0);
    assert_null(sg_data_get_format(SIZE_MAX));
    assert_non_null(sg_data_limit_option());
    assert_non_null(sg_data_names_option());
    const sg_data_arrays arrays = {.size = sizeof arrays,
                                   .pixels = pixels,
                                   .labels = labels};
    const sg_data_arrays no_pixels = {.size = sizeof no_pixels,
                                      .labels = labels};
    const char *const names[2] = {"a", NULL};
    MAKES_NOTHING(sg_data, sg_data_create(NULL, &arrays, &out, e));
    MAKES_NOTHING(sg_data, sg_data_create(&info, NULL, &out, e));
    MAKES_NOTHING(sg_data, sg_data_create(&info, &no_pixels, &out, e));
    TELLS(sg_data_create(&info, &arrays, NULL, e));
    TELLS(sg_data_name_classes(NULL, names, e));
    TELLS(sg_data_name_classes(data, NULL, e));
    assert_int_equal(sg_data_recording(NULL, 0), UINT32_MAX);
    assert_int_equal(sg_data_recording(data, UINT32_MAX), UINT32_MAX);
    assert_int_equal(sg_data_recording(data, 0), 0);
    assert_null(sg_data_class_name(NULL, 0));
    assert_null(sg_data_class_name(data, UINT32_MAX));
    assert_null(sg_network_class_name(NULL, 0));
    assert_null(sg_data_get_info(NULL));
    assert_null(sg_data_pixels(NULL, 0));
    assert_null(sg_data_pixels(data, 8));
    assert_int_equal(sg_data_label(NULL, 0), 0);
    assert_int_equal(sg_data_label(data, 8), 0);
    sg_data_event *event;
    size_t count;
    assert_false(sg_data_has_events(NULL));
    TELLS(sg_data_events(NULL, 0, &event, &count, e));
    TELLS(sg_data_events(data, 0, NULL, &count, e));
    TELLS(sg_data_events(data, 0, &event, NULL, e));
    assert_null(event);
    sg_data_free_events(NULL);
    sg_data_destroy(NULL);
}

static void of_networks(void **state)
{
    (void)state;
    sg_network_info info;
    sg_layer_info layer;
    uint32_t label;
    MAKES_NOTHING(sg_network, sg_network_create(NULL, data, &out, e));
    MAKES_NOTHING(sg_network, sg_network_create(recipe, NULL, &out, e));
    TELLS(sg_network_create(recipe, data, NULL, e));
    MAKES_NOTHING(sg_network, sg_network_load(NULL, &out, e));
    TELLS(sg_network_load("none", NULL, e));
    MAKES_NOTHING(sg_network, sg_network_load_edited(NULL, &out, NULL, e));
    TELLS(sg_network_load_edited("none", NULL, NULL, e));
    MAKES_NOTHING(sg_network, sg_network_load_memory(NULL, 8, NULL, &out, e));
    TELLS(sg_network_load_memory("{}", 2, NULL, NULL, e));
    MAKES_NOTHING(sg_network,
                  sg_network_load_memory_edited(NULL, 8, NULL, &out, NULL, e));
    TELLS(sg_network_load_memory_edited("{}", 2, NULL, NULL, NULL, e));
    TELLS(sg_network_save(NULL, "none", e));
    TELLS(sg_network_save(net, NULL, e));
    sg_network_get_info(NULL, &info);
    assert_int_equal(info.layers, 0);
    assert_null(info.data);
    sg_network_get_info(net, NULL);
    REFUSES(sg_network_get_layer(NULL, 0, &layer));
    REFUSES(sg_network_get_layer(net, 0, NULL));
    assert_int_equal(sg_network_get_layer(net, 2, &layer), SG_E_RANGE);
    void *bytes = &data;
    size_t size = 1;
    TELLS(sg_network_save_memory(NULL, &bytes, &size, e));
    assert_null(bytes);
    assert_int_equal(size, 0);
    TELLS(sg_network_save_memory(net, NULL, &size, e));
    TELLS(sg_network_save_memory(net, &bytes, NULL, e));
    sg_free(NULL);
    REFUSES(sg_network_classify(NULL, sg_data_pixels(data, 0), NULL, &label));
    REFUSES(sg_network_classify(net, NULL, NULL, &label));
    REFUSES(sg_network_classify(net, sg_data_pixels(data, 0), NULL, NULL));
    assert_int_equal(sg_network_classify(net, sg_data_pixels(data, 0), NULL,
                                         &label),
                     SG_OK);
    assert_int_equal(sg_network_training_memory(NULL, 1), 0);
    assert_non_null(sg_layer_kind_name((sg_layer_kind)99));
    sg_network_destroy(NULL);
}

static void of_arrays(void **state)
{
    (void)state;
    sg_array_info info;
    int32_t value = 0;
    sg_network *own = (sg_network *)net; /* nothing is written */
    assert_null(sg_network_array_name(NULL, 0, 0));
    assert_null(sg_network_array_name(net, 2, 0));
    TELLS(sg_network_get_array(NULL, 0, "bias", &info, e));
    TELLS(sg_network_get_array(net, 0, NULL, &info, e));
    TELLS(sg_network_get_array(net, 0, "bias", NULL, e));
    TELLS(sg_network_read_array(NULL, 0, "bias", 0, 1, &value, e));
    TELLS(sg_network_read_array(net, 0, NULL, 0, 1, &value, e));
    TELLS(sg_network_read_array(net, 0, "bias", 0, 1, NULL, e));
    sg_array_view view;
    TELLS(sg_network_view_array(NULL, 0, "bias", &view, e));
    TELLS(sg_network_view_array(net, 0, NULL, &view, e));
    TELLS(sg_network_view_array(net, 0, "bias", NULL, e));
    TELLS(sg_network_write_array(NULL, 0, "bias", 0, 1, &value, e));
    TELLS(sg_network_write_array(own, 0, NULL, 0, 1, &value, e));
    TELLS(sg_network_write_array(own, 0, "bias", 0, 1, NULL, e));
}

static void of_classifiers(void **state)
{
    (void)state;
    sg_classifier *classifier;
    uint32_t label;
    MAKES_NOTHING(sg_classifier, sg_classifier_create(NULL, &out, e));
    TELLS(sg_classifier_create(net, NULL, e));
    assert_int_equal(sg_classifier_create(net, &classifier, NULL), SG_OK);
    REFUSES(sg_classifier_run(NULL, sg_data_pixels(data, 0), NULL, &label));
    REFUSES(sg_classifier_run(classifier, NULL, NULL, &label));
    REFUSES(sg_classifier_run_many(NULL, NULL, 0, NULL, NULL));
    REFUSES(sg_classifier_run_many(classifier, NULL, 1, NULL, &label));
    MAKES_NOTHING(sg_classifier, sg_classifier_share(NULL, &out, e));
    TELLS(sg_classifier_share(classifier, NULL, e));
    TELLS(sg_predict(NULL, sg_data_pixels(data, 0), 1, 1, NULL, NULL, e));
    TELLS(sg_predict(net, NULL, 1, 1, NULL, NULL, e));
    assert_null(sg_classifier_counts(NULL, 0));
    sg_classifier_destroy(classifier);
    sg_classifier_destroy(NULL);
}

static void of_trainers(void **state)
{
    (void)state;
    sg_layer_cost cost[2];
    sg_device_info device;
    MAKES_NOTHING(sg_trainer, sg_trainer_create(NULL, data, 1, &out, e));
    MAKES_NOTHING(sg_trainer, sg_trainer_create(recipe, NULL, 1, &out, e));
    TELLS(sg_trainer_create(recipe, data, 1, NULL, e));
    MAKES_NOTHING(sg_trainer, sg_trainer_resume(NULL, data, 1, &out, e));
    MAKES_NOTHING(sg_trainer, sg_trainer_resume("none", NULL, 1, &out, e));
    TELLS(sg_trainer_resume("none", data, 1, NULL, e));
    MAKES_NOTHING(sg_trainer,
                  sg_trainer_resume_memory(NULL, 8, NULL, data, 1, &out, e));
    MAKES_NOTHING(sg_trainer,
                  sg_trainer_resume_memory("{}", 2, NULL, NULL, 1, &out, e));
    TELLS(sg_trainer_resume_memory("{}", 2, NULL, data, 1, NULL, e));
    MAKES_NOTHING(sg_trainer,
                  sg_trainer_adapt(NULL, recipe, data, 0, 1, &out, e));
    MAKES_NOTHING(sg_trainer,
                  sg_trainer_adapt(net, NULL, data, 0, 1, &out, e));
    MAKES_NOTHING(sg_trainer,
                  sg_trainer_adapt(net, recipe, NULL, 0, 1, &out, e));
    TELLS(sg_trainer_adapt(net, recipe, data, 0, 1, NULL, e));
    MAKES_NOTHING(sg_trainer,
                  sg_trainer_adapt_with(NULL, recipe, data, 0, NULL, &out, e));
    TELLS(sg_trainer_adapt_with(net, recipe, data, 0, NULL, NULL, e));
    MAKES_NOTHING(sg_trainer,
                  sg_trainer_resume_memory_with(NULL, 8, NULL, data, NULL,
                                                &out, e));
    TELLS(sg_trainer_resume_memory_with("{}", 2, NULL, data, NULL, NULL, e));
    MAKES_NOTHING(sg_network,
                  sg_network_adapt(NULL, recipe, data, 0, &out, e));
    MAKES_NOTHING(sg_network, sg_network_adapt(net, NULL, data, 0, &out, e));
    MAKES_NOTHING(sg_network, sg_network_adapt(net, recipe, NULL, 0, &out, e));
    TELLS(sg_network_adapt(net, recipe, data, 0, NULL, e));
    MAKES_NOTHING(sg_recipe,
                  sg_network_adapt_recipe(NULL, sg_data_get_info(data), &out,
                                          e));
    MAKES_NOTHING(sg_recipe, sg_network_adapt_recipe(net, NULL, &out, e));
    TELLS(sg_network_adapt_recipe(net, sg_data_get_info(data), NULL, e));
    MAKES_NOTHING(sg_trainer,
                  sg_trainer_create_from(NULL, 0, data, 1, &out, e));
    MAKES_NOTHING(sg_trainer,
                  sg_trainer_create_from(net, 0, NULL, 1, &out, e));
    TELLS(sg_trainer_create_from(net, 0, data, 1, NULL, e));
    sg_network *none = NULL;
    MAKES_NOTHING(sg_trainer,
                  sg_trainer_create_taking(NULL, 0, data, NULL, &out, e));
    MAKES_NOTHING(sg_trainer,
                  sg_trainer_create_taking(&none, 0, data, NULL, &out, e));
    TELLS(sg_trainer_release(NULL, &none, e));
    TELLS(sg_trainer_release(&(sg_trainer *){NULL}, &none, e));
    TELLS(sg_trainer_plan(NULL, 1, e));
    TELLS(sg_trainer_set_epochs(NULL, 1, e));
    TELLS(sg_trainer_run(NULL, NULL, NULL, e));
    REFUSES(sg_trainer_step(NULL));
    TELLS(sg_trainer_save(NULL, "none", e));
    TELLS(sg_trainer_save(trainer, NULL, e));
    void *bytes = &data;
    size_t size = 1;
    TELLS(sg_trainer_save_memory(NULL, &bytes, &size, e));
    assert_null(bytes);
    assert_int_equal(size, 0);
    TELLS(sg_trainer_save_memory(trainer, NULL, &size, e));
    TELLS(sg_trainer_save_memory(trainer, &bytes, NULL, e));
    TELLS(sg_trainer_scale_rate(NULL, 1, e));
    MAKES_NOTHING(sg_trainer,
                  sg_trainer_create_with(NULL, data, NULL, &out, e));
    MAKES_NOTHING(sg_trainer,
                  sg_trainer_create_with(recipe, NULL, NULL, &out, e));
    TELLS(sg_trainer_create_with(recipe, data, NULL, NULL, e));
    MAKES_NOTHING(sg_trainer,
                  sg_trainer_resume_with(NULL, data, NULL, &out, e));
    MAKES_NOTHING(sg_trainer,
                  sg_trainer_resume_with("x", NULL, NULL, &out, e));
    TELLS(sg_trainer_resume_with("x", data, NULL, NULL, e));
    MAKES_NOTHING(sg_trainer,
                  sg_trainer_create_from_with(NULL, 0, data, NULL, &out, e));
    MAKES_NOTHING(sg_trainer,
                  sg_trainer_create_from_with(net, 0, NULL, NULL, &out, e));
    TELLS(sg_trainer_create_from_with(net, 0, data, NULL, NULL, e));
    TELLS(sg_device_check(NULL, e));
    assert_int_equal(sg_device_get_info(0, NULL), SG_E_ARGUMENT);
    assert_int_equal(sg_device_get_info(sg_device_count(), &device),
                     SG_E_RANGE);
    assert_int_equal(device.memory, 0);
    assert_null(sg_trainer_outline(NULL));
    assert_int_equal(sg_trainer_rate(NULL), 0);
    assert_null(sg_trainer_network(NULL));
    assert_null(sg_trainer_metrics(NULL));
    assert_int_equal(sg_trainer_memory(NULL), 0);
    assert_int_equal(sg_trainer_threads(NULL), 0);
    sg_trainer_profile(NULL, 1);
    assert_int_equal(sg_trainer_get_profile(NULL, cost), 0);
    assert_int_equal(sg_trainer_get_profile(trainer, NULL), 0);
    sg_trainer_destroy(NULL);
}

static void of_evaluation(void **state)
{
    (void)state;
    static sg_metrics metrics, more;
    static sg_layer_observation seen[2];
    TELLS(sg_evaluate(NULL, data, 1, &metrics, NULL, e));
    TELLS(sg_evaluate(net, NULL, 1, &metrics, NULL, e));
    TELLS(sg_evaluate(net, data, 1, NULL, NULL, e));
    TELLS(sg_evaluate_with(NULL, data, NULL, &metrics, NULL, e));
    TELLS(sg_evaluate_with(net, NULL, NULL, &metrics, NULL, e));
    TELLS(sg_evaluate_with(net, data, NULL, NULL, NULL, e));
    assert_int_equal(sg_evaluate(net, data, 1, &metrics, NULL, NULL), SG_OK);
    assert_int_equal(sg_evaluate_with(net, data, NULL, &more, NULL, NULL),
                     SG_OK);
    assert_memory_equal(&more, &metrics, sizeof more);
    TELLS(sg_observe(NULL, data, 1, 1, seen, e));
    TELLS(sg_observe(net, NULL, 1, 1, seen, e));
    TELLS(sg_observe(net, data, 1, 1, NULL, e));
    const sg_observe_options look = SG_OBSERVE_OPTIONS_INIT;
    TELLS(sg_observe_with(NULL, data, &look, seen, e));
    TELLS(sg_observe_with(net, NULL, &look, seen, e));
    TELLS(sg_observe_with(net, data, NULL, seen, e));
    TELLS(sg_observe_with(net, data, &look, NULL, e));
}

static void of_passes(void **state)
{
    (void)state;
    int32_t weights[4 * 784], biases[4];
    sg_pass *pass;
    MAKES_NOTHING(sg_pass, sg_pass_create(NULL, 4, 1, &out, e));
    TELLS(sg_pass_create(net, 4, 1, NULL, e));
    assert_int_equal(sg_pass_create(net, 4, 1, &pass, NULL), SG_OK);
    TELLS(sg_pass_run(NULL, data, 0, 1, 1, e));
    TELLS(sg_pass_run(pass, NULL, 0, 1, 1, e));
    assert_null(sg_pass_logits(pass));
    assert_null(sg_pass_counts(pass, 0));
    TELLS(sg_pass_gradient(pass, 0, weights, biases, e)); /* of nothing yet */
    assert_int_equal(sg_pass_run(pass, data, 0, 4, 1, NULL), SG_OK);
    assert_null(sg_pass_logits(NULL));
    assert_null(sg_pass_counts(NULL, 0));
    assert_null(sg_pass_counts(pass, 2));
    assert_null(sg_pass_errors(NULL, 0));
    assert_null(sg_pass_errors(pass, 2));
    TELLS(sg_pass_gradient(NULL, 0, weights, biases, e));
    TELLS(sg_pass_gradient(pass, 0, NULL, biases, e));
    TELLS(sg_pass_gradient(pass, 0, weights, NULL, e));
    assert_int_equal(sg_pass_gradient(pass, 0, weights, biases, NULL), SG_OK);
    sg_pass_destroy(pass);
    sg_pass_destroy(NULL);
}

static void of_simulations(void **state)
{
    (void)state;
    const uint8_t *pixels = sg_data_pixels(data, 0);
    sg_event_totals totals = {.forward_spikes = 1};
    sg_verification found;
    uint64_t spikes;
    MAKES_NOTHING(sg_simulation,
                  sg_simulation_create(NULL, SG_ORDER_FIFO, 1, &out, e));
    TELLS(sg_simulation_create(net, SG_ORDER_FIFO, 1, NULL, e));
    sg_simulation_watch(NULL, NULL, NULL);
    sg_simulation_watch_sent(NULL, NULL, NULL);
    REFUSES(sg_simulation_present(NULL, pixels));
    REFUSES(sg_simulation_present(sim, NULL));
    REFUSES(sg_simulation_present_training(NULL, pixels, 0, 0));
    REFUSES(sg_simulation_present_training(sim, NULL, 0, 0));
    REFUSES(sg_simulation_begin(NULL, pixels, &spikes));
    REFUSES(sg_simulation_begin(sim, NULL, &spikes));
    REFUSES(sg_simulation_begin(sim, pixels, NULL));
    REFUSES(sg_simulation_arrive(NULL, 1));
    REFUSES(sg_simulation_set_arrival(NULL, SG_ARRIVAL_EVEN));
    REFUSES(sg_simulation_start(NULL));
    REFUSES(sg_simulation_push(NULL, 0, 1, 0));
    REFUSES(sg_simulation_learn(NULL, 0, 0, 0));
    assert_null(sg_simulation_counts(NULL, 0));
    assert_null(sg_simulation_counts(sim, 3));
    assert_null(sg_simulation_potentials(NULL, 1));
    assert_null(sg_simulation_potentials(sim, 3));
    assert_null(sg_simulation_errors(NULL, 1));
    assert_null(sg_simulation_errors(sim, 3));
    sg_simulation_totals(NULL, &totals);
    assert_int_equal(totals.forward_spikes, 0);
    sg_simulation_totals(sim, NULL);
    sg_simulation_number(NULL, 1);
    sg_simulation_destroy(NULL);
    const sg_verify_options how = SG_VERIFY_OPTIONS_INIT;
    TELLS(sg_verify(NULL, data, 1, SG_ORDER_FIFO, 1, NULL, NULL, &found, e));
    TELLS(sg_verify(net, NULL, 1, SG_ORDER_FIFO, 1, NULL, NULL, &found, e));
    TELLS(sg_verify(net, data, 1, SG_ORDER_FIFO, 1, NULL, NULL, NULL, e));
    TELLS(sg_verify_with(NULL, data, &how, &found, e));
    TELLS(sg_verify_with(net, NULL, &how, &found, e));
    TELLS(sg_verify_with(net, data, NULL, &found, e));
    TELLS(sg_verify_with(net, data, &how, NULL, e));
}

static void of_the_rest(void **state)
{
    (void)state;
    MAKES_NOTHING(sg_replacement, sg_replacement_open(NULL, &out, e));
    TELLS(sg_replacement_open("none", NULL, e));
    TELLS(sg_replacement_commit(NULL, e));
    assert_int_equal(sg_replacement_descriptor(NULL), -1);
    sg_replacement_destroy(NULL);
    sg_replacement_clean(NULL);
    REFUSES(sg_machine_measure(1, 0, NULL));
    sg_machine machine;
    TELLS(sg_device_measure(NULL, &machine, e));
    TELLS(sg_device_measure("cpu", NULL, e));
    assert_non_null(sg_kernel_table());
    assert_null(sg_kernel_table_name(SIZE_MAX));
    assert_non_null(sg_status_text((sg_status)-1));
    assert_string_equal(sg_version(), SG_VERSION);
    assert_int_equal(sg_version_number(), SG_VERSION_NUMBER);
}

/* Options of programs that know more or less than the library. */
static void structs_know_their_size(void **state)
{
    (void)state;
    struct {
        sg_evaluate_options known;
        uint64_t later;
    } newer = {SG_EVALUATE_OPTIONS_INIT, 0};
    static sg_metrics metrics;
    sg_error error = SG_ERROR_INIT;
    sg_evaluate_options options = {0, 1, 0, NULL, NULL, NULL};
    assert_int_equal(sg_evaluate_with(net, data, &options, &metrics, NULL,
                                      &error),
                     SG_E_ARGUMENT);
    assert_non_null(strstr(error.text, "size"));
    options.size = offsetof(sg_evaluate_options, threads);
    options.threads = 4000; /* not read */
    assert_int_equal(sg_evaluate_with(net, data, &options, &metrics, NULL,
                                      NULL),
                     SG_OK);
    newer.known.size = sizeof newer;
    assert_int_equal(sg_evaluate_with(net, data, &newer.known, &metrics, NULL,
                                      NULL),
                     SG_OK);
    newer.later = 1;
    assert_int_equal(sg_evaluate_with(net, data, &newer.known, &metrics, NULL,
                                      &error),
                     SG_E_UNSUPPORTED);
    sg_verification found;
    sg_verify_options how = SG_VERIFY_OPTIONS_INIT;
    how.size = 0;
    assert_int_equal(sg_verify_with(net, data, &how, &found, &error),
                     SG_E_ARGUMENT);
    sg_callbacks callbacks = {0, NULL, NULL, NULL};
    assert_int_equal(sg_trainer_run(trainer, NULL, &callbacks, &error),
                     SG_E_ARGUMENT);
}

/* The whole of a file, to be freed. */
static char *slurp(const char *path)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *text = calloc(1, size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, size, file), size);
    fclose(file);
    return text;
}

static void of_programs(void **state)
{
    (void)state;
    const char *path;
    size_t size;
    const sg_program_options options = SG_PROGRAM_OPTIONS_INIT;
    sg_program_info info;
    MAKES_NOTHING(sg_program,
                  sg_program_create(NULL, data, &options, &out, e));
    TELLS(sg_program_create(net, data, &options, NULL, e));
    const sg_vectors_options vectors = SG_VECTORS_OPTIONS_INIT;
    MAKES_NOTHING(sg_program,
                  sg_vectors_create(NULL, data, &vectors, &out, e));
    MAKES_NOTHING(sg_program, sg_vectors_create(net, NULL, &vectors, &out, e));
    TELLS(sg_vectors_create(net, data, &vectors, NULL, e));
    sg_program_get_info(NULL, &info);
    sg_program_get_info(NULL, NULL);
    assert_int_equal(info.files, 0);
    assert_null(sg_program_file(NULL, 0, &path, &size));
    sg_program_destroy(NULL);
    MAKES_NOTHING(sg_network, sg_program_import(NULL, "x", 1, NULL, &out, e));
    MAKES_NOTHING(sg_network, sg_program_import(net, NULL, 1, NULL, &out, e));
    TELLS(sg_program_import(net, "x", 1, NULL, NULL, e));
}

static void of_ranks(void **state)
{
    (void)state;
    sg_exchange none = SG_EXCHANGE_INIT, alone = SG_EXCHANGE_INIT;
    sg_ranks_traffic traffic = {.size = sizeof traffic};
    sg_follow_options how = SG_FOLLOW_OPTIONS_INIT;
    alone.ranks = 1;
    MAKES_NOTHING(sg_ranks, sg_ranks_create(NULL, &out, e));
    MAKES_NOTHING(sg_ranks, sg_ranks_create(&none, &out, e));
    MAKES_NOTHING(sg_ranks, sg_ranks_create(&alone, &out, e));
    TELLS(sg_ranks_create(&none, NULL, e));
    TELLS(sg_ranks_share(NULL, "x", NULL, 0, e));
    TELLS(sg_ranks_follow(NULL, &how, e));
    TELLS(sg_ranks_follow(&none, NULL, e));
    void *result;
    size_t bytes;
    sg_span *spans;
    TELLS(sg_ranks_record(NULL, 1, e));
    TELLS(sg_ranks_get_spans(NULL, &spans, &bytes, e));
    TELLS(sg_ranks_begin(NULL, 1, NULL, "x", 1, e));
    TELLS(sg_ranks_end(NULL, 1, 1, NULL, &result, &bytes, e));
    assert_int_equal(sg_ranks_count(NULL), 1);
    assert_int_equal(sg_ranks_get_traffic(NULL, &traffic), SG_E_ARGUMENT);
    sg_ranks_destroy(NULL);
}

static void every_function_is_here(void **state)
{
    (void)state;
    char *here = slurp(SG_TESTS_DIR "/unit/test_null.c");
    char path[512], call[80];
    int missing = 0;
    DIR *headers = opendir(SG_TESTS_DIR "/../include/spikegrad");
    assert_non_null(headers);
    for (struct dirent *entry; (entry = readdir(headers));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, SG_TESTS_DIR "/../include/spikegrad/%s",
                 entry->d_name);
        char *text = slurp(path), *at = text;
        while ((at = strstr(at, "\nSG_API "))) {
            size_t length = strcspn(at += 8, "(");
            size_t name = length;
            while (name > 0 && !strchr(" *", at[name - 1]))
                name--;
            snprintf(call, sizeof call, "%.*s(", (int)(length - name),
                     at + name);
            if (strstr(here, call))
                continue;
            printf("%s is not called with NULL\n", call);
            missing++;
        }
        free(text);
    }
    closedir(headers);
    free(here);
    assert_int_equal(missing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_recipes),
        cmocka_unit_test(of_programs),
        cmocka_unit_test(of_ranks),
        cmocka_unit_test(of_data),
        cmocka_unit_test(of_networks),
        cmocka_unit_test(of_arrays),
        cmocka_unit_test(of_classifiers),
        cmocka_unit_test(of_trainers),
        cmocka_unit_test(of_evaluation),
        cmocka_unit_test(of_passes),
        cmocka_unit_test(of_simulations),
        cmocka_unit_test(of_the_rest),
        cmocka_unit_test(structs_know_their_size),
        cmocka_unit_test(every_function_is_here),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
