/* NEON quantising, and resampling of small grey images, an output row at a
 * time, with a byte for each of its pixels.
 *
 * The pixels at the x of all bytes are looked up in each row that the output
 * row may touch, which TBL does for 32 columns at once, and kept in those bytes
 * whose y says that the row is theirs: once as the upper neighbours, once as
 * the lower ones. */
#include "kernels/neon/lanes.h"
#include "kernels/portable/small_image.h"

enum { LANES = 32, HALF = 16 };

/* An input row as a table, with a 0 in front and the rest 0. */
typedef struct table {
    uint8_t left[LANES];  /* [j] is pixel j - 1 */
    uint8_t right[LANES]; /* [j] is pixel j */
} table;

static void list_rows(sg_shape shape, const uint8_t *in, table *rows)
{
    memset(rows, 0, shape.height * sizeof *rows);
    for (uint32_t y = 0; y < shape.height; y++) {
        memcpy(rows[y].left + 1, in + y * shape.width, shape.width);
        memcpy(rows[y].right, in + y * shape.width, shape.width);
    }
}

/* A coordinate of 16 positions, Q16. */
typedef struct lanes {
    int32x4_t part[4];
} lanes;

static lanes first_row(int64_t start, int32_t step, int32_t first)
{
    static const int32_t index[4] = {0, 1, 2, 3};
    const int32x4_t by = vdupq_n_s32(step);
    lanes a;
    a.part[0] = vmlaq_s32(vdupq_n_s32((int32_t)start),
                          vaddq_s32(vld1q_s32(index), vdupq_n_s32(first)), by);
    for (int k = 1; k < 4; k++)
        a.part[k] = vaddq_s32(a.part[k - 1], vshlq_n_s32(by, 2));
    return a;
}

SG__INLINE void next_row(lanes *a, int32x4_t step)
{
    for (int k = 0; k < 4; k++)
        a->part[k] = vaddq_s32(a->part[k], step);
}

/* The whole part of all positions, saturated to -128..127. */
SG__INLINE int8x16_t whole(const lanes *a)
{
    int16x8_t low =
        vcombine_s16(vshrn_n_s32(a->part[0], 16), vshrn_n_s32(a->part[1], 16));
    int16x8_t high =
        vcombine_s16(vshrn_n_s32(a->part[2], 16), vshrn_n_s32(a->part[3], 16));
    return vcombine_s8(vqmovn_s16(low), vqmovn_s16(high));
}

/* Fractions in Q8, a byte each. */
SG__INLINE uint8x16_t fraction(const lanes *a)
{
    /* byte 1 of every four */
    uint8x16_t low = vuzp2q_u8(vreinterpretq_u8_s32(a->part[0]),
                               vreinterpretq_u8_s32(a->part[1]));
    uint8x16_t high = vuzp2q_u8(vreinterpretq_u8_s32(a->part[2]),
                                vreinterpretq_u8_s32(a->part[3]));
    return vuzp1q_u8(low, high);
}

/* The four neighbours of 16 positions: upper left, upper right, lower left,
 * lower right. Entries that a table does not have are 0. */
SG__INLINE void gather(int8x16_t x, int8x16_t y, uint8x16_t outside,
                       sg__rows_in_sight rows, const table *tables,
                       uint8x16_t p[4])
{
    const uint8x16_t j =
        vorrq_u8(vreinterpretq_u8_s8(vaddq_s8(x, vdupq_n_s8(1))), outside);
    int8x16_t at = vdupq_n_s8((int8_t)rows.first);
    uint8x16_t above = vceqq_s8(y, vsubq_s8(at, vdupq_n_s8(1)));
    p[0] = p[1] = p[2] = p[3] = vdupq_n_u8(0);
    for (int32_t k = rows.first; k < rows.first + rows.count; k++) {
        uint8x16x2_t left = {
            {vld1q_u8(tables[k].left), vld1q_u8(tables[k].left + HALF)}};
        uint8x16x2_t right = {
            {vld1q_u8(tables[k].right), vld1q_u8(tables[k].right + HALF)}};
        uint8x16_t here = vceqq_s8(y, at);
        uint8x16_t a = vqtbl2q_u8(left, j), b = vqtbl2q_u8(right, j);
        p[0] = vorrq_u8(p[0], vandq_u8(a, here));
        p[1] = vorrq_u8(p[1], vandq_u8(b, here));
        p[2] = vorrq_u8(p[2], vandq_u8(a, above));
        p[3] = vorrq_u8(p[3], vandq_u8(b, above));
        at = vaddq_s8(at, vdupq_n_s8(1));
        above = here;
    }
}

/* (256 - fx) p + fx q; fits 16 bits without a sign. */
SG__INLINE uint16x8_t across(uint8x8_t p, uint8x8_t q, uint8x8_t fx)
{
    return vmlal_u8(vmlsl_u8(vshll_n_u8(p, 8), p, fx), q, fx);
}

/* ((256 - fy) up + fy down + 2^15) / 2^16 */
SG__INLINE uint16x4_t along(uint16x4_t up, uint16x4_t down, uint16x4_t fy)
{
    uint32x4_t x = vshll_n_u16(up, 8);
    x = vmlal_u16(vmlsl_u16(x, up, fy), down, fy);
    return vrshrn_n_u32(x, 16);
}

/* As sg__quantised. */
SG__INLINE uint8x8_t quantise(uint16x8_t pixels, uint16x8_t levels)
{
    uint16x8_t x = vmlaq_u16(vdupq_n_u16(127), pixels, levels);
    x = vsraq_n_u16(x, x, 8);
    return vshrn_n_u16(vaddq_u16(x, vdupq_n_u16(1)), 8);
}

void sg__quantise__neon(size_t n, const uint8_t *pixels, int32_t levels,
                        uint8_t *counts)
{
    const uint16x8_t to_count = vdupq_n_u16((uint16_t)levels);
    size_t i = 0;
    for (; i + HALF <= n; i += HALF) {
        uint8x16_t x = vld1q_u8(pixels + i);
        vst1q_u8(counts + i,
                 vcombine_u8(quantise(vmovl_u8(vget_low_u8(x)), to_count),
                             quantise(vmovl_high_u8(x), to_count)));
    }
    sg__quantise__ref(n - i, pixels + i, levels, counts + i);
}

/* Eight counts from their neighbours and fractions. */
SG__INLINE uint8x8_t blend(const uint8x8_t p[4], uint8x8_t fx, uint8x8_t fy,
                           uint16x8_t levels)
{
    uint16x8_t up = across(p[0], p[1], fx), down = across(p[2], p[3], fx);
    uint16x8_t by = vmovl_u8(fy);
    uint16x4_t low =
        along(vget_low_u16(up), vget_low_u16(down), vget_low_u16(by));
    uint16x4_t high =
        along(vget_high_u16(up), vget_high_u16(down), vget_high_u16(by));
    return quantise(vcombine_u16(low, high), levels);
}

/* Half an output row: counts at positions x, y, from the rows in sight. */
SG__INLINE uint8x16_t resample_half(sg_shape shape, const lanes *x,
                                    const lanes *y, sg__rows_in_sight rows,
                                    const table *tables, uint16x8_t levels)
{
    const int8x16_t column = whole(x);
    uint8x16_t p[4], fx = fraction(x), fy = fraction(y);
    uint8x16_t inside =
        vandq_u8(vcgtq_s8(column, vdupq_n_s8(-2)),
                 vcltq_s8(column, vdupq_n_s8((int8_t)shape.width)));
    gather(column, whole(y), vmvnq_u8(inside), rows, tables, p);
    uint8x8_t low[4], high[4];
    for (int k = 0; k < 4; k++) {
        low[k] = vget_low_u8(p[k]);
        high[k] = vget_high_u8(p[k]);
    }
    return vcombine_u8(blend(low, vget_low_u8(fx), vget_low_u8(fy), levels),
                       blend(high, vget_high_u8(fx), vget_high_u8(fy),
                             levels));
}

void sg__resample__neon(const sg__warp *w, sg_shape shape, int32_t levels,
                        const uint8_t *in, uint8_t *out)
{
    table tables[SG__SMALL_HEIGHT];
    const size_t width = shape.width, size = width * shape.height;
    if (!sg__image_is_small(w, shape)) {
        sg__resample__ref(w, shape, levels, in, out);
        return;
    }
    const uint16x8_t to_count = vdupq_n_u16((uint16_t)levels);
    const int32x4_t step_x = vdupq_n_s32(w->m[1]);
    const int32x4_t step_y = vdupq_n_s32(w->m[3]);
    lanes x[2], y[2];
    int64_t sy = w->start_y;
    for (int h = 0; h < 2; h++) {
        x[h] = first_row(w->start_x, w->m[0], h * HALF);
        y[h] = first_row(w->start_y, w->m[2], h * HALF);
    }
    list_rows(shape, in, tables);
    for (size_t at = 0; at < size; at += width, sy += w->m[3]) {
        sg__rows_in_sight rows = sg__rows_needed(w, shape, sy);
        /* what is past the row is overwritten by the next one, if there is */
        uint8_t last[LANES];
        bool fits = at + LANES <= size;
        uint8_t *to = fits ? out + at : last;
        for (int h = 0; h < 2; h++) {
            vst1q_u8(to + h * HALF, resample_half(shape, &x[h], &y[h], rows,
                                                  tables, to_count));
            next_row(&x[h], step_x);
            next_row(&y[h], step_y);
        }
        if (!fits) /* last is what was stored through `to` */
            /* cppcheck-suppress uninitvar */
            memcpy(out + at, last, width);
    }
}
