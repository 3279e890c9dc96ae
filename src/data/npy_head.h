/* What an array of NumPy says of itself (.npy): the text in front of its items,
 * a Python dictionary of three keys, in memory. Of versions 1 to 3. */
#ifndef SG_DATA_NPY_HEAD_H
#define SG_DATA_NPY_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SG__NPY_DIMS = 4,
    SG__NPY_FIELDS = 64,
    SG__NPY_WIDTH_MAX = 1024 /* bytes of an item */
};

/* A type as "<f4". */
typedef struct sg__npy_type {
    char kind;      /* b, i, u, f, or another letter that is for the caller */
    uint32_t width; /* bytes, at most SG__NPY_WIDTH_MAX */
    bool big;       /* big-endian */
} sg__npy_type;

/* A field of a structured type. */
typedef struct sg__npy_field {
    const char *name; /* [length], within the text */
    size_t length;
    sg__npy_type type;
    uint32_t offset; /* in an item, bytes */
} sg__npy_field;

typedef struct sg__npy_head {
    sg__npy_type type; /* of an item without fields */
    bool structured;
    size_t fields;
    sg__npy_field field[SG__NPY_FIELDS];
    uint32_t row; /* bytes of an item */
    bool fortran; /* the first dimension runs fastest */
    uint32_t dims;
    uint64_t size[SG__NPY_DIMS]; /* those beyond dims are 1 */
    /* where in the text the type and the sizes are, for errors */
    size_t type_at, size_at[SG__NPY_DIMS];
} sg__npy_head;

/* sg__npy_prefix: bytes in front of the text, from the first eight of a file; 0
 * if it is none. The last two or four of them are the text's length. */
size_t sg__npy_prefix(const uint8_t head[8]);

/* sg__npy_length: that of the text, from as many bytes as sg__npy_prefix says. */
uint32_t sg__npy_length(const uint8_t *head);

/* sg__npy_parse: true, and all of out; else *at is where in text something is
 * wrong, and *expected what should be there. */
bool sg__npy_parse(const char *text, size_t size, sg__npy_head *out,
                   size_t *at, const char **expected);

#endif
