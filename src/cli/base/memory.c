/* Watching jansson's allocations; see memory.h. */
#include "cli/base/memory.h"

#include <jansson.h>
#include <stdatomic.h>
#include <stdlib.h>

static atomic_bool failed;

static void *watched_malloc(size_t size)
{
    void *memory = malloc(size);
    if (!memory)
        atomic_store(&failed, true);
    return memory;
}

void memory_watch(void)
{
    atomic_store(&failed, false);
    json_set_alloc_funcs(watched_malloc, free);
}

bool memory_failed(void)
{
    return atomic_load(&failed);
}
