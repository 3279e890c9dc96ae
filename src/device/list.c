/* Which devices there are, and what their names mean. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "device/device.h"

static const sg__device_kind *const kinds[] = {
#ifdef SG_HAVE_DEVICES
    &sg__device_cuda,
    &sg__device_opencl,
#endif
    NULL,
};

static const sg__device_kind *kind_of(const char *name, size_t length)
{
    for (size_t i = 0; kinds[i]; i++)
        if (strlen(kinds[i]->name) == length &&
            memcmp(kinds[i]->name, name, length) == 0)
            return kinds[i];
    return NULL;
}

/* The number behind the colon; false unless it is one, of a few digits. */
static bool read_index(const char *text, unsigned *out)
{
    unsigned value = 0;
    size_t digits = strspn(text, "0123456789");
    if (digits < 1 || digits > 4 || text[digits])
        return false;
    for (; *text; text++)
        value = 10 * value + (unsigned)(*text - '0');
    *out = value;
    return true;
}

static sg_status choose_auto(sg__device_choice *out)
{
    for (size_t i = 0; kinds[i]; i++)
        if (strcmp(kinds[i]->name, "cuda") == 0 && kinds[i]->count(NULL) > 0)
            out->kind = kinds[i];
    return SG_OK;
}

static sg_status unknown(const char *name, sg_error *error)
{
    return sg__fail(error, SG_E_ARGUMENT,
                    "device: '%s', expected cpu, cuda, cuda:N, opencl, "
                    "opencl:N or auto",
                    name);
}

sg_status sg__device_choose(const char *name, sg__device_choice *out,
                            sg_error *error)
{
    *out = (sg__device_choice){NULL, 0};
    if (!name || strcmp(name, "cpu") == 0)
        return SG_OK;
    if (strcmp(name, "auto") == 0)
        return choose_auto(out);
    const size_t length = strcspn(name, ":");
    const bool known = (length == 4 && memcmp(name, "cuda", 4) == 0) ||
                       (length == 6 && memcmp(name, "opencl", 6) == 0);
    if (!known ||
        (name[length] && !read_index(name + length + 1, &out->index)))
        return unknown(name, error);
    out->kind = kind_of(name, length);
    if (!out->kind)
        return sg__fail(error, SG_E_UNSUPPORTED,
                        "device %s: this build knows no devices but cpu "
                        "(SPIKEGRAD_DEVICES is off)",
                        name);
    sg_error why = {{0}};
    const unsigned count = out->kind->count(&why);
    if (count == 0)
        return sg__fail(error, SG_E_MISSING, "device %s: %s", name, why.text);
    if (out->index >= count)
        return sg__fail(error, SG_E_MISSING,
                        "device %s: expected a number below %u, there %s",
                        name, count,
                        count == 1 ? "is one device" : "are no more");
    return SG_OK;
}

size_t sg_device_count(void)
{
    size_t count = 0;
    for (size_t i = 0; kinds[i]; i++)
        count += kinds[i]->count(NULL);
    return count;
}

sg_status sg_device_get_info(size_t i, sg_device_info *info)
{
    if (!info)
        return SG_E_ARGUMENT;
    memset(info, 0, sizeof *info);
    for (size_t k = 0; kinds[k]; k++) {
        const unsigned count = kinds[k]->count(NULL);
        if (i < count) {
            kinds[k]->describe((unsigned)i, info);
            snprintf(info->device, sizeof info->device, "%s:%u",
                     kinds[k]->name, (unsigned)i);
            return SG_OK;
        }
        i -= count;
    }
    return SG_E_RANGE;
}

sg_status sg_device_check(const char *device, sg_error *error)
{
    sg__device_choice choice;
    sg__device *opened;
    if (!device)
        return sg__fail(error, SG_E_ARGUMENT, "device: missing argument");
    sg_status status = sg__device_choose(device, &choice, error);
    if (status != SG_OK || !choice.kind)
        return status;
    status = choice.kind->open(choice.index, &opened, error);
    if (status == SG_OK)
        choice.kind->close(opened);
    return status;
}
