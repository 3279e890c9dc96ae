/* Finding the files of a data set in a folder, and saying in one line what is
 * there instead. */
#ifndef SG_DATA_FOLDER_H
#define SG_DATA_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "data/source.h"

/* What a file may be called, the usual name first. */
typedef struct sg__names {
    size_t count;
    char name[48][72];
} sg__names;

/* sg__names_add: another one, from a format. */
void sg__names_add(sg__names *names, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A sign of something else: a name in the folder and what it tells. */
typedef struct sg__sign {
    const char *pattern; /* of fnmatch */
    const char *meaning;
} sg__sign;

/* Where the files of a data set are looked for, and signs of others. */
typedef struct sg__places {
    const char *const *below; /* folders in the one given, "" itself; NULL */
    const sg__sign *sign;     /* ends with a NULL pattern */
} sg__places;

/* sg__folder_find: the path, in new memory, of the first regular file by one
 * of the names; a folder of such a name is looked into for the same name.
 * Errors: SG_E_MISSING, SG_E_IO (not permitted, not a folder), SG_E_MEMORY;
 * the detail says what is there instead. */
sg_status sg__folder_find(const char *folder, const sg__places *places,
                          const sg__names *names, char **out, sg_error *error);

/* sg__folder_has: whether sg__folder_find would find one. */
bool sg__folder_has(const char *folder, const sg__places *places,
                    const sg__names *names);

/* sg__sniff: what a file that begins with these bytes is, if it is something
 * that data are often mistaken for; else NULL. */
const char *sg__sniff(const uint8_t *head, size_t size);

/* sg__sniff_pytorch: whether it is a file of PyTorch, which is a zip. */
bool sg__sniff_pytorch(const uint8_t *head, size_t size);

/* sg__sniff_source: the same of what source reads next; "" if it is nothing
 * known, else ", which is ...". Reads up to 512 bytes behind `size` bytes of
 * head, which have been read. */
const char *sg__sniff_source(sg__source *source, const uint8_t *head,
                             size_t size, char text[64]);

#endif
