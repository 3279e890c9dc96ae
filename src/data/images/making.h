/* What the parts of the reader of pictures share: a data set in the making.
 * decode.c reads files and decodes pictures, packed.c goes through archives,
 * fingerprint.c says what a cache has to be of; images.c leads them. */
#ifndef SPIKEGRAD_DATA_IMAGES_MAKING_H
#define SPIKEGRAD_DATA_IMAGES_MAKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/threads.h"
#include "data/images/cache.h"
#include "data/images/listing.h"
#include "data/images/picture.h"
#include "data/reader.h"

enum { SG__PICTURE_FILE_MAX = 1 << 25 }; /* bytes of a file */

/* A data set in the making. */
typedef struct sg__making {
    const sg__request *request;
    sg__picture_form form;
    uint32_t percent;
    bool packed;     /* path is an archive */
    sg__shots shots; /* of both splits */
    size_t first;    /* of the split among them */
    sg__album album;
    uint8_t *pixels;
    size_t sample_bytes;
} sg__making;

/* Bytes of a picture. */
typedef struct sg__block {
    uint8_t *bytes;
    size_t size, room;
} sg__block;

/* sg__images_form: from the first of all pictures the shape of a sample, and
 * room for all of the split. */
sg_status sg__images_form(sg__making *m, const sg__block *b, sg_error *error);

/* sg__images_decode: pictures that were unpacked, given[0..count-1], each into
 * its place of the split, by all threads. The first that is refused is named,
 * whoever came upon it. */
sg_status sg__images_decode(sg__making *m, const sg__block *given,
                            const size_t *place, size_t count,
                            sg__threads *threads, sg_error *error);

/* sg__images_read_files: all pictures of the split, which are files. */
sg_status sg__images_read_files(sg__making *m, sg__threads *threads,
                                sg_error *error);

/* sg__images_list_archive, sg__images_read_archive: the pictures in an archive,
 * and those of the split, decoded. */
sg_status sg__images_list_archive(const sg__making *m, sg__shots *out,
                                  sg_error *error);
sg_status sg__images_read_archive(sg__making *m, sg__threads *threads,
                                  sg_error *error);

/* sg__images_fingerprint: what decides the pixels, but for what is in the
 * files. */
sg_status sg__images_fingerprint(const sg__making *m, sg__fingerprint *f,
                                 sg_error *error);

#endif
