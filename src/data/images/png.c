/* PNG by libpng, row by row; an interlaced picture is whole in memory. */
#include "data/images/picture.h"

#ifdef SPIKEGRAD_PNG

#include <inttypes.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_MAX = 1 << 23, WHOLE_MAX = 1 << 25 };

/* All that a jump out of libpng may leave behind. */
typedef struct state {
    const uint8_t *bytes;
    size_t size, at;
    sg__canvas *canvas;
    sg_error *error;
    sg_status status;
    png_structp png;
    png_infop info;
    uint8_t *rows; /* as libpng gives them: one, or all */
    uint8_t *flat; /* a row without alpha */
    uint32_t height, width, channels;
    bool grey, starved; /* starved: there was no memory */
} state;

static void on_error(png_structp png, png_const_charp text)
{
    state *s = png_get_error_ptr(png);
    if (s->starved && !s->status)
        s->status = sg__fail(s->error, SG_E_MEMORY, "%s: out of memory",
                             s->canvas->name);
    if (!s->status) /* else a status of our own */
        s->status = sg__fail(s->error, SG_E_FORMAT,
                             "%.200s: byte %zu: broken PNG: %.80s",
                             s->canvas->name, s->at, text);
    longjmp(png_jmpbuf(png), 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void pull(png_structp png, png_bytep to, png_size_t want)
{
    state *s = png_get_io_ptr(png);
    if (want > s->size - s->at) {
        s->at = s->size;
        png_error(png, "the file ends, expected more");
    }
    memcpy(to, s->bytes + s->at, want);
    s->at += want;
}

static png_voidp take_memory(png_structp png, png_alloc_size_t size)
{
    state *s = png_get_mem_ptr(png);
    void *memory = malloc(size);
    s->starved = s->starved || !memory;
    return memory;
}

static void give_memory(png_structp png, png_voidp memory)
{
    (void)png;
    free(memory);
}

/* Whether every colour of the palette is a grey. */
static bool grey_palette(state *s)
{
    png_colorp palette;
    int count = 0;
    if (!png_get_PLTE(s->png, s->info, &palette, &count))
        return false;
    for (int i = 0; i < count; i++)
        if (palette[i].red != palette[i].green ||
            palette[i].red != palette[i].blue)
            return false;
    return true;
}

/* 8 bits a channel, palettes as colours, transparency as alpha. */
static int set_transforms(state *s)
{
    png_byte type = png_get_color_type(s->png, s->info);
    png_byte depth = png_get_bit_depth(s->png, s->info);
    s->grey = !(type & PNG_COLOR_MASK_COLOR) ||
              (type == PNG_COLOR_TYPE_PALETTE && grey_palette(s));
    if (type == PNG_COLOR_TYPE_PALETTE)
        png_set_palette_to_rgb(s->png);
    if (type == PNG_COLOR_TYPE_GRAY && depth < 8)
        png_set_expand_gray_1_2_4_to_8(s->png);
    if (png_get_valid(s->png, s->info, PNG_INFO_tRNS))
        png_set_tRNS_to_alpha(s->png);
    if (depth == 16)
        png_set_scale_16(s->png);
    int passes = png_set_interlace_handling(s->png);
    png_read_update_info(s->png, s->info);
    s->channels = png_get_channels(s->png, s->info);
    return passes;
}

/* A row on the canvas, laid over the background. */
static void deliver(state *s, const uint8_t *row)
{
    const uint32_t n = s->channels, colours = n < 3 ? 1 : 3;
    const uint32_t keep = s->grey ? 1 : 3;
    if (n == keep) {
        sg__canvas_row(s->canvas, row);
        return;
    }
    const uint32_t behind = s->canvas->form->background;
    for (uint32_t x = 0; x < s->width; x++) {
        const uint8_t *p = row + (size_t)x * n;
        uint32_t a = n > colours ? p[colours] : 255;
        for (uint32_t k = 0; k < keep; k++)
            s->flat[(size_t)x * keep + k] =
                (uint8_t)((p[k] * a + behind * (255 - a) + 127) / 255);
    }
    sg__canvas_row(s->canvas, s->flat);
}

static void read_rows(state *s, int passes)
{
    const size_t bytes = (size_t)s->width * s->channels;
    const size_t rows = passes > 1 ? s->height : 1;
    if (rows > WHOLE_MAX / bytes && rows > 1)
        s->status = sg__fail(s->error, SG_E_FORMAT,
                             "%.200s: interlaced and of %ux%u, expected at "
                             "most %d bytes of such a picture",
                             s->canvas->name, s->height, s->width, WHOLE_MAX);
    else if (!(s->rows = calloc(rows, bytes)) ||
             !(s->flat = malloc((size_t)s->width * 3)))
        s->status = sg__fail(s->error, SG_E_MEMORY, "%s: out of memory",
                             s->canvas->name);
    if (s->status)
        return;
    for (int pass = 0; pass < passes; pass++)
        for (uint32_t y = 0; y < s->height; y++) {
            uint8_t *row = s->rows + (passes > 1 ? y * bytes : 0);
            png_read_row(s->png, row, NULL);
            if (pass + 1 == passes)
                deliver(s, row);
        }
    png_read_end(s->png, NULL);
}

static void read_picture(state *s)
{
    png_set_read_fn(s->png, s, pull);
    png_set_user_limits(s->png, SG__PICTURE_SIDE_MAX, SG__PICTURE_SIDE_MAX);
    png_set_chunk_malloc_max(s->png, CHUNK_MAX);
    png_read_info(s->png, s->info);
    s->height = png_get_image_height(s->png, s->info);
    s->width = png_get_image_width(s->png, s->info);
    int passes = set_transforms(s);
    s->status = sg__canvas_begin(s->canvas, s->height, s->width,
                                 s->grey ? 1 : 3, s->error);
    if (!s->status)
        read_rows(s, passes);
}

sg_status sg__png_read(const uint8_t *bytes, size_t size, sg__canvas *canvas,
                       sg_error *error)
{
    state *s = calloc(1, sizeof *s);
    if (!s)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", canvas->name);
    s->bytes = bytes;
    s->size = size;
    s->canvas = canvas;
    s->error = error;
    s->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, s, on_error,
                                      on_warning, s, take_memory, give_memory);
    if (s->png)
        s->info = png_create_info_struct(s->png);
    if (!s->info)
        s->status =
            sg__fail(error, SG_E_MEMORY, "%s: out of memory", canvas->name);
    else if (setjmp(png_jmpbuf(s->png)) == 0)
        read_picture(s);
    png_destroy_read_struct(&s->png, &s->info, NULL);
    free(s->rows);
    free(s->flat);
    sg__canvas_end(canvas);
    sg_status status = s->status;
    free(s);
    return status;
}

#else

sg_status sg__png_read(const uint8_t *bytes, size_t size, sg__canvas *canvas,
                       sg_error *error)
{
    (void)bytes;
    (void)size;
    return sg__fail(error, SG_E_UNSUPPORTED,
                    "%s: a PNG file, and this build has no libpng",
                    canvas->name);
}

#endif
