/* NEON optimiser step: four parameters at a time, products in 64 bits.
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
    step_some(p, first, 0, i, gradient, velocity, master, weight);
    for (; n - i >= 4; i += 4) {
        if (p->stochastic)
            sg__rounding(p->seed, p->step, p->key, (first + i) / 4, p->shift,
                         offset);
        step4(p, i, offset, gradient, velocity, master, weight);
    }
    step_some(p, first, i, n - i, gradient, velocity, master, weight);
}
