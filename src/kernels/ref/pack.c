/* Reference: weights are read where they are. */
#include "kernels/portable/inputs.h"

size_t sg__pack_size__ref(const sg__geometry *g, int bits)
{
    (void)g;
    (void)bits;
    return 0; /* weights are read where they are */
}

void sg__pack__ref(const sg__synapses *s, uint32_t first, uint32_t last)
{
    (void)s;
    (void)first;
    (void)last;
}

size_t sg__scratch_size__ref(const sg__geometry *g, int bits)
{
    (void)bits;
    return sg__inputs_size(g);
}
