/* Samples a second of both engines on M, real MNIST if SPIKEGRAD_DATA has it,
 * for each kernel table; tables alternate in one process, so that their ratio
 * is fair on a noisy machine. Medians.
 *
 *     bench_engines [ROUNDS]
 */
#include <spikegrad/spikegrad.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"
#include "measure.h"
#include "network/recipe.h"

enum { ROUNDS_MAX = 101, SAMPLES = 6000, EVENT_SAMPLES = 50, WARM = 200 };

static void check(sg_status status, const sg_error *error)
{
    if (status == SG_OK)
        return;
    fprintf(stderr, "bench: %s: %s\n", sg_status_text(status), error->text);
    exit(1);
}

/* One trainer for each table, in step with each other. */
typedef struct subject {
    const char *isa;
    sg_trainer *trainer;
    double train[ROUNDS_MAX], infer[ROUNDS_MAX];
} subject;

static void measure(subject *s, int round, const sg_data *part,
                    sg_error *error)
{
    sg_metrics metrics;
    setenv("SPIKEGRAD_ISA", s->isa, 1);
    double start = bench_now();
    int steps = SAMPLES / 128;
    for (int i = 0; i < steps; i++)
        check(sg_trainer_step(s->trainer), error);
    s->train[round] = steps * 128 / (bench_now() - start);
    start = bench_now();
    check(sg_evaluate(sg_trainer_network(s->trainer), part, 0, &metrics, NULL,
                      error),
          error);
    s->infer[round] = SAMPLES / (bench_now() - start);
}

static void measure_events(const sg_network *net, const sg_data *data,
                           sg_error *error)
{
    sg_simulation *sim;
    sg_event_totals totals;
    check(sg_simulation_create(net, SG_ORDER_FIFO, 1, &sim, error), error);
    double start = bench_now();
    for (uint32_t i = 0; i < EVENT_SAMPLES; i++) {
        check(sg_simulation_present_training(sim, sg_data_pixels(data, i), 0,
                                             i),
              error);
        check(sg_simulation_learn(sim, sg_data_label(data, i), 0, i), error);
    }
    double seconds = bench_now() - start;
    sg_simulation_totals(sim, &totals);
    printf("event simulation, 1 thread: %.0f samples/s, %.0f M synaptic "
           "operations/s\n",
           EVENT_SAMPLES / seconds,
           (double)(totals.forward_ops + totals.backward_ops) / seconds / 1e6);
    sg_simulation_destroy(sim);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 7;
    static const char digits[] = "glyphs:train=20000,test=100";
    char source[512];
    const char *folder = getenv("SPIKEGRAD_DATA");
    sg_data *train, *part;
    sg_recipe recipe;
    sg_error error = {{0}};
    static subject subjects[8];
    int count = 0;

    rounds = rounds < 1 || rounds > ROUNDS_MAX ? 7 : rounds;
    if (folder)
        snprintf(source, sizeof source, "mnist:%s/mnist", folder);
    if (!folder ||
        sg_data_open(source, SG_SPLIT_TRAIN, &train, NULL) != SG_OK) {
        snprintf(source, sizeof source, "%s", digits);
        check(sg_data_open(source, SG_SPLIT_TRAIN, &train, &error), &error);
    }
    check(sg_data_slice(train, 0, SAMPLES, &part, &error), &error);
    sg__recipe_init(&recipe);
    for (size_t t = 0; sg__kernels_table(t) && count < 8; t++) {
        subject *s = &subjects[count++];
        s->isa = sg__kernels_table(t)->name;
        setenv("SPIKEGRAD_ISA", s->isa, 1);
        check(sg_trainer_create(&recipe, train, 0, &s->trainer, &error),
              &error);
    }
    for (int i = 0; i < WARM * count; i++) /* past the dense first errors */
        check(sg_trainer_step(subjects[i % count].trainer), &error);
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < count; i++)
            measure(&subjects[i], round, part, &error);

    printf("%s on %s, all processors, medians of %d\n", recipe.net, source,
           rounds);
    double first_train = bench_median(subjects[0].train, rounds);
    double first_infer = bench_median(subjects[0].infer, rounds);
    for (int i = 0; i < count; i++) {
        double t = bench_median(subjects[i].train, rounds);
        double e = bench_median(subjects[i].infer, rounds);
        printf("%-6s train %8.0f samples/s (%.2f x %s)   infer %8.0f "
               "samples/s (%.2f x %s)\n",
               subjects[i].isa, t, t / first_train, subjects[0].isa, e,
               e / first_infer, subjects[0].isa);
    }
    measure_events(sg_trainer_network(subjects[0].trainer), part, &error);
    for (int i = 0; i < count; i++)
        sg_trainer_destroy(subjects[i].trainer);
    sg_data_destroy(part);
    sg_data_destroy(train);
    return 0;
}
