/* Integer kernels, one table for each instruction set.
 *
 * kernels.def lists and documents the rows. select.c chooses the table once
 * at run time. */
#ifndef SG_KERNELS_KERNELS_H
#define SG_KERNELS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "core/geometry.h"
#include "core/warp.h"
#include "spikegrad/network.h"

/* Output channels come in blocks of this many where work is divided. */
#define SG__PACK_CHANNELS 8

typedef struct sg__kernels {
    const char *name;
#define K(type, kernel, arguments) type(*kernel) arguments;
#include "kernels/kernels.def"
#undef K
} sg__kernels;

#define K(type, kernel, arguments)                                            \
    type sg_##kernel##__ref arguments;                                        \
    type sg_##kernel##__avx2 arguments;                                       \
    type sg_##kernel##__avx512 arguments;
#include "kernels/kernels.def"
#undef K

static inline uint32_t sg__event_pack(size_t neuron, int32_t d)
{
    return (uint32_t)neuron << 8 | (uint8_t)d;
}

static inline uint32_t sg__event_neuron(uint32_t event)
{
    return event >> 8;
}

/* d of an event, -127..127. */
static inline int32_t sg__event_d(uint32_t event)
{
    int32_t byte = (int32_t)(event & 255);
    return byte < 128 ? byte : byte - 256;
}

/* sg__kernels_select: the table to use: SPIKEGRAD_ISA if it names one this
 * machine can run, otherwise the fastest one it can. Never NULL. */
const sg__kernels *sg__kernels_select(void);

/* sg__kernels_table: i-th table this build has and this machine can run,
 * reference first; NULL past the last. For tests and benchmarks. */
const sg__kernels *sg__kernels_table(size_t i);

#endif
