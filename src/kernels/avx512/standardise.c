/* Rows of standardised weights, as the compiler makes them for this table; the
 * tangent is that of AVX2 where there is one, in 32-bit lanes. */
#define SG__OWN_TANGENT
#define SG__STANDARDISE(row) sg__##row##__avx512
#include "kernels/portable/standardise.h"

void sg__tangent__avx512(size_t n, const int32_t *master, const sg__row *row,
                         int32_t ratio, int32_t *gradient, int32_t *along)
{
#ifdef SG_HAVE_AVX2
    sg__tangent__avx2(n, master, row, ratio, gradient, along);
#else
    sg__tangent__ref(n, master, row, ratio, gradient, along);
#endif
}
