/* NEON rows over counts: pools, and the sums that count operations.
 *
 * Channels left over after the last whole register are covered by one that
 * overlaps its neighbour: writing a byte twice does no harm. */
#include <stdlib.h>

#include "kernels/neon/lanes.h"

enum { BYTES = 16 };

/* `width` bytes of each of a pool's inputs from `from` on: sum or maximum. */
static SG__UNROLLED void pool(const sg__geometry *g, const uint8_t *from,
                              uint8_t *to, bool sum)
{
    uint8x16_t all = vdupq_n_u8(0);
    for (uint32_t y = 0; y < g->kernel_h; y++)
        for (uint32_t x = 0; x < g->kernel_w; x++) {
            uint8x16_t n =
                vld1q_u8(from + ((size_t)y * g->in_w + x) * g->in_c);
            all = sum ? vaddq_u8(all, n) : vmaxq_u8(all, n);
        }
    vst1q_u8(to, all);
}

static SG__UNROLLED void pool_half(const sg__geometry *g, const uint8_t *from,
                                   uint8_t *to, bool sum)
{
    uint8x8_t all = vdup_n_u8(0);
    for (uint32_t y = 0; y < g->kernel_h; y++)
        for (uint32_t x = 0; x < g->kernel_w; x++) {
            uint8x8_t n = vld1_u8(from + ((size_t)y * g->in_w + x) * g->in_c);
            all = sum ? vadd_u8(all, n) : vmax_u8(all, n);
        }
    vst1_u8(to, all);
}

static SG__UNROLLED void pool_all(const sg__geometry *g, const uint8_t *in,
                                  uint8_t *out, bool sum)
{
    size_t c = g->in_c;
    for (uint32_t y = 0; y < g->out_h; y++)
        for (uint32_t x = 0; x < g->out_w; x++, out += c) {
            const uint8_t *from = in + ((size_t)y * g->kernel_h * g->in_w +
                                        (size_t)x * g->kernel_w) *
                                           c;
            for (size_t i = 0; i + BYTES <= c; i += BYTES)
                pool(g, from + i, out + i, sum);
            if (c >= BYTES && c % BYTES)
                pool(g, from + c - BYTES, out + c - BYTES, sum);
            if (c < BYTES) {
                pool_half(g, from, out, sum);
                pool_half(g, from + c - 8, out + c - 8, sum);
            }
        }
}

void sg__pool_sum__neon(const sg__geometry *g, const uint8_t *in, uint8_t *out)
{
    if (g->in_c < 8)
        sg__pool_sum__ref(g, in, out);
    else
        pool_all(g, in, out, true);
}

void sg__pool_max__neon(const sg__geometry *g, const uint8_t *in, uint8_t *out)
{
    if (g->in_c < 8)
        sg__pool_max__ref(g, in, out);
    else
        pool_all(g, in, out, false);
}

/* Sum of the bytes of four sums; how many bytes of a mask are set. */
static uint32x4_t add_sum(uint32x4_t sum, uint8x16_t n)
{
    return vpadalq_u16(sum, vpaddlq_u8(n));
}

static uint32x4_t add_mask(uint32x4_t sum, uint8x16_t mask)
{
    return add_sum(sum, vshrq_n_u8(mask, 7));
}

size_t sg__count_sums__neon(size_t pixels, uint32_t channels,
                            const uint8_t *count, int32_t cap, uint32_t *sum,
                            uint32_t *active)
{
    uint32_t whole = channels / BYTES * BYTES;
    uint8x16_t full = vdupq_n_u8((uint8_t)cap);
    size_t saturated = 0;
    if (whole == 0 || cap < 0 || cap > UINT8_MAX)
        return sg__count_sums__ref(pixels, channels, count, cap, sum, active);
    for (size_t p = 0; p < pixels; p++, count += channels) {
        uint32x4_t sums = vdupq_n_u32(0), on = sums, equal = sums;
        for (uint32_t c = 0; c < whole; c += BYTES) {
            uint8x16_t n = vld1q_u8(count + c);
            sums = add_sum(sums, n);
            on = add_mask(on, vtstq_u8(n, n));
            equal = add_mask(equal, vceqq_u8(n, full));
        }
        sum[p] = vaddvq_u32(sums);
        active[p] = vaddvq_u32(on);
        saturated += vaddvq_u32(equal);
        for (uint32_t c = whole; c < channels; c++) {
            sum[p] += count[c];
            active[p] += count[c] != 0;
            saturated += count[c] == cap;
        }
    }
    return saturated;
}

void sg__error_sums__neon(size_t pixels, uint32_t channels, const int8_t *d,
                          uint32_t *sum, uint32_t *active)
{
    uint32_t whole = channels / BYTES * BYTES;
    if (whole == 0) {
        sg__error_sums__ref(pixels, channels, d, sum, active);
        return;
    }
    for (size_t p = 0; p < pixels; p++, d += channels) {
        uint32x4_t sums = vdupq_n_u32(0), on = sums;
        for (uint32_t c = 0; c < whole; c += BYTES) {
            int8x16_t x = vld1q_s8(d + c);
            sums = add_sum(sums, vreinterpretq_u8_s8(vabsq_s8(x)));
            on = add_mask(on, vtstq_s8(x, x));
        }
        sum[p] = vaddvq_u32(sums);
        active[p] = vaddvq_u32(on);
        for (uint32_t c = whole; c < channels; c++) {
            sum[p] += (uint32_t)abs(d[c]);
            active[p] += d[c] != 0;
        }
    }
}
