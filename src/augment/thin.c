/* thin:P: part of the input spikes. */
#include "core/thin.h"
#include "augment/kind.h"

static void place(const sg__variant *v, uint32_t percent, sg__placing *to)
{
    const sg__draw d = sg__variant_draw(v, SG__THIN_SHARE, 0);
    to->dropped = SG__THIN_CERTAIN - sg__thin_chances(d.v[0], percent);
}

const sg__augment_kind sg__augment_thin = {.place = place};
