/* Data sets: choosing the reader, arrays of the caller, views.
 *
 * Invariant: every label is below info.classes, and pixels holds exactly
 * size * sample_bytes bytes. */
#include "data/data.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "data/cifar.h"
#include "data/glyphs.h"
#include "data/idx.h"

sg_status sg__data_adopt(const sg_data_info *info, uint8_t *pixels,
                         uint8_t *labels, sg_data **out, sg_error *error)
{
    const char *name = info->name ? info->name : "arrays";
    size_t length = strlen(name) + 1;
    sg_data *data = malloc(sizeof *data);
    char *copy = malloc(length);
    if (!data || !copy) {
        free(data);
        free(copy);
        free(pixels);
        free(labels);
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", name);
    }
    memcpy(copy, name, length);
    *data = (sg_data){
        .info = *info,
        .pixels = pixels,
        .labels = labels,
        .sample_bytes = (size_t)info->height * info->width * info->channels,
        .own_name = copy,
        .own_pixels = pixels,
        .own_labels = labels,
    };
    data->info.name = copy;
    *out = data;
    return SG_OK;
}

sg_status sg_data_open(const char *spec, sg_split split, sg_data **out,
                       sg_error *error)
{
    static const struct {
        const char *prefix; /* a ':' at the end: a folder must follow */
        sg_status (*open)(const char *spec, const char *rest, sg_split split,
                          sg_data **out, sg_error *error);
    } sources[] = {
        {"glyphs", sg__glyphs_open},
        {"mnist:", sg__mnist_open},
        {"cifar10:", sg__cifar10_open},
        {"cifar100:", sg__cifar100_open},
    };

    if (!out)
        return sg__fail(error, SG_E_ARGUMENT, "data: no place for the result");
    *out = NULL;
    if (!spec || (split != SG_SPLIT_TRAIN && split != SG_SPLIT_TEST))
        return sg__fail(error, SG_E_ARGUMENT,
                        "data: no specification or "
                        "neither train nor test split");
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        size_t length = strlen(sources[i].prefix);
        if (strncmp(spec, sources[i].prefix, length) != 0)
            continue;
        const char *rest = spec + length;
        bool folder = sources[i].prefix[length - 1] == ':';
        if (folder ? *rest != '\0' : *rest == '\0' || *rest == ':')
            return sources[i].open(spec, rest, split, out, error);
    }
    return sg__fail(error, SG_E_ARGUMENT,
                    "data \"%s\": expected glyphs[:train=N,test=N,seed=S], "
                    "mnist:DIR, cifar10:DIR or cifar100:DIR",
                    spec);
}

/* Bytes of all pixels, or 0 if a size is 0 or the product is out of range. */
static size_t pixel_bytes(const sg_data_info *info)
{
    const uint32_t factor[] = {info->height, info->width, info->channels,
                               info->size};
    size_t bytes = 1;
    for (size_t i = 0; i < sizeof factor / sizeof *factor; i++) {
        if (factor[i] == 0 || bytes > (size_t)PTRDIFF_MAX / factor[i])
            return 0;
        bytes *= factor[i];
    }
    return bytes;
}

sg_status sg_data_from_arrays(const sg_data_info *info, const uint8_t *pixels,
                              const uint8_t *labels, sg_data **out,
                              sg_error *error)
{
    if (!info || !pixels || !labels || !out)
        return sg__fail(error, SG_E_ARGUMENT, "data: missing argument");
    *out = NULL;
    size_t bytes = pixel_bytes(info);
    if (bytes == 0)
        return sg__fail(error, SG_E_RANGE,
                        "data: %u samples of %ux%ux%u: every size must be "
                        "above 0 and all of it fit in memory",
                        info->size, info->height, info->width, info->channels);
    if (info->classes < 1 || info->classes > 256)
        return sg__fail(error, SG_E_RANGE, "data: %u classes, expected 1..256",
                        info->classes);
    for (uint32_t i = 0; i < info->size; i++) {
        if (labels[i] >= info->classes)
            return sg__fail(error, SG_E_RANGE,
                            "data: sample %u: label %u, expected 0..%u", i,
                            labels[i], info->classes - 1);
    }

    uint8_t *own_pixels = malloc(bytes);
    uint8_t *own_labels = malloc(info->size);
    if (!own_pixels || !own_labels) {
        free(own_pixels);
        free(own_labels);
        return sg__fail(error, SG_E_MEMORY, "data: out of memory");
    }
    memcpy(own_pixels, pixels, bytes);
    memcpy(own_labels, labels, info->size);
    return sg__data_adopt(info, own_pixels, own_labels, out, error);
}

sg_status sg_data_slice(const sg_data *data, uint32_t first, uint32_t count,
                        sg_data **out, sg_error *error)
{
    if (!data || !out)
        return sg__fail(error, SG_E_ARGUMENT, "data: missing argument");
    *out = NULL;
    if (first > data->info.size || count > data->info.size - first)
        return sg__fail(error, SG_E_RANGE,
                        "%s: has %u samples, %u from sample %u on are wanted",
                        data->info.name, data->info.size, count, first);
    sg_data *view = malloc(sizeof *view);
    if (!view)
        return sg__fail(error, SG_E_MEMORY, "data: out of memory");
    *view = (sg_data){
        .info = data->info,
        .pixels = data->pixels + first * data->sample_bytes,
        .labels = data->labels + first,
        .sample_bytes = data->sample_bytes,
    };
    view->info.size = count;
    *out = view;
    return SG_OK;
}

const sg_data_info *sg_data_get_info(const sg_data *data)
{
    if (!data)
        return NULL;
    return &data->info;
}

const uint8_t *sg_data_pixels(const sg_data *data, uint32_t i)
{
    if (!data || i >= data->info.size)
        return NULL;
    return data->pixels + i * data->sample_bytes;
}

uint8_t sg_data_label(const sg_data *data, uint32_t i)
{
    if (!data || i >= data->info.size)
        return 0;
    return data->labels[i];
}

void sg_data_destroy(sg_data *data)
{
    if (!data)
        return;
    free(data->own_name);
    free(data->own_pixels);
    free(data->own_labels);
    free(data);
}
