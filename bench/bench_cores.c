/* How a training step divides among more cores than there are: its tasks are
 * run one after another, each as if on the core that would be free first, and
 * timed by the processor time they take. Memory and the time of a fork-join
 * (bench_threads) are left out: this is what the division alone costs.
 *
 *     bench_cores MODEL DATA [STEPS]
 *
 *   tasks    of a step
 *   work     ms of all tasks together; grows if smaller pieces cost more
 *   serial   ms outside of tasks
 *   pass     ms of the core that has most to do in the round by samples
 *   update   ms of that in the rounds by channels
 *   speed    of a step, times that on one core
 *   full     share of the cores' time that is work
 *
 * The pool below takes the place of base/threads.c, with as many cores as one
 * likes. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/threads.h"
#include "measure.h"
#include "spikegrad/spikegrad.h"

enum { CORES_MAX = 256, STEPS_MAX = 1001 };

struct sg__threads {
    unsigned count;
};

/* Of the step under way, in seconds. */
static double work, pass, update;
static unsigned tasks_seen;

static double clock_cost; /* of a look at the clock */

static double spent(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

unsigned sg__threads_or_all(unsigned count)
{
    return count ? count : 1;
}

sg_status sg__threads_create(unsigned count, sg__threads **out)
{
    *out = malloc(sizeof **out);
    if (!*out)
        return SG_E_MEMORY;
    (*out)->count = sg__threads_or_all(count);
    return SG_OK;
}

void sg__threads_destroy(sg__threads *threads)
{
    free(threads);
}

unsigned sg__threads_count(const sg__threads *threads)
{
    return threads->count;
}

void sg__threads_run(sg__threads *threads, unsigned tasks, sg__task_fn fn,
                     void *context)
{
    double busy[CORES_MAX] = {0}, most = 0;
    for (unsigned task = 0; task < tasks; task++) {
        unsigned core = 0;
        for (unsigned k = 1; k < threads->count; k++)
            if (busy[k] < busy[core])
                core = k;
        const double begin = spent();
        fn(context, task, core);
        const double taken = spent() - begin - clock_cost;
        busy[core] += taken;
        work += taken;
        most = busy[core] > most ? busy[core] : most;
    }
    *(tasks_seen ? &update : &pass) += most;
    tasks_seen += tasks;
}

static void find_clock_cost(void)
{
    enum { LOOKS = 10000 };
    const double begin = spent();
    for (int i = 0; i < LOOKS; i++)
        (void)spent();
    clock_cost = (spent() - begin) / LOOKS;
}

static int failed(const char *what, const sg_error *error)
{
    fprintf(stderr, "bench_cores: %s: %s\n", what, error->text);
    return 1;
}

/* A line of the table; *one is the time of a step on one core, found by the
 * first. */
static int measure(const sg_network *net, const sg_data *data, unsigned cores,
                   int steps, double *one)
{
    static double rest[STEPS_MAX], sum[STEPS_MAX], by_samples[STEPS_MAX],
        by_channels[STEPS_MAX];
    sg_error error = SG_ERROR_INIT;
    sg_trainer *trainer;
    if (sg_trainer_create_from(net, 0, data, cores, &trainer, &error) != SG_OK)
        return failed("trainer", &error);
    for (int i = -1; i < steps; i++) { /* the first is not counted */
        work = pass = update = 0;
        tasks_seen = 0;
        const double begin = spent();
        if (sg_trainer_step(trainer) != SG_OK) {
            sg_trainer_destroy(trainer);
            return failed("a step failed", &error);
        }
        if (i < 0)
            continue;
        rest[i] = spent() - begin - work - 2 * tasks_seen * clock_cost;
        sum[i] = work;
        by_samples[i] = pass;
        by_channels[i] = update;
    }
    sg_trainer_destroy(trainer);
    const double serial = bench_median(rest, steps);
    const double tasks = bench_median(sum, steps);
    const double first = bench_median(by_samples, steps);
    const double second = bench_median(by_channels, steps);
    const double step = serial + first + second;
    *one = *one > 0 ? *one : step;
    printf("%5u %6u %9.2f %8.3f %8.2f %8.2f %7.2f %5.0f %%\n", cores,
           tasks_seen, 1e3 * tasks, 1e3 * serial, 1e3 * first, 1e3 * second,
           *one / step, 100 * (serial + tasks) / (step * cores));
    fflush(stdout);
    return 0;
}

int main(int argc, char **argv)
{
    static const unsigned cores[] = {1, 2, 4, 8, 16, 32, 64};
    const int steps = argc > 3 ? atoi(argv[3]) : 9;
    sg_error error = SG_ERROR_INIT;
    sg_network *net = NULL;
    sg_data *data = NULL;
    sg_network_info info;
    double one = 0;
    int code = 0;
    if (argc < 3 || argc > 4 || steps < 1 || steps > STEPS_MAX) {
        fputs("usage: bench_cores MODEL DATA [STEPS]\n", stderr);
        return 2;
    }
    if (sg_network_load(argv[1], &net, &error) != SG_OK ||
        sg_data_open(argv[2], SG_SPLIT_TRAIN, &data, &error) != SG_OK)
        code = failed(argv[0], &error);
    if (code == 0) {
        char text[4096] = "";
        sg_network_get_info(net, &info);
        sg_recipe_get(info.recipe, "net", text, sizeof text);
        printf(
            "%s on %s, medians of %d steps\n"
            "cores  tasks      work   serial     pass   update   speed    full\n",
            text, argv[2], steps);
    }
    find_clock_cost();
    for (size_t i = 0; code == 0 && i < sizeof cores / sizeof cores[0]; i++)
        code = measure(net, data, cores[i], steps, &one);
    sg_network_destroy(net);
    sg_data_destroy(data);
    return code;
}
