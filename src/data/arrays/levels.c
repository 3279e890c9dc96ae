/* Numbers as bytes; see levels.h.
 *
 * The key of a whole number is itself, of a real one its bits without the
 * sign, negated for negative ones. A number of key x is +-m 2^e; whether it
 * reaches the rational P / Q is whether m Q 2^e reaches P, for which 82 bits
 * are enough, since smaller numbers than 1 / Q are told by their exponent. */
#include "data/arrays/levels.h"

#include <math.h>
#include <string.h>

enum { MILLION = 1000000, HALVES = 510 };

#define RANGE_MAX ((int64_t)MILLION << 32)

/* A decimal number in millionths. */
static bool read_decimal(const char **text, int64_t *out)
{
    const char *t = *text;
    bool negative = *t == '-', digits = false;
    int64_t n = 0, unit = MILLION;
    t += *t == '-' || *t == '+';
    for (; *t >= '0' && *t <= '9'; t++, digits = true) {
        n = 10 * n + (*t - '0') * (int64_t)MILLION;
        if (n > RANGE_MAX)
            return false;
    }
    if (*t == '.')
        for (t++; *t >= '0' && *t <= '9'; t++, digits = true) {
            unit /= 10;
            if (unit == 0)
                return false;
            n += unit * (*t - '0');
        }
    *text = t;
    *out = negative ? -n : n;
    return digits && n <= RANGE_MAX;
}

bool sg__range_read(const char *text, sg__range *out)
{
    out->given = true;
    if (!read_decimal(&text, &out->low) || *text++ != ':')
        return false;
    return read_decimal(&text, &out->high) && !*text && out->low < out->high;
}

sg__range sg__range_usual(const sg__npy *npy)
{
    bool unit = npy->kind == 'f' || npy->kind == 'b';
    return (sg__range){0, (unit ? 1 : 255) * (int64_t)MILLION, false};
}

/* Bits of the fraction of a real type, and its exponent of 1. */
static int fraction_of(const sg__npy *npy)
{
    return npy->width == 2 ? 10 : npy->width == 4 ? 23 : 52;
}

static int bias_of(const sg__npy *npy)
{
    return npy->width == 2 ? 15 : npy->width == 4 ? 127 : 1023;
}

/* The keys of numbers end with that of infinity; of whole ones all are. */
static int64_t highest_of(const sg__npy *npy)
{
    return npy->kind != 'f'
               ? INT64_MAX
               : (int64_t)(2 * bias_of(npy) + 1) << fraction_of(npy);
}

static int64_t lowest_of(const sg__npy *npy)
{
    return npy->kind != 'f' ? INT64_MIN : -highest_of(npy);
}

int64_t sg__npy_key(const sg__npy *npy, const uint8_t *bytes)
{
    const uint32_t width = npy->width;
    uint64_t bits = 0;
    for (uint32_t i = 0; i < width; i++)
        bits = bits << 8 | bytes[npy->big ? i : width - 1 - i];
    if (npy->kind == 'b')
        return bits != 0;
    if (npy->kind == 'u')
        return bits > INT64_MAX ? INT64_MAX : (int64_t)bits;
    const uint64_t sign = UINT64_C(1) << (8 * width - 1);
    if (!(bits & sign))
        return (int64_t)bits;
    if (npy->kind == 'f')
        return -(int64_t)(bits ^ sign);
    return -(int64_t)(sign - (bits ^ sign) - 1) - 1;
}

/* A key as its size m 2^e. */
static uint64_t take_apart(const sg__npy *npy, int64_t key, int *e)
{
    uint64_t size = key < 0 ? 0 - (uint64_t)key : (uint64_t)key;
    *e = 0;
    if (npy->kind != 'f')
        return size;
    const int fraction = fraction_of(npy);
    const uint64_t one = UINT64_C(1) << fraction;
    int exponent = (int)(size >> fraction);
    *e = (exponent ? exponent : 1) - bias_of(npy) - fraction;
    return exponent ? (size & (one - 1)) | one : size;
}

double sg__npy_value(const sg__npy *npy, int64_t key)
{
    int e;
    double m = (double)take_apart(npy, key, &e);
    if (key > highest_of(npy) || key < lowest_of(npy))
        return (double)NAN;
    return ldexp(key < 0 ? -m : m, e);
}

/* floor(m q 2^e), and whether there is a rest; UINT64_MAX if it is above any
 * P. m < 2^53, q < 2^32. */
static uint64_t scale(uint64_t m, uint32_t q, int e, bool *rest)
{
    *rest = false;
    if (m == 0)
        return 0;
    if (e > 0 && (e > 20 || m >> 32))
        return UINT64_MAX;
    if (e > 0) {
        m <<= e;
        e = 0;
    }
    const uint64_t low = (m & UINT32_MAX) * q;
    const uint64_t high = (m >> 32) * q + (low >> 32); /* below 2^53 */
    const uint64_t word = low & UINT32_MAX;
    const int s = -e;
    if (s < 32) {
        *rest = (word & ((UINT64_C(1) << s) - 1)) != 0;
        if (high >> (31 + s))
            return UINT64_MAX;
        return high << (32 - s) | word >> s;
    }
    if (s - 32 >= 64) {
        *rest = true;
        return 0;
    }
    *rest = word || (high & ((UINT64_C(1) << (s - 32)) - 1));
    return high >> (s - 32);
}

/* Whether the number of a key is at least p / q. */
static bool reaches(const sg__npy *npy, int64_t key, int64_t p, uint32_t q)
{
    int e;
    bool rest;
    uint64_t m = take_apart(npy, key, &e);
    if (key >= 0 && p <= 0)
        return true;
    if (key < 0 && p >= 0)
        return false;
    /* no type of whole numbers has thresholds beyond 2^33 */
    if (npy->kind != 'f' && m >> 40)
        return key > 0;
    uint64_t size = scale(m, q, e, &rest);
    return key >= 0
               ? size >= (uint64_t)p
               : size < 0 - (uint64_t)p || (size == 0 - (uint64_t)p && !rest);
}

/* The smallest key of at least p / q. */
static int64_t first_key(const sg__npy *npy, int64_t p, uint32_t q)
{
    int64_t low = lowest_of(npy), high = highest_of(npy);
    while (low < high) {
        int64_t middle = low + (int64_t)(((uint64_t)high - (uint64_t)low) / 2);
        if (reaches(npy, middle, p, q))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void sg__levels_make(const sg__npy *npy, sg__range range, sg__levels *out)
{
    const int64_t span = range.high - range.low;
    const uint32_t q = HALVES * (uint32_t)MILLION;
    out->lowest = lowest_of(npy);
    out->highest = highest_of(npy);
    out->cut = range.given;
    for (int k = 1; k <= 255; k++)
        out->begin[k - 1] =
            first_key(npy, HALVES * range.low + (2 * k - 1) * span, q);
    out->least = first_key(npy, range.low, MILLION);
    /* only of usual ranges, whose ends every type has */
    out->most = first_key(npy, range.high, MILLION);
}
