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
    int32_t offset;         /* 128 times the sum of error counts */
} sg__senders;

/* Lists of some samples' senders. */
typedef struct sg__sender_lists {
    size_t positions, channels; /* of a sample */
    size_t room;                /* quads a sample may have */
    sg__sender_quad *quads;     /* [samples][room] */
    sg__senders *senders;       /* [samples][positions] */
} sg__sender_lists;

/* sg__lists_bytes: memory for n samples.
 * sg__lists_in: lists of n samples in that memory. */
size_t sg__lists_bytes(size_t positions, size_t channels, size_t n);
sg__sender_lists sg__lists_in(size_t positions, size_t channels, size_t n,
                              void *memory);

/* sg__lists_fill: lists sample s, whose numbers are at x; rows lie `step`
 * bytes apart. */
void sg__lists_fill(const sg__sender_lists *l, size_t s, const int8_t *x,
                    size_t step);

/* sg__prefetch_share: part i of n of the rows of the next slab; it is far away
 * and used at random, so that the processor cannot guess it. */
static inline void sg__prefetch_share(const uint8_t *slab, size_t rows,
                                      size_t i, size_t n)
{
    for (size_t r = rows * i / n; r < rows * (i + 1) / n; r++)
        /* past the last slab does no harm */
        _mm_prefetch((const char *)((uintptr_t)slab + r * SG__SLAB_COLUMNS),
                     _MM_HINT_T0);
}

/* sg__slab_row: to[64] += what n positions side by side send through slabs
 * that lie `step` bytes apart. Forward, counts meet signed weights; backward
 * (errors), errors meet weights + 128. */
static inline __attribute__((always_inline)) void
sg__slab_row(const sg__sender_quad *quads, const sg__senders *at, size_t n,
             const uint8_t *slab, ptrdiff_t step, bool errors, int32_t *to)
{
    __m512i sum[4], x[4];
    uint32_t length = 0;
    int32_t offset = 0;
    for (size_t i = 0; i < n; i++) {
        length += at[i].length;
        offset += at[i].offset;
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
    const __m512i less = _mm512_set1_epi32(errors ? offset : 0);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        __m512i old = _mm512_loadu_si512(to + 16 * i);
        _mm512_storeu_si512(to + 16 * i,
                            _mm512_add_epi32(old,
                                             _mm512_sub_epi32(sum[i], less)));
    }
}

/* sg__slab_rows: whether the slabs of a kernel row are near enough together to
 * be read for one position after the other. */
static inline bool sg__slab_rows(const sg__geometry *g, size_t sources)
{
    enum { NEAR_BYTES = 48 * 1024 };
    return g->kernel_w > 1 && g->stride_w == 1 &&
           g->kernel_w * sources * SG__SLAB_COLUMNS <= NEAR_BYTES;
}

#endif
