/* Packed weights of the NEON table with dot products; those of 16 bits are
 * packed as the plain NEON rows do. */
#include "kernels/neondot/pack.h"

enum { BLOCK = SG__DOT_BLOCK };

size_t sg__pack_size__neondot(const sg__geometry *g, int bits)
{
    if (bits != 8)
        return sg__pack_size__neon(g, bits);
    return sg__dot_blocks(g) * BLOCK * (sg__neon_taps(g) + sizeof(uint32_t));
}

void sg__pack__neondot(const sg__synapses *s, uint32_t first, uint32_t last)
{
    size_t fan_in = sg__fan_in(s->geo), taps = sg__neon_taps(s->geo);
    if (s->bits != 8) {
        sg__pack__neon(s, first, last);
        return;
    }
    for (uint32_t k = first; k < last; k++) {
        const int8_t *from = (const int8_t *)s->weight + k * fan_in;
        int8_t *to =
            (int8_t *)s->packed + k / BLOCK * BLOCK * taps + k % BLOCK * 4;
        int64_t sum = 0;
        for (size_t i = 0; i < fan_in; i++) {
            to[i / 4 * 4 * BLOCK + i % 4] = from[i];
            sum += from[i];
        }
        sg__dot_sums(s)[k] = (uint32_t)sum;
    }
}
