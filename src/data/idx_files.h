/* A file by one of several names, in a folder or in an archive, to be read. */
#ifndef SG_DATA_IDX_FILES_H
#define SG_DATA_IDX_FILES_H

#include "data/archive.h"
#include "data/folder.h"
#include "data/gunzip.h"

/* A file that is open. */
typedef struct sg__found {
    char *path; /* in new memory: what errors call it */
    sg__source source;
    /* of an archive: it, the file as it lies there, and gzip's unpacking */
    sg__archive *archive;
    sg__source packed;
    sg__gunzip *gunzip;
} sg__found;

/* sg__found_open: the first of the names that is there. In an archive any
 * folder will do, and what ends with .gz is unpacked. limit as in source.h.
 * Errors: those of sg__folder_find, sg__source_open, sg__archive_open. To be
 * closed in any case. */
sg_status sg__found_open(const char *path, const sg__places *places,
                         const sg__names *names, uint64_t limit,
                         sg__found *out, sg_error *error);
void sg__found_close(sg__found *found);

/* sg__found_is: whether there is one, by the names alone. */
bool sg__found_is(const char *path, const sg__places *places,
                  const sg__names *names);

/* Called with the name of each file of an archive, without its folders. */
typedef void (*sg__name_fn)(const char *name, void *user);

/* sg__archive_names: the files of the archive at path. */
sg_status sg__archive_names(const char *path, uint64_t limit, sg__name_fn fn,
                            void *user, sg_error *error);

#endif
