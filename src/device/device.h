/* A device: memory of its own, and the kernels of kernels/ on it. The engine
 * above (engine.c) knows nothing else of CUDA or OpenCL.
 *
 * Calls come from one thread and are carried out in their order; read and
 * finish wait for all that came before. Once one has failed so do all others,
 * and error says why. */
#ifndef SG_DEVICE_DEVICE_H
#define SG_DEVICE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/task.h"
#include "spikegrad/device.h"

typedef enum sg__kernel_id {
#define KERNEL(name) SG__KERNEL_##name,
#include "device/kernels.def"
#undef KERNEL
    SG__KERNEL_COUNT
} sg__kernel_id;

typedef struct sg__device sg__device;

/* A block of device memory. 0: none. */
typedef uintptr_t sg__block;

/* Groups of a launch. */
typedef struct sg__grid {
    uint32_t x, y;
} sg__grid;

/* Launches that were recorded, to be carried out again by one call. 0: none. */
typedef uintptr_t sg__tape;

/* A kind of device: what has to be brought. */
typedef struct sg__device_kind {
    const char *name; /* "cuda" */

    /* count: devices that are there; 0, and error says why.
     * describe: device i of them; device is filled in by the caller
     * open: device i, with its kernels built. SG_E_MISSING, SG_E_UNSUPPORTED,
     * SG_E_MEMORY */
    unsigned (*count)(sg_error *error);
    void (*describe)(unsigned i, sg_device_info *info);
    sg_status (*open)(unsigned i, sg__device **out, sg_error *error);

    void (*close)(sg__device *device);
    /* take: *out is 0 and nothing has failed if there is no room. */
    sg_status (*take)(sg__device *device, size_t bytes, sg__block *out);
    void (*give)(sg__device *device, sg__block block);
    uint64_t (*room)(sg__device *device); /* bytes free; 0: not known */
    sg_status (*write)(sg__device *device, sg__block to, size_t at,
                       const void *from, size_t bytes);
    sg_status (*read)(sg__device *device, void *to, sg__block from, size_t at,
                      size_t bytes);
    sg_status (*launch)(sg__device *device, sg__kernel_id kernel,
                        sg__grid grid, sg__block memory, sg__block images,
                        const sg__task *task);
    sg_status (*finish)(sg__device *device);

    /* record: the launches that follow are kept instead of carried out; false:
     * it cannot be done, and they are carried out
     * recorded: ends that; 0: it came to nothing, and they are lost
     * play: carries out all of them. NULL, all four: not on such devices. */
    bool (*record)(sg__device *device);
    sg__tape (*recorded)(sg__device *device);
    sg_status (*play)(sg__device *device, sg__tape tape);
    void (*erase)(sg__device *device, sg__tape tape);
} sg__device_kind;

/* What every device begins with. */
struct sg__device {
    const sg__device_kind *kind;
    sg_status failed;
    sg_error error;
};

/* Which device is meant; kind NULL: the processor. */
typedef struct sg__device_choice {
    const sg__device_kind *kind;
    unsigned index;
} sg__device_choice;

/* sg__device_choose: reads a name; NULL is "cpu". Errors as sg_device_check,
 * but for a device that cannot be opened. */
sg_status sg__device_choose(const char *name, sg__device_choice *out,
                            sg_error *error);

extern const sg__device_kind sg__device_cuda, sg__device_opencl;

#endif
