/* Compiled kernels in the folder that SPIKEGRAD_KERNEL_CACHE names, if it does,
 * since compiling takes seconds. */
#ifndef SG_DEVICE_KEPT_H
#define SG_DEVICE_KEPT_H

#include "device/nvrtc.h"

/* sg__kept_read: the code that was made for a target ("sm_90") of what key
 * says: all that decides it. bytes NULL: nothing was kept, or of another. */
sg__code sg__kept_read(const char *target, const char *key);

/* sg__kept_write: keeps it if it can. */
void sg__kept_write(const char *target, const char *key, const sg__code *code);

#endif
