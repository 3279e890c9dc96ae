/* NEON error counts: from error charge, through the pool above if there is
 * one; the response of a pool's unit is computed once. Channels left over after the last whole register are covered by one
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

/* Eight channels of a max pool, whose first largest input gets the charge; how
 * many of those marked `fresh` send errors. */
static size_t fire_pool8(const sg__geometry *g, const uint8_t *count,
                         int8x8_t response, int8_t *d, uint8x8_t fresh)
{
    uint8x8_t open = vdup_n_u8(255), most = vdup_n_u8(0);
    size_t row = (size_t)g->in_w * g->in_c, senders = 0;
    for (uint32_t y = 0; y < g->kernel_h; y++)
        for (uint32_t x = 0; x < g->kernel_w; x++)
            most =
                vmax_u8(most, vld1_u8(count + y * row + (size_t)x * g->in_c));
    for (uint32_t y = 0; y < g->kernel_h; y++)
        for (uint32_t x = 0; x < g->kernel_w; x++) {
            size_t at = y * row + (size_t)x * g->in_c;
            uint8x8_t here = vand_u8(open, vceq_u8(vld1_u8(count + at), most));
            open = vbic_u8(open, here);
            uint8x8_t fired = fire8(d + at, response, here);
            senders += set_bytes(vand_u8(fired, fresh));
        }
    return senders;
}

/* Responses of n neurons; whether any is not 0. */
static bool respond(const int32_t *u, size_t n, int phi_bits, int8_t *to)
{
    uint8x8_t any = vdup_n_u8(0);
    int32_t last = 0;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        int8x8_t d = response8(u + i, phi_bits);
        any = vorr_u8(any, vreinterpret_u8_s8(d));
        vst1_s8(to + i, d);
    }
    for (; i < n; i++)
        last |= to[i] = (int8_t)sg__error_response(u[i], phi_bits);
    return last || vmaxv_u8(any);
}

/* Repeats each of n runs of `channels` bytes; what is written past a run, up
 * to 15 bytes, is overwritten by the next. */
static void repeat(const int8_t *from, size_t n, size_t channels,
                   uint32_t times, int8_t *to)
{
    for (size_t i = 0; i < n; i++, from += channels)
        for (uint32_t k = 0; k < times; k++, to += channels)
            for (size_t c = 0; c < channels; c += 16)
                vst1q_s8(to + c, vld1q_s8(from + c));
}

/* d = response where the gate is open, of n neurons. Returns how many d are
 * not 0. */
static size_t take(int8_t *d, const int8_t *response, size_t n)
{
    size_t senders = 0, i = 0;
    for (; i + 16 <= n; i += 16) {
        int8x16_t gate = vld1q_s8(d + i);
        int8x16_t x = vandq_s8(vld1q_s8(response + i),
                               vreinterpretq_s8_u8(vtstq_s8(gate, gate)));
        senders += vaddvq_u8(vshrq_n_u8(vtstq_s8(x, x), 7));
        vst1q_s8(d + i, x);
    }
    for (; i < n; i++) {
        d[i] = d[i] ? response[i] : 0;
        senders += d[i] != 0;
    }
    return senders;
}

size_t sg__fire_pooled__neon(const sg__geometry *g, const int32_t *u,
                             int phi_bits, int8_t *d)
{
    enum {
        EXPANDED = 2048,
        WIDE = 16
    }; /* of some units, as inputs see them */
    int8_t response[EXPANDED + WIDE], expanded[EXPANDED + WIDE];
    size_t row = (size_t)g->in_w * g->in_c, unit = g->kernel_w * g->in_c;
    size_t units = EXPANDED / unit, senders = 0;
    if (units == 0)
        return sg__fire_pooled__ref(g, u, phi_bits, d);
    sg__silence_edges(g, d);
    for (uint32_t y = 0; y < g->out_h; y++, d += g->kernel_h * row)
        for (size_t x = 0; x < g->out_w; x += units) {
            size_t n = g->out_w - x < units ? g->out_w - x : units;
            bool fires = respond(u, n * g->in_c, phi_bits, response);
            if (fires)
                repeat(response, n, g->in_c, g->kernel_w, expanded);
            for (uint32_t ky = 0; ky < g->kernel_h; ky++) {
                int8_t *to = d + ky * row + x * unit;
                if (fires)
                    senders += take(to, expanded, n * unit);
                else
                    memset(to, 0, n * unit);
            }
            u += n * g->in_c;
        }
    return senders;
}

/* 16 channels of a max pool, whose first largest input gets the response. */
static size_t fire_winner16(const sg__geometry *g, const uint8_t *count,
                            const int32_t *u, int phi_bits, int8_t *d)
{
    const size_t row = (size_t)g->in_w * g->in_c;
    int8x16_t response =
        vcombine_s8(response8(u, phi_bits), response8(u + 8, phi_bits));
    const bool fires = vmaxvq_u8(vreinterpretq_u8_s8(response)) != 0;
    uint8x16_t open = vdupq_n_u8(255), most = vdupq_n_u8(0), sent = most;
    for (uint32_t y = 0; fires && y < g->kernel_h; y++)
        for (uint32_t x = 0; x < g->kernel_w; x++)
            most = vmaxq_u8(most,
                            vld1q_u8(count + y * row + (size_t)x * g->in_c));
    for (uint32_t y = 0; y < g->kernel_h; y++)
        for (uint32_t x = 0; x < g->kernel_w; x++) {
            size_t at = y * row + (size_t)x * g->in_c;
            if (!fires) {
                vst1q_s8(d + at, vdupq_n_s8(0));
                continue;
            }
            uint8x16_t wins =
                vandq_u8(open, vceqq_u8(vld1q_u8(count + at), most));
            int8x16_t gate = vld1q_s8(d + at);
            uint8x16_t sends = vandq_u8(vtstq_s8(gate, gate), wins);
            int8x16_t x16 = vandq_s8(response, vreinterpretq_s8_u8(sends));
            open = vbicq_u8(open, wins);               /* nobody has won yet */
            sent = vorrq_u8(sent, vtstq_s8(x16, x16)); /* one at most */
            vst1q_s8(d + at, x16);
        }
    return vaddvq_u8(vshrq_n_u8(sent, 7));
}

size_t sg__fire_winners__neon(const sg__geometry *g, const uint8_t *count,
                              const int32_t *u, int phi_bits, int8_t *d)
{
    size_t senders = 0, c = g->in_c;
    if (c < 8)
        return sg__fire_winners__ref(g, count, u, phi_bits, d);
    sg__silence_edges(g, d);
    for (uint32_t y = 0; y < g->out_h; y++)
        for (uint32_t x = 0; x < g->out_w; x++, u += c) {
            size_t first = corner(g, y, x), i = 0;
            for (; i + 16 <= c; i += 16)
                senders += fire_winner16(g, count + first + i, u + i, phi_bits,
                                         d + first + i);
            for (; i < c; i += 8) {
                size_t channel = next8(i, c), at = first + channel;
                senders +=
                    fire_pool8(g, count + at, response8(u + channel, phi_bits),
                               d + at, last_of_8(8 - (i - channel)));
            }
        }
    return senders;
}
