/* Slabs: the weights between one tap's 64 targets and all its sources, a byte
 * row for each source, so that the sources that sent spikes select rows of a
 * block that fits the nearest cache. Forward, sources are input channels and
 * targets output channels; backward it is the other way round. */
#ifndef SG_KERNELS_AVX512_SLABS_H
#define SG_KERNELS_AVX512_SLABS_H

#include <string.h>

#include "kernels/avx512/quads.h"

enum { SG__SLAB_COLUMNS = 64 };

/* Four senders of one position: where their rows begin, and the numbers. */
typedef struct sg__sender_quad {
    uint32_t row[4];
    int8_t n[4]; /* counts are the same bytes */
} sg__sender_quad;

/* The senders of one position. */
typedef struct sg__senders {
    uint32_t first, length; /* in quads */
    int32_t sum;            /* of their numbers */
} sg__senders;

/* Lists of some samples' senders. */
typedef struct sg__sender_lists {
    size_t positions, channels; /* of a sample */
    size_t room;                /* quads a sample may have */
    sg__sender_quad *quads;     /* [samples][room] */
    sg__senders *senders;       /* [samples][positions] */
    bool counts;                /* they are unsigned */
    int32_t excess;             /* what is in the slabs, less the weights */
} sg__sender_lists;

/* sg__lists_bytes: memory for n samples.
 * sg__lists_in: lists of n samples in that memory. */
size_t sg__lists_bytes(size_t positions, size_t channels, size_t n);
sg__sender_lists sg__lists_in(size_t positions, size_t channels, size_t n,
                              bool counts, void *memory);

/* sg__lists_fill: lists sample s, whose numbers are at x; rows lie `step`
 * bytes apart. */
void sg__lists_fill(const sg__sender_lists *l, size_t s, const int8_t *x,
                    size_t step);

/* sg__slab_row: to[64] += what n positions side by side send through slabs
 * that lie `step` bytes apart. Forward, counts meet signed bytes; backward
 * (errors), errors meet unsigned ones. */
static inline __attribute__((always_inline)) void
sg__slab_row(const sg__sender_quad *quads, const sg__senders *at, size_t n,
             const uint8_t *slab, ptrdiff_t step, bool errors, int32_t excess,
             int32_t *to)
{
    __m512i sum[4], x[4];
    uint32_t length = 0;
    uint32_t offset = 0; /* modulo 2^32, as the sums: it may be more itself */
    for (size_t i = 0; i < n; i++) {
        length += at[i].length;
        offset += (uint32_t)excess * (uint32_t)at[i].sum;
    }
    if (length == 0)
        return;
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
        sum[i] = _mm512_setzero_si512();
    for (; n > 0; n--, at++, slab += step) {
        const sg__sender_quad *q = quads + at->first;
        for (const sg__sender_quad *end = q + at->length; q < end; q++) {
            int32_t word;
            memcpy(&word, q->n, sizeof word);
            __m512i four = _mm512_set1_epi32(word);
            sg__interleave(_mm512_load_si512(slab + q->row[0]),
                           _mm512_load_si512(slab + q->row[1]),
                           _mm512_load_si512(slab + q->row[2]),
                           _mm512_load_si512(slab + q->row[3]), x);
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++)
                sum[i] = errors ? _mm512_dpbusd_epi32(sum[i], x[i], four)
                                : _mm512_dpbusd_epi32(sum[i], four, x[i]);
        }
    }
    sg__in_order(sum);
    const __m512i less = _mm512_set1_epi32((int32_t)offset);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        __m512i old = _mm512_loadu_si512(to + 16 * i);
        _mm512_storeu_si512(to + 16 * i,
                            _mm512_add_epi32(old,
                                             _mm512_sub_epi32(sum[i], less)));
    }
}

/* sg__slab_add: of the walks (portable/slabs.h). */
static inline __attribute__((always_inline)) void
sg__slab_add(const sg__sender_lists *l, size_t sample, const sg__senders *at,
             size_t n, const uint8_t *slab, ptrdiff_t step, bool errors,
             size_t columns, int32_t *to)
{
    (void)columns; /* SG__SLAB_COLUMNS */
    sg__slab_row(l->quads + sample * l->room, at, n, slab, step, errors,
                 l->excess, to);
}

#endif
