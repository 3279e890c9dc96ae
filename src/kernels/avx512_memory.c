/* Memory of the AVX-512 table: packed weights and scratch of all its rows. */
#include "kernels/avx512.h"

size_t sg_pack_size__avx512(const sg__geometry *g, int bits)
{
    return sg__avx512_forward_pack_size(g, bits) +
           sg__avx512_propagate_pack_size(g, bits);
}

void sg_pack__avx512(const sg__synapses *s, uint32_t first, uint32_t last)
{
    sg__avx512_forward_pack(s, first, last);
    sg__avx512_propagate_pack(s, first, last, sg__avx512_slabs(s));
}

size_t sg_scratch_size__avx512(const sg__geometry *g, int bits)
{
    size_t most = sg_scratch_size__ref(g, bits);
    size_t sizes[] = {sg__avx512_forward_scratch(g, bits),
                      sg__avx512_propagate_scratch(g, bits),
                      sg__avx512_turned_scratch(g, bits),
                      sg__avx512_gradient_scratch(g)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        most = sizes[i] > most ? sizes[i] : most;
    return most;
}
