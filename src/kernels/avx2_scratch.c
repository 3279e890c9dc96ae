/* Working memory of the AVX2 rows, which AVX-VNNI shares: the most that any of
 * them needs. */
#include "kernels/avx2_gradient.h"
#include "kernels/avx2_lists.h"
#include "kernels/avx2_propagate.h"

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

size_t sg_scratch_size__avx2(const sg__geometry *g, int bits)
{
    return larger(larger(sg__copies_size(g, bits),
                         bits == 16 ? sg__lists_size(g) : 0),
                  larger(sg__gradient_scratch(g),
                         sg__propagate_scratch(g, bits)));
}
