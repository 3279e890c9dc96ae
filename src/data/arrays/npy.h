/* Arrays of numbers as NumPy writes them (.npy): a magic, a text that says type,
 * order and shape (npy_head.h), then the items. */
#ifndef SG_DATA_ARRAYS_NPY_H
#define SG_DATA_ARRAYS_NPY_H

#include <stdbool.h>
#include <stdint.h>

#include "data/npy_head.h"
#include "data/source.h"

enum { SG__NPY_HEAD_MAX = 1 << 16 /* bytes of the text */ };

/* An array, from its head. */
typedef struct sg__npy {
    char kind;      /* b bool, u and i whole numbers, f IEEE 754 */
    uint32_t width; /* bytes of an item: 1, 2, 4 or 8 */
    bool big;       /* big-endian */
    bool fortran;   /* the first dimension runs fastest */
    uint32_t dims;
    uint64_t size[SG__NPY_DIMS]; /* those beyond dims are 1 */
    uint64_t begin;              /* byte of the first item */
} sg__npy;

/* sg__npy_open: reads what comes before the items, and whether as many bytes
 * as they are may be read. Versions 1 to 3. SG_E_FORMAT with the offset, and
 * the errors of the source. */
sg_status sg__npy_open(sg__source *source, sg__npy *out, sg_error *error);

/* sg__npy_items: how many; they are known to fit into 64 bits. */
uint64_t sg__npy_items(const sg__npy *npy);

/* sg__npy_name: the name of its type, "float32 (big-endian)". */
const char *sg__npy_name(const sg__npy *npy, char text[32]);

/* sg__npy_end: SG_E_FORMAT if there is more behind the last item. */
sg_status sg__npy_end(sg__source *source, sg_error *error);

#endif
