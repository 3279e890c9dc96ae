/* NEON forward pass: the rows of some output positions, gathered, times
 * blocks of 16 channels.
 *
 * Packed weights: pack.c. A product of 16 bits by 16 is
 * added to 32 bits in one instruction. With weights of 8 bits and counts up
 * to NARROW_CAP, eight products fit 16 bits, and twice as many channels an
 * instruction. */
#include "kernels/neon/lanes.h"
#include "kernels/portable/inputs.h"

enum {
    LANES = 8,      /* taps of a register of counts */
    NARROW_CAP = 32 /* 8 * 32 * 127 < 2^15 */
};

/* Products of tap i of a register of counts, `halves` times 8 channels. */
#define WIDE_LANE(i)                                                          \
    for (int q = 0; q < 2 * halves; q++) {                                    \
        int16x4_t w = vld1_s16(weight + (i)*SG__PACK_CHANNELS + 4 * q);       \
        for (int r = 0; r < rows; r++)                                        \
            charge[r][q] = vmlal_laneq_s16(charge[r][q], w, n[r], i);         \
    }

#define NARROW_LANE(i)                                                        \
    for (int h = 0; h < halves; h++) {                                        \
        int16x8_t w = vld1q_s16(weight + (i)*SG__PACK_CHANNELS + 8 * h);      \
        for (int r = 0; r < rows; r++)                                        \
            sum[r][h] = vmlaq_laneq_s16(sum[r][h], w, n[r], i);               \
    }

#define EIGHT(LANE)                                                           \
    LANE(0) LANE(1) LANE(2) LANE(3) LANE(4) LANE(5) LANE(6) LANE(7)

static SG__UNROLLED void add_wide(const int16_t *weight, const int16x8_t *n,
                                  int32x4_t charge[][4], const int rows,
                                  const int halves)
{
    EIGHT(WIDE_LANE);
}

static SG__UNROLLED void add_narrow(const int16_t *weight, const int16x8_t *n,
                                    int32x4_t charge[][4], const int rows,
                                    const int halves)
{
    int16x8_t sum[SG__NEON_TILE][2];
    for (int r = 0; r < rows; r++)
        for (int h = 0; h < halves; h++)
            sum[r][h] = vdupq_n_s16(0);
    EIGHT(NARROW_LANE);
    for (int r = 0; r < rows; r++)
        for (int h = 0; h < halves; h++) {
            charge[r][2 * h] =
                vaddw_s16(charge[r][2 * h], vget_low_s16(sum[r][h]));
            charge[r][2 * h + 1] =
                vaddw_high_s16(charge[r][2 * h + 1], sum[r][h]);
        }
}

/* A block of channels at some output positions. */
typedef struct block {
    const int16_t *weight;
    size_t taps;
    int32_t bias[SG__PACK_CHANNELS];
} block;

static SG__UNROLLED void tile(const block *b, const uint8_t *row,
                              int32x4_t out[][4], const bool narrow,
                              const int rows, const int halves)
{
    int32x4_t charge[SG__NEON_TILE][4];
    int16x8_t n[SG__NEON_TILE];
    for (int r = 0; r < rows; r++)
        for (int q = 0; q < 4; q++)
            charge[r][q] = vld1q_s32(b->bias + 4 * q);
    for (size_t i = 0; i < b->taps; i += LANES) {
        const int16_t *weight = b->weight + i * SG__PACK_CHANNELS;
        for (int r = 0; r < rows; r++)
            n[r] = vreinterpretq_s16_u16(
                vmovl_u8(vld1_u8(row + (size_t)r * b->taps + i)));
        if (narrow)
            add_narrow(weight, n, charge, rows, halves);
        else
            add_wide(weight, n, charge, rows, halves);
    }
    for (int r = 0; r < rows; r++)
        for (int q = 0; q < 4; q++)
            out[r][q] = charge[r][q];
}

static SG__UNROLLED void tile_of(const block *b, const uint8_t *row,
                                 int32x4_t out[][4], bool whole, bool both,
                                 const bool narrow)
{
    if (whole && both)
        tile(b, row, out, narrow, SG__NEON_TILE, 2);
    else if (whole)
        tile(b, row, out, narrow, SG__NEON_TILE, 1);
    else if (both)
        tile(b, row, out, narrow, 1, 2);
    else
        tile(b, row, out, narrow, 1, 1);
}

/* Block k of the layer: where its weights are, and its biases. */
static block block_at(const sg__synapses *s, uint32_t k)
{
    uint32_t rest = s->geo->out_c - k;
    block b = {.taps = sg__neon_taps(s->geo)};
    b.weight = (const int16_t *)s->packed + k * b.taps;
    memcpy(b.bias, s->bias + k,
           (rest < SG__PACK_CHANNELS ? rest : SG__PACK_CHANNELS) *
               sizeof *b.bias);
    return b;
}

/* Charges and responses of `rows` gathered positions from the p-th on. */
static void forward_rows(const sg__synapses *s, size_t p, size_t rows,
                         const uint8_t *row, const sg__response_out *out)
{
    uint32_t out_c = s->geo->out_c;
    bool narrow = s->bits == 8 && s->in_cap <= NARROW_CAP;
    int32x4_t charge[SG__NEON_TILE][4];
    for (uint32_t k = 0; k < out_c; k += SG__PACK_CHANNELS) {
        uint32_t n =
            out_c - k < SG__PACK_CHANNELS ? out_c - k : SG__PACK_CHANNELS;
        block b = block_at(s, k);
        for (size_t r = 0; r < rows;) {
            bool whole = rows - r >= SG__NEON_TILE;
            if (narrow)
                tile_of(&b, row + r * b.taps, charge, whole, n > 8, true);
            else
                tile_of(&b, row + r * b.taps, charge, whole, n > 8, false);
            for (int i = 0; i < (whole ? SG__NEON_TILE : 1); i++, r++)
                sg__neon_respond(out, (p + r) * out_c + k, n, charge[i]);
        }
    }
}

void sg__forward__neon(const sg__synapses *s, size_t n, const uint8_t *in,
                       const sg__response_out *out, void *scratch)
{
    const sg__geometry *g = s->geo;
    size_t positions = (size_t)g->out_h * g->out_w, total = n * positions;
    size_t taps = sg__neon_taps(g), rows;
    memset(scratch, 0, SG__NEON_ROWS * taps);
    for (size_t p = 0; p < total; p += rows) {
        rows = total - p < SG__NEON_ROWS ? total - p : SG__NEON_ROWS;
        for (size_t r = 0; r < rows; r++)
            sg__neon_gather(g, in + (p + r) / positions * sg__inputs(g),
                            (p + r) % positions,
                            (uint8_t *)scratch + r * taps);
        forward_rows(s, p, rows, scratch, out);
    }
}

/* not measured on a real processor: the middle of what others gave */
uint32_t sg__forward_sparse_below__neon(const sg__geometry *g, int bits)
{
    (void)g;
    (void)bits;
    return 300;
}

void sg__forward_sparse__neon(const sg__synapses *s, size_t n,
                              const uint8_t *in, const sg__response_out *out,
                              void *scratch)
{
    const sg__geometry *g = s->geo;
    size_t positions = (size_t)g->out_h * g->out_w;
    sg__input *list = scratch;
    for (size_t p = 0; p < n * positions; p++) {
        size_t length = sg__list_inputs(g, in + p / positions * sg__inputs(g),
                                        p % positions, list);
        for (uint32_t k = 0; k < g->out_c; k += SG__PACK_CHANNELS) {
            uint32_t rest = g->out_c - k;
            block b = block_at(s, k);
            int32x4_t charge[4];
            for (int q = 0; q < 4; q++)
                charge[q] = vld1q_s32(b.bias + 4 * q);
            for (size_t t = 0; t < length; t++) {
                const int16_t *w =
                    b.weight + list[t].weight * (size_t)SG__PACK_CHANNELS;
                for (int q = 0; q < 4; q++)
                    charge[q] = vmlal_n_s16(charge[q], vld1_s16(w + 4 * q),
                                            (int16_t)list[t].count);
            }
            sg__neon_respond(out, p * g->out_c + k,
                             rest < SG__PACK_CHANNELS ? rest
                                                      : SG__PACK_CHANNELS,
                             charge);
        }
    }
}
