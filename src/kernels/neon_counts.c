/* NEON rows over bytes: pooling, sums of counts, firing of errors.
 *
 * Channels left over after the last whole register are covered by one that
 * overlaps its neighbour: writing a byte twice does no harm. */
#include <stdlib.h>

#include "kernels/neon.h"

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

void sg_pool_sum__neon(const sg__geometry *g, const uint8_t *in, uint8_t *out)
{
    if (g->in_c < 8)
        sg_pool_sum__ref(g, in, out);
    else
        pool_all(g, in, out, true);
}

void sg_pool_max__neon(const sg__geometry *g, const uint8_t *in, uint8_t *out)
{
    if (g->in_c < 8)
        sg_pool_max__ref(g, in, out);
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

size_t sg_count_sums__neon(size_t pixels, uint32_t channels,
                           const uint8_t *count, int32_t cap, uint32_t *sum,
                           uint32_t *active)
{
    uint32_t whole = channels / BYTES * BYTES;
    uint8x16_t full = vdupq_n_u8((uint8_t)cap);
    size_t saturated = 0;
    if (whole == 0 || cap < 0 || cap > UINT8_MAX)
        return sg_count_sums__ref(pixels, channels, count, cap, sum, active);
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

void sg_error_sums__neon(size_t pixels, uint32_t channels, const int8_t *d,
                         uint32_t *sum, uint32_t *active)
{
    uint32_t whole = channels / BYTES * BYTES;
    if (whole == 0) {
        sg_error_sums__ref(pixels, channels, d, sum, active);
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

/* Error counts of 8 charges, whatever the derivatives. */
static int8x8_t response8(const int32_t *u, int phi_bits)
{
    int32x4_t half = vdupq_n_s32((int32_t)1 << (phi_bits - 1));
    int32x4_t shift = vdupq_n_s32(-phi_bits);
    int32x4_t a = vshlq_s32(vaddq_s32(vld1q_s32(u), half), shift);
    int32x4_t b = vshlq_s32(vaddq_s32(vld1q_s32(u + 4), half), shift);
    int8x8_t d = vqmovn_s16(vcombine_s16(vqmovn_s32(a), vqmovn_s32(b)));
    return vmax_s8(d, vdup_n_s8(-SG__ERROR_CAP));
}

/* d in place of the derivatives where `open` is set; a mask of those that are
 * not 0. Repeating it changes nothing: d is 0 or what it would be again. */
static uint8x8_t fire8(int8_t *d, int8x8_t response, uint8x8_t open)
{
    int8x8_t gate = vld1_s8(d);
    uint8x8_t sends = vand_u8(vtst_s8(gate, gate), open);
    int8x8_t fired = vand_s8(response, vreinterpret_s8_u8(sends));
    vst1_s8(d, fired);
    return vtst_s8(fired, fired);
}

/* Set where the last `fresh` of 8 neurons are. */
static uint8x8_t last_of_8(size_t fresh)
{
    static const uint8_t edge[16] = {0,   0,   0,   0,   0,   0,   0,   0,
                                     255, 255, 255, 255, 255, 255, 255, 255};
    return vld1_u8(edge + fresh);
}

static size_t set_bytes(uint8x8_t mask)
{
    return vaddv_u8(vshr_n_u8(mask, 7));
}

/* Steps of 8 through n >= 8 neurons; the last one may overlap. */
static size_t next8(size_t i, size_t n)
{
    return n - i < 8 ? n - 8 : i;
}

size_t sg_fire_errors__neon(size_t n, const int32_t *u, int phi_bits,
                            int8_t *d)
{
    uint8x8_t open = vdup_n_u8(255);
    size_t senders = 0;
    if (n < 8)
        return sg_fire_errors__ref(n, u, phi_bits, d);
    for (size_t i = 0; i < n; i += 8) {
        size_t at = next8(i, n);
        uint8x8_t fired = fire8(d + at, response8(u + at, phi_bits), open);
        senders += set_bytes(vand_u8(fired, last_of_8(8 - (i - at))));
    }
    return senders;
}

/* Errors of inputs that no pool covers. */
static void clear_uncovered(const sg__geometry *g, int8_t *d)
{
    size_t row = (size_t)g->in_w * g->in_c;
    uint32_t rows = g->out_h * g->kernel_h;
    size_t covered = (size_t)g->out_w * g->kernel_w * g->in_c;
    for (uint32_t y = 0; y < rows; y++)
        memset(d + y * row + covered, 0, row - covered);
    memset(d + rows * row, 0, (g->in_h - rows) * row);
}

/* The first of a pool's inputs, and of its errors. */
static size_t corner(const sg__geometry *g, uint32_t y, uint32_t x)
{
    return ((size_t)y * g->kernel_h * g->in_w + (size_t)x * g->kernel_w) *
           g->in_c;
}

/* Eight channels of one pool; how many of those marked `fresh` send errors.
 * Without counts all inputs get the charge, else the first largest. */
static size_t fire_pool8(const sg__geometry *g, const uint8_t *count,
                         int8x8_t response, int8_t *d, uint8x8_t fresh)
{
    uint8x8_t open = vdup_n_u8(255), most = vdup_n_u8(0);
    size_t row = (size_t)g->in_w * g->in_c, senders = 0;
    for (uint32_t y = 0; count && y < g->kernel_h; y++)
        for (uint32_t x = 0; x < g->kernel_w; x++)
            most =
                vmax_u8(most, vld1_u8(count + y * row + (size_t)x * g->in_c));
    for (uint32_t y = 0; y < g->kernel_h; y++)
        for (uint32_t x = 0; x < g->kernel_w; x++) {
            size_t at = y * row + (size_t)x * g->in_c;
            uint8x8_t here = open;
            if (count) {
                here = vand_u8(open, vceq_u8(vld1_u8(count + at), most));
                open = vbic_u8(open, here);
            }
            uint8x8_t fired = fire8(d + at, response, here);
            senders += set_bytes(vand_u8(fired, fresh));
        }
    return senders;
}

/* Both rows below a pool; count is NULL for sums and averages. */
static size_t fire_pools(const sg__geometry *g, const uint8_t *count,
                         const int32_t *u, int phi_bits, int8_t *d)
{
    size_t senders = 0, c = g->in_c;
    clear_uncovered(g, d);
    for (uint32_t y = 0; y < g->out_h; y++)
        for (uint32_t x = 0; x < g->out_w; x++, u += c)
            for (size_t i = 0; i < c; i += 8) {
                size_t channel = next8(i, c);
                size_t at = corner(g, y, x) + channel;
                senders += fire_pool8(g, count ? count + at : NULL,
                                      response8(u + channel, phi_bits), d + at,
                                      last_of_8(8 - (i - channel)));
            }
    return senders;
}

size_t sg_fire_pooled__neon(const sg__geometry *g, const int32_t *u,
                            int phi_bits, int8_t *d)
{
    if (g->in_c < 8)
        return sg_fire_pooled__ref(g, u, phi_bits, d);
    return fire_pools(g, NULL, u, phi_bits, d);
}

size_t sg_fire_winners__neon(const sg__geometry *g, const uint8_t *count,
                             const int32_t *u, int phi_bits, int8_t *d)
{
    if (g->in_c < 8)
        return sg_fire_winners__ref(g, count, u, phi_bits, d);
    return fire_pools(g, count, u, phi_bits, d);
}
