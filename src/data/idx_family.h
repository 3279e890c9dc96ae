/* Pairs of IDX files, images and labels of two splits, by their names in a
 * folder. */
#ifndef SG_DATA_IDX_FAMILY_H
#define SG_DATA_IDX_FAMILY_H

#include "data/folder.h"
#include "data/idx.h"
#include "data/reader.h"

enum { SG__STEMS = 3 };

/* What is in front of -images-idx3-ubyte, "train" say, of each split. */
typedef struct sg__idx_family {
    const char *stem[2][SG__STEMS]; /* up to a NULL */
    sg__places places;
    bool turned;          /* images are to be turned: they are copied */
    bool counts_from_one; /* labels without a 0 do, however few they are */
} sg__idx_family;

/* sg__idx_family_open: the split of the request; options are those below. */
sg_status sg__idx_family_open(const sg__request *request,
                              const sg__idx_family *family, sg_data **out,
                              sg_error *error);

/* sg__idx_family_has: whether images of a split are there. */
bool sg__idx_family_has(const char *path, const sg__idx_family *family);

#define SG__IDX_OPTIONS_BUT_BASE                                              \
    {"classes", "N",                                                          \
     "classes, as many as the labels of both splits show if it is not "       \
     "given"},                                                                \
    {                                                                         \
        "layout", "AXES",                                                     \
            "order of the axes of images in colour: NHWC, as "                \
            "if it is not given, or NCHW"                                     \
    }

#define SG__IDX_OPTIONS                                                       \
    SG__IDX_OPTIONS_BUT_BASE,                                                 \
    {                                                                         \
        "base", "B",                                                          \
            "the label of the first class: 1 if they go from 1 to above 9, "  \
            "else 0"                                                          \
    }

#endif
