/* The machine: which kernels it can run, and what it could reach at best. */
#ifndef SPIKEGRAD_MACHINE_H
#define SPIKEGRAD_MACHINE_H

#include <stddef.h>
#include <stdint.h>

#include "spikegrad/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* sg_kernel_table: the instruction set of the kernels in use: "ref", "avx2",
 * "avxvnni", "avx512", "neon" or "neondot". SPIKEGRAD_ISA in the environment
 * forces one, if it names one of those below; if not, it has no effect. */
SG_API const char *sg_kernel_table(void);

/* sg_kernel_table_name: the i-th table this machine can run, from 0, the
 * portable one first; NULL past the last. */
SG_API const char *sg_kernel_table_name(size_t i);

/* What all threads together reach with nothing in the way. */
typedef struct sg_machine {
    uint64_t multiply_adds; /* a second, int8 by uint8, in registers */
    uint64_t bytes;         /* read a second */
} sg_machine;

/* sg_machine_measure: runs, on all threads at once, the fastest multiply-adds
 * the kernel table in use has, then reads arrays; takes about 0.2 s.
 *
 * threads      1..256; 0 means one per processor
 * working_set  bytes that all arrays together have, so that reading them is
 *              as fast as for work on that much memory; 0 for as little as
 *              fits the nearest cache
 * Figures are the best of short slices: what else runs on the machine makes
 * them lower, never higher. Errors: SG_E_RANGE, SG_E_MEMORY. */
SG_API sg_status sg_machine_measure(unsigned threads, size_t working_set,
                                    sg_machine *out);

#ifdef __cplusplus
}
#endif

#endif
