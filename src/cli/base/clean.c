/* Cleaned text to streams and buffers; see clean.h. */
#include "cli/base/clean.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report/text.h"

/* Pieces are gathered, for stderr has no buffer of its own. */
enum { GATHERED = 512, LINE = 512 };

/* Characters of a piece, which is UTF-8. */
static size_t characters(const char *piece)
{
    size_t n = 0;
    for (; *piece; piece++)
        n += (*piece & 0xc0) != 0x80;
    return n;
}

size_t clean_put(FILE *stream, const char *text, size_t bytes)
{
    char gathered[GATHERED], piece[TEXT_PIECE];
    size_t width = 0, used = 0;
    for (size_t i = 0; i < bytes && text[i];) {
        i += text_show(text + i, piece);
        size_t n = strlen(piece);
        if (used + n > sizeof gathered) {
            fwrite(gathered, 1, used, stream);
            used = 0;
        }
        /* goes to fwrite. NOLINTNEXTLINE(bugprone-not-null-terminated-result) */
        memcpy(gathered + used, piece, n);
        used += n;
        width += characters(piece);
    }
    fwrite(gathered, 1, used, stream);
    return width;
}

void clean_column(FILE *stream, const char *text, size_t width)
{
    for (size_t n = clean_put(stream, text, SIZE_MAX); n < width; n++)
        fputc(' ', stream);
}

char *clean_copy(char *out, size_t size, const char *text)
{
    char piece[TEXT_PIECE];
    size_t used = 0;
    while (*text) {
        text += text_show(text, piece);
        size_t n = strlen(piece);
        if (used + n >= size)
            break;
        memcpy(out + used, piece, n);
        used += n;
    }
    if (size > 0)
        out[used] = '\0';
    return out;
}

void clean_format(FILE *stream, const char *format, va_list args)
{
    char line[LINE], *longer = NULL;
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(line, sizeof line, format, args);
    if (n >= LINE && (longer = malloc((size_t)n + 1)))
        vsnprintf(longer, (size_t)n + 1, format, again);
    va_end(again);
    if (n >= 0) /* without memory what fits */
        clean_put(stream, longer ? longer : line, SIZE_MAX);
    free(longer);
}

void clean_line(FILE *stream, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    clean_format(stream, format, args);
    va_end(args);
    fputc('\n', stream);
}
