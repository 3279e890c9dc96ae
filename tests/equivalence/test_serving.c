/* Classifiers and sg_predict against the simulation of every spike, and against
 * each other: one image at a time, many, in several threads that share weights;
 * on random networks. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "network/network.h"
#include "network/recipe.h"
#include "random_network.h"

/* Two whole chunks of images and a part of one. */
enum {
    NETWORKS = DRAWN(40),
    IMAGES = 37,
    SIMULATED = 3,
    CLASSES = 5,
    THREADS = 3
};

typedef struct answers {
    int32_t logits[IMAGES][CLASSES];
    uint32_t labels[IMAGES];
} answers;

static void one_by_one(const sg_network *net, const uint8_t *pixels,
                       size_t size, answers *out)
{
    sg_classifier *c;
    uint32_t label;
    assert_int_equal(sg_classifier_create(net, &c, NULL), SG_OK);
    for (uint32_t i = 0; i < IMAGES; i++)
        assert_int_equal(sg_classifier_run(c, pixels + i * size,
                                           out->logits[i], &out->labels[i]),
                         SG_OK);
    assert_int_equal(sg_network_classify(net, pixels, NULL, &label), SG_OK);
    assert_int_equal(label, out->labels[0]);
    sg_classifier_destroy(c);
}

static void as_simulated(const sg_network *net, const uint8_t *pixels,
                         size_t size, const answers *found)
{
    sg_simulation *sim;
    assert_int_equal(sg_simulation_create(net, SG_ORDER_TURNS, 1, &sim, NULL),
                     SG_OK);
    for (uint32_t i = 0; i < SIMULATED; i++) {
        assert_int_equal(sg_simulation_present(sim, pixels + i * size), SG_OK);
        assert_memory_equal(found->logits[i],
                            sg_simulation_potentials(sim, net->layer_count),
                            sizeof found->logits[i]);
    }
    sg_simulation_destroy(sim);
}

/* A thread with a classifier that shares weights. */
typedef struct sharer {
    pthread_t thread;
    sg_classifier *classifier;
    const uint8_t *pixels;
    answers found;
} sharer;

static void *share(void *argument)
{
    sharer *s = argument;
    (void)sg_classifier_run_many(s->classifier, s->pixels, IMAGES,
                                 s->found.logits[0], s->found.labels);
    return NULL;
}

static void in_threads(const sg_network *net, const uint8_t *pixels,
                       const answers *expected)
{
    static sharer s[THREADS];
    for (int t = 0; t < THREADS; t++) {
        s[t].pixels = pixels;
        memset(&s[t].found, 255, sizeof s[t].found);
        assert_int_equal(t == 0 ? sg_classifier_create(net, &s[0].classifier,
                                                       NULL)
                                : sg_classifier_share(s[t - 1].classifier,
                                                      &s[t].classifier, NULL),
                         SG_OK);
    }
    for (int t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&s[t].thread, NULL, share, &s[t]), 0);
    for (int t = 0; t < THREADS; t++)
        assert_int_equal(pthread_join(s[t].thread, NULL), 0);
    for (int t = THREADS; t-- > 0;) {
        assert_memory_equal(&s[t].found, expected, sizeof *expected);
        sg_classifier_destroy(s[t].classifier);
    }
}

static void in_bulk(const sg_network *net, const uint8_t *pixels,
                    const answers *expected)
{
    answers found;
    for (unsigned threads = 1; threads <= THREADS; threads++) {
        memset(&found, 255, sizeof found);
        assert_int_equal(sg_predict(net, pixels, IMAGES, threads,
                                    found.logits[0], found.labels, NULL),
                         SG_OK);
        assert_memory_equal(&found, expected, sizeof found);
    }
    memset(&found, 255, sizeof found);
    assert_int_equal(sg_predict(net, pixels, 17, 2, NULL, found.labels, NULL),
                     SG_OK);
    assert_memory_equal(found.labels, expected->labels,
                        17 * sizeof *found.labels);
    assert_int_equal(found.labels[17], UINT32_MAX);
    assert_int_equal(sg_predict(net, NULL, 0, 2, NULL, NULL, NULL), SG_OK);
}

static void check_network(uint64_t seed, unsigned *built)
{
    answers expected;
    sg_recipe recipe;
    sg_data *data;
    sg_trainer *trainer;
    random_recipe(seed, &recipe);
    assert_int_equal(random_data(seed, IMAGES, &data), SG_OK);
    if (sg_trainer_create(&recipe, data, 1, &trainer, NULL) == SG_OK) {
        (void)sg_trainer_step(trainer);
        const sg_network *net = sg_trainer_network(trainer);
        const sg_data_info *info = sg_data_get_info(data);
        const size_t size =
            (size_t)info->height * info->width * info->channels;
        uint8_t *pixels = malloc(IMAGES * size);
        assert_non_null(pixels);
        for (uint32_t i = 0; i < IMAGES; i++)
            memcpy(pixels + i * size, sg_data_pixels(data, i), size);
        *built += 1;
        one_by_one(net, pixels, size, &expected);
        as_simulated(net, pixels, size, &expected);
        in_threads(net, pixels, &expected);
        in_bulk(net, pixels, &expected);
        free(pixels);
        sg_trainer_destroy(trainer);
    }
    sg_data_destroy(data);
}

static void all_ways_give_the_same(void **state)
{
    (void)state;
    unsigned built = 0;
    for (uint64_t seed = 1; seed <= NETWORKS; seed++)
        check_network(seed, &built);
    assert_true(built > NETWORKS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_ways_give_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
