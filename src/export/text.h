/* Text that grows, and files made of it. */
#ifndef SG_EXPORT_TEXT_H
#define SG_EXPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sg__text {
    char *bytes;
    size_t size, room;
    bool failed; /* for want of memory; the rest is dropped */
} sg__text;

/* sg__text_put, sg__text_add: formatted, or some bytes. */
void sg__text_put(sg__text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void sg__text_add(sg__text *text, const void *bytes, size_t size);

/* sg__text_numbers: n integers of an array that `get` has, in lines of at most
 * 78 columns. */
void sg__text_numbers(sg__text *text, size_t n,
                      int64_t (*get)(const void *of, size_t i),
                      const void *of);
void sg__text_free(sg__text *text);

#endif
