/* The roof of portable C. */
#include "kernels/kernels.h"

uint64_t sg__roof__ref(size_t iterations, int32_t *sink)
{
    enum { WIDTH = 1024 };
    /* in 16 bits, of which compilers make more than of 8 */
    int16_t weight[WIDTH], count[WIDTH];
    uint32_t sum = (uint32_t)*sink;
    for (uint32_t i = 0; i < WIDTH; i++) {
        weight[i] = (int8_t)(i + sum);
        count[i] = (int16_t)(i % 256);
    }
    for (size_t n = 0; n < iterations; n++) {
        int32_t dot = 0;
        count[n % WIDTH] ^= 1; /* or one dot would do for all iterations */
        for (uint32_t i = 0; i < WIDTH; i++)
            dot += weight[i] * count[i];
        sum += (uint32_t)dot;
    }
    *sink = (int32_t)sum;
    return (uint64_t)iterations * WIDTH;
}
