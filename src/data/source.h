/* A stream of bytes to parse: a file, plain or gzip, or a block of memory.
 *
 * Readers see one interface, so the fuzzer drives from memory the very code
 * that reads files. Offsets count uncompressed bytes. gzip needs a build with
 * SPIKEGRAD_FILES (zlib). */
#ifndef SG_DATA_SOURCE_H
#define SG_DATA_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Most bytes of samples a reader takes into memory: 1 GiB. A compressed file
 * can claim and deliver far more than it occupies. */
#define SG__DATA_BYTES_MAX ((uint64_t)1 << 30)

typedef struct sg__source {
    const char *name; /* for details; not owned */
    uint64_t offset;  /* of the next byte */
    void *file;       /* of zlib or stdio; NULL for memory */
    const uint8_t *memory;
    size_t size; /* of memory */
} sg__source;

/* sg__source_open: opens the file at path, which must outlive the source.
 * Errors: SG_E_IO, SG_E_MEMORY, SG_E_UNSUPPORTED (gzip without zlib). */
sg_status sg__source_open(const char *path, sg__source *out, sg_error *error);

/* sg__source_memory: reads size bytes that must outlive the source. */
void sg__source_memory(const char *name, const uint8_t *bytes, size_t size,
                       sg__source *out);

/* sg__source_read: reads up to want bytes to `to`; *got < want only at the
 * end. Errors: SG_E_IO, SG_E_MEMORY, SG_E_FORMAT (broken gzip stream). */
sg_status sg__source_read(sg__source *source, uint8_t *to, size_t want,
                          size_t *got, sg_error *error);

/* sg__source_exact: reads want bytes; SG_E_FORMAT if the end comes first,
 * with what is being read in the detail. */
sg_status sg__source_exact(sg__source *source, uint8_t *to, size_t want,
                           const char *what, sg_error *error);

void sg__source_close(sg__source *source);

/* sg__path_join: dir/prefix+suffix in new memory, or NULL. */
char *sg__path_join(const char *dir, const char *prefix, const char *suffix);

#endif
