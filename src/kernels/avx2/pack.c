/* Memory of the AVX2 rows, which AVX-VNNI shares: the packed weights
 * (avx2/dense.h), and the most scratch that any of the rows needs. */

#include "kernels/avx2/gradient.h"
#include "kernels/avx2/layout.h"
#include "kernels/avx2/lists.h"
#include "kernels/avx2/neighbours.h"
#include "kernels/avx2/planes.h"
#include "kernels/avx2/propagate.h"
#include "kernels/avx2/rows.h"

size_t sg__pack_size__avx2(const sg__geometry *g, int bits)
{
    return sg__forward_part(g, bits) + sg__propagate_part(g, bits);
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

/* The largest |w| of n weights. */
static uint32_t largest(const int8_t *w, size_t n)
{
    uint8_t lane[32];
    uint32_t all = 0;
    __m256i most = _mm256_setzero_si256();
    size_t i = 0;
    for (; i + 32 <= n; i += 32)
        most = _mm256_max_epu8(most, _mm256_abs_epi8(sg__load_all(w + i)));
    sg__store(lane, most);
    for (size_t k = 0; k < 32; k++)
        all = lane[k] > all ? lane[k] : all;
    for (; i < n; i++) {
        uint32_t size = (uint32_t)(w[i] < 0 ? -w[i] : w[i]);
        all = size > all ? size : all;
    }
    return all;
}

static void pack_quads(const sg__synapses *s, uint32_t first, uint32_t last)
{
    const sg__geometry *g = s->geo;
    size_t run = sg__kernel_run(g), block = sg__quad_block(g);
    for (uint32_t k = first; k < last; k++) {
        const int8_t *from = (const int8_t *)s->weight + k * sg__fan_in(g);
        int8_t *to = (int8_t *)s->packed + k / SG__QUAD_BLOCK * block +
                     k % SG__QUAD_BLOCK * 4;
        uint32_t *most = &sg__largest_weights(s)[k / SG__QUAD_BLOCK];
        uint32_t mine = largest(from, sg__fan_in(g));
        *most = k % SG__QUAD_BLOCK && *most > mine ? *most : mine;
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

/* 16 output channels by 16 inputs, transposed: each input's 16 weights go to
 * a row of 64. */
static void pack_square(const int8_t *from, size_t K, uint8_t *to)
{
    __m128i a[16], b[16];
    for (size_t i = 0; i < 16; i++)
        a[i] = sg__load_half(from + i * K);
    for (int round = 0; round < 4; round++) {
        /* bytes of row i and row i + 8, in turn: four such rounds transpose */
        for (size_t i = 0; i < 8; i++) {
            b[2 * i] = _mm_unpacklo_epi8(a[i], a[i + 8]);
            b[2 * i + 1] = _mm_unpackhi_epi8(a[i], a[i + 8]);
        }
        memcpy(a, b, sizeof a);
    }
    for (size_t i = 0; i < 16; i++)
        _mm_storeu_si128((__m128i *)(to + i * SG__SLAB_COLUMNS), a[i]);
}

static void pack_rows(const sg__synapses *s, uint32_t first, uint32_t last)
{
    size_t K = sg__fan_in(s->geo);
    for (uint32_t k = first; k < last; k += 16)
        for (size_t i = 0; i < K; i += 16)
            pack_square((const int8_t *)s->weight + k * K + i, K,
                        (uint8_t *)s->packed + (k / 64 * K + i) * 64 + k % 64);
}

static __m128i low_bytes(__m128i a, __m128i b)
{
    const __m128i bytes = _mm_set1_epi16(0xff);
    return _mm_packus_epi16(_mm_and_si128(a, bytes), _mm_and_si128(b, bytes));
}

/* 16 words: their high bytes, and their low ones. */
static void split(const int16_t *w, __m128i *high, __m128i *low)
{
    __m128i a = sg__load_half(w), b = sg__load_half(w + 8);
    *high = low_bytes(_mm_srli_epi16(a, 8), _mm_srli_epi16(b, 8));
    *low = low_bytes(a, b);
}

/* The part for the propagate rows of 16-bit layers by slabs: high bytes, and
 * low bytes behind them. */
static void pack_halves(const sg__synapses *s, uint32_t first, uint32_t last)
{
    const sg__geometry *g = s->geo;
    const __m128i bias = _mm_set1_epi8((char)0x80);
    const size_t K = sg__fan_in(g), behind = K * g->out_c;
    uint8_t *to = sg__propagate_slabs(s);
    for (uint32_t k = first; k < last; k++)
        for (size_t i = 0; i < K; i += 16) {
            uint8_t *row = to + i / 64 * 64 * g->out_c +
                           (size_t)k * SG__SLAB_COLUMNS + i % 64;
            __m128i high, low;
            split((const int16_t *)s->weight + k * K + i, &high, &low);
            _mm_storeu_si128((__m128i *)row, _mm_xor_si128(high, bias));
            _mm_storeu_si128((__m128i *)(row + behind), low);
        }
}

/* The same of 8-bit ones. */
static void pack_slabs(const sg__synapses *s, uint32_t first, uint32_t last)
{
    const sg__geometry *g = s->geo;
    const __m256i bias = _mm256_set1_epi8((char)0x80);
    size_t K = sg__fan_in(g);
    uint8_t *to = sg__propagate_slabs(s);
    for (uint32_t k = first; k < last; k++)
        for (size_t i = 0; i < K; i += 32) {
            __m256i w = sg__load_all((const int8_t *)s->weight + k * K + i);
            sg__store(to + i / 64 * 64 * g->out_c +
                          (size_t)k * SG__SLAB_COLUMNS + i % 64,
                      _mm256_xor_si256(w, bias));
        }
}

void sg__pack__avx2(const sg__synapses *s, uint32_t first, uint32_t last)
{
    if (s->bits == 16)
        pack_words(s, first, last);
    else if (sg__by_rows(s->geo, 8))
        pack_rows(s, first, last);
    else
        pack_quads(s, first, last);
    if (sg__by_slabs(s->geo, s->bits) && s->bits == 8)
        pack_slabs(s, first, last);
    else if (sg__by_slabs(s->geo, s->bits))
        pack_halves(s, first, last);
}

size_t sg__scratch_size__avx2(const sg__geometry *g, int bits)
{
    size_t most = 0;
    size_t sizes[] = {sg__dense_scratch(g, bits),
                      bits == 16 ? sg__lists_size(g) : 0,
                      sg__rows_scratch(g, bits),
                      sg__by_neighbours(g, bits) ? sg__neighbours_scratch(g)
                                                 : 0,
                      sg__gradient_scratch(g),
                      sg__planes_scratch(g),
                      sg__propagate_scratch(g, bits)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        most = sizes[i] > most ? sizes[i] : most;
    return most;
}
