/* Rows of standardised weights in 32-bit lanes: of sums and products no more
 * than a part of 32 bits is wanted, and of gradients none but absurd ones are
 * so large that it would not do; those go to ref. A row of the optimiser that
 * has no products is as the compiler makes it. */
#include "kernels/avx2/lanes.h"

#define SG__OWN_ROWS
#define SG__STANDARDISE(row) sg__##row##__avx2
#include "kernels/portable/standardise.h"

enum {
    /* |G|, and |G's part along the row|: with them every result of the tangent
     * fits 32 bits, and so do the sums of a block; their squares 64 */
    MOST = 1 << 20,
    MOST_ALONG = 1 << 25,
    BLOCK = 1024,
    LANES = 8
};

/* Eight integers, or those that are left and `fill`. */
SG__INLINE __m256i load(const int32_t *x, size_t left, int32_t fill)
{
    int32_t part[LANES];
    if (left >= LANES)
        return sg__load_all(x);
    for (size_t i = 0; i < LANES; i++)
        part[i] = i < left ? x[i] : fill;
    return sg__load_all(part);
}

SG__INLINE void store(int32_t *to, size_t left, __m256i x)
{
    if (left >= LANES)
        sg__store(to, x);
    else
        _mm256_maskstore_epi32(to, sg__first_lanes(left), x);
}

/* Odd lanes where the products of 64 bits look for their factors. */
SG__INLINE __m256i odd(__m256i x)
{
    return _mm256_srli_epi64(x, 32);
}

/* floor((x factor + half) / 2^bits) of 8 lanes, which must fit 32 bits; bits
 * below 32. */
SG__INLINE __m256i scaled(__m256i x, __m256i factor, __m256i half, int bits)
{
    __m256i a = _mm256_mul_epi32(x, factor);
    __m256i b = _mm256_mul_epi32(odd(x), factor);
    a = _mm256_srli_epi64(_mm256_add_epi64(a, half), bits);
    b = _mm256_slli_epi64(_mm256_add_epi64(b, half), 32 - bits);
    return _mm256_blend_epi32(a, b, 0xaa);
}

/* all + the eight products x y, two to a lane of 64 bits. */
SG__INLINE __m256i add_products(__m256i all, __m256i x, __m256i y)
{
    all = _mm256_add_epi64(all, _mm256_mul_epi32(x, y));
    return _mm256_add_epi64(all, _mm256_mul_epi32(odd(x), odd(y)));
}

/* Modulo 2^64: what is looked at does not leave it. */
static uint64_t sum_lanes(__m256i x)
{
    uint64_t lane[4];
    sg__store(lane, x);
    return lane[0] + lane[1] + lane[2] + lane[3];
}

/* all + the eight integers x, two to a lane of 64 bits. */
SG__INLINE __m256i add_wide(__m256i all, __m256i x)
{
    __m128i low = _mm256_castsi256_si128(x);
    __m128i high = _mm256_extracti128_si256(x, 1);
    all = _mm256_add_epi64(all, _mm256_cvtepi32_epi64(low));
    return _mm256_add_epi64(all, _mm256_cvtepi32_epi64(high));
}

/* The largest of 8 unsigned numbers, or MOST + 1 if it is more than that. */
static int32_t most_lane(__m256i x)
{
    uint32_t lane[LANES];
    int32_t most = 0;
    sg__store(lane, x);
    for (int i = 0; i < LANES; i++)
        if (lane[i] > (uint32_t)most)
            most = lane[i] > MOST ? MOST + 1 : (int32_t)lane[i];
    return most;
}

/* ---- weights from masters, |W| <= 2^23 ---- */

static int64_t sum_of(size_t n, const int32_t *master)
{
    __m256i all = _mm256_setzero_si256();
    for (size_t i = 0; i < n;) {
        __m256i block = _mm256_setzero_si256();
        for (size_t end = n - i < BLOCK ? n : i + BLOCK; i < end; i += LANES)
            block = _mm256_add_epi32(block, load(master + i, n - i, 0));
        all = add_wide(all, block);
    }
    return (int64_t)sum_lanes(all);
}

static uint64_t squares_of(size_t n, const int32_t *master, int32_t mean)
{
    const __m256i centre = _mm256_set1_epi32(mean);
    __m256i all = _mm256_setzero_si256();
    for (size_t i = 0; i < n; i += LANES) {
        __m256i c = _mm256_sub_epi32(load(master + i, n - i, mean), centre);
        all = add_products(all, c, c);
    }
    return sum_lanes(all); /* at most 2^63 */
}

/* round(c scale) of 8 lanes, within the limit. */
SG__INLINE __m256i weights_of(__m256i c, __m256i scale, __m256i limit)
{
    const __m256i half =
        _mm256_set1_epi64x(INT64_C(1) << (23 + SG__SCALE_BITS));
    const __m256i least = _mm256_sub_epi32(_mm256_setzero_si256(), limit);
    __m256i a = _mm256_add_epi64(_mm256_mul_epi32(c, scale), half);
    __m256i b = _mm256_add_epi64(_mm256_mul_epi32(odd(c), scale), half);
    __m256i w = _mm256_blend_epi32(odd(a), b, 0xaa);
    w = _mm256_srai_epi32(w, 24 + SG__SCALE_BITS - 32);
    return _mm256_max_epi32(_mm256_min_epi32(w, limit), least);
}

/* Eight weights, or those that are left, as 8 or 16 bits. */
SG__INLINE void store_weights(void *weight, int bits, size_t i, size_t left,
                              __m256i w)
{
    __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(w),
                                    _mm256_extracti128_si256(w, 1));
    __m128i bytes = _mm_packs_epi16(words, words);
    if (left < LANES) {
        uint8_t part[16];
        _mm_storeu_si128((__m128i *)part, bits == 8 ? bytes : words);
        memcpy((char *)weight + i * (size_t)bits / 8, part,
               left * (size_t)bits / 8);
    } else if (bits == 8) {
        _mm_storel_epi64((__m128i *)((int8_t *)weight + i), bytes);
    } else {
        _mm_storeu_si128((__m128i *)((int16_t *)weight + i), words);
    }
}

void sg__standardise__avx2(size_t n, const int32_t *master, int32_t gain,
                           int32_t row_norm, int32_t limit, int bits,
                           sg__row *row, void *weight)
{
    int32_t mean =
        (int32_t)sg__floor_divide(sum_of(n, master) + (int64_t)(n / 2),
                                  (int64_t)n);
    uint32_t size = sg__root(squares_of(n, master, mean));
    size = size > 0 ? size : 1;
    int64_t scale = sg__row_scale(gain, row_norm, size);
    if (scale != (int32_t)scale) {
        sg__standardise__ref(n, master, gain, row_norm, limit, bits, row,
                             weight);
        return;
    }
    const __m256i centre = _mm256_set1_epi32(mean);
    const __m256i factor = _mm256_set1_epi64x(scale);
    const __m256i most = _mm256_set1_epi32(limit);
    *row = (sg__row){mean, size};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        __m256i c = _mm256_sub_epi32(sg__load_all(master + i), centre);
        __m256i w = weights_of(c, factor, most);
        store_weights(weight, bits, i, LANES, w);
    }
    if (i < n) {
        __m256i c = _mm256_sub_epi32(load(master + i, n - i, 0), centre);
        store_weights(weight, bits, i, n - i, weights_of(c, factor, most));
    }
}

/* ---- gradients ---- */

/* Sums of one row. */
typedef struct sums {
    int64_t gradient, along; /* of G, and of G c / N in 2^-DIRECTION_BITS */
    int32_t most;            /* of |G| */
} sums;

static sums sums_of(size_t n, const int32_t *master, int32_t mean,
                    int32_t inverse, const int32_t *gradient)
{
    const __m256i centre = _mm256_set1_epi32(mean);
    const __m256i factor = _mm256_set1_epi64x(inverse);
    const __m256i half = _mm256_set1_epi64x(1 << 23);
    __m256i all = _mm256_setzero_si256(), along = all, most = all;
    for (size_t i = 0; i < n;) {
        __m256i block = _mm256_setzero_si256();
        for (size_t end = n - i < BLOCK ? n : i + BLOCK; i < end; i += LANES) {
            __m256i g = load(gradient + i, n - i, 0);
            __m256i c =
                _mm256_sub_epi32(load(master + i, n - i, mean), centre);
            along = add_products(along, g, scaled(c, factor, half, 24));
            most = _mm256_max_epu32(most, _mm256_abs_epi32(g));
            block = _mm256_add_epi32(block, g);
        }
        all = add_wide(all, block);
    }
    return (sums){(int64_t)sum_lanes(all), (int64_t)sum_lanes(along),
                  most_lane(most)};
}

void sg__tangent__avx2(size_t n, const int32_t *master, const sg__row *row,
                       int32_t ratio, int32_t *gradient, int32_t *along)
{
    const int64_t inverse =
        (INT64_C(1) << (24 + SG__DIRECTION_BITS)) / (int64_t)row->size;
    if (inverse > INT32_MAX) {
        sg__tangent__ref(n, master, row, ratio, gradient, along);
        return;
    }
    sums s = sums_of(n, master, row->mean, (int32_t)inverse, gradient);
    int64_t radial =
        sg__floor_shift64(s.along, SG__DIRECTION_BITS - SG__TANGENT_BITS);
    if (s.most > MOST || radial > MOST_ALONG || radial < -MOST_ALONG) {
        sg__tangent__ref(n, master, row, ratio, gradient, along);
        return;
    }
    const int64_t mean =
        sg__floor_divide(s.gradient * (1 << SG__TANGENT_BITS), (int64_t)n);
    const __m256i centre = _mm256_set1_epi32(row->mean);
    const __m256i middle = _mm256_set1_epi32((int32_t)mean);
    const __m256i by_size = _mm256_set1_epi64x(inverse);
    const __m256i by_along = _mm256_set1_epi64x(radial);
    const __m256i by_ratio = _mm256_set1_epi64x(ratio);
    const __m256i half = _mm256_set1_epi64x(1 << 23);
    const __m256i pull_half =
        _mm256_set1_epi64x(1 << (SG__DIRECTION_BITS - 1));
    const __m256i ratio_half = _mm256_set1_epi64x(1 << (SG__RATIO_BITS - 1));
    for (size_t i = 0; i < n; i += LANES) {
        __m256i c = _mm256_sub_epi32(load(master + i, n - i, 0), centre);
        __m256i g = load(gradient + i, n - i, 0);
        __m256i t = _mm256_slli_epi32(g, SG__TANGENT_BITS);
        __m256i pull = scaled(scaled(c, by_size, half, 24), by_along,
                              pull_half, SG__DIRECTION_BITS);
        t = _mm256_sub_epi32(_mm256_sub_epi32(t, middle), pull);
        store(gradient + i, n - i,
              scaled(t, by_ratio, ratio_half, SG__RATIO_BITS));
    }
    *along = (int32_t)radial;
}

void sg__shorten__avx2(size_t n, uint64_t most, int32_t *gradient,
                       int32_t *along)
{
    __m256i all = _mm256_setzero_si256(), largest = all;
    for (size_t i = 0; i < n; i += LANES) {
        __m256i g = load(gradient + i, n - i, 0);
        largest = _mm256_max_epu32(largest, _mm256_abs_epi32(g));
        all = add_products(all, g, g);
    }
    uint64_t sum = sum_lanes(all);
    const sg__squares squares = {sum >> 32, sum & UINT32_MAX, n};
    if (most_lane(largest) > MOST) {
        sg__shorten__ref(n, most, gradient, along);
        return;
    }
    const uint64_t norm = sg__squares_root(&squares);
    if (norm <= most)
        return;
    const int64_t share = (int64_t)((most << 16) / norm); /* below 2^16 */
    const __m256i factor = _mm256_set1_epi64x(share);
    const __m256i half = _mm256_set1_epi64x(1 << 15);
    for (size_t i = 0; i < n; i += LANES)
        store(gradient + i, n - i,
              scaled(load(gradient + i, n - i, 0), factor, half, 16));
    *along = (int32_t)sg__floor_shift64(*along * share + (1 << 15), 16);
}
