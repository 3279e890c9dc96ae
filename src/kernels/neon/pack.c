/* Memory of the NEON rows: packed weights, and the most scratch that any of
 * them needs. */
#include "kernels/neon/pack.h"

#include "kernels/neon/lanes.h"
#include "kernels/neon/ways.h"

size_t sg__forward_part__neon(const sg__geometry *g, int bits)
{
    size_t weights = sg__neon_blocks(g) * SG__PACK_CHANNELS * sg__fan_in(g);
    if (sg__by_rows(g, bits))
        return sg__fan_in(g) * g->out_c;
    return weights * sizeof(int16_t) +
           (bits == 8 ? sg__neon_blocks(g) * sizeof(uint32_t) : 0);
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

void sg__pack_rows(const sg__synapses *s, uint32_t first, uint32_t last)
{
    const size_t K = sg__fan_in(s->geo), columns = sg__columns(s->geo->out_c);
    for (uint32_t k = first; k < last; k += 16)
        for (size_t i = 0; i < K; i += 16)
            pack_square((const int8_t *)s->weight + k * K + i, K,
                        (int8_t *)s->packed + (k / columns * K + i) * columns +
                            k % columns,
                        columns);
}

void sg__pack_slabs(const sg__synapses *s, uint32_t first, uint32_t last,
                    int8_t *to)
{
    const sg__geometry *g = s->geo;
    const size_t K = sg__fan_in(g), columns = sg__columns(g->in_c);
    for (uint32_t k = first; k < last; k++)
        for (size_t i = 0; i < K; i += columns)
            memcpy(to + i * g->out_c + k * columns,
                   (const int8_t *)s->weight + k * K + i, columns);
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
    if (sg__by_rows(s->geo, s->bits))
        sg__pack_rows(s, first, last);
    else
        pack_words(s, first, last);
    if (sg__by_slabs(s->geo, s->bits))
        sg__pack_slabs(s, first, last,
                       (int8_t *)s->packed +
                           sg__forward_part__neon(s->geo, s->bits));
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
