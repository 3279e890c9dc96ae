/* One block of memory cut into aligned arrays.
 *
 * The same function lays the arrays out twice: first over an arena without
 * memory, which only adds up sizes, then over the block. So the size of a
 * workspace is known before it is taken, and nothing is taken afterwards. Under
 * AddressSanitizer there are gaps between the arrays that nobody may touch. */
#ifndef SG_BASE_ARENA_H
#define SG_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SG__ARENA_GAPS 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define SG__ARENA_GAPS 1
#endif
#ifdef SG__ARENA_GAPS
#include <sanitizer/asan_interface.h>
#define SG__ARENA_GAP 64
#else
#define SG__ARENA_GAP 0
#define ASAN_POISON_MEMORY_REGION(at, bytes) ((void)(at), (void)(bytes))
#endif

/* Alignment of every array: a cache line, and the widest register. */
#define SG__ALIGNMENT 64

typedef struct sg__arena {
    char *base;  /* NULL while sizes are added up */
    size_t used; /* SIZE_MAX once they no longer fit size_t */
    void *block; /* what base lies in */
} sg__arena;

/* sg__arena_take: count elements of size bytes; NULL while measuring. */
static inline void *sg__arena_take(sg__arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > (SIZE_MAX / 2) / size) {
        arena->used = SIZE_MAX;
        return NULL;
    }
    size_t bytes =
        (count * size + SG__ALIGNMENT - 1) / SG__ALIGNMENT * SG__ALIGNMENT +
        SG__ARENA_GAP;
    if (arena->used > SIZE_MAX / 2 - bytes) {
        arena->used = SIZE_MAX;
        return NULL;
    }
    char *memory = arena->base ? arena->base + arena->used : NULL;
    arena->used += bytes;
    if (memory)
        ASAN_POISON_MEMORY_REGION(memory + bytes - SG__ARENA_GAP,
                                  SG__ARENA_GAP);
    return memory;
}

/* sg__arena_allocate: the block for an arena that has been measured; used
 * starts again at 0. Zeroed, by the system if it is large, so that a page
 * comes to lie near the processor that first uses it. False if there is no
 * memory.
 * sg__arena_free: of one that may have none. */
int sg__arena_allocate(sg__arena *arena);
void sg__arena_free(sg__arena *arena);

#endif
