/* NEON error counts: from error charge, through the pool above if there is
 * one. Channels left over after the last whole register are covered by one
 * that overlaps its neighbour: writing a byte twice does no harm. */
#include "kernels/neon/lanes.h"
#include "kernels/portable/pool_edges.h"

/* Error counts of 8 charges, whatever the derivatives. */
static int8x8_t response8(const int32_t *u, int phi_bits)
{
    int32x4_t half = vdupq_n_s32((int32_t)1 << (phi_bits - 1));
    int32x4_t shift = vdupq_n_s32(-phi_bits);
    int32x4_t a = vshlq_s32(vaddq_s32(vld1q_s32(u), half), shift);
    int32x4_t b = vshlq_s32(vaddq_s32(vld1q_s32(u + 4), half), shift);
    int8x8_t d = vqmovn_s16(vcombine_s16(vqmovn_s32(a), vqmovn_s32(b)));
    return vmax_s8(d, vdup_n_s8(-SG__ERROR_CAP));
}

/* d in place of the derivatives where `open` is set; a mask of those that are
 * not 0. Repeating it changes nothing: d is 0 or what it would be again. */
static uint8x8_t fire8(int8_t *d, int8x8_t response, uint8x8_t open)
{
    int8x8_t gate = vld1_s8(d);
    uint8x8_t sends = vand_u8(vtst_s8(gate, gate), open);
    int8x8_t fired = vand_s8(response, vreinterpret_s8_u8(sends));
    vst1_s8(d, fired);
    return vtst_s8(fired, fired);
}

/* Set where the last `fresh` of 8 neurons are. */
static uint8x8_t last_of_8(size_t fresh)
{
    static const uint8_t edge[16] = {0,   0,   0,   0,   0,   0,   0,   0,
                                     255, 255, 255, 255, 255, 255, 255, 255};
    return vld1_u8(edge + fresh);
}

static size_t set_bytes(uint8x8_t mask)
{
    return vaddv_u8(vshr_n_u8(mask, 7));
}

/* Steps of 8 through n >= 8 neurons; the last one may overlap. */
static size_t next8(size_t i, size_t n)
{
    return n - i < 8 ? n - 8 : i;
}

size_t sg__fire_errors__neon(size_t n, const int32_t *u, int phi_bits,
                             int8_t *d)
{
    uint8x8_t open = vdup_n_u8(255);
    size_t senders = 0;
    if (n < 8)
        return sg__fire_errors__ref(n, u, phi_bits, d);
    for (size_t i = 0; i < n; i += 8) {
        size_t at = next8(i, n);
        uint8x8_t fired = fire8(d + at, response8(u + at, phi_bits), open);
        senders += set_bytes(vand_u8(fired, last_of_8(8 - (i - at))));
    }
    return senders;
}

/* The first of a pool's inputs, and of its errors. */
static size_t corner(const sg__geometry *g, uint32_t y, uint32_t x)
{
    return ((size_t)y * g->kernel_h * g->in_w + (size_t)x * g->kernel_w) *
           g->in_c;
}

/* Eight channels of one pool; how many of those marked `fresh` send errors.
 * Without counts all inputs get the charge, else the first largest. */
static size_t fire_pool8(const sg__geometry *g, const uint8_t *count,
                         int8x8_t response, int8_t *d, uint8x8_t fresh)
{
    uint8x8_t open = vdup_n_u8(255), most = vdup_n_u8(0);
    size_t row = (size_t)g->in_w * g->in_c, senders = 0;
    for (uint32_t y = 0; count && y < g->kernel_h; y++)
        for (uint32_t x = 0; x < g->kernel_w; x++)
            most =
                vmax_u8(most, vld1_u8(count + y * row + (size_t)x * g->in_c));
    for (uint32_t y = 0; y < g->kernel_h; y++)
        for (uint32_t x = 0; x < g->kernel_w; x++) {
            size_t at = y * row + (size_t)x * g->in_c;
            uint8x8_t here = open;
            if (count) {
                here = vand_u8(open, vceq_u8(vld1_u8(count + at), most));
                open = vbic_u8(open, here);
            }
            uint8x8_t fired = fire8(d + at, response, here);
            senders += set_bytes(vand_u8(fired, fresh));
        }
    return senders;
}

/* Both rows below a pool; count is NULL for sums and averages. */
static size_t fire_pools(const sg__geometry *g, const uint8_t *count,
                         const int32_t *u, int phi_bits, int8_t *d)
{
    size_t senders = 0, c = g->in_c;
    sg__silence_edges(g, d);
    for (uint32_t y = 0; y < g->out_h; y++)
        for (uint32_t x = 0; x < g->out_w; x++, u += c)
            for (size_t i = 0; i < c; i += 8) {
                size_t channel = next8(i, c);
                size_t at = corner(g, y, x) + channel;
                senders += fire_pool8(g, count ? count + at : NULL,
                                      response8(u + channel, phi_bits), d + at,
                                      last_of_8(8 - (i - channel)));
            }
    return senders;
}

size_t sg__fire_pooled__neon(const sg__geometry *g, const int32_t *u,
                             int phi_bits, int8_t *d)
{
    if (g->in_c < 8)
        return sg__fire_pooled__ref(g, u, phi_bits, d);
    return fire_pools(g, NULL, u, phi_bits, d);
}

size_t sg__fire_winners__neon(const sg__geometry *g, const uint8_t *count,
                              const int32_t *u, int phi_bits, int8_t *d)
{
    if (g->in_c < 8)
        return sg__fire_winners__ref(g, count, u, phi_bits, d);
    return fire_pools(g, count, u, phi_bits, d);
}
