/* Dense forward pass: every tap, zero or not, of four output positions by 16
 * channels at a time, so that a register of weights serves them all. Samples
 * are copied with their padding around them (copies.h). Layers by rows keep
 * slabs, of which 16 channels at a time are turned into the layout that the
 * others have packed.
 *
 * Inline, because the same walk serves NEON with and without dot products. One
 * file a table includes it, which has before:
 * sg__dense_block  16 channels: their weights, and what the tile needs besides
 * sg__dense_at     the block of channels from k on; turned: memory for a layer
 *                  by rows
 * sg__dense_tile   charge[n][4]: bias and products of n positions by 8 or 16
 *                  (halves) channels */
#ifndef SG_KERNELS_NEON_DENSE_H
#define SG_KERNELS_NEON_DENSE_H

#include "kernels/neon/copies.h"
#include "kernels/neon/ways.h"

/* Bytes in front of the turned slabs. */
static inline size_t sg__turned_at(const sg__geometry *g)
{
    return (sg__copies_size(g, 8) + 63) / 64 * 64;
}

/* All positions of a group by one block of channels. The last tile repeats its
 * last position where it has too few, unless there is just one, as in a fully
 * connected layer of one sample. */
SG__INLINE void sg__dense_positions(const int kind, const int halves,
                                    const sg__dense_block *b,
                                    const sg__responder *r,
                                    sg__position_walk walk, size_t positions,
                                    size_t out, size_t out_step,
                                    uint32_t channels)
{
    while (positions) {
        const uint8_t *in[SG__NEON_TILE];
        int32x4_t charge[SG__NEON_TILE][4];
        int some = positions < SG__NEON_TILE ? (int)positions : SG__NEON_TILE;
        in[0] = sg__walk_on(&walk);
        for (int p = 1; p < SG__NEON_TILE; p++)
            in[p] = p < some ? sg__walk_on(&walk) : in[p - 1];
        if (some == 1)
            sg__dense_tile(kind, 1, halves, b, in, charge);
        else
            sg__dense_tile(kind, SG__NEON_TILE, halves, b, in, charge);
        for (int p = 0; p < SG__NEON_TILE; p++, out += out_step)
            if (p < some)
                sg__neon_respond(r, out, channels, charge[p]);
        positions -= (size_t)some;
    }
}

/* A group of copied samples by all channels. out is the index of the first
 * sample in the arrays that receive the response. */
SG__INLINE void sg__dense_group(const int kind, const sg__synapses *s,
                                const sg__copies *c, size_t samples,
                                const uint8_t *in, size_t out,
                                const sg__responder *r, void *turned)
{
    const sg__geometry *g = s->geo;
    const size_t positions = samples * g->out_h * g->out_w;
    const sg__position_walk walk = sg__walk_over(g, c, in);
    for (uint32_t k = 0; k < g->out_c; k += SG__PACK_CHANNELS) {
        const uint32_t left = g->out_c - k;
        const uint32_t n = left < SG__PACK_CHANNELS ? left : SG__PACK_CHANNELS;
        const sg__dense_block b = sg__dense_at(s, c, k, turned);
        if (n > 8)
            sg__dense_positions(kind, 2, &b, r, walk, positions, out + k,
                                g->out_c, n);
        else
            sg__dense_positions(kind, 1, &b, r, walk, positions, out + k,
                                g->out_c, n);
    }
}

/* The forward row. */
SG__INLINE void sg__dense_forward(const int kind, const sg__synapses *s,
                                  size_t n, const uint8_t *in,
                                  const sg__response_out *out, uint8_t *copy)
{
    const sg__geometry *g = s->geo;
    const sg__copies c = sg__copies_of(g, 8);
    const sg__responder r = sg__respond_as(out, g, n);
    memset(copy, 0, sg__padded(g) ? sg__copies_size(g, 8) : 0);
    for (size_t i = 0; i < n; i += c.samples) {
        size_t some = n - i < c.samples ? n - i : c.samples;
        sg__copy_samples(g, &c, some, in + i * sg__inputs(g), copy);
        memset(copy + some * c.sample, 0, SG__SLACK);
        sg__dense_group(kind, s, &c, some, copy, i * sg__outputs(g), &r,
                        copy + sg__turned_at(g));
    }
}

#endif
