/* Reading IDX. Nothing in a file is believed before it is checked, and every
 * detail names the file and the byte where it went wrong. */
#include "data/idx.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/folder.h"
#include "data/map.h"

enum { UBYTE = 0x08, SBYTE = 0x09, SHORT = 0x0b, INT = 0x0c };

#define SIDE_MAX 65535
#define FIRST_BYTES ((uint64_t)1 << 20)

/* Bytes of an item of this type, or 0 if it is no whole number. */
static uint32_t width_of(uint8_t type)
{
    return type == UBYTE || type == SBYTE ? 1
           : type == SHORT                ? 2
           : type == INT                  ? 4
                                          : 0;
}

static uint32_t big_endian(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 |
           b[3];
}

static sg_status check_magic(sg__source *source, sg__idx_kind kind,
                             const uint8_t b[4], sg_error *error)
{
    char text[64];
    bool images = kind == SG__IDX_IMAGES;
    uint32_t low = images ? 3 : 1, high = images ? 4 : 2;
    bool type = images ? b[2] == UBYTE : width_of(b[2]) > 0;
    if (b[0] == 0 && b[1] == 0 && type && b[3] >= low && b[3] <= high)
        return SG_OK;
    return sg__fail(error, SG_E_FORMAT,
                    "%.140s: byte 0: magic %02x %02x %02x %02x, expected "
                    "00 00 08 %02x (%s)%s",
                    source->name, b[0], b[1], b[2], b[3], low,
                    images ? "unsigned bytes, 3 dimensions, or 4 with channels"
                           : "labels, 1 dimension",
                    sg__sniff_source(source, b, 4, text));
}

/* Reads and checks the header; the bytes that must follow are *total, items
 * of *type. */
static sg_status read_header(sg__source *source, sg__idx_kind kind,
                             sg__idx *out, uint8_t *type, uint64_t *total,
                             sg_error *error)
{
    uint8_t b[4 * SG__IDX_DIMS];
    sg_status status = sg__source_exact(source, b, 4, "IDX magic", error);
    if (!status)
        status = check_magic(source, kind, b, error);
    if (status)
        return status;
    *type = b[2];
    out->dims = b[3];
    status =
        sg__source_exact(source, b, 4 * (size_t)out->dims, "IDX sizes", error);
    if (status)
        return status;

    *total = width_of(*type);
    for (uint32_t i = 0; i < SG__IDX_DIMS; i++) {
        uint32_t size = i < out->dims ? big_endian(b + 4 * i) : 1;
        uint32_t most = i == 0 ? UINT32_MAX : SIDE_MAX;
        if (size == 0 || size > most)
            return sg__fail(error, SG_E_FORMAT,
                            "%s: byte %u: size %u of dimension %u, expected "
                            "1..%u",
                            source->name, 4 + 4 * i, size, i + 1, most);
        out->size[i] = size;
        *total = *total > UINT64_MAX / size ? UINT64_MAX : *total * size;
    }
    return sg__source_admit(source, *total, "items", error);
}

/* Reads total bytes into memory that doubles as they come. */
static sg_status read_items(sg__source *source, uint64_t total, uint8_t **out,
                            sg_error *error)
{
    uint8_t *bytes = NULL;
    uint64_t have = 0;
    while (have < total) {
        uint64_t room = have ? 2 * have : FIRST_BYTES;
        if (room > total)
            room = total;
        uint8_t *grown = realloc(bytes, (size_t)room);
        sg_status status =
            grown ? sg__source_exact(source, grown + have,
                                     (size_t)(room - have), "items", error)
                  : sg__fail(error, SG_E_MEMORY, "%s: out of memory",
                             source->name);
        if (status) {
            free(grown ? grown : bytes);
            return status;
        }
        bytes = grown;
        have = room;
    }
    *out = bytes;
    return SG_OK;
}

/* Label i is the number in the first column of row i; the bytes it is made of
 * are freed. */
static sg_status take_numbers(const sg__source *source, sg__idx *labels,
                              uint8_t type, sg_error *error)
{
    const size_t width = width_of(type);
    const size_t row = width * labels->size[1];
    labels->labels = malloc(labels->size[0] * sizeof *labels->labels);
    if (!labels->labels)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", source->name);
    for (uint32_t i = 0; i < labels->size[0]; i++) {
        const uint8_t *item = labels->bytes + i * row;
        bool negative = type != UBYTE && item[0] >> 7;
        uint32_t value = 0;
        for (size_t b = 0; b < width; b++)
            value = value << 8 | item[b];
        if (negative || value > UINT16_MAX)
            return sg__fail(error, SG_E_FORMAT,
                            "%s: byte %" PRIu64 ": label %s%u, expected "
                            "0..%d",
                            source->name,
                            (uint64_t)i * row + 4 + 4 * labels->dims,
                            negative ? "-" : "",
                            negative && width < 4 ? (1U << 8 * width) - value
                            : negative            ? 0 - value
                                                  : value,
                            UINT16_MAX);
        labels->labels[i] = (uint16_t)value;
    }
    labels->size[1] = 1;
    free(labels->bytes);
    labels->bytes = NULL;
    return SG_OK;
}

/* bare: what is whole in a file is left there, and bytes is NULL. */
static sg_status read_idx(sg__source *source, sg__idx_kind kind, bool bare,
                          sg__idx *out, sg_error *error)
{
    *out = (sg__idx){.bytes = NULL};
    uint64_t total = 0;
    uint8_t type = UBYTE;
    sg_status status = read_header(source, kind, out, &type, &total, error);
    out->begin = source->offset;
    if (!status && bare && source->known &&
        source->length == out->begin + total)
        return SG_OK;
    if (!status)
        status = read_items(source, total, &out->bytes, error);
    if (status)
        return status;

    uint64_t end = source->offset;
    uint8_t extra;
    size_t got;
    status = sg__source_read(source, &extra, 1, &got, error);
    if (!status && got)
        status = sg__fail(error, SG_E_FORMAT,
                          "%s: byte %" PRIu64 ": the file goes on after its "
                          "last item",
                          source->name, end);
    if (!status && kind == SG__IDX_LABELS)
        status = take_numbers(source, out, type, error);
    if (status) {
        free(out->bytes);
        free(out->labels);
        out->bytes = NULL;
        out->labels = NULL;
    }
    return status;
}

sg_status sg__idx_read(sg__source *source, sg__idx_kind kind, sg__idx *out,
                       sg_error *error)
{
    return read_idx(source, kind, false, out, error);
}

/* Makes classes of labels. */
static sg_status take_labels(const char *name, sg__idx *labels,
                             uint32_t images, sg__idx_rule rule,
                             sg_error *error)
{
    if (labels->size[0] != images)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: byte 4: %u labels, but there are %u images", name,
                        labels->size[0], images);
    for (uint32_t i = 0; i < images; i++) {
        uint32_t label = labels->labels[i];
        if (label < rule.base || label - rule.base >= rule.classes)
            return sg__fail(error, SG_E_FORMAT,
                            "%s: sample %u: label %u, expected %u..%u", name,
                            i, label, rule.base, rule.base + rule.classes - 1);
        labels->labels[i] = (uint16_t)(label - rule.base);
    }
    return SG_OK;
}

/* Channels that images in colour have, at most, to be known by them. */
enum { COLOURS = 4 };

/* Puts planes of channels, N,C,H,W, beside each other for each pixel. */
static sg_status interleave(const char *name, sg__idx *images, sg_error *error)
{
    const size_t channels = images->size[1], height = images->size[2],
                 width = images->size[3], plane = height * width;
    uint8_t *planes = malloc(channels * plane), *to = images->bytes;
    if (!planes || !to) {
        free(planes);
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", name);
    }
    for (uint32_t n = 0; n < images->size[0]; n++) {
        memcpy(planes, to, channels * plane);
        for (size_t i = 0; i < plane; i++)
            for (size_t c = 0; c < channels; c++)
                *to++ = planes[c * plane + i];
    }
    free(planes);
    images->size[1] = (uint32_t)height;
    images->size[2] = (uint32_t)width;
    images->size[3] = (uint32_t)channels;
    return SG_OK;
}

static sg_status arrange(const char *name, sg__idx *images,
                         sg__idx_layout layout, sg_error *error)
{
    if (images->dims < 4 || layout == SG__IDX_NHWC)
        return SG_OK;
    if (layout == SG__IDX_NCHW)
        return interleave(name, images, error);
    if (images->size[3] > COLOURS && images->size[1] <= COLOURS)
        return sg__fail(error, SG_E_ARGUMENT,
                        "%s: images of %u by %u by %u: say layout=NCHW, or "
                        "NHWC if %u are the channels",
                        name, images->size[1], images->size[2],
                        images->size[3], images->size[3]);
    return SG_OK;
}

/* The same of images that were left in their file. */
static sg_status adopt_mapped(const char *path, const sg__idx *images,
                              const sg_data_info *info, uint16_t *labels,
                              sg_data **out, sg_error *error)
{
    const uint64_t bytes = images->begin + (uint64_t)info->size *
                                               info->height * info->width *
                                               info->channels;
    sg__map map;
    sg_status status = sg__map_open(path, &map, error);
    if (!status && map.size != bytes) {
        sg__map_close(&map);
        status = sg__fail(error, SG_E_IO,
                          "%s: has changed while it was being read", path);
    }
    if (status) {
        free(labels);
        return status;
    }
    return sg__data_adopt_mapped(info, &map, (size_t)images->begin, labels,
                                 out, error);
}

/* Data of images and labels, both of which it takes; path: of the images. */
static sg_status adopt(const char *path, sg__idx *images, sg__idx *labels,
                       uint32_t classes, const char *name, sg_data **out,
                       sg_error *error)
{
    const sg_data_info info = {
        .name = name,
        .height = images->size[1],
        .width = images->size[2],
        .channels = images->size[3],
        .classes = classes,
        .size = images->size[0],
    };
    uint16_t *numbers = labels->labels;
    labels->labels = NULL;
    if (!images->bytes)
        return adopt_mapped(path, images, &info, numbers, out, error);
    return sg__data_adopt_wide(&info, images->bytes, numbers, out, error);
}

sg_status sg__idx_images(sg__source *images, sg__idx_layout layout,
                         uint32_t classes, const char *name, sg_data **out,
                         sg_error *error)
{
    sg__idx pixels, none = {.labels = NULL};
    sg_status status = sg__idx_read(images, SG__IDX_IMAGES, &pixels, error);
    if (!status)
        status = arrange(images->name, &pixels, layout, error);
    if (!status && !(none.labels = calloc(pixels.size[0], 2)))
        status =
            sg__fail(error, SG_E_MEMORY, "%s: out of memory", images->name);
    if (status) {
        free(pixels.bytes);
        return status;
    }
    return adopt(images->name, &pixels, &none, classes, name, out, error);
}

sg_status sg__idx_pair(sg__source *images, const char *label_name,
                       sg__idx *labels, sg__idx_rule rule, const char *name,
                       sg_data **out, sg_error *error)
{
    const bool bare = !rule.copied && rule.layout != SG__IDX_NCHW &&
                      !images->memory && !images->pull;
    sg__idx pixels;
    sg_status status = read_idx(images, SG__IDX_IMAGES, bare, &pixels, error);
    if (!status)
        status = take_labels(label_name, labels, pixels.size[0], rule, error);
    if (!status)
        status = arrange(images->name, &pixels, rule.layout, error);
    if (status) {
        free(pixels.bytes);
        free(labels->labels);
        labels->labels = NULL;
        return status;
    }
    return adopt(images->name, &pixels, labels, rule.classes, name, out,
                 error);
}
