#include "export/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for so many bytes more. */
static bool grow(sg__text *text, size_t more)
{
    size_t room = text->room ? text->room : 4096;
    while (room - text->size < more && room <= SIZE_MAX / 2)
        room *= 2;
    if (text->failed || room - text->size < more) {
        text->failed = true;
        return false;
    }
    if (room > text->room) {
        char *bytes = realloc(text->bytes, room);
        if (!bytes) {
            text->failed = true;
            return false;
        }
        text->bytes = bytes;
        text->room = room;
    }
    return true;
}

void sg__text_add(sg__text *text, const void *bytes, size_t size)
{
    if (size == 0 || !grow(text, size))
        return;
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

void sg__text_put(sg__text *text, const char *format, ...)
{
    enum { LINE = 2048 };
    char line[LINE];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0 || length >= LINE)
        text->failed = true;
    else
        sg__text_add(text, line, (size_t)length);
}

void sg__text_numbers(sg__text *text, size_t n,
                      int64_t (*get)(const void *of, size_t i), const void *of)
{
    enum { COLUMNS = 78 };
    int column = 0;
    for (size_t i = 0; i < n; i++) {
        char number[24];
        int length =
            snprintf(number, sizeof number, "%" PRId64 ",", get(of, i));
        if (column + length > COLUMNS) {
            sg__text_add(text, "\n", 1);
            column = 0;
        }
        sg__text_add(text, number, (size_t)length);
        column += length;
    }
    sg__text_add(text, "\n", 1);
}

void sg__text_free(sg__text *text)
{
    free(text->bytes);
    *text = (sg__text){0};
}
