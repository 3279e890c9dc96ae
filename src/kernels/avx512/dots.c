/* AVX-512 forward pass of long fully connected layers with 8-bit weights: dot
 * products along the inputs, straight from the weights, whose rows are long
 * enough to pay for adding up the lanes at the end. Such a layer is most of a
 * network's weights, so that a packed copy would cost memory and the time to
 * write it. */
#include "kernels/avx512/dots.h"

#include "kernels/avx512/dense.h"

enum {
    ROWS = 4,   /* output channels of a tile */
    SAMPLES = 6 /* of a tile: 24 sums */
};

/* sum[s][r] of `rows` channels and `samples` samples, K inputs each. */
static inline __attribute__((always_inline)) void
run_tile(const int8_t *weight, const uint8_t *in, size_t K, int rows,
         int samples, int32_t sum[SAMPLES][ROWS])
{
    __m512i all[SAMPLES][ROWS];
#pragma GCC unroll 6
    for (int s = 0; s < samples; s++)
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++)
            all[s][r] = _mm512_setzero_si512();
    for (size_t i = 0; i < K; i += 64) {
        __mmask64 lanes = sg__first64(K - i);
        __m512i w[ROWS];
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++)
            w[r] = _mm512_maskz_loadu_epi8(lanes, weight + (size_t)r * K + i);
        if (rows == ROWS) {
            /* the next tile's rows; past the end does no harm */
#pragma GCC unroll 4
            for (int r = 0; r < rows; r++)
                _mm_prefetch((const char *)((uintptr_t)weight +
                                            (size_t)(ROWS + r) * K + i),
                             _MM_HINT_T1);
        }
#pragma GCC unroll 6
        for (int s = 0; s < samples; s++) {
            __m512i x = _mm512_maskz_loadu_epi8(lanes, in + (size_t)s * K + i);
#pragma GCC unroll 4
            for (int r = 0; r < rows; r++)
                all[s][r] = _mm512_dpbusd_epi32(all[s][r], x, w[r]);
        }
    }
#pragma GCC unroll 6
    for (int s = 0; s < samples; s++)
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++)
            sum[s][r] = _mm512_reduce_add_epi32(all[s][r]);
}

static void run_rows(const int8_t *weight, const uint8_t *in, size_t K,
                     int rows, int samples, int32_t sum[SAMPLES][ROWS])
{
    if (rows == ROWS && samples == SAMPLES)
        run_tile(weight, in, K, ROWS, SAMPLES, sum);
    else if (rows == ROWS && samples == 4)
        run_tile(weight, in, K, ROWS, 4, sum);
    else /* the last few */
        for (int s = 0; s < samples; s++)
            for (int r = 0; r < rows; r++) {
                int32_t one[SAMPLES][ROWS];
                run_tile(weight + (size_t)r * K, in + (size_t)s * K, K, 1, 1,
                         one);
                sum[s][r] = one[0][0];
            }
}

void sg__dots_run(const sg__synapses *s, size_t n, const uint8_t *in,
                  const sg__response_out *out)
{
    size_t K = sg__fan_in(s->geo);
    uint32_t channels = s->geo->out_c;
    const int8_t *weight = s->weight;
    for (uint32_t k = 0; k < channels; k += ROWS) {
        int rows = channels - k < ROWS ? (int)(channels - k) : ROWS;
        __mmask16 lanes = (__mmask16)((1u << rows) - 1);
        __m512i bias = _mm512_maskz_loadu_epi32(lanes, s->bias + k);
        for (size_t i = 0; i < n;) {
            int32_t sum[SAMPLES][ROWS] = {{0}};
            int samples = n - i >= SAMPLES ? SAMPLES
                          : n - i >= 4     ? 4
                                           : (int)(n - i);
            run_rows(weight + (size_t)k * K, in + i * K, K, rows, samples,
                     sum);
            for (int j = 0; j < samples; j++, i++)
                sg__respond16(out, i * channels + k,
                              _mm512_add_epi32(bias, _mm512_maskz_loadu_epi32(
                                                         lanes, sum[j])),
                              lanes);
        }
    }
}
