/* JPEG by libjpeg-turbo, row by row. What the library merely warns of, data
 * that are damaged or cut off, is an error here. */
#include "data/images/picture.h"

#ifdef SPIKEGRAD_JPEG

#include <inttypes.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

enum { SCANS_MAX = 64, COEFFICIENTS_MAX = 1 << 24, RATIO_MAX = 100 };

/* All that a jump out of libjpeg may leave behind; the first two are what
 * libjpeg gets, and finds its owner by. */
typedef struct state {
    struct jpeg_error_mgr manager;
    struct jpeg_progress_mgr progress;
    struct jpeg_decompress_struct jpeg;
    jmp_buf jump;
    size_t size;
    sg__canvas *canvas;
    sg_error *error;
    sg_status status;
    uint8_t *row;
} state;

static void give_up(state *s, sg_status status, const char *text)
{
    const struct jpeg_source_mgr *src = s->jpeg.src;
    size_t left = src ? src->bytes_in_buffer : 0;
    if (status == SG_E_MEMORY)
        s->status =
            sg__fail(s->error, status, "%s: out of memory", s->canvas->name);
    else
        s->status =
            sg__fail(s->error, status, "%.200s: byte %zu: broken JPEG: %.80s",
                     s->canvas->name,
                     left <= s->size ? s->size - left : s->size, text);
    longjmp(s->jump, 1);
}

static void on_error(j_common_ptr c)
{
    char text[JMSG_LENGTH_MAX];
    state *s = (state *)c->client_data;
    c->err->format_message(c, text);
    give_up(s,
            c->err->msg_code == JERR_OUT_OF_MEMORY ? SG_E_MEMORY : SG_E_FORMAT,
            text);
}

static void on_message(j_common_ptr c, int level)
{
    if (level < 0 && c->err->msg_code != JWRN_EXTRANEOUS_DATA)
        on_error(c);
}

static void on_output(j_common_ptr c)
{
    (void)c;
}

/* A progressive picture may have any number of scans, each of them work. */
static void on_progress(j_common_ptr c)
{
    state *s = (state *)c->client_data;
    if (s->jpeg.input_scan_number > SCANS_MAX)
        give_up(s, SG_E_FORMAT, "expected at most 64 scans");
}

/* Whether what has to be whole in memory is in proportion to the file. */
static bool in_proportion(const state *s)
{
    const struct jpeg_decompress_struct *j = &s->jpeg;
    uint64_t bytes = (uint64_t)j->image_width * j->image_height *
                     (uint64_t)j->num_components * sizeof(JCOEF);
    return !jpeg_has_multiple_scans((j_decompress_ptr)(uintptr_t)j) ||
           bytes <= COEFFICIENTS_MAX || bytes / RATIO_MAX <= (uint64_t)s->size;
}

static void read_rows(state *s)
{
    struct jpeg_decompress_struct *j = &s->jpeg;
    s->row = malloc((size_t)j->output_width * (size_t)j->output_components);
    if (!s->row)
        give_up(s, SG_E_MEMORY, "");
    while (j->output_scanline < j->output_height) {
        JSAMPROW row = s->row;
        (void)jpeg_read_scanlines(j, &row, 1);
        sg__canvas_row(s->canvas, s->row);
    }
    (void)jpeg_finish_decompress(j);
}

static void read_picture(state *s, const uint8_t *bytes)
{
    struct jpeg_decompress_struct *j = &s->jpeg;
    jpeg_create_decompress(j);
    j->client_data = s;
    j->progress = &s->progress;
    jpeg_mem_src(j, (unsigned char *)(uintptr_t)bytes, s->size);
    (void)jpeg_read_header(j, TRUE);
    if (j->num_components != 1 && j->num_components != 3)
        give_up(s, SG_E_FORMAT, "expected grey or three colours, found CMYK");
    if (!in_proportion(s))
        give_up(s, SG_E_FORMAT, "more than 100 times as large as the file");
    bool grey = j->num_components == 1;
    s->status = sg__canvas_begin(s->canvas, j->image_height, j->image_width,
                                 grey ? 1 : 3, s->error);
    if (s->status)
        return;
    j->out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
    j->dct_method = JDCT_ISLOW;
    j->do_fancy_upsampling = TRUE;
    j->do_block_smoothing = FALSE;
    (void)jpeg_start_decompress(j);
    read_rows(s);
}

sg_status sg__jpeg_read(const uint8_t *bytes, size_t size, sg__canvas *canvas,
                        sg_error *error)
{
    state *s = calloc(1, sizeof *s);
    if (!s)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", canvas->name);
    s->size = size;
    s->canvas = canvas;
    s->error = error;
    s->jpeg.err = jpeg_std_error(&s->manager);
    s->manager.error_exit = on_error;
    s->manager.emit_message = on_message;
    s->manager.output_message = on_output;
    s->progress.progress_monitor = on_progress;
    s->jpeg.client_data = s;
    if (setjmp(s->jump) == 0)
        read_picture(s, bytes);
    jpeg_destroy_decompress(&s->jpeg);
    free(s->row);
    sg__canvas_end(canvas);
    sg_status status = s->status;
    free(s);
    return status;
}

#else

sg_status sg__jpeg_read(const uint8_t *bytes, size_t size, sg__canvas *canvas,
                        sg_error *error)
{
    (void)bytes;
    (void)size;
    return sg__fail(error, SG_E_UNSUPPORTED,
                    "%s: a JPEG file, and this build has no libjpeg",
                    canvas->name);
}

#endif
