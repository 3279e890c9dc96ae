/* flip: mirrored left to right, or not. */
#include "augment/kind.h"

static void place(const sg__variant *v, uint32_t pixels, sg__placing *to)
{
    (void)pixels;
    to->flip = sg__variant_draw(v, 0, 0).v[2] >> 31; /* shift has the rest */
}

const sg__augment_kind sg__augment_flip = {.place = place};
