/* Rows of a picture, as they are decoded, into the pixels of a sample: grey or
 * colour, resampled to a size.
 *
 * Grey of colour is floor((19595 R + 38470 G + 7471 B + 32768) / 65536), the
 * luma of ITU-R BT.601; colour of grey is three times the same.
 *
 * A picture of h x w becomes H x W by the mean over areas. Of pixel i of w and
 * X of W let u(i, X) be the length that [i W, (i + 1) W) and [X w, (X + 1) w)
 * have in common, and v(j, Y) likewise of rows. Then
 *
 *     out(Y, X) = floor((sum over j, i of v(j, Y) u(i, X) in(j, i)
 *                        + floor(h w / 2)) / (h w))
 *
 * in integers, so the same everywhere. Sides are not kept in proportion. */
#ifndef SG_DATA_IMAGES_CANVAS_H
#define SG_DATA_IMAGES_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum {
    SG__PICTURE_SIDE_MAX = 16384,
    SG__PICTURE_PIXELS_MAX = 1 << 26,
    SG__SAMPLE_BYTES_MAX = 1 << 25
};

/* What samples are to be like. */
typedef struct sg__picture_form {
    uint32_t height, width; /* 0: that of the picture */
    uint32_t channels;      /* 1, 3, or 0: that of the picture */
    uint8_t background;     /* what is behind transparent pixels */
    bool resize;            /* else another size is an error */
    bool convert;           /* else other channels are one */
} sg__picture_form;

/* A picture under way. */
typedef struct sg__canvas {
    const char *name; /* for details */
    const sg__picture_form *form;
    uint8_t *pixels; /* of form's shape, the caller's; NULL: made by begin, and
                        the caller frees them */
    uint32_t height, width, channels; /* of the sample */
    uint32_t from_height, from_width, from_channels, row, done;
    uint64_t *sums; /* [width][channels] of the row in the making, */
    uint32_t *line; /* of the row of the picture, */
    uint8_t *grey;  /* and that row in the sample's channels */
} sg__canvas;

/* sg__canvas_begin: a picture of this shape begins; channels 1 or 3.
 * SG_E_FORMAT if it is too large or not of the form; SG_E_MEMORY. */
sg_status sg__canvas_begin(sg__canvas *canvas, uint32_t height, uint32_t width,
                           uint32_t channels, sg_error *error);

/* sg__canvas_row: the next row, uint8[width][channels] of the picture. */
void sg__canvas_row(sg__canvas *canvas, const uint8_t *row);

/* sg__canvas_end: frees all but the pixels. */
void sg__canvas_end(sg__canvas *canvas);

#endif
