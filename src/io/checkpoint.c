/* Checkpoints as programs see them, and what they are where there are no
 * files. */
#include "io/checkpoint.h"

#include "base/status.h"

#ifndef SPIKEGRAD_FILES

static sg_status unsupported(sg_error *error)
{
    return sg__fail(error, SG_E_UNSUPPORTED,
                    "checkpoints: this build has no file formats");
}

sg_status sg__checkpoint_save(const sg_network *net, const char *path,
                              sg_error *error)
{
    (void)net, (void)path;
    return unsupported(error);
}

sg_status sg__checkpoint_load(const char *path, sg_network **out,
                              sg_error *error)
{
    (void)path;
    *out = NULL;
    return unsupported(error);
}

sg_status sg__checkpoint_load_edited(const char *path, uint64_t *differs,
                                     sg_network **out, sg_error *error)
{
    *differs = 0;
    return sg__checkpoint_load(path, out, error);
}

sg_status sg__checkpoint_parse(const uint8_t *bytes, size_t size,
                               const char *name, sg_network **out,
                               sg_error *error)
{
    (void)bytes, (void)size, (void)name;
    *out = NULL;
    return unsupported(error);
}

sg_status sg__checkpoint_parse_edited(const uint8_t *bytes, size_t size,
                                      const char *name, uint64_t *differs,
                                      sg_network **out, sg_error *error)
{
    *differs = 0;
    return sg__checkpoint_parse(bytes, size, name, out, error);
}

sg_status sg__checkpoint_serialise(const sg_network *net, const char *name,
                                   uint8_t **bytes, size_t *size,
                                   sg_error *error)
{
    (void)net, (void)name;
    *bytes = NULL;
    *size = 0;
    return unsupported(error);
}

#endif

sg_status sg_network_save(const sg_network *net, const char *path,
                          sg_error *error)
{
    if (!net || !path)
        return sg__fail(error, SG_E_ARGUMENT, "network: missing argument");
    return sg__checkpoint_save(net, path, error);
}

sg_status sg_network_load(const char *path, sg_network **out, sg_error *error)
{
    if (out)
        *out = NULL;
    if (!path || !out)
        return sg__fail(error, SG_E_ARGUMENT, "network: missing argument");
    return sg__checkpoint_load(path, out, error);
}

sg_status sg_network_load_edited(const char *path, sg_network **out,
                                 uint64_t *differs, sg_error *error)
{
    if (differs)
        *differs = 0;
    if (out)
        *out = NULL;
    if (!path || !out)
        return sg__fail(error, SG_E_ARGUMENT, "network: missing argument");
    uint64_t count = 0;
    sg_status status = sg__checkpoint_load_edited(path, &count, out, error);
    if (differs)
        *differs = count;
    return status;
}

sg_status sg_network_load_memory(const void *bytes, size_t size,
                                 const char *name, sg_network **out,
                                 sg_error *error)
{
    if (out)
        *out = NULL;
    if (!bytes || !out)
        return sg__fail(error, SG_E_ARGUMENT, "network: missing argument");
    return sg__checkpoint_parse(bytes, size, name ? name : "memory", out,
                                error);
}

sg_status sg_network_load_memory_edited(const void *bytes, size_t size,
                                        const char *name, sg_network **out,
                                        uint64_t *differs, sg_error *error)
{
    if (differs)
        *differs = 0;
    if (out)
        *out = NULL;
    if (!bytes || !out)
        return sg__fail(error, SG_E_ARGUMENT, "network: missing argument");
    uint64_t count = 0;
    sg_status status =
        sg__checkpoint_parse_edited(bytes, size, name ? name : "memory",
                                    &count, out, error);
    if (differs)
        *differs = count;
    return status;
}

sg_status sg_network_save_memory(const sg_network *net, void **bytes,
                                 size_t *size, sg_error *error)
{
    uint8_t *file = NULL;
    if (bytes)
        *bytes = NULL;
    if (size)
        *size = 0;
    if (!net || !bytes || !size)
        return sg__fail(error, SG_E_ARGUMENT, "network: missing argument");
    sg_status status =
        sg__checkpoint_serialise(net, "memory", &file, size, error);
    *bytes = file;
    return status;
}
