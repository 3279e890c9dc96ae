/* Arrays as images and labels: which axis is what, how numbers become bytes
 * and classes. */
#ifndef SG_DATA_ARRAYS_ARRAYS_H
#define SG_DATA_ARRAYS_ARRAYS_H

#include "data/arrays/levels.h"
#include "data/arrays/npy.h"
#include "data/reader.h"

/* How arrays are to be read, from the options of a request. */
typedef struct sg__array_form {
    const char *layout; /* "NHWC", ...; NULL: by the number of dimensions */
    sg__range range;    /* given or not */
    uint64_t limit;     /* bytes of pixels */
} sg__array_form;

/* sg__array_form_read: SG_E_ARGUMENT for a layout or range that is none. */
sg_status sg__array_form_read(const sg__request *request, sg__array_form *out,
                              sg_error *error);

/* Images or labels of a split, read; empty at first. */
typedef struct sg__images {
    uint32_t count, height, width, channels;
    uint8_t *pixels; /* [count][height][width][channels], owned */
    uint64_t begin;  /* of the file that is mapped, if there are no pixels */
} sg__images;

typedef struct sg__classes {
    uint32_t count;
    uint32_t *labels; /* [count], owned */
    uint32_t most;    /* the largest */
} sg__classes;

/* sg__array_images: reads a whole .npy as images. With `bare`, what can be
 * used as it lies in the file, bytes in the order of images, is not read:
 * pixels is NULL and begin says where they are. Memory grows with what is
 * there, up to the limit. SG_E_FORMAT (head; axes; a number beyond the range:
 * its sample), SG_E_MEMORY, errors of the source. */
sg_status sg__array_images(sg__source *source, const sg__array_form *form,
                           bool bare, sg__images *out, sg_error *error);

/* sg__array_labels: reads a whole .npy of whole numbers 0..65535, N or N,1. */
sg_status sg__array_labels(sg__source *source, sg__classes *out,
                           sg_error *error);

/* A file of images, as sg__reader has it. */
bool sg__array_claims(const char *path, const uint8_t head[SG__FILE_HEAD]);
sg_status sg__array_open(const sg__file *file, sg_data **out, sg_error *error);

#define SG__ARRAY_OPTIONS                                                      \
    {"layout", "AXES",                                                         \
     "order of the axes: NHW, NHWC, NCHW, or of signals NL, NLC, NCL; needed " \
     "where it is not plain: a sample of 3 axes is not"},                      \
        {"range", "LOW:HIGH",                                                  \
         "numbers that are black and white, beyond which they are cut off; "   \
         "else 0:255 of whole numbers and 0:1 of real ones, and none may be "  \
         "beyond"},                                                            \
    {                                                                          \
        "classes", "N",                                                        \
            "classes, as many as the labels of both splits show if it is not " \
            "given"                                                            \
    }

#endif
