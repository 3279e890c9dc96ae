/* Whole files: reading with a limit, and replacing so that a crash, a full
 * disk or a signal leaves either the old file or the new one, never a part. */
#ifndef SG_IO_FILE_H
#define SG_IO_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* sg__file_read: the whole of a regular file into *bytes (freed by the
 * caller), *size bytes long.
 * Errors: SG_E_IO unreadable or not a regular file; SG_E_FORMAT longer than
 * limit, found before anything is allocated; SG_E_MEMORY. */
sg_status sg__file_read(const char *path, uint64_t limit, uint8_t **bytes,
                        size_t *size, sg_error *error);

/* sg__file_head: the first bytes of a regular file, at most `most`, into *bytes
 * (freed by the caller), *length of them; *size is that of the whole file.
 * Errors: as sg__file_read. */
sg_status sg__file_head(const char *path, size_t most, uint64_t limit,
                        uint8_t **bytes, size_t *length, size_t *size,
                        sg_error *error);

/* sg__file_append: n bytes where the descriptor of path stands.
 * sg__file_patch: n bytes from byte `at` on, in place of what is there.
 * Errors: SG_E_IO with path and reason. */
sg_status sg__file_append(int fd, const char *path, const uint8_t *bytes,
                          size_t n, sg_error *error);
sg_status sg__file_patch(int fd, const char *path, size_t at,
                         const uint8_t *bytes, size_t n, sg_error *error);

#endif
