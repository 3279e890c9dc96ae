/* IDX files (MNIST and its relatives): big-endian magic 00 00 type ndim, then
 * ndim sizes of 4 bytes, then the items. */
#ifndef SG_DATA_IDX_H
#define SG_DATA_IDX_H

#include "data/data.h"
#include "data/source.h"

#define SG__IDX_DIMS 4

/* Images: unsigned bytes (type 08), of 3 dimensions, or of 4 with channels.
 * Labels: whole numbers 0..65535 of any width (08, 09, 0b, 0c), of 1
 * dimension, or of 2, where the first column counts. */
typedef enum sg__idx_kind { SG__IDX_IMAGES, SG__IDX_LABELS } sg__idx_kind;

typedef struct sg__idx {
    uint32_t dims;
    uint32_t size[SG__IDX_DIMS]; /* those beyond dims are 1 */
    uint64_t begin;              /* of the items in the file */
    /* one of these, which the caller frees */
    uint8_t *bytes;   /* of images, [product of the sizes] */
    uint16_t *labels; /* [size[0]] */
} sg__idx;

/* sg__idx_read: a whole IDX stream of this kind. Memory grows with the bytes
 * that are really there, so a false header cannot cause a large allocation.
 * Errors: SG_E_FORMAT with the offset (magic, type, dimensions, sizes,
 * truncated, trailing bytes, a label out of range), SG_E_IO, SG_E_MEMORY;
 * nothing is left in out then. */
sg_status sg__idx_read(sg__source *source, sg__idx_kind kind, sg__idx *out,
                       sg_error *error);

/* How the axes of images of 4 dimensions follow. */
typedef enum sg__idx_layout {
    SG__IDX_USUAL, /* as NHWC, unless only NCHW would make sense */
    SG__IDX_NHWC,
    SG__IDX_NCHW
} sg__idx_layout;

/* What labels mean, label `base` being class 0, and images. */
typedef struct sg__idx_rule {
    uint32_t base, classes;
    sg__idx_layout layout;
    bool copied; /* pixels are to be changed: files are not mapped */
} sg__idx_rule;

/* sg__idx_images: images alone as data of so many classes, all labels 0. Errors
 * as below. */
sg_status sg__idx_images(sg__source *images, sg__idx_layout layout,
                         uint32_t classes, const char *name, sg_data **out,
                         sg_error *error);

/* sg__idx_pair: images and labels as one data set called name; images in a
 * file that is not packed, as they are wanted, are mapped; what is read
 * of labels belongs to it from here on. SG_E_FORMAT also if the counts differ
 * or a label is none of the classes; SG_E_ARGUMENT if the layout has to be
 * said. */
sg_status sg__idx_pair(sg__source *images, const char *label_name,
                       sg__idx *labels, sg__idx_rule rule, const char *name,
                       sg_data **out, sg_error *error);

#endif
