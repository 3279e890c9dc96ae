/* Memory of the AVX-512 table: packed weights (layout.h) and the scratch of
 * all its rows. */
#include "kernels/avx512/layout.h"
#include "kernels/avx512/scratch.h"
#include "kernels/avx512/slabs.h"

size_t sg__pack_size__avx512(const sg__geometry *g, int bits)
{
    return sg__forward_part(g, bits) + sg__propagate_part(g, bits);
}

/* 16 output channels by 64 inputs, transposed: each input's 16 weights go to
 * a row of 64. */
static void pack_square(const int8_t *from, size_t K, uint8_t *to)
{
    __m512i x[4][4], y[4];
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; i++) {
        const int8_t *at = from + 4 * i * K;
        sg__interleave(_mm512_loadu_si512(at), _mm512_loadu_si512(at + K),
                       _mm512_loadu_si512(at + 2 * K),
                       _mm512_loadu_si512(at + 3 * K), x[i]);
    }
    /* lane l of x[i][j]: channels 4i..4i+3 of inputs 16l+4j..16l+4j+3 */
#pragma GCC unroll 4
    for (size_t j = 0; j < 4; j++) {
        __m512i a = _mm512_unpacklo_epi32(x[0][j], x[1][j]);
        __m512i b = _mm512_unpackhi_epi32(x[0][j], x[1][j]);
        __m512i c = _mm512_unpacklo_epi32(x[2][j], x[3][j]);
        __m512i d = _mm512_unpackhi_epi32(x[2][j], x[3][j]);
        y[0] = _mm512_unpacklo_epi64(a, c);
        y[1] = _mm512_unpackhi_epi64(a, c);
        y[2] = _mm512_unpacklo_epi64(b, d);
        y[3] = _mm512_unpackhi_epi64(b, d);
#pragma GCC unroll 4
        for (size_t i = 0; i < 4; i++) {
            uint8_t *row = to + (4 * j + i) * 64;
            _mm_store_si128((__m128i *)row, _mm512_castsi512_si128(y[i]));
            _mm_store_si128((__m128i *)(row + 16 * 64),
                            _mm512_extracti32x4_epi32(y[i], 1));
            _mm_store_si128((__m128i *)(row + 32 * 64),
                            _mm512_extracti32x4_epi32(y[i], 2));
            _mm_store_si128((__m128i *)(row + 48 * 64),
                            _mm512_extracti32x4_epi32(y[i], 3));
        }
    }
}

/* The low bytes of 64 words. */
static __m512i low_bytes(__m512i a, __m512i b)
{
    return _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi16_epi8(a)),
                              _mm512_cvtepi16_epi8(b), 1);
}

static __m512i high_bytes(__m512i a, __m512i b)
{
    return low_bytes(_mm512_srli_epi16(a, 8), _mm512_srli_epi16(b, 8));
}

static void pack_rows(const sg__synapses *s, uint32_t first, uint32_t last)
{
    size_t K = sg__fan_in(s->geo);
    for (uint32_t k = first; k < last; k += 16)
        for (size_t i = 0; i < K; i += 64)
            pack_square((const int8_t *)s->weight + k * K + i, K,
                        (uint8_t *)s->packed + (k / 64 * K + i) * 64 + k % 64);
}

/* The same of 16-bit weights. */
static void pack_row_halves(const sg__synapses *s, uint32_t first,
                            uint32_t last)
{
    const size_t K = sg__fan_in(s->geo), low = K * s->geo->out_c;
    const __m512i bias = _mm512_set1_epi8((char)0x80);
    int8_t half[2][16 * 64];
    for (uint32_t k = first; k < last; k += 16)
        for (size_t i = 0; i < K; i += 64) {
            uint8_t *to =
                sg__forward_slabs(s) + (k / 64 * K + i) * 64 + k % 64;
            for (size_t c = 0; c < 16; c++) {
                const int16_t *from =
                    (const int16_t *)s->weight + (k + c) * K + i;
                const __m512i a = _mm512_loadu_si512(from);
                const __m512i b = _mm512_loadu_si512(from + 32);
                _mm512_storeu_si512(half[0] + 64 * c, high_bytes(a, b));
                _mm512_storeu_si512(half[1] + 64 * c,
                                    _mm512_xor_si512(low_bytes(a, b), bias));
            }
            pack_square(half[0], 64, to);
            pack_square(half[1], 64, to + low);
        }
}

static void pack_dense(const sg__synapses *s, uint32_t first, uint32_t last)
{
    const sg__geometry *g = s->geo;
    size_t run = (size_t)g->kernel_w * g->in_c * (size_t)s->bits / 8;
    for (uint32_t k = first; k < last; k++)
        for (uint32_t ky = 0; ky < g->kernel_h; ky++)
            sg__dense_pack(g, s->bits, k, ky,
                           (const char *)s->weight +
                               ((size_t)k * g->kernel_h + ky) * run,
                           s->packed);
}

/* The same of 16-bit weights: high bytes, and low bytes behind them. */
static void pack_halves(const sg__synapses *s, uint32_t first, uint32_t last)
{
    const sg__geometry *g = s->geo;
    const __m512i bias = _mm512_set1_epi8((char)0x80);
    const size_t K = sg__fan_in(g), low = K * g->out_c;
    uint8_t *to = sg__propagate_slabs(s);
    for (uint32_t k = first; k < last; k++)
        for (size_t i = 0; i < K; i += SG__SLAB_COLUMNS) {
            const int16_t *from = (const int16_t *)s->weight + k * K + i;
            uint8_t *row = to + i * g->out_c + (size_t)k * SG__SLAB_COLUMNS;
            const __m512i a = _mm512_loadu_si512(from);
            const __m512i b = _mm512_loadu_si512(from + 32);
            _mm512_store_si512(row, _mm512_xor_si512(high_bytes(a, b), bias));
            _mm512_store_si512(row + low, low_bytes(a, b));
        }
}

/* The part for the propagate rows, of layers by slabs. */
static void pack_slabs(const sg__synapses *s, uint32_t first, uint32_t last)
{
    const sg__geometry *g = s->geo;
    const __m512i bias = _mm512_set1_epi8((char)0x80);
    size_t K = sg__fan_in(g);
    uint8_t *to = sg__propagate_slabs(s);
    for (uint32_t k = first; k < last; k++)
        for (size_t i = 0; i < K; i += SG__SLAB_COLUMNS) {
            __m512i w =
                _mm512_loadu_si512((const int8_t *)s->weight + k * K + i);
            _mm512_store_si512(to + i * g->out_c +
                                   (size_t)k * SG__SLAB_COLUMNS,
                               _mm512_xor_si512(w, bias));
        }
}

void sg__pack__avx512(const sg__synapses *s, uint32_t first, uint32_t last)
{
    if (sg__by_rows(s->geo, s->bits))
        pack_rows(s, first, last);
    else if (!sg__by_dots(s->geo, s->bits))
        pack_dense(s, first, last);
    if (sg__by_halves(s->geo, s->bits))
        pack_row_halves(s, first, last);
    if (sg__by_slabs(s->geo) && s->bits == 8)
        pack_slabs(s, first, last);
    else if (sg__by_slabs(s->geo))
        pack_halves(s, first, last);
}

size_t sg__scratch_size__avx512(const sg__geometry *g, int bits)
{
    size_t most = 0;
    size_t sizes[] = {sg__forward_scratch(g, bits),
                      sg__forward_sparse_scratch(g, bits),
                      sg__propagate_dense_scratch(g, bits),
                      sg__propagate_sparse_scratch(g, bits),
                      sg__gradient_sparse_scratch(g),
                      sg__gradient_dense_scratch(g)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        most = sizes[i] > most ? sizes[i] : most;
    return most;
}
