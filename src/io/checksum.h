/* The checksum of a checkpoint: 16 hex digits in its header, XXH64 of the file
 * in its canonical form, that of sg__safetensors_create, with zeros in their
 * place. It finds damage, not malice: whoever writes a file can write the
 * digits as well. */
#ifndef SG_IO_CHECKSUM_H
#define SG_IO_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SG__CHECKSUM_TEXT 17 /* bytes of the digits as text */

/* sg__checksum_of: the right digits of a canonical file in memory, and those
 * that it has. name is for errors: SG_E_FORMAT if it has none, or is not
 * canonical; SG_E_MEMORY. */
sg_status sg__checksum_of(const uint8_t *bytes, size_t size, const char *name,
                          char right[SG__CHECKSUM_TEXT],
                          char found[SG__CHECKSUM_TEXT], sg_error *error);

/* sg__checksum_seal: writes the right checksum into a file in memory.
 * SG_E_FORMAT if it has no place for one; SG_E_MEMORY. */
sg_status sg__checksum_seal(uint8_t *bytes, size_t size, const char *name,
                            sg_error *error);

#endif
