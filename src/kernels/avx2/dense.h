/* Dense forward pass: every tap, zero or not, of several output positions by
 * 16 channels at a time, so that a register of weights serves them all. The
 * samples of a group are copied with their padding around them, so that a
 * kernel row is one run and needs no border case; positions of all samples
 * then look alike, and those of a fully connected layer are its samples.
 *
 * Inline, because the same loops serve AVX2 and AVX-VNNI, which differ in one
 * instruction.
 *
 * Packed weights:
 *   16 bits  int16[K][step]; step is out_c rounded up to 16, and more where
 *            rows would fall into few sets of a cache. Two rows interleave to
 *            pairs of taps; the same rows serve the lists of taps.
 *    8 bits  int8[block of 8 channels][kernel_h][quads][8][4], where quads is
 *            a run of kernel_w in_c taps in fours, completed by 0; behind
 *            them the largest weight of each block. Layers by rows (ways.h) keep slabs instead, of which 64 channels at a time
 *            are turned into that. */
#ifndef SG_KERNELS_AVX2_DENSE_H
#define SG_KERNELS_AVX2_DENSE_H

#include "kernels/avx2/respond.h"
#include "kernels/avx2/ways.h"

/* Copies n counts as integers of `unit` bytes. */
static inline void sg__copy_counts(uint8_t *to, const uint8_t *from, size_t n,
                                   size_t unit)
{
    size_t i = 0;
    if (unit == 1) {
        memcpy(to, from, n);
        return;
    }
    for (; i + 16 <= n; i += 16)
        sg__store(to + 2 * i, _mm256_cvtepu8_epi16(sg__load_half(from + i)));
    for (; i < n; i++) {
        to[2 * i] = from[i];
        to[2 * i + 1] = 0;
    }
}

#include "kernels/portable/copies.h"

enum {
    SG__QUAD_BLOCK = 8, /* channels of a register of quads */
    SG__TILE_MAX = 6    /* positions */
};

static inline size_t sg__word_step(const sg__geometry *g)
{
    size_t channels = ((size_t)g->out_c + 15) / 16 * 16;
    return channels >= 256 && channels % 64 == 0 ? channels + 32 : channels;
}

static inline size_t sg__kernel_run(const sg__geometry *g)
{
    return (size_t)g->kernel_w * g->in_c;
}

static inline size_t sg__quads(const sg__geometry *g)
{
    return (sg__kernel_run(g) + 3) / 4;
}

/* Bytes of one block of quads. */
static inline size_t sg__quad_block(const sg__geometry *g)
{
    return g->kernel_h * sg__quads(g) * 32;
}

static inline size_t sg__quad_blocks(const sg__geometry *g)
{
    return ((size_t)g->out_c + SG__QUAD_BLOCK - 1) / SG__QUAD_BLOCK;
}

/* sg__largest_weights: of each block of quads, the largest |w|: behind them. */
static inline uint32_t *sg__largest_weights(const sg__synapses *s)
{
    return (uint32_t *)((char *)s->packed +
                        sg__quad_blocks(s->geo) * sg__quad_block(s->geo));
}

/* sg__quad_depth: quads of taps whose sums fit 16 bits, for the block of
 * channels from k on. */
static inline size_t sg__quad_depth(const sg__synapses *s, uint32_t k)
{
    uint32_t most = 127;
    if (!sg__by_rows(s->geo, 8))
        most = sg__largest_weights(s)[k / SG__QUAD_BLOCK];
    return INT16_MAX / (2 * (most ? most : 1) * (uint32_t)s->in_cap);
}

/* sg__dense_scratch: working memory of the forward row: copies, and 64
 * channels' worth of turned slabs. */
static inline size_t sg__turned_at(const sg__geometry *g, int bits)
{
    return (sg__copies_size(g, bits) + 63) / 64 * 64;
}

static inline size_t sg__dense_scratch(const sg__geometry *g, int bits)
{
    return sg__turned_at(g, bits) +
           (sg__by_rows(g, bits) ? sg__fan_in(g) * SG__SLAB_COLUMNS : 0);
}

/* Turns the slabs of channels k..k+63 into blocks of quads. */
static inline void sg__turn_slabs(const sg__synapses *s, uint32_t k, char *to)
{
    size_t K = sg__fan_in(s->geo), block = sg__quad_block(s->geo);
    const char *row = (const char *)s->packed + (size_t)k * K;
    for (size_t i = 0; i < K; i += 4, row += 4 * SG__SLAB_COLUMNS, to += 32)
        for (int half = 0; half < 2; half++) {
            const char *at = row + 32 * half;
            char *turned = to + 4 * (size_t)half * block;
            __m256i a = sg__load_all(at), b = sg__load_all(at + 64);
            __m256i c = sg__load_all(at + 128), d = sg__load_all(at + 192);
            __m256i ab = _mm256_unpacklo_epi8(a, b);
            __m256i cd = _mm256_unpacklo_epi8(c, d);
            __m256i x = _mm256_unpacklo_epi16(ab, cd);
            __m256i y = _mm256_unpackhi_epi16(ab, cd);
            sg__store(turned, _mm256_permute2x128_si256(x, y, 0x20));
            sg__store(turned + 2 * block,
                      _mm256_permute2x128_si256(x, y, 0x31));
            ab = _mm256_unpackhi_epi8(a, b);
            cd = _mm256_unpackhi_epi8(c, d);
            x = _mm256_unpacklo_epi16(ab, cd);
            y = _mm256_unpackhi_epi16(ab, cd);
            sg__store(turned + block, _mm256_permute2x128_si256(x, y, 0x20));
            sg__store(turned + 3 * block,
                      _mm256_permute2x128_si256(x, y, 0x31));
        }
}

/* What the loops need to know of a layer. */
typedef struct sg__dense_layer {
    uint32_t rows;      /* kernel rows */
    size_t run;         /* taps in each, or quads of taps */
    size_t row;         /* bytes to the next row of counts */
    const void *weight; /* of the first of the block's channels */
    size_t step;        /* bytes between rows of weights, or blocks of quads */
    size_t flush;       /* quads whose sums fit 16 bits, where that is used */
} sg__dense_layer;

/* Pairs of 16-bit products, or quads of 8-bit ones, added to 8 sums. */
typedef enum sg__dot_kind {
    SG__WORDS,      /* vpmaddwd */
    SG__BYTES,      /* vpmaddubsw, for counts up to 128 */
    SG__BYTES_WIDE, /* the same for the even and the odd bytes */
    SG__BYTES_MANY, /* the same, summed in 16 bits `flush` times */
    SG__VNNI_WORDS, /* vpdpwssd */
    SG__VNNI_BYTES  /* vpdpbusd */
} sg__dot_kind;

SG__INLINE __m256i sg__dot_add(sg__dot_kind dot, __m256i sum, __m256i x,
                               __m256i w)
{
    const __m256i ones = _mm256_set1_epi16(1);
    const __m256i even = _mm256_set1_epi16(255);
    __m256i more;
    switch (dot) {
#ifdef __AVXVNNI__
    case SG__VNNI_WORDS:
        return _mm256_dpwssd_avx_epi32(sum, x, w);
    case SG__VNNI_BYTES:
        return _mm256_dpbusd_avx_epi32(sum, x, w);
#else
    case SG__VNNI_WORDS:
    case SG__VNNI_BYTES:
#endif
    case SG__WORDS:
        break;
    case SG__BYTES_MANY:
        SG__GATHER16(sum, _mm256_maddubs_epi16(x, w));
        return sum;
    case SG__BYTES:
        SG__GATHER32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(x, w), ones));
        return sum;
    case SG__BYTES_WIDE:
        more = _mm256_maddubs_epi16(_mm256_and_si256(x, even), w);
        SG__GATHER32(sum, _mm256_madd_epi16(more, ones));
        more = _mm256_maddubs_epi16(_mm256_andnot_si256(even, x), w);
        SG__GATHER32(sum, _mm256_madd_epi16(more, ones));
        return sum;
    }
    SG__GATHER32(sum, _mm256_madd_epi16(x, w));
    return sum;
}

/* Four bytes in every lane. */
SG__INLINE __m256i sg__broadcast(const uint8_t *from)
{
    int32_t lane;
    memcpy(&lane, from, sizeof lane);
    return _mm256_set1_epi32(lane);
}

/* Two rows of weights as pairs, by the counts of n positions. */
SG__INLINE void sg__word_pair(sg__dot_kind dot, int n, __m256i sum[][2],
                              const uint8_t *const *in, size_t at, __m256i a,
                              __m256i b)
{
    __m256i low = _mm256_unpacklo_epi16(a, b);
    __m256i high = _mm256_unpackhi_epi16(a, b);
    for (int p = 0; p < n; p++) {
        __m256i x = sg__broadcast(in[p] + at);
        sum[p][0] = sg__dot_add(dot, sum[p][0], x, low);
        sum[p][1] = sg__dot_add(dot, sum[p][1], x, high);
    }
}

/* Charge, without bias, of n positions by 16 channels; 16-bit weights. */
SG__INLINE void sg__word_tile(sg__dot_kind dot, int n,
                              const sg__dense_layer *d,
                              const uint8_t *const *in, __m256i sum[][2])
{
    const char *w = d->weight;
    for (int p = 0; p < n; p++)
        sum[p][0] = sum[p][1] = _mm256_setzero_si256();
    for (uint32_t ky = 0; ky < d->rows; ky++) {
        size_t at = ky * d->row, i = 0;
        for (; i + 2 <= d->run; i += 2, at += 4, w += 2 * d->step)
            sg__word_pair(dot, n, sum, in, at, sg__load_once(w),
                          sg__load_once(w + d->step));
        if (i < d->run) { /* half a pair: what follows is met by 0 */
            sg__word_pair(dot, n, sum, in, at, sg__load_all(w),
                          _mm256_setzero_si256());
            w += d->step;
        }
    }
    for (int p = 0; p < n; p++) {
        __m256i low = sum[p][0], high = sum[p][1];
        sum[p][0] = _mm256_permute2x128_si256(low, high, 0x20);
        sum[p][1] = _mm256_permute2x128_si256(low, high, 0x31);
    }
}

/* `quads` quads of taps from `at` on. */
SG__INLINE void sg__quad_run(sg__dot_kind dot, int n, int blocks, size_t quads,
                             size_t step, const char *w,
                             const uint8_t *const *in, size_t at,
                             __m256i sum[][2])
{
    for (size_t i = 0; i < quads; i++, at += 4, w += 32) {
        __m256i a = sg__load_all(w), b = a;
        if (blocks == 2)
            b = sg__load_all(w + step);
        for (int p = 0; p < n; p++) {
            __m256i x = sg__broadcast(in[p] + at);
            sum[p][0] = sg__dot_add(dot, sum[p][0], x, a);
            if (blocks == 2)
                sum[p][1] = sg__dot_add(dot, sum[p][1], x, b);
        }
    }
}

/* Adds 16-bit sums to those of 32 bits, and empties them. */
SG__INLINE void sg__quad_flush(int n, int blocks, __m256i part[][2],
                               __m256i sum[][2])
{
    const __m256i ones = _mm256_set1_epi16(1);
    for (int p = 0; p < n; p++)
        for (int r = 0; r < blocks; r++) {
            __m256i x = _mm256_madd_epi16(part[p][r], ones);
            sum[p][r] = _mm256_add_epi32(sum[p][r], x);
            part[p][r] = _mm256_setzero_si256();
        }
}

/* All quads of n positions, summed in 16 bits as long as they hold it. */
SG__INLINE void sg__quad_many(int n, int blocks, const sg__dense_layer *d,
                              const uint8_t *const *in, __m256i sum[][2])
{
    const char *w = d->weight;
    __m256i part[SG__TILE_MAX][2];
    size_t room = d->flush;
    for (int p = 0; p < n; p++)
        part[p][0] = part[p][1] = _mm256_setzero_si256();
    for (uint32_t ky = 0; ky < d->rows; ky++) {
        size_t at = ky * d->row, left = d->run;
        while (left) {
            size_t some = left < room ? left : room;
            for (size_t end = at + 4 * some; at < end; at += 4, w += 32) {
                __m256i a = sg__load_once(w), b = a;
                if (blocks == 2)
                    b = sg__load_once(w + d->step);
                for (int p = 0; p < n; p++) {
                    __m256i x = sg__broadcast(in[p] + at);
                    SG__GATHER16(part[p][0], _mm256_maddubs_epi16(x, a));
                    if (blocks == 2) {
                        x = _mm256_maddubs_epi16(x, b);
                        SG__GATHER16(part[p][1], x);
                    }
                }
            }
            left -= some;
            room -= some;
            if (room == 0) {
                sg__quad_flush(n, blocks, part, sum);
                room = d->flush;
            }
        }
    }
    sg__quad_flush(n, blocks, part, sum);
}

/* Charge, without bias, of n positions by one or two blocks of 8 channels;
 * 8-bit weights. */
SG__INLINE void sg__quad_tile(sg__dot_kind dot, int n, int blocks,
                              const sg__dense_layer *d,
                              const uint8_t *const *in, __m256i sum[][2])
{
    const char *w = d->weight;
    for (int p = 0; p < n; p++)
        sum[p][0] = sum[p][1] = _mm256_setzero_si256();
    if (dot == SG__BYTES_MANY) {
        sg__quad_many(n, blocks, d, in, sum);
        return;
    }
    for (uint32_t ky = 0; ky < d->rows; ky++, w += d->run * 32)
        sg__quad_run(dot, n, blocks, d->run, d->step, w, in, ky * d->row, sum);
}

/* Charge, without bias, of n positions by up to 16 channels. */
SG__INLINE void sg__dense_tile(sg__dot_kind dot, int n, int blocks,
                               const sg__dense_layer *d,
                               const uint8_t *const *in, __m256i sum[][2])
{
    if (dot == SG__WORDS || dot == SG__VNNI_WORDS)
        sg__word_tile(dot, n, d, in, sum);
    else
        sg__quad_tile(dot, n, blocks, d, in, sum);
}

/* All positions of a group by one block of channels. The last tile repeats its
 * last position where it has too few, unless there is just one, as in a fully
 * connected layer of one sample: then it goes by itself, but not where a sum
 * has to wait for the one before it, as in VNNI. */
SG__INLINE void sg__dense_block(sg__dot_kind dot, int tile, int blocks,
                                const sg__dense_layer *d,
                                const sg__responder *r, sg__position_walk walk,
                                size_t positions, size_t out, size_t out_step)
{
    while (positions) {
        const uint8_t *in[SG__TILE_MAX];
        __m256i sum[SG__TILE_MAX][2];
        int some = positions < (size_t)tile ? (int)positions : tile;
        for (int p = 0; p < tile; p++)
            in[p] = p < some ? sg__walk_on(&walk) : in[p - 1];
        if (some == 1 && dot != SG__VNNI_WORDS && dot != SG__VNNI_BYTES)
            sg__dense_tile(dot, 1, blocks, d, in, sum);
        else
            sg__dense_tile(dot, tile, blocks, d, in, sum);
        for (int p = 0; p < some; p++, out += out_step)
            sg__respond(r, out, sum[p][0], sum[p][1]);
        positions -= (size_t)some;
    }
}

/* A group of copied samples by all channels. out is the index of the first
 * sample in the arrays that receive the response. */
SG__INLINE void sg__dense_group(sg__dot_kind dot, int tile,
                                const sg__synapses *s, const sg__copies *c,
                                size_t samples, const uint8_t *in, size_t out,
                                sg__responder *r, char *turned)
{
    const sg__geometry *g = s->geo;
    bool words = dot == SG__WORDS || dot == SG__VNNI_WORDS;
    size_t positions = samples * g->out_h * g->out_w;
    sg__position_walk walk = sg__walk_over(g, c, in);
    sg__dense_layer d = {
        g->kernel_h, words ? sg__kernel_run(g) : sg__quads(g),         c->row,
        s->packed,   words ? sg__word_step(g) * 2 : sg__quad_block(g), 0};
    bool turns = sg__by_rows(g, s->bits);
    for (uint32_t k = 0; k < g->out_c; k += 16) {
        uint32_t block = k / SG__QUAD_BLOCK;
        if (turns && k % SG__SLAB_COLUMNS == 0)
            sg__turn_slabs(s, k, turned);
        d.weight = (const char *)s->packed +
                   (words ? k * sizeof(int16_t) : block * sg__quad_block(g));
        if (turns)
            d.weight = turned + block % 8 * sg__quad_block(g);
        if (dot == SG__BYTES_MANY) {
            size_t next = sg__quad_depth(s, k);
            if (g->out_c - k > SG__QUAD_BLOCK)
                next = sg__quad_depth(s, k + SG__QUAD_BLOCK);
            d.flush = sg__quad_depth(s, k);
            d.flush = next < d.flush ? next : d.flush;
        }
        sg__respond_for(r, s, k);
        if (g->out_c - k > SG__QUAD_BLOCK || words)
            sg__dense_block(dot, tile, 2, &d, r, walk, positions, out,
                            g->out_c);
        else
            sg__dense_block(dot, tile, 1, &d, r, walk, positions, out,
                            g->out_c);
    }
}

/* The forward row. */
SG__INLINE void sg__dense_forward(sg__dot_kind dot, int tile,
                                  const sg__synapses *s, size_t n,
                                  const uint8_t *in,
                                  const sg__response_out *out, uint8_t *copy)
{
    const sg__geometry *g = s->geo;
    sg__copies c = sg__copies_of(g, s->bits);
    sg__responder r = sg__respond_as(out);
    memset(copy, 0, sg__padded(g) ? sg__copies_size(g, s->bits) : 0);
    for (size_t i = 0; i < n; i += c.samples) {
        size_t some = n - i < c.samples ? n - i : c.samples;
        sg__copy_samples(g, &c, some, in + i * sg__inputs(g), copy);
        memset(copy + some * c.sample, 0, SG__SLACK);
        sg__dense_group(dot, tile, s, &c, some, copy, i * sg__outputs(g), &r,
                        (char *)copy + sg__turned_at(g, s->bits));
    }
}

#endif
