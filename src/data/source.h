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

/* Most bytes of samples a reader takes into memory unless it is told to take
 * more: 1 GiB. A compressed file can claim and deliver far more than it
 * occupies: without being told no more than 64 MiB or 100 times its size,
 * whichever is more. */
#define SG__DATA_BYTES_MAX ((uint64_t)1 << 30)
#define SG__PACKED_BYTES_MAX ((uint64_t)1 << 26)
#define SG__PACKED_RATIO_MAX 100

typedef struct sg__source sg__source;

/* Reads up to want bytes; *got == 0 at the end. */
typedef sg_status (*sg__pull_fn)(sg__source *source, uint8_t *to, size_t want,
                                 size_t *got, sg_error *error);

struct sg__source {
    const char *name; /* for details; not owned */
    uint64_t offset;  /* of the next byte */
    uint64_t limit;   /* bytes that may be read */
    uint64_t length;  /* of all of it, if known */
    bool known, plain;
    void *file;       /* of zlib, of stdio (plain), of pull; NULL for memory */
    sg__pull_fn pull; /* NULL: file is this room's own */
    const uint8_t *memory;
};

/* sg__gzip_is: whether a file that begins with these bytes is one of gzip: its
 * magic and the only method there is. Without the method a recording may begin
 * so, with an event at x 31, y 139. */
bool sg__gzip_is(const uint8_t *head, size_t size);

/* sg__packed_limit: bytes that a compressed file of this size may deliver
 * without being asked for. */
uint64_t sg__packed_limit(uint64_t size);

/* sg__source_open: opens the regular file at path, which must outlive the
 * source. limit bytes of it may be read; 0 is the rule above.
 * Errors: SG_E_MISSING; SG_E_IO, also for what is no regular file (nothing
 * else is opened); SG_E_MEMORY; SG_E_UNSUPPORTED (gzip without zlib). */
sg_status sg__source_open(const char *path, uint64_t limit, sg__source *out,
                          sg_error *error);

/* sg__source_memory: reads size bytes that must outlive the source. */
void sg__source_memory(const char *name, const uint8_t *bytes, size_t size,
                       sg__source *out);

/* sg__source_pulled: reads what pull gives, of which file is the handle; at
 * most limit bytes. length is what is known of it, or 0. */
void sg__source_pulled(const char *name, sg__pull_fn pull, void *file,
                       uint64_t limit, uint64_t length, sg__source *out);

/* sg__source_read: reads up to want bytes to `to`; *got < want only at the
 * end. Errors: SG_E_IO, SG_E_MEMORY, SG_E_FORMAT (broken gzip stream, or more
 * than the limit). */
sg_status sg__source_read(sg__source *source, uint8_t *to, size_t want,
                          size_t *got, sg_error *error);

/* sg__source_exact: reads want bytes; SG_E_FORMAT if the end comes first,
 * with what is being read in the detail. */
sg_status sg__source_exact(sg__source *source, uint8_t *to, size_t want,
                           const char *what, sg_error *error);

/* sg__source_admit: SG_E_FORMAT unless `bytes` more may be read, as far as is
 * known before they are; so that a header is not believed. */
sg_status sg__source_admit(const sg__source *source, uint64_t bytes,
                           const char *what, sg_error *error);

void sg__source_close(sg__source *source);

/* sg__path_join: dir/prefix+suffix in new memory, or NULL. Without a dir, or
 * a prefix and suffix, what there is of them. */
char *sg__path_join(const char *dir, const char *prefix, const char *suffix);

#endif
