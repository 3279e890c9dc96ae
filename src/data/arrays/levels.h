/* Numbers of any type as bytes, exactly and without floating point: a number
 * is compared with 255 others, and its byte is how many it reaches.
 *
 * Of a range from L to H, byte k begins at
 *
 *     t(k) = L + (2 k - 1) (H - L) / 510,   k = 1..255
 *
 * that is, v becomes floor(255 (v - L) / (H - L) + 1/2). L and H are decimal
 * fractions, so the t are rationals and the comparisons are of integers. */
#ifndef SG_DATA_ARRAYS_LEVELS_H
#define SG_DATA_ARRAYS_LEVELS_H

#include "data/arrays/npy.h"

/* From black to white, in millionths; at most 2^32 from 0. */
typedef struct sg__range {
    int64_t low, high;
    bool given; /* what is beyond it is cut off; if not, refused */
} sg__range;

/* sg__range_read: "LOW:HIGH", decimal numbers of at most six digits behind the
 * point, LOW below HIGH. false if it is not. */
bool sg__range_read(const char *text, sg__range *out);

/* sg__range_usual: of a type if none is given: 0 to 1 for real numbers and
 * truths, 0 to 255 for whole ones. */
sg__range sg__range_usual(const sg__npy *npy);

/* Numbers of one type as keys, which are in the order of the numbers. */
typedef struct sg__levels {
    int64_t begin[255];      /* the smallest key of byte k + 1 */
    int64_t lowest, highest; /* keys of numbers, not of NaN */
    int64_t least, most;     /* keys that are taken without a cut */
    bool cut;
} sg__levels;

void sg__levels_make(const sg__npy *npy, sg__range range, sg__levels *out);

/* sg__npy_key: the key of the item at bytes. */
int64_t sg__npy_key(const sg__npy *npy, const uint8_t *bytes);

/* sg__npy_value: the number of a key, for messages. */
double sg__npy_value(const sg__npy *npy, int64_t key);

/* sg__levels_take: whether a key has a byte. */
static inline bool sg__levels_take(const sg__levels *l, int64_t key)
{
    return key <= l->highest && key >= l->lowest &&
           (l->cut || (key >= l->least && key <= l->most));
}

/* sg__levels_byte: the byte of a key that is taken. */
static inline uint8_t sg__levels_byte(const sg__levels *l, int64_t key)
{
    uint32_t k = 0;
    for (uint32_t step = 128; step; step /= 2)
        k += l->begin[k + step - 1] <= key ? step : 0;
    return (uint8_t)k;
}

#endif
