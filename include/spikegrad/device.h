/* Devices beside the processor: graphics processors by CUDA, and whatever
 * OpenCL finds. Drivers are looked for when they are asked for, so a program
 * runs with and without them. Experimental: what they compute is proved on
 * processors that stand in for them (docs/device.md).
 *
 * A device has a name: "cpu", "cuda", "cuda:1", "opencl", "opencl:2", or
 * "auto", the first of CUDA if there is one and else the processor. It decides
 * how fast things are computed and no bit of what. */
#ifndef SPIKEGRAD_DEVICE_H
#define SPIKEGRAD_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include "spikegrad/machine.h"
#include "spikegrad/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A device that is there. */
typedef struct sg_device_info {
    char device[24]; /* its name: "cuda:0" */
    char name[128];  /* what its driver calls it */
    uint64_t memory; /* bytes it has; 0: not known */
} sg_device_info;

/* sg_device_count: devices beside the processor. */
SG_API size_t sg_device_count(void);

/* sg_device_get_info: of device i, below sg_device_count. SG_E_RANGE past the
 * last; SG_E_ARGUMENT for NULL. */
SG_API sg_status sg_device_get_info(size_t i, sg_device_info *info);

/* sg_device_check: whether a device of that name can be opened.
 * Errors, with what is missing: SG_E_ARGUMENT for a word that names none;
 * SG_E_MISSING: no driver, or no such device; SG_E_UNSUPPORTED: it lacks
 * something, or this build knows no devices. */
SG_API sg_status sg_device_check(const char *device, sg_error *error);

/* sg_device_measure: what a device reaches with nothing in the way: int8
 * multiply-adds a second of its kernels for products, with tensor cores where
 * it has them, and bytes a second from its memory; takes some tenths of a
 * second. Of "cpu", as sg_machine_measure has it. Figures are the best of
 * short slices.
 * Errors: those of sg_device_check; SG_E_MEMORY; SG_E_DEVICE. */
SG_API sg_status sg_device_measure(const char *device, sg_machine *out,
                                   sg_error *error);

#ifdef __cplusplus
}
#endif

#endif
