/* Rows of standardised weights: the tangent in 32-bit lanes, the others as the
 * compiler makes them for this table. */
#include "kernels/avx2/lanes.h"

#define SG__OWN_TANGENT
#define SG__STANDARDISE(row) sg__##row##__avx2
#include "kernels/portable/standardise.h"

enum {
    /* |G| and |G's part along the row| of all but absurd gradients: with them
     * every result of the tangent fits 32 bits, and sums of a block do */
    MOST = 1 << 20,
    MOST_ALONG = 1 << 25,
    BLOCK = 1024
};

/* floor((x factor + half) / 2^bits) of 8 lanes, which must fit 32 bits; bits
 * below 32. */
SG__INLINE __m256i scaled(__m256i x, __m256i factor, __m256i half, int bits)
{
    __m256i even = _mm256_mul_epi32(x, factor);
    __m256i odd = _mm256_mul_epi32(_mm256_srli_epi64(x, 32), factor);
    even = _mm256_srli_epi64(_mm256_add_epi64(even, half), bits);
    odd = _mm256_slli_epi64(_mm256_add_epi64(odd, half), 32 - bits);
    return _mm256_blend_epi32(even, odd, 0xaa);
}

/* Sums of one row. */
typedef struct sums {
    int64_t gradient, along; /* of G, and of G c / N in 2^-DIRECTION_BITS */
    int32_t most;            /* of |G| */
} sums;

static int64_t sum_lanes(__m256i x)
{
    int64_t lane[4];
    sg__store(lane, x);
    return lane[0] + lane[1] + lane[2] + lane[3];
}

/* Of the first n, a multiple of 8. */
static sums sums_of(size_t n, const int32_t *master, int32_t mean,
                    int32_t inverse, const int32_t *gradient)
{
    const __m256i centre = _mm256_set1_epi32(mean);
    const __m256i factor = _mm256_set1_epi64x(inverse);
    const __m256i half = _mm256_set1_epi64x(1 << 23);
    __m256i all = _mm256_setzero_si256(), along = all, most = all;
    for (size_t i = 0; i < n;) {
        __m256i block = _mm256_setzero_si256();
        for (size_t end = n - i < BLOCK ? n : i + BLOCK; i < end; i += 8) {
            __m256i g = sg__load_all(gradient + i);
            __m256i c = _mm256_sub_epi32(sg__load_all(master + i), centre);
            __m256i x = scaled(c, factor, half, 24);
            along = _mm256_add_epi64(along, _mm256_mul_epi32(g, x));
            along =
                _mm256_add_epi64(along,
                                 _mm256_mul_epi32(_mm256_srli_epi64(g, 32),
                                                  _mm256_srli_epi64(x, 32)));
            most = _mm256_max_epu32(most, _mm256_abs_epi32(g));
            block = _mm256_add_epi32(block, g);
        }
        all = _mm256_add_epi64(all, _mm256_cvtepi32_epi64(
                                        _mm256_castsi256_si128(block)));
        all = _mm256_add_epi64(all, _mm256_cvtepi32_epi64(
                                        _mm256_extracti128_si256(block, 1)));
    }
    uint32_t lane[8];
    sums s = {sum_lanes(all), sum_lanes(along), 0};
    sg__store(lane, most);
    for (int i = 0; i < 8; i++) /* 2^31 counts as too many, too */
        if (lane[i] > (uint32_t)s.most)
            s.most = lane[i] > MOST ? MOST + 1 : (int32_t)lane[i];
    return s;
}

void sg__tangent__avx2(size_t n, const int32_t *master, const sg__row *row,
                       int32_t ratio, int32_t *gradient, int32_t *along)
{
    const int64_t inverse =
        (INT64_C(1) << (24 + SG__DIRECTION_BITS)) / (int64_t)row->size;
    if (n % 8 != 0 || inverse > INT32_MAX) {
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
    for (size_t i = 0; i < n; i += 8) {
        __m256i c = _mm256_sub_epi32(sg__load_all(master + i), centre);
        __m256i t =
            _mm256_slli_epi32(sg__load_all(gradient + i), SG__TANGENT_BITS);
        __m256i pull = scaled(scaled(c, by_size, half, 24), by_along,
                              pull_half, SG__DIRECTION_BITS);
        t = _mm256_sub_epi32(_mm256_sub_epi32(t, middle), pull);
        sg__store(gradient + i,
                  scaled(t, by_ratio, ratio_half, SG__RATIO_BITS));
    }
    *along = (int32_t)radial;
}
