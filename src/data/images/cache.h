/* Decoded pictures in one file, which is mapped the next time: little-endian,
 *
 *     0   "SGIMAGE1"
 *     8   u32 size, height, width, channels, classes, bytes of names
 *     32  u64 u64 fingerprint of what the pictures were made from
 *     48  u64 hash of all before it and of labels and names
 *     56  labels, u16 each; names of classes, each with a 0 at its end
 *     P   pixels, P a multiple of 64; the file ends with them
 *
 * The fingerprint is of names, sizes and times of the files and of the options
 * that decide what is made of them. */
#ifndef SG_DATA_IMAGES_CACHE_H
#define SG_DATA_IMAGES_CACHE_H

#include <stdbool.h>

#include "data/data.h"

typedef struct sg__fingerprint {
    uint64_t word[2];
} sg__fingerprint;

/* sg__fingerprint_begin / _add: FNV-1a, forwards from two different bases. */
void sg__fingerprint_begin(sg__fingerprint *f);
void sg__fingerprint_add(sg__fingerprint *f, const void *bytes, size_t size);
void sg__fingerprint_number(sg__fingerprint *f, uint64_t number);

/* What is kept. */
typedef struct sg__album {
    sg_data_info info; /* without a name */
    uint16_t *labels;  /* [info.size], owned */
    char **class;      /* [info.classes], NULL or owned with its texts */
} sg__album;

/* sg__cache_open: *found: there is a cache at path, whole, with this
 * fingerprint; the map is open then, and pixels begin at *begin. What is not
 * like that is not found, which is no error. SG_E_MEMORY; SG_E_FORMAT: a file
 * that is no cache, and that is not to be replaced. */
sg_status sg__cache_open(const char *path, const sg__fingerprint *fingerprint,
                         sg__album *out, sg__map *map, size_t *begin,
                         bool *found, sg_error *error);

/* sg__cache_write: replaces path, whole or not at all. SG_E_IO, SG_E_MEMORY. */
sg_status sg__cache_write(const char *path, const sg__fingerprint *fingerprint,
                          const sg__album *album, const uint8_t *pixels,
                          sg_error *error);

/* sg__cache_read: the same of a file in memory: *right says whether it is whole
 * and of this fingerprint. The album is to be freed in any case. */
sg_status sg__cache_read(const sg__map *map,
                         const sg__fingerprint *fingerprint, sg__album *out,
                         size_t *begin, bool *right, sg_error *error);

/* sg__cache_seal: writes the right hash into what is a cache but for that. */
void sg__cache_seal(uint8_t *bytes, size_t size);

void sg__album_free(sg__album *album);

#endif
