/* Pictures: PNG (SPIKEGRAD_PNG) and JPEG (SPIKEGRAD_JPEG), told apart by their
 * first bytes.
 *
 * Grey of fewer bits becomes 8 by v 255 / (2^b - 1), 16 bits by
 * floor(v 255 / 65535 + 1/2); a palette is its colours, and grey if each of
 * them is; with alpha a pixel is floor((p a + background (255 - a) + 127) /
 * 255). Gamma and colour profiles are passed over. JPEG is decoded by the
 * accurate integer transform with smooth upsampling. */
#ifndef SG_DATA_IMAGES_PICTURE_H
#define SG_DATA_IMAGES_PICTURE_H

#include <stddef.h>

#include "data/images/canvas.h"
#include "data/reader.h"

/* sg__picture_named: whether a file of this name is a picture that is read;
 * *other: one of a kind that is not. */
bool sg__picture_named(const char *name, bool *other);

/* sg__picture_form_read: size=, channels= and background= of a request, where
 * they are given. SG_E_ARGUMENT. */
sg_status sg__picture_form_read(const sg__request *request,
                                sg__picture_form *out, sg_error *error);

/* sg__picture_is: whether these are the first bytes, at least 8, of one. */
bool sg__picture_is(const uint8_t *bytes);

/* sg__picture_read: a whole picture of size bytes on a canvas, whose name,
 * form and pixels are given. SG_E_FORMAT with the offset (kind, size, broken
 * or cut off, not of the form), SG_E_MEMORY, SG_E_UNSUPPORTED. Pixels that it
 * made are the caller's, even if it fails. */
sg_status sg__picture_read(const uint8_t *bytes, size_t size,
                           sg__canvas *canvas, sg_error *error);

/* A file of one, as sg__reader has it. */
bool sg__picture_claims(const char *path, const uint8_t head[SG__FILE_HEAD]);
sg_status sg__picture_open(const sg__file *file, sg_data **out,
                           sg_error *error);

/* Of one kind. */
sg_status sg__png_read(const uint8_t *bytes, size_t size, sg__canvas *canvas,
                       sg_error *error);
sg_status sg__jpeg_read(const uint8_t *bytes, size_t size, sg__canvas *canvas,
                        sg_error *error);

#endif
