/* The head of a .npy file, of numbers; see npy.h. */
#include "data/arrays/npy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/folder.h"

static sg_status expected(const sg__source *source, uint64_t at,
                          const char *what, sg_error *error)
{
    return sg__fail(error, SG_E_FORMAT,
                    "%.160s: byte %" PRIu64 ": expected %s", source->name, at,
                    what);
}

/* What the head says, if it is an array of numbers with at least one item.
 * begin: byte of the file at which the text begins. */
static sg_status take_head(const sg__source *source, const sg__npy_head *head,
                           uint64_t begin, sg__npy *out, sg_error *error)
{
    const uint64_t at = begin + head->type_at;
    const uint32_t width = head->type.width;
    const char kind = head->type.kind;
    if (head->structured)
        return expected(source, at,
                        "one type, found fields: a structured array", error);
    if (!(width == 1 || width == 2 || width == 4 || width == 8) ||
        !(kind == 'u' || kind == 'i' || (kind == 'f' && width != 1) ||
          (kind == 'b' && width == 1)))
        return expected(source, at,
                        "a type of bool, uint8 to int64 or float16 to "
                        "float64",
                        error);
    for (uint32_t d = 0; d < head->dims; d++)
        if (head->size[d] == 0)
            return expected(source, begin + head->size_at[d],
                            "a size of 1..4294967295", error);
    out->kind = kind;
    out->width = width;
    out->big = head->type.big;
    out->fortran = head->fortran;
    out->dims = head->dims;
    memcpy(out->size, head->size, sizeof out->size);
    return SG_OK;
}

/* Magic, version and the length of the text. */
static sg_status read_magic(sg__source *source, uint32_t *length,
                            sg_error *error)
{
    uint8_t b[12];
    char text[64];
    sg_status status = sg__source_exact(source, b, 8, "NPY magic", error);
    if (status)
        return status;
    if (memcmp(b, "\x93NUMPY", 6) != 0)
        return sg__fail(error, SG_E_FORMAT,
                        "%.140s: byte 0: magic %02x %02x %02x %02x, expected "
                        "93 4e 55 4d 50 59 (NUMPY)%s",
                        source->name, b[0], b[1], b[2], b[3],
                        sg__sniff_source(source, b, 8, text));
    if (b[6] < 1 || b[6] > 3)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: byte 6: version %u, expected 1..3", source->name,
                        b[6]);
    status = sg__source_exact(source, b + 8, sg__npy_prefix(b) - 8,
                              "NPY length", error);
    if (status)
        return status;
    *length = sg__npy_length(b);
    if (*length > SG__NPY_HEAD_MAX)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: byte 8: a head of %u bytes, expected at most %d",
                        source->name, *length, SG__NPY_HEAD_MAX);
    return SG_OK;
}

uint64_t sg__npy_items(const sg__npy *npy)
{
    uint64_t items = 1;
    for (uint32_t d = 0; d < SG__NPY_DIMS; d++)
        items *= npy->size[d];
    return items;
}

/* SG_OK if the bytes of all items may be there. */
static sg_status admit(sg__source *source, const sg__npy *npy, sg_error *error)
{
    uint64_t bytes = npy->width;
    for (uint32_t d = 0; d < npy->dims; d++) {
        if (bytes > (UINT64_MAX >> 2) / npy->size[d]) {
            bytes = UINT64_MAX >> 2;
            break;
        }
        bytes *= npy->size[d];
    }
    return sg__source_admit(source, bytes, "items", error);
}

sg_status sg__npy_open(sg__source *source, sg__npy *out, sg_error *error)
{
    uint32_t length = 0;
    *out = (sg__npy){.kind = 'u', .width = 1};
    sg_status status = read_magic(source, &length, error);
    if (status)
        return status;
    char *text = malloc(length + 1);
    if (!text)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", source->name);
    sg__npy_head head;
    const char *wanted;
    size_t at;
    const uint64_t begin = source->offset;
    status =
        sg__source_exact(source, (uint8_t *)text, length, "NPY head", error);
    if (!status && !sg__npy_parse(text, length, &head, &at, &wanted))
        status = expected(source, begin + at, wanted, error);
    else if (!status)
        status = take_head(source, &head, begin, out, error);
    free(text);
    out->begin = source->offset;
    return status ? status : admit(source, out, error);
}

const char *sg__npy_name(const sg__npy *npy, char text[32])
{
    const char *kind = npy->kind == 'b'   ? "bool"
                       : npy->kind == 'u' ? "uint"
                       : npy->kind == 'i' ? "int"
                                          : "float";
    if (npy->kind == 'b')
        snprintf(text, 32, "%s", kind);
    else
        snprintf(text, 32, "%s%u%s", kind, 8 * npy->width,
                 npy->big ? " (big-endian)" : "");
    return text;
}

sg_status sg__npy_end(sg__source *source, sg_error *error)
{
    uint8_t extra;
    size_t got;
    uint64_t end = source->offset;
    sg_status status = sg__source_read(source, &extra, 1, &got, error);
    if (!status && got)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: byte %" PRIu64 ": the file goes on after its "
                        "last item",
                        source->name, end);
    return status;
}
