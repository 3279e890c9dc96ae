/* What layers by slabs (slabs.h) look like. */
#ifndef SG_KERNELS_PORTABLE_SLAB_SHAPE_H
#define SG_KERNELS_PORTABLE_SLAB_SHAPE_H

#include "kernels/kernels.h"

/* sg__cut: the layer as the forward walk sees it: a long fully connected one
 * is a convolution of one position, so that its slabs stay small; a padded
 * image of one pixel stays a convolution. */
static inline sg__geometry sg__cut(const sg__geometry *g)
{
    enum { PART = 512 };
    sg__geometry c = *g;
    if (g->in_h * g->in_w == 1 && g->kernel_h * g->kernel_w == 1 &&
        g->in_c % PART == 0) {
        c.in_w = c.kernel_w = g->in_c / PART;
        c.in_c = PART;
    }
    return c;
}

/* sg__slab_rows: whether the slabs of a kernel row are near enough together to
 * be read for one position after the other. */
static inline bool sg__slab_rows(const sg__geometry *g, size_t sources,
                                 size_t columns)
{
    enum { NEAR_BYTES = 48 * 1024 };
    return g->kernel_w > 1 && g->stride_w == 1 &&
           g->kernel_w * sources * columns <= NEAR_BYTES;
}

#endif
