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

/* sg__checksum_seal: writes the right checksum into a file in memory.
 * SG_E_FORMAT if it has no place for one; SG_E_MEMORY. */
sg_status sg__checksum_seal(uint8_t *bytes, size_t size, const char *name,
                            sg_error *error);

/* A checksum that is taken while a file goes by. */
typedef struct sg__sealing {
    size_t at; /* of the digits, from the start of the file */
    void *state;
} sg__sealing;

/* sg__sealing_begin: of a file with this head, its digits whatever they are.
 * Errors as sg__checksum_seal; then nothing is to be ended.
 * sg__sealing_add: the n bytes that come next.
 * sg__sealing_end: the right digits; frees what begin has made. */
sg_status sg__sealing_begin(const uint8_t *head, size_t size, const char *name,
                            sg__sealing *out, sg_error *error);
void sg__sealing_add(sg__sealing *s, const uint8_t *bytes, size_t n);
void sg__sealing_end(sg__sealing *s, char text[SG__CHECKSUM_TEXT]);

#endif
