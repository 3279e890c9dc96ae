/* NEON optimiser step. Where a rate is below 1, as it is, and nothing is drawn,
 * products are the high halves that SQDMULH keeps of 32 bits by 32; otherwise
 * they are 64 bits wide.
 *
 * Shifts by a negative number are to the right and floor; the narrowing ones
 * saturate, and -2^31, which no parameter may be, becomes -(2^31 - 1). */
#include "core/rounding.h"
#include "kernels/neon/lanes.h"

/* x in 32 bits, within +-limit. */
static int32x4_t saturate(int64x2_t low, int64x2_t high, int32x4_t limit)
{
    int32x4_t x = vcombine_s32(vqmovn_s64(low), vqmovn_s64(high));
    return vmaxq_s32(vminq_s32(x, limit), vnegq_s32(limit));
}

/* velocity + gradient - round(velocity * friction / 2^16) */
static int64x2_t brake(int32x2_t velocity, int32x2_t gradient,
                       int32x2_t friction)
{
    int64x2_t lost = vrshrq_n_s64(vmull_s32(velocity, friction), 16);
    return vsubq_s64(vaddl_s32(velocity, gradient), lost);
}

/* master - floor((velocity * mult + offset) / 2^shift) */
static int64x2_t move(int32x2_t master, int32x2_t velocity, int32x2_t mult,
                      const int64_t *offset, int64x2_t shift)
{
    int64x2_t product = vmull_s32(velocity, mult);
    return vsubq_s64(vmovl_s32(master),
                     vshlq_s64(vaddq_s64(product, vld1q_s64(offset)), shift));
}

static void store_copies(const sg__step_plan *p, void *weight, size_t i,
                         int32x4_t master)
{
    int32x4_t w = vrshlq_s32(master, vdupq_n_s32(-p->weight_shift));
    int16x4_t words = vmovn_s32(w);
    if (p->weight_bits == 8) {
        int8x8_t bytes = vmovn_s16(vcombine_s16(words, words));
        int32_t four = vget_lane_s32(vreinterpret_s32_s8(bytes), 0);
        memcpy((int8_t *)weight + i, &four, sizeof four);
    } else if (p->weight_bits == 16) {
        vst1_s16((int16_t *)weight + i, words);
    } else {
        vst1q_s32((int32_t *)weight + i, w);
    }
}

static void step4(const sg__step_plan *p, size_t i, const int64_t offset[4],
                  const int32_t *gradient, int32_t *velocity, int32_t *master,
                  void *weight)
{
    int32x2_t friction = vdup_n_s32(p->friction), mult = vdup_n_s32(p->mult);
    int64x2_t shift = vdupq_n_s64(-p->shift);
    int32x4_t v = vld1q_s32(velocity + i), g = vld1q_s32(gradient + i);
    int32x4_t w = vld1q_s32(master + i);
    v = saturate(brake(vget_low_s32(v), vget_low_s32(g), friction),
                 brake(vget_high_s32(v), vget_high_s32(g), friction),
                 vdupq_n_s32(INT32_MAX));
    w = saturate(move(vget_low_s32(w), vget_low_s32(v), mult, offset, shift),
                 move(vget_high_s32(w), vget_high_s32(v), mult, offset + 2,
                      shift),
                 vdupq_n_s32(p->limit));
    vst1q_s32(velocity + i, v);
    vst1q_s32(master + i, w);
    store_copies(p, weight, i, w);
}

/* Constants of a step whose rate is below 1. */
typedef struct narrow {
    int32_t friction, rate; /* in 2^-31; rate: before shifting by `by` */
    int by;                 /* 0, or what SQDMULH leaves of `shift` */
    int32x4_t limit;
} narrow;

/* narrow_of: whether p is such a step. */
static bool narrow_of(const sg__step_plan *p, narrow *c)
{
    if (p->stochastic || p->friction > UINT16_MAX ||
        (p->shift <= 30 && p->mult >= 1 << p->shift))
        return false;
    c->friction = (int32_t)((uint32_t)p->friction << 15);
    c->by = p->shift > 31 ? p->shift - 31 : 0;
    c->rate = c->by ? p->mult : p->mult << (31 - p->shift);
    c->limit = vdupq_n_s32(p->limit);
    return true;
}

/* Four parameters from the i-th on; the new masters. With x rate < 2^62,
 *   round(x rate / 2^31) is what SQRDMULH gives, and
 *   round(x rate / 2^shift) = round(floor(x rate / 2^31) / 2^(shift - 31)). */
static inline int32x4_t step_narrow(const narrow *c, size_t i,
                                    const int32_t *gradient, int32_t *velocity,
                                    int32_t *master)
{
    int32x4_t v = vld1q_s32(velocity + i), w = vld1q_s32(master + i), change;
    /* what is lost is between 0 and v */
    v = vsubq_s32(v, vqrdmulhq_n_s32(v, c->friction));
    v = vqaddq_s32(v, vld1q_s32(gradient + i));
    v = vmaxq_s32(v, vdupq_n_s32(-INT32_MAX));
    if (c->by)
        change = vrshlq_s32(vqdmulhq_n_s32(v, c->rate), vdupq_n_s32(-c->by));
    else
        change = vqrdmulhq_n_s32(v, c->rate);
    w = vqsubq_s32(w, change);
    w = vmaxq_s32(vminq_s32(w, c->limit), vnegq_s32(c->limit));
    vst1q_s32(velocity + i, v);
    vst1q_s32(master + i, w);
    return w;
}

/* As many of n parameters as fill registers; returns how many. */
static size_t step_all_narrow(const sg__step_plan *p, const narrow *c,
                              size_t n, const int32_t *gradient,
                              int32_t *velocity, int32_t *master, void *weight)
{
    const int32x4_t by = vdupq_n_s32(-p->weight_shift);
    size_t i = 0;
    for (; n - i >= 8; i += 8) {
        int32x4_t a = step_narrow(c, i, gradient, velocity, master);
        int32x4_t b = step_narrow(c, i + 4, gradient, velocity, master);
        a = vrshlq_s32(a, by);
        b = vrshlq_s32(b, by);
        int16x8_t words = vcombine_s16(vmovn_s32(a), vmovn_s32(b));
        if (p->weight_bits == 8) {
            vst1_s8((int8_t *)weight + i, vmovn_s16(words));
        } else if (p->weight_bits == 16) {
            vst1q_s16((int16_t *)weight + i, words);
        } else {
            vst1q_s32((int32_t *)weight + i, a);
            vst1q_s32((int32_t *)weight + i + 4, b);
        }
    }
    return i;
}

/* The few parameters before or after whole registers. */
static void step_some(const sg__step_plan *p, size_t first, size_t at,
                      size_t n, const int32_t *gradient, int32_t *velocity,
                      int32_t *master, void *weight)
{
    sg__step__ref(p, first + at, n, gradient + at, velocity + at, master + at,
                  (char *)weight + at * (size_t)p->weight_bits / 8);
}

void sg__step__neon(const sg__step_plan *p, size_t first, size_t n,
                    const int32_t *gradient, int32_t *velocity,
                    int32_t *master, void *weight)
{
    int64_t half = INT64_C(1) << (p->shift - 1);
    int64_t offset[4] = {half, half, half, half};
    /* one draw serves four parameters that begin at a multiple of four */
    size_t i = p->stochastic ? (4 - first % 4) % 4 : 0;
    i = i < n ? i : n;
    narrow c;
    step_some(p, first, 0, i, gradient, velocity, master, weight);
    if (narrow_of(p, &c))
        i = step_all_narrow(p, &c, n, gradient, velocity, master, weight);
    for (; n - i >= 4; i += 4) {
        if (p->stochastic)
            sg__rounding(p->seed, p->step, p->key, (first + i) / 4, p->shift,
                         offset);
        step4(p, i, offset, gradient, velocity, master, weight);
    }
    step_some(p, first, i, n - i, gradient, velocity, master, weight);
}
