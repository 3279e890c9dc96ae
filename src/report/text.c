/* What may be shown and what is written out; see text.h. */
#include "report/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the character that text begins with, and which it is; 0 if it is
 * no UTF-8: cut off, longer than it need be, a surrogate or beyond the last
 * character. */
static size_t decode(const unsigned char *text, unsigned *character)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = text[0] < 0x80             ? 1
               : (text[0] & 0xe0) == 0xc0 ? 2
               : (text[0] & 0xf0) == 0xe0 ? 3
               : (text[0] & 0xf8) == 0xf0 ? 4
                                          : 0;
    static const unsigned char bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    unsigned c = text[0] & bits[n];
    for (size_t i = 1; i < n; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (text[i] & 0x3fu);
    }
    *character = c;
    bool surrogate = c >= 0xd800 && c <= 0xdfff;
    return n == 0 || c < least[n] || c > 0x10ffff || surrogate ? 0 : n;
}

/* Whether a character acts on the line instead of standing in it. */
static bool acts(unsigned c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e ||
           c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

size_t text_show(const char *text, char piece[TEXT_PIECE])
{
    static const char known[] = "\t\n\r", letter[] = "tnr";
    unsigned c;
    size_t n = decode((const unsigned char *)text, &c);
    const char *at = n == 1 ? strchr(known, (int)c) : NULL;
    if (n == 0)
        snprintf(piece, TEXT_PIECE, "\\x%02x", (unsigned char)*text);
    else if (at && *at)
        snprintf(piece, TEXT_PIECE, "\\%c", letter[at - known]);
    else if (acts(c))
        snprintf(piece, TEXT_PIECE, c < 0x80 ? "\\x%02x" : "\\u%04x",
                 c & 0xffffu);
    else
        snprintf(piece, TEXT_PIECE, "%.*s", (int)n, text);
    return n ? n : 1;
}

void text_csv(FILE *out, const char *text)
{
    const bool quoted = strpbrk(text, ",\"\n") != NULL;
    char piece[TEXT_PIECE];
    if (quoted)
        putc('"', out);
    while (*text) {
        if (*text == '"')
            putc('"', out);
        if (*text == '\n') {
            putc(*text++, out);
            continue;
        }
        text += text_show(text, piece);
        fputs(piece, out);
    }
    if (quoted)
        putc('"', out);
}
