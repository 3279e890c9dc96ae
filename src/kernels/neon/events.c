/* Sums driven by events (events.h), for any number of columns. */
#include "kernels/neon/events.h"

/* to[n] += sums, n more than 8 (eights - 1). */
SG__INLINE void take(int32_t *to, const int16x8_t *sum, size_t n,
                     const int eights)
{
    const size_t rest = n - 8 * (size_t)(eights - 1);
    for (int j = 0; j < eights - 1; j++)
        sg__widen(to + 8 * j, sum[j]);
    to += 8 * (eights - 1);
    if (rest == 8) {
        sg__widen(to, sum[eights - 1]);
    } else {
        int16_t last[8];
        vst1q_s16(last, sum[eights - 1]);
        for (size_t i = 0; i < rest; i++)
            to[i] += last[i];
    }
}

SG__INLINE void add_bytes(int32_t *to, size_t n, const int8_t *from,
                          const uint32_t *at, const int8_t *d, size_t count,
                          const int eights)
{
    int16x8_t sum[16];
    for (int j = 0; j < eights; j++)
        sum[j] = vdupq_n_s16(0);
    sg__sum_bytes(sum, from, at, d, count, eights);
    take(to, sum, n, eights);
}

SG__INLINE int16x8_t load_wide(const void *from, size_t at,
                               const sg__row_kind rows)
{
    if (rows == SG__ROW_WORDS)
        return vld1q_s16((const int16_t *)from + at);
    return vreinterpretq_s16_u16(
        vmovl_u8(vld1_u8((const uint8_t *)from + at)));
}

/* The same with sums of 32 bits, from `column` on. */
SG__INLINE void add_wide(int32_t *to, size_t n, const void *from,
                         size_t column, const uint32_t *at, const int8_t *d,
                         size_t count, const sg__row_kind rows,
                         const int eights)
{
    const size_t rest = n - 8 * (size_t)(eights - 1);
    int32x4_t sum[16];
    for (int j = 0; j < 2 * eights; j++)
        sum[j] = vdupq_n_s32(0);
    for (size_t i = 0; i < count; i++) {
        int16x8_t by = vdupq_n_s16(d[i]);
        for (int j = 0; j < eights; j++) {
            int16x8_t x =
                load_wide(from, at[i] + column + 8 * (size_t)j, rows);
            sum[2 * j] =
                vmlal_s16(sum[2 * j], vget_low_s16(x), vget_low_s16(by));
            sum[2 * j + 1] = vmlal_high_s16(sum[2 * j + 1], x, by);
        }
    }
    for (int j = 0; j < 2 * (eights - 1); j++)
        vst1q_s32(to + 4 * j, vaddq_s32(vld1q_s32(to + 4 * j), sum[j]));
    to += 8 * (eights - 1);
    int32_t last[8];
    if (rest == 8) {
        for (int j = 0; j < 2; j++)
            vst1q_s32(to + 4 * j, vaddq_s32(vld1q_s32(to + 4 * j),
                                            sum[2 * eights - 2 + j]));
        return;
    }
    vst1q_s32(last, sum[2 * eights - 2]);
    vst1q_s32(last + 4, sum[2 * eights - 1]);
    for (size_t i = 0; i < rest; i++)
        to[i] += last[i];
}

#define BYTES(eights)                                                         \
    case eights:                                                              \
        add_bytes(to, n - x, (const int8_t *)from + x, at, d, count, eights); \
        break

static void add_byte_rows(int32_t *to, size_t n, const void *from,
                          const uint32_t *at, const int8_t *d, size_t count)
{
    size_t x = 0;
    for (; n - x > 128; x += 128, to += 128)
        add_bytes(to, 128, (const int8_t *)from + x, at, d, count, 16);
    switch ((n - x + 7) / 8) {
        BYTES(1);
        BYTES(2);
        BYTES(3);
        BYTES(4);
        BYTES(5);
        BYTES(6);
        BYTES(7);
        BYTES(8);
        BYTES(9);
        BYTES(10);
        BYTES(11);
        BYTES(12);
        BYTES(13);
        BYTES(14);
        BYTES(15);
        BYTES(16);
    }
}

#define WIDE(eights)                                                          \
    case eights:                                                              \
        add_wide(to, n - x, from, x, at, d, count, rows, eights);             \
        break

SG__INLINE void add_wide_rows(int32_t *to, size_t n, const void *from,
                              const uint32_t *at, const int8_t *d,
                              size_t count, const sg__row_kind rows)
{
    size_t x = 0;
    for (; n - x > 64; x += 64, to += 64)
        add_wide(to, 64, from, x, at, d, count, rows, 8);
    switch ((n - x + 7) / 8) {
        WIDE(1);
        WIDE(2);
        WIDE(3);
        WIDE(4);
        WIDE(5);
        WIDE(6);
        WIDE(7);
        WIDE(8);
    }
}

void sg__add_events(int32_t *to, size_t n, const void *from, sg__row_kind rows,
                    const uint32_t *at, const int8_t *d, size_t count)
{
    if (rows == SG__ROW_BYTES)
        add_byte_rows(to, n, from, at, d, count);
    else if (rows == SG__ROW_WORDS)
        add_wide_rows(to, n, from, at, d, count, SG__ROW_WORDS);
    else
        add_wide_rows(to, n, from, at, d, count, SG__ROW_COUNTS);
}
