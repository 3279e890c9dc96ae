/* Data sets: arrays of the caller, views.
 *
 * Invariant: every label is below info.classes, and every index of a view is
 * of a sample. */
#include "data/data.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/sized.h"

enum { BLANK, IN_HAND, DRAWN }; /* states of a sample's pixels */

static void free_samples(sg__samples *samples)
{
    if (!samples)
        return;
    if (!samples->lent && !samples->map.bytes)
        free(samples->pixels);
    free(samples->labels);
    free(samples->class_name);
    sg__map_close(&samples->map);
    if (samples->recorder.destroy)
        samples->recorder.destroy(samples->recorder.self);
    free(samples->state);
    free(samples);
}

/* What sg__data_adopt_drawn does, with wide labels. */
static sg_status adopt(const sg_data_info *info, uint8_t *pixels,
                       uint16_t *labels, const sg__drawer *drawer,
                       sg_data **out, sg_error *error)
{
    const char *name = info->name ? info->name : "arrays";
    size_t length = strlen(name) + 1;
    sg_data *data = malloc(sizeof *data);
    sg__samples *samples = malloc(sizeof *samples);
    char *copy = malloc(length);
    _Atomic unsigned char *state =
        drawer ? calloc(info->size, sizeof *state) : NULL;
    if (!data || !samples || !copy || (drawer && !state)) {
        free(data);
        free(samples);
        free(copy);
        free(state);
        free(pixels);
        free(labels);
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", name);
    }
    memcpy(copy, name, length);
    *samples = (sg__samples){
        .pixels = pixels,
        .labels = labels,
        .sample_bytes = (size_t)info->height * info->width * info->channels,
        .state = state,
    };
    if (drawer)
        samples->drawer = *drawer;
    *data = (sg_data){.info = *info,
                      .samples = samples,
                      .own = samples,
                      .own_name = copy};
    data->info.name = copy;
    *out = data;
    return SG_OK;
}

sg_status sg__data_adopt_drawn(const sg_data_info *info, uint8_t *pixels,
                               uint8_t *labels, const sg__drawer *drawer,
                               sg_data **out, sg_error *error)
{
    uint16_t *wide = malloc(info->size * sizeof *wide);
    for (uint32_t i = 0; wide && i < info->size; i++)
        wide[i] = labels[i];
    free(labels);
    if (!wide) {
        free(pixels);
        return sg__fail(error, SG_E_MEMORY, "data: out of memory");
    }
    return adopt(info, pixels, wide, drawer, out, error);
}

sg_status sg__data_adopt(const sg_data_info *info, uint8_t *pixels,
                         uint8_t *labels, sg_data **out, sg_error *error)
{
    return sg__data_adopt_drawn(info, pixels, labels, NULL, out, error);
}

sg_status sg__data_adopt_wide(const sg_data_info *info, uint8_t *pixels,
                              uint16_t *labels, sg_data **out, sg_error *error)
{
    return adopt(info, pixels, labels, NULL, out, error);
}

sg_status sg__data_adopt_mapped(const sg_data_info *info, sg__map *map,
                                size_t begin, uint16_t *labels, sg_data **out,
                                sg_error *error)
{
    sg_status status = sg__data_adopt_wide(info, NULL, labels, out, error);
    if (status) {
        sg__map_close(map);
        return status;
    }
    sg__samples *samples = (*out)->own;
    samples->map = *map;
    samples->pixels = (uint8_t *)(uintptr_t)map->bytes + begin; /* only read */
    *map = (sg__map){NULL, 0};
    return SG_OK;
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

sg_status sg__data_check(const sg_data_info *info, size_t *bytes,
                         sg_error *error)
{
    *bytes = pixel_bytes(info);
    if (*bytes == 0)
        return sg__fail(error, SG_E_RANGE,
                        "data: %u samples of %ux%ux%u: every size must be "
                        "above 0 and all of it fit in memory",
                        info->size, info->height, info->width, info->channels);
    if (info->classes < 1 || info->classes > SG_CLASSES_MAX)
        return sg__fail(error, SG_E_RANGE, "data: %u classes, expected 1..%d",
                        info->classes, SG_CLASSES_MAX);
    if (info->counts > 255)
        return sg__fail(error, SG_E_RANGE,
                        "data: counts up to %u, expected at most 255",
                        info->counts);
    return SG_OK;
}

static uint32_t label_at(const sg_data_arrays *a, uint32_t i)
{
    switch (a->label_bytes) {
    case 2:
        return ((const uint16_t *)a->labels)[i];
    case 4:
        return ((const uint32_t *)a->labels)[i];
    default:
        return ((const uint8_t *)a->labels)[i];
    }
}

/* Labels of the caller in new memory, each below the classes. */
static sg_status copy_labels(const sg_data_info *info, const sg_data_arrays *a,
                             uint16_t **out, sg_error *error)
{
    uint16_t *labels = malloc(info->size * sizeof *labels);
    if (!labels)
        return sg__fail(error, SG_E_MEMORY, "data: out of memory");
    for (uint32_t i = 0; i < info->size; i++) {
        const uint32_t label = label_at(a, i);
        if (label >= info->classes) {
            free(labels);
            return sg__fail(error, SG_E_RANGE,
                            "data: sample %u: label %u, expected 0..%u", i,
                            label, info->classes - 1);
        }
        labels[i] = (uint16_t)label;
    }
    *out = labels;
    return SG_OK;
}

/* The data set; pixels that are lent it does not own. */
static sg_status take_arrays(const sg_data_info *info, const sg_data_arrays *a,
                             uint16_t *labels, sg_data **out, sg_error *error)
{
    const size_t bytes = pixel_bytes(info);
    uint8_t *pixels = NULL;
    if (!a->lent) {
        pixels = malloc(bytes);
        if (!pixels) {
            free(labels);
            return sg__fail(error, SG_E_MEMORY, "data: out of memory");
        }
        memcpy(pixels, a->pixels, bytes);
    }
    sg_status status = adopt(info, pixels, labels, NULL, out, error);
    if (status == SG_OK && a->lent) {
        sg__samples *samples = (*out)->own;
        samples->pixels = (uint8_t *)(uintptr_t)a->pixels; /* only read */
        samples->lent = true;
    }
    return status;
}

sg_status sg_data_create(const sg_data_info *info,
                         const sg_data_arrays *arrays, sg_data **out,
                         sg_error *error)
{
    sg_data_arrays a;
    size_t bytes;
    uint16_t *labels = NULL;
    if (out)
        *out = NULL;
    if (!info || !arrays || !out)
        return sg__fail(error, SG_E_ARGUMENT, "data: missing argument");
    sg_status status =
        sg__sized_take(arrays, &a, sizeof a, "arrays of data", error);
    if (status == SG_OK && (!a.pixels || !a.labels))
        return sg__fail(error, SG_E_ARGUMENT, "data: missing argument");
    if (status == SG_OK && (a.label_bytes > 4 || a.label_bytes == 3))
        status = sg__fail(error, SG_E_ARGUMENT,
                          "data: labels of %u bytes, expected 1, 2 or 4",
                          a.label_bytes);
    if (status == SG_OK)
        status = sg__data_check(info, &bytes, error);
    if (status == SG_OK)
        status = copy_labels(info, &a, &labels, error);
    if (status == SG_OK)
        status = take_arrays(info, &a, labels, out, error);
    if (status == SG_OK && a.class_names)
        status = sg_data_name_classes(*out, a.class_names, error);
    if (status != SG_OK) {
        sg_data_destroy(*out);
        *out = NULL;
    }
    return status;
}

sg_status sg_data_from_arrays(const sg_data_info *info, const uint8_t *pixels,
                              const uint8_t *labels, sg_data **out,
                              sg_error *error)
{
    const sg_data_arrays arrays = {.size = sizeof arrays,
                                   .pixels = pixels,
                                   .labels = labels};
    return sg_data_create(info, &arrays, out, error);
}

sg_status sg_data_over_arrays(const sg_data_info *info, const uint8_t *pixels,
                              const uint8_t *labels, sg_data **out,
                              sg_error *error)
{
    const sg_data_arrays arrays = {.size = sizeof arrays,
                                   .pixels = pixels,
                                   .labels = labels,
                                   .lent = 1};
    return sg_data_create(info, &arrays, out, error);
}

sg_status sg__data_view(const sg_data *data, uint32_t *index, uint32_t count,
                        sg_data **out, sg_error *error)
{
    sg_data *view = malloc(sizeof *view);
    if (!view) {
        free(index);
        return sg__fail(error, SG_E_MEMORY, "data: out of memory");
    }
    *view = (sg_data){.info = data->info,
                      .samples = data->samples,
                      .index = index};
    view->info.size = count;
    *out = view;
    return SG_OK;
}

/* An index of count places in new memory; some, so that NULL is a failure. */
static uint32_t *new_index(uint32_t count)
{
    return malloc((count ? count : 1) * sizeof(uint32_t));
}

sg_status sg_data_slice(const sg_data *data, uint32_t first, uint32_t count,
                        sg_data **out, sg_error *error)
{
    if (out)
        *out = NULL;
    if (!data || !out)
        return sg__fail(error, SG_E_ARGUMENT, "data: missing argument");
    if (first > data->info.size || count > data->info.size - first)
        return sg__fail(error, SG_E_RANGE,
                        "%s: has %u samples, %u from sample %u on are wanted",
                        data->info.name, data->info.size, count, first);
    uint32_t *index = NULL;
    if (data->index) {
        index = new_index(count);
        if (!index)
            return sg__fail(error, SG_E_MEMORY, "data: out of memory");
        memcpy(index, data->index + first, count * sizeof *index);
    }
    sg_status status = sg__data_view(data, index, count, out, error);
    if (!status)
        (*out)->first = data->first + first;
    return status;
}

sg_status sg_data_select(const sg_data *data, const uint32_t *indices,
                         uint32_t count, sg_data **out, sg_error *error)
{
    if (out)
        *out = NULL;
    if (!data || !out || (!indices && count))
        return sg__fail(error, SG_E_ARGUMENT, "data: missing argument");
    for (uint32_t i = 0; i < count; i++)
        if (indices[i] >= data->info.size)
            return sg__fail(error, SG_E_RANGE,
                            "%s: has %u samples, number %u is wanted",
                            data->info.name, data->info.size, indices[i]);
    uint32_t *index = new_index(count);
    if (!index)
        return sg__fail(error, SG_E_MEMORY, "data: out of memory");
    for (uint32_t i = 0; i < count; i++)
        index[i] = sg__data_place(data, indices[i]);
    return sg__data_view(data, index, count, out, error);
}

const sg_data_info *sg_data_get_info(const sg_data *data)
{
    if (!data)
        return NULL;
    return &data->info;
}

/* Draws a sample, unless another thread does or did: then waits for it. */
static void draw(const sg__samples *samples, uint32_t place)
{
    _Atomic unsigned char *state = &samples->state[place];
    unsigned char seen = BLANK;
    if (atomic_compare_exchange_strong(state, &seen, IN_HAND)) {
        samples->drawer.draw(&samples->drawer, place,
                             samples->pixels + place * samples->sample_bytes);
        atomic_store_explicit(state, DRAWN, memory_order_release);
        return;
    }
    while (atomic_load_explicit(state, memory_order_acquire) != DRAWN)
        sched_yield();
}

const uint8_t *sg_data_pixels(const sg_data *data, uint32_t i)
{
    if (!data || i >= data->info.size)
        return NULL;
    const sg__samples *samples = data->samples;
    uint32_t place = sg__data_place(data, i);
    if (samples->state && atomic_load_explicit(&samples->state[place],
                                               memory_order_acquire) != DRAWN)
        draw(samples, place);
    return samples->pixels + place * samples->sample_bytes;
}

uint32_t sg_data_label(const sg_data *data, uint32_t i)
{
    if (!data || i >= data->info.size)
        return 0;
    return data->samples->labels[sg__data_place(data, i)];
}

int sg_data_has_events(const sg_data *data)
{
    return data && data->samples->recorder.read;
}

uint32_t sg_data_recording(const sg_data *data, uint32_t i)
{
    if (!data || i >= data->info.size)
        return UINT32_MAX;
    const sg__recorder *r = &data->samples->recorder;
    const uint32_t place = sg__data_place(data, i);
    return r->recording ? r->recording(r->self, place) : place;
}

sg_status sg_data_events(const sg_data *data, uint32_t i,
                         sg_data_event **events, size_t *count,
                         sg_error *error)
{
    if (events)
        *events = NULL;
    if (count)
        *count = 0;
    if (!data || !events || !count)
        return sg__fail(error, SG_E_ARGUMENT, "data: missing argument");
    if (i >= data->info.size)
        return sg__fail(error, SG_E_RANGE,
                        "%s: has %u samples, number %u is wanted",
                        data->info.name, data->info.size, i);
    const sg__recorder *r = &data->samples->recorder;
    if (!r->read)
        return sg__fail(error, SG_E_ARGUMENT,
                        "%s: samples are no recordings of events",
                        data->info.name);
    return r->read(r->self, sg__data_place(data, i), events, count, error);
}

void sg_data_free_events(sg_data_event *events)
{
    free(events);
}

uint64_t sg_data_hash(const sg_data *data)
{
    enum { SAMPLES = 1000 };
    if (!data)
        return 0;
    const size_t bytes = data->samples->sample_bytes;
    const uint32_t size = data->info.size;
    const uint32_t n = size < SAMPLES ? size : SAMPLES;
    uint64_t hash = UINT64_C(14695981039346656037);
    for (uint32_t k = 0; k < n; k++) {
        uint32_t i = (uint32_t)((uint64_t)k * size / n);
        const uint8_t *pixels = sg_data_pixels(data, i);
        for (size_t b = 0; b < bytes; b++)
            hash = (hash ^ pixels[b]) * UINT64_C(1099511628211);
        const uint32_t label = sg_data_label(data, i);
        hash = (hash ^ (label & 255)) * UINT64_C(1099511628211);
        if (data->info.classes > 256)
            hash = (hash ^ (label >> 8)) * UINT64_C(1099511628211);
    }
    return hash ? hash : 1;
}

void sg_data_destroy(sg_data *data)
{
    if (!data)
        return;
    free_samples(data->own);
    free(data->own_name);
    free(data->index);
    free(data);
}
