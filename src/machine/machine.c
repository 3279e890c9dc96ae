/* Measures what the machine can reach: multiply-adds and bytes read a second.
 * Each thread works in slices of about a millisecond and keeps its best one,
 * so that a slice in which it had to wait for a processor does not count. */
#include "spikegrad/machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/threads.h"
#include "kernels/kernels.h"

enum {
    SLICE_NS = 1000000,
    PHASE_NS = 100000000,
    BYTES_MIN = 32 * 1024,        /* an array that fits the nearest cache */
    BYTES_MAX = 128 * 1024 * 1024 /* one that fits none */
};

typedef struct measurement {
    const sg__kernels *kernels;
    sg__arena arena;
    unsigned char *array; /* [threads][bytes], all 0 */
    size_t bytes;
    /* work of one task, `times` over; returns how much that is */
    uint64_t (*work)(const struct measurement *m, unsigned task, size_t times);
    uint64_t *best; /* [threads] per second */
} measurement;

static uint64_t multiply(const measurement *m, unsigned task, size_t times)
{
    int32_t sink = (int32_t)task;
    return m->kernels->roof(times, &sink);
}

/* Looks for bytes that are not there: the C library has the fastest way to
 * read all of an array that this processor knows. */
static uint64_t read_all(const measurement *m, unsigned task, size_t times)
{
    uint64_t found = 0;
    for (size_t i = 0; i < times; i++)
        found += memchr(m->array + task * m->bytes, 1 + (int)(i % 255),
                        m->bytes) != NULL;
    return found ? 0 : times * (uint64_t)m->bytes;
}

static void run_slices(void *context, unsigned task, unsigned thread)
{
    const measurement *m = context;
    uint64_t start = sg__clock_ns(), best = 0;
    size_t times = 1;
    (void)thread;
    for (;;) {
        uint64_t begin = sg__clock_ns(), work = m->work(m, task, times),
                 end = sg__clock_ns();
        uint64_t ns = end > begin ? end - begin : 1;
        if (end - start > PHASE_NS && best > 0)
            break;
        if (ns < SLICE_NS && end - start < PHASE_NS / 2) {
            times *= 2; /* too short for the clock, or still warming up */
            continue;
        }
        uint64_t rate = (uint64_t)((double)work * 1e9 / (double)ns);
        best = rate > best ? rate : best;
    }
    m->best[task] = best;
}

static uint64_t measure(measurement *m, sg__threads *threads,
                        uint64_t (*work)(const measurement *, unsigned,
                                         size_t))
{
    uint64_t sum = 0;
    unsigned count = sg__threads_count(threads);
    m->work = work;
    sg__threads_run(threads, count, run_slices, m);
    for (unsigned t = 0; t < count; t++)
        sum += m->best[t];
    return sum;
}

static void place(measurement *m, unsigned threads)
{
    m->best = sg__arena_take(&m->arena, threads, sizeof *m->best);
    m->array = sg__arena_take(&m->arena, threads, m->bytes);
}

sg_status sg_machine_measure(unsigned threads, size_t working_set,
                             sg_machine *out)
{
    if (!out)
        return SG_E_ARGUMENT;
    sg__threads *pool;
    memset(out, 0, sizeof *out);
    sg_status status = sg__threads_create(threads, &pool);
    if (status != SG_OK)
        return status;

    unsigned count = sg__threads_count(pool);
    measurement m = {.kernels = sg__kernels_select()};
    m.bytes = working_set / count;
    m.bytes = m.bytes < BYTES_MIN ? BYTES_MIN : m.bytes;
    m.bytes = m.bytes > BYTES_MAX ? BYTES_MAX : m.bytes;
    place(&m, count);
    if (sg__arena_allocate(&m.arena)) {
        place(&m, count);
        out->multiply_adds = measure(&m, pool, multiply);
        out->bytes = measure(&m, pool, read_all);
        sg__arena_free(&m.arena);
    } else {
        status = SG_E_MEMORY;
    }
    sg__threads_destroy(pool);
    return status;
}
