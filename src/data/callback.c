/* Samples that the caller gives one by one. */
#include <stdlib.h>

#include "data/data.h"

/* Asks for every sample, in order. */
static sg_status ask(const sg_data_info *info, size_t sample_bytes,
                     sg_data_read_fn read, void *user, uint8_t *pixels,
                     uint16_t *labels, sg_error *error)
{
    for (uint32_t i = 0; i < info->size; i++) {
        uint32_t label = UINT32_MAX;
        if (read(user, i, pixels + i * sample_bytes, &label) != 0)
            return sg__fail(error, SG_E_STOPPED,
                            "data: stopped by the caller at sample %u of %u",
                            i, info->size);
        if (label >= info->classes)
            return sg__fail(error, SG_E_RANGE,
                            "data: sample %u: label %u, expected 0..%u", i,
                            label, info->classes - 1);
        labels[i] = (uint16_t)label;
    }
    return SG_OK;
}

sg_status sg_data_from_callback(const sg_data_info *info, sg_data_read_fn read,
                                void *user, sg_data **out, sg_error *error)
{
    size_t bytes;
    if (out)
        *out = NULL;
    if (!info || !read || !out)
        return sg__fail(error, SG_E_ARGUMENT, "data: missing argument");
    sg_status status = sg__data_check(info, &bytes, error);
    if (status)
        return status;
    uint8_t *pixels = calloc(bytes, 1);
    uint16_t *labels = malloc(info->size * sizeof *labels);
    if (!pixels || !labels)
        status = sg__fail(error, SG_E_MEMORY, "data: out of memory");
    else
        status =
            ask(info, bytes / info->size, read, user, pixels, labels, error);
    if (!status)
        return sg__data_adopt_wide(info, pixels, labels, out, error);
    free(pixels);
    free(labels);
    return status;
}
