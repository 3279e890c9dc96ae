/* Reading heads and rows of arrays of events; see npy_events.h. */
#include "data/events/npy_events.h"

#include <string.h>

#include "data/npy_head.h"

size_t sg__table_size(const uint8_t head[12])
{
    const size_t prefix = sg__npy_prefix(head);
    return prefix ? prefix + sg__npy_length(head) : 0;
}

static sg_status bad(sg_error *error, const char *expected)
{
    return sg__fail(error, SG_E_FORMAT, "expected %s", expected);
}

/* A number of an event. */
static bool is_number(const sg__npy_type *type)
{
    const uint32_t width = type->width;
    switch (type->kind) {
    case 'b':
        return width == 1;
    case 'i':
    case 'u':
        return width == 1 || width == 2 || width == 4 || width == 8;
    case 'f':
        return width == 4 || width == 8;
    default:
        return false;
    }
}

/* The columns of a structured type; other fields are passed over. */
static sg_status read_fields(const sg__npy_head *head, sg__table *out,
                             sg_error *error)
{
    bool found[SG__COLUMNS] = {false};
    for (size_t i = 0; i < head->fields; i++) {
        const sg__npy_field *f = &head->field[i];
        const int column = sg__column_of(f->name, f->length);
        if (f->type.kind != 'V' && !is_number(&f->type))
            return bad(error, "fields of one whole or float number each");
        if (column < 0 || f->type.kind == 'V')
            continue;
        if (found[column])
            return bad(error, "one field for each of t, x, y and p");
        found[column] = true;
        out->column[column] = (sg__table_field){f->type.kind, f->type.width,
                                                f->offset, f->type.big};
    }
    for (int k = 0; k < SG__COLUMNS; k++)
        if (!found[k])
            return bad(error, "fields t, x, y and p");
    return SG_OK;
}

/* A table without names: four columns, or one. */
static sg_status read_plain(const sg__npy_head *head, const char *columns,
                            sg__table *out, sg_error *error)
{
    int place[SG__COLUMNS];
    const sg__table_field field = {head->type.kind, head->type.width, 0,
                                   head->type.big};
    if (!is_number(&head->type))
        return bad(error, "whole or float numbers, or a structured type");
    if (head->dims == 1) {
        out->single = true;
        out->column[0] = field;
        out->row = field.width;
        return SG_OK;
    }
    if (head->dims != 2 || head->size[1] != SG__COLUMNS)
        return bad(error, "a structured array, or N rows of 4 columns");
    if (head->fortran)
        return bad(error, "rows one after another (fortran_order False)");
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
    const size_t begin = sg__npy_prefix(head);
    sg__npy_head read;
    const char *wanted;
    size_t at;
    memset(out, 0, sizeof *out);
    out->begin = size;
    bool right = sg__npy_parse((const char *)head + begin, size - begin, &read,
                               &at, &wanted);
    out->at = begin + (right ? read.type_at : at);
    if (!right)
        return bad(error, wanted);
    out->rows = read.size[0];
    if (!read.structured)
        return read_plain(&read, columns, out, error);
    out->row = read.row;
    return read.dims == 1 ? read_fields(&read, out, error)
                          : bad(error, "one row of events");
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
