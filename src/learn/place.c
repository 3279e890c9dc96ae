/* Names of devices to engines. */
#include "learn/place.h"

#include "base/status.h"
#include "ranks/engine.h"

#ifdef SG_HAVE_DEVICES
#include "device/engine.h"
#endif

sg_status sg__place_of(const char *device, unsigned threads,
                       struct sg_ranks *ranks, sg__place *out, sg_error *error)
{
    *out = (sg__place){.kind = &sg__engine_cpu,
                       .threads = threads,
                       .ranks = ranks};
    sg_status status = sg__device_choose(device, &out->device, error);
#ifdef SG_HAVE_DEVICES
    if (status == SG_OK && out->device.kind)
        out->kind = &sg__engine_device;
#endif
    if (status == SG_OK && ranks && out->device.kind)
        return sg__fail(error, SG_E_UNSUPPORTED,
                        "device: %s with %u ranks: they work on processors",
                        device, (unsigned)sg_ranks_count(ranks));
    if (status == SG_OK && sg_ranks_count(ranks) > 1)
        out->kind = &sg__engine_ranks;
    return status;
}
