/* What the NEON tables share: counts that are not 0, the largest count, and
 * the response of 16 channels. For neon/ and neondot/. */
#ifndef SG_KERNELS_NEON_LANES_H
#define SG_KERNELS_NEON_LANES_H

#include <arm_neon.h>
#include <string.h>

#include "kernels/kernels.h"

/* Loops over registers must be unrolled to stay in them. */
#define SG__INLINE static inline __attribute__((always_inline))

enum {
    SG__NEON_TILE = 4,   /* output positions whose charges are in registers */
    SG__SIGNED_MAX = 127 /* the largest count that is a signed byte */
};

/* sg__set_bytes: bit 4i of the mask: byte i of 16 is not 0.
 * sg__set_first: the same for the first n, or 16, of the bytes at x. */
SG__INLINE uint64_t sg__set_bytes(uint8x16_t x)
{
    uint16x8_t set = vreinterpretq_u16_u8(vtstq_u8(x, x));
    uint64x1_t mask = vreinterpret_u64_u8(vshrn_n_u16(set, 4));
    return vget_lane_u64(mask, 0) & UINT64_C(0x1111111111111111);
}

SG__INLINE uint64_t sg__set_first(const void *x, size_t n)
{
    uint64_t set = 0;
    if (n >= 16)
        return sg__set_bytes(vld1q_u8(x));
    for (size_t i = 0; i < n; i++)
        set |= (uint64_t)(((const uint8_t *)x)[i] != 0) << 4 * i;
    return set;
}

/* sg__largest_count: of n counts, at least 1. */
static inline int32_t sg__largest_count(const uint8_t *x, size_t n)
{
    uint8x16_t most = vdupq_n_u8(1);
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        most = vmaxq_u8(most, vld1q_u8(x + i));
    uint8_t all = vmaxvq_u8(most);
    for (; i < n; i++)
        all = x[i] > all ? x[i] : all;
    return all;
}

/* sg__with_largest_count: the layer with in_cap as low as n samples allow, if
 * it is more than a signed byte holds. */
static inline sg__synapses sg__with_largest_count(const sg__synapses *s,
                                                  size_t n, const uint8_t *in)
{
    sg__synapses t = *s;
    if (t.in_cap > SG__SIGNED_MAX)
        t.in_cap = sg__largest_count(in, n * sg__inputs(s->geo));
    return t;
}

/* Copies n bytes without a call, in overlapping words where n is odd. */
static inline void sg__neon_copy(uint8_t *to, const uint8_t *from, size_t n)
{
    if (n >= 16) {
        for (size_t i = 0; i + 16 < n; i += 16)
            vst1q_u8(to + i, vld1q_u8(from + i));
        vst1q_u8(to + n - 16, vld1q_u8(from + n - 16));
    } else if (n >= 8) {
        uint8x8_t first = vld1_u8(from);
        vst1_u8(to + n - 8, vld1_u8(from + n - 8));
        vst1_u8(to, first);
    } else {
        for (size_t i = 0; i < n; i++)
            to[i] = from[i];
    }
}

/* A part of the response arrays, from neuron `at` on. */
static inline sg__response_out sg__response_at(const sg__response_out *out,
                                               size_t at)
{
    sg__response_out part = *out;
    part.count = out->count ? out->count + at : NULL;
    part.gate = out->gate ? out->gate + at : NULL;
    part.charge = out->charge ? out->charge + at : NULL;
    return part;
}

/* The response, ready for blocks of up to 16 channels. */
typedef struct sg__responder {
    const sg__response_out *out;
    int32x4_t offset, shift;
    uint8x16_t cap;
    size_t
        loose; /* 16 bytes may be written at a neuron below this: what is too
                     many is written again by the next position */
} sg__responder;

/* sg__respond_as: for positions that come in order, of n samples. */
static inline sg__responder sg__respond_as(const sg__response_out *out,
                                           const sg__geometry *g, size_t n)
{
    sg__responder r = {.out = out};
    size_t neurons = n * sg__outputs(g);
    r.loose = g->out_c < 16 && neurons > 16 ? neurons - 15 : 0;
    if (!out->count)
        return r;
    r.offset =
        vdupq_n_s32((int32_t)((1u << out->theta_bits) - (uint32_t)out->level));
    r.shift = vdupq_n_s32(-out->theta_bits);
    r.cap = vdupq_n_u8((uint8_t)out->cap);
    return r;
}

SG__INLINE void sg__store_some(uint8_t *to, uint8x16_t x, uint32_t n,
                               bool loose)
{
    if (n >= 16 || loose) {
        vst1q_u8(to, x);
    } else if (n == 8) {
        vst1_u8(to, vget_low_u8(x));
    } else {
        uint8_t bytes[16];
        vst1q_u8(bytes, x);
        sg__neon_copy(to, bytes, n);
    }
}

/* sg__neon_respond: charge to response for up to 16 neurons side by side. */
SG__INLINE void sg__neon_respond(const sg__responder *r, size_t at, uint32_t n,
                                 const int32x4_t charge[4])
{
    const sg__response_out *out = r->out;
    const bool loose = at < r->loose;
    if (out->charge) {
        int32_t words[16];
        for (int i = 0; i < 4; i++)
            vst1q_s32(words + 4 * i, charge[i]);
        memcpy(out->charge + at, words, n * sizeof *words);
    }
    if (out->count) {
        uint16x4_t x[4];
        for (int i = 0; i < 4; i++)
            x[i] = vqmovun_s32(
                vshlq_s32(vaddq_s32(charge[i], r->offset), r->shift));
        uint8x16_t count = vcombine_u8(vqmovn_u16(vcombine_u16(x[0], x[1])),
                                       vqmovn_u16(vcombine_u16(x[2], x[3])));
        sg__store_some(out->count + at, vminq_u8(count, r->cap), n, loose);
    }
    if (out->gate) {
        uint16x8_t x[4];
        for (int i = 0; i < 4; i++)
            x[i] = vreinterpretq_u16_u32(vcgtzq_s32(charge[i]));
        uint8x16_t open =
            vuzp1q_u8(vreinterpretq_u8_u16(vuzp1q_u16(x[0], x[1])),
                      vreinterpretq_u8_u16(vuzp1q_u16(x[2], x[3])));
        sg__store_some(out->gate + at, vandq_u8(open, vdupq_n_u8(1)), n,
                       loose);
    }
}

#endif
