#include "base/arena.h"

#include <stdlib.h>

int sg__arena_allocate(sg__arena *arena)
{
    const size_t bytes = arena->used;
    arena->used = 0;
    if (bytes > SIZE_MAX - SG__ALIGNMENT)
        return 0;
    arena->block = calloc(bytes + SG__ALIGNMENT, 1);
    if (!arena->block)
        return 0;
    const size_t over = (uintptr_t)arena->block % SG__ALIGNMENT;
    arena->base = (char *)arena->block + (SG__ALIGNMENT - over);
    return 1;
}

void sg__arena_free(sg__arena *arena)
{
    free(arena->block);
    *arena = (sg__arena){0};
}
