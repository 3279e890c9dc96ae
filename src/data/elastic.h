/* Elastic distortion (after Simard, Steinkraus and Platt, ICDAR 2003): every
 * pixel is displaced by a smooth random field. */
#ifndef SG_DATA_ELASTIC_H
#define SG_DATA_ELASTIC_H

#include <stdint.h>

#include "core/warp.h"
#include "spikegrad/network.h"

/* sg__elastic_resample: output pixel (x, y) is image in, bilinear, at the
 * position that warp gives plus a displacement; 0 outside.
 *
 * The displacement is a uniform cubic B-spline: points every 8 pixels, each
 * drawn uniformly from +-reach pixels in both axes, so that no pixel is
 * displaced by more than reach, and by 0.28 reach at standard deviation.
 *
 * reach   1..64
 * in, out uint8[height][width][channels]; must not overlap
 * The field depends on (seed, epoch, sample) alone. */
void sg__elastic_resample(const sg__warp *warp, sg_shape shape, uint32_t reach,
                          uint64_t seed, uint32_t epoch, uint32_t sample,
                          const uint8_t *in, uint8_t *out);

#endif
