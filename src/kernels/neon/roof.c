/* The roof of the plain NEON table: products of 16 bits added up in 16 bits,
 * as in the forward pass of 8-bit weights and small counts. */
#include "kernels/neon/lanes.h"

enum { CHAINS = 12, LANES = 8 }; /* sums that wait for nobody else's */

uint64_t sg__roof__neon(size_t iterations, int32_t *sink)
{
    int16x8_t sum[CHAINS], weight = vdupq_n_s16((int8_t)*sink);
    int16x8_t count = vdupq_n_s16(15);
    int32_t total = 0;
    for (int i = 0; i < CHAINS; i++)
        sum[i] = vdupq_n_s16((int16_t)i);
    for (size_t n = 0; n < iterations; n++) {
        __asm__ volatile("" : "+w"(weight)); /* not the same product again */
        for (int i = 0; i < CHAINS; i++)
            sum[i] = vmlaq_s16(sum[i], weight, count);
    }
    for (int i = 0; i < CHAINS; i++)
        total += vaddlvq_s16(sum[i]);
    *sink = total;
    return (uint64_t)iterations * CHAINS * LANES;
}
