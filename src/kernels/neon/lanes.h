/* What the NEON tables share: a kernel's inputs as one row of bytes, and the
 * response of 16 channels. For neon/ and neondot/.
 *
 * Rows are padded to a multiple of 16 taps, as are the packed weights of a
 * channel; the padding of weights is 0, so that of a row may be anything. */
#ifndef SG_KERNELS_NEON_LANES_H
#define SG_KERNELS_NEON_LANES_H

#include <arm_neon.h>
#include <string.h>

#include "kernels/kernels.h"

/* For functions whose last arguments are constants that unroll their loops. */
#define SG__UNROLLED inline __attribute__((always_inline))

enum {
    SG__NEON_ROWS = 16, /* output positions gathered at a time */
    SG__NEON_TILE = 4   /* those whose charges are in registers */
};

/* Taps of a padded row. */
static inline size_t sg__neon_taps(const sg__geometry *g)
{
    return (sg__fan_in(g) + 15) / 16 * 16;
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

/* sg__neon_gather: the counts that meet the weights of one output position,
 * in the order of the weights, 0 where the kernel leaves the input; what
 * follows the last tap is not written. */
static inline void sg__neon_gather(const sg__geometry *g, const uint8_t *in,
                                   size_t position, uint8_t *row)
{
    sg__patch f = sg__patch_of(g, (uint32_t)(position * g->out_c));
    size_t fan_in = sg__fan_in(g);
    if (f.rows * (size_t)f.width < fan_in)
        memset(row, 0, fan_in);
    for (uint32_t y = 0; y < f.rows; y++)
        sg__neon_copy(row + f.weight + y * f.weight_step,
                      in + f.input + y * f.input_step, f.width);
}

/* sg__neon_respond: charge to response for up to 16 neurons side by side. */
static inline void sg__neon_respond(const sg__response_out *out, size_t at,
                                    uint32_t n, const int32x4_t charge[4])
{
    int32x4_t offset = vdupq_n_s32((1 << out->theta_bits) - out->level);
    int32x4_t shift = vdupq_n_s32(-out->theta_bits);
    int32x4_t zero = vdupq_n_s32(0), cap = vdupq_n_s32(out->cap);
    uint16x4_t count[4], gate[4];
    uint8_t bytes[2][16];
    int32_t words[16];
    for (int i = 0; i < 4; i++) {
        int32x4_t x = vshlq_s32(vaddq_s32(charge[i], offset), shift);
        x = vminq_s32(vmaxq_s32(x, zero), cap);
        count[i] = vmovn_u32(vreinterpretq_u32_s32(x));
        gate[i] = vmovn_u32(vcgtq_s32(charge[i], zero));
        vst1q_s32(words + 4 * i, charge[i]);
    }
    vst1q_u8(bytes[0],
             vcombine_u8(vmovn_u16(vcombine_u16(count[0], count[1])),
                         vmovn_u16(vcombine_u16(count[2], count[3]))));
    uint8x16_t open = vcombine_u8(vmovn_u16(vcombine_u16(gate[0], gate[1])),
                                  vmovn_u16(vcombine_u16(gate[2], gate[3])));
    vst1q_u8(bytes[1], vandq_u8(open, vdupq_n_u8(1)));
    if (out->charge)
        memcpy(out->charge + at, words, n * sizeof *words);
    if (out->count)
        sg__neon_copy(out->count + at, bytes[0], n);
    if (out->gate)
        sg__neon_copy(out->gate + at, bytes[1], n);
}

#endif
