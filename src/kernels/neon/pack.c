/* Memory of the NEON rows: packed weights, and the most scratch that any of
 * them needs. */
#include "kernels/neon/pack.h"

#include "kernels/neon/lanes.h"
#include "kernels/neon/ways.h"

size_t sg__dense_part__neon(const sg__geometry *g, int bits)
{
    size_t weights = sg__neon_blocks(g) * SG__PACK_CHANNELS * sg__fan_in(g);
    if (sg__by_rows(g, bits))
        return 0;
    return weights * sizeof(int16_t) +
           (bits == 8 ? sg__neon_blocks(g) * sizeof(uint32_t) : 0);
}

size_t sg__forward_part__neon(const sg__geometry *g, int bits)
{
    return sg__dense_part__neon(g, bits) + sg__slab_bytes(g, bits);
}

size_t sg__pack_size__neon(const sg__geometry *g, int bits)
{
    return sg__forward_part__neon(g, bits) + sg__propagate_part(g, bits);
}

/* 16 output channels by 16 inputs, transposed: each input's 16 weights go to
 * a row of `step` bytes. */
static void pack_square(const int8_t *from, size_t K, int8_t *to, size_t step)
{
    int8x16_t a[16], b[16];
    for (size_t i = 0; i < 16; i++)
        a[i] = vld1q_s8(from + i * K);
    for (int round = 0; round < 4; round++) {
        /* bytes of row i and row i + 8, in turn: four such rounds transpose */
        for (size_t i = 0; i < 8; i++) {
            b[2 * i] = vzip1q_s8(a[i], a[i + 8]);
            b[2 * i + 1] = vzip2q_s8(a[i], a[i + 8]);
        }
        memcpy(a, b, sizeof a);
    }
    for (size_t i = 0; i < 16; i++)
        vst1q_s8(to + i * step, a[i]);
}

/* 16 words: their high bytes, and their low ones less 128. */
static void split(const int16_t *w, int8_t *high, int8_t *low)
{
    uint8x16_t a = vreinterpretq_u8_s16(vld1q_s16(w));
    uint8x16_t b = vreinterpretq_u8_s16(vld1q_s16(w + 8));
    vst1q_u8((uint8_t *)high, vuzp2q_u8(a, b));
    vst1q_u8((uint8_t *)low, veorq_u8(vuzp1q_u8(a, b), vdupq_n_u8(0x80)));
}

void sg__pack_rows(const sg__synapses *s, uint32_t first, uint32_t last,
                   int8_t *to)
{
    const size_t K = sg__fan_in(s->geo), columns = sg__columns(s->geo->out_c);
    int8_t high[16 * 16], low[16 * 16];
    for (uint32_t k = first; k < last; k += 16)
        for (size_t i = 0; i < K; i += 16) {
            int8_t *at = to + (k / columns * K + i) * columns + k % columns;
            if (s->bits == 8) {
                pack_square((const int8_t *)s->weight + k * K + i, K, at,
                            columns);
                continue;
            }
            for (size_t c = 0; c < 16; c++)
                split((const int16_t *)s->weight + (k + c) * K + i,
                      high + 16 * c, low + 16 * c);
            pack_square(high, 16, at, columns);
            pack_square(low, 16, at + K * s->geo->out_c, columns);
        }
}

void sg__pack_slabs(const sg__synapses *s, uint32_t first, uint32_t last,
                    int8_t *to)
{
    const sg__geometry *g = s->geo;
    const size_t K = sg__fan_in(g), columns = sg__columns(g->in_c);
    for (uint32_t k = first; k < last; k++)
        for (size_t i = 0; i < K; i += columns) {
            int8_t *row = to + i * g->out_c + k * columns;
            if (s->bits == 8)
                memcpy(row, (const int8_t *)s->weight + k * K + i, columns);
            for (size_t c = 0; s->bits == 16 && c < columns; c += 16)
                split((const int16_t *)s->weight + k * K + i + c, row + c,
                      row + K * g->out_c + c);
        }
}

static uint32_t largest(const int8_t *w, size_t n)
{
    int8x16_t most = vdupq_n_s8(0);
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        most = vmaxq_s8(most, vqabsq_s8(vld1q_s8(w + i)));
    uint32_t all = (uint32_t)vmaxvq_s8(most);
    for (; i < n; i++) {
        uint32_t size = (uint32_t)(w[i] < 0 ? -w[i] : w[i]);
        all = size > all ? size : all;
    }
    return all;
}

static void pack_words(const sg__synapses *s, uint32_t first, uint32_t last)
{
    const size_t K = sg__fan_in(s->geo);
    for (uint32_t k = first; k < last; k++) {
        int16_t *to = (int16_t *)s->packed +
                      k / SG__PACK_CHANNELS * SG__PACK_CHANNELS * K +
                      k % SG__PACK_CHANNELS;
        for (size_t i = 0; i < K; i++)
            to[i * SG__PACK_CHANNELS] = (int16_t)sg__synapse(s, k * K + i);
        if (s->bits == 8) {
            uint32_t *most = &sg__neon_largest(s)[k / SG__PACK_CHANNELS];
            uint32_t mine = largest((const int8_t *)s->weight + k * K, K);
            *most = k % SG__PACK_CHANNELS && *most > mine ? *most : mine;
        }
    }
}

void sg__pack__neon(const sg__synapses *s, uint32_t first, uint32_t last)
{
    const sg__geometry *g = s->geo;
    int8_t *packed = s->packed;
    if (!sg__by_rows(g, s->bits))
        pack_words(s, first, last);
    if (sg__over_many(g))
        sg__pack_rows(s, first, last,
                      packed + sg__dense_part__neon(g, s->bits));
    if (sg__by_slabs(g))
        sg__pack_slabs(s, first, last,
                       packed + sg__forward_part__neon(g, s->bits));
}

size_t sg__scratch_with(const sg__geometry *g, int bits, size_t forward)
{
    size_t most = forward;
    size_t others[] = {sg__rows_scratch(g, bits), sg__gradient_scratch(g),
                       sg__propagate_scratch(g, bits)};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        most = others[i] > most ? others[i] : most;
    return most;
}

size_t sg__scratch_size__neon(const sg__geometry *g, int bits)
{
    return sg__scratch_with(g, bits, sg__forward_scratch__neon(g, bits));
}
