/* cutout:N: a square is blanked. */
#include "augment/kind.h"

static void place(const sg__variant *v, uint32_t pixels, sg__placing *to)
{
    const sg__draw d = sg__variant_draw(v, 3, 0);
    const int32_t side = (int32_t)pixels;
    to->cut = side;
    to->cut_x = (int32_t)sg__random_below(d.v[0], v->shape.width) - side / 2;
    to->cut_y = (int32_t)sg__random_below(d.v[1], v->shape.height) - side / 2;
}

const sg__augment_kind sg__augment_cutout = {.place = place};
