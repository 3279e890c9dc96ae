/* Files in memory without being read: mapped, a page at a time as they are
 * looked at. */
#ifndef SG_DATA_MAP_H
#define SG_DATA_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct sg__map {
    const uint8_t *bytes; /* NULL: nothing is mapped */
    size_t size;
} sg__map;

/* sg__map_open: the regular file at path, to be read only. A program that
 * shortens the file meanwhile takes the bytes away: it replaces it, or waits.
 * Errors: SG_E_MISSING, SG_E_IO (also what is no regular file, or empty),
 * SG_E_MEMORY. */
sg_status sg__map_open(const char *path, sg__map *out, sg_error *error);

void sg__map_close(sg__map *map);

#endif
