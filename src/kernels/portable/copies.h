/* Samples copied with their padding around them, so that a kernel row is one
 * run and needs no border case, and the walk over all their output positions,
 * which then look alike: what dense forward rows and gradients share.
 *
 * The file that includes it has before: sg__copy_counts, which copies n counts
 * as integers of `unit` bytes. */
#ifndef SG_KERNELS_PORTABLE_COPIES_H
#define SG_KERNELS_PORTABLE_COPIES_H

#include <string.h>

#include "kernels/kernels.h"

enum {
    SG__GROUP_BYTES = 48 * 1024, /* of copied samples, unless one has more */
    SG__GROUP_SAMPLES = 16,
    SG__GROUP_LEAST = 12, /* of those without an image */
    SG__SLACK = 64        /* bytes that may be read past the copies */
};

/* Copies of samples, in bytes. */
typedef struct sg__copies {
    size_t unit, pixel, row, sample;
    size_t samples; /* of a group */
} sg__copies;

static inline sg__copies sg__copies_of(const sg__geometry *g, int bits)
{
    sg__copies c;
    c.unit = (size_t)bits / 8;
    c.pixel = g->in_c * c.unit;
    c.row = (g->in_w + 2 * (size_t)g->pad_w) * c.pixel;
    c.sample = (g->in_h + 2 * (size_t)g->pad_h) * c.row;
    c.samples = SG__GROUP_BYTES / c.sample;
    if (c.samples > SG__GROUP_SAMPLES)
        c.samples = SG__GROUP_SAMPLES;
    c.samples += c.samples == 0;
    /* weights of a long fully connected layer are read once for a tile or two
     */
    if (g->out_h * g->out_w == 1 && c.samples < SG__GROUP_LEAST)
        c.samples = SG__GROUP_LEAST;
    return c;
}

static inline size_t sg__copies_size(const sg__geometry *g, int bits)
{
    sg__copies c = sg__copies_of(g, bits);
    return c.samples * c.sample + SG__SLACK;
}

/* Copies n samples into memory that is 0 where padding is. */
static inline void sg__copy_samples(const sg__geometry *g, const sg__copies *c,
                                    size_t n, const uint8_t *in, uint8_t *to)
{
    size_t width = (size_t)g->in_w * g->in_c;
    if (!sg__padded(g)) {
        sg__copy_counts(to, in, n * sg__inputs(g), c->unit);
        return;
    }
    for (size_t s = 0; s < n; s++, to += c->sample) {
        uint8_t *row = to + g->pad_h * c->row + g->pad_w * c->pixel;
        for (uint32_t y = 0; y < g->in_h; y++, row += c->row, in += width)
            sg__copy_counts(row, in, width, c->unit);
    }
}

/* A walk over the output positions of a group of samples. */
typedef struct sg__position_walk {
    const uint8_t *in;
    size_t at; /* of the next position; an index, because a stride may step
                * over the end of a row before the row's step takes it back */
    uint32_t x, y, out_w, out_h;
    size_t pixel, row, sample; /* bytes from the end of the last to the next,
                                * modulo the word */
} sg__position_walk;

static inline __attribute__((always_inline)) sg__position_walk
sg__walk_over(const sg__geometry *g, const sg__copies *c, const uint8_t *in)
{
    sg__position_walk w = {in, 0, 0, 0, g->out_w, g->out_h, 0, 0, 0};
    w.pixel = g->stride_w * c->pixel;
    w.row = g->stride_h * c->row - g->out_w * w.pixel;
    w.sample = c->sample - g->out_h * g->stride_h * c->row;
    return w;
}

static inline __attribute__((always_inline)) const uint8_t *
sg__walk_on(sg__position_walk *w)
{
    const uint8_t *here = w->in + w->at;
    w->at += w->pixel;
    if (++w->x == w->out_w) {
        w->x = 0;
        w->at += w->row;
        if (++w->y == w->out_h) {
            w->y = 0;
            w->at += w->sample;
        }
    }
    return here;
}

#endif
