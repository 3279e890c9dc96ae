/* Integer kernels, one table for each instruction set.
 *
 * kernels.def lists and documents the rows, tables.def the tables. select.c
 * chooses a table once at run time. */
#ifndef SG_KERNELS_KERNELS_H
#define SG_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/geometry.h"
#include "core/rules.h"
#include "core/standardise.h"
#include "core/warp.h"
#include "spikegrad/network.h"

/* Output channels come in blocks of this many where work is divided; of the
 * second where a layer has no packed layout. */
#define SG__PACK_CHANNELS 16
#define SG__UNPACKED_CHANNELS 4
/* Most channels of one call of a gradient row. */
#define SG__GRADIENT_CHANNELS 64

/* A layer's synapses. */
typedef struct sg__synapses {
    const sg__geometry *geo;
    int bits;            /* 8: weights are int8, 16: int16 */
    const void *weight;  /* [out_c][kernel_h][kernel_w][in_c] */
    void *packed;        /* the same as the table's pack row lays it out */
    const int32_t *bias; /* [out_c] */
    int32_t in_cap;      /* largest count that arrives, 1..255 */
} sg__synapses;

/* Where the forward rows leave their results; NULL for what is not wanted.
 * theta_bits, level and cap are the firing rule, unused without count. */
typedef struct sg__response_out {
    int theta_bits;
    int32_t level, cap;
    uint8_t *count;
    uint8_t *gate; /* 0 or 1; only together with count */
    int32_t *charge;
} sg__response_out;

/* One optimiser step of an array of parameters (docs/semantics.md). */
typedef struct sg__step_plan {
    int32_t friction;    /* 1 - momentum in 2^-16, 0..2^16 */
    int32_t mult;        /* rate mult / 2^shift: 0..2^30-1 */
    int shift;           /* 1..61 */
    int32_t limit;       /* |W| <= limit, 0..2^31-1 */
    int weight_bits;     /* type of the forward copy: 8, 16 or 32 */
    int weight_shift;    /* 0..25; W within limit fits weight_bits after it */
    bool stochastic;     /* rounding; else to the nearest */
    uint64_t seed, step; /* key of the draws, as are the layer and */
    uint32_t key;        /* whether these are weights or biases */
} sg__step_plan;

typedef struct sg__kernels {
    const char *name;
#define KERNEL(type, kernel, arguments) type(*kernel) arguments;
#include "kernels/kernels.def"
#undef KERNEL
} sg__kernels;

/* Prototypes of what the tables name, and of nothing else: a function that no
 * table names lacks one, which the compiler is told to refuse. */
#define KERNEL(type, kernel, arguments)                                       \
    typedef type sg__##kernel##_function arguments;
#include "kernels/kernels.def"
#undef KERNEL
#define TABLE(isa, runs)
#define ROW(isa, kernel) sg__##kernel##_function sg__##kernel##__##isa;
#define END
#include "kernels/tables.def"
#undef TABLE
#undef ROW
#undef END

/* sg__synapse: weight i of the layer, whatever its type. */
static inline int32_t sg__synapse(const sg__synapses *s, size_t i)
{
    return s->bits == 8 ? ((const int8_t *)s->weight)[i]
                        : ((const int16_t *)s->weight)[i];
}

/* sg__kernels_select: the table to use: SPIKEGRAD_ISA if it names one this
 * machine can run, otherwise the fastest one it can. Never NULL. */
const sg__kernels *sg__kernels_select(void);

/* sg__kernels_table: i-th table this build has and this machine can run,
 * reference first; NULL past the last. For tests and benchmarks. */
const sg__kernels *sg__kernels_table(size_t i);

#endif
