/* Fork-join over POSIX threads. A generation counter under one mutex starts a
 * round; tasks are taken from an atomic counter. Workers spin briefly before
 * they sleep, because rounds follow each other within microseconds. */
#include "base/threads.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS_MAX = 256, SPINS = 4000 };

struct worker {
    struct sg__threads *pool;
    pthread_t thread;
    unsigned index;
};

struct sg__threads {
    unsigned count, started;
    pthread_mutex_t mutex;
    pthread_cond_t wake, idle;
    atomic_uint generation;
    atomic_uint busy; /* workers that have not finished the round */
    bool quit;

    sg__task_fn fn;
    void *context;
    unsigned tasks;
    atomic_uint next;
    struct worker worker[];
};

static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

static void take_tasks(struct sg__threads *pool, unsigned thread)
{
    for (;;) {
        unsigned task = atomic_fetch_add(&pool->next, 1);
        if (task >= pool->tasks)
            return;
        pool->fn(pool->context, task, thread);
    }
}

/* Waits for the round after `seen`; false when the pool is being destroyed. */
static bool wait_round(struct sg__threads *pool, unsigned seen)
{
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load(&pool->generation) != seen)
            break;
        pause_briefly();
    }
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load(&pool->generation) == seen && !pool->quit)
        pthread_cond_wait(&pool->wake, &pool->mutex);
    bool quit = pool->quit;
    pthread_mutex_unlock(&pool->mutex);
    return !quit;
}

static void *work(void *argument)
{
    struct worker *self = argument;
    struct sg__threads *pool = self->pool;
    for (unsigned round = 0; wait_round(pool, round); round++) {
        take_tasks(pool, self->index);
        if (atomic_fetch_sub(&pool->busy, 1) == 1) {
            pthread_mutex_lock(&pool->mutex);
            pthread_cond_signal(&pool->idle);
            pthread_mutex_unlock(&pool->mutex);
        }
    }
    return NULL;
}

sg_status sg__threads_create(unsigned count, sg__threads **out)
{
    *out = NULL;
    if (count == 0) {
        long processors = sysconf(_SC_NPROCESSORS_ONLN);
        count = processors < 1 ? 1 : (unsigned)processors;
        count = count > THREADS_MAX ? THREADS_MAX : count;
    }
    if (count > THREADS_MAX)
        return SG_E_RANGE;
    struct sg__threads *pool =
        calloc(1, sizeof *pool + count * sizeof pool->worker[0]);
    if (!pool)
        return SG_E_MEMORY;
    pool->count = count;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->idle, NULL);
    for (; pool->started + 1 < count; pool->started++) {
        struct worker *worker = &pool->worker[pool->started];
        worker->pool = pool;
        worker->index = pool->started + 1;
        if (pthread_create(&worker->thread, NULL, work, worker) != 0) {
            sg__threads_destroy(pool);
            return SG_E_MEMORY;
        }
    }
    *out = pool;
    return SG_OK;
}

void sg__threads_destroy(sg__threads *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->quit = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
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

void sg__threads_run(sg__threads *pool, unsigned tasks, sg__task_fn fn,
                     void *context)
{
    pool->fn = fn;
    pool->context = context;
    pool->tasks = tasks;
    atomic_store(&pool->next, 0);
    if (pool->started == 0 || tasks < 2) {
        take_tasks(pool, 0);
        return;
    }
    atomic_store(&pool->busy, pool->started);
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->generation, 1);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);

    take_tasks(pool, 0);
    for (int i = 0; i < SPINS && atomic_load(&pool->busy); i++)
        pause_briefly();
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load(&pool->busy))
        pthread_cond_wait(&pool->idle, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}
