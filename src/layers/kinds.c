/* The list of kinds. */
#include "layers/kind.h"

static const sg__kind *const kinds[] = {
#define KIND(file, id) [id] = &sg__kind_##file,
#include "layers/kinds.def"
#undef KIND
};

const sg__kind *sg__kind_at(size_t i)
{
    return i < sizeof kinds / sizeof kinds[0] ? kinds[i] : NULL;
}

const char *sg_layer_kind_name(sg_layer_kind kind)
{
    const sg__kind *found = (int)kind < 0 ? NULL : sg__kind_at((size_t)kind);
    return found ? found->name : "unknown";
}
