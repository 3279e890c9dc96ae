/* What it takes to classify, in us an image and in one thread: one image after
 * the other, each measured by itself, many at once, and with all that
 * sg_network_classify sets up anew; for both widths of weights and each kernel
 * table, alternating.
 *
 *     bench_latency [ROUNDS]
 *
 * The network is that of the recipe mnist, trained for an epoch; data are MNIST
 * if SPIKEGRAD_DATA has it, else generated digits. Medians of the rounds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "network/recipe.h"
#include "spikegrad/spikegrad.h"

enum {
    ROUNDS_MAX = 101,
    IMAGES = 2000,
    MANY = 16, /* that go up together */
    AFRESH = 200,
    SUBJECTS = 16
};

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

/* A network with the kernels of a table; what each round took, in us. */
typedef struct subject {
    const char *table;
    const sg_network *net;
    sg_classifier *classifier;
    double one[ROUNDS_MAX], late[ROUNDS_MAX], many[ROUNDS_MAX],
        afresh[ROUNDS_MAX];
} subject;

/* The upper median of n times, and the one that 99 % are below. */
static double middle(double *times, uint32_t n, double *late)
{
    qsort(times, n, sizeof *times, ascending);
    if (late)
        *late = times[n / 100 * 99];
    return times[n / 2];
}

static void measure(subject *s, const uint8_t *pixels, size_t size, int round)
{
    static double times[IMAGES];
    static uint32_t labels[IMAGES];
    for (uint32_t i = 0; i < IMAGES; i++) {
        double start = bench_now();
        sg_classifier_run(s->classifier, pixels + i * size, NULL, labels);
        times[i] = (bench_now() - start) * 1e6;
    }
    s->one[round] = middle(times, IMAGES, &s->late[round]);
    for (uint32_t i = 0; i < IMAGES / MANY; i++) {
        double start = bench_now();
        sg_classifier_run_many(s->classifier, pixels + i * MANY * size, MANY,
                               NULL, labels);
        times[i] = (bench_now() - start) * 1e6 / MANY;
    }
    s->many[round] = middle(times, IMAGES / MANY, NULL);
    setenv("SPIKEGRAD_ISA", s->table, 1);
    for (uint32_t i = 0; i < AFRESH; i++) {
        double start = bench_now();
        sg_network_classify(s->net, pixels + i * size, NULL, labels);
        times[i] = (bench_now() - start) * 1e6;
    }
    s->afresh[round] = middle(times, AFRESH, NULL);
}

static sg_trainer *train(const sg_data *data, int weight_bits)
{
    sg_recipe recipe;
    sg_trainer *trainer;
    sg_error error = SG_ERROR_INIT;
    sg__recipe_init(&recipe);
    recipe.epochs = 1;
    recipe.weight_bits = weight_bits;
    check(sg_trainer_create(&recipe, data, 0, &trainer, &error), &error);
    check(sg_trainer_run(trainer, NULL, NULL, &error), &error);
    return trainer;
}

/* One for each table but the first, which defines and is not fast. */
static int add_subjects(const sg_network *net, subject *subjects)
{
    int count = 0;
    sg_error error = SG_ERROR_INIT;
    for (size_t t = 1; sg_kernel_table_name(t) && count < SUBJECTS / 2; t++) {
        subject *s = &subjects[count++];
        s->net = net;
        s->table = sg_kernel_table_name(t);
        setenv("SPIKEGRAD_ISA", s->table, 1);
        check(sg_classifier_create(net, &s->classifier, &error), &error);
    }
    return count;
}

static uint8_t *copy_images(const sg_data *data, size_t *size)
{
    const sg_data_info *info = sg_data_get_info(data);
    *size = (size_t)info->height * info->width * info->channels;
    uint8_t *pixels = malloc(IMAGES * *size);
    if (!pixels)
        exit(1);
    for (uint32_t i = 0; i < IMAGES; i++)
        memcpy(pixels + i * *size, sg_data_pixels(data, i), *size);
    return pixels;
}

int main(int argc, char **argv)
{
    static subject subjects[SUBJECTS];
    int rounds = argc > 1 ? atoi(argv[1]) : 7, count = 0;
    size_t size;
    sg_data *data = open_data();
    uint8_t *pixels = copy_images(data, &size);
    sg_trainer *trainer[2];

    rounds = rounds < 1 || rounds > ROUNDS_MAX ? 7 : rounds;
    for (int i = 0; i < 2; i++) {
        trainer[i] = train(data, 8 * (i + 1));
        count +=
            add_subjects(sg_trainer_network(trainer[i]), subjects + count);
    }
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < count; i++)
            measure(&subjects[i], pixels, size, round);
    printf("15C5-P2-40C5-P2-300-10 on %s, 1 thread, us an image, medians of "
           "%d\n%7s %-8s %8s %8s %8s %8s\n",
           sg_data_get_info(data)->name, rounds, "weights", "kernels", "one",
           "99 %", "many", "afresh");
    for (int i = 0; i < count; i++) {
        subject *s = &subjects[i];
        printf("%7s %-8s %8.1f %8.1f %8.1f %8.1f\n",
               i < count / 2 ? "8 bits" : "16 bits", s->table,
               bench_median(s->one, rounds), bench_median(s->late, rounds),
               bench_median(s->many, rounds), bench_median(s->afresh, rounds));
        sg_classifier_destroy(s->classifier);
    }
    for (int i = 0; i < 2; i++)
        sg_trainer_destroy(trainer[i]);
    free(pixels);
    sg_data_destroy(data);
    return 0;
}
