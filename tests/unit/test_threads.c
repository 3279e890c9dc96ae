/* The fork-join pool: each task once, by one thread at a time, its effects
 * visible afterwards; whether workers spin, sleep, are late or too many. What
 * a task finds wrong is counted, because only the main thread may assert. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/threads.h"

enum { THREADS = 8, MANY = 200000, CHAIN = 256 };

static sg__threads *pool_of(unsigned threads)
{
    sg__threads *pool;
    assert_int_equal(sg__threads_create(threads, &pool), SG_OK);
    assert_int_equal(sg__threads_count(pool), threads);
    return pool;
}

static void nap(long microseconds)
{
    nanosleep(&(struct timespec){0, microseconds * 1000}, NULL);
}

/* One round; its memory is its own, so that a sanitizer sees a task that is
 * run with the context of another. */
typedef struct round {
    unsigned tasks, threads, number;
    atomic_uint wrong;
    atomic_bool busy[THREADS]; /* by thread */
    unsigned length;           /* 0, or tasks are of uneven length up to it */
    unsigned char *times;      /* by task; plain, for ThreadSanitizer */
} round;

static unsigned draw(const round *r, unsigned task)
{
    return sg__random(1, SG__STREAM_INIT, r->number, task, 0, 0).v[0];
}

static void delay(const round *r, unsigned task)
{
    if (r->length == 0)
        return;
    unsigned chance = draw(r, task);
    if (chance % 64 == 0)
        nap(chance / 64 % 200);
    for (volatile unsigned i = chance / 64 % r->length; i > 0;)
        i--;
}

static void run_task(void *context, unsigned task, unsigned thread)
{
    round *r = context;
    if (task >= r->tasks || thread >= r->threads) {
        atomic_fetch_add(&r->wrong, 1);
        return;
    }
    if (atomic_exchange(&r->busy[thread], true))
        atomic_fetch_add(&r->wrong, 1);
    delay(r, task);
    r->times[task]++;
    atomic_store(&r->busy[thread], false);
}

static void check_round(sg__threads *pool, unsigned tasks, unsigned number,
                        unsigned length)
{
    round *r = calloc(1, sizeof *r);
    assert_non_null(r);
    r->times = calloc(tasks + 1u, 1);
    assert_non_null(r->times);
    r->tasks = tasks;
    r->threads = sg__threads_count(pool);
    r->number = number;
    r->length = length;
    sg__threads_run(pool, tasks, run_task, r);
    assert_int_equal(atomic_load(&r->wrong), 0);
    for (unsigned i = 0; i < tasks; i++)
        assert_int_equal(r->times[i], 1);
    free(r->times);
    free(r);
}

static void each_task_runs_once(void **state)
{
    (void)state;
    const unsigned tasks[] = {0, 1, 2, 3, 7, 8, 9, 64, 255, 1000};
    const unsigned sizes = sizeof tasks / sizeof tasks[0];
    for (unsigned threads = 1; threads <= THREADS; threads++) {
        sg__threads *pool = pool_of(threads);
        for (unsigned i = 0; i < 400; i++)
            check_round(pool, tasks[i % sizes], i, 0);
        sg__threads_destroy(pool);
    }
}

/* More tasks than a ticket holds, and the last number that it does. */
static void many_tasks_run_once(void **state)
{
    (void)state;
    sg__threads *pool = pool_of(3);
    for (unsigned tasks = 65534; tasks <= 65537; tasks++)
        check_round(pool, tasks, 0, 0);
    check_round(pool, 2 * 65535, 0, 0);
    check_round(pool, MANY, 0, 0);
    sg__threads_destroy(pool);
}

/* With pauses between rounds that let none, some or all workers sleep. */
static void uneven_tasks_run_once(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= THREADS; threads++) {
        sg__threads *pool = pool_of(threads);
        for (unsigned i = 0; i < 60; i++) {
            check_round(pool, i * i % 90, i, 20000);
            if (i % 4 == 0)
                nap(i * 5);
        }
        sg__threads_destroy(pool);
    }
}

/* Rounds that read what other threads wrote in the round before, two
 * functions in turn, the caller writing in between. */
typedef struct chain {
    uint32_t from[CHAIN], to[CHAIN];
} chain;

static void mix(void *context, unsigned task, unsigned thread)
{
    chain *c = context;
    (void)thread;
    c->to[task] = c->from[task] * 5u + c->from[(task * 7 + 1) % CHAIN];
}

static void turn(void *context, unsigned task, unsigned thread)
{
    chain *c = context;
    (void)thread;
    c->from[task] = c->to[CHAIN - 1 - task] ^ c->to[task] >> 9;
}

static void run_serially(unsigned tasks, sg__task_fn fn, void *context)
{
    for (unsigned i = 0; i < tasks; i++)
        fn(context, i, 0);
}

static void effects_are_visible(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= THREADS; threads++) {
        sg__threads *pool = pool_of(threads);
        chain c = {{1}, {0}}, expected = c;
        for (uint32_t i = 0; i < 500; i++) {
            sg__threads_run(pool, CHAIN, mix, &c);
            run_serially(CHAIN, mix, &expected);
            c.to[i % CHAIN] += i;
            expected.to[i % CHAIN] += i;
            sg__threads_run(pool, CHAIN, turn, &c);
            run_serially(CHAIN, turn, &expected);
            assert_memory_equal(&c, &expected, sizeof c);
        }
        sg__threads_destroy(pool);
    }
}

/* Sums of a thread's own, as the trainer keeps its metrics. */
typedef struct sums {
    uint64_t of[THREADS][16];
} sums;

static void add_task(void *context, unsigned task, unsigned thread)
{
    sums *s = context;
    s->of[thread][0] += task;
}

static void short_rounds_follow_each_other(void **state)
{
    (void)state;
    for (unsigned threads = 2; threads <= THREADS; threads *= 2) {
        sg__threads *pool = pool_of(threads);
        sums s = {{{0}}};
        uint64_t total = 0;
        for (int i = 0; i < 10000; i++)
            sg__threads_run(pool, 5, add_task, &s);
        for (unsigned t = 0; t < threads; t++)
            total += s.of[t][0];
        assert_int_equal(total, 10000 * 10);
        sg__threads_destroy(pool);
    }
}

/* Before workers have started, while they spin, and when they sleep. */
static void pools_come_and_go(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        sg__threads *pool = pool_of(1 + i % THREADS);
        for (unsigned rounds = i / THREADS % 4; rounds > 0; rounds--)
            check_round(pool, 20, i, 0);
        if (i % 3 == 0)
            nap(300);
        sg__threads_destroy(pool);
    }
}

static void pools_share_processors(void **state)
{
    (void)state;
    sg__threads *pool[4];
    for (unsigned p = 0; p < 4; p++)
        pool[p] = pool_of(p + 1);
    for (unsigned i = 0; i < 400; i++)
        check_round(pool[i * i % 4], i % 50, i, i % 5 * 100);
    for (unsigned p = 0; p < 4; p++)
        sg__threads_destroy(pool[p]);
}

static void counts_are_checked(void **state)
{
    (void)state;
    sg__threads *pool = NULL;
    assert_int_equal(sg__threads_create(0, &pool), SG_OK);
    assert_true(sg__threads_count(pool) >= 1);
    sg__threads_destroy(pool);
    assert_int_equal(sg__threads_create(257, &pool), SG_E_RANGE);
    assert_null(pool);
    sg__threads_destroy(NULL);
    pool = pool_of(256);
    sg__threads_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_task_runs_once),
        cmocka_unit_test(many_tasks_run_once),
        cmocka_unit_test(uneven_tasks_run_once),
        cmocka_unit_test(effects_are_visible),
        cmocka_unit_test(short_rounds_follow_each_other),
        cmocka_unit_test(pools_come_and_go),
        cmocka_unit_test(pools_share_processors),
        cmocka_unit_test(counts_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
