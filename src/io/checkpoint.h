/* Checkpoints: the whole state of a network and its run in one safetensors
 * file (docs/checkpoint-format.md). Equal states give equal bytes; a file
 * that was damaged anywhere is refused. A build without SPIKEGRAD_FILES has
 * save and load alone, and they return SG_E_UNSUPPORTED. */
#ifndef SG_IO_CHECKPOINT_H
#define SG_IO_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "network/network.h"

/* sg__checkpoint_save: net to path, as sg_replacement does it, part by
 * part: no copy of the network is made.
 * Errors: SG_E_IO, path is as it was; SG_E_MEMORY; SG_E_UNSUPPORTED. */
sg_status sg__checkpoint_save(const sg_network *net, const char *path,
                              sg_error *error);

/* sg__checkpoint_load: the network of the file path; *out is NULL on failure.
 * Errors: SG_E_IO, SG_E_FORMAT, SG_E_MEMORY, SG_E_UNSUPPORTED. */
sg_status sg__checkpoint_load(const char *path, sg_network **out,
                              sg_error *error);

/* sg__checkpoint_load_edited: as sg_network_load_edited.
 * sg__checkpoint_parse_edited: the same of a file that is in memory. */
sg_status sg__checkpoint_load_edited(const char *path, uint64_t *differs,
                                     sg_network **out, sg_error *error);
sg_status sg__checkpoint_parse_edited(const uint8_t *bytes, size_t size,
                                      const char *name, uint64_t *differs,
                                      sg_network **out, sg_error *error);

/* sg__checkpoint_serialise: the file that sg__checkpoint_save writes, in
 * memory, *size bytes at *bytes (freed by the caller). Errors: SG_E_MEMORY. */
sg_status sg__checkpoint_serialise(const sg_network *net, const char *name,
                                   uint8_t **bytes, size_t *size,
                                   sg_error *error);

/* sg__checkpoint_parse: the network of a file that is in memory.
 *
 * name  of the file, for errors, which are one line of printable text
 *       whatever the file holds
 * Memory is bounded by the size of the file (and of its header, 1 MiB). */
sg_status sg__checkpoint_parse(const uint8_t *bytes, size_t size,
                               const char *name, sg_network **out,
                               sg_error *error);

#endif
