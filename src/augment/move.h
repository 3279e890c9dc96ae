/* Images moved by whole pixels and mirrored, without resampling. */
#ifndef SG_AUGMENT_MOVE_H
#define SG_AUGMENT_MOVE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/kernels.h"
#include "spikegrad/network.h"

/* sg__move: output (x, y) comes from input (x - dx, y - dy), mirrored left to
 * right if flip, 0 outside, as spike counts of `levels`.
 *
 * in, out uint8[height][width][channels]; must not overlap */
void sg__move(const sg__kernels *kernels, sg_shape shape, int32_t dx,
              int32_t dy, bool flip, int32_t levels, const uint8_t *in,
              uint8_t *out);

#endif
