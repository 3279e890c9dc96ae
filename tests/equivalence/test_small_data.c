/* A few hundred samples and nothing said of how to train: networks learn digits,
 * signals as images of one row or one column, and counts of events. Library
 * defaults made for tens of thousands of samples stayed near chance on these. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "network/network.h"
#include "network/recipe.h"

enum { TRAIN = 240, TEST = 300, MOST = 34 * 34 };

typedef struct source {
    const char *name;
    uint32_t height, width, classes;
    void (*draw)(uint32_t sample, uint32_t label, uint8_t *pixels);
    const char *nets[2];
} source;

/* A number in 0..1 that is the same whenever it is asked for. */
static double number(uint32_t sample, uint32_t what)
{
    return sg__random(77, SG__STREAM_GLYPHS, sample, what, 9, 9).v[0] /
           4294967296.0;
}

/* One period and a bit of a wave, in noise: sine, square, saw, triangle. */
static void draw_wave(uint32_t sample, uint32_t label, uint8_t *pixels)
{
    enum { LENGTH = 96 };
    const double start = number(sample, 0) / 4,
                 size = 60 + 50 * number(sample, 1);
    for (uint32_t t = 0; t < LENGTH; t++) {
        const double u = fmod(start + 1.5 * t / LENGTH, 1);
        const double wave = label == 0   ? sin(2 * acos(-1) * u)
                            : label == 1 ? (u < 0.5 ? 1 : -1)
                            : label == 2 ? 2 * u - 1
                                         : 4 * fabs(u - 0.5) - 1;
        pixels[t] = (uint8_t)(120 + size * wave +
                              20 * (number(sample, 100 + t) - 0.5));
    }
}

/* Events of an edge that stands in one of five directions, and of noise: 0 for
 * most pixels, and else a count, a few steps of 32. */
static void draw_events(uint32_t sample, uint32_t label, uint8_t *pixels)
{
    enum { SIDE = 34 };
    const double turn = acos(-1) * label / 5, off = 8 * number(sample, 0) - 4;
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        const double x = i % SIDE - SIDE / 2.0, y = i / SIDE - SIDE / 2.0;
        const double away = fabs(x * cos(turn) + y * sin(turn) - off);
        const double draw = number(sample, 100 + i);
        const double rate = away < 1.5 ? 0.6 : 0.02;
        pixels[i] = (uint8_t)(draw < rate ? 32 * (1 + (int)(draw * 5)) : 0);
    }
}

static const source sources[] = {
    {"row of a wave", 1, 96, 4, draw_wave, {"48-4", "32-32-32-32-4"}},
    {"column of a wave", 96, 1, 4, draw_wave, {"48-4", "8C5s2p2-32-4"}},
    {"events", 34, 34, 5, draw_events, {"48-5", "6C5s2-P2-5"}},
};

static sg_data *make(const source *from, uint32_t first, uint32_t size)
{
    static uint8_t pixels[TEST * MOST], labels[TEST];
    const sg_data_info info = {.name = from->name,
                               .height = from->height,
                               .width = from->width,
                               .channels = 1,
                               .classes = from->classes,
                               .size = size};
    sg_data *data;
    for (uint32_t i = 0; i < size; i++) {
        labels[i] = (uint8_t)(i % from->classes);
        from->draw(first + i, labels[i],
                   pixels + (size_t)i * from->height * from->width);
    }
    assert_int_equal(sg_data_from_arrays(&info, pixels, labels, &data, NULL),
                     SG_OK);
    return data;
}

/* Accuracy in per cent after a run that is told its network alone. */
static double learn(const sg_data *train, const sg_data *test, const char *net)
{
    sg_recipe recipe;
    sg_trainer *trainer;
    sg_error error = SG_ERROR_INIT;
    sg_metrics *metrics = malloc(sizeof *metrics);
    const char *const given[] = {"net"};
    assert_non_null(metrics);
    sg__recipe_init(&recipe);
    sg_recipe_set(&recipe, "net", net, NULL);
    assert_int_equal(sg_recipe_suggest(&recipe, sg_data_get_info(train), given,
                                       1, &error),
                     SG_OK);
    if (sg_trainer_create(&recipe, train, 1, &trainer, &error) != SG_OK)
        fail_msg("%s: %s", recipe.net, error.text);
    assert_int_equal(sg_trainer_run(trainer, NULL, NULL, NULL), SG_OK);
    assert_int_equal(sg_evaluate(sg_trainer_network(trainer), test, 1, metrics,
                                 NULL, NULL),
                     SG_OK);
    const double accuracy =
        100.0 * (double)metrics->correct / (double)metrics->samples;
    free(metrics);
    sg_trainer_destroy(trainer);
    return accuracy;
}

static void hold(const char *name, const sg_data *train, const sg_data *test,
                 const char *net, double least)
{
    const double accuracy = learn(train, test, net);
    print_message("%s, %s: %.1f %%\n", name, net, accuracy);
    if (accuracy < least)
        fail_msg("expected %.0f %%", least);
}

static void signals_and_events(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        sg_data *train = make(&sources[i], 0, TRAIN);
        sg_data *test = make(&sources[i], TRAIN, TEST);
        for (size_t n = 0; n < 2; n++)
            hold(sources[i].name, train, test, sources[i].nets[n], 80);
        sg_data_destroy(train);
        sg_data_destroy(test);
    }
}

static void digits(void **state)
{
    (void)state;
    static const char spec[] = "glyphs:train=200,test=300";
    static const char *const nets[] = {"48-10", "6C5s2-P2-10",
                                       "4C5s2-6C3s2p1-6C3p1-24-10"};
    sg_data *train, *test;
    assert_int_equal(sg_data_open(spec, SG_SPLIT_TRAIN, &train, NULL), SG_OK);
    assert_int_equal(sg_data_open(spec, SG_SPLIT_TEST, &test, NULL), SG_OK);
    for (size_t n = 0; n < sizeof nets / sizeof *nets; n++)
        hold("digits", train, test, nets[n], 60);
    sg_data_destroy(train);
    sg_data_destroy(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_and_events),
        cmocka_unit_test(digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
