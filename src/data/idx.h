/* IDX files (MNIST and its relatives): big-endian magic 00 00 type ndim, then
 * ndim sizes of 4 bytes, then the items. Only unsigned bytes (type 08). */
#ifndef SG_DATA_IDX_H
#define SG_DATA_IDX_H

#include "data/data.h"
#include "data/source.h"

#define SG__IDX_DIMS 3

typedef struct sg__idx {
    uint32_t size[SG__IDX_DIMS];
    uint8_t *bytes; /* product of the sizes; the caller frees it */
} sg__idx;

/* sg__idx_read: a whole IDX stream of unsigned bytes with dims dimensions,
 * 1..SG__IDX_DIMS. Memory grows with the bytes that are really there, so a
 * false header cannot cause a large allocation.
 * Errors: SG_E_FORMAT with the offset (magic, type, dimensions, sizes,
 * truncated, trailing bytes), SG_E_IO, SG_E_MEMORY; out->bytes is then NULL.
 */
sg_status sg__idx_read(sg__source *source, uint32_t dims, sg__idx *out,
                       sg_error *error);

/* sg__idx_pair: images (3 dimensions) and labels (1 dimension, 0..9) as one
 * data set called name. SG_E_FORMAT also if the counts differ or a label is
 * out of range. */
sg_status sg__idx_pair(sg__source *images, sg__source *labels,
                       const char *name, sg_data **out, sg_error *error);

/* sg__mnist_open: the split in folder dir, each file under its distributed
 * name, with or without .gz, train-images-idx3-ubyte or with a dot,
 * train-images.idx3-ubyte. */
sg_status sg__mnist_open(const char *spec, const char *dir, sg_split split,
                         sg_data **out, sg_error *error);

#endif
