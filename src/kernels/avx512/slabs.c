/* Lists of senders for slabs. */
#include <string.h>

#include "kernels/avx512/slabs.h"

static size_t room_of(size_t positions, size_t channels)
{
    return positions * ((channels + 3) / 4);
}

size_t sg__lists_bytes(size_t positions, size_t channels, size_t n)
{
    return n * (room_of(positions, channels) * sizeof(sg__sender_quad) +
                positions * sizeof(sg__senders));
}

sg__sender_lists sg__lists_in(size_t positions, size_t channels, size_t n,
                              bool counts, void *memory)
{
    sg__sender_lists l = {
        positions, channels,        room_of(positions, channels), memory, NULL,
        counts,    counts ? 0 : 128};
    l.senders = (sg__senders *)(l.quads + n * l.room);
    return l;
}

/* Lists one position; returns its quads, the last completed by zeros. */
static uint32_t list_position(const int8_t *x, size_t channels, size_t step,
                              bool counts, sg__sender_quad *to, int32_t *sum)
{
    uint32_t n = 0;
    *sum = 0;
    for (size_t c = 0; c < channels; c += 64) {
        __m512i v = _mm512_maskz_loadu_epi8(sg__first64(channels - c), x + c);
        __mmask64 set = _mm512_test_epi8_mask(v, v);
        for (; set; set &= set - 1, n++) {
            size_t k = c + (size_t)__builtin_ctzll(set);
            to[n / 4].row[n % 4] = (uint32_t)(k * step);
            to[n / 4].n[n % 4] = x[k];
            *sum += counts ? (uint8_t)x[k] : x[k];
        }
    }
    for (; n % 4; n++) {
        to[n / 4].row[n % 4] = to[n / 4].row[0];
        to[n / 4].n[n % 4] = 0;
    }
    return n / 4;
}

void sg__lists_fill(const sg__sender_lists *l, size_t s, const int8_t *x,
                    size_t step)
{
    sg__sender_quad *quads = l->quads + s * l->room;
    sg__senders *senders = l->senders + s * l->positions;
    uint32_t first = 0;
    for (size_t p = 0; p < l->positions; p++, x += l->channels) {
        int32_t sum;
        uint32_t n = list_position(x, l->channels, step, l->counts,
                                   quads + first, &sum);
        senders[p] = (sg__senders){first, n, sum};
        first += n;
    }
}
