/* What a fork-join round costs, in us, means of a slice of time, medians of
 * the slices; alone, then with a process that keeps a processor busy.
 *
 *     bench_threads [SLICES]
 *
 *   empty  a task per thread that does nothing
 *   meet   a task per thread, each of which waits for all others to start:
 *          the time until all threads are at work (if there are processors)
 *   short  16 tasks of 2 us; what one thread takes is the first line
 *   long   16 tasks of 60 us, one of them of 4 times that
 *   rested short, each after 300 us of the caller's own, not counted
 */
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/threads.h"
#include "measure.h"

enum { SLICES_MAX = 101, KINDS = 5, TASKS = 16, UNIT_NS = 2000 };

static const double slice_seconds = 0.1;

/* Work by steps, not by the clock: a preempted task has to catch up. */
static unsigned steps_per_unit;

static void work(unsigned units)
{
    volatile unsigned x = 1;
    for (unsigned i = 0; i < units * steps_per_unit; i++)
        x = x * 5 + 1;
}

static void calibrate(void)
{
    double best = 1;
    steps_per_unit = 1000;
    for (int i = 0; i < 100; i++) {
        double start = bench_now();
        work(1);
        double seconds = bench_now() - start;
        best = seconds < best ? seconds : best;
    }
    steps_per_unit = (unsigned)(1000 * UNIT_NS * 1e-9 / best);
}

struct round {
    unsigned threads;
    atomic_uint started;
};

static void empty_task(void *context, unsigned task, unsigned thread)
{
    (void)context, (void)task, (void)thread;
}

static void meet_task(void *context, unsigned task, unsigned thread)
{
    struct round *r = context;
    (void)task, (void)thread;
    atomic_fetch_add(&r->started, 1);
    while (atomic_load(&r->started) < r->threads)
        ;
}

static void short_task(void *context, unsigned task, unsigned thread)
{
    (void)context, (void)task, (void)thread;
    work(1);
}

static void long_task(void *context, unsigned task, unsigned thread)
{
    (void)context, (void)thread;
    work(task == 0 ? 120 : 30);
}

static const struct kind {
    const char *name;
    sg__task_fn fn;
    unsigned tasks; /* 0: one per thread */
    unsigned rest;  /* units of the caller before a round */
} kinds[KINDS] = {
    {"empty", empty_task, 0, 0},        {"meet", meet_task, 0, 0},
    {"short", short_task, TASKS, 0},    {"long", long_task, TASKS, 0},
    {"rested", short_task, TASKS, 150},
};

/* One slice: the mean of a round in us. */
static double measure(sg__threads *pool, const struct kind *kind)
{
    struct round r = {.threads = sg__threads_count(pool)};
    unsigned tasks = kind->tasks ? kind->tasks : r.threads;
    double end = bench_now() + slice_seconds, sum = 0;
    unsigned rounds = 0;
    for (double start = bench_now(); start < end; rounds++) {
        work(kind->rest);
        start = bench_now();
        for (int i = 0; i < (kind->rest ? 1 : 16); i++) {
            atomic_store(&r.started, 0);
            sg__threads_run(pool, tasks, kind->fn, &r);
        }
        sum += bench_now() - start;
        start = bench_now();
    }
    return sum * 1e6 / (kind->rest ? 1 : 16) / rounds;
}

static void print_line(unsigned threads, int slices)
{
    double us[SLICES_MAX];
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    sg__threads *pool;
    if (sg__threads_create(threads, &pool) != SG_OK) {
        fprintf(stderr, "bench: no threads\n");
        exit(1);
    }
    printf("%7u ", threads);
    for (int k = 0; k < KINDS; k++) {
        if (kinds[k].fn == meet_task && (long)threads > processors) {
            printf("%9s", "-");
            continue;
        }
        for (int i = 0; i < slices; i++)
            us[i] = measure(pool, &kinds[k]);
        printf("%9.2f", bench_median(us, slices));
    }
    printf("\n");
    sg__threads_destroy(pool);
}

static void print_table(const char *title, int slices)
{
    printf("%s\nthreads ", title);
    for (int k = 0; k < KINDS; k++)
        printf("%9s", kinds[k].name);
    printf("\n");
    for (unsigned threads = 1; threads <= 4; threads *= 2)
        print_line(threads, slices);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    int slices = argc > 1 ? atoi(argv[1]) : 7;
    slices = slices < 1 || slices > SLICES_MAX ? 7 : slices;
    calibrate();
    print_table("us per round, alone", slices);
    pid_t parent = getpid(), spinner = fork();
    if (spinner == 0)
        while (getppid() == parent) /* also ends if the parent is killed */
            work(1000);
    if (spinner <= 0)
        return spinner < 0;
    print_table("us per round, beside a busy process", slices);
    kill(spinner, SIGKILL);
    waitpid(spinner, NULL, 0);
    return 0;
}
