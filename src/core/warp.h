/* Affine maps of images in fixed point: from where in the input an output
 * pixel comes, in units of 2^-16 pixels (Q16). */
#ifndef SG_CORE_WARP_H
#define SG_CORE_WARP_H

#include <stdint.h>

/* Output (x, y) comes from (start_x + m[0] x + m[1] y,
 *                           start_y + m[2] x + m[3] y). */
typedef struct sg__warp {
    int32_t m[4];
    int64_t start_x, start_y;
} sg__warp;

#endif
