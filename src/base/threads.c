/* Fork-join over POSIX threads, for rounds of microseconds: no lock is taken
 * unless somebody sleeps.
 *
 * One 64-bit word, the ticket, holds the number of the round and how many of
 * its tasks are left to take; to take a task is to lower it by one, with a
 * compare-and-swap. A round is over when its tasks are, not when its workers
 * are: who has not woken up by then is not waited for, and finds either
 * nothing left or a later round, in which it may take part. Nobody is bound
 * to a processor, and no task to a thread. */
#include "base/threads.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

/* The ticket: tasks left in the low bits, the round above, where 48 bits do
 * not come round again in years. More tasks than fit take several rounds. */
enum { THREADS_MAX = 256, LEFT_BITS = 16, LEFT_MAX = (1 << LEFT_BITS) - 1 };

/* Waiting begins with spinning. It pays if the wait is shorter than putting a
 * thread to sleep and waking it, and otherwise takes the processor from
 * somebody, in the end from the thread itself. A wait is taken to be like the
 * one before it: short enough, or not. The clock is read once in SPINS looks.
 * Times in ns. */
enum { SPINS = 32, SHORT_WAIT = 100000, SPIN_LONG = 20000, SPIN_BRIEF = 2000 };
enum { LINE = 128 }; /* bytes, at least a line of cache */

struct worker {
    struct sg__threads *pool;
    pthread_t thread;
    unsigned index;
};

/* A wait of one thread, and what it expects of the next. */
struct wait {
    bool (*ready)(sg__threads *);
    uint64_t start; /* 0 if the clock has not been read */
    bool long_last;
};

/* Padding keeps in lines of their own, wherever the allocation begins, what
 * is hardly ever written, what tasks are taken from, what their takers tell,
 * and what only the caller looks at. */
struct sg__threads {
    unsigned count, started;
    bool spins; /* there is a processor for every thread */
    pthread_mutex_t mutex;
    pthread_cond_t wake, idle;
    atomic_uint sleepers;     /* workers in or about to be in wait(wake) */
    atomic_bool caller_waits; /* the caller likewise, in wait(idle) */
    atomic_bool quit;
    char apart[LINE];

    /* The round. Its description is written by the caller alone and while no
     * task is unfinished; atomic because late workers may read it then, to no
     * effect. */
    atomic_uint_least64_t ticket;
    _Atomic(sg__task_fn) fn;
    _Atomic(void *) context;
    atomic_uint end; /* a task's number is end - what was left */
    char apart_too[LINE];

    atomic_uint unfinished;
    char apart_as_well[LINE];

    struct wait join;
    struct worker worker[];
};

static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* The conditions of the two waits, and the order of memory on which they
 * rest. Who waits announces it (sleepers, caller_waits), then looks at the
 * condition, then sleeps, all under the mutex; who fulfils a condition does
 * so, then looks for announcements, then signals with the mutex taken and
 * left in between. These four accesses are sequentially consistent, so one of
 * the two comes first in both eyes: either the waiter sees the condition
 * fulfilled and does not sleep, or the other sees the announcement, gets the
 * mutex only once the waiter is in pthread_cond_wait, and wakes it. */
static bool has_work(sg__threads *pool)
{
    return (atomic_load(&pool->ticket) & LEFT_MAX) != 0 ||
           atomic_load(&pool->quit);
}

static bool is_finished(sg__threads *pool)
{
    return atomic_load(&pool->unfinished) == 0;
}

/* Spins until ready, or for a while; a thread that is preempted meanwhile has
 * waited long enough. */
static bool spin(sg__threads *pool, struct wait *wait)
{
    uint64_t limit = wait->long_last ? SPIN_BRIEF : SPIN_LONG, now = 0;
    wait->start = 0;
    if (!pool->spins)
        return wait->ready(pool);
    do {
        for (int i = 0; i < SPINS; i++) {
            if (wait->ready(pool)) {
                if (wait->long_last)
                    wait->long_last = false;
                return true;
            }
            pause_briefly();
        }
        now = sg__clock_ns();
        wait->start = wait->start ? wait->start : now;
    } while (now - wait->start < limit);
    return false;
}

/* Sleeps until ready; the mutex is held. */
static void sleep_until(sg__threads *pool, struct wait *wait,
                        pthread_cond_t *woken)
{
    while (!wait->ready(pool))
        pthread_cond_wait(woken, &pool->mutex);
    wait->long_last = sg__clock_ns() - wait->start > SHORT_WAIT;
}

/* Takes tasks until none is left and returns their number.
 *
 * The round's description is read between a look at the ticket and its
 * exchange, and used only if the exchange succeeds. Then it is that of the
 * ticket's round: not older, because the look acquired what the caller
 * released with the ticket (exchanges by others carry that on, as
 * read-modify-writes), and not newer, because the caller writes the next one
 * only after this task, too, is finished, hence after it was read. */
static unsigned take_tasks(sg__threads *pool, unsigned thread)
{
    unsigned taken = 0;
    uint_least64_t ticket =
        atomic_load_explicit(&pool->ticket, memory_order_acquire);
    while (ticket & LEFT_MAX) {
        sg__task_fn fn = atomic_load_explicit(&pool->fn, memory_order_relaxed);
        void *context =
            atomic_load_explicit(&pool->context, memory_order_relaxed);
        unsigned end = atomic_load_explicit(&pool->end, memory_order_relaxed);
        if (!atomic_compare_exchange_weak_explicit(&pool->ticket, &ticket,
                                                   ticket - 1,
                                                   memory_order_acquire,
                                                   memory_order_acquire))
            continue;
        fn(context, end - (unsigned)(ticket & LEFT_MAX), thread);
        taken++;
        ticket = atomic_load_explicit(&pool->ticket, memory_order_acquire);
    }
    return taken;
}

static void *work(void *argument)
{
    struct worker *self = argument;
    sg__threads *pool = self->pool;
    struct wait wait = {.ready = has_work};
    for (;;) {
        if (!spin(pool, &wait)) {
            pthread_mutex_lock(&pool->mutex);
            atomic_fetch_add(&pool->sleepers, 1);
            sleep_until(pool, &wait, &pool->wake);
            atomic_fetch_sub(&pool->sleepers, 1);
            pthread_mutex_unlock(&pool->mutex);
        }
        if (atomic_load(&pool->quit))
            return NULL;
        /* Its round cannot end, nor another begin, before this is told. */
        unsigned taken = take_tasks(pool, self->index);
        if (taken && atomic_fetch_sub(&pool->unfinished, taken) == taken &&
            atomic_load(&pool->caller_waits)) {
            pthread_mutex_lock(&pool->mutex);
            pthread_mutex_unlock(&pool->mutex);
            pthread_cond_signal(&pool->idle);
        }
    }
}

unsigned sg__threads_or_all(unsigned count)
{
    if (count > 0)
        return count;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (processors < 1)
        return 1;
    return processors > THREADS_MAX ? THREADS_MAX : (unsigned)processors;
}

sg_status sg__threads_create(unsigned count, sg__threads **out)
{
    *out = NULL;
    count = sg__threads_or_all(count);
    if (count > THREADS_MAX)
        return SG_E_RANGE;
    sg__threads *pool =
        calloc(1, sizeof *pool + count * sizeof pool->worker[0]);
    if (!pool)
        return SG_E_MEMORY;
    pool->count = count;
    pool->join.ready = is_finished;
    pool->spins = (long)count <= sysconf(_SC_NPROCESSORS_ONLN);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->idle, NULL);
    for (; pool->started + 1 < count; pool->started++) {
        struct worker *worker = &pool->worker[pool->started];
        worker->pool = pool;
        worker->index = pool->started + 1;
        if (pthread_create(&worker->thread, NULL, work, worker) != 0)
            break; /* a limit on processes: fewer do the same, more slowly */
    }
    pool->count = pool->started + 1;
    *out = pool;
    return SG_OK;
}

/* wake_workers: after a change of has_work, for at most that many sleepers. */
static void wake_workers(sg__threads *pool, unsigned wanted)
{
    unsigned sleepers = atomic_load(&pool->sleepers);
    if (sleepers == 0)
        return;
    pthread_mutex_lock(&pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
    if (sleepers <= wanted)
        pthread_cond_broadcast(&pool->wake);
    else
        for (; wanted > 0; wanted--)
            pthread_cond_signal(&pool->wake);
}

void sg__threads_destroy(sg__threads *pool)
{
    if (!pool)
        return;
    atomic_store(&pool->quit, true);
    wake_workers(pool, pool->count);
    for (unsigned i = 0; i < pool->started; i++)
        pthread_join(pool->worker[i].thread, NULL);
    pthread_cond_destroy(&pool->idle);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

unsigned sg__threads_count(const sg__threads *pool)
{
    return pool->count;
}

/* A round of at most LEFT_MAX tasks, numbered up to end. */
static void run_round(sg__threads *pool, unsigned tasks, unsigned end,
                      sg__task_fn fn, void *context)
{
    atomic_store_explicit(&pool->fn, fn, memory_order_relaxed);
    atomic_store_explicit(&pool->context, context, memory_order_relaxed);
    atomic_store_explicit(&pool->end, end, memory_order_relaxed);
    atomic_store_explicit(&pool->unfinished, tasks, memory_order_relaxed);
    uint_least64_t round = atomic_load(&pool->ticket) >> LEFT_BITS;
    atomic_store(&pool->ticket, (round + 1) << LEFT_BITS | tasks);
    wake_workers(pool, tasks - 1);

    unsigned taken = take_tasks(pool, 0);
    if (atomic_fetch_sub(&pool->unfinished, taken) == taken ||
        spin(pool, &pool->join))
        return;
    pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->caller_waits, true);
    sleep_until(pool, &pool->join, &pool->idle);
    atomic_store(&pool->caller_waits, false);
    pthread_mutex_unlock(&pool->mutex);
}

void sg__threads_run(sg__threads *pool, unsigned tasks, sg__task_fn fn,
                     void *context)
{
    if (pool->started == 0 || tasks < 2) {
        for (unsigned task = 0; task < tasks; task++)
            fn(context, task, 0);
        return;
    }
    for (unsigned begin = 0; begin < tasks;) {
        unsigned n = tasks - begin;
        n = n < LEFT_MAX ? n : LEFT_MAX;
        begin += n;
        run_round(pool, n, begin, fn, context);
    }
}
