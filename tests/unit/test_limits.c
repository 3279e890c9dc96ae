/* Layers near the limits of network/topology.h, where offsets no longer fit 32
 * bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/kernels.h"

static void *aligned(size_t bytes)
{
    void *block = aligned_alloc(64, (bytes + 64) / 64 * 64);
    assert_non_null(block);
    memset(block, 0, bytes);
    return block;
}

/* A fully connected layer whose batch of inputs is larger than 2^32 bytes;
 * only the last sample sends an error, and only its inputs are ever read. */
static void batches_beyond_4_gib(void **state)
{
    (void)state;
    enum { K = (1 << 22) + (1 << 13), N = 1024, LAST = N - 1 };
    sg__geometry g = {1, 1, K, 1, 1, 1, 1, 1, 1, 0};
    sg__synapses s = {.geo = &g, .bits = 8, .in_cap = 255};
    uint8_t *in = SIZE_MAX / K > N ? calloc(N, K) : NULL;
    int8_t d[N] = {0};
    if (!in)
        skip();
    for (size_t i = 0; i < K; i++)
        in[(size_t)LAST * K + i] = (uint8_t)(i % 251);
    d[LAST] = -3;
    for (size_t t = 0; sg__kernels_table(t); t++) {
        const sg__kernels *table = sg__kernels_table(t);
        int32_t *gradient = aligned(K * sizeof *gradient), bias;
        void *scratch = aligned(table->scratch_size(&g, 8));
        table->gradient_sparse(&s, N, in, d, 0, 1, gradient, &bias, scratch);
        assert_int_equal(bias, -3);
        for (size_t i = 0; i < K; i++)
            if (gradient[i] != -3 * (int32_t)(i % 251))
                fail_msg("%s: gradient %zu is %d", table->name, i,
                         (int)gradient[i]);
        free(gradient);
        free(scratch);
    }
    free(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_beyond_4_gib),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
