/* NEON forward pass without dot products: a product of 16 bits by 16 is added
 * to 32 bits in one instruction. Where weights are 8 bits wide and several
 * products fit 16, twice as many channels an instruction.
 *
 * Packed weights: int16[block of 16 channels][tap][16]; behind them, for 8
 * bits, the largest |w| of each block. */
#include "kernels/neon/copies.h"
#include "kernels/neon/lanes.h"
#include "kernels/neon/pack.h"
#include "kernels/neon/ways.h"

enum {
    LANES = 8, /* taps of a register of counts */
    WIDE,
    NARROW
};

typedef struct sg__dense_block {
    const int16_t *weight;
    uint32_t rows; /* kernel rows */
    size_t run;    /* taps in each */
    size_t row;    /* bytes to the next row of counts */
    size_t flush;  /* registers of counts whose sums fit 16 bits */
    int32_t bias[SG__PACK_CHANNELS];
} sg__dense_block;

/* Slabs of 16 channels from k on as 16-bit weights. */
static void turn(const sg__synapses *s, uint32_t k, int16_t *to)
{
    const size_t K = sg__fan_in(s->geo), columns = sg__columns(s->geo->out_c);
    const int8_t *row =
        (const int8_t *)s->packed + k / columns * columns * K + k % columns;
    for (size_t i = 0; i < K; i++, row += columns, to += SG__PACK_CHANNELS) {
        int8x16_t w = vld1q_s8(row);
        vst1q_s16(to, vmovl_s8(vget_low_s8(w)));
        vst1q_s16(to + 8, vmovl_high_s8(w));
    }
}

/* Products of tap i of a register of counts, `halves` times 8 channels. */
#define WIDE_LANE(i)                                                          \
    for (int q = 0; q < 2 * halves; q++) {                                    \
        int16x4_t w = vld1_s16(weight + (i)*SG__PACK_CHANNELS + 4 * q);       \
        for (int p = 0; p < n; p++)                                           \
            charge[p][q] = vmlal_laneq_s16(charge[p][q], w, x[p], i);         \
    }

#define NARROW_LANE(i)                                                        \
    for (int h = 0; h < halves; h++) {                                        \
        int16x8_t w = vld1q_s16(weight + (i)*SG__PACK_CHANNELS + 8 * h);      \
        for (int p = 0; p < n; p++)                                           \
            sum[p][h] = vmlaq_laneq_s16(sum[p][h], w, x[p], i);               \
    }

#define EIGHT(LANE)                                                           \
    LANE(0) LANE(1) LANE(2) LANE(3) LANE(4) LANE(5) LANE(6) LANE(7)

/* The first few of eight. */
#define SOME(LANE, taps)                                                      \
    do {                                                                      \
        LANE(0)                                                               \
        if ((taps) > 1) {                                                     \
            LANE(1)                                                           \
        }                                                                     \
        if ((taps) > 2) {                                                     \
            LANE(2)                                                           \
        }                                                                     \
        if ((taps) > 3) {                                                     \
            LANE(3)                                                           \
        }                                                                     \
        if ((taps) > 4) {                                                     \
            LANE(4)                                                           \
        }                                                                     \
        if ((taps) > 5) {                                                     \
            LANE(5)                                                           \
        }                                                                     \
        if ((taps) > 6) {                                                     \
            LANE(6)                                                           \
        }                                                                     \
    } while (0)

SG__INLINE void load_counts(const uint8_t *const *in, size_t at, const int n,
                            int16x8_t *x)
{
    for (int p = 0; p < n; p++)
        x[p] = vreinterpretq_s16_u16(vmovl_u8(vld1_u8(in[p] + at)));
}

SG__INLINE void add_wide(const sg__dense_block *b, const uint8_t *const *in,
                         const int n, const int halves, int32x4_t charge[][4])
{
    const int16_t *weight = b->weight;
    int16x8_t x[SG__NEON_TILE];
    for (uint32_t ky = 0; ky < b->rows; ky++) {
        size_t at = ky * b->row, left = b->run;
        for (; left >= LANES; left -= LANES, at += LANES) {
            load_counts(in, at, n, x);
            EIGHT(WIDE_LANE)
            weight += LANES * SG__PACK_CHANNELS;
        }
        if (left > 0) {
            load_counts(in, at, n, x);
            SOME(WIDE_LANE, left);
            weight += left * SG__PACK_CHANNELS;
        }
    }
}

SG__INLINE void flush(int16x8_t sum[][2], const int n, const int halves,
                      int32x4_t charge[][4])
{
    for (int p = 0; p < n; p++)
        for (int h = 0; h < halves; h++) {
            charge[p][2 * h] =
                vaddw_s16(charge[p][2 * h], vget_low_s16(sum[p][h]));
            charge[p][2 * h + 1] =
                vaddw_high_s16(charge[p][2 * h + 1], sum[p][h]);
            sum[p][h] = vdupq_n_s16(0);
        }
}

SG__INLINE void add_narrow(const sg__dense_block *b, const uint8_t *const *in,
                           const int n, const int halves,
                           int32x4_t charge[][4])
{
    const int16_t *weight = b->weight;
    size_t room = b->flush;
    int16x8_t sum[SG__NEON_TILE][2], x[SG__NEON_TILE];
    for (int p = 0; p < n; p++)
        sum[p][0] = sum[p][1] = vdupq_n_s16(0);
    for (uint32_t ky = 0; ky < b->rows; ky++) {
        size_t at = ky * b->row, left = b->run;
        while (left > 0) {
            load_counts(in, at, n, x);
            if (left >= LANES) {
                EIGHT(NARROW_LANE)
                weight += LANES * SG__PACK_CHANNELS;
                left -= LANES;
            } else {
                SOME(NARROW_LANE, left);
                weight += left * SG__PACK_CHANNELS;
                left = 0;
            }
            at += LANES;
            if (--room == 0) {
                flush(sum, n, halves, charge);
                room = b->flush;
            }
        }
    }
    flush(sum, n, halves, charge);
}

SG__INLINE void sg__dense_tile(const int kind, const int n, const int halves,
                               const sg__dense_block *b,
                               const uint8_t *const *in, int32x4_t out[][4])
{
    int32x4_t charge[SG__NEON_TILE][4];
    for (int p = 0; p < n; p++)
        for (int q = 0; q < 4; q++)
            charge[p][q] = vld1q_s32(b->bias + 4 * q);
    if (kind == NARROW)
        add_narrow(b, in, n, halves, charge);
    else
        add_wide(b, in, n, halves, charge);
    for (int p = 0; p < n; p++)
        for (int q = 0; q < 4; q++)
            out[p][q] = charge[p][q];
}

/* Registers of counts whose products fit 16 bits, for the block of channels
 * from k on; 0: not even one. */
static size_t depth(const sg__synapses *s, uint32_t k)
{
    uint32_t most = SG__SIGNED_MAX;
    if (!sg__by_rows(s->geo, 8))
        most = sg__neon_largest(s)[k / SG__PACK_CHANNELS];
    return INT16_MAX / (LANES * (most ? most : 1) * (uint32_t)s->in_cap);
}

static inline sg__dense_block sg__dense_at(const sg__synapses *s,
                                           const sg__copies *c, uint32_t k,
                                           void *turned)
{
    const sg__geometry *g = s->geo;
    const uint32_t rest = g->out_c - k;
    sg__dense_block b = {.rows = g->kernel_h,
                         .run = sg__kernel_run(g),
                         .row = c->row,
                         .weight = turned};
    if (s->bits == 8)
        b.flush = depth(s, k);
    if (sg__by_rows(g, s->bits))
        turn(s, k, turned);
    else
        b.weight = (const int16_t *)s->packed + k * sg__fan_in(g);
    memcpy(b.bias, s->bias + k,
           (rest < SG__PACK_CHANNELS ? rest : SG__PACK_CHANNELS) *
               sizeof *b.bias);
    return b;
}

#include "kernels/neon/dense.h"

size_t sg__forward_scratch__neon(const sg__geometry *g, int bits)
{
    size_t turned = sg__fan_in(g) * SG__PACK_CHANNELS * sizeof(int16_t);
    return sg__turned_at(g) + (sg__by_rows(g, bits) ? turned : 0);
}

void sg__forward__neon(const sg__synapses *s, size_t n, const uint8_t *in,
                       const sg__response_out *out, void *scratch)
{
    sg__synapses t = *s;
    bool narrow = s->bits == 8;
    if (sg__by_sparse(s->geo, s->bits)) {
        sg__rows_run(s, s->packed, n, in, out, scratch);
        return;
    }
    if (narrow)
        t.in_cap = sg__largest_count(in, n * sg__inputs(s->geo));
    for (uint32_t k = 0; narrow && k < s->geo->out_c; k += SG__PACK_CHANNELS)
        narrow = depth(&t, k) > 0;
    if (narrow)
        sg__dense_forward(NARROW, &t, n, in, out, scratch);
    else
        sg__dense_forward(WIDE, &t, n, in, out, scratch);
}

/* By instructions, not by time: no such processor has been measured. With 16
 * bits both rows take twice as many as with 8. */
uint32_t sg__forward_sparse_below__neon(const sg__geometry *g, int bits)
{
    if (sg__by_rows(g, bits))
        return sg__by_sparse(g, bits) ? 1001 : 620;
    return sg__by_halves(g, bits) ? 620 : 0;
}

void sg__forward_sparse__neon(const sg__synapses *s, size_t n,
                              const uint8_t *in, const sg__response_out *out,
                              void *scratch)
{
    const int8_t *slabs = s->packed;
    if (sg__by_halves(s->geo, s->bits))
        sg__rows_run(s, slabs + sg__dense_part__neon(s->geo, 16), n, in, out,
                     scratch);
    else if (sg__by_rows(s->geo, s->bits))
        sg__rows_run(s, slabs, n, in, out, scratch);
    else
        sg__forward__neon(s, n, in, out, scratch);
}
