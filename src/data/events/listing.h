/* The recordings below a folder: one folder for each class, in folders train
 * and test or without. */
#ifndef SG_DATA_EVENTS_LISTING_H
#define SG_DATA_EVENTS_LISTING_H

#include "data/events/stream.h"
#include "data/reader.h"

enum { SG__CLASSES_MAX = 1000 };

typedef struct sg__recording {
    char *path; /* below the folder */
    uint32_t class;
    bool test; /* in the folder test, or chosen for it */
    uint32_t rank;
} sg__recording;

typedef struct sg__listing {
    sg__recording *at; /* by their paths, in the order of bytes */
    uint32_t count, room;
    char *class
        [SG__CLASSES_MAX]; /* names: as numbers if all are, or as bytes */
    uint32_t classes;
    bool divided; /* into train and test, by folders */
} sg__listing;

/* sg__listing_read: everything below path that has the name of a recording.
 * Folders and files that begin with a dot are none. SG_E_MISSING if there is
 * none; SG_E_IO, SG_E_FORMAT (too many classes), SG_E_MEMORY. */
sg_status sg__listing_read(const char *path, sg__listing *out,
                           sg_error *error);

/* sg__listing_divide: into train and test as the request's options say, or as
 * the folders do. SG_E_ARGUMENT. */
sg_status sg__listing_divide(sg__listing *list, const sg__request *request,
                             sg_error *error);

/* sg__listing_select: only one split is kept, the first of each class in front,
 * then the second of each, and so on. SG_E_MISSING if it is empty. */
sg_status sg__listing_select(sg__listing *list, const sg__request *request,
                             sg_error *error);

void sg__listing_free(sg__listing *list);

#endif
