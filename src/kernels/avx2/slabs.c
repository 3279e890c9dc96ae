/* Lists of senders for slabs. */
#include "kernels/avx2/slabs.h"

#include "kernels/avx2/events.h"

enum {
    EIGHT = 8,           /* pairs written at once, at most so many too many */
    LIST_BYTES = 1 << 21 /* for pairs, if that holds a sample */
};

/* Every number may be too large to share a pair, and be a run. */
static size_t most_pairs(size_t positions, size_t channels)
{
    return positions * (channels + channels / sizeof(sg__sender_pair) + 1) +
           EIGHT;
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

sg__sender_lists sg__pairs_in(size_t positions, size_t channels, size_t n,
                              void *memory)
{
    sg__sender_lists l = {.positions = positions,
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

/* Numbers of which two may not fit 16 bits: they share a pair where they do.
 * Returns how many pairs. */
static uint32_t pair_large(const uint8_t *x, size_t channels, bool errors,
                           uint32_t room, sg__sender_pair *to)
{
    uint32_t n = 0, size = 0;
    for (uint32_t k = 0; k < channels; k++) {
        uint32_t more = size_of(x[k], errors);
        if (more == 0)
            continue;
        if (size > 0 && size + more <= room) {
            uint8_t first = (uint8_t)to[n - 1].n;
            to[n - 1] =
                pair_of(to[n - 1].row[0], first, k * SG__SLAB_COLUMNS, x[k]);
            size = 0;
        } else {
            to[n++] = pair_of(k * SG__SLAB_COLUMNS, x[k], 0, 0);
            size = more;
        }
    }
    return n;
}

/* Writes the runs of n pairs behind them; returns how many. */
static uint32_t write_runs(sg__sender_pair *pairs, uint32_t n, bool errors,
                           uint32_t room)
{
    uint8_t *to = (uint8_t *)(pairs + n);
    uint32_t runs = 0, size = 0, length = 0;
    for (uint32_t i = 0; i < n; i++, length++) {
        uint32_t more = size_of((uint8_t)pairs[i].n, errors) +
                        size_of((uint8_t)(pairs[i].n >> 8), errors);
        if (size + more > room || length == UINT8_MAX) {
            to[runs++] = (uint8_t)length;
            size = length = 0;
        }
        size += more;
    }
    to[runs++] = (uint8_t)length;
    return runs;
}

/* The numbers of one position that are not 0, and whose they are. */
typedef struct found {
    uint16_t channel[SG__SLAB_ROWS + 2 * EIGHT];
    uint8_t x[SG__SLAB_ROWS + 2 * EIGHT];
} found;

/* Returns how many there are; those behind them are 0. */
SG__INLINE uint32_t find(const uint8_t *x, size_t channels, found *f)
{
    uint32_t n = 0;
    for (size_t c = 0; c < channels; c += 32) {
        uint32_t set = sg__sender_bits((const int8_t *)x + c, channels - c);
        for (; set; set &= set - 1, n++) {
            uint32_t k = (uint32_t)c + (uint32_t)__builtin_ctz(set);
            f->channel[n] = (uint16_t)k;
            f->x[n] = x[k];
        }
    }
    sg__store(f->channel + n, _mm256_setzero_si256());
    _mm_storeu_si128((__m128i *)(f->x + n), _mm_setzero_si128());
    return n;
}

/* Eight pairs. */
SG__INLINE void write_pairs(const uint16_t *channel, __m128i x,
                            sg__sender_pair *to)
{
    __m128i *at = (__m128i *)to;
    __m128i low = _mm_unpacklo_epi16(x, x), high = _mm_unpackhi_epi16(x, x);
    __m128i a = _mm_slli_epi16(sg__load_half(channel), 6);
    __m128i b = _mm_slli_epi16(sg__load_half(channel + EIGHT), 6);
    _mm_storeu_si128(at, _mm_unpacklo_epi32(a, low));
    _mm_storeu_si128(at + 1, _mm_unpackhi_epi32(a, low));
    _mm_storeu_si128(at + 2, _mm_unpacklo_epi32(b, high));
    _mm_storeu_si128(at + 3, _mm_unpackhi_epi32(b, high));
}

static uint32_t sum_of(__m128i x)
{
    x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0x4e));
    x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0xb1));
    return (uint32_t)_mm_cvtsi128_si32(x);
}

/* The largest of 8 numbers of 0..2^15-1. */
static uint32_t most_of(__m128i x)
{
    const __m128i all = _mm_set1_epi16(-1);
    x = _mm_minpos_epu16(_mm_xor_si128(x, all));
    return 0xffff - ((uint32_t)_mm_cvtsi128_si32(x) & 0xffff);
}

/* Lists one position. */
SG__INLINE sg__senders list_position(const uint8_t *x, size_t channels,
                                     bool errors, sg__sender_pair *to)
{
    const uint32_t room = errors ? SG__ERROR_ROOM : SG__COUNT_ROOM;
    const __m128i ones = _mm_set1_epi8(1), words = _mm_set1_epi16(1);
    __m128i sum = _mm_setzero_si128(), size = sum, most = sum;
    found f;
    uint32_t n = find(x, channels, &f);
    for (uint32_t i = 0; i < n; i += 2 * EIGHT) {
        __m128i v = sg__load_half(f.x + i);
        __m128i sizes = _mm_maddubs_epi16(errors ? _mm_abs_epi8(v) : v, ones);
        write_pairs(f.channel + i, v, to + i / 2);
        most = _mm_max_epi16(most, sizes);
        size = _mm_add_epi32(size, _mm_madd_epi16(sizes, words));
        if (errors)
            sum = _mm_add_epi32(sum, _mm_madd_epi16(_mm_maddubs_epi16(ones, v),
                                                    words));
    }
    uint32_t length = (n + 1) / 2, runs = 0;
    if (sum_of(size) > room) {
        if (most_of(most) > room)
            length = pair_large(x, channels, errors, room, to);
        runs = write_runs(to, length, errors, room);
    }
    return (sg__senders){0, (uint16_t)length, (uint16_t)runs, sum_of(size),
                         (int32_t)sum_of(errors ? sum : size)};
}

SG__INLINE size_t fill(sg__sender_lists *l, size_t n, const uint8_t *x,
                       bool errors)
{
    size_t s = 0, most = most_pairs(l->positions, l->channels);
    sg__senders *at = l->senders;
    n = n < l->samples ? n : l->samples;
    l->used = 0;
    l->excess = errors ? 128 : 0;
    for (; s < n && l->room - l->used >= most; s++)
        for (size_t p = 0; p < l->positions; p++, x += l->channels) {
            *at = list_position(x, l->channels, errors, l->pairs + l->used);
            at->first = (uint32_t)l->used;
            l->used += at->length + (at->runs + sizeof(sg__sender_pair) - 1) /
                                        sizeof(sg__sender_pair);
            at++;
        }
    return s;
}

size_t sg__pairs_of_counts(sg__sender_lists *l, size_t n, const uint8_t *x)
{
    return fill(l, n, x, false);
}

size_t sg__pairs_of_errors(sg__sender_lists *l, size_t n, const int8_t *x)
{
    return fill(l, n, (const uint8_t *)x, true);
}
