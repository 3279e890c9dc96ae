/* Reading the dictionary of an array of NumPy; see npy_head.h. It is one that
 * NumPy writes: its values are a text or a list of fields, a truth, numbers. */
#include "data/npy_head.h"

#include <string.h>

/* The text of a dictionary while it is read. */
typedef struct cursor {
    const char *text;
    size_t size, at;
    const char *expected; /* not NULL: what is not there */
} cursor;

static bool expected(cursor *c, const char *what)
{
    c->expected = what;
    return false;
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

/* A text in quotes. */
static bool take_text(cursor *c, const char **text, size_t *length)
{
    char quote = next(c);
    if (quote != '\'' && quote != '"')
        return false;
    size_t begin = ++c->at;
    while (c->at < c->size && c->text[c->at] != quote)
        c->at++;
    *text = c->text + begin;
    *length = c->at - begin;
    return take(c, quote);
}

/* "<i8" and the like. */
static bool take_type(cursor *c, sg__npy_type *out)
{
    const char *text;
    size_t length, at = c->at;
    uint32_t width = 0;
    bool right = take_text(c, &text, &length) && length > 2 &&
                 (text[0] == '<' || text[0] == '>' || text[0] == '|');
    for (size_t i = 2; right && i < length; i++) {
        right = text[i] >= '0' && text[i] <= '9';
        width = 10 * width + (uint32_t)(text[i] - '0');
        right = right && width <= SG__NPY_WIDTH_MAX;
    }
    if (!right || width == 0) {
        c->at = at;
        return expected(c, "a type as '<f4'");
    }
    *out = (sg__npy_type){text[1], width, text[0] == '>'};
    return true;
}

/* ('name', '<i8'), */
static bool read_field(cursor *c, sg__npy_head *out)
{
    static const char form[] = "fields as ('t', '<i8'), of one number each";
    sg__npy_field *f = &out->field[out->fields];
    if (out->fields == SG__NPY_FIELDS)
        return expected(c, "at most 64 fields");
    if (!take(c, '(') || !take_text(c, &f->name, &f->length) ||
        !take(c, ',') || !take_type(c, &f->type) || !take(c, ')'))
        return expected(c, form);
    f->offset = out->row;
    out->row += f->type.width;
    out->fields++;
    if (out->row > SG__NPY_WIDTH_MAX)
        return expected(c, "rows of at most 1024 bytes");
    if (!take(c, ',') && next(c) != ']')
        return expected(c, "a comma or the end of the fields");
    return true;
}

static bool read_type(cursor *c, sg__npy_head *out)
{
    (void)next(c);
    out->type_at = c->at;
    out->fields = 0;
    out->structured = take(c, '[');
    out->row = 0;
    if (!out->structured) {
        bool right = take_type(c, &out->type);
        out->row = out->type.width;
        return right;
    }
    while (!take(c, ']'))
        if (!read_field(c, out))
            return false;
    return true;
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

static bool read_shape(cursor *c, sg__npy_head *out)
{
    if (!take(c, '('))
        return expected(c, "a shape in parentheses");
    for (out->dims = 0; next(c) != ')';) {
        uint64_t size;
        size_t at = c->at;
        if (out->dims == SG__NPY_DIMS)
            return expected(c, "at most 4 dimensions");
        if (!take_size(c, &size)) {
            c->at = at;
            return expected(c, "a size of 1..4294967295");
        }
        out->size_at[out->dims] = at;
        out->size[out->dims++] = size;
        if (!take(c, ',') && next(c) != ')')
            return expected(c, "a comma or the end of the shape");
    }
    return take(c, ')');
}

static bool is(const char *word, const char *key, size_t length)
{
    return strlen(word) == length && memcmp(word, key, length) == 0;
}

static bool read_key(cursor *c, sg__npy_head *out, unsigned *seen)
{
    const char *key;
    size_t length;
    if (!take_text(c, &key, &length) || !take(c, ':'))
        return expected(c, "a key as 'descr':");
    if (is("descr", key, length)) {
        *seen |= 1;
        return read_type(c, out);
    }
    if (is("shape", key, length)) {
        *seen |= 4;
        return read_shape(c, out);
    }
    if (!is("fortran_order", key, length))
        return expected(c, "descr, fortran_order and shape, no other key");
    *seen |= 2;
    out->fortran = take_word(c, "True");
    return out->fortran || take_word(c, "False") ||
           expected(c, "True or False");
}

static bool read_dictionary(cursor *c, sg__npy_head *out)
{
    unsigned seen = 0;
    if (!take(c, '{'))
        return expected(c, "a dictionary");
    while (next(c) != '}') {
        if (!read_key(c, out, &seen))
            return false;
        if (!take(c, ',') && next(c) != '}')
            return expected(c, "a comma or the end of the dictionary");
    }
    return seen == 7 || expected(c, "descr, fortran_order and shape");
}

size_t sg__npy_prefix(const uint8_t head[8])
{
    if (memcmp(head, "\x93NUMPY", 6) != 0 || head[6] < 1 || head[6] > 3)
        return 0;
    return head[6] == 1 ? 10 : 12;
}

uint32_t sg__npy_length(const uint8_t *head)
{
    uint32_t length = (uint32_t)head[8] | (uint32_t)head[9] << 8;
    if (head[6] > 1)
        length |= (uint32_t)head[10] << 16 | (uint32_t)head[11] << 24;
    return length;
}

bool sg__npy_parse(const char *text, size_t size, sg__npy_head *out,
                   size_t *at, const char **wanted)
{
    cursor c = {.text = text, .size = size};
    memset(out, 0, sizeof *out);
    bool right = read_dictionary(&c, out);
    for (uint32_t d = out->dims; d < SG__NPY_DIMS; d++)
        out->size[d] = 1;
    *at = c.at;
    *wanted = c.expected;
    return right;
}
