/* A picture as the one sample of data. */
#include "data/single.h"

#include <stdlib.h>

#include "data/images/picture.h"
#include "data/source.h"

enum { PICTURE_BYTES = 1 << 25 };

bool sg__picture_claims(const char *path, const uint8_t head[SG__FILE_HEAD])
{
    (void)path;
    return sg__picture_is(head);
}

static sg_status read_all(sg__source *source, uint8_t **bytes, size_t *size,
                          sg_error *error)
{
    size_t room = 1 << 16, got = 1;
    *size = 0;
    *bytes = NULL;
    for (sg_status status; got > 0;) {
        uint8_t *grown = realloc(*bytes, room);
        if (!grown)
            return sg__fail(error, SG_E_MEMORY, "%s: out of memory",
                            source->name);
        *bytes = grown;
        status =
            sg__source_read(source, grown + *size, room - *size, &got, error);
        if (status)
            return status;
        *size += got;
        if (*size > PICTURE_BYTES)
            return sg__fail(error, SG_E_FORMAT,
                            "%.200s: expected a picture of at most %d MiB",
                            source->name, PICTURE_BYTES >> 20);
        if (*size == room)
            room *= 2;
    }
    return SG_OK;
}

sg_status sg__picture_open(const sg__file *file, sg_data **out,
                           sg_error *error)
{
    sg__source source;
    const sg_data_info *like = file->like;
    sg__picture_form form = {.height = 0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    sg_status status;
    if (like->channels != 1 && like->channels != 3)
        return sg__fail(error, SG_E_FORMAT,
                        "%.200s: a picture, expected samples of %u channels",
                        file->path, like->channels);
    status = sg__picture_form_read(file->request, &form, error);
    form.height = like->height;
    form.width = like->width;
    form.channels = like->channels;
    form.resize |= file->resize;
    form.convert |= file->resize;
    sg__canvas canvas = {.name = file->path, .form = &form};
    if (!status)
        status =
            sg__source_open(file->path, file->request->limit, &source, error);
    if (!status) {
        status = read_all(&source, &bytes, &size, error);
        sg__source_close(&source);
    }
    if (!status)
        status = sg__picture_read(bytes, size, &canvas, error);
    free(bytes);
    if (status) {
        free(canvas.pixels);
        return status;
    }
    return sg__single_adopt(file, canvas.pixels, 1, out, error);
}
