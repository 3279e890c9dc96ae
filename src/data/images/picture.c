/* Which kind a picture is; see picture.h. */
#include "data/images/picture.h"

#include <string.h>
#include <strings.h>

#include "data/folder.h"

static bool ends(const char *name, const char *const *with)
{
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && with[i]; i++)
        if (strcasecmp(dot, with[i]) == 0)
            return true;
    return false;
}

bool sg__picture_named(const char *name, bool *other)
{
    static const char *const read[] = {".png", ".jpg", ".jpeg", ".jpe", NULL};
    static const char *const others[] = {".bmp",  ".gif", ".tif",  ".tiff",
                                         ".webp", ".ppm", ".pgm",  ".pbm",
                                         ".pnm",  ".jp2", ".avif", ".heic",
                                         ".ico",  NULL};
    *other = ends(name, others);
    return ends(name, read);
}

static bool is_png(const uint8_t *bytes)
{
    return memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0;
}

static bool is_jpeg(const uint8_t *bytes)
{
    return memcmp(bytes, "\xff\xd8\xff", 3) == 0;
}

bool sg__picture_is(const uint8_t *bytes)
{
    return is_png(bytes) || is_jpeg(bytes);
}

sg_status sg__picture_read(const uint8_t *bytes, size_t size,
                           sg__canvas *canvas, sg_error *error)
{
    if (size > 8 && is_png(bytes))
        return sg__png_read(bytes, size, canvas, error);
    if (size > 3 && is_jpeg(bytes))
        return sg__jpeg_read(bytes, size, canvas, error);
    if (size == 0)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: byte 0: the file is empty, expected PNG or JPEG",
                        canvas->name);
    const char *what = sg__sniff(bytes, size < 512 ? size : 512);
    return sg__fail(error, SG_E_FORMAT,
                    "%.200s: byte 0: magic %02x %02x, expected 89 50 (PNG) or "
                    "ff d8 (JPEG)%s%s",
                    canvas->name, bytes[0], size > 1 ? bytes[1] : 0,
                    what ? ": it is " : "", what ? what : "");
}
