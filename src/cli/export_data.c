/* PNG by libpng's simplified interface, IDX by hand; see export_data.h. */
#include "cli/export_data.h"

#include <errno.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/base/output.h"

enum { GRID = 1, GRID_GREY = 128, SHEET_MAX = 20000 };

/* Copies sample i into the sheet with its upper left corner at (x, y). */
static void place(const sg_data *data, uint32_t i, uint32_t scale,
                  uint8_t *sheet, size_t row_bytes, uint32_t x, uint32_t y)
{
    const sg_data_info *info = sg_data_get_info(data);
    const uint8_t *pixels = sg_data_pixels(data, i);
    size_t depth = info->channels;
    for (uint32_t v = 0; v < info->height * scale; v++) {
        for (uint32_t u = 0; u < info->width * scale; u++) {
            size_t from =
                ((size_t)(v / scale) * info->width + u / scale) * depth;
            memcpy(sheet + (y + v) * row_bytes + (x + u) * depth,
                   pixels + from, depth);
        }
    }
}

static int write_png(const char *path, png_image *image, const uint8_t *sheet)
{
    output out;
    int code = output_open(&out, path);
    if (code != CLI_OK)
        return code;
    errno = 0;
    if (!png_image_write_to_stdio(image, out.stream, 0, sheet, 0, NULL))
        code = output_failed(&out, image->message);
    png_image_free(image);
    return output_close(&out, code);
}

int export_png(const sg_data *data, uint32_t scale, const char *path)
{
    const sg_data_info *info = sg_data_get_info(data);
    uint32_t columns = 1;
    if (info->channels != 1 && info->channels != 3)
        return cli_usage("data",
                         "--png: images of %u channels are neither "
                         "grey nor RGB",
                         info->channels);
    while ((uint64_t)columns * columns < info->size)
        columns++;
    uint64_t rows = (info->size + columns - 1) / columns;
    uint64_t width = columns * ((uint64_t)info->width * scale + GRID) + GRID;
    uint64_t height = rows * ((uint64_t)info->height * scale + GRID) + GRID;
    if (width > SHEET_MAX || height > SHEET_MAX)
        return cli_usage("data",
                         "--png: a sheet of %llux%llu pixels is "
                         "larger than %d: fewer samples or a smaller scale",
                         (unsigned long long)width, (unsigned long long)height,
                         SHEET_MAX);
    size_t row_bytes = (size_t)width * info->channels;
    uint8_t *sheet = malloc(row_bytes * (size_t)height);
    if (!sheet)
        return cli_fail("%s: out of memory", path);
    memset(sheet, GRID_GREY, row_bytes * (size_t)height);
    for (uint32_t i = 0; i < info->size; i++)
        place(data, i, scale, sheet, row_bytes,
              GRID + i % columns * (info->width * scale + GRID),
              GRID + i / columns * (info->height * scale + GRID));
    png_image image = {
        .version = PNG_IMAGE_VERSION,
        .width = (png_uint_32)width,
        .height = (png_uint_32)height,
        .format = info->channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY,
    };
    int code = write_png(path, &image, sheet);
    free(sheet);
    return code;
}

static void put_u32(FILE *stream, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        fputc((int)(value >> shift & 255), stream);
}

/* Magic 00 00 08 D, the sizes, then what follows. */
static void put_head(FILE *stream, const uint32_t *sizes, uint32_t dimensions)
{
    put_u32(stream, 0x0800 | dimensions);
    for (uint32_t d = 0; d < dimensions; d++)
        put_u32(stream, sizes[d]);
}

static int export_images(const sg_data *data, const char *path)
{
    output out;
    const sg_data_info *info = sg_data_get_info(data);
    uint32_t sizes[] = {info->size, info->height, info->width, info->channels};
    size_t bytes = (size_t)info->height * info->width * info->channels;
    int code = output_open(&out, path);
    if (code != CLI_OK)
        return code;
    put_head(out.stream, sizes, info->channels > 1 ? 4 : 3);
    for (uint32_t i = 0; i < info->size; i++)
        fwrite(sg_data_pixels(data, i), 1, bytes, out.stream);
    return output_close(&out, CLI_OK);
}

static int export_labels(const sg_data *data, const char *path, bool wide)
{
    output out;
    uint32_t size = sg_data_get_info(data)->size;
    int code = output_open(&out, path);
    if (code != CLI_OK)
        return code;
    put_u32(out.stream, (wide ? 0x0c00 : 0x0800) | 1);
    put_u32(out.stream, size);
    for (uint32_t i = 0; i < size; i++)
        if (wide)
            put_u32(out.stream, sg_data_label(data, i));
        else
            fputc((int)sg_data_label(data, i), out.stream);
    return output_close(&out, CLI_OK);
}

/* What idx: reads has its first class at 1 if no label is 0 and one is 1. */
static void tell_base(const sg_data *data)
{
    uint32_t lowest = UINT32_MAX;
    for (uint32_t i = 0; i < sg_data_get_info(data)->size; i++)
        if (sg_data_label(data, i) < lowest)
            lowest = sg_data_label(data, i);
    if (lowest == 1)
        clean_line(stderr, "spikegrad: --idx: no sample is of class 0: "
                           "idx:DIR,base=0 reads the labels as they are");
}

int export_idx(const sg_data *data, const char *prefix)
{
    size_t room = strlen(prefix) + 32;
    char *path = malloc(room);
    if (!path)
        return cli_fail("%s: out of memory", prefix);
    snprintf(path, room, "%s-images-idx%d-ubyte", prefix,
             sg_data_get_info(data)->channels > 1 ? 4 : 3);
    int code = export_images(data, path);
    if (code == CLI_OK) {
        const bool wide = sg_data_get_info(data)->classes > 256;
        snprintf(path, room, "%s-labels-idx1-%s", prefix,
                 wide ? "int" : "ubyte");
        code = export_labels(data, path, wide);
    }
    free(path);
    if (code == CLI_OK)
        tell_base(data);
    return code;
}
