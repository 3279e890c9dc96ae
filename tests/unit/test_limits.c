/* Layers near the limits of network/topology.h, where offsets, what kernels add
 * to sums, and counts of operations no longer fit 32 bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/kernels.h"
#include "network/recipe.h"
#include "spikegrad/spikegrad.h"

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
    sg__geometry g = {1, 1, K, 1, 1, 1, 1, 1, 1, 1, 0, 0};
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

/* All errors at the cap: the charge fits, 128 times their sum does not. */
static void errors_at_the_cap(void **state)
{
    (void)state;
    enum { C = 64, OUT = 5312, TAPS = 25, WEIGHT = 119, D = -127 };
    sg__geometry g = {5, 6, C, 1, 2, OUT, 5, 5, 1, 1, 0, 0};
    sg__geometry padded = {1, 2, C, 5, 6, OUT, 5, 5, 1, 1, 4, 4};
    const sg__geometry *both[] = {&g, &padded};
    size_t weights = (size_t)TAPS * C * OUT;
    int8_t *weight = aligned(weights), *d = aligned(30 * (size_t)OUT);
    int32_t u[30 * C];
    memset(weight, WEIGHT, weights);
    memset(d, D, 30 * (size_t)OUT);
    for (size_t t = 0; sg__kernels_table(t); t++)
        for (size_t i = 0; i < 2; i++) {
            const sg__kernels *table = sg__kernels_table(t);
            sg__synapses s = {.geo = both[i], .bits = 8, .weight = weight};
            s.packed = aligned(table->pack_size(both[i], 8));
            void *scratch = aligned(table->scratch_size(both[i], 8));
            table->pack(&s, 0, OUT);
            for (int sparse = 0; sparse < 2; sparse++) {
                (sparse ? table->propagate_sparse
                        : table->propagate)(&s, 1, d, u, scratch);
                for (size_t j = 0; j < sg__inputs(both[i]); j++) {
                    /* of 1 x 2 outputs, those whose window holds the pixel */
                    int32_t x = (int32_t)(j / C % 6);
                    int32_t windows = i ? TAPS : x % 5 ? 2 : 1;
                    assert_int_equal(u[j], windows * OUT * WEIGHT * D);
                }
            }
            free(s.packed);
            free(scratch);
        }
    free(weight);
    free(d);
}

/* One row of pixels whose spikes reach more than 2^32 positions. */
static void operations_beyond_32_bits(void **state)
{
    (void)state;
    enum { WIDTH = 256, CHANNELS = 22528, COUNT = 255 };
    static const char name[] = "bright";
    static const uint8_t label = 1;
    const size_t n = (size_t)WIDTH * CHANNELS;
    sg_data_info info = {.name = name,
                         .height = 1,
                         .width = WIDTH,
                         .channels = CHANNELS,
                         .classes = 2,
                         .size = 1};
    uint8_t *pixels = malloc(n);
    sg_recipe recipe;
    sg_data *data;
    sg_network *net;
    static sg_metrics metrics;
    assert_non_null(pixels);
    memset(pixels, 255, n);
    sg__recipe_init(&recipe);
    strcpy(recipe.net, "1C3p1-2");
    sg_recipe_set(&recipe, "input-levels", "255", NULL);
    assert_int_equal(sg_data_from_arrays(&info, pixels, &label, &data, NULL),
                     SG_OK);
    assert_int_equal(sg_network_create(&recipe, data, &net, NULL), SG_OK);
    assert_int_equal(sg_evaluate(net, data, 1, &metrics, NULL, NULL), SG_OK);
    assert_int_equal(metrics.layer[0].forward_ops,
                     (uint64_t)COUNT * CHANNELS * (3 * WIDTH - 2));
    sg_network_destroy(net);
    sg_data_destroy(data);
    free(pixels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_beyond_4_gib),
        cmocka_unit_test(errors_at_the_cap),
        cmocka_unit_test(operations_beyond_32_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
