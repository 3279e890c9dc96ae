/* Lists of senders for slabs (portable/slabs.h). */
#ifndef SG_KERNELS_NEON_SLABS_H
#define SG_KERNELS_NEON_SLABS_H

#include "kernels/neon/events.h"
#include "kernels/neon/ways.h"

/* The senders of one position. */
typedef struct sg__senders {
    uint32_t first, length; /* in events */
    uint32_t size;          /* the sum of counts, or of |d| */
    int32_t sum;            /* of their numbers */
    uint32_t run;           /* if one run does not hold it: the first of the
                               lengths of its runs, which make up its length */
} sg__senders;

/* Lists of some samples' senders, one behind the other. A count that is not a
 * signed byte is several events. */
typedef struct sg__sender_lists {
    size_t positions, channels; /* of a sample */
    size_t samples;             /* at most */
    size_t columns;             /* of a slab */
    size_t room, used;          /* events; as many runs */
    uint32_t runs;              /* used */
    sg__senders *senders;       /* [samples][positions] */
    uint32_t *at;               /* [room]: where in the slab a row begins */
    uint16_t *run;              /* [room] */
    int8_t *d;                  /* [room] */
    int32_t excess;             /* what is in the slabs, less the weights */
} sg__sender_lists;

/* sg__senders_bytes: memory for up to n samples, with room for one of them
 * whatever it sends, and for what all mostly send.
 * sg__senders_in: lists in that memory. */
size_t sg__senders_bytes(size_t positions, size_t channels, size_t n);
sg__sender_lists sg__senders_in(size_t positions, size_t channels, size_t n,
                                size_t columns, void *memory);

/* sg__list_counts, sg__list_errors: lists samples whose numbers are at x, n of
 * them or as many as there is room for, 1 or more. Returns how many. */
size_t sg__list_counts(sg__sender_lists *l, size_t n, const uint8_t *x);
size_t sg__list_errors(sg__sender_lists *l, size_t n, const int8_t *x);

/* to[] += 16-bit sums, which are then 0. */
SG__INLINE void sg__slab_take(int16x8_t *sum, int32_t *to, const int eights)
{
    for (int j = 0; j < eights; j++) {
        sg__widen(to + 8 * j, sum[j]);
        sum[j] = vdupq_n_s16(0);
    }
}

/* to[] -= offset */
SG__INLINE void sg__slab_give_back(int32_t *to, uint32_t offset,
                                   const int eights)
{
    const int32x4_t less = vdupq_n_s32((int32_t)offset);
    for (int j = 0; j < 2 * eights; j++)
        vst1q_s32(to + 4 * j, vsubq_s32(vld1q_s32(to + 4 * j), less));
}

SG__INLINE void sg__slab_row(const sg__sender_lists *l, const sg__senders *at,
                             size_t n, const int8_t *slab, ptrdiff_t step,
                             int32_t *to, const int eights)
{
    uint32_t size = 0, offset = 0;
    int16x8_t sum[16];
    for (int j = 0; j < eights; j++)
        sum[j] = vdupq_n_s16(0);
    for (; n > 0; n--, at++, slab += step) {
        const uint32_t *row = l->at + at->first;
        const int8_t *d = l->d + at->first;
        offset += (uint32_t)l->excess * (uint32_t)at->sum;
        if (size + at->size > SG__RUN_ROOM && size > 0) {
            sg__slab_take(sum, to, eights);
            size = 0;
        }
        if (at->size <= SG__RUN_ROOM) {
            sg__sum_bytes(sum, slab, row, d, at->length, eights);
            size += at->size;
            continue;
        }
        const uint16_t *run = l->run + at->run;
        for (uint32_t done = 0; done < at->length; done += *run++) {
            sg__sum_bytes(sum, slab, row + done, d + done, *run, eights);
            sg__slab_take(sum, to, eights);
        }
    }
    if (size > 0)
        sg__slab_take(sum, to, eights);
    if (offset != 0)
        sg__slab_give_back(to, offset, eights);
}

/* sg__slab_add: of the walks. Forward and backward are alike here: both
 * numbers and weights are signed bytes. */
static inline void sg__slab_add(const sg__sender_lists *l, size_t sample,
                                const sg__senders *at, size_t n,
                                const uint8_t *slab, ptrdiff_t step,
                                bool errors, size_t columns, int32_t *to)
{
    (void)sample;
    (void)errors;
    if (columns == 128)
        sg__slab_row(l, at, n, (const int8_t *)slab, step, to, 16);
    else
        sg__slab_row(l, at, n, (const int8_t *)slab, step, to, 8);
}

#endif
