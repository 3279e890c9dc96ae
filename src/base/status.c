/* Texts of the status codes, formatting of details, and the version. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spikegrad/spikegrad.h"

int sg_version_number(void)
{
    return SG_VERSION_NUMBER;
}

const char *sg_version(void)
{
    return SG_VERSION;
}

const char *sg_status_text(sg_status status)
{
    switch (status) {
#define SG_STATUS_CASE(code, text)                                            \
    case code:                                                                \
        return text;
        SG_STATUS_LIST(SG_STATUS_CASE)
#undef SG_STATUS_CASE
    }
    return "unknown status";
}

size_t sg__escape(char *out, size_t size, const char *text)
{
    size_t used = 0;
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        char piece[8] = {(char)c};
        if (c == '\n' || c == '\r' || c == '\t')
            snprintf(piece, sizeof piece, "\\%c",
                     c == '\n'   ? 'n'
                     : c == '\r' ? 'r'
                                 : 't');
        else if (c < 0x20 || c == 0x7f)
            snprintf(piece, sizeof piece, "\\x%02x", c);
        const size_t n = strlen(piece);
        if (used + n >= size)
            break;
        memcpy(out + used, piece, n);
        used += n;
    }
    out[used] = '\0';
    return used;
}

/* Longest detail before it is shortened: two paths and some words. */
enum { DETAIL_MAX = 9000 };

/* A long path in front must not cost the reason behind it: the middle goes. */
static void shorten(char *text)
{
    enum { HEAD = 140, TAIL = 170 };
    const size_t length = strlen(text);
    size_t head = HEAD, tail = length - TAIL;
    if (length < SG_ERROR_TEXT)
        return;
    while (head > 0 && (text[head] & 0xc0) == 0x80) /* inside a character */
        head--;
    while ((text[tail] & 0xc0) == 0x80)
        tail++;
    memset(text + head, '.', 3);
    memmove(text + head + 3, text + tail, length - tail + 1);
}

sg_status sg__fail(sg_error *error, sg_status status, const char *format, ...)
{
    if (error) {
        char text[DETAIL_MAX];
        va_list args;
        va_start(args, format);
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
        shorten(text);
        sg__escape(error->text, sizeof error->text, text);
    }
    return status;
}

void sg_free(void *memory)
{
    free(memory);
}
