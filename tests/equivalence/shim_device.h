/* A device whose kernels run here, compiled as plain C: group after group,
 * phase after phase, thread after thread, so that analysers see all of it. */
#ifndef TESTS_SHIM_DEVICE_H
#define TESTS_SHIM_DEVICE_H

#ifdef SG_HAVE_DEVICES
#include "device/device.h"

extern const sg__device_kind shim_device;

/* Bytes of memory it has, and calls until it is lost; below 0: never. */
extern size_t shim_room;
extern long shim_countdown;
#endif

#endif
