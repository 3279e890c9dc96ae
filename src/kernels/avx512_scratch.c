/* Working memory of the AVX-512 table: the most that any row asks for. */
#include "kernels/avx512.h"

size_t sg_scratch_size__avx512(const sg__geometry *g, int bits)
{
    size_t most = sg_scratch_size__ref(g, bits);
    size_t forward = sg__avx512_forward_scratch(g, bits);
    return forward > most ? forward : most;
}
