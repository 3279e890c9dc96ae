/* Files: read in parts, whatever their size, and written. How one is replaced
 * is in spikegrad/file.h. */
#ifndef SG_IO_FILE_H
#define SG_IO_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/status.h"

/* A file of which parts are looked at: one on disk, or one in memory. */
typedef struct sg__parts {
    const char *path; /* for errors */
    size_t size;      /* of the whole */
    const uint8_t *memory;
    int fd;                  /* if it is not in memory, -1 otherwise */
    struct timespec changed; /* the file, when it was opened */
    uint8_t *buffer;         /* [SG__PART] or as many as the file has */
} sg__parts;

/* What can be looked at at once. */
#define SG__PART (((size_t)1 << 20) + 4096)

/* sg__parts_open: of a regular file. All fields are set, whatever is returned.
 * Errors: SG_E_IO unreadable or not a regular file; SG_E_FORMAT longer than
 * limit, found before anything is allocated; SG_E_MEMORY.
 * sg__parts_of_memory: of size bytes that outlive what is made of them. */
sg_status sg__parts_open(const char *path, uint64_t limit, sg__parts *out,
                         sg_error *error);
sg__parts sg__parts_of_memory(const uint8_t *bytes, size_t size,
                              const char *name);

/* sg__parts_at: n bytes from byte `at` on, which the file has, n <= SG__PART.
 * They stay until the next call. Errors: SG_E_IO. */
sg_status sg__parts_at(sg__parts *parts, size_t at, size_t n,
                       const uint8_t **bytes, sg_error *error);

/* sg__parts_unchanged: SG_E_IO if the file has been written to since it was
 * opened, so that what was seen of it may not belong together. */
sg_status sg__parts_unchanged(const sg__parts *parts, sg_error *error);

void sg__parts_close(sg__parts *parts);

/* sg__file_append: n bytes where the descriptor of path stands.
 * sg__file_patch: n bytes from byte `at` on, in place of what is there.
 * Errors: SG_E_IO with path and reason. */
sg_status sg__file_append(int fd, const char *path, const uint8_t *bytes,
                          size_t n, sg_error *error);
sg_status sg__file_patch(int fd, const char *path, size_t at,
                         const uint8_t *bytes, size_t n, sg_error *error);

#endif
