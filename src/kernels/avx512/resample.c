/* AVX-512 quantising, and resampling of small grey images, an output row at a
 * time, with a 16-bit lane for each of its pixels.
 *
 * An input row is a table of 32 pairs of neighbours. The pairs at the x of
 * all lanes are looked up in each row that the output row may touch, and kept
 * in those lanes whose y says that the row is theirs: once as the upper
 * neighbours, once as the lower ones. */
#include <immintrin.h>

#include "kernels/kernels.h"
#include "kernels/portable/small_image.h"

enum { LANES = 32 };

#define ODD 0xaaaaaaaau /* odd 16-bit lanes */

/* Pair j of a row is pixels j - 1 and j, the first in the low byte; outside
 * is 0. */
static void list_pairs(sg_shape shape, const uint8_t *in,
                       uint16_t pairs[][LANES])
{
    const __mmask32 columns = (1u << shape.width) - 1;
    uint16_t before[LANES];
    for (unsigned j = 0; j < LANES; j++)
        before[j] = (uint16_t)(j - 1);
    const __m512i index = _mm512_loadu_si512(before);
    for (uint32_t y = 0; y < shape.height; y++) {
        __m512i right = _mm512_cvtepu8_epi16(
            _mm256_maskz_loadu_epi8(columns, in + y * shape.width));
        __m512i left = _mm512_maskz_permutexvar_epi16(~1u, index, right);
        _mm512_store_si512(pairs[y],
                           _mm512_or_si512(left, _mm512_slli_epi16(right, 8)));
    }
}

/* A coordinate of 32 positions, Q16: those of even and of odd lanes. */
typedef struct lanes {
    __m512i even, odd;
} lanes;

static inline lanes first_row(int64_t start, int32_t step)
{
    const __m512i index = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18,
                                            20, 22, 24, 26, 28, 30);
    __m512i by = _mm512_set1_epi32(step);
    __m512i even = _mm512_add_epi32(_mm512_set1_epi32((int32_t)start),
                                    _mm512_mullo_epi32(index, by));
    return (lanes){even, _mm512_add_epi32(even, by)};
}

static inline lanes next_row(lanes a, __m512i step)
{
    return (lanes){_mm512_add_epi32(a.even, step),
                   _mm512_add_epi32(a.odd, step)};
}

/* The whole part of all positions, signed. */
static inline __m512i whole(lanes a)
{
    return _mm512_mask_blend_epi16(ODD, _mm512_srli_epi32(a.even, 16), a.odd);
}

/* Their fraction in Q8. */
static inline __m512i fraction(lanes a)
{
    return _mm512_srli_epi16(
        _mm512_mask_blend_epi16(ODD, a.even, _mm512_slli_epi32(a.odd, 16)), 8);
}

/* (256 - fx) p + fx q of pairs p, q; fits 16 bits without a sign. */
static inline __m512i across(__m512i pair, __m512i fx)
{
    __m512i high = _mm512_slli_epi16(pair, 8);
    __m512i slope = _mm512_sub_epi16(_mm512_srli_epi16(pair, 8),
                                     _mm512_srli_epi16(high, 8));
    return _mm512_add_epi16(high, _mm512_mullo_epi16(slope, fx));
}

/* ((256 - fy) up + fy down + 2^15) / 2^16. vpmaddwd takes signed integers, so
 * 2^15 is taken off both, and 256 * 2^15 is put back. */
static inline __m512i along(__m512i up, __m512i down, __m512i fy)
{
    const __m512i sign = _mm512_set1_epi16(INT16_MIN);
    const __m512i back = _mm512_set1_epi32(257 << 15);
    __m512i rest = _mm512_sub_epi16(_mm512_set1_epi16(256), fy);
    up = _mm512_xor_si512(up, sign);
    down = _mm512_xor_si512(down, sign);
    __m512i low = _mm512_madd_epi16(_mm512_unpacklo_epi16(up, down),
                                    _mm512_unpacklo_epi16(rest, fy));
    __m512i high = _mm512_madd_epi16(_mm512_unpackhi_epi16(up, down),
                                     _mm512_unpackhi_epi16(rest, fy));
    low = _mm512_srli_epi32(_mm512_add_epi32(low, back), 16);
    high = _mm512_srli_epi32(_mm512_add_epi32(high, back), 16);
    return _mm512_packus_epi32(low, high);
}

/* As sg__quantised. */
static inline __m512i quantise(__m512i pixels, __m512i levels)
{
    __m512i x = _mm512_add_epi16(_mm512_mullo_epi16(pixels, levels),
                                 _mm512_set1_epi16(127));
    x = _mm512_add_epi16(x, _mm512_srli_epi16(x, 8));
    return _mm512_srli_epi16(_mm512_add_epi16(x, _mm512_set1_epi16(1)), 8);
}

void sg__quantise__avx512(size_t n, const uint8_t *pixels, int32_t levels,
                          uint8_t *counts)
{
    const __m512i to_count = _mm512_set1_epi16((int16_t)levels);
    for (size_t i = 0; i < n; i += LANES) {
        __mmask32 live = n - i < LANES ? (1u << (n - i)) - 1 : UINT32_MAX;
        __m512i x =
            _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(live, pixels + i));
        _mm256_mask_storeu_epi8(counts + i, live,
                                _mm512_cvtepi16_epi8(quantise(x, to_count)));
    }
}

/* One output row: pixels at positions x, y, from the rows in sight. */
static inline __m512i resample_row(sg_shape shape, lanes x, lanes y,
                                   sg__rows_in_sight rows,
                                   uint16_t pairs[][LANES])
{
    const __m512i one = _mm512_set1_epi16(1);
    const __m512i nowhere = _mm512_set1_epi16(INT16_MIN);
    __m512i j = _mm512_add_epi16(whole(x), one);
    __mmask32 valid =
        _mm512_cmple_epu16_mask(j, _mm512_set1_epi16((int16_t)shape.width));
    __m512i upper = _mm512_mask_mov_epi16(nowhere, valid, whole(y));
    __m512i lower = _mm512_add_epi16(upper, one);
    __m512i at = _mm512_set1_epi16((int16_t)rows.first);
    __m512i up = _mm512_setzero_si512(), down = up;
    for (int32_t k = rows.first; k < rows.first + rows.count; k++) {
        __m512i table = _mm512_load_si512(pairs[k]);
        __mmask32 is_up = _mm512_cmpeq_epi16_mask(upper, at);
        __mmask32 is_down = _mm512_cmpeq_epi16_mask(lower, at);
        up = _mm512_mask_permutexvar_epi16(up, is_up, j, table);
        down = _mm512_mask_permutexvar_epi16(down, is_down, j, table);
        at = _mm512_add_epi16(at, one);
    }
    __m512i fx = fraction(x);
    return along(across(up, fx), across(down, fx), fraction(y));
}

void sg__resample__avx512(const sg__warp *w, sg_shape shape, int32_t levels,
                          const uint8_t *in, uint8_t *out)
{
    _Alignas(64) uint16_t pairs[SG__SMALL_HEIGHT][LANES];
    if (!sg__image_is_small(w, shape)) {
        sg__resample__ref(w, shape, levels, in, out);
        return;
    }
    const __mmask32 columns = (1u << shape.width) - 1;
    const __m512i to_count = _mm512_set1_epi16((int16_t)levels);
    const __m512i step_x = _mm512_set1_epi32(w->m[1]);
    const __m512i step_y = _mm512_set1_epi32(w->m[3]);
    lanes x = first_row(w->start_x, w->m[0]);
    lanes y = first_row(w->start_y, w->m[2]);
    int64_t sy = w->start_y;

    list_pairs(shape, in, pairs);
    for (uint32_t i = 0; i < shape.height; i++, sy += w->m[3]) {
        sg__rows_in_sight rows = sg__rows_needed(w, shape, sy);
        __m512i pixels = resample_row(shape, x, y, rows, pairs);
        _mm256_mask_storeu_epi8(out + i * shape.width, columns,
                                _mm512_cvtepi16_epi8(
                                    quantise(pixels, to_count)));
        x = next_row(x, step_x);
        y = next_row(y, step_y);
    }
}
