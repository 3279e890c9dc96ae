/* The roof of the NEON table with dot products. */
#include "kernels/neon/lanes.h"

enum { CHAINS = 12, LANES = 16 }; /* sums that wait for nobody else's */

uint64_t sg__roof__neondot(size_t iterations, int32_t *sink)
{
    int8x16_t weight = vdupq_n_s8((int8_t)*sink), count = vdupq_n_s8(15);
    int32x4_t sum[CHAINS], total = vdupq_n_s32(0);
    for (int i = 0; i < CHAINS; i++)
        sum[i] = vdupq_n_s32(i);
    for (size_t n = 0; n < iterations; n++) {
        __asm__ volatile("" : "+w"(weight)); /* not the same product again */
        for (int i = 0; i < CHAINS; i++)
            sum[i] = vdotq_s32(sum[i], weight, count);
    }
    for (int i = 0; i < CHAINS; i++)
        total = vaddq_s32(total, sum[i]);
    *sink = vaddvq_s32(total);
    return (uint64_t)iterations * CHAINS * LANES;
}
