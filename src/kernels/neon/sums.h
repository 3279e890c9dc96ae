/* NEON sums of rows times error counts that are not 0, for error charges and
 * gradients. A row's columns stay in registers while all its factors pass.
 *
 * Products of two signed bytes are added up in 16 bits, as many as surely fit
 * (`burst`), before they are widened. */
#ifndef SG_KERNELS_NEON_SUMS_H
#define SG_KERNELS_NEON_SUMS_H

#include "kernels/neon/lanes.h"

/* One row of bytes or words, times a factor. */
typedef struct sg__neon_event {
    uint32_t at; /* where the row begins */
    int32_t factor;
} sg__neon_event;

/* What a row consists of: int8, uint8 or int16. */
typedef enum sg__row_kind {
    SG__ROW_BYTES,
    SG__ROW_COUNTS,
    SG__ROW_WORDS
} sg__row_kind;

static SG__UNROLLED void sg__add_bytes(int32x4_t *total, const int8_t *from,
                                       const sg__neon_event *e, size_t count,
                                       size_t burst, const int eights)
{
    for (size_t i = 0; i < count;) {
        size_t end = count - i < burst ? count : i + burst;
        int16x8_t sum[8];
        for (int j = 0; j < eights; j++)
            sum[j] = vdupq_n_s16(0);
        for (; i < end; i++) {
            int8x8_t factor = vdup_n_s8((int8_t)e[i].factor);
            const int8_t *row = from + e[i].at;
            for (int j = 0; j < eights; j++)
                sum[j] = vmlal_s8(sum[j], vld1_s8(row + 8 * j), factor);
        }
        for (int j = 0; j < eights; j++) {
            total[2 * j] = vaddw_s16(total[2 * j], vget_low_s16(sum[j]));
            total[2 * j + 1] = vaddw_high_s16(total[2 * j + 1], sum[j]);
        }
    }
}

static SG__UNROLLED int16x8_t sg__load_wide(const void *from, size_t at,
                                            const sg__row_kind rows)
{
    if (rows == SG__ROW_WORDS)
        return vld1q_s16((const int16_t *)from + at);
    return vreinterpretq_s16_u16(
        vmovl_u8(vld1_u8((const uint8_t *)from + at)));
}

static SG__UNROLLED void sg__add_wide(int32x4_t *total, const void *from,
                                      size_t column, const sg__neon_event *e,
                                      size_t count, const sg__row_kind rows,
                                      const int eights)
{
    for (size_t i = 0; i < count; i++) {
        int16_t factor = (int16_t)e[i].factor;
        for (int j = 0; j < eights; j++) {
            int16x8_t x =
                sg__load_wide(from, e[i].at + column + 8 * (size_t)j, rows);
            total[2 * j] = vmlal_n_s16(total[2 * j], vget_low_s16(x), factor);
            total[2 * j + 1] = vmlal_high_n_s16(total[2 * j + 1], x, factor);
        }
    }
}

/* to[0 .. 8 eights) += the columns from `column` on, over all events. */
static SG__UNROLLED void sg__add_columns(int32_t *to, const void *from,
                                         size_t column,
                                         const sg__neon_event *e, size_t count,
                                         size_t burst, const sg__row_kind rows,
                                         const int eights)
{
    int32x4_t total[16];
    for (int j = 0; j < 2 * eights; j++)
        total[j] = vld1q_s32(to + 4 * j);
    if (rows == SG__ROW_BYTES)
        sg__add_bytes(total, (const int8_t *)from + column, e, count, burst,
                      eights);
    else
        sg__add_wide(total, from, column, e, count, rows, eights);
    for (int j = 0; j < 2 * eights; j++)
        vst1q_s32(to + 4 * j, total[j]);
}

/* The last `rest` columns, less than 8: those before them, which are summed
 * as well, are dropped. Rows shorter than 8 go one by one. */
static SG__UNROLLED void sg__add_rest(int32_t *to, size_t width, size_t rest,
                                      const void *from,
                                      const sg__neon_event *e, size_t count,
                                      size_t burst, const sg__row_kind rows)
{
    int32_t last[8] = {0};
    if (width >= 8) {
        sg__add_columns(last, from, width - 8, e, count, burst, rows, 1);
        for (size_t i = 8 - rest; i < 8; i++)
            to[width - 8 + i] += last[i];
        return;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t x = 0; x < width; x++) {
            size_t at = e[i].at + x;
            int32_t value = rows == SG__ROW_BYTES ? ((const int8_t *)from)[at]
                            : rows == SG__ROW_COUNTS
                                ? ((const uint8_t *)from)[at]
                                : ((const int16_t *)from)[at];
            to[x] += e[i].factor * value;
        }
}

/* to[x] += sum over events of factor * from[at + x], x below width. */
static SG__UNROLLED void sg__add_rows(int32_t *to, size_t width,
                                      const void *from,
                                      const sg__neon_event *e, size_t count,
                                      size_t burst, const sg__row_kind rows)
{
    size_t x = 0;
    for (; width - x >= 64; x += 64)
        sg__add_columns(to + x, from, x, e, count, burst, rows, 8);
    for (; width - x >= 32; x += 32)
        sg__add_columns(to + x, from, x, e, count, burst, rows, 4);
    for (; width - x >= 16; x += 16)
        sg__add_columns(to + x, from, x, e, count, burst, rows, 2);
    for (; width - x >= 8; x += 8)
        sg__add_columns(to + x, from, x, e, count, burst, rows, 1);
    if (x < width)
        sg__add_rest(to, width, width - x, from, e, count, burst, rows);
}

static inline void sg__add_byte_rows(int32_t *to, size_t width,
                                     const int8_t *from,
                                     const sg__neon_event *e, size_t count,
                                     size_t burst)
{
    sg__add_rows(to, width, from, e, count, burst, SG__ROW_BYTES);
}

static inline void sg__add_count_rows(int32_t *to, size_t width,
                                      const uint8_t *from,
                                      const sg__neon_event *e, size_t count)
{
    sg__add_rows(to, width, from, e, count, 0, SG__ROW_COUNTS);
}

static inline void sg__add_word_rows(int32_t *to, size_t width,
                                     const int16_t *from,
                                     const sg__neon_event *e, size_t count)
{
    sg__add_rows(to, width, from, e, count, 0, SG__ROW_WORDS);
}

#endif
