/* Memory of the NEON rows with dot products. */
#include "kernels/neondot/pack.h"

#include "kernels/neon/lanes.h"
#include "kernels/neon/ways.h"

enum { QUAD = 4 * SG__DOT_BLOCK }; /* bytes of a quad of all channels */

size_t sg__dense_part__neondot(const sg__geometry *g, int bits)
{
    if (sg__by_rows(g, bits))
        return 0;
    return sg__dot_plane(g) * (size_t)bits / 8 +
           sg__neon_blocks(g) * SG__DOT_BLOCK * sizeof(uint32_t);
}

size_t sg__forward_part__neondot(const sg__geometry *g, int bits)
{
    return sg__dense_part__neondot(g, bits) + sg__slab_bytes(g, bits);
}

size_t sg__pack_size__neondot(const sg__geometry *g, int bits)
{
    return sg__forward_part__neondot(g, bits) + sg__propagate_part(g, bits);
}

/* Up to 8 weights of 16 bits: their high and their low bytes. */
static uint8x8x2_t bytes_of(const int16_t *w, size_t n)
{
    int16_t part[8] = {0};
    if (n < 8) {
        memcpy(part, w, n * sizeof *w);
        w = part;
    }
    uint8x16_t x = vreinterpretq_u8_s16(vld1q_s16(w));
    uint8x8_t a = vget_low_u8(x), b = vget_high_u8(x);
    return (uint8x8x2_t){{vuzp2_u8(a, b), vuzp1_u8(a, b)}};
}

/* Eight bytes to two quads of one channel. */
static void store_quads(uint8_t *to, uint8x8_t x, bool both)
{
    uint32_t first = vget_lane_u32(vreinterpret_u32_u8(x), 0);
    uint32_t second = vget_lane_u32(vreinterpret_u32_u8(x), 1);
    memcpy(to, &first, sizeof first);
    if (both)
        memcpy(to + QUAD, &second, sizeof second);
}

/* One kernel row of a channel, in quads completed by 0; returns the sum of
 * what is signed. */
static int32_t pack_words(const int16_t *w, size_t run, uint8_t *to,
                          size_t plane)
{
    int32_t sum = 0;
    for (size_t i = 0; i < run; i += 8, to += 2 * QUAD) {
        uint8x8x2_t x = bytes_of(w + i, run - i);
        bool both = run - i > 4;
        store_quads(to, x.val[0], both);
        store_quads(to + plane, x.val[1], both);
        sum += vaddlv_s8(vreinterpret_s8_u8(x.val[0]));
    }
    return sum;
}

static int32_t pack_bytes(const int8_t *w, size_t run, uint8_t *to)
{
    int32_t sum = 0;
    for (size_t i = 0; i < run; i += 8, to += 2 * QUAD) {
        int8_t part[8] = {0};
        memcpy(part, w + i, run - i < 8 ? run - i : 8);
        int8x8_t x = vld1_s8(part);
        store_quads(to, vreinterpret_u8_s8(x), run - i > 4);
        sum += vaddlv_s8(x);
    }
    return sum;
}

static void pack_quads(const sg__synapses *s, uint32_t k)
{
    const sg__geometry *g = s->geo;
    const size_t run = (size_t)g->kernel_w * g->in_c, K = sg__fan_in(g);
    uint8_t *to = (uint8_t *)s->packed +
                  k / SG__DOT_BLOCK * sg__quad_block(g) +
                  k % SG__DOT_BLOCK * 4;
    uint32_t sum = 0; /* modulo 2^32, as charges are */
    for (uint32_t ky = 0; ky < g->kernel_h; ky++, to += sg__quads(g) * QUAD) {
        const size_t at = k * K + ky * run;
        sum += (uint32_t)(s->bits == 8
                              ? pack_bytes((const int8_t *)s->weight + at, run,
                                           to)
                              : pack_words((const int16_t *)s->weight + at,
                                           run, to, sg__dot_plane(g)));
    }
    sg__dot_sums(s)[k] = sum;
}

void sg__pack__neondot(const sg__synapses *s, uint32_t first, uint32_t last)
{
    const sg__geometry *g = s->geo;
    int8_t *packed = s->packed;
    for (uint32_t k = first; !sg__by_rows(g, s->bits) && k < last; k++)
        pack_quads(s, k);
    if (sg__over_many(g))
        sg__pack_rows(s, first, last,
                      packed + sg__dense_part__neondot(g, s->bits));
    if (sg__by_slabs(g))
        sg__pack_slabs(s, first, last,
                       packed + sg__forward_part__neondot(g, s->bits));
}

size_t sg__scratch_size__neondot(const sg__geometry *g, int bits)
{
    return sg__scratch_with(g, bits, sg__forward_scratch__neondot(g, bits));
}
