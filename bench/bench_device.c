/* A device against the processor: whether the bits are the same, how many
 * samples a second, and where the time goes, layer by layer.
 *
 *   bench_device DEVICE NET [SECONDS [BATCH [STEPS [SAMPLES]]]]
 *   bench_device DEVICE roof
 *
 * NET is M, C, S or best: the networks of docs/performance.md, the small and the
 * best one for CIFAR-10; odd, whose channels come by no 16; or a topology for
 * images of CIFAR's shape. Images are drawn here, so that nothing is needed: M
 * on generated digits, the others on noise with a patch. STEPS steps of training
 * are compared in every weight, master, velocity and count (0: not compared),
 * and then SAMPLES with the event simulation (0: none). roof: what the device
 * reaches with nothing in the way. Lines are "key value". Exit code 1 if a bit
 * differs. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layers/arrays.h"
#include "measure.h"
#include "network/network.h"
#include "spikegrad/spikegrad.h"

enum { IMAGES = 4096, SIDE = 32 };

static const struct {
    const char *name, *net;
} nets[] = {
    {"M", "15C5-P2-40C5-P2-300-10"},
    {"S", "64C3p1-64C3p1-P2max-128C3p1-128C3p1-P2max-256C3p1-256C3p1-P2max-"
          "10"},
    {"C", "128C3p1-256C3p1-P2max-512C3p1-P2max-1024C3p1-512C3p1-1024-512-10"},
    {"best", "128C3p1-128C3p1-P2max-256C3p1-256C3p1-P2max-512C3p1-512C3p1-"
             "P2max-10"},
    {"odd", "20C5-P2-36C3s2p1-50C3-60-10"},
};

static int stop(const sg_error *error)
{
    fprintf(stderr, "bench_device: %s\n", error->text);
    exit(2);
}

/* Noise with a bright patch whose place depends on the class. */
static sg_data *draw_images(sg_error *error)
{
    const size_t image = (size_t)SIDE * SIDE * 3;
    uint8_t *pixels = malloc(IMAGES * image), *labels = malloc(IMAGES);
    uint32_t state = 1;
    sg_data *data = NULL;
    if (!pixels || !labels)
        return NULL;
    for (size_t s = 0; s < IMAGES; s++) {
        labels[s] = (uint8_t)(s % 10);
        for (size_t i = 0; i < image; i++) {
            state = state * 1664525u + 1013904223u;
            const size_t column = i / 3 % SIDE / 4;
            pixels[s * image + i] =
                (uint8_t)((state >> 24) / 2 +
                          (column == labels[s] % 8u ? 100 : 0));
        }
    }
    const sg_data_info info = {.name = "drawn",
                               .height = SIDE,
                               .width = SIDE,
                               .channels = 3,
                               .classes = 10,
                               .size = IMAGES};
    if (sg_data_from_arrays(&info, pixels, labels, &data, error) != SG_OK)
        data = NULL;
    free(pixels);
    free(labels);
    return data;
}

static void set(sg_recipe *recipe, const char *name, const char *value)
{
    sg_error error = SG_ERROR_INIT;
    if (sg_recipe_set(recipe, name, value, &error) != SG_OK)
        stop(&error);
}

/* Those of the recipes mnist and cifar10-best. */
static void describe(sg_recipe *recipe, const char *name, const char *batch)
{
    const char *net = name;
    for (size_t i = 0; i < sizeof nets / sizeof nets[0]; i++)
        if (strcmp(nets[i].name, name) == 0)
            net = nets[i].net;
    set(recipe, "net", net);
    set(recipe, "batch", batch);
    set(recipe, "epochs", "100000");
    if (strcmp(name, "M") == 0) {
        set(recipe, "augment", "affine");
        return;
    }
    static const char *const options[][2] = {{"augment",
                                              "crop:4+flip+cutout:12"},
                                             {"weight-bits", "8"},
                                             {"count-cap", "31"},
                                             {"spread", "4"},
                                             {"input", "onoff"},
                                             {"input-levels", "16"},
                                             {"standardise", "on"},
                                             {"phi", "auto:2"},
                                             {"lr", "0.03"},
                                             {"momentum", "0.9"},
                                             {"clip", "0.1"},
                                             {"spike-limit", "1"},
                                             {"weight-decay", "0.0005"}};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        set(recipe, options[i][0], options[i][1]);
}

/* The device's weights against every spike. */
static int verify(const sg_network *net, const sg_data *data,
                  const char *device, int samples)
{
    sg_error error = SG_ERROR_INIT;
    sg_verification v;
    sg_verify_options how = SG_VERIFY_OPTIONS_INIT;
    how.samples = (uint32_t)samples;
    how.device = device;
    const sg_status status = sg_verify_with(net, data, &how, &v, &error);
    if (status != SG_OK && status != SG_E_MISMATCH)
        stop(&error);
    printf("spikes %s: %llu integers of %d samples\n",
           status == SG_OK ? "same" : "DIFFERENT",
           (unsigned long long)v.compared, samples);
    if (status != SG_OK)
        puts(error.text);
    return status != SG_OK;
}

static void roof(const char *device)
{
    sg_error error = SG_ERROR_INIT;
    sg_machine machine;
    if (sg_device_measure(device, &machine, &error) != SG_OK)
        stop(&error);
    printf("%s roof_gops %.0f\n", device,
           2e-9 * (double)machine.multiply_adds);
    printf("%s roof_gigabytes_per_second %.0f\n", device,
           1e-9 * (double)machine.bytes);
}

static void take_step(sg_trainer *t)
{
    const sg_status status = sg_trainer_step(t);
    if (status == SG_OK)
        return;
    fprintf(stderr, "bench_device: a step: %s\n", sg_status_text(status));
    exit(2);
}

/* Past the last search for error thresholds, which is before step 100, if the
 * steps are as quick as a card's. */
static void warm_up(sg_trainer *t)
{
    enum { FEW = 2, ALL = 101 };
    const double patience = 8, begin = bench_now();
    for (int k = 0; k < FEW; k++)
        take_step(t);
    const double each = (bench_now() - begin) / FEW;
    for (int k = FEW; k < ALL && each * ALL < patience; k++)
        take_step(t);
}

/* Steps on both, then every array. */
static int compare(const sg_recipe *recipe, const sg_data *data,
                   const char *device, int steps, int samples)
{
    sg_error error = SG_ERROR_INIT;
    sg_trainer *t[2];
    const sg_trainer_options how[2] = {{sizeof how[0], 0, NULL, NULL},
                                       {sizeof how[0], 0, device, NULL}};
    int differs = 0;
    for (int k = 0; k < 2; k++)
        if (sg_trainer_create_with(recipe, data, &how[k], &t[k], &error) !=
            SG_OK)
            stop(&error);
    for (int step = 0; step < steps; step++)
        for (int k = 0; k < 2; k++) {
            const sg_status status = sg_trainer_step(t[k]);
            if (status != SG_OK) {
                fprintf(stderr, "bench_device: step %d: %s\n", step,
                        sg_status_text(status));
                exit(2);
            }
        }
    if (memcmp(sg_trainer_metrics(t[0]), sg_trainer_metrics(t[1]),
               sizeof(sg_metrics)) != 0) {
        puts("different counts");
        differs = 1;
    }
    const sg_network *a = sg_trainer_network(t[0]);
    const sg_network *b = sg_trainer_network(t[1]);
    for (size_t l = 0; l < a->layer_count; l++)
        for (int i = 0; i < SG__ARRAYS; i++) {
            const sg__array array = (sg__array)i;
            const sg__layer *x = &a->layer[l], *y = &b->layer[l];
            if (!sg__array_present(x, array) ||
                memcmp(sg__array_at(x, array), sg__array_at(y, array),
                       sg__array_bytes(x, array)) == 0)
                continue;
            printf("different layer %zu %s\n", l,
                   sg__array_describe(array)->label);
            differs = 1;
        }
    printf("bits %s after %d steps\n", differs ? "DIFFERENT" : "same", steps);
    if (samples > 0)
        differs |= verify(b, data, device, samples);
    sg_trainer_destroy(t[0]);
    sg_trainer_destroy(t[1]);
    return differs;
}

static void measure(const sg_recipe *recipe, const sg_data *data,
                    const char *device, double seconds)
{
    sg_error error = SG_ERROR_INIT;
    sg_trainer *t;
    sg_layer_cost cost[SG_LAYERS_MAX];
    const sg_trainer_options how = {sizeof how, 0, device, NULL};
    int64_t batch = 0;
    if (sg_recipe_number(recipe, "batch", &batch) != SG_OK)
        exit(2);
    double begin = bench_now();
    if (sg_trainer_create_with(recipe, data, &how, &t, &error) != SG_OK)
        stop(&error);
    printf("%s open_seconds %.3f\n", device, bench_now() - begin);
    warm_up(t);
    uint64_t steps = 0;
    begin = bench_now();
    while (steps < 1 || bench_now() - begin < seconds) {
        take_step(t);
        steps++;
    }
    double spent = bench_now() - begin;
    printf("%s train_samples_per_second %.0f\n", device,
           (double)steps * (double)batch / spent);
    printf("%s step_ms %.4f\n", device, 1e3 * spent / (double)steps);
    sg_trainer_profile(t, 1);
    const int profiled = seconds > 1 ? 5 : 1;
    for (int k = 0; k < profiled; k++)
        take_step(t);
    const double load = (double)sg_trainer_get_profile(t, cost);
    const sg_network *net = sg_trainer_outline(t);
    printf("%s profile layer phase ms_per_step GOPS GB/s\n", device);
    printf("%s profile images load %.4f - -\n", device, load / 1e6 / profiled);
    for (size_t l = 0; l < net->layer_count; l++) {
        const sg_phase_cost *p[] = {&cost[l].forward,   &cost[l].fire,
                                    &cost[l].propagate, &cost[l].gradient,
                                    &cost[l].update,    &cost[l].count};
        static const char *const names[] = {"forward",  "fire",   "propagate",
                                            "gradient", "update", "count"};
        for (int k = 0; k < 6; k++)
            if (p[k]->nanoseconds)
                printf("%s profile %zu:%s %s %.4f %.1f %.1f\n", device, l,
                       net->layer[l].name, names[k],
                       (double)p[k]->nanoseconds / 1e6 / profiled,
                       2.0 * (double)p[k]->dense_ops /
                           (double)p[k]->nanoseconds,
                       (double)p[k]->bytes / (double)p[k]->nanoseconds);
    }
    sg_trainer_destroy(t);
}

int main(int argc, char **argv)
{
    sg_error error = SG_ERROR_INIT;
    if (argc < 3) {
        fputs("usage: bench_device DEVICE NET [SECONDS [BATCH [STEPS "
              "[SAMPLES]]]]\n       bench_device DEVICE roof\n",
              stderr);
        return argc == 1 ? 0 : 2; /* `./dev bench` runs all without */
    }
    setvbuf(stdout, NULL, _IOLBF,
            0); /* what is said stays, if it is stopped */
    const char *device = argv[1], *name = argv[2];
    const double seconds = argc > 3 ? atof(argv[3]) : 1;
    const char *batch = argc > 4 ? argv[4] : "64";
    const int steps = argc > 5 ? atoi(argv[5]) : 12;
    const int samples = argc > 6 ? atoi(argv[6]) : 0;
    sg_recipe *recipe;
    sg_data *data;
    if (strcmp(name, "roof") == 0) {
        roof(device);
        return 0;
    }
    if (sg_recipe_create(&recipe) != SG_OK)
        return 2;
    describe(recipe, name, batch);
    if (strcmp(name, "M") == 0)
        sg_data_open("glyphs:train=8192,test=10", SG_SPLIT_TRAIN, &data,
                     &error);
    else
        data = draw_images(&error);
    if (!data)
        stop(&error);
    printf("net %s batch %s\n", name, batch);
    const int differs =
        steps ? compare(recipe, data, device, steps, samples) : 0;
    if (seconds > 0)
        measure(recipe, data, device, seconds);
    sg_data_destroy(data);
    sg_recipe_destroy(recipe);
    return differs;
}
