/* Lists of senders for slabs. */
#include "kernels/neon/slabs.h"

enum {
    PARTS = 3,             /* signed bytes of a count, at most */
    LIST_EVENTS = 1 << 17, /* if that holds a sample */
    LONGEST = UINT16_MAX   /* events of a run; there are fewer */
};

static size_t room_of(size_t positions, size_t channels)
{
    size_t most = PARTS * positions * channels;
    return most > LIST_EVENTS ? most : LIST_EVENTS;
}

size_t sg__senders_bytes(size_t positions, size_t channels, size_t n)
{
    return n * positions * sizeof(sg__senders) +
           room_of(positions, channels) *
               (sizeof(uint32_t) + sizeof(uint16_t) + 1);
}

sg__sender_lists sg__senders_in(size_t positions, size_t channels, size_t n,
                                size_t columns, void *memory)
{
    sg__sender_lists l = {.positions = positions,
                          .channels = channels,
                          .samples = n,
                          .columns = columns,
                          .room = room_of(positions, channels),
                          .senders = memory};
    l.at = (uint32_t *)(l.senders + n * positions);
    l.run = (uint16_t *)(l.at + l.room);
    l.d = (int8_t *)(l.run + l.room);
    return l;
}

/* Cuts a position's events into runs. */
static void write_runs(sg__sender_lists *l, const sg__senders *s)
{
    int32_t size = 0;
    uint32_t begin = 0;
    for (uint32_t i = 0; i < s->length; i++) {
        int32_t d = l->d[s->first + i], more = d < 0 ? -d : d;
        if (size + more > SG__RUN_ROOM) {
            l->run[l->runs++] = (uint16_t)(i - begin);
            begin = i;
            size = 0;
        }
        size += more;
    }
    l->run[l->runs++] = (uint16_t)(s->length - begin);
}

/* Lists one position. */
SG__INLINE sg__senders list_position(sg__sender_lists *l, const uint8_t *x,
                                     bool errors)
{
    sg__senders s = {.first = (uint32_t)l->used, .run = l->runs};
    uint32_t *at = l->at + l->used;
    int8_t *d = l->d + l->used;
    const uint32_t columns = (uint32_t)l->columns;
    for (size_t c = 0; c < l->channels; c += 16) {
        uint64_t set = sg__set_first(x + c, l->channels - c);
        for (; set; set &= set - 1) {
            uint32_t k = (uint32_t)c + ((uint32_t)__builtin_ctzll(set) >> 2);
            uint32_t value = x[k], more = value;
            if (errors && value > SG__SIGNED_MAX)
                more = 256 - value;
            for (; !errors && value > SG__SIGNED_MAX;
                 value -= SG__SIGNED_MAX) {
                *at++ = k * columns;
                *d++ = SG__SIGNED_MAX;
            }
            s.size += more;
            s.sum += errors ? (int8_t)x[k] : x[k];
            *at++ = k * columns;
            *d++ = (int8_t)value;
        }
    }
    s.length = (uint32_t)(at - (l->at + l->used));
    if (s.size > SG__RUN_ROOM)
        write_runs(l, &s);
    return s;
}

SG__INLINE size_t fill(sg__sender_lists *l, size_t n, const uint8_t *x,
                       bool errors)
{
    size_t done = 0, most = PARTS * l->positions * l->channels;
    sg__senders *at = l->senders;
    n = n < l->samples ? n : l->samples;
    l->used = l->runs = 0;
    l->excess = 0;
    for (; done < n && l->room - l->used >= most; done++)
        for (size_t p = 0; p < l->positions; p++, x += l->channels, at++) {
            *at = list_position(l, x, errors);
            l->used += at->length;
        }
    return done;
}

size_t sg__list_counts(sg__sender_lists *l, size_t n, const uint8_t *x)
{
    return fill(l, n, x, false);
}

size_t sg__list_errors(sg__sender_lists *l, size_t n, const int8_t *x)
{
    return fill(l, n, (const uint8_t *)x, true);
}
