/* The checksum of a checkpoint: 16 hex digits in its header, XXH64 of the
 * whole file with zeros in their place. It finds damage, not malice: whoever
 * writes a file can write the digits as well. */
#ifndef SG_IO_CHECKSUM_H
#define SG_IO_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* sg__checksum_check: whether a file in memory has the right checksum. name
 * is for errors: SG_E_FORMAT, damaged or none; SG_E_MEMORY. */
sg_status sg__checksum_check(const uint8_t *bytes, size_t size,
                             const char *name, sg_error *error);

/* sg__checksum_seal: writes the right checksum into a file in memory.
 * SG_E_FORMAT if it has no place for one; SG_E_MEMORY. */
sg_status sg__checksum_seal(uint8_t *bytes, size_t size, const char *name,
                            sg_error *error);

#endif
