/* cutout:N: a square is blanked. */
#include <string.h>

#include "augment/kind.h"

/* Blanks rows and columns first..last-1 of a square around one pixel. */
static void cut_out(sg_shape shape, int32_t side, uint32_t x, uint32_t y,
                    uint8_t *out)
{
    const int32_t height = (int32_t)shape.height, width = (int32_t)shape.width;
    int32_t top = (int32_t)y - side / 2, left = (int32_t)x - side / 2;
    int32_t bottom = top + side < height ? top + side : height;
    int32_t right = left + side < width ? left + side : width;
    top = top > 0 ? top : 0;
    left = left > 0 ? left : 0;
    const size_t c = shape.channels;
    for (int32_t row = top; row < bottom && left < right; row++)
        memset(out + ((size_t)row * shape.width + (size_t)left) * c, 0,
               (size_t)(right - left) * c);
}

static void paint(const sg__variant *v, uint32_t pixels, uint8_t *out)
{
    sg__draw d = sg__variant_draw(v, 3, 0);
    cut_out(v->shape, (int32_t)pixels,
            sg__random_below(d.v[0], v->shape.width),
            sg__random_below(d.v[1], v->shape.height), out);
}

const sg__augment_kind sg__augment_cutout = {.paint = paint};
