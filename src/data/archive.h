/* Files packed into one: zip, tar, and tar in gzip, by libarchive
 * (SPIKEGRAD_ARCHIVE). Files are gone through once, in their order, and their
 * bytes come as a source; nothing is unpacked to disk. */
#ifndef SG_DATA_ARCHIVE_H
#define SG_DATA_ARCHIVE_H

#include "data/source.h"

typedef struct sg__archive sg__archive;

/* sg__archive_is: whether there is a regular file at path that begins as an
 * archive does; a file of PyTorch, though a zip, is none. */
bool sg__archive_is(const char *path);

/* sg__archive_open: the archive at path, which must outlive it. All of its
 * files together may deliver limit bytes; 0 is the rule of data/source.h.
 * Errors: SG_E_MISSING, SG_E_IO, SG_E_FORMAT (none of these), SG_E_MEMORY,
 * SG_E_UNSUPPORTED (no libarchive). */
sg_status sg__archive_open(const char *path, uint64_t limit, sg__archive **out,
                           sg_error *error);

/* sg__archive_memory: the same of size bytes, which must outlive it. */
sg_status sg__archive_memory(const char *name, const uint8_t *bytes,
                             size_t size, uint64_t limit, sg__archive **out,
                             sg_error *error);

/* sg__archive_next: goes on to the next regular file; *name is its path in the
 * archive, which stays until the next call, or NULL if there is no more.
 * SG_E_FORMAT with the place. */
sg_status sg__archive_next(sg__archive *archive, const char **name,
                           sg_error *error);

/* sg__archive_source: the bytes of the file that is at hand, to be read before
 * the next one. Its name is "ARCHIVE: FILE". */
void sg__archive_source(sg__archive *archive, sg__source *out);

/* sg__source_all: what is left of a source, in new memory that grows with
 * it. */
sg_status sg__source_all(sg__source *source, uint8_t **bytes, size_t *size,
                         sg_error *error);

void sg__archive_close(sg__archive *archive);

#endif
