/* One file as data; see single.h. */
#include "data/single.h"

#include <stdlib.h>

sg_status sg__single_adopt(const sg__file *file, uint8_t *pixels,
                           uint32_t count, sg_data **out, sg_error *error)
{
    sg_data_info info = *file->like;
    info.name = file->path;
    info.size = count;
    info.counts = 0;
    uint16_t *labels = calloc(count, sizeof *labels);
    if (!labels) {
        free(pixels);
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", file->path);
    }
    return sg__data_adopt_wide(&info, pixels, labels, out, error);
}

sg_status sg__single_check(const sg__file *file, sg_data **data,
                           sg_error *error)
{
    const sg_data_info *is = sg_data_get_info(*data), *like = file->like;
    if (is->height == like->height && is->width == like->width &&
        is->channels == like->channels)
        return SG_OK;
    sg_status status =
        sg__single_refuse(file, is->height, is->width, is->channels, error);
    sg_data_destroy(*data);
    *data = NULL;
    return status;
}

sg_status sg__single_refuse(const sg__file *file, uint32_t height,
                            uint32_t width, uint32_t channels, sg_error *error)
{
    const sg_data_info *like = file->like;
    return sg__fail(error, SG_E_FORMAT,
                    "%.200s: samples of %ux%ux%u, expected %ux%ux%u",
                    file->path, height, width, channels, like->height,
                    like->width, like->channels);
}
