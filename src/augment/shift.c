/* shift:N, crop:N: moved by whole pixels. To crop at random from an image that
 * was padded by N all round is the same, so these two are one kind. */
#include "augment/kind.h"
#include "core/fixed.h"

static void place(const sg__variant *v, uint32_t pixels, sg__placing *to)
{
    sg__draw d = sg__variant_draw(v, 0, 0); /* flip has its last two */
    to->dx = sg__spread(d.v[0], (int32_t)pixels);
    to->dy = sg__spread(d.v[1], (int32_t)pixels);
}

const sg__augment_kind sg__augment_shift = {.place = place};
const sg__augment_kind sg__augment_crop = {.place = place};
