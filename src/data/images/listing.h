/* The pictures of a data set: which there are, of which class, in which order.
 *
 * A path below what is given is CLASS/FILE, or SPLIT/CLASS/FILE where SPLIT is
 * train or training, test or testing, or, where there is no test, val, valid
 * or validation. Folders that all have in common in front of that do not
 * count. Classes are in the order of their names, by value if all are numbers,
 * else by bytes; pictures in the order of their own names by bytes, of one
 * name in that of their classes. */
#ifndef SG_DATA_IMAGES_LISTING_H
#define SG_DATA_IMAGES_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { SG__IMAGE_CLASSES_MAX = 10000 };

/* A picture. file is its own name within path. */
typedef struct sg__shot {
    char *path; /* below the folder, or in the archive; owned */
    const char *file;
    uint32_t class;
    bool test;
    uint64_t size;
    int64_t seconds, nanoseconds; /* when it was changed last */
} sg__shot;

typedef struct sg__shots {
    sg__shot *at;
    size_t count, room;
    char **class; /* names, in order */
    uint32_t classes;
    bool divided; /* into folders train and test */
} sg__shots;

/* sg__shots_of_folder: all that is below a folder, in no order. A link that
 * leads back to a folder above itself, folders more than 4 deep, and pictures
 * of kinds that are not read are SG_E_FORMAT; other files are passed over, as
 * are names that begin with a dot. SG_E_MISSING, SG_E_IO, SG_E_MEMORY. */
sg_status sg__shots_of_folder(const char *folder, sg__shots *out,
                              sg_error *error);

/* sg__shots_add: another one, for who knows where from; what is no picture is
 * passed over. */
sg_status sg__shots_add(sg__shots *shots, const char *root, const char *path,
                        const sg__shot *facts, sg_error *error);

/* sg__shots_arrange: finds classes and splits from the paths and puts all in
 * order, training first. With percent > 0, and no test folder, of each
 * class picture i is for tests where floor((i + 1) percent / 100) is above
 * floor(i percent / 100). SG_E_FORMAT, SG_E_MISSING (no pictures),
 * SG_E_ARGUMENT (percent, and there is a test folder). */
sg_status sg__shots_arrange(sg__shots *shots, const char *root,
                            uint32_t percent, sg_error *error);

void sg__shots_free(sg__shots *shots);

#endif
