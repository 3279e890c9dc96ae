/* The kernels of devices as plain C: group after group, phase after phase,
 * thread after thread, so that analysers see all of it. */
#ifndef TESTS_PLAIN_KERNELS_H
#define TESTS_PLAIN_KERNELS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/random.h"
#include "core/blend.h"
#include "core/dither.h"
#include "core/dropout.h"
#include "core/exponential.h"
#include "core/fixed.h"
#include "core/quantise.h"
#include "core/residual.h"
#include "core/rounding.h"
#include "core/spike_cost.h"
#include "core/spline.h"
#include "core/standardise.h"
#include "core/thin.h"
#include "device/task.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wshadow"
#include "device/kernels/dialect.h"

#include "device/kernels/input.cl"

#include "device/kernels/forward.cl"

#include "device/kernels/backward.cl"

#include "device/kernels/count.cl"

#include "device/kernels/update.cl"

#include "device/kernels/tiles.cl"

#include "device/kernels/roof.cl"
#pragma GCC diagnostic pop

typedef void plain_kernel(uint8_t *, const uint8_t *, sg__task, uint32_t,
                          uint32_t);

#undef KERNEL
static plain_kernel *const plain_kernels[] = {
#define KERNEL(name) name,
#include "device/kernels.def"
#undef KERNEL
};

static const char *const plain_names[] = {
#define KERNEL(name) #name,
#include "device/kernels.def"
#undef KERNEL
};

enum { PLAIN_KERNELS = sizeof plain_kernels / sizeof plain_kernels[0] };

/* Kernel number `kernel` over x times y groups. */
static inline void plain_run(int kernel, uint32_t x, uint32_t y,
                             uint8_t *memory, const uint8_t *images,
                             const sg__task *task)
{
    for (uint32_t j = 0; j < y; j++)
        for (uint32_t i = 0; i < x; i++)
            plain_kernels[kernel](memory, images, *task, i, j);
}

#endif
