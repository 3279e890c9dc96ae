/* Where a network is trained or evaluated: which engine, on which device, with
 * how many threads. */
#ifndef SG_LEARN_PLACE_H
#define SG_LEARN_PLACE_H

#include "device/device.h"
#include "engine/engine.h"

typedef struct sg__place {
    const sg__engine_kind *kind;
    sg__device_choice device; /* if kind is that of devices */
    unsigned threads;
    struct sg_ranks *ranks; /* if kind is that of ranks */
} sg__place;

/* sg__place_of: of a device by its name, NULL: the processor; and of ranks,
 * NULL: this process alone. Errors as sg_device_check; SG_E_UNSUPPORTED for
 * ranks on devices. */
sg_status sg__place_of(const char *device, unsigned threads,
                       struct sg_ranks *ranks, sg__place *out,
                       sg_error *error);

#endif
