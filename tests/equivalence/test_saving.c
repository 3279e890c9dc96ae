/* Every option, on networks without a hidden layer, with one and with several:
 * what a run saves can be read, says the same, and goes on to the same end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/checkpoint.h"
#include "network/network.h"
#include "network/recipe.h"
#include "spikegrad/spikegrad.h"

#ifdef SPIKEGRAD_FILES

static const char *const nets[] = {
    "5",
    "9-5",
    "P2max-5",
    "4C3p1-4C3p1-P2max-4C3p1s2-R1C1s2-Pavg-9-5",
};

/* Values of options that differ from their defaults. */
static const struct {
    const char *name, *value;
} options[] = {
    {"weight-bits", "8"},
    {"master-bits", "16"},
    {"rate", "shift"},
    {"freeze", "hidden"},
    {"count-cap", "3"},
    {"input-levels", "7"},
    {"input", "onoff"},
    {"fire", "floor"},
    {"spread", "2"},
    {"standardise", "on"},
    {"gain-limit", "2"},
    {"spike-limit", "0.5"},
    {"holdout", "stratified"},
    {"loss", "squared"},
    {"smoothing", "0.1"},
    {"class-weights", "auto"},
    {"class-weights", "3,1/2,9/8,32767,1"},
    {"target", "4"},
    {"alpha", "64"},
    {"phi", "0.25"},
    {"phi", "auto:2"},
    {"dither", "on"},
    {"spike-cost", "0.1"},
    {"spike-cost-from", "1"},
    {"margin", "0.2"},
    {"balance", "on"},
    {"balance", "drawn"},
    {"batch", "7"},
    {"lr", "0.05"},
    {"momentum", "0"},
    {"readout-rate", "0.5"},
    {"bias-rate", "0.25"},
    {"clip", "0.1"},
    {"weight-decay", "0.01"},
    {"schedule", "cosine"},
    {"rate-steps", "0.4:0.3,1.2:0.05"},
    {"schedule", "constant"},
    {"warmup", "0"},
    {"rounding", "stochastic"},
    {"validation", "3"},
    {"seed", "12345678901"},
    {"augment", "none"},
    {"augment", "crop:2+flip+cutout:3"},
    {"augment", "thin:30"},
};

typedef struct image {
    uint8_t *bytes;
    size_t size;
} image;

static image image_of(const sg_trainer *trainer)
{
    image out;
    assert_int_equal(sg__checkpoint_serialise(sg_trainer_network(trainer), "F",
                                              &out.bytes, &out.size, NULL),
                     SG_OK);
    return out;
}

static sg_data *data_of(uint64_t seed)
{
    enum { SIZE = 20, H = 8, W = 7 };
    static uint8_t pixels[SIZE * H * W], labels[SIZE];
    sg_data *data;
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)((i * 2654435761u + seed * 97) >> 7);
    for (size_t i = 0; i < SIZE; i++)
        labels[i] = (uint8_t)(i % 5);
    const sg_data_info info = {.name = "noise",
                               .height = H,
                               .width = W,
                               .channels = 1,
                               .classes = 5,
                               .size = SIZE};
    assert_int_equal(sg_data_from_arrays(&info, pixels, labels, &data, NULL),
                     SG_OK);
    return data;
}

static void check(const sg_recipe *recipe, const sg_data *data,
                  const char *path, const char *what)
{
    sg_trainer *whole, *part, *again;
    sg_error error = {""};
    sg_metrics *metrics = malloc(sizeof *metrics);
    assert_non_null(metrics);
    if (sg_trainer_create(recipe, data, 1, &whole, &error) != SG_OK)
        fail_msg("%s: %s", what, error.text);
    assert_int_equal(sg_trainer_create(recipe, data, 1, &part, NULL), SG_OK);
    for (int step = 0; step < 2; step++)
        assert_int_equal(sg_trainer_step(part), SG_OK);
    assert_int_equal(sg_trainer_save(part, path, NULL), SG_OK);
    if (sg_trainer_resume(path, data, 1, &again, &error) != SG_OK)
        fail_msg("%s: resume: %s", what, error.text);
    assert_int_equal(sg_trainer_run(whole, NULL, NULL, NULL), SG_OK);
    assert_int_equal(sg_trainer_run(again, NULL, NULL, NULL), SG_OK);
    image a = image_of(whole), b = image_of(again);
    assert_int_equal(a.size, b.size);
    if (memcmp(a.bytes, b.bytes, a.size) != 0)
        fail_msg("%s: a resumed run ends otherwise", what);
    assert_int_equal(sg_evaluate(sg_trainer_network(again), data, 1, metrics,
                                 NULL, NULL),
                     SG_OK);
    assert_int_equal(metrics->samples, 20);
    free(metrics);
    free(a.bytes);
    free(b.bytes);
    sg_trainer_destroy(whole);
    sg_trainer_destroy(part);
    sg_trainer_destroy(again);
}

static void every_option_on_every_depth(void **state)
{
    (void)state;
    char path[] = "/tmp/spikegrad-saving-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    sg_data *data = data_of(3);
    for (size_t n = 0; n < sizeof nets / sizeof nets[0]; n++)
        for (size_t o = 0; o < sizeof options / sizeof options[0]; o++) {
            sg_recipe recipe;
            char what[128];
            sg__recipe_init(&recipe);
            recipe.epochs = 2;
            recipe.batch = 8;
            recipe.count_cap = 15;
            sg_recipe_set(&recipe, "net", nets[n], NULL);
            assert_int_equal(sg_recipe_set(&recipe, options[o].name,
                                           options[o].value, NULL),
                             SG_OK);
            if (strcmp(options[o].name, "rate-steps") == 0)
                sg_recipe_set(&recipe, "schedule", "list", NULL);
            snprintf(what, sizeof what, "%s with %s %s", nets[n],
                     options[o].name, options[o].value);
            check(&recipe, data, path, what);
        }
    sg_data_destroy(data);
    remove(path);
}

/* A list of options above that lacks one is a test that lacks one. */
static void no_option_is_forgotten(void **state)
{
    (void)state;
    size_t count;
    const sg_recipe_option *all = sg_recipe_options(&count);
    for (size_t i = 0; i < count; i++) {
        bool found = strcmp(all[i].name, "net") == 0 ||
                     strcmp(all[i].name, "epochs") == 0;
        for (size_t o = 0; o < sizeof options / sizeof options[0]; o++)
            found |= strcmp(options[o].name, all[i].name) == 0;
        if (!found)
            fail_msg("option %s is not tried", all[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_on_every_depth),
        cmocka_unit_test(no_option_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 77; /* skipped */
}

#endif
