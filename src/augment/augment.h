/* Augmentation: random variants of training images, in integers and keyed by
 * (seed, epoch, sample), so that a run repeats on any machine. */
#ifndef SG_AUGMENT_AUGMENT_H
#define SG_AUGMENT_AUGMENT_H

#include <stdint.h>

#include "augment/kind.h"
#include "base/status.h"
#include "kernels/kernels.h"

typedef struct sg__augment {
    uint32_t number[SG__AUGMENT_KINDS]; /* that of each kind, 1 where a form
                                           has none; 0: not in use */
} sg__augment;

/* sg__augment_parse: reads "none", or parts joined by '+', each at most once:
 *   shift:N  moved by -N..N whole pixels in each axis, N <= 64
 *   crop:N   the same: padded by N all round, then cropped at random
 *   affine   rotation +-10 degrees, scale +-10 %, shear +-0.1, shift +-2
 *            pixels, all uniform, about the centre, bilinear
 *   elastic:N
 *            distorted by a smooth field of displacements (augment/elastic.h) up
 *            to N pixels, N <= 64, bilinear
 *   flip     mirrored left to right, or not
 *   cutout:N a square of N pixels, N <= 64, blanked; its centre is any pixel,
 *            so some of it may lie outside
 *   thin:P   of the spikes that are left a share, P..100 %, P <= 99, each by
 *            itself (core/thin.h)
 * What comes in from outside the image is 0. SG_E_ARGUMENT otherwise. */
sg_status sg__augment_parse(const char *spec, sg__augment *out,
                            sg_error *error);

/* sg__augment_place: where a variant's pixels come from. Flip and moves are
 * part of the warp if there is one. */
void sg__augment_place(const sg__augment *a, const sg__variant *v,
                       sg__placing *out);

/* sg__augment_counts: one variant of an image, as spike counts.
 *
 * shape   of both images, sides at most 16384
 * sample  number of the sample in its data set
 * levels  what a pixel of 255 becomes, 1..255; see core/quantise.h
 * in      uint8[height][width][channels]; read only
 * out     the same; written. in and out must not overlap.
 * The same arguments give the same bytes, in any thread, by any kernels. */
void sg__augment_counts(const sg__augment *a, const sg__kernels *kernels,
                        sg_shape shape, uint64_t seed, uint32_t epoch,
                        uint32_t sample, int32_t levels, const uint8_t *in,
                        uint8_t *out);

/* sg__augment_apply: the same variant in pixels, by the reference kernels. */
void sg__augment_apply(const sg__augment *a, sg_shape shape, uint64_t seed,
                       uint32_t epoch, uint32_t sample, const uint8_t *in,
                       uint8_t *out);

#endif
