#include "network/match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/classnames.h"
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
    if (info->counts && net->recipe.input != SG_INPUT_COUNTS)
        return sg__fail(error, SG_E_ARGUMENT,
                        "%s: spike counts, expected a network with input = "
                        "counts",
                        info->name);
    if (info->size == 0)
        return sg__fail(error, SG_E_ARGUMENT, "%s: no samples", info->name);
    return SG_OK;
}

static sg_status adopt_names(sg_network *net, const sg_data *data,
                             sg_error *error)
{
    sg_status status = SG_OK;
    free(net->class_name);
    net->class_name = NULL;
    if (!sg_data_class_name(data, 0))
        return SG_OK;
    const char **names = malloc(net->classes * sizeof *names);
    for (uint32_t k = 0; names && k < net->classes; k++)
        names[k] = sg_data_class_name(data, k);
    if (names)
        net->class_name = sg__class_names_copy(names, net->classes);
    if (!net->class_name)
        status = sg__fail(error, SG_E_MEMORY, "net: out of memory");
    free(names);
    return status;
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
    net->data_hash = sg_data_hash(data);
    return adopt_names(net, data, error);
}
