/* The kernels as code for a card of CUDA: compiled by NVRTC, which is found at
 * run time, and kept in the folder that SPIKEGRAD_KERNEL_CACHE names, if it
 * does, since compiling takes seconds. */
#ifndef SG_DEVICE_NVRTC_H
#define SG_DEVICE_NVRTC_H

#include <stddef.h>

#include "spikegrad/status.h"

/* Code for a driver: a cubin, or PTX where the compiler is older than the card
 * and the driver has to do the rest. */
typedef struct sg__code {
    char *bytes; /* to be freed */
    size_t size;
} sg__code;

/* sg__nvrtc_compile: for card cuda:i of this architecture (90: 9.0) and a
 * driver of this version (1000 major + 10 minor). SG_E_MISSING: no compiler;
 * SG_E_UNSUPPORTED: it refuses the kernels; SG_E_MEMORY; out is empty then. */
sg_status sg__nvrtc_compile(unsigned i, int architecture, int driver,
                            sg__code *out, sg_error *error);

/* sg__kept_code: what was kept for this architecture and these kernels; bytes
 * NULL: nothing. */
sg__code sg__kept_code(int architecture);

/* sg__keep_code: keeps it if it can. */
void sg__keep_code(int architecture, const sg__code *code);

#endif
