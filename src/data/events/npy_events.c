/* Reading heads and rows of arrays of events; see npy_events.h. The text is a
 * Python dictionary, of which only what NumPy writes is understood. */
#include "data/events/npy_events.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ROW_MAX = 1024, SHAPE_MAX = 4 };

size_t sg__table_size(const uint8_t head[12])
{
    if (memcmp(head, "\x93NUMPY", 6) != 0 || head[6] < 1 || head[6] > 3)
        return 0;
    return head[6] == 1 ? 10 + (size_t)sg__le16(head + 8)
                        : 12 + (size_t)sg__le32(head + 8);
}

/* The text that is read, without an end of its own. */
typedef struct text {
    const char *at, *end;
} text;

static void skip_blanks(text *t)
{
    while (t->at < t->end && (*t->at == ' ' || *t->at == '\n'))
        t->at++;
}

/* Goes past c, if that is next. */
static bool eat(text *t, char c)
{
    skip_blanks(t);
    if (t->at == t->end || *t->at != c)
        return false;
    t->at++;
    return true;
}

/* A word between quotes. */
static bool eat_word(text *t, const char **word, size_t *length)
{
    skip_blanks(t);
    if (t->at == t->end || (*t->at != '\'' && *t->at != '"'))
        return false;
    char quote = *t->at++;
    *word = t->at;
    while (t->at < t->end && *t->at != quote)
        t->at++;
    *length = (size_t)(t->at - *word);
    return t->at < t->end && t->at++;
}

static bool eat_number(text *t, uint64_t *value)
{
    skip_blanks(t);
    const char *begin = t->at;
    for (*value = 0; t->at < t->end && *t->at >= '0' && *t->at <= '9'; t->at++)
        if (*value > (UINT64_MAX - 9) / 10)
            return false;
        else
            *value = 10 * *value + (uint64_t)(*t->at - '0');
    if (t->at < t->end && *t->at == 'L') /* of Python 2 */
        t->at++;
    return t->at > begin;
}

/* Behind "'key':", anywhere in the text. */
static bool find_key(const text *all, const char *key, text *out)
{
    const size_t n = strlen(key);
    for (const char *p = all->at; p + n + 2 < all->end; p++)
        if ((*p == '\'' || *p == '"') && memcmp(p + 1, key, n) == 0 &&
            p[n + 1] == *p) {
            *out = (text){p + n + 2, all->end};
            return eat(out, ':');
        }
    return false;
}

/* "<i8" and the like. */
static bool read_type(const char *word, size_t length, sg__table_field *out)
{
    uint64_t width;
    text digits = {word + 2, word + length};
    if (length < 3 || !strchr("<>|=", word[0]) ||
        !eat_number(&digits, &width) || digits.at != digits.end ||
        width > ROW_MAX)
        return false;
    *out = (sg__table_field){word[1], (uint32_t)width, 0, word[0] == '>'};
    const bool whole = width == 1 || width == 2 || width == 4 || width == 8;
    switch (word[1]) {
    case 'b':
        return width == 1;
    case 'i':
    case 'u':
        return whole;
    case 'f':
        return width == 4 || width == 8;
    default:
        return word[1] == 'V';
    }
}

static sg_status bad(sg_error *error, const char *expected)
{
    return sg__fail(error, SG_E_FORMAT, "expected %s", expected);
}

/* Fields of a structured type, behind its bracket. */
static sg_status read_fields(text *t, sg__table *out, sg_error *error)
{
    bool found[SG__COLUMNS] = {false};
    out->row = 0;
    while (!eat(t, ']')) {
        const char *name, *type;
        size_t name_length, type_length;
        sg__table_field field;
        if (!eat(t, '(') || !eat_word(t, &name, &name_length) ||
            !eat(t, ',') || !eat_word(t, &type, &type_length) ||
            !read_type(type, type_length, &field) || !eat(t, ')'))
            return bad(error, "fields of one whole or float number each");
        field.offset = out->row;
        out->row += field.width;
        if (out->row > ROW_MAX)
            return bad(error, "rows of at most 1024 bytes");
        int column = sg__column_of(name, name_length);
        if (column >= 0 && field.kind != 'V') {
            if (found[column])
                return bad(error, "one field for each of t, x, y and p");
            found[column] = true;
            out->column[column] = field;
        }
        (void)eat(t, ',');
    }
    for (int k = 0; k < SG__COLUMNS; k++)
        if (!found[k])
            return bad(error, "fields t, x, y and p");
    return SG_OK;
}

static sg_status read_shape(const text *all, uint64_t size[SHAPE_MAX],
                            int *dims, sg_error *error)
{
    text t, order;
    *dims = 0;
    if (!find_key(all, "shape", &t) || !eat(&t, '('))
        return bad(error, "a shape");
    while (!eat(&t, ')')) {
        if (*dims == SHAPE_MAX || !eat_number(&t, &size[*dims]))
            return bad(error, "a shape of one or two sizes");
        ++*dims;
        (void)eat(&t, ',');
    }
    if (!find_key(all, "fortran_order", &order))
        return bad(error, "fortran_order");
    skip_blanks(&order);
    if (*dims > 1 && (order.at == order.end || *order.at != 'F'))
        return bad(error, "rows one after another (fortran_order False)");
    return SG_OK;
}

/* A table without names: four columns, or one. */
static sg_status read_plain(text *t, const char *columns, int dims,
                            uint64_t across, sg__table *out, sg_error *error)
{
    const char *type;
    size_t length;
    sg__table_field field;
    int place[SG__COLUMNS];
    if (!eat_word(t, &type, &length) || !read_type(type, length, &field) ||
        field.kind == 'V')
        return bad(error, "whole or float numbers, or a structured type");
    if (dims == 1) {
        out->single = true;
        out->column[0] = field;
        out->row = field.width;
        return SG_OK;
    }
    if (dims != 2 || across != SG__COLUMNS)
        return bad(error, "a structured array, or N rows of 4 columns");
    if (!sg__columns_read(columns, place))
        return sg__fail(error, SG_E_ARGUMENT,
                        "columns=%.20s, expected the letters t, x, y and p in "
                        "some order",
                        columns);
    for (int k = 0; k < SG__COLUMNS; k++) {
        out->column[k] = field;
        out->column[k].offset = (uint32_t)place[k] * field.width;
    }
    out->row = SG__COLUMNS * field.width;
    return SG_OK;
}

sg_status sg__table_read(const uint8_t *head, size_t size, const char *columns,
                         sg__table *out, sg_error *error)
{
    const size_t begin = head[6] == 1 ? 10 : 12;
    const text all = {(const char *)head + begin, (const char *)head + size};
    uint64_t shape[SHAPE_MAX] = {0};
    int dims;
    text descr;
    memset(out, 0, sizeof *out);
    out->begin = size;
    sg_status status = read_shape(&all, shape, &dims, error);
    if (status)
        return status;
    if (!find_key(&all, "descr", &descr))
        return bad(error, "a type (descr)");
    if (eat(&descr, '[')) {
        status = dims == 1 ? read_fields(&descr, out, error)
                           : bad(error, "one row of events");
    } else {
        status = read_plain(&descr, columns, dims, shape[1], out, error);
    }
    out->rows = shape[0];
    return status;
}

/* mantissa 2^exponent as a whole number. */
static bool scale(uint64_t mantissa, int exponent, int64_t *value)
{
    if (mantissa == 0 || exponent == 0) {
        *value = (int64_t)mantissa;
        return true;
    }
    if (exponent < -63 || exponent > 9)
        return false;
    if (exponent < 0) {
        *value = (int64_t)(mantissa >> -exponent);
        return (mantissa & ((UINT64_C(1) << -exponent) - 1)) == 0;
    }
    *value = (int64_t)(mantissa << exponent);
    return true;
}

/* A float of IEEE 754 that is a whole number. */
static bool read_float(uint64_t bits, uint32_t width, int64_t *value)
{
    const int fraction = width == 8 ? 52 : 23;
    const int most = width == 8 ? 2047 : 255;
    const int exponent = (int)(bits >> fraction) & most;
    uint64_t mantissa = bits & ((UINT64_C(1) << fraction) - 1);
    if (exponent == most)
        return false;
    if (exponent > 0)
        mantissa |= UINT64_C(1) << fraction;
    if (!scale(mantissa, (exponent ? exponent : 1) - most / 2 - fraction,
               value))
        return false;
    if (bits >> (8 * width - 1))
        *value = -*value;
    return true;
}

bool sg__table_value(const sg__table_field *field, const uint8_t *row,
                     int64_t *value)
{
    const uint8_t *b = row + field->offset;
    const uint32_t n = field->width;
    uint64_t bits = 0;
    for (uint32_t i = 0; i < n; i++)
        bits = bits << 8 | b[field->big ? i : n - 1 - i];
    if (field->kind == 'f')
        return read_float(bits, n, value);
    const uint64_t sign = UINT64_C(1) << (8 * n - 1);
    if (field->kind == 'i' && (bits & sign)) {
        const uint64_t below = (sign - 1 - (bits & (sign - 1))) + 1;
        *value = below <= INT64_MAX / 2 ? -(int64_t)below : INT64_MIN;
        return below <= INT64_MAX / 2;
    }
    *value = (int64_t)(bits & (UINT64_MAX >> 1));
    return bits <= INT64_MAX / 2;
}

sg_status sg__table_put(sg__event_stream *s, const sg__table *table,
                        const uint8_t *row)
{
    int64_t value[SG__COLUMNS];
    for (int k = 0; k < SG__COLUMNS; k++)
        if (!sg__table_value(&table->column[k], row, &value[k]))
            return sg__stream_bad(s, s->at_event,
                                  "an event whose %c is not a whole number, "
                                  "or of more than 62 bits",
                                  "txyp"[k]);
    return sg__put_columns(s, value);
}
