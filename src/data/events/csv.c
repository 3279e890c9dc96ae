/* Events as text, one a line: four whole numbers between commas, semicolons,
 * blanks or tabs. A first line with names says which is which; without one the
 * order is that of the option columns, t,x,y,p unless it is given. Times are
 * microseconds. Lines that begin with # are passed over. */
#include "data/events/columns.h"

#include <stdlib.h>
#include <string.h>

typedef struct table {
    int column[16]; /* what each column is, -1: something else */
    int columns;
} table;

static bool is_between(char c)
{
    return c == ',' || c == ';' || c == ' ' || c == '\t';
}

/* The next field of a line; its length, and what is behind it. */
static const char *next_field(const char *at, size_t *length)
{
    while (*at == ' ' || *at == '\t')
        at++;
    *length = strcspn(at, ",; \t");
    return at;
}

static const char *behind(const char *at)
{
    bool one = false;
    while (*at == ' ' || *at == '\t' || (!one && (*at == ',' || *at == ';'))) {
        one = one || !(*at == ' ' || *at == '\t');
        at++;
    }
    return at;
}

/* Names of the columns. */
static sg_status read_names(sg__event_stream *s, const char *line, table *t)
{
    int found[SG__COLUMNS] = {0};
    for (t->columns = 0; *line && t->columns < 16; t->columns++) {
        size_t length;
        line = next_field(line, &length);
        int column = sg__column_of(line, length);
        t->column[t->columns] = column;
        if (column >= 0)
            found[column]++;
        line = behind(line + length);
    }
    for (int k = 0; k < SG__COLUMNS; k++)
        if (found[k] != 1)
            return sg__stream_bad(s, s->at_event,
                                  "names of columns, expected each of t, x, y "
                                  "and p once");
    return SG_OK;
}

/* The whole number that a field is. */
static bool read_value(const char *field, size_t length, int64_t *value)
{
    const bool negative = length > 0 && *field == '-';
    int64_t n = 0;
    size_t i = negative;
    if (length == i || length > 18)
        return false;
    for (; i < length; i++) {
        if (field[i] < '0' || field[i] > '9')
            return false;
        n = 10 * n + (field[i] - '0');
    }
    *value = negative ? -n : n;
    return true;
}

static sg_status read_row(sg__event_stream *s, const char *line,
                          const table *t)
{
    int64_t value[SG__COLUMNS] = {0};
    int c = 0;
    for (; *line && c < 16; c++) {
        size_t length;
        line = next_field(line, &length);
        if (c < t->columns && t->column[c] >= 0 &&
            !read_value(line, length, &value[t->column[c]]))
            return sg__stream_bad(s, s->at_event,
                                  "column %d: \"%.*s\", expected a whole "
                                  "number",
                                  c + 1, (int)(length < 24 ? length : 24),
                                  line);
        line = behind(line + length);
    }
    if (c != t->columns)
        return sg__stream_bad(s, s->at_event,
                              "a line of %d columns, expected %d", c,
                              t->columns);
    return sg__put_columns(s, value);
}

/* A line, of which the last may have no end. */
static sg_status next_line(sg__event_stream *s, char line[SG__LINE_MAX],
                           bool *end)
{
    const uint8_t *b;
    size_t got, n = 0;
    sg_status status = sg__stream_peek(s, SG__LINE_MAX, &b, &got);
    s->at_event = sg__stream_offset(s);
    *end = got == 0;
    if (status || got == 0)
        return status;
    while (n < got && b[n] != '\n' && b[n])
        n++;
    if (n == SG__LINE_MAX || (n < got && b[n] != '\n'))
        return sg__stream_bad(s, s->at_event,
                              "expected lines of text of less than %d bytes",
                              SG__LINE_MAX);
    memcpy(line, b, n);
    line[n] = '\0';
    while (n > 0 && (line[n - 1] == '\r' || is_between(line[n - 1])))
        line[--n] = '\0';
    const char *stop = memchr(b, '\n', got);
    return sg__stream_take(s,
                           stop ? (size_t)(stop - (const char *)b) + 1 : got,
                           "a line", &b);
}

static sg_status read_csv(sg__event_stream *s)
{
    char line[SG__LINE_MAX];
    table t = {.columns = SG__COLUMNS};
    int place[SG__COLUMNS];
    bool first = true;
    (void)sg__columns_read(sg__stream_columns(s), place);
    for (int k = 0; k < SG__COLUMNS; k++)
        t.column[place[k]] = k;
    for (;;) {
        bool end;
        sg_status status = next_line(s, line, &end);
        const char *at = line + strspn(line, " \t");
        if (status || end)
            return status;
        if (!*at || *at == '#')
            continue;
        uint64_t here = s->at_event;
        s->at_event = here;
        if (first && strpbrk(at, "xX"))
            status = read_names(s, at, &t);
        else
            status = read_row(s, at, &t);
        first = false;
        if (status)
            return status;
    }
}

const sg__event_format sg__events_csv = {
    .suffix = "csv",
    .name = "CSV",
    .absolute = true,
    .read = read_csv,
};
