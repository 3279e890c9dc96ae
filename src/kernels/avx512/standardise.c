/* Rows of standardised weights: those of AVX2 where there are any, which come
 * in 32-bit lanes. */
#define SG__OWN_ROWS
#define SG__STANDARDISE(row) sg__##row##__avx512
#include "kernels/portable/standardise.h"

#ifdef SG_HAVE_AVX2
#define NEAREST(row) sg__##row##__avx2
#else
#define NEAREST(row) sg__##row##__ref
#endif

void sg__standardise__avx512(size_t n, const int32_t *master, int32_t gain,
                             int32_t row_norm, int32_t limit, int bits,
                             sg__row *row, void *weight)
{
    NEAREST(standardise)(n, master, gain, row_norm, limit, bits, row, weight);
}

void sg__tangent__avx512(size_t n, const int32_t *master, const sg__row *row,
                         int32_t ratio, int32_t *gradient, int32_t *along)
{
    NEAREST(tangent)(n, master, row, ratio, gradient, along);
}

void sg__shorten__avx512(size_t n, uint64_t most, int32_t *gradient,
                         int32_t *along)
{
    NEAREST(shorten)(n, most, gradient, along);
}
