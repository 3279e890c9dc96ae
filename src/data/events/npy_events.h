/* Arrays of events as NumPy writes them: a structured array with fields t, x, y
 * and p, as tonic caches recordings, a table of four columns, or one column. */
#ifndef SG_DATA_EVENTS_NPY_EVENTS_H
#define SG_DATA_EVENTS_NPY_EVENTS_H

#include "data/events/columns.h"

enum { SG__TABLE_HEAD_BYTES = 4096 - 16 /* at most of the text */ };

/* A number within a row. */
typedef struct sg__table_field {
    char kind; /* b, i, u, f; V: not looked at */
    uint32_t width, offset;
    bool big; /* endian */
} sg__table_field;

/* What the text in front of the items says. */
typedef struct sg__table {
    sg__table_field column[SG__COLUMNS];
    uint32_t row; /* bytes */
    uint64_t rows;
    bool single;  /* one column, column[0], for who knows what it is */
    size_t begin; /* byte of the first item */
    size_t at;    /* byte of what is wrong, if it was refused */
} sg__table;

/* sg__table_size: how many bytes the head takes, from its first 12. 0 if it is
 * none. */
size_t sg__table_size(const uint8_t head[12]);

/* sg__table_read: from a head of size bytes. columns: of a table without
 * names, as "txyp". SG_E_FORMAT with what was expected, without file or
 * place. */
sg_status sg__table_read(const uint8_t *head, size_t size, const char *columns,
                         sg__table *out, sg_error *error);

/* sg__table_value: the whole number that a field is; false if it is none, or of
 * more than 62 bits. */
bool sg__table_value(const sg__table_field *field, const uint8_t *row,
                     int64_t *value);

/* sg__table_put: the event of a row. */
sg_status sg__table_put(sg__event_stream *s, const sg__table *table,
                        const uint8_t *row);

#endif
