/* Lists of senders for slabs. */
#include "kernels/avx2/slabs.h"

#include "kernels/avx2/events.h"

enum {
    LIST_BYTES = 1 << 21, /* for pairs, if that holds a sample */
    COUNT_ROOM = 258,     /* sum of counts: 127 * 258 fits 16 bits */
    ERROR_ROOM = 128      /* of errors: so does 255 * 128 */
};

/* Every number may be too large to share a pair. */
static size_t most_pairs(size_t positions, size_t channels)
{
    return positions * channels + 1;
}

static size_t room_of(size_t positions, size_t channels)
{
    size_t usual = LIST_BYTES / sizeof(sg__sender_pair);
    size_t most = most_pairs(positions, channels);
    return most > usual ? most : usual;
}

size_t sg__pairs_bytes(size_t positions, size_t channels, size_t n)
{
    return room_of(positions, channels) * sizeof(sg__sender_pair) +
           n * positions * sizeof(sg__senders);
}

sg__pair_lists sg__pairs_in(size_t positions, size_t channels, size_t n,
                            void *memory)
{
    sg__pair_lists l = {.positions = positions,
                        .channels = channels,
                        .samples = n,
                        .room = room_of(positions, channels),
                        .pairs = memory};
    l.senders = (sg__senders *)(l.pairs + l.room);
    return l;
}

SG__INLINE uint32_t size_of(uint8_t x, bool errors)
{
    int32_t d = (int8_t)x;
    return errors ? (uint32_t)(d < 0 ? -d : d) : x;
}

SG__INLINE sg__sender_pair pair_of(uint32_t a, uint8_t x, uint32_t b,
                                   uint8_t y)
{
    return (sg__sender_pair){{(uint16_t)a, (uint16_t)b},
                             (x | (uint32_t)y << 8) * 0x10001u};
}

/* Numbers that would not fit 16 bits if all were summed: they share a pair
 * where two fit. */
static uint32_t pair_large(const uint8_t *x, size_t channels, bool errors,
                           uint32_t room, sg__sender_pair *to, uint32_t *depth)
{
    uint32_t n = 0, most = 0, size = 0;
    for (uint32_t k = 0; k < channels; k++) {
        uint32_t more = size_of(x[k], errors);
        if (more == 0)
            continue;
        if (size > 0 && size + more <= room) {
            uint8_t first = (uint8_t)to[n - 1].n;
            to[n - 1] =
                pair_of(to[n - 1].row[0], first, k * SG__SLAB_COLUMNS, x[k]);
            more += size;
            size = 0;
        } else {
            to[n++] = pair_of(k * SG__SLAB_COLUMNS, x[k], 0, 0);
            size = more;
        }
        most = more > most ? more : most;
    }
    *depth = most ? room / most : 1;
    return n;
}

/* Lists one position. */
SG__INLINE sg__senders list_position(const uint8_t *x, size_t channels,
                                     bool errors, sg__sender_pair *to)
{
    const uint32_t room = errors ? ERROR_ROOM : COUNT_ROOM;
    uint32_t n = 0, size = 0, last = 0;
    int32_t sum = 0;
    for (size_t c = 0; c < channels; c += 32) {
        uint32_t set = sg__sender_bits((const int8_t *)x + c, channels - c);
        for (; set; set &= set - 1, n++) {
            uint32_t k = (uint32_t)c + (uint32_t)__builtin_ctz(set);
            size += size_of(x[k], errors);
            sum += (int8_t)x[k];
            if (n % 2 == 0)
                last = k;
            else
                to[n / 2] = pair_of(last * SG__SLAB_COLUMNS, x[last],
                                    k * SG__SLAB_COLUMNS, x[k]);
        }
    }
    if (n % 2)
        to[n / 2] = pair_of(last * SG__SLAB_COLUMNS, x[last],
                            last * SG__SLAB_COLUMNS, 0);
    sg__senders all = {0, (n + 1) / 2, (n + 1) / 2, 128 * (uint32_t)sum};
    if (size > room)
        all.length = pair_large(x, channels, errors, room, to, &all.depth);
    return all;
}

SG__INLINE size_t fill(sg__pair_lists *l, size_t n, const uint8_t *x,
                       bool errors)
{
    size_t s = 0, most = most_pairs(l->positions, l->channels);
    sg__senders *at = l->senders;
    n = n < l->samples ? n : l->samples;
    l->used = 0;
    for (; s < n && l->room - l->used >= most; s++)
        for (size_t p = 0; p < l->positions; p++, x += l->channels) {
            *at = list_position(x, l->channels, errors, l->pairs + l->used);
            at->first = (uint32_t)l->used;
            l->used += at++->length;
        }
    return s;
}

size_t sg__pairs_of_counts(sg__pair_lists *l, size_t n, const uint8_t *x)
{
    return fill(l, n, x, false);
}

size_t sg__pairs_of_errors(sg__pair_lists *l, size_t n, const int8_t *x)
{
    return fill(l, n, (const uint8_t *)x, true);
}
