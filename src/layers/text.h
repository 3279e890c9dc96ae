/* Reading the items of a topology. */
#ifndef SG_LAYERS_TEXT_H
#define SG_LAYERS_TEXT_H

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* sg__text_number: steps over digits. Returns their number, UINT32_MAX if it
 * is larger than that, 0 if there are none. */
static inline uint32_t sg__text_number(const char **p)
{
    uint64_t n = 0;
    for (; isdigit((unsigned char)**p); (*p)++) {
        n = n * 10 + (uint64_t)(**p - '0');
        n = n < UINT32_MAX ? n : UINT32_MAX;
    }
    return (uint32_t)n;
}

/* sg__text_pair: N, which is both, or HxW. Without digits both are 0; a side
 * that is missing beside an x is UINT32_MAX. */
static inline void sg__text_pair(const char **p, uint32_t *height,
                                 uint32_t *width)
{
    const bool begins = isdigit((unsigned char)**p);
    *height = *width = sg__text_number(p);
    if (**p != 'x')
        return;
    ++*p;
    *width = isdigit((unsigned char)**p) ? sg__text_number(p) : UINT32_MAX;
    *height = begins ? *height : UINT32_MAX;
}

/* sg__text_word: steps over a word if it stands there. */
static inline bool sg__text_word(const char **p, const char *word)
{
    const size_t length = strlen(word);
    if (strncmp(*p, word, length) != 0)
        return false;
    *p += length;
    return true;
}

#endif
