#include "network/match.h"

#include <stdio.h>
#include <string.h>

#include "base/status.h"

sg_status sg__check_data(const sg_network *net, const sg_data *data,
                         sg_error *error)
{
    const sg_data_info *info = sg_data_get_info(data);
    if (info->height != net->input.height || info->width != net->input.width ||
        info->channels != net->input.channels || info->classes != net->classes)
        return sg__fail(error, SG_E_ARGUMENT,
                        "%s: images of %ux%ux%u in %u classes, expected "
                        "%ux%ux%u in %u, as the network has",
                        info->name, info->height, info->width, info->channels,
                        info->classes, net->input.height, net->input.width,
                        net->input.channels, net->classes);
    if (info->size == 0)
        return sg__fail(error, SG_E_ARGUMENT, "%s: no samples", info->name);
    return SG_OK;
}

uint64_t sg__data_hash(const sg_data *data)
{
    enum { SAMPLES = 1000 };
    const sg_data_info *info = sg_data_get_info(data);
    const size_t bytes = (size_t)info->height * info->width * info->channels;
    const uint32_t n = info->size < SAMPLES ? info->size : SAMPLES;
    uint64_t hash = UINT64_C(14695981039346656037);
    for (uint32_t k = 0; k < n; k++) {
        uint32_t i = (uint32_t)((uint64_t)k * info->size / n);
        const uint8_t *pixels = sg_data_pixels(data, i);
        for (size_t b = 0; b < bytes; b++)
            hash = (hash ^ pixels[b]) * UINT64_C(1099511628211);
        hash = (hash ^ sg_data_label(data, i)) * UINT64_C(1099511628211);
    }
    return hash ? hash : 1;
}

sg_status sg__adopt_data(sg_network *net, const sg_data *data, sg_error *error)
{
    const sg_data_info *info = sg_data_get_info(data);
    if (strlen(info->name) >= sizeof net->data)
        return sg__fail(error, SG_E_RANGE,
                        "data: name of %zu characters, expected at most %zu",
                        strlen(info->name), sizeof net->data - 1);
    snprintf(net->data, sizeof net->data, "%s", info->name);
    net->data_size = info->size;
    net->data_hash = sg__data_hash(data);
    return SG_OK;
}
