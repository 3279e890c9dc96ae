/* Slabs: the weights between one tap's 64 targets and all its sources, a byte
 * row for each source, so that the sources that sent spikes select rows of a
 * block that fits a near cache. Forward, sources are input channels and
 * targets output channels; backward it is the other way round.
 *
 * Two rows at a time are interleaved byte by byte, so that vpmaddubsw
 * multiplies a column of two with the two sources' numbers. The sums stay 16
 * bits wide for as many pairs as cannot overflow them: mostly that is all a
 * position has. */
#ifndef SG_KERNELS_AVX2_SLABS_H
#define SG_KERNELS_AVX2_SLABS_H

#include "kernels/avx2/lanes.h"
#include "kernels/avx2/ways.h"

/* Two senders of one position: where their rows begin, and their numbers as
 * bytes a b a b. */
typedef struct sg__sender_pair {
    uint16_t row[2];
    uint32_t n;
} sg__sender_pair;

/* The senders of one position. */
typedef struct sg__senders {
    uint32_t first; /* in pairs */
    uint16_t length;
    uint16_t runs; /* of pairs whose sums fit 16 bits, if all do not: their
                      * lengths are bytes behind the pairs */
    uint32_t size; /* the sum of counts, or of |d| */
    int32_t sum;   /* of their numbers */
} sg__senders;

/* Sums up to which 16 bits hold: 127 * 258, and 255 * 128. */
enum { SG__COUNT_ROOM = 258, SG__ERROR_ROOM = 128 };

/* Lists of some samples' senders, one behind the other. */
typedef struct sg__sender_lists {
    size_t positions, channels; /* of a sample */
    size_t samples;             /* at most */
    size_t room, used;          /* pairs */
    sg__sender_pair *pairs;     /* [room] */
    sg__senders *senders;       /* [samples][positions] */
    int32_t excess;             /* what is in the slabs, less the weights */
} sg__sender_lists;

/* sg__pairs_bytes: memory for up to n samples, with room for one of them
 * whatever it sends, and for what all mostly send.
 * sg__pairs_in: lists in that memory. */
size_t sg__pairs_bytes(size_t positions, size_t channels, size_t n);
sg__sender_lists sg__pairs_in(size_t positions, size_t channels, size_t n,
                              void *memory);

/* sg__pairs_of_counts, sg__pairs_of_errors: lists samples whose numbers are at
 * x, n of them or as many as there is room for, 1 or more. Returns how many.
 * `excess` is that of 8-bit weights: counts meet the weights themselves, errors
 * w + 128. */
size_t sg__pairs_of_counts(sg__sender_lists *l, size_t n, const uint8_t *x);
size_t sg__pairs_of_errors(sg__sender_lists *l, size_t n, const int8_t *x);

/* to[32] += 16-bit sums of columns that were interleaved by halves of
 * registers, less offset. */
SG__INLINE void sg__add_columns(int32_t *to, __m256i low, __m256i high,
                                __m256i offset)
{
    __m256i x[4] = {
        _mm256_cvtepi16_epi32(_mm256_castsi256_si128(low)),
        _mm256_cvtepi16_epi32(_mm256_castsi256_si128(high)),
        _mm256_cvtepi16_epi32(_mm256_extracti128_si256(low, 1)),
        _mm256_cvtepi16_epi32(_mm256_extracti128_si256(high, 1)),
    };
    for (int i = 0; i < 4; i++) {
        __m256i old = _mm256_sub_epi32(sg__load_all(to + 8 * i), offset);
        sg__store(to + 8 * i, _mm256_add_epi32(old, x[i]));
    }
}

/* sg__slab_sum: 16-bit sums of what some pairs send through a slab, 64 columns
 * by halves of registers. Forward, counts meet signed weights; backward
 * (errors), errors meet weights + 128. */
SG__INLINE void sg__slab_sum(const sg__sender_pair *p, size_t n,
                             const uint8_t *slab, bool errors, __m256i sum[4])
{
    __m256i s[4] = {sum[0], sum[1], sum[2], sum[3]};
    for (const sg__sender_pair *end = p + n; p < end; p++) {
        __m256i x = _mm256_set1_epi32((int32_t)p->n);
        const uint8_t *a = slab + p->row[0], *b = slab + p->row[1];
#pragma GCC unroll 2
        for (int i = 0; i < 2; i++) {
            __m256i u = sg__load_once(a + 32 * i), z;
            __m256i v = sg__load_once(b + 32 * i);
            z = _mm256_unpacklo_epi8(u, v);
            z = errors ? _mm256_maddubs_epi16(z, x)
                       : _mm256_maddubs_epi16(x, z);
            SG__GATHER16(s[2 * i], z);
            z = _mm256_unpackhi_epi8(u, v);
            z = errors ? _mm256_maddubs_epi16(z, x)
                       : _mm256_maddubs_epi16(x, z);
            SG__GATHER16(s[2 * i + 1], z);
        }
    }
    for (int i = 0; i < 4; i++)
        sum[i] = s[i];
}

/* to[64] += 16-bit sums, less offset, both of which are then 0. */
SG__INLINE void sg__slab_take(__m256i sum[4], uint32_t *offset, int32_t *to)
{
    const __m256i less = _mm256_set1_epi32((int32_t)*offset);
    sg__add_columns(to, sum[0], sum[1], less);
    sg__add_columns(to + 32, sum[2], sum[3], less);
    for (int i = 0; i < 4; i++)
        sum[i] = _mm256_setzero_si256();
    *offset = 0;
}

/* sg__slab_row: to[64] += what n positions side by side send through slabs
 * that lie `step` bytes apart. Sums are widened as seldom as 16 bits allow. */
SG__INLINE void sg__slab_row(const sg__sender_pair *pairs,
                             const sg__senders *at, size_t n,
                             const uint8_t *slab, ptrdiff_t step, bool errors,
                             int32_t excess, int32_t *to)
{
    const uint32_t room = errors ? SG__ERROR_ROOM : SG__COUNT_ROOM;
    uint32_t size = 0, offset = 0;
    __m256i sum[4];
    for (int i = 0; i < 4; i++)
        sum[i] = _mm256_setzero_si256();
    for (; n > 0; n--, at++, slab += step) {
        const sg__sender_pair *p = pairs + at->first;
        const uint8_t *run = (const uint8_t *)(p + at->length);
        if (size + at->size > room && size > 0) {
            sg__slab_take(sum, &offset, to);
            size = 0;
        }
        offset += (uint32_t)excess * (uint32_t)at->sum;
        if (at->size <= room) {
            sg__slab_sum(p, at->length, slab, errors, sum);
            size += at->size;
            continue;
        }
        for (uint32_t i = 0; i < at->runs; i++, p += *run++) {
            sg__slab_sum(p, *run, slab, errors, sum);
            sg__slab_take(sum, &offset, to);
        }
    }
    if (size > 0)
        sg__slab_take(sum, &offset, to);
}

/* sg__slab_add: of the walks (portable/slabs.h). */
SG__INLINE void sg__slab_add(const sg__sender_lists *l, size_t sample,
                             const sg__senders *at, size_t n,
                             const uint8_t *slab, ptrdiff_t step, bool errors,
                             size_t columns, int32_t *to)
{
    (void)sample;
    (void)columns; /* SG__SLAB_COLUMNS */
    if (l->excess == 0)
        sg__slab_row(l->pairs, at, n, slab, step, errors, 0, to);
    else
        sg__slab_row(l->pairs, at, n, slab, step, errors, l->excess, to);
}

#endif
