/* Rows of standardised weights in 32-bit lanes: of products no more is wanted
 * than the high half that SQDMULH keeps, and of gradients none but absurd ones
 * are so large that it would not do; those go to ref.
 *
 *   SQRDMULH(x 2^a, y 2^b) = round(x y / 2^(31 - a - b)), halves up
 *   SQDMULH(x, y) = floor(x y / 2^31), of which RSHR rounds what is left */
#include "core/rows.h"
#include "kernels/neon/lanes.h"

enum {
    /* |G|, and |G's part along the row|: with them every result of the tangent
     * fits 32 bits */
    MOST = 1 << 20,
    MOST_ALONG = 1 << 25,
    LANES = 4
};

/* Four integers, or those that are left and `fill`. */
SG__INLINE int32x4_t load(const int32_t *x, size_t left, int32_t fill)
{
    int32_t part[LANES];
    if (left >= LANES)
        return vld1q_s32(x);
    for (size_t i = 0; i < LANES; i++)
        part[i] = i < left ? x[i] : fill;
    return vld1q_s32(part);
}

SG__INLINE void store(int32_t *to, size_t left, int32x4_t x)
{
    int32_t part[LANES];
    if (left >= LANES) {
        vst1q_s32(to, x);
        return;
    }
    vst1q_s32(part, x);
    memcpy(to, part, left * sizeof *to);
}

/* all + the four products x y, two to a lane of 64 bits. */
SG__INLINE int64x2_t add_products(int64x2_t all, int32x4_t x, int32x4_t y)
{
    all = vmlal_s32(all, vget_low_s32(x), vget_low_s32(y));
    return vmlal_high_s32(all, x, y);
}

SG__INLINE uint32x4_t larger(uint32x4_t most, int32x4_t x)
{
    return vmaxq_u32(most, vreinterpretq_u32_s32(vabsq_s32(x)));
}

/* ---- weights from masters, |W| <= 2^23 ---- */

static int64_t sum_of(size_t n, const int32_t *master)
{
    int64x2_t all = vdupq_n_s64(0);
    for (size_t i = 0; i < n; i += LANES)
        all = vpadalq_s32(all, load(master + i, n - i, 0));
    return vaddvq_s64(all);
}

static uint64_t squares_of(size_t n, const int32_t *master, int32_t mean)
{
    const int32x4_t centre = vdupq_n_s32(mean);
    int64x2_t all = vdupq_n_s64(0);
    for (size_t i = 0; i < n; i += LANES) {
        int32x4_t c = vsubq_s32(load(master + i, n - i, mean), centre);
        all = add_products(all, c, c);
    }
    return (uint64_t)vgetq_lane_s64(all, 0) +
           (uint64_t)vgetq_lane_s64(all, 1); /* at most 2^63 */
}

/* round(c scale) of 4 lanes, within the limit. */
SG__INLINE int16x4_t weights_of(int32x4_t c, int32_t scale, int32x4_t limit)
{
    int32x4_t w =
        vrshrq_n_s32(vqdmulhq_n_s32(c, scale), 24 + SG__SCALE_BITS - 31);
    return vmovn_s32(vmaxq_s32(vminq_s32(w, limit), vnegq_s32(limit)));
}

SG__INLINE int16x8_t eight_of(int32x4_t a, int32x4_t b, int32x4_t centre,
                              int32_t scale, int32x4_t limit)
{
    return vcombine_s16(weights_of(vsubq_s32(a, centre), scale, limit),
                        weights_of(vsubq_s32(b, centre), scale, limit));
}

void sg__standardise__neon(size_t n, const int32_t *master, int32_t gain,
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
    const int32x4_t centre = vdupq_n_s32(mean), most = vdupq_n_s32(limit);
    *row = (sg__row){mean, size};
    size_t i = 0;
    for (; i + 2 * LANES <= n; i += 2 * LANES) {
        int16x8_t w =
            eight_of(vld1q_s32(master + i), vld1q_s32(master + i + LANES),
                     centre, (int32_t)scale, most);
        if (bits == 8)
            vst1_s8((int8_t *)weight + i, vmovn_s16(w));
        else
            vst1q_s16((int16_t *)weight + i, w);
    }
    if (i < n) {
        const size_t left = n - i, more = left > LANES ? left - LANES : 0;
        int16_t part[2 * LANES];
        int16x8_t w = eight_of(load(master + i, left, 0),
                               load(master + i + (left - more), more, 0),
                               centre, (int32_t)scale, most);
        if (bits == 8)
            vst1_s8((int8_t *)part, vmovn_s16(w));
        else
            vst1q_s16(part, w);
        memcpy((char *)weight + i * (size_t)bits / 8, part,
               left * (size_t)bits / 8);
    }
}

/* ---- gradients ---- */

/* c / N in 2^-DIRECTION_BITS: |c| is below 2^24, since W and their mean are
 * within 2^23, and the mean is not one end where a W is the other. */
SG__INLINE int32x4_t direction(int32x4_t c, int32_t inverse)
{
    return vqrdmulhq_n_s32(vshlq_n_s32(c, 7), inverse);
}

/* Sums of one row. */
typedef struct sums {
    int64_t gradient, along; /* of G, and of G c / N in 2^-DIRECTION_BITS */
    uint32_t most;           /* of |G| */
} sums;

static sums sums_of(size_t n, const int32_t *master, int32_t mean,
                    int32_t inverse, const int32_t *gradient)
{
    const int32x4_t centre = vdupq_n_s32(mean);
    int64x2_t all = vdupq_n_s64(0), along = all;
    uint32x4_t most = vdupq_n_u32(0);
    for (size_t i = 0; i < n; i += LANES) {
        int32x4_t g = load(gradient + i, n - i, 0);
        int32x4_t c = vsubq_s32(load(master + i, n - i, mean), centre);
        along = add_products(along, g, direction(c, inverse));
        most = larger(most, g);
        all = vpadalq_s32(all, g);
    }
    /* modulo 2^64: what is looked at does not leave it */
    return (sums){vaddvq_s64(all),
                  (int64_t)((uint64_t)vgetq_lane_s64(along, 0) +
                            (uint64_t)vgetq_lane_s64(along, 1)),
                  vmaxvq_u32(most)};
}

void sg__tangent__neon(size_t n, const int32_t *master, const sg__row *row,
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
    const int32x4_t centre = vdupq_n_s32(row->mean);
    const int32x4_t middle = vdupq_n_s32((int32_t)mean);
    const int32_t by_along = (int32_t)radial * 2, by_ratio = ratio * (1 << 14);
    for (size_t i = 0; i < n; i += LANES) {
        int32x4_t c = vsubq_s32(load(master + i, n - i, 0), centre);
        int32x4_t t =
            vshlq_n_s32(load(gradient + i, n - i, 0), SG__TANGENT_BITS);
        /* 31 - 14 - 1 = DIRECTION_BITS, and 31 - 5 - 14 = RATIO_BITS; |t| is
         * below 2^26: of its three parts two cannot be largest at once */
        int32x4_t pull =
            vqrdmulhq_n_s32(vshlq_n_s32(direction(c, (int32_t)inverse), 14),
                            by_along);
        t = vsubq_s32(vsubq_s32(t, middle), pull);
        store(gradient + i, n - i,
              vqrdmulhq_n_s32(vshlq_n_s32(t, 5), by_ratio));
    }
    *along = (int32_t)radial;
}

void sg__shorten__neon(size_t n, uint64_t most, int32_t *gradient,
                       int32_t *along)
{
    int64x2_t all = vdupq_n_s64(0);
    uint32x4_t largest = vdupq_n_u32(0);
    for (size_t i = 0; i < n; i += LANES) {
        int32x4_t g = load(gradient + i, n - i, 0);
        largest = larger(largest, g);
        all = add_products(all, g, g);
    }
    uint64_t sum =
        (uint64_t)vgetq_lane_s64(all, 0) + (uint64_t)vgetq_lane_s64(all, 1);
    const sg__squares squares = {sum >> 32, sum & UINT32_MAX, n};
    if (vmaxvq_u32(largest) > MOST) {
        sg__shorten__ref(n, most, gradient, along);
        return;
    }
    const uint64_t norm = sg__squares_root(&squares);
    if (norm <= most)
        return;
    const int64_t share = (int64_t)((most << 16) / norm); /* below 2^16 */
    for (size_t i = 0; i < n; i += LANES)
        store(gradient + i, n - i,
              vqrdmulhq_n_s32(load(gradient + i, n - i, 0),
                              (int32_t)(share << 15)));
    *along = (int32_t)sg__floor_shift64(*along * share + (1 << 15), 16);
}

void sg__decay__neon(size_t n, int32_t share, int32_t *master)
{
    for (size_t i = 0; i < n; i += LANES) {
        int32x4_t w = load(master + i, n - i, 0);
        store(master + i, n - i,
              vsubq_s32(w, vrshrq_n_s32(vqdmulhq_n_s32(w, share), 1)));
    }
}
