/* A small fork-join pool: sg__threads_run hands out task numbers to all
 * threads until none is left. Which thread runs which task is left to chance,
 * so results must not depend on it. */
#ifndef SG_BASE_THREADS_H
#define SG_BASE_THREADS_H

#include "spikegrad/status.h"

typedef struct sg__threads sg__threads;

/* One task; thread is 0..count-1, for the caller's scratch memory. */
typedef void (*sg__task_fn)(void *context, unsigned task, unsigned thread);

/* sg__threads_or_all: count, or the number of processors, at most 256, for
 * 0. */
unsigned sg__threads_or_all(unsigned count);

/* sg__threads_create: count threads in all, the caller's included; 0 means one
 * per processor. Fewer if the system lets no more start, at least the caller's
 * own: sg__threads_count tells. SG_E_RANGE above 256; SG_E_MEMORY. */
sg_status sg__threads_create(unsigned count, sg__threads **out);
void sg__threads_destroy(sg__threads *threads);
unsigned sg__threads_count(const sg__threads *threads);

/* sg__threads_run: runs fn for tasks 0..tasks-1 and returns when all are
 * done. Not to be called from inside a task. */
void sg__threads_run(sg__threads *threads, unsigned tasks, sg__task_fn fn,
                     void *context);

#endif
