/* An array of NumPy as data: samples, or one of them. */
#include "data/single.h"

#include <stdlib.h>
#include <string.h>

#include "data/arrays/arrays.h"

bool sg__array_claims(const char *path, const uint8_t head[SG__FILE_HEAD])
{
    static const uint8_t numpy[] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
    (void)path;
    return memcmp(head, numpy, sizeof numpy) == 0;
}

/* Whether an array of N,L or N,H,W is one sample: its axes are those of one. */
static bool is_single(const sg__file *file, const sg__images *x)
{
    const sg_data_info *like = file->like;
    if (x->channels != 1 || x->count != like->height)
        return false;
    if (x->height == 1 && x->width == like->width && like->channels == 1)
        return true;
    return x->height == like->width && x->width == like->channels;
}

sg_status sg__array_open(const sg__file *file, sg_data **out, sg_error *error)
{
    const sg_data_info *like = file->like;
    sg__array_form form;
    sg__source source;
    sg__images x = {.pixels = NULL};
    sg_status status = sg__array_form_read(file->request, &form, error);
    if (!status)
        status =
            sg__source_open(file->path, file->request->limit, &source, error);
    if (status)
        return status;
    status = sg__array_images(&source, &form, false, &x, error);
    sg__source_close(&source);
    if (status)
        return status;
    if (x.height == like->height && x.width == like->width &&
        x.channels == like->channels)
        return sg__single_adopt(file, x.pixels, x.count, out, error);
    if (is_single(file, &x))
        return sg__single_adopt(file, x.pixels, 1, out, error);
    free(x.pixels);
    return sg__single_refuse(file, x.height, x.width, x.channels, error);
}
