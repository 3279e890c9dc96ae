/* Rows into samples; see canvas.h. Sums of a row are at most 255 * 2^14, those
 * of a sample 255 * 2^26. */
#include "data/images/canvas.h"

#include <stdlib.h>
#include <string.h>

static sg_status check_size(const sg__canvas *c, uint32_t height,
                            uint32_t width, sg_error *error)
{
    if (height < 1 || width < 1 || height > SG__PICTURE_SIDE_MAX ||
        width > SG__PICTURE_SIDE_MAX ||
        (uint64_t)height * width > SG__PICTURE_PIXELS_MAX)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: a picture of %ux%u, expected sides of 1..%d and "
                        "at most %d pixels",
                        c->name, height, width, SG__PICTURE_SIDE_MAX,
                        SG__PICTURE_PIXELS_MAX);
    return SG_OK;
}

static sg_status check_form(const sg__canvas *c, uint32_t height,
                            uint32_t width, uint32_t channels, sg_error *error)
{
    const sg__picture_form *f = c->form;
    if (f->height && !f->resize && (height != f->height || width != f->width))
        return sg__fail(error, SG_E_FORMAT,
                        "%.200s: %ux%u pixels, expected %ux%u as the first "
                        "picture has; ',size=HxW' makes all alike",
                        c->name, height, width, f->height, f->width);
    if (f->channels && !f->convert && channels != f->channels)
        return sg__fail(error, SG_E_FORMAT,
                        "%.200s: %s, and the first picture is %s; "
                        "',channels=1' or 'channels=3' makes all alike",
                        c->name, channels == 1 ? "grey" : "in colour",
                        channels == 1 ? "in colour" : "grey");
    return SG_OK;
}

sg_status sg__canvas_begin(sg__canvas *c, uint32_t height, uint32_t width,
                           uint32_t channels, sg_error *error)
{
    const sg__picture_form *f = c->form;
    sg_status status = check_size(c, height, width, error);
    if (!status)
        status = check_form(c, height, width, channels, error);
    if (status)
        return status;
    c->from_height = height;
    c->from_width = width;
    c->from_channels = channels;
    c->height = f->resize ? f->height : height;
    c->width = f->resize ? f->width : width;
    c->channels = f->channels ? f->channels : channels;
    c->row = c->done = 0;
    const size_t columns = (size_t)c->width * c->channels;
    if (columns > SG__SAMPLE_BYTES_MAX / c->height)
        return sg__fail(error, SG_E_FORMAT,
                        "%.200s: a sample of %ux%ux%u, expected at most %d "
                        "bytes; ',size=HxW' makes it smaller",
                        c->name, c->height, c->width, c->channels,
                        SG__SAMPLE_BYTES_MAX);
    if (!c->pixels)
        c->pixels = malloc(columns * c->height);
    c->sums = calloc(columns, sizeof *c->sums);
    c->line = malloc(columns * sizeof *c->line);
    c->grey = malloc((size_t)width * c->channels);
    if (c->pixels && c->sums && c->line && c->grey)
        return SG_OK;
    return sg__fail(error, SG_E_MEMORY, "%s: out of memory", c->name);
}

/* The row in the channels of the sample. */
static const uint8_t *convert(const sg__canvas *c, const uint8_t *row)
{
    if (c->channels == c->from_channels)
        return row;
    for (uint32_t x = 0; x < c->from_width; x++) {
        if (c->channels == 3) {
            memset(c->grey + (size_t)3 * x, row[x], 3);
            continue;
        }
        const uint8_t *p = row + (size_t)3 * x;
        c->grey[x] = (uint8_t)((19595U * p[0] + 38470U * p[1] + 7471U * p[2] +
                                32768U) >>
                               16);
    }
    return c->grey;
}

/* The part that [a, a + m) and [b, b + n) have in common. */
static uint32_t common(uint32_t a, uint32_t m, uint32_t b, uint32_t n)
{
    uint32_t from = a > b ? a : b;
    uint32_t to = a + m < b + n ? a + m : b + n;
    return to > from ? to - from : 0;
}

/* line[X] is the sum of u(i, X) in(i). */
static void sum_row(const sg__canvas *c, const uint8_t *row)
{
    const uint32_t w = c->from_width, W = c->width, n = c->channels;
    memset(c->line, 0, (size_t)W * n * sizeof *c->line);
    uint32_t x = 0;
    for (uint32_t i = 0; i < w; i++)
        for (;;) {
            uint32_t part = common(i * W, W, x * w, w);
            for (uint32_t k = 0; k < n; k++)
                c->line[(size_t)x * n + k] += part * row[(size_t)i * n + k];
            if ((x + 1) * w > (i + 1) * W || x + 1 == W)
                break;
            x++;
            if (x * w >= (i + 1) * W)
                break;
        }
}

static void finish_row(sg__canvas *c)
{
    const uint64_t area = (uint64_t)c->from_height * c->from_width;
    const size_t columns = (size_t)c->width * c->channels;
    uint8_t *out = c->pixels + c->done * columns;
    for (size_t k = 0; k < columns; k++)
        out[k] = (uint8_t)((c->sums[k] + area / 2) / area);
    memset(c->sums, 0, columns * sizeof *c->sums);
    c->done++;
}

void sg__canvas_row(sg__canvas *c, const uint8_t *row)
{
    const size_t columns = (size_t)c->width * c->channels;
    const uint32_t h = c->from_height, H = c->height, j = c->row;
    if (j >= h)
        return;
    row = convert(c, row);
    c->row++;
    if (h == H && c->from_width == c->width) {
        memcpy(c->pixels + j * columns, row, columns);
        return;
    }
    sum_row(c, row);
    while (c->done < H) {
        uint32_t part = common(j * H, H, c->done * h, h);
        for (size_t k = 0; k < columns; k++)
            c->sums[k] += (uint64_t)part * c->line[k];
        if ((c->done + 1) * h > (j + 1) * H)
            break;
        finish_row(c);
        if (c->done * h >= (j + 1) * H)
            break;
    }
}

void sg__canvas_end(sg__canvas *c)
{
    free(c->sums);
    free(c->line);
    free(c->grey);
    c->sums = NULL;
    c->line = NULL;
    c->grey = NULL;
}
