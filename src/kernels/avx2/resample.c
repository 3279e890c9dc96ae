/* AVX2 quantising, and resampling of small grey images, an output row at a
 * time, with a byte for each of its pixels.
 *
 * The pixels at the x of all bytes are looked up in each row that the output
 * row may touch, and kept in those bytes whose y says that the row is theirs:
 * once as the upper neighbours, once as the lower ones. */
#include <immintrin.h>
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/portable/small_image.h"

enum { LANES = 32 };

/* An input row as a table, with a 0 in front and the rest 0. */
typedef struct table {
    uint8_t left[LANES];  /* [j] is pixel j - 1 */
    uint8_t right[LANES]; /* [j] is pixel j */
} table;

static void list_rows(sg_shape shape, const uint8_t *in, table *rows)
{
    memset(rows, 0, shape.height * sizeof *rows);
    for (uint32_t y = 0; y < shape.height; y++) {
        memcpy(rows[y].left + 1, in + y * shape.width, shape.width);
        memcpy(rows[y].right, in + y * shape.width, shape.width);
    }
}

/* A coordinate of 32 positions, Q16. part[k] holds those of bytes 4k..4k+3
 * and 16+4k..16+4k+3, so that packing leaves the bytes in order. */
typedef struct lanes {
    __m256i part[4];
} lanes;

static inline lanes first_row(int64_t start, int32_t step)
{
    const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 16, 17, 18, 19);
    __m256i by = _mm256_set1_epi32(step);
    lanes a;
    a.part[0] = _mm256_add_epi32(_mm256_set1_epi32((int32_t)start),
                                 _mm256_mullo_epi32(index, by));
    for (int k = 1; k < 4; k++)
        a.part[k] = _mm256_add_epi32(a.part[k - 1], _mm256_slli_epi32(by, 2));
    return a;
}

static inline void next_row(lanes *a, __m256i step)
{
    for (int k = 0; k < 4; k++)
        a->part[k] = _mm256_add_epi32(a->part[k], step);
}

/* The whole part of all positions, saturated to -128..127. */
static inline __m256i whole(const lanes *a)
{
    __m256i low = _mm256_packs_epi32(_mm256_srai_epi32(a->part[0], 16),
                                     _mm256_srai_epi32(a->part[1], 16));
    __m256i high = _mm256_packs_epi32(_mm256_srai_epi32(a->part[2], 16),
                                      _mm256_srai_epi32(a->part[3], 16));
    return _mm256_packs_epi16(low, high);
}

/* Fractions in Q8, 16 bits each, of bytes 8h..8h+7 and 16+8h..16+8h+7. */
static inline __m256i fraction(const lanes *a, int h)
{
    const __m256i low = _mm256_set1_epi32(0xffff);
    return _mm256_srli_epi16(
        _mm256_packus_epi32(_mm256_and_si256(a->part[2 * h], low),
                            _mm256_and_si256(a->part[2 * h + 1], low)),
        8);
}

/* Entry j of a table in bytes where low or high is j or j - 16, and 0 where
 * both have their top bit set. */
static inline __m256i look_up(const uint8_t *entries, __m256i low,
                              __m256i high)
{
    const __m128i *half = (const __m128i *)entries;
    __m256i a = _mm256_broadcastsi128_si256(_mm_load_si128(half));
    __m256i b = _mm256_broadcastsi128_si256(_mm_load_si128(half + 1));
    return _mm256_or_si256(_mm256_shuffle_epi8(a, low),
                           _mm256_shuffle_epi8(b, high));
}

/* The four neighbours of 32 positions: upper left, upper right, lower left,
 * lower right. */
static inline void gather(sg_shape shape, __m256i x, __m256i y,
                          sg__rows_in_sight rows, const table *tables,
                          __m256i p[4])
{
    const __m256i one = _mm256_set1_epi8(1);
    __m256i valid =
        _mm256_and_si256(_mm256_cmpgt_epi8(x, _mm256_set1_epi8(-2)),
                         _mm256_cmpgt_epi8(_mm256_set1_epi8((char)shape.width),
                                           x));
    __m256i outside = _mm256_andnot_si256(valid, _mm256_set1_epi8(-128));
    __m256i j = _mm256_add_epi8(x, one);
    __m256i low =
        _mm256_or_si256(_mm256_adds_epu8(j, _mm256_set1_epi8(112)), outside);
    __m256i high =
        _mm256_or_si256(_mm256_sub_epi8(j, _mm256_set1_epi8(16)), outside);
    __m256i at = _mm256_set1_epi8((char)rows.first);
    __m256i above = _mm256_cmpeq_epi8(y, _mm256_sub_epi8(at, one));

    p[0] = p[1] = p[2] = p[3] = _mm256_setzero_si256();
    for (int32_t k = rows.first; k < rows.first + rows.count; k++) {
        __m256i here = _mm256_cmpeq_epi8(y, at);
        __m256i left = look_up(tables[k].left, low, high);
        __m256i right = look_up(tables[k].right, low, high);
        p[0] = _mm256_or_si256(p[0], _mm256_and_si256(left, here));
        p[1] = _mm256_or_si256(p[1], _mm256_and_si256(right, here));
        p[2] = _mm256_or_si256(p[2], _mm256_and_si256(left, above));
        p[3] = _mm256_or_si256(p[3], _mm256_and_si256(right, above));
        at = _mm256_add_epi8(at, one);
        above = here;
    }
}

/* (256 - fx) p + fx q; fits 16 bits without a sign. */
static inline __m256i across(__m256i p, __m256i q, __m256i fx)
{
    __m256i slope = _mm256_mullo_epi16(_mm256_sub_epi16(q, p), fx);
    return _mm256_add_epi16(_mm256_slli_epi16(p, 8), slope);
}

/* ((256 - fy) up + fy down + 2^15) / 2^16. vpmaddwd takes signed integers, so
 * 2^15 is taken off both, and 256 * 2^15 is put back. */
static inline __m256i along(__m256i up, __m256i down, __m256i fy)
{
    const __m256i sign = _mm256_set1_epi16(INT16_MIN);
    const __m256i back = _mm256_set1_epi32(257 << 15);
    __m256i rest = _mm256_sub_epi16(_mm256_set1_epi16(256), fy);
    up = _mm256_xor_si256(up, sign);
    down = _mm256_xor_si256(down, sign);
    __m256i low = _mm256_madd_epi16(_mm256_unpacklo_epi16(up, down),
                                    _mm256_unpacklo_epi16(rest, fy));
    __m256i high = _mm256_madd_epi16(_mm256_unpackhi_epi16(up, down),
                                     _mm256_unpackhi_epi16(rest, fy));
    low = _mm256_srli_epi32(_mm256_add_epi32(low, back), 16);
    high = _mm256_srli_epi32(_mm256_add_epi32(high, back), 16);
    return _mm256_packus_epi32(low, high);
}

/* As sg__quantised. */
static inline __m256i quantise(__m256i pixels, __m256i levels)
{
    __m256i x = _mm256_add_epi16(_mm256_mullo_epi16(pixels, levels),
                                 _mm256_set1_epi16(127));
    x = _mm256_add_epi16(x, _mm256_srli_epi16(x, 8));
    return _mm256_srli_epi16(_mm256_add_epi16(x, _mm256_set1_epi16(1)), 8);
}

void sg__quantise__avx2(size_t n, const uint8_t *pixels, int32_t levels,
                        uint8_t *counts)
{
    const __m256i zero = _mm256_setzero_si256();
    const __m256i to_count = _mm256_set1_epi16((int16_t)levels);
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        __m256i x = _mm256_loadu_si256((const __m256i *)(pixels + i));
        __m256i low = quantise(_mm256_unpacklo_epi8(x, zero), to_count);
        __m256i high = quantise(_mm256_unpackhi_epi8(x, zero), to_count);
        _mm256_storeu_si256((__m256i *)(counts + i),
                            _mm256_packus_epi16(low, high));
    }
    sg__quantise__ref(n - i, pixels + i, levels, counts + i);
}

/* One output row: counts at positions x, y, from the rows in sight. */
static inline __m256i resample_row(sg_shape shape, const lanes *x,
                                   const lanes *y, sg__rows_in_sight rows,
                                   const table *tables, __m256i levels)
{
    const __m256i zero = _mm256_setzero_si256();
    __m256i p[4], half[2];
    gather(shape, whole(x), whole(y), rows, tables, p);
    for (int h = 0; h < 2; h++) {
        __m256i wide[4];
        for (int k = 0; k < 4; k++)
            wide[k] = h ? _mm256_unpackhi_epi8(p[k], zero)
                        : _mm256_unpacklo_epi8(p[k], zero);
        __m256i fx = fraction(x, h);
        half[h] = quantise(along(across(wide[0], wide[1], fx),
                                 across(wide[2], wide[3], fx), fraction(y, h)),
                           levels);
    }
    return _mm256_packus_epi16(half[0], half[1]);
}

void sg__resample__avx2(const sg__warp *w, sg_shape shape, int32_t levels,
                        const uint8_t *in, uint8_t *out)
{
    _Alignas(32) table tables[SG__SMALL_HEIGHT];
    const size_t width = shape.width, size = width * shape.height;
    if (!sg__image_is_small(w, shape)) {
        sg__resample__ref(w, shape, levels, in, out);
        return;
    }
    const __m256i to_count = _mm256_set1_epi16((int16_t)levels);
    const __m256i step_x = _mm256_set1_epi32(w->m[1]);
    const __m256i step_y = _mm256_set1_epi32(w->m[3]);
    lanes x = first_row(w->start_x, w->m[0]);
    lanes y = first_row(w->start_y, w->m[2]);
    int64_t sy = w->start_y;

    list_rows(shape, in, tables);
    for (size_t at = 0; at < size; at += width, sy += w->m[3]) {
        sg__rows_in_sight rows = sg__rows_needed(w, shape, sy);
        __m256i counts = resample_row(shape, &x, &y, rows, tables, to_count);
        /* what is past the row is overwritten by the next one, if there is */
        uint8_t last[LANES];
        bool fits = at + LANES <= size;
        _mm256_storeu_si256((__m256i *)(fits ? out + at : last), counts);
        if (!fits)
            memcpy(out + at, last, width);
        next_row(&x, step_x);
        next_row(&y, step_y);
    }
}
