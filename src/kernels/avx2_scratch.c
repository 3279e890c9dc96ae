/* Working memory of the AVX2 rows, which AVX-VNNI shares: the most that any of
 * them needs. */
#include "kernels/avx2_dense.h"
#include "kernels/avx2_lists.h"

size_t sg_scratch_size__avx2(const sg__geometry *g, int bits)
{
    size_t size = sg__copies_size(g, bits);
    size_t lists = sg__lists_size(g);
    return size > lists ? size : lists;
}
