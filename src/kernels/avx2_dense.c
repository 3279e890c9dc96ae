/* Dense AVX2 charge: every tap, zero or not, in pairs.
 *
 * The input is widened to 16 bits with its padding around it, so that a kernel
 * row is one run and needs no border case. A tile is four neighbouring
 * positions by 16 channels, eight registers of sums. */
#include "kernels/avx2_dense.h"

#include <immintrin.h>
#include <string.h>

enum { LANES = 16, TILE = 4 };

/* Pairs of taps in a kernel row; an odd one is completed by weight 0. */
static size_t pairs(const sg__geometry *g)
{
    return ((size_t)g->kernel_w * g->in_c + 1) / 2;
}

static size_t groups(const sg__geometry *g)
{
    return (g->out_c + LANES - 1) / LANES;
}

/* Integers in a widened row; one more than it needs for the odd pair. */
static size_t wide_row(const sg__geometry *g)
{
    return (size_t)(g->in_w + 2 * g->pad) * g->in_c + 1;
}

size_t sg__avx2_dense_pack_size(const sg__geometry *g)
{
    return groups(g) * g->kernel_h * pairs(g) * LANES * 2 * sizeof(int16_t);
}

/* Packed as [group][kernel_h][pairs][LANES][2]. */
void sg__avx2_dense_pack(const sg__geometry *g, const int16_t *weight,
                         uint32_t first, uint32_t last, void *packed)
{
    size_t run = (size_t)g->kernel_w * g->in_c, row = pairs(g) * LANES * 2;
    int16_t *to = packed;
    for (uint32_t k = first; k < last; k++)
        for (uint32_t ky = 0; ky < g->kernel_h; ky++) {
            int16_t *lane =
                to + (k / LANES * g->kernel_h + ky) * row + k % LANES * 2;
            const int16_t *from = weight + (k * g->kernel_h + ky) * run;
            for (size_t i = 0; i < run; i++)
                lane[i / 2 * LANES * 2 + i % 2] = from[i];
        }
}

size_t sg__avx2_dense_scratch_size(const sg__geometry *g)
{
    return wide_row(g) * (g->in_h + 2 * g->pad) * sizeof(int16_t);
}

static void widen(const sg__geometry *g, const uint8_t *in, int16_t *wide)
{
    size_t row = wide_row(g), width = (size_t)g->in_w * g->in_c;
    memset(wide, 0, sg__avx2_dense_scratch_size(g));
    wide += g->pad * row + (size_t)g->pad * g->in_c;
    for (uint32_t y = 0; y < g->in_h; y++, wide += row, in += width)
        for (size_t i = 0; i < width; i++)
            wide[i] = in[i];
}

/* Two neighbouring counts in every lane. */
static inline __m256i both(const int16_t *counts)
{
    int32_t pair;
    memcpy(&pair, counts, sizeof pair);
    return _mm256_set1_epi32(pair);
}

static void store(const __m256i sum[2], const int32_t *bias, int32_t *charge,
                  uint32_t channels)
{
    int32_t out[LANES];
    _mm256_storeu_si256((__m256i *)out, sum[0]);
    _mm256_storeu_si256((__m256i *)(out + 8), sum[1]);
    channels = channels < LANES ? channels : LANES;
    for (uint32_t k = 0; k < channels; k++)
        charge[k] = bias[k] + out[k];
}

/* `count` positions, `step` integers apart, by the channels of one group. */
static inline __attribute__((always_inline)) void
tile(const sg__geometry *g, int count, const int16_t *in, size_t step,
     const __m256i *weight, const int32_t *bias, int32_t *charge,
     uint32_t channels)
{
    __m256i sum[TILE][2];
    size_t row = wide_row(g), n = pairs(g);
    for (int p = 0; p < count; p++)
        sum[p][0] = sum[p][1] = _mm256_setzero_si256();
    for (uint32_t ky = 0; ky < g->kernel_h; ky++, in += row)
        for (size_t i = 0; i < n; i++, weight += 2) {
            __m256i low = _mm256_load_si256(weight);
            __m256i high = _mm256_load_si256(weight + 1);
            for (int p = 0; p < count; p++) {
                __m256i x = both(in + (size_t)p * step + 2 * i);
                sum[p][0] =
                    _mm256_add_epi32(sum[p][0], _mm256_madd_epi16(low, x));
                sum[p][1] =
                    _mm256_add_epi32(sum[p][1], _mm256_madd_epi16(high, x));
            }
        }
    for (int p = 0; p < count; p++)
        store(sum[p], bias, charge + (size_t)p * g->out_c, channels);
}

void sg__avx2_dense_charge(const sg__geometry *g, const uint8_t *in,
                           const void *packed, const int32_t *bias,
                           int32_t *charge, void *scratch)
{
    int16_t *wide = scratch;
    size_t step = (size_t)g->stride * g->in_c;
    size_t group = g->kernel_h * pairs(g) * 2;
    widen(g, in, wide);
    for (uint32_t y = 0; y < g->out_h; y++) {
        const int16_t *row = wide + y * g->stride * wide_row(g);
        for (uint32_t k = 0; k < g->out_c; k += LANES) {
            const __m256i *weight =
                (const __m256i *)packed + k / LANES * group;
            int32_t *to = charge + (size_t)y * g->out_w * g->out_c + k;
            uint32_t x = 0, channels = g->out_c - k;
            for (; x + TILE <= g->out_w; x += TILE)
                tile(g, TILE, row + x * step, step, weight, bias + k,
                     to + (size_t)x * g->out_c, channels);
            for (; x < g->out_w; x++)
                tile(g, 1, row + x * step, step, weight, bias + k,
                     to + (size_t)x * g->out_c, channels);
        }
    }
}
