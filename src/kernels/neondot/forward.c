/* NEON forward pass with the dot product extension.
 *
 * SDOT takes signed bytes. Where a count is above 127, 128 is taken off all of
 * them, and the sum of the weights gives it back:
 *   sum w n = sum w (n - 128) + 128 sum w, modulo 2^32.
 * Weights of 16 bits are 256 high + low: the high bytes are summed first, as
 * those of 8 bits are, then shifted, then the low ones are added by UDOT. */
#include "kernels/neon/copies.h"
#include "kernels/neon/lanes.h"
#include "kernels/neon/ways.h"
#include "kernels/neondot/pack.h"

enum { BLOCK = SG__DOT_BLOCK, LANES = 16 };

/* Kinds of dot products, added. */
enum { SIGNED = 0, FLIPPED = 1, WORDS = 2 };

typedef struct sg__dense_block {
    const uint8_t *weight;
    size_t plane;  /* bytes to the low bytes of 16-bit weights */
    uint32_t rows; /* kernel rows */
    size_t quads;  /* in each */
    size_t row;    /* bytes to the next row of counts */
    uint32_t bias[BLOCK], back[BLOCK]; /* back: 128 times the sum of what is
                                          signed */
} sg__dense_block;

/* Products of quad i of a register of counts. */
#define LANE(i)                                                               \
    for (int q = 0; q < 2 * halves; q++) {                                    \
        uint8x16_t w = vld1q_u8(weight + (i)*4 * BLOCK + 16 * q);             \
        for (int p = 0; p < n; p++)                                           \
            if (low)                                                          \
                charge[p][q] = vreinterpretq_s32_u32(                         \
                    vdotq_laneq_u32(vreinterpretq_u32_s32(charge[p][q]), w,   \
                                    x[p], i));                                \
            else                                                              \
                charge[p][q] =                                                \
                    vdotq_laneq_s32(charge[p][q], vreinterpretq_s8_u8(w),     \
                                    vreinterpretq_s8_u8(x[p]), i);            \
    }

SG__INLINE void load_counts(const uint8_t *const *in, size_t at,
                            const bool flipped, const int n, uint8x16_t *x)
{
    for (int p = 0; p < n; p++) {
        x[p] = vld1q_u8(in[p] + at);
        if (flipped)
            x[p] = veorq_u8(x[p], vdupq_n_u8(0x80));
    }
}

/* All taps by one plane of weights. */
SG__INLINE void add_plane(const sg__dense_block *b, const uint8_t *weight,
                          const bool low, const bool flipped,
                          const uint8_t *const *in, const int n,
                          const int halves, int32x4_t charge[][4])
{
    uint8x16_t x[SG__NEON_TILE];
    for (uint32_t ky = 0; ky < b->rows; ky++) {
        size_t at = ky * b->row, left = b->quads;
        for (; left >= 4; left -= 4, at += LANES) {
            load_counts(in, at, flipped, n, x);
            LANE(0)
            LANE(1)
            LANE(2)
            LANE(3)
            weight += 4 * 4 * BLOCK;
        }
        if (left > 0) {
            load_counts(in, at, flipped, n, x);
            LANE(0)
            if (left > 1) {
                LANE(1)
            }
            if (left > 2) {
                LANE(2)
            }
            weight += left * 4 * BLOCK;
        }
    }
}

SG__INLINE void sg__dense_tile(const int kind, const int n, const int halves,
                               const sg__dense_block *b,
                               const uint8_t *const *in, int32x4_t out[][4])
{
    int32x4_t charge[SG__NEON_TILE][4];
    for (int p = 0; p < n; p++)
        for (int q = 0; q < 4; q++)
            charge[p][q] =
                kind & FLIPPED
                    ? vreinterpretq_s32_u32(vld1q_u32(b->back + 4 * q))
                    : vdupq_n_s32(0);
    add_plane(b, b->weight, false, kind & FLIPPED, in, n, halves, charge);
    if (kind & WORDS) {
        for (int p = 0; p < n; p++)
            for (int q = 0; q < 2 * halves; q++)
                charge[p][q] = vshlq_n_s32(charge[p][q], 8);
        add_plane(b, b->weight + b->plane, true, false, in, n, halves, charge);
    }
    for (int p = 0; p < n; p++)
        for (int q = 0; q < 4; q++)
            out[p][q] =
                vaddq_s32(charge[p][q],
                          vreinterpretq_s32_u32(vld1q_u32(b->bias + 4 * q)));
}

/* Slabs of 16 channels from k on as quads, and the sums of their weights. */
static void turn(const sg__synapses *s, uint32_t k, uint8_t *to,
                 uint32_t sums[BLOCK])
{
    const size_t K = sg__fan_in(s->geo), columns = sg__columns(s->geo->out_c);
    const uint8_t *row =
        (const uint8_t *)s->packed + k / columns * columns * K + k % columns;
    int32x4_t sum[4];
    for (int q = 0; q < 4; q++)
        sum[q] = vdupq_n_s32(0);
    for (size_t i = 0; i < K; i += 4, row += 4 * columns, to += 4 * BLOCK) {
        uint8x16_t a = vld1q_u8(row), b = vld1q_u8(row + columns);
        uint8x16_t c = vld1q_u8(row + 2 * columns);
        uint8x16_t d = vld1q_u8(row + 3 * columns);
        uint16x8_t ab[2] = {vreinterpretq_u16_u8(vzip1q_u8(a, b)),
                            vreinterpretq_u16_u8(vzip2q_u8(a, b))};
        uint16x8_t cd[2] = {vreinterpretq_u16_u8(vzip1q_u8(c, d)),
                            vreinterpretq_u16_u8(vzip2q_u8(c, d))};
        for (int q = 0; q < 4; q++) {
            uint16x8_t quad = q % 2 ? vzip2q_u16(ab[q / 2], cd[q / 2])
                                    : vzip1q_u16(ab[q / 2], cd[q / 2]);
            vst1q_u8(to + 16 * q, vreinterpretq_u8_u16(quad));
            sum[q] =
                vdotq_s32(sum[q], vreinterpretq_s8_u16(quad), vdupq_n_s8(1));
        }
    }
    for (int q = 0; q < 4; q++)
        vst1q_u32(sums + 4 * q, vreinterpretq_u32_s32(sum[q]));
}

static inline sg__dense_block sg__dense_at(const sg__synapses *s,
                                           const sg__copies *c, uint32_t k,
                                           void *turned)
{
    const sg__geometry *g = s->geo;
    const uint32_t rest = g->out_c - k, n = rest < BLOCK ? rest : BLOCK;
    sg__dense_block b = {.weight = turned,
                         .plane = sg__dot_plane(g),
                         .rows = g->kernel_h,
                         .quads = sg__quads(g),
                         .row = c->row};
    if (sg__by_rows(g, s->bits)) {
        turn(s, k, turned, b.back);
    } else {
        b.weight = (const uint8_t *)s->packed + k / BLOCK * sg__quad_block(g);
        memcpy(b.back, sg__dot_sums(s) + k, n * sizeof *b.back);
    }
    for (uint32_t i = 0; i < n; i++) {
        b.bias[i] = (uint32_t)s->bias[k + i];
        b.back[i] *= 128;
    }
    return b;
}

#include "kernels/neon/dense.h"

size_t sg__forward_scratch__neondot(const sg__geometry *g, int bits)
{
    return sg__turned_at(g) +
           (sg__by_rows(g, bits) ? sg__fan_in(g) * BLOCK : 0);
}

void sg__forward__neondot(const sg__synapses *s, size_t n, const uint8_t *in,
                          const sg__response_out *out, void *scratch)
{
    const sg__synapses t = sg__with_largest_count(s, n, in);
    const bool flipped = t.in_cap > SG__SIGNED_MAX;
    if (sg__by_sparse(s->geo, s->bits))
        sg__rows_run(s, s->packed, n, in, out, scratch);
    else if (s->bits == 8 && flipped)
        sg__dense_forward(FLIPPED, s, n, in, out, scratch);
    else if (s->bits == 8)
        sg__dense_forward(SIGNED, s, n, in, out, scratch);
    else if (flipped)
        sg__dense_forward(WORDS | FLIPPED, s, n, in, out, scratch);
    else
        sg__dense_forward(WORDS, s, n, in, out, scratch);
}

/* By instructions, not by time: no such processor has been measured. With 16
 * bits both rows take twice as many as with 8. */
uint32_t sg__forward_sparse_below__neondot(const sg__geometry *g, int bits)
{
    if (sg__by_rows(g, bits))
        return sg__by_sparse(g, bits) ? 1001 : 300;
    return sg__by_halves(g, bits) ? 300 : 0;
}

void sg__forward_sparse__neondot(const sg__synapses *s, size_t n,
                                 const uint8_t *in,
                                 const sg__response_out *out, void *scratch)
{
    const int8_t *slabs = s->packed;
    if (sg__by_halves(s->geo, s->bits))
        sg__rows_run(s, slabs + sg__dense_part__neondot(s->geo, 16), n, in,
                     out, scratch);
    else if (sg__by_rows(s->geo, s->bits))
        sg__rows_run(s, slabs, n, in, out, scratch);
    else
        sg__forward__neondot(s, n, in, out, scratch);
}
