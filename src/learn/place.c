/* Names of devices to engines. */
#include "learn/place.h"

#ifdef SG_HAVE_DEVICES
#include "device/engine.h"
#endif

sg_status sg__place_of(const char *device, unsigned threads, sg__place *out,
                       sg_error *error)
{
    *out = (sg__place){.kind = &sg__engine_cpu, .threads = threads};
    sg_status status = sg__device_choose(device, &out->device, error);
#ifdef SG_HAVE_DEVICES
    if (status == SG_OK && out->device.kind)
        out->kind = &sg__engine_device;
#endif
    return status;
}
