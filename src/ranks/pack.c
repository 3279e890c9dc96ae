#include "ranks/pack.h"

#include <string.h>

enum { RUN = 256, MAP_BYTES = RUN / 8, ZEROS = 255 };
enum { ALL, MAP, LIST };

size_t sg__pack_bound(size_t n)
{
    return n * sizeof(int32_t) + n / RUN + 1;
}

size_t sg__pack_bound_of(size_t n, unsigned bits)
{
    return n / RUN * (RUN / 8 * bits + 1) + (n % RUN * bits + 7) / 8 + 1;
}

static size_t bytes_of(size_t n, unsigned bits)
{
    return (n * bits + 7) / 8;
}

/* Bits of a value in two's complement whose magnitude, x ^ (x >> 31), has
 * these; those that make whole bytes are faster. */
static unsigned width_of(uint32_t magnitudes)
{
    unsigned bits = 1;
    while (magnitudes >> (bits - 1))
        bits++;
    return bits == 7 ? 8 : bits == 15 ? 16 : bits;
}

static uint8_t *put_values(const int32_t *values, size_t n, unsigned bits,
                           uint8_t *to)
{
    const uint32_t mask = bits == 32 ? UINT32_MAX : (1U << bits) - 1;
    uint64_t held = 0;
    unsigned have = 0;
    if (bits == 8) {
        for (size_t i = 0; i < n; i++)
            to[i] = (uint8_t)values[i];
        return to + n;
    }
    if (bits == 16) {
        for (size_t i = 0; i < n; i++) {
            to[2 * i] = (uint8_t)values[i];
            to[2 * i + 1] = (uint8_t)((uint32_t)values[i] >> 8);
        }
        return to + 2 * n;
    }
    for (size_t i = 0; i < n; i++) {
        held |= (uint64_t)((uint32_t)values[i] & mask) << have;
        have += bits;
        if (have < 32)
            continue;
        for (int k = 0; k < 4; k++)
            to[k] = (uint8_t)(held >> 8 * k);
        to += 4;
        held >>= 32;
        have -= 32;
    }
    for (; have > 0; have = have > 8 ? have - 8 : 0) {
        *to++ = (uint8_t)held;
        held >>= 8;
    }
    return to;
}

static const uint8_t *get_values(const uint8_t *from, unsigned bits,
                                 int32_t *values, size_t n)
{
    const uint32_t mask = bits == 32 ? UINT32_MAX : (1U << bits) - 1;
    const uint32_t sign = 1U << (bits - 1);
    uint64_t held = 0;
    unsigned have = 0;
    if (bits == 8) {
        for (size_t i = 0; i < n; i++)
            values[i] = from[i] - 2 * (from[i] & 128);
        return from + n;
    }
    if (bits == 16) {
        for (size_t i = 0; i < n; i++) {
            const int32_t x = from[2 * i] | from[2 * i + 1] << 8;
            values[i] = x - 2 * (x & 32768);
        }
        return from + 2 * n;
    }
    const uint8_t *end = from + bytes_of(n, bits);
    for (size_t i = 0; i < n; i++) {
        if (have < bits && end - from >= 4) {
            const uint32_t four = from[0] | (uint32_t)from[1] << 8 |
                                  (uint32_t)from[2] << 16 |
                                  (uint32_t)from[3] << 24;
            held |= (uint64_t)four << have;
            from += 4;
            have += 32;
        }
        for (; have < bits; have += 8)
            held |= (uint64_t)*from++ << have;
        const uint32_t x = (uint32_t)held & mask;
        values[i] = (int32_t)((int64_t)(x ^ sign) - (int64_t)sign);
        held >>= bits;
        have -= bits;
    }
    return from;
}

/* What is not 0 of a run. */
typedef struct chosen {
    size_t n;
    uint8_t place[RUN];
    int32_t value[RUN];
} chosen;

static void choose(const int32_t *values, size_t n, chosen *out)
{
    out->n = 0;
    for (size_t i = 0; i < n; i++) {
        out->place[out->n] = (uint8_t)i;
        out->value[out->n] = values[i];
        out->n += values[i] != 0;
    }
}

static uint8_t *pack_run(const int32_t *values, size_t n, uint8_t *to)
{
    uint32_t magnitudes = 0, some = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t x = (uint32_t)values[i];
        magnitudes |= values[i] < 0 ? ~x : x;
        some += x != 0;
    }
    if (some == 0) {
        *to = ZEROS;
        return to + 1;
    }
    const unsigned bits = width_of(magnitudes);
    const size_t all = bytes_of(n, bits), few = bytes_of(some, bits);
    const size_t map = (n + 7) / 8 + few, list = 1 + some + few;
    const unsigned form = all <= map && all <= list ? ALL
                          : map <= list             ? MAP
                                                    : LIST;
    *to++ = (uint8_t)(form << 6 | (bits - 1));
    if (form == ALL)
        return put_values(values, n, bits, to);
    chosen c;
    choose(values, n, &c);
    if (form == MAP) {
        memset(to, 0, (n + 7) / 8);
        for (size_t i = 0; i < c.n; i++)
            to[c.place[i] / 8] |= (uint8_t)(1U << c.place[i] % 8);
        to += (n + 7) / 8;
    } else {
        *to++ = (uint8_t)c.n;
        memcpy(to, c.place, c.n);
        to += c.n;
    }
    return put_values(c.value, c.n, bits, to);
}

size_t sg__pack(const int32_t *values, size_t n, uint8_t *to)
{
    uint8_t *at = to;
    for (size_t i = 0; i < n; i += RUN)
        at = pack_run(values + i, n - i < RUN ? n - i : RUN, at);
    return (size_t)(at - to);
}

/* Places of what is not 0 in a run of n. */
static const uint8_t *get_places(const uint8_t *from, const uint8_t *end,
                                 unsigned form, size_t n, chosen *c)
{
    const size_t left = (size_t)(end - from), map = (n + 7) / 8;
    c->n = 0;
    if (form == LIST) {
        if (left < 1 || left - 1 < *from || *from > n)
            return NULL;
        c->n = *from++;
        for (size_t i = 0; i < c->n; i++)
            if ((c->place[i] = from[i]) >= n)
                return NULL;
        return from + c->n;
    }
    if (left < map)
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (from[i / 8] >> i % 8 & 1)
            c->place[c->n++] = (uint8_t)i;
    return from + map;
}

static const uint8_t *unpack_run(const uint8_t *from, const uint8_t *end,
                                 int32_t *values, size_t n)
{
    chosen c;
    if (from == end)
        return NULL;
    const unsigned head = *from++, form = head >> 6, bits = (head & 31) + 1;
    if (head == ZEROS) {
        memset(values, 0, n * sizeof *values);
        return from;
    }
    if (form > LIST || (head & 32))
        return NULL;
    if (form == ALL)
        return (size_t)(end - from) < bytes_of(n, bits)
                   ? NULL
                   : get_values(from, bits, values, n);
    from = get_places(from, end, form, n, &c);
    if (!from || (size_t)(end - from) < bytes_of(c.n, bits))
        return NULL;
    from = get_values(from, bits, c.value, c.n);
    memset(values, 0, n * sizeof *values);
    for (size_t i = 0; i < c.n; i++)
        values[c.place[i]] = c.value[i];
    return from;
}

bool sg__unpack(const uint8_t **from, const uint8_t *end, int32_t *values,
                size_t n)
{
    for (size_t i = 0; *from && i < n; i += RUN)
        *from = unpack_run(*from, end, values + i, n - i < RUN ? n - i : RUN);
    return *from != NULL;
}
