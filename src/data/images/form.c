/* What samples made of pictures are to be like, from the options of a
 * request. */
#include <string.h>

#include "data/images/picture.h"

enum { SIDE_MAX = 4096 };

static sg_status refuse(const sg__request *request, const char *key,
                        const char *expected, sg_error *error)
{
    return sg__fail(error, SG_E_ARGUMENT,
                    "data \"%.120s\": %s=%.40s, expected %s", request->spec,
                    key, sg__request_text(request, key), expected);
}

/* A number of 1..SIDE_MAX at *text, which goes on behind it; 0 if it is
 * none. */
static uint32_t take_side(const char **text)
{
    uint32_t n = 0;
    const char *t = *text;
    for (; *t >= '0' && *t <= '9' && n <= SIDE_MAX; t++)
        n = 10 * n + (uint32_t)(*t - '0');
    if (n > SIDE_MAX)
        return 0;
    *text = t;
    return n;
}

sg_status sg__picture_form_read(const sg__request *r, sg__picture_form *out,
                                sg_error *error)
{
    const char *size = sg__request_text(r, "size");
    const char *channels = sg__request_text(r, "channels");
    const char *background = sg__request_text(r, "background");
    if (size) {
        const char *t = size;
        out->height = take_side(&t);
        const bool both = *t == 'x' && t++;
        out->width = both ? take_side(&t) : 0;
        out->resize = true;
        if (!out->height || !out->width || *t)
            return refuse(r, "size", "HxW, as 28x28, up to 4096x4096", error);
    }
    if (channels) {
        if (strcmp(channels, "1") != 0 && strcmp(channels, "3") != 0)
            return refuse(r, "channels", "1 or 3", error);
        out->channels = (uint32_t)(channels[0] - '0');
        out->convert = true;
    }
    if (background) {
        const bool white = strcmp(background, "white") == 0;
        if (!white && strcmp(background, "black") != 0)
            return refuse(r, "background", "black or white", error);
        out->background = white ? 255 : 0;
    }
    return SG_OK;
}
