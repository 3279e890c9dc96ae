/* The head of a .npy file; see npy.h. The dictionary is one that NumPy's
 * header writes: three keys, whose values are a text, a truth and numbers. */
#include "data/arrays/npy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/folder.h"

/* The text of a dictionary while it is read. */
typedef struct cursor {
    const sg__source *source;
    const char *text;
    size_t size, at;
    uint64_t begin; /* byte of the file at which text begins */
    sg_error *error;
} cursor;

static sg_status expected(const cursor *c, const char *what)
{
    return sg__fail(c->error, SG_E_FORMAT,
                    "%.160s: byte %" PRIu64 ": expected %s", c->source->name,
                    c->begin + c->at, what);
}

static char next(cursor *c)
{
    while (c->at < c->size && strchr(" \t\r\n", c->text[c->at]) &&
           c->text[c->at])
        c->at++;
    return c->at < c->size ? c->text[c->at] : '\0';
}

static bool take(cursor *c, char sign)
{
    if (next(c) != sign)
        return false;
    c->at++;
    return true;
}

static bool take_word(cursor *c, const char *word)
{
    size_t length = strlen(word);
    (void)next(c);
    if (c->size - c->at < length || memcmp(c->text + c->at, word, length) != 0)
        return false;
    c->at += length;
    return true;
}

/* A text in quotes of at most size - 1 characters. */
static bool take_text(cursor *c, char *to, size_t size)
{
    char quote = next(c);
    size_t n = 0;
    if (quote != '\'' && quote != '"')
        return false;
    for (c->at++; c->at < c->size && c->text[c->at] != quote; c->at++) {
        if (n + 1 >= size)
            return false;
        to[n++] = c->text[c->at];
    }
    to[n] = '\0';
    return take(c, quote);
}

static sg_status read_type(cursor *c, sg__npy *out)
{
    char text[16];
    if (next(c) == '[')
        return expected(c, "one type, found fields: a structured array");
    size_t at = c->at;
    if (!take_text(c, text, sizeof text))
        return expected(c, "a type as '<f4'");
    const char *order = strchr("<>|", text[0]);
    uint32_t width = text[0] && text[1] ? (uint32_t)(text[2] - '0') : 0;
    bool whole = text[0] && text[1] && strchr("ui", text[1]);
    bool real = text[0] && text[1] == 'f' && width != 1;
    bool truth = text[0] && text[1] == 'b' && width == 1;
    if (!text[0] || !order || strlen(text) != 3 ||
        !(width == 1 || width == 2 || width == 4 || width == 8) ||
        !(whole || real || truth)) {
        c->at = at;
        return expected(c, "a type of bool, uint8 to int64 or float16 to "
                           "float64");
    }
    out->big = text[0] == '>';
    out->kind = text[1];
    out->width = width;
    return SG_OK;
}

static bool take_size(cursor *c, uint64_t *size)
{
    uint64_t n = 0;
    size_t begin = c->at;
    for (; c->at < c->size && c->text[c->at] >= '0' && c->text[c->at] <= '9';
         c->at++) {
        n = 10 * n + (uint64_t)(c->text[c->at] - '0');
        if (n > UINT32_MAX)
            return false;
    }
    if (c->at == begin)
        return false;
    if (c->at < c->size && c->text[c->at] == 'L') /* of Python 2 */
        c->at++;
    *size = n;
    return true;
}

static sg_status read_shape(cursor *c, sg__npy *out)
{
    if (!take(c, '('))
        return expected(c, "a shape in parentheses");
    for (out->dims = 0; next(c) != ')';) {
        uint64_t size;
        size_t at = c->at;
        if (out->dims == SG__NPY_DIMS)
            return expected(c, "at most 4 dimensions");
        if (!take_size(c, &size) || size == 0) {
            c->at = at;
            return expected(c, "a size of 1..4294967295");
        }
        out->size[out->dims++] = size;
        if (!take(c, ',') && next(c) != ')')
            return expected(c, "a comma or the end of the shape");
    }
    (void)take(c, ')');
    return SG_OK;
}

static sg_status read_key(cursor *c, sg__npy *out, unsigned *seen)
{
    char key[16];
    if (!take_text(c, key, sizeof key) || !take(c, ':'))
        return expected(c, "a key as 'descr':");
    if (strcmp(key, "descr") == 0) {
        *seen |= 1;
        return read_type(c, out);
    }
    if (strcmp(key, "shape") == 0) {
        *seen |= 4;
        return read_shape(c, out);
    }
    if (strcmp(key, "fortran_order") != 0)
        return expected(c, "descr, fortran_order and shape, no other key");
    *seen |= 2;
    out->fortran = take_word(c, "True");
    return out->fortran || take_word(c, "False")
               ? SG_OK
               : expected(c, "True or False");
}

static sg_status read_dictionary(cursor *c, sg__npy *out)
{
    unsigned seen = 0;
    sg_status status = SG_OK;
    if (!take(c, '{'))
        return expected(c, "a dictionary");
    while (!status && next(c) != '}') {
        status = read_key(c, out, &seen);
        if (!status && !take(c, ',') && next(c) != '}')
            return expected(c, "a comma or the end of the dictionary");
    }
    if (!status && seen != 7)
        return expected(c, "descr, fortran_order and shape");
    for (uint32_t d = out->dims; !status && d < SG__NPY_DIMS; d++)
        out->size[d] = 1;
    return status;
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
    status = sg__source_exact(source, b + 8, b[6] == 1 ? 2 : 4, "NPY length",
                              error);
    if (status)
        return status;
    *length = (uint32_t)b[8] | (uint32_t)b[9] << 8;
    if (b[6] > 1)
        *length |= (uint32_t)b[10] << 16 | (uint32_t)b[11] << 24;
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

sg_status sg__npy_head(sg__source *source, sg__npy *out, sg_error *error)
{
    uint32_t length = 0;
    *out = (sg__npy){.kind = 'u', .width = 1};
    sg_status status = read_magic(source, &length, error);
    if (status)
        return status;
    char *text = malloc(length + 1);
    if (!text)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", source->name);
    cursor c = {.source = source,
                .text = text,
                .size = length,
                .begin = source->offset,
                .error = error};
    status =
        sg__source_exact(source, (uint8_t *)text, length, "NPY head", error);
    if (!status)
        status = read_dictionary(&c, out);
    free(text);
    out->begin = source->offset;
    return status ? status : admit(source, out, error);
}

const char *sg__npy_type(const sg__npy *npy, char text[32])
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
