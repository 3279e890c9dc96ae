#include "io/json_text.h"

#ifdef SPIKEGRAD_FILES

#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Where in the text the walk is; jansson has found it well formed, so only its
 * end has to be watched. */
typedef struct walk {
    const char *p, *end;
} walk;

static char peek(const walk *w)
{
    return w->p < w->end ? *w->p : '\0';
}

static bool take(walk *w, char c)
{
    if (peek(w) != c)
        return false;
    w->p++;
    return true;
}

static void skip_space(walk *w)
{
    while (w->p < w->end && strchr(" \t\r\n", *w->p) && *w->p != '\0')
        w->p++;
}

/* Takes a punctuation mark between values. */
static bool mark(walk *w, char c)
{
    skip_space(w);
    bool there = take(w, c);
    skip_space(w);
    return there;
}

/* Four hex digits; -1 if they are not. */
static int32_t unit(walk *w)
{
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdef0123456789ABCDEF";
        const char c = peek(w), *found = c ? strchr(digits, c) : NULL;
        if (!found)
            return -1;
        value = value * 16 + (int32_t)((found - digits) % 16);
        w->p++;
    }
    return value;
}

/* The character of \uXXXX, of two if it is half of a pair, in UTF-8. Returns
 * how many bytes; 0 if it is none. */
static size_t decode_unicode(walk *w, char out[4])
{
    int32_t c = unit(w);
    if (c >= 0xd800 && c < 0xdc00) {
        if (!take(w, '\\') || !take(w, 'u'))
            return 0;
        const int32_t low = unit(w);
        if (low < 0xdc00 || low > 0xdfff)
            return 0;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    if (c < 0)
        return 0;
    const int bytes = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const int lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (int i = bytes - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(lead[bytes] | c);
    return (size_t)bytes;
}

/* Bytes of the escape behind a backslash. */
static size_t decode_escape(walk *w, char out[4])
{
    static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    const char c = peek(w), *found = c ? strchr(letters, c) : NULL;
    w->p += w->p < w->end;
    if (c == 'u')
        return decode_unicode(w, out);
    if (!found)
        return 0;
    out[0] = bytes[found - letters];
    return 1;
}

static bool same_string(walk *w, const char *value, size_t length)
{
    size_t at = 0;
    if (!take(w, '"'))
        return false;
    while (!take(w, '"')) {
        char decoded[4];
        size_t n = 1;
        decoded[0] = peek(w);
        if (w->p == w->end)
            return false;
        w->p++;
        if (decoded[0] == '\\')
            n = decode_escape(w, decoded);
        if (n == 0 || n > length - at || memcmp(value + at, decoded, n) != 0)
            return false;
        at += n;
    }
    return at == length;
}

/* Up to what ends a number or a word. */
static const char *token_end(const walk *w)
{
    const char *p = w->p;
    while (p < w->end && !strchr(",]} \t\r\n", *p))
        p++;
    return p;
}

static bool same_integer(walk *w, json_int_t value)
{
    char digits[32], *rest;
    const char *end = token_end(w);
    const size_t length = (size_t)(end - w->p);
    if (length == 0 || length >= sizeof digits)
        return false;
    memcpy(digits, w->p, length);
    digits[length] = '\0';
    w->p = end;
    errno = 0;
    const long long there = strtoll(digits, &rest, 10);
    return errno == 0 && *rest == '\0' && there == value;
}

static bool same_value(walk *w, const json_t *value);

static bool same_array(walk *w, const json_t *array)
{
    const size_t n = json_array_size(array);
    if (!mark(w, '['))
        return false;
    for (size_t i = 0; i < n; i++)
        if ((i > 0 && !mark(w, ',')) ||
            !same_value(w, json_array_get(array, i)))
            return false;
    return mark(w, ']');
}

static bool same_object(walk *w, const json_t *object)
{
    const char *key;
    json_t *value;
    bool first = true;
    if (!mark(w, '{'))
        return false;
    json_object_foreach((json_t *)object, key, value)
    {
        if ((!first && !mark(w, ',')) || !same_string(w, key, strlen(key)) ||
            !mark(w, ':') || !same_value(w, value))
            return false;
        first = false;
    }
    return mark(w, '}');
}

static bool same_value(walk *w, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return same_object(w, value);
    case JSON_ARRAY:
        return same_array(w, value);
    case JSON_STRING:
        return same_string(w, json_string_value(value),
                           json_string_length(value));
    case JSON_INTEGER:
        return same_integer(w, json_integer_value(value));
    case JSON_REAL:
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NULL:
        w->p = token_end(w);
        return true;
    }
    return false;
}

bool sg__json_matches(const struct json_t *value, const char *text,
                      size_t length)
{
    walk w = {text, text + length};
    skip_space(&w);
    const bool same = same_value(&w, value);
    skip_space(&w);
    return same && w.p == w.end;
}

#endif
