/* What the files of the AVX-512 table share: the first n of some lanes. */
#ifndef SG_KERNELS_AVX512_LANES_H
#define SG_KERNELS_AVX512_LANES_H

#include <immintrin.h>

#include "kernels/kernels.h"

/* Masks of the first n lanes; all of them if there are more. */
static inline __mmask64 sg__first64(size_t n)
{
    return n >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1;
}

static inline __mmask16 sg__first16(size_t n)
{
    return (__mmask16)(n >= 16 ? 0xffff : (1u << n) - 1);
}

#endif
