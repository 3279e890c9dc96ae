/* Elastic distortion (after Simard, Steinkraus and Platt, ICDAR 2003): every
 * pixel is displaced by a smooth random field. */
#ifndef SG_AUGMENT_ELASTIC_H
#define SG_AUGMENT_ELASTIC_H

#include <stdint.h>

#include "augment/kind.h"

/* sg__elastic_resample: output pixel (x, y) is image in, bilinear, at the
 * position that warp gives plus a displacement; 0 outside.
 *
 * The displacement is a uniform cubic B-spline: points every 8 pixels, each
 * drawn uniformly from +-reach pixels in both axes, so that no pixel is
 * displaced by more than reach, and by 0.28 reach at standard deviation.
 *
 * reach   1..64
 * in, out uint8[height][width][channels]; must not overlap
 * The field depends on seed, epoch and sample of v alone. */
void sg__elastic_resample(const sg__warp *warp, const sg__variant *v,
                          uint32_t reach, const uint8_t *in, uint8_t *out);

#endif
