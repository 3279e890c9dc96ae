#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

int sg__arena_allocate(sg__arena *arena)
{
    size_t bytes = arena->used ? arena->used : SG__ALIGNMENT;
    arena->used = 0;
    if (bytes == SIZE_MAX)
        return 0;
    arena->base = aligned_alloc(SG__ALIGNMENT, bytes);
    if (!arena->base)
        return 0;
    memset(arena->base, 0, bytes);
    return 1;
}
