/* The kernels as code for a card of CUDA, made by the compiler NVRTC, which is
 * found at run time. */
#ifndef SG_DEVICE_NVRTC_H
#define SG_DEVICE_NVRTC_H

#include <stddef.h>

#include "spikegrad/status.h"

/* Code for a driver: a cubin, or PTX where the compiler does not know the card
 * and the driver has to do the rest. */
typedef struct sg__code {
    char *bytes; /* to be freed */
    size_t size;
} sg__code;

/* sg__nvrtc_compile: for card cuda:i of this architecture (90: 9.0) and a
 * driver of this version (1000 major + 10 minor); what the same compiler made
 * before is taken from where it was kept (kept.h). SG_E_MISSING: no compiler;
 * SG_E_UNSUPPORTED: it refuses the kernels; SG_E_MEMORY; out is empty then. */
sg_status sg__nvrtc_compile(unsigned i, int architecture, int driver,
                            sg__code *out, sg_error *error);

#endif
