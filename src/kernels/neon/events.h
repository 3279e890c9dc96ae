/* Sums of rows times the numbers of events: what every NEON row that is driven
 * by spikes comes down to. Up to 128 columns stay in registers while the
 * events pass, and their sums are 16 bits wide for as many events as surely
 * fit (a run), which is mostly all there are. */
#ifndef SG_KERNELS_NEON_EVENTS_H
#define SG_KERNELS_NEON_EVENTS_H

#include "kernels/neon/lanes.h"

/* 128 times the sum of |numbers| of a run fits 16 bits. */
enum { SG__RUN_ROOM = 255 };

/* What a row consists of: signed bytes (counts up to 127, or weights), larger
 * counts, or 16-bit weights. */
typedef enum sg__row_kind {
    SG__ROW_BYTES,
    SG__ROW_COUNTS,
    SG__ROW_WORDS
} sg__row_kind;

/* Events in runs: where each one's row begins, and its number. */
typedef struct sg__event_list {
    uint32_t *at;
    int8_t *d;
    uint32_t *end; /* of each run, in events */
    uint32_t length, runs;
    int32_t room, size; /* of the sum of |d| in a run: at most, and so far */
} sg__event_list;

/* sg__events_bytes: memory for up to n events, every one of which may be a
 * run.
 * sg__events_in: a list there, empty. room: at least the largest |d| */
static inline size_t sg__events_bytes(size_t n)
{
    return (n * (2 * sizeof(uint32_t) + 1) + 63) / 64 * 64;
}

static inline sg__event_list sg__events_in(void *memory, size_t n,
                                           int32_t room)
{
    sg__event_list l = {.at = memory, .room = room};
    l.end = l.at + n;
    l.d = (int8_t *)(l.end + n);
    return l;
}

static inline void sg__events_clear(sg__event_list *l)
{
    l->length = l->runs = 0;
    l->size = 0;
}

SG__INLINE void sg__event_push(sg__event_list *l, uint32_t at, int8_t d)
{
    int32_t size = d < 0 ? -d : d;
    if (l->size + size > l->room) {
        l->end[l->runs++] = l->length;
        l->size = 0;
    }
    l->size += size;
    l->at[l->length] = at;
    l->d[l->length++] = d;
}

/* sg__events_close: ends the last run, if there is any event. */
static inline void sg__events_close(sg__event_list *l)
{
    if (l->size > 0)
        l->end[l->runs++] = l->length;
    l->size = 0;
}

/* SG__ADD_PRODUCTS: low and high += the halves of x times by. Left alone, gcc
 * loads halves by themselves, and keeps some of the sums in memory. */
#define SG__ADD_PRODUCTS(low, high, x, by)                                    \
    __asm__("smlal %0.8h, %2.8b, %3.8b\n\tsmlal2 %1.8h, %2.16b, %3.16b"       \
            : "+w"(low), "+w"(high)                                           \
            : "w"(x), "w"(by))

/* sg__sum_bytes: sum[0 .. 8 eights) += d rows, for the events of one run. */
SG__INLINE void sg__sum_bytes(int16x8_t *sum, const int8_t *from,
                              const uint32_t *at, const int8_t *d,
                              size_t count, const int eights)
{
    for (const int8_t *end = d + count; d < end; d++, at++) {
        const int8_t *row = from + *at;
        int8x16_t by = vld1q_dup_s8(d);
        for (int j = 0; j + 1 < eights; j += 2) {
            int8x16_t x = vld1q_s8(row + 8 * j);
            SG__ADD_PRODUCTS(sum[j], sum[j + 1], x, by);
        }
        if (eights % 2)
            sum[eights - 1] =
                vmlal_s8(sum[eights - 1], vld1_s8(row + 8 * (eights - 1)),
                         vget_low_s8(by));
    }
}

/* sg__widen: to[8] += 16-bit sums. */
SG__INLINE void sg__widen(int32_t *to, int16x8_t sum)
{
    int32x4_t a = vaddw_s16(vld1q_s32(to), vget_low_s16(sum));
    int32x4_t b = vaddw_high_s16(vld1q_s32(to + 4), sum);
    vst1q_s32(to, a);
    vst1q_s32(to + 4, b);
}

/* sg__add_events: to[x] += sum over the events of d from[at + x], x < n. Rows
 * are bytes, counts or words, and are read to a multiple of 8. The events of
 * bytes are a run. */
void sg__add_events(int32_t *to, size_t n, const void *from, sg__row_kind rows,
                    const uint32_t *at, const int8_t *d, size_t count);

/* sg__add_list: the same for all runs of a list. */
static inline void sg__add_list(int32_t *to, size_t n, const void *from,
                                sg__row_kind rows, const sg__event_list *l)
{
    uint32_t begin = 0;
    if (rows != SG__ROW_BYTES && l->length > 0) {
        sg__add_events(to, n, from, rows, l->at, l->d, l->length);
        return;
    }
    for (uint32_t r = 0; r < l->runs; begin = l->end[r++])
        sg__add_events(to, n, from, rows, l->at + begin, l->d + begin,
                       l->end[r] - begin);
}

#endif
