/* How long one image takes, from its pixels to a class, in us: a classifier in
 * one thread, images one after the other, each measured by itself.
 *
 *     bench_latency [ROUNDS]
 *
 * The network is that of the recipe mnist, trained for an epoch; data are MNIST
 * if SPIKEGRAD_DATA has it, else generated digits. Medians of the rounds. */
#include <stdio.h>
#include <stdlib.h>

#include "measure.h"
#include "network/recipe.h"
#include "spikegrad/spikegrad.h"

enum { ROUNDS_MAX = 101, IMAGES = 2000 };

static void check(sg_status status, const sg_error *error)
{
    if (status == SG_OK)
        return;
    fprintf(stderr, "bench_latency: %s: %s\n", sg_status_text(status),
            error->text);
    exit(1);
}

static sg_data *open_data(void)
{
    char source[512];
    sg_data *data;
    sg_error error = SG_ERROR_INIT;
    const char *folder = getenv("SPIKEGRAD_DATA");
    if (folder) {
        snprintf(source, sizeof source, "mnist:%s/mnist", folder);
        if (sg_data_open(source, SG_SPLIT_TRAIN, &data, NULL) == SG_OK)
            return data;
    }
    check(sg_data_open("glyphs:train=20000", SG_SPLIT_TRAIN, &data, &error),
          &error);
    return data;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* One round: the median image, and the one that 99 % are faster than. */
static void measure(sg_classifier *classifier, const sg_data *data,
                    double *median, double *late)
{
    static double each[IMAGES];
    uint32_t label;
    for (uint32_t i = 0; i < IMAGES; i++) {
        double start = bench_now();
        sg_classifier_run(classifier, sg_data_pixels(data, i), NULL, &label);
        each[i] = (bench_now() - start) * 1e6;
    }
    qsort(each, IMAGES, sizeof *each, ascending);
    *median = each[IMAGES / 2];
    *late = each[IMAGES / 100 * 99];
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 7;
    double median[ROUNDS_MAX], late[ROUNDS_MAX];
    sg_recipe recipe;
    sg_trainer *trainer;
    sg_classifier *classifier;
    sg_error error = SG_ERROR_INIT;
    sg_data *data = open_data();

    rounds = rounds < 1 || rounds > ROUNDS_MAX ? 7 : rounds;
    sg__recipe_init(&recipe);
    recipe.epochs = 1;
    check(sg_trainer_create(&recipe, data, 0, &trainer, &error), &error);
    check(sg_trainer_run(trainer, NULL, NULL, &error), &error);
    check(sg_classifier_create(sg_trainer_network(trainer), &classifier,
                               &error),
          &error);
    for (int i = 0; i < rounds; i++)
        measure(classifier, data, &median[i], &late[i]);
    printf("%s, %s, kernels %s, 1 thread: one image %.1f us, of 100 the "
           "slowest %.1f us; medians of %d rounds\n",
           recipe.net, sg_data_get_info(data)->name, sg_kernel_table(),
           bench_median(median, rounds), bench_median(late, rounds), rounds);
    sg_classifier_destroy(classifier);
    sg_trainer_destroy(trainer);
    sg_data_destroy(data);
    return 0;
}
