/* Writing text that the command did not make itself: names and paths, data
 * specs, what recipes and checkpoints hold, messages about them. All of it
 * goes through here on its way to a terminal; report/text.h says what becomes
 * of it. Widths are in characters. */
#ifndef SPIKEGRAD_CLI_CLEAN_H
#define SPIKEGRAD_CLI_CLEAN_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/* clean_line: a formatted line and its end; what stands in it is cleaned as a
 * whole, line breaks too. clean_format: the same without an end. */
void clean_line(FILE *stream, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void clean_format(FILE *stream, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* clean_put: the first `bytes` of text, or all if it is shorter; returns the
 * width. */
size_t clean_put(FILE *stream, const char *text, size_t bytes);

/* clean_column: text, and blanks up to `width`. */
void clean_column(FILE *stream, const char *text, size_t width);

/* clean_copy: the same into out, cut to size between characters; returns
 * out. */
char *clean_copy(char *out, size_t size, const char *text);

#endif
