/* NEON rows over counts: pools, and the sums that count operations.
 *
 * Channels left over after the last whole register are covered by one that
 * overlaps its neighbour: writing a byte twice does no harm. Pixels of fewer
 * channels than a register has are read with what follows them, as long as
 * there is enough. */
#include <stdlib.h>

#include "kernels/neon/lanes.h"

enum { BYTES = 16 };

SG__INLINE uint8x16_t combine(uint8x16_t a, uint8x16_t b, bool sum)
{
    return sum ? vaddq_u8(a, b) : vmaxq_u8(a, b);
}

/* 16 bytes of each of a pool's inputs from `from` on: sum or maximum. */
SG__INLINE uint8x16_t pool16(const sg__geometry *g, const uint8_t *from,
                             bool sum)
{
    uint8x16_t all = vdupq_n_u8(0);
    for (uint32_t y = 0; y < g->kernel_h; y++)
        for (uint32_t x = 0; x < g->kernel_w; x++)
            all = combine(all,
                          vld1q_u8(from + ((size_t)y * g->in_w + x) * g->in_c),
                          sum);
    return all;
}

/* n channels of a pool, where 16 bytes would leave the arrays. */
static void pool_few(const sg__geometry *g, const uint8_t *from, uint8_t *to,
                     bool sum)
{
    for (uint32_t c = 0; c < g->in_c; c++) {
        uint32_t all = 0;
        for (uint32_t y = 0; y < g->kernel_h; y++)
            for (uint32_t x = 0; x < g->kernel_w; x++) {
                uint32_t n = from[((size_t)y * g->in_w + x) * g->in_c + c];
                all = sum ? all + n : n > all ? n : all;
            }
        to[c] = (uint8_t)all;
    }
}

/* A row of pools of two by two. Returns how many it has done: those behind
 * which 16 bytes can be read at `in` and written at `out`. */
SG__INLINE uint32_t pool_row2(const sg__geometry *g, const uint8_t *in,
                              size_t readable, uint8_t *out, size_t writable,
                              bool sum)
{
    const size_t c = g->in_c, row = (size_t)g->in_w * c;
    uint32_t x = 0;
    if (g->kernel_h != 2 || g->kernel_w != 2 || c > BYTES)
        return 0;
    for (; x < g->out_w && (2 * x + 1) * c + row + BYTES <= readable &&
           x * c + BYTES <= writable;
         x++) {
        const uint8_t *at = in + 2 * x * c;
        uint8x16_t a = combine(vld1q_u8(at), vld1q_u8(at + c), sum);
        uint8x16_t b =
            combine(vld1q_u8(at + row), vld1q_u8(at + row + c), sum);
        vst1q_u8(out + x * c, combine(a, b, sum));
    }
    return x;
}

SG__INLINE void pool(const sg__geometry *g, const uint8_t *in, uint8_t *out,
                     bool sum)
{
    const size_t c = g->in_c, inputs = sg__inputs(g);
    const size_t outputs = sg__outputs(g);
    for (uint32_t y = 0; y < g->out_h; y++) {
        size_t from = (size_t)y * g->kernel_h * g->in_w * c;
        size_t to = (size_t)y * g->out_w * c;
        uint32_t x = pool_row2(g, in + from, inputs - from, out + to,
                               outputs - to, sum);
        for (; x < g->out_w; x++) {
            const uint8_t *at = in + from + x * g->kernel_w * c;
            if (c < BYTES) {
                pool_few(g, at, out + to + x * c, sum);
                continue;
            }
            for (size_t i = 0; i < c; i += BYTES) {
                size_t k = c - i < BYTES ? c - BYTES : i;
                vst1q_u8(out + to + x * c + k, pool16(g, at + k, sum));
            }
        }
    }
}

void sg__pool_sum__neon(const sg__geometry *g, const uint8_t *in, uint8_t *out)
{
    pool(g, in, out, true);
}

void sg__pool_max__neon(const sg__geometry *g, const uint8_t *in, uint8_t *out)
{
    pool(g, in, out, false);
}

/* Sum of the bytes of four sums; how many bytes of a mask are set. */
SG__INLINE uint32x4_t add_sum(uint32x4_t sum, uint8x16_t n)
{
    return vpadalq_u16(sum, vpaddlq_u8(n));
}

SG__INLINE uint32x4_t add_mask(uint32x4_t sum, uint8x16_t mask)
{
    return add_sum(sum, vshrq_n_u8(mask, 7));
}

/* Sums of the bytes of each of four registers. */
SG__INLINE uint32x4_t sums_of(const uint8x16_t *x)
{
    uint16x8_t ab = vpaddq_u16(vpaddlq_u8(x[0]), vpaddlq_u8(x[1]));
    uint16x8_t cd = vpaddq_u16(vpaddlq_u8(x[2]), vpaddlq_u8(x[3]));
    return vpaddlq_u16(vpaddq_u16(ab, cd));
}

/* What is summed: error counts, or counts, of which some may equal a cap. */
typedef enum kind { SIGNED, PLAIN, CAPPED } kind;

/* |d|, or the counts as they are. */
SG__INLINE uint8x16_t sizes_of(uint8x16_t x, const kind of)
{
    return of == SIGNED ? vreinterpretq_u8_s8(vabsq_s8(vreinterpretq_s8_u8(x)))
                        : x;
}

/* Pixels of one channel, 16 at a time. */
SG__INLINE size_t sum_single(size_t pixels, const uint8_t *from, const kind of,
                             uint8x16_t cap, uint32_t *sum, uint32_t *active,
                             size_t *full)
{
    size_t p = 0;
    for (; p + BYTES <= pixels; p += BYTES) {
        uint8x16_t x = sizes_of(vld1q_u8(from + p), of);
        uint8x16_t on = vminq_u8(x, vdupq_n_u8(1));
        uint16x8_t s[2] = {vmovl_u8(vget_low_u8(x)), vmovl_high_u8(x)};
        uint16x8_t a[2] = {vmovl_u8(vget_low_u8(on)), vmovl_high_u8(on)};
        for (int h = 0; h < 2; h++) {
            vst1q_u32(sum + p + 8 * h, vmovl_u16(vget_low_u16(s[h])));
            vst1q_u32(sum + p + 8 * h + 4, vmovl_high_u16(s[h]));
            vst1q_u32(active + p + 8 * h, vmovl_u16(vget_low_u16(a[h])));
            vst1q_u32(active + p + 8 * h + 4, vmovl_high_u16(a[h]));
        }
        if (of == CAPPED)
            *full += vaddvq_u8(vshrq_n_u8(vceqq_u8(x, cap), 7));
    }
    return p;
}

/* Pixels of fewer than 16 channels, four at a time. */
SG__INLINE size_t sum_small(size_t pixels, size_t channels,
                            const uint8_t *from, const kind of, uint8x16_t cap,
                            uint32_t *sum, uint32_t *active, size_t *full)
{
    static const uint8_t edge[2 * BYTES] = {255, 255, 255, 255, 255, 255,
                                            255, 255, 255, 255, 255, 255,
                                            255, 255, 255, 255};
    const uint8x16_t valid = vld1q_u8(edge + BYTES - channels);
    size_t p = 0;
    for (; (pixels - p) * channels >= 3 * channels + BYTES && p + 4 <= pixels;
         p += 4, from += 4 * channels) {
        uint8x16_t x[4], on[4], equal = vdupq_n_u8(0);
        for (size_t i = 0; i < 4; i++) {
            x[i] = vandq_u8(vld1q_u8(from + i * channels), valid);
            x[i] = sizes_of(x[i], of);
            on[i] = vminq_u8(x[i], vdupq_n_u8(1));
            equal = vsubq_u8(equal, vceqq_u8(x[i], cap));
        }
        vst1q_u32(sum + p, sums_of(x));
        vst1q_u32(active + p, sums_of(on));
        if (of == CAPPED)
            *full += vaddvq_u8(equal);
    }
    return p;
}

/* The pixels whose registers are whole, or that are the last. */
SG__INLINE size_t sum_pixels(size_t p, size_t pixels, uint32_t channels,
                             const uint8_t *from, const kind of, int32_t cap,
                             uint32_t *sum, uint32_t *active)
{
    const uint32_t whole = channels / BYTES * BYTES;
    const uint8x16_t full = vdupq_n_u8((uint8_t)cap);
    size_t saturated = 0;
    for (from += p * channels; p < pixels; p++, from += channels) {
        uint32x4_t sums = vdupq_n_u32(0), on = sums, equal = sums;
        for (uint32_t c = 0; c < whole; c += BYTES) {
            uint8x16_t n = sizes_of(vld1q_u8(from + c), of);
            sums = add_sum(sums, n);
            on = add_sum(on, vminq_u8(n, vdupq_n_u8(1)));
            if (of == CAPPED)
                equal = add_mask(equal, vceqq_u8(n, full));
        }
        sum[p] = vaddvq_u32(sums);
        active[p] = vaddvq_u32(on);
        saturated += vaddvq_u32(equal);
        for (uint32_t c = whole; c < channels; c++) {
            int32_t n = of == SIGNED ? abs((int8_t)from[c]) : from[c];
            sum[p] += (uint32_t)n;
            active[p] += n != 0;
            saturated += of == CAPPED && n == cap;
        }
    }
    return saturated;
}

SG__INLINE size_t sum_all(size_t pixels, uint32_t channels,
                          const uint8_t *from, const kind of, int32_t cap,
                          uint32_t *sum, uint32_t *active)
{
    const uint8x16_t full = vdupq_n_u8((uint8_t)cap);
    size_t p = 0, saturated = 0;
    if (channels == 1)
        p = sum_single(pixels, from, of, full, sum, active, &saturated);
    else if (channels < BYTES)
        p = sum_small(pixels, channels, from, of, full, sum, active,
                      &saturated);
    return saturated +
           sum_pixels(p, pixels, channels, from, of, cap, sum, active);
}

size_t sg__count_sums__neon(size_t pixels, uint32_t channels,
                            const uint8_t *count, int32_t cap, uint32_t *sum,
                            uint32_t *active)
{
    if (cap == 0 && channels > 1 && channels < BYTES)
        /* lanes that are left out hold 0 */
        return sg__count_sums__ref(pixels, channels, count, cap, sum, active);
    if (cap < 0 || cap > UINT8_MAX) /* nothing is equal to it */
        return sum_all(pixels, channels, count, PLAIN, 0, sum, active);
    return sum_all(pixels, channels, count, CAPPED, cap, sum, active);
}

void sg__error_sums__neon(size_t pixels, uint32_t channels, const int8_t *d,
                          uint32_t *sum, uint32_t *active)
{
    sum_all(pixels, channels, (const uint8_t *)d, SIGNED, 0, sum, active);
}
