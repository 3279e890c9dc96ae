/* The worked examples of docs/semantics.md, tests/document/vectors.json,
 * against the functions of the library that the sections are about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef SPIKEGRAD_FILES

#include <jansson.h>
#include <xxhash.h>

#include "augment/augment.h"
#include "base/random.h"
#include "core/dither.h"
#include "core/dropout.h"
#include "core/quantise.h"
#include "core/residual.h"
#include "core/rounding.h"
#include "core/rules.h"
#include "core/softmax.h"
#include "core/spike_cost.h"
#include "network/loss.h"
#include "network/network.h"
#include "network/recipe.h"
#include "optimiser/optimiser.h"

enum { MOST = 2048 };

static json_t *vectors;

static int64_t number(const json_t *from, const char *key)
{
    const json_t *value = json_object_get(from, key);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static const char *text(const json_t *from, const char *key)
{
    const char *value = json_string_value(json_object_get(from, key));
    assert_non_null(value);
    return value;
}

/* The integers of a list; returns how many. */
static size_t list(const json_t *from, const char *key, int64_t *out)
{
    const json_t *values = json_object_get(from, key);
    assert_true(json_is_array(values));
    size_t n = json_array_size(values);
    assert_true(n <= MOST);
    for (size_t i = 0; i < n; i++)
        out[i] = json_integer_value(json_array_get(values, i));
    return n;
}

static size_t list32(const json_t *from, const char *key, int32_t *out)
{
    int64_t wide[MOST];
    size_t n = list(from, key, wide);
    for (size_t i = 0; i < n; i++)
        out[i] = (int32_t)wide[i];
    return n;
}

static size_t bytes(const json_t *from, const char *key, uint8_t *out)
{
    int64_t wide[MOST];
    size_t n = list(from, key, wide);
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)wide[i];
    return n;
}

static void assert_list(const json_t *from, const char *key,
                        const int32_t *found, size_t n)
{
    int64_t wanted[MOST];
    assert_int_equal(list(from, key, wanted), n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(found[i], wanted[i]);
}

/* Calls check for each case of a section, which must have some. */
static void each(const char *section, void (*check)(const json_t *))
{
    const json_t *cases = json_object_get(vectors, section);
    assert_true(json_array_size(cases) > 0);
    for (size_t i = 0; i < json_array_size(cases); i++)
        check(json_array_get(cases, i));
}

static sg_recipe recipe_of(const json_t *options)
{
    sg_recipe recipe;
    sg__recipe_init(&recipe);
    const char *name;
    const json_t *value;
    /* the iterator wants a table that could be written to */
    json_object_foreach((json_t *)(uintptr_t)options, name, value)
    {
        char digits[24];
        const char *word = json_string_value(value);
        if (!word) {
            snprintf(digits, sizeof digits, "%lld",
                     (long long)json_integer_value(value));
            word = digits;
        }
        assert_int_equal(sg_recipe_set(&recipe, name, word, NULL), SG_OK);
    }
    return recipe;
}

static void check_draw(const json_t *c)
{
    int64_t counter[4], words[4];
    list(c, "counter", counter);
    list(c, "words", words);
    sg__draw d = sg__random((uint64_t)number(c, "seed"),
                            (enum sg__stream)number(c, "purpose"),
                            (uint32_t)counter[0], (uint32_t)counter[1],
                            (uint32_t)counter[2], (uint32_t)counter[3]);
    for (int i = 0; i < 4; i++)
        assert_int_equal(d.v[i], words[i]);
}

static void check_input(const json_t *c)
{
    const int32_t levels = (int32_t)number(c, "levels");
    const uint8_t pixel = (uint8_t)number(c, "pixel");
    uint8_t counts[2], counted;
    sg__on_off(1, &pixel, levels, counts);
    sg__counted(1, &pixel, levels, &counted);
    assert_int_equal(sg__quantised(pixel, levels), number(c, "plain"));
    assert_int_equal(counted, number(c, "counts"));
    assert_list(c, "onoff", (int32_t[]){counts[0], counts[1]}, 2);
}

static void check_augmentation(const json_t *c)
{
    uint8_t pixels[MOST], split[MOST], out[MOST], wanted[MOST];
    int64_t shape[3];
    sg__augment augment;
    list(c, "shape", shape);
    size_t n = bytes(c, "pixels", pixels);
    sg_shape as = {(uint32_t)shape[0], (uint32_t)shape[1], (uint32_t)shape[2]};
    int32_t levels = (int32_t)number(c, "levels");
    const uint8_t *in = pixels;
    if (strcmp(text(c, "input"), "onoff") == 0) {
        sg__on_off(n, pixels, levels, split);
        in = split;
        as.channels *= 2;
        levels = 255;
    } else if (strcmp(text(c, "input"), "counts") == 0) {
        sg__counted(n, pixels, levels, split);
        in = split;
        levels = 255;
    }
    assert_int_equal(sg__augment_parse(text(c, "augment"), &augment, NULL),
                     SG_OK);
    sg__augment_counts(&augment, sg__kernels_select(), as,
                       (uint64_t)number(c, "seed"),
                       (uint32_t)number(c, "epoch"),
                       (uint32_t)number(c, "sample"), levels, in, out);
    n = bytes(c, "counts", wanted);
    assert_memory_equal(out, wanted, n);
}

static void check_response(const json_t *c)
{
    const int32_t charge = (int32_t)number(c, "charge");
    assert_int_equal(sg__response(charge, (int)number(c, "theta_bits"),
                                  (int32_t)number(c, "level"),
                                  (int32_t)number(c, "cap")),
                     number(c, "count"));
    assert_int_equal(sg__derivative(charge), number(c, "derivative"));
}

static void check_dropout(const json_t *c)
{
    int64_t parts[MOST];
    const size_t n = list(c, "takes_part", parts);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(sg__takes_part((uint64_t)number(c, "seed"),
                                        (uint64_t)number(c, "step"),
                                        (uint32_t)number(c, "sample"),
                                        (uint32_t)number(c, "layer"), i,
                                        number(c, "k") == 2 ? 1 : 2),
                         parts[i]);
}

static void check_error(const json_t *c)
{
    assert_int_equal(sg__error_response((int32_t)number(c, "charge"),
                                        (int)number(c, "phi_bits")),
                     number(c, "count"));
}

static void check_cost(const json_t *c)
{
    int32_t count[MOST], charge[MOST];
    const int32_t from = (int32_t)number(c, "from");
    sg_recipe recipe;
    sg__recipe_init(&recipe);
    assert_int_equal(sg_recipe_set(&recipe, "spike-cost",
                                   text(c, "spike-cost"), NULL),
                     SG_OK);
    const int phi_bits = (int)number(c, "phi_bits");
    const int32_t each = sg__spike_cost_each(recipe.spike_cost_ppm, phi_bits,
                                             (int32_t)number(c, "cap"), from);
    const size_t n = list32(c, "counts", count);
    assert_int_equal(each, number(c, "each"));
    for (size_t i = 0; i < n; i++)
        charge[i] = sg__spike_cost(count[i], from, each,
                                   sg__spike_cost_bits(phi_bits));
    assert_list(c, "charge", charge, n);
}

static void check_dither(const json_t *c)
{
    int64_t start[MOST];
    const size_t n = list(c, "start", start);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(sg__dither((uint64_t)number(c, "seed"),
                                    (uint64_t)number(c, "step"),
                                    (uint32_t)number(c, "sample"),
                                    (uint32_t)number(c, "layer"), i,
                                    (int)number(c, "phi_bits")),
                         start[i]);
}

/* Error charge and loss of a network that has the output layer alone. */
static void check_loss(const json_t *c, const char *loss)
{
    char value[16];
    int32_t logits[MOST], error[MOST];
    const int bits = (int)number(c, "theta_bits");
    const size_t n = list32(c, "logits", logits);
    uint64_t found;
    sg_network *net;
    sg_recipe recipe;
    sg__recipe_init(&recipe);
    snprintf(value, sizeof value, "%zu", n);
    assert_int_equal(sg_recipe_set(&recipe, "net", value, NULL), SG_OK);
    assert_int_equal(sg_recipe_set(&recipe, "loss", loss, NULL), SG_OK);
    recipe.alpha = (int32_t)number(c, "alpha");
    if (strcmp(loss, "squared") == 0)
        recipe.target = (int32_t)number(c, "target");
    else
        recipe.smoothing_ppm = (int32_t)number(c, "smoothing_ppm");
    assert_int_equal(sg__network_plan(&recipe, (sg_shape){1, 1, 1},
                                      (uint32_t)n, &net, NULL),
                     SG_OK);
    assert_int_equal(sg__network_set_thresholds(net, &bits, NULL), SG_OK);
    sg__loss_error(net, logits, (uint32_t)number(c, "label"), false, error,
                   &found);
    assert_list(c, "error", error, n);
    assert_int_equal(found, number(c, "loss"));
    sg_network_destroy(net);
}

static void check_squared(const json_t *c)
{
    check_loss(c, "squared");
}

static void check_softmax(const json_t *c)
{
    int32_t logits[MOST], p[MOST];
    const size_t n = list32(c, "logits", logits);
    uint64_t loss = sg__softmax(n, logits, (int)number(c, "theta_bits"),
                                (size_t)number(c, "label"), p);
    assert_list(c, "p", p, n);
    assert_int_equal(loss, number(c, "loss"));
    check_loss(c, "softmax");
}

static void check_exponential(const json_t *c)
{
    assert_int_equal(sg__exp2_negative((uint64_t)number(c, "t")),
                     number(c, "e"));
}

static void check_schedule(const json_t *c)
{
    int64_t step[MOST], g[MOST];
    sg_recipe recipe;
    sg__recipe_init(&recipe);
    sg_recipe_set(&recipe, "schedule", text(c, "schedule"), NULL);
    sg_recipe_set(&recipe, "warmup", text(c, "warmup"), NULL);
    if (json_object_get(c, "rate-steps"))
        sg_recipe_set(&recipe, "rate-steps", text(c, "rate-steps"), NULL);
    const size_t n = list(c, "step", step);
    list(c, "g", g);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(sg__schedule(&recipe, (uint64_t)step[i],
                                      (uint64_t)number(c, "steps"),
                                      (uint64_t)number(c,
                                                       "steps_of_an_epoch")),
                         g[i]);
}

static void check_step(const json_t *c)
{
    int32_t velocity[MOST], master[MOST], gradient[MOST], copy[MOST];
    const size_t n = list32(c, "velocity", velocity);
    list32(c, "master", master);
    list32(c, "gradient", gradient);
    assert_string_equal(text(c, "array"), "biases");
    const sg__step_plan plan = {
        .friction = (int32_t)number(c, "friction"),
        .mult = (int32_t)number(c, "mult"),
        .shift = (int)number(c, "shift"),
        .limit = (int32_t)number(c, "limit"),
        .weight_bits = 32,
        .stochastic = strcmp(text(c, "rounding"), "stochastic") == 0,
        .seed = (uint64_t)number(c, "seed"),
        .step = (uint64_t)number(c, "step"),
        .key = sg__rounding_key((size_t)number(c, "layer")) + 1,
    };
    sg__kernels_select()->step(&plan, 0, n, gradient, velocity, master, copy);
    assert_list(c, "velocity_after", velocity, n);
    assert_list(c, "master_after", master, n);
}

static void check_row(const json_t *c)
{
    const sg__kernels *kernels = sg__kernels_select();
    int32_t master[MOST], gradient[MOST], weight[MOST], along;
    int16_t narrow[MOST];
    const size_t n = list32(c, "master", master);
    const int32_t gain = (int32_t)number(c, "gain");
    sg__row row;
    list32(c, "gradient", gradient);
    kernels->standardise(n, master, gain, (int32_t)number(c, "row_norm"),
                         (int32_t)number(c, "limit"), 16, &row, narrow);
    for (size_t i = 0; i < n; i++)
        weight[i] = narrow[i];
    assert_int_equal(row.size, number(c, "size"));
    assert_list(c, "weight", weight, n);
    kernels->tangent(n, master, &row,
                     sg__row_ratio(gain, sg__row_start(n), row.size), gradient,
                     &along);
    assert_list(c, "H", gradient, n);
    assert_int_equal(along, number(c, "P"));
    kernels->shorten(n, (uint64_t)number(c, "most"), gradient, &along);
    assert_list(c, "H_clipped", gradient, n);
    assert_int_equal(along, number(c, "P_clipped"));
}

static sg_shape shape_of(const json_t *c)
{
    int64_t image[3];
    list(c, "image", image);
    return (sg_shape){(uint32_t)image[0], (uint32_t)image[1],
                      (uint32_t)image[2]};
}

static void assert_rate(const json_t *from, const char *key, sg__rate found)
{
    assert_list(from, key, (int32_t[]){found.mult, found.shift}, 2);
}

static void check_layer(const json_t *c, const sg_network *net, int32_t g)
{
    const size_t l = (size_t)number(c, "layer");
    const sg__layer *layer = &net->layer[l];
    const sg__update update = sg__update_plan(net, l, g);
    assert_int_equal(layer->weight_limit, number(c, "limit"));
    assert_int_equal(layer->phi_bits, number(c, "phi_bits"));
    assert_int_equal(layer->gain_bits, number(c, "gain_bits"));
    assert_int_equal(layer->use_shift, number(c, "q_bits"));
    assert_int_equal(layer->error_shift, number(c, "shift"));
    assert_rate(c, "weight_rate", update.weight);
    assert_rate(c, "bias_rate", update.bias);
    assert_int_equal(update.friction, number(c, "friction"));
    assert_int_equal(update.decay, number(c, "decay"));
    if (!layer->standardised)
        return;
    assert_rate(c, "gain_rate", update.gain);
    assert_rate(c, "clip", update.clip);
}

static void check_network(const json_t *c)
{
    int32_t bits[MOST];
    const sg_recipe recipe = recipe_of(json_object_get(c, "recipe"));
    sg_network *net;
    list32(c, "theta_bits", bits);
    assert_int_equal(sg__network_plan(&recipe, shape_of(c),
                                      (uint32_t)number(c, "classes"), &net,
                                      NULL),
                     SG_OK);
    assert_int_equal(sg__network_set_thresholds(net, bits, NULL), SG_OK);
    for (size_t l = 0; l < net->layer_count; l++)
        net->layer[l].row_norm = (int32_t)number(c, "row_norm");
    const json_t *layers = json_object_get(c, "layers");
    for (size_t i = 0; i < json_array_size(layers); i++)
        check_layer(json_array_get(layers, i), net, (int32_t)number(c, "g"));
    sg_network_destroy(net);
}

/* A list of lists, of which the i-th is compared. */
static void assert_inner(const json_t *c, const char *key, size_t i,
                         const sg__layer *layer, bool masters)
{
    const json_t *values = json_array_get(json_object_get(c, key), i);
    assert_int_equal(json_array_size(values), layer->weights);
    for (size_t k = 0; k < layer->weights; k++)
        assert_int_equal(masters ? layer->master[k]
                                 : sg__layer_weight(layer, k),
                         json_integer_value(json_array_get(values, k)));
}

static void check_start(const json_t *c)
{
    uint8_t pixels[MOST], labels[MOST];
    int64_t bits[MOST], norm[MOST];
    const sg_recipe recipe = recipe_of(json_object_get(c, "recipe"));
    const sg_shape image = shape_of(c);
    sg_data *data;
    sg_network *net;
    bytes(c, "pixels", pixels);
    const sg_data_info info = {.name = "arrays",
                               .height = image.height,
                               .width = image.width,
                               .channels = image.channels,
                               .classes = (uint32_t)number(c, "classes"),
                               .size = (uint32_t)bytes(c, "labels", labels)};
    assert_int_equal(sg_data_from_arrays(&info, pixels, labels, &data, NULL),
                     SG_OK);
    assert_int_equal(sg_network_create(&recipe, data, &net, NULL), SG_OK);
    assert_int_equal(net->data_hash, strtoull(text(c, "data_hash"), NULL, 10));
    list(c, "theta_bits", bits);
    list(c, "row_norm", norm);
    for (size_t l = 0, i = 0; l < net->layer_count; l++) {
        const sg__layer *layer = &net->layer[l];
        if (!layer->synaptic)
            continue;
        assert_int_equal(layer->theta_bits, bits[i]);
        if (layer->standardised)
            assert_int_equal(layer->row_norm, norm[i]);
        assert_inner(c, "master", i, layer, true);
        assert_inner(c, "weight", i++, layer, false);
    }
    sg_network_destroy(net);
    sg_data_destroy(data);
}

static void check_checksum(const json_t *c)
{
    uint8_t data[MOST];
    const size_t n = bytes(c, "bytes", data);
    assert_int_equal(XXH64(data, n, 0), strtoull(text(c, "xxh64"), NULL, 16));
}

/* Samples of one pixel, which is their number, sorted by class. */
static void check_holdout(const json_t *c)
{
    static uint8_t pixels[MOST], labels[MOST];
    static int64_t left[MOST];
    const size_t n = bytes(c, "labels", labels), m = list(c, "left", left);
    sg_data_info info = {.height = 1,
                         .width = 1,
                         .channels = 1,
                         .classes = 4,
                         .size = (uint32_t)n};
    sg_data *data, *rest, *held;
    for (size_t i = 0; i < n; i++)
        pixels[i] = (uint8_t)i;
    assert_int_equal(sg_data_from_arrays(&info, pixels, labels, &data, NULL),
                     SG_OK);
    assert_int_equal(sg_data_hold_back(data, (uint32_t)number(c, "validation"),
                                       (uint64_t)number(c, "seed"), &rest,
                                       &held, NULL),
                     SG_OK);
    assert_int_equal(sg_data_get_info(rest)->size, m);
    for (uint32_t i = 0; i < m; i++)
        assert_int_equal(sg_data_pixels(rest, i)[0], left[i]);
    sg_data_destroy(rest);
    sg_data_destroy(held);
    sg_data_destroy(data);
}

/* A test for each section that a function of the library is about. */
static void check_margin(const json_t *c)
{
    int32_t u[MOST];
    bool off = false;
    sg_recipe recipe;
    sg__recipe_init(&recipe);
    assert_int_equal(sg_recipe_set(&recipe, "margin", text(c, "margin"), NULL),
                     SG_OK);
    const int32_t margin =
        sg__margin(recipe.margin_ppm, (int32_t)number(c, "alpha"));
    const size_t n = list32(c, "charge", u);
    for (size_t i = 0; i < n; i++)
        off |= sg__is_off(u[i], margin);
    for (size_t i = 0; i < n; i++)
        u[i] = off ? u[i] : 0;
    assert_list(c, "left", u, n);
}

static void check_balance(const json_t *c)
{
    int64_t charges[MOST], spikes[MOST];
    const size_t n = list(c, "charges", charges);
    const size_t label = (size_t)number(c, "label");
    int32_t left = (int32_t)number(c, "start");
    assert_int_equal(list(c, "spikes", spikes), n);
    charges[label] = 0;
    for (size_t k = 0; k < n; k++)
        charges[label] -= k == label ? 0 : charges[k];
    for (size_t i = 0; i < n; i++) {
        const size_t k = (label + i) % n;
        assert_int_equal(sg__passed_on(&left, (int32_t)charges[k]),
                         spikes[k] * 65536);
    }
    assert_int_equal(left, number(c, "start"));
}

#define SECTION(name, title, check)                                           \
    static void test_##name(void **state)                                     \
    {                                                                         \
        (void)state;                                                          \
        each(title, check);                                                   \
    }
SECTION(draws, "Random draws", check_draw)
SECTION(input, "Input", check_input)
SECTION(augmentation, "Augmentation", check_augmentation)
SECTION(response, "Forward compartment", check_response)
SECTION(dropout, "Dropout", check_dropout)
SECTION(errors, "Error compartment", check_error)
SECTION(cost, "Cost of spikes", check_cost)
SECTION(dither, "Dither", check_dither)
SECTION(margin, "Margin", check_margin)
SECTION(balance, "Balance", check_balance)
SECTION(softmax, "Integer softmax", check_softmax)
SECTION(squared, "Squared loss", check_squared)
SECTION(exponential, "2^-t", check_exponential)
SECTION(schedule, "Schedule", check_schedule)
SECTION(step, "Optimiser", check_step)
SECTION(rows, "Standardisation", check_row)
SECTION(networks, "Bounds and rates", check_network)
SECTION(start, "Initialisation", check_start)
SECTION(checksum, "Checksum", check_checksum)
SECTION(holdout, "Held-back samples", check_holdout)

static int load(void **state)
{
    (void)state;
    vectors = json_load_file(SG_TESTS_DIR "/document/vectors.json", 0, NULL);
    return vectors ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    json_decref(vectors);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_draws),        cmocka_unit_test(test_input),
        cmocka_unit_test(test_augmentation), cmocka_unit_test(test_response),
        cmocka_unit_test(test_dropout),      cmocka_unit_test(test_errors),
        cmocka_unit_test(test_dither),       cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_exponential),  cmocka_unit_test(test_schedule),
        cmocka_unit_test(test_step),         cmocka_unit_test(test_rows),
        cmocka_unit_test(test_networks),     cmocka_unit_test(test_start),
        cmocka_unit_test(test_checksum),     cmocka_unit_test(test_squared),
        cmocka_unit_test(test_holdout),      cmocka_unit_test(test_cost),
        cmocka_unit_test(test_balance),      cmocka_unit_test(test_margin),
    };
    return cmocka_run_group_tests(tests, load, unload);
}

#else

int main(void)
{
    return 77; /* skipped */
}

#endif
