/* Evaluation with mirror images, against classifying each image and its
 * mirror image by hand; and the same for any number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "network/recipe.h"
#include "spikegrad/spikegrad.h"

enum { SAMPLES = 70, CLASSES = 4 };

typedef struct fixture {
    sg_data *data, *mirrored;
    sg_network *net;
} fixture;

static sg_data *make_data(const sg_data_info *info, const uint8_t *pixels,
                          const uint8_t *labels)
{
    sg_data *data;
    assert_int_equal(sg_data_from_arrays(info, pixels, labels, &data, NULL),
                     SG_OK);
    return data;
}

/* Random images, the same ones mirrored, and a network that has learned nothing. */
static fixture make(const char *net, uint32_t width, uint32_t channels,
                    const char *input)
{
    fixture f;
    sg_recipe recipe;
    const sg_data_info info = {.name = "random",
                               .height = 7,
                               .width = width,
                               .channels = channels,
                               .classes = CLASSES,
                               .size = SAMPLES};
    size_t image = (size_t)7 * width * channels;
    uint8_t *pixels = malloc(SAMPLES * image), labels[SAMPLES];
    uint8_t *mirror = malloc(SAMPLES * image);
    assert_true(pixels && mirror);
    for (uint32_t i = 0; i < SAMPLES * image; i++)
        pixels[i] = (uint8_t)sg__random(3, SG__STREAM_INIT, i, 0, 0, 0).v[0];
    for (uint32_t s = 0; s < SAMPLES; s++) {
        labels[s] = (uint8_t)(s % CLASSES);
        for (size_t y = 0; y < 7; y++)
            for (size_t x = 0; x < width; x++)
                memcpy(mirror + s * image + (y * width + x) * channels,
                       pixels + s * image +
                           (y * width + width - 1 - x) * channels,
                       channels);
    }
    f.data = make_data(&info, pixels, labels);
    f.mirrored = make_data(&info, mirror, labels);
    free(pixels);
    free(mirror);
    sg__recipe_init(&recipe);
    strcpy(recipe.net, net);
    strcpy(recipe.augment, "none");
    assert_int_equal(sg_recipe_set(&recipe, "input", input, NULL), SG_OK);
    assert_int_equal(sg_network_create(&recipe, f.data, &f.net, NULL), SG_OK);
    return f;
}

static void destroy(fixture *f)
{
    sg_network_destroy(f->net);
    sg_data_destroy(f->data);
    sg_data_destroy(f->mirrored);
}

static uint32_t by_hand(const fixture *f, uint32_t s)
{
    int32_t plain[CLASSES], mirrored[CLASSES];
    uint32_t label, best = 0;
    assert_int_equal(sg_network_classify(f->net, sg_data_pixels(f->data, s),
                                         plain, &label),
                     SG_OK);
    assert_int_equal(sg_network_classify(f->net,
                                         sg_data_pixels(f->mirrored, s),
                                         mirrored, &label),
                     SG_OK);
    for (uint32_t k = 1; k < CLASSES; k++)
        if ((int64_t)plain[k] + mirrored[k] >
            (int64_t)plain[best] + mirrored[best])
            best = k;
    return best;
}

static void check(const char *net, uint32_t width, uint32_t channels,
                  const char *input)
{
    fixture f = make(net, width, channels, input);
    uint32_t expected[CLASSES * CLASSES] = {0}, confusion[CLASSES * CLASSES];
    sg_metrics flip, a, b, more;
    uint64_t correct = 0;
    for (uint32_t s = 0; s < SAMPLES; s++) {
        uint32_t label = sg_data_label(f.data, s), got = by_hand(&f, s);
        expected[label * CLASSES + got]++;
        correct += got == label;
    }
    sg_evaluate_options options = {.size = sizeof options,
                                   .threads = 1,
                                   .flip = 1};
    assert_int_equal(sg_evaluate_with(f.net, f.data, &options, &flip,
                                      confusion, NULL),
                     SG_OK);
    assert_memory_equal(confusion, expected, sizeof expected);
    assert_int_equal(flip.samples, SAMPLES);
    assert_int_equal(flip.correct, correct);

    /* activity is that of both views */
    assert_int_equal(sg_evaluate(f.net, f.data, 1, &a, NULL, NULL), SG_OK);
    assert_int_equal(sg_evaluate(f.net, f.mirrored, 1, &b, NULL, NULL), SG_OK);
    for (size_t l = 0; l < flip.layers; l++) {
        assert_int_equal(flip.layer[l].spikes,
                         a.layer[l].spikes + b.layer[l].spikes);
        assert_int_equal(flip.layer[l].forward_ops,
                         a.layer[l].forward_ops + b.layer[l].forward_ops);
    }

    /* whichever view comes first, and however many threads there are */
    for (unsigned threads = 1; threads <= 3; threads++) {
        unsigned started = 0;
        options.threads = threads;
        options.started = &started;
        assert_int_equal(sg_evaluate_with(f.net,
                                          threads & 1 ? f.data : f.mirrored,
                                          &options, &more, confusion, NULL),
                         SG_OK);
        assert_memory_equal(&more, &flip, sizeof flip);
        assert_memory_equal(confusion, expected, sizeof expected);
        assert_int_equal(started, threads);
    }
    options.started = NULL;
    options.flip = 0;
    assert_int_equal(sg_evaluate_with(f.net, f.data, &options, &more, NULL,
                                      NULL),
                     SG_OK);
    assert_memory_equal(&more, &a, sizeof a);
    destroy(&f);
}

static void views_are_added(void **state)
{
    (void)state;
    check("5C3-P2-4", 9, 1, "plain");
    check("5C3p1-P2max-12-4", 8, 3, "plain");
    check("20-4", 7, 3, "plain");
    check("5C3p1-P2max-12-4", 8, 3, "onoff");
    check("20-4", 9, 1, "onoff");
    check("4", 8, 2, "plain");
}

static void other_data_are_refused(void **state)
{
    (void)state;
    fixture f = make("4", 8, 1, "plain"), other = make("4", 9, 1, "plain");
    sg_metrics metrics;
    sg_evaluate_options options = {.size = sizeof options,
                                   .threads = 1,
                                   .flip = 1};
    assert_int_equal(sg_evaluate_with(f.net, other.data, &options, &metrics,
                                      NULL, NULL),
                     SG_E_ARGUMENT);
    options.threads = 257;
    assert_int_equal(sg_evaluate_with(f.net, f.data, &options, &metrics, NULL,
                                      NULL),
                     SG_E_RANGE);
    destroy(&f);
    destroy(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_are_added),
        cmocka_unit_test(other_data_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
