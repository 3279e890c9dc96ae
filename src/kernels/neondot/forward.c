/* NEON forward pass with the dot product extension, for weights of 8 bits;
 * those of 16 are left to the plain NEON rows.
 *
 * SDOT takes signed bytes. Counts above 127 have 128 taken off, all of
 * a row's, padding included, and the sum of the weights gives it back:
 *   sum w n = sum w (n - 128) + 128 sum w, modulo 2^32. */
#include "kernels/neondot/pack.h"

enum { BLOCK = SG__DOT_BLOCK, LANES = 16, SIGNED_MAX = 127 };

/* A block of channels: weights, and where its charges start. */
typedef struct block {
    const int8_t *weight;
    size_t taps;
    uint32_t start[BLOCK];
} block;

static block block_at(const sg__synapses *s, uint32_t k)
{
    uint32_t rest = s->geo->out_c - k, n = rest < BLOCK ? rest : BLOCK;
    block b = {.taps = sg__neon_taps(s->geo)};
    b.weight = (const int8_t *)s->packed + k * b.taps;
    for (uint32_t c = 0; c < n; c++) {
        b.start[c] = (uint32_t)s->bias[k + c];
        if (s->in_cap > SIGNED_MAX)
            b.start[c] += 128 * sg__dot_sums(s)[k + c];
    }
    return b;
}

/* Products of taps 4i .. 4i + 3 of a register of counts. */
#define DOT_LANE(i)                                                           \
    for (int q = 0; q < 2 * halves; q++) {                                    \
        int8x16_t w = vld1q_s8(weight + (i)*4 * BLOCK + 16 * q);              \
        for (int r = 0; r < rows; r++)                                        \
            charge[r][q] = vdotq_laneq_s32(charge[r][q], w, n[r], i);         \
    }

static SG__UNROLLED void tile(const block *b, const int8_t *row,
                              int32x4_t out[][4], const int rows,
                              const int halves)
{
    int32x4_t charge[SG__NEON_TILE][4];
    int8x16_t n[SG__NEON_TILE];
    for (int r = 0; r < rows; r++)
        for (int q = 0; q < 4; q++)
            charge[r][q] = vreinterpretq_s32_u32(vld1q_u32(b->start + 4 * q));
    for (size_t i = 0; i < b->taps; i += LANES) {
        const int8_t *weight = b->weight + i * BLOCK;
        for (int r = 0; r < rows; r++)
            n[r] = vld1q_s8(row + (size_t)r * b->taps + i);
        DOT_LANE(0);
        DOT_LANE(1);
        DOT_LANE(2);
        DOT_LANE(3);
    }
    for (int r = 0; r < rows; r++)
        for (int q = 0; q < 4; q++)
            out[r][q] = charge[r][q];
}

/* Charges and responses of `rows` gathered positions from the p-th on. */
static void forward_rows(const sg__synapses *s, size_t p, size_t rows,
                         const int8_t *row, const sg__response_out *out)
{
    uint32_t out_c = s->geo->out_c;
    int32x4_t charge[SG__NEON_TILE][4];
    for (uint32_t k = 0; k < out_c; k += BLOCK) {
        uint32_t n = out_c - k < BLOCK ? out_c - k : BLOCK;
        block b = block_at(s, k);
        for (size_t r = 0; r < rows;) {
            bool whole = rows - r >= SG__NEON_TILE;
            const int8_t *from = row + r * b.taps;
            if (whole && n > 8)
                tile(&b, from, charge, SG__NEON_TILE, 2);
            else if (whole)
                tile(&b, from, charge, SG__NEON_TILE, 1);
            else if (n > 8)
                tile(&b, from, charge, 1, 2);
            else
                tile(&b, from, charge, 1, 1);
            for (int i = 0; i < (whole ? SG__NEON_TILE : 1); i++, r++)
                sg__neon_respond(out, (p + r) * out_c + k, n, charge[i]);
        }
    }
}

/* Takes 128 off every count of a padded row. */
static void make_signed(uint8_t *row, size_t taps)
{
    for (size_t i = 0; i < taps; i += LANES)
        vst1q_u8(row + i, veorq_u8(vld1q_u8(row + i), vdupq_n_u8(0x80)));
}

void sg__forward__neondot(const sg__synapses *s, size_t n, const uint8_t *in,
                          const sg__response_out *out, void *scratch)
{
    const sg__geometry *g = s->geo;
    size_t positions = (size_t)g->out_h * g->out_w, total = n * positions;
    size_t taps = sg__neon_taps(g), rows;
    if (s->bits != 8) {
        sg__forward__neon(s, n, in, out, scratch);
        return;
    }
    memset(scratch, 0, SG__NEON_ROWS * taps);
    for (size_t p = 0; p < total; p += rows) {
        rows = total - p < SG__NEON_ROWS ? total - p : SG__NEON_ROWS;
        for (size_t r = 0; r < rows; r++) {
            uint8_t *row = (uint8_t *)scratch + r * taps;
            sg__neon_gather(g, in + (p + r) / positions * sg__inputs(g),
                            (p + r) % positions, row);
            if (s->in_cap > SIGNED_MAX)
                make_signed(row, taps);
        }
        forward_rows(s, p, rows, scratch, out);
    }
}

/* For 8 bits four dense products cost less than one sparse one: only layers
 * of 16 gain from leaving inputs out. */
uint32_t sg__forward_sparse_below__neondot(const sg__geometry *g, int bits)
{
    return bits == 8 ? 0 : sg__forward_sparse_below__neon(g, bits);
}

void sg__forward_sparse__neondot(const sg__synapses *s, size_t n,
                                 const uint8_t *in,
                                 const sg__response_out *out, void *scratch)
{
    if (s->bits != 8)
        sg__forward_sparse__neon(s, n, in, out, scratch);
    else
        sg__forward__neondot(s, n, in, out, scratch);
}
