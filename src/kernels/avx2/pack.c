/* Memory of the AVX2 rows, which AVX-VNNI shares: the packed weights
 * (avx2/dense.h), and the most scratch that any of the rows needs. */

#include "kernels/avx2/gradient.h"
#include "kernels/avx2/lists.h"
#include "kernels/avx2/propagate.h"

size_t sg__pack_size__avx2(const sg__geometry *g, int bits)
{
    if (bits == 16)
        return sg__fan_in(g) * sg__word_step(g) * sizeof(int16_t);
    return (g->out_c + SG__QUAD_BLOCK - 1) / SG__QUAD_BLOCK *
           sg__quad_block(g);
}

/* Transposes 8 rows of 8 integers. */
static void transpose(const int16_t *from, size_t from_step, int16_t *to,
                      size_t to_step)
{
    __m128i a[8], b[8];
    for (size_t i = 0; i < 8; i++)
        a[i] = sg__load_half(from + i * from_step);
    for (size_t i = 0; i < 4; i++) { /* rows 2i and 2i+1 in pairs */
        b[i] = _mm_unpacklo_epi16(a[2 * i], a[2 * i + 1]);
        b[i + 4] = _mm_unpackhi_epi16(a[2 * i], a[2 * i + 1]);
    }
    for (size_t i = 0; i < 8; i += 2) { /* in fours: columns 0 1, 2 3, ... */
        a[i] = _mm_unpacklo_epi32(b[i], b[i + 1]);
        a[i + 1] = _mm_unpackhi_epi32(b[i], b[i + 1]);
    }
    for (size_t i = 0; i < 4; i++) {
        size_t low = i < 2 ? i : i + 2;
        __m128i first = _mm_unpacklo_epi64(a[low], a[low + 2]);
        __m128i second = _mm_unpackhi_epi64(a[low], a[low + 2]);
        _mm_storeu_si128((__m128i *)(to + 2 * i * to_step), first);
        _mm_storeu_si128((__m128i *)(to + (2 * i + 1) * to_step), second);
    }
}

static void pack_words(const sg__synapses *s, uint32_t first, uint32_t last)
{
    size_t fan_in = sg__fan_in(s->geo), step = sg__word_step(s->geo);
    const int16_t *from = s->weight;
    int16_t *to = s->packed;
    uint32_t k = first;
    for (; k + 8 <= last; k += 8) {
        size_t i = 0;
        for (; i + 8 <= fan_in; i += 8)
            transpose(from + k * fan_in + i, fan_in, to + i * step + k, step);
        for (; i < fan_in; i++)
            for (uint32_t c = k; c < k + 8; c++)
                to[i * step + c] = from[c * fan_in + i];
    }
    for (; k < last; k++)
        for (size_t i = 0; i < fan_in; i++)
            to[i * step + k] = from[k * fan_in + i];
}

static void pack_quads(const sg__synapses *s, uint32_t first, uint32_t last)
{
    const sg__geometry *g = s->geo;
    size_t run = sg__kernel_run(g), block = sg__quad_block(g);
    for (uint32_t k = first; k < last; k++) {
        const int8_t *from = (const int8_t *)s->weight + k * sg__fan_in(g);
        int8_t *to = (int8_t *)s->packed + k / SG__QUAD_BLOCK * block +
                     k % SG__QUAD_BLOCK * 4;
        for (uint32_t ky = 0; ky < g->kernel_h; ky++, from += run) {
            size_t i = 0;
            for (; i + 4 <= run; i += 4, to += 32)
                memcpy(to, from + i, 4);
            if (i < run) {
                memcpy(to, from + i, run - i);
                to += 32;
            }
        }
    }
}

void sg__pack__avx2(const sg__synapses *s, uint32_t first, uint32_t last)
{
    if (s->bits == 16)
        pack_words(s, first, last);
    else
        pack_quads(s, first, last);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

size_t sg__scratch_size__avx2(const sg__geometry *g, int bits)
{
    return larger(larger(sg__copies_size(g, bits),
                         bits == 16 ? sg__lists_size(g) : 0),
                  larger(sg__gradient_scratch(g),
                         sg__propagate_scratch(g, bits)));
}
