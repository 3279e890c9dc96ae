/* Every row of every table against the reference, on geometries around the
 * sizes of their registers, unaligned memory and extreme values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "core/rules.h"
#include "kernels/kernels.h"

/* in_h in_w in_c, out_c, kernel, stride, pad; out sizes are filled in. */
static const uint32_t shapes[][7] = {
    {1, 1, 1, 1, 1, 1, 0},    {1, 1, 33, 7, 1, 1, 0},
    {1, 1, 64, 8, 1, 1, 0},   {1, 1, 640, 300, 1, 1, 0},
    {1, 1, 31, 129, 1, 1, 0}, {5, 7, 1, 15, 5, 1, 0},
    {6, 6, 15, 40, 5, 1, 0},  {8, 8, 3, 16, 3, 1, 1},
    {9, 7, 5, 17, 3, 2, 1},   {4, 4, 8, 65, 3, 1, 2},
    {7, 7, 2, 9, 4, 3, 0},    {12, 12, 1, 64, 2, 2, 0},
    {9, 11, 1, 16, 3, 1, 2},  {6, 13, 3, 33, 5, 2, 4},
    {28, 28, 1, 15, 5, 1, 0}, {2, 3, 1, 5, 2, 1, 1},
};

enum { SHAPES = sizeof shapes / sizeof shapes[0], SAMPLES = 3, GUARD = 77 };

static sg__geometry geometry(size_t i)
{
    const uint32_t *s = shapes[i];
    sg__geometry g = {s[0], s[1], s[2], 0, 0, s[3], s[4], s[4], s[5], s[6]};
    g.out_h = (g.in_h + 2 * g.pad - g.kernel_h) / g.stride + 1;
    g.out_w = (g.in_w + 2 * g.pad - g.kernel_w) / g.stride + 1;
    return g;
}

static uint32_t draw(uint32_t a, size_t b)
{
    return sg__random(99, SG__STREAM_INIT, a, (uint32_t)b, 0, 0).v[0];
}

/* Counts with a share of zeros, up to 255. */
static void fill_counts(uint8_t *to, size_t n, uint32_t key, uint32_t density)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t x = draw(key, i);
        to[i] = x % 100 < density ? (uint8_t)(x >> 24) : 0;
    }
}

static void fill_weights(int16_t *to, size_t n, uint32_t key)
{
    for (size_t i = 0; i < n; i++) {
        int32_t x = (int32_t)(draw(key, i) >> 16) - 32768;
        /* small enough for the largest fan-in, with extremes now and then */
        to[i] = (int16_t)(i % 97 == 0 ? (x < 0 ? -32767 : 32767) : x / 16);
    }
}

static void *take(size_t bytes)
{
    void *memory = aligned_alloc(64, (bytes + 64) / 64 * 64);
    assert_non_null(memory);
    memset(memory, 0, (bytes + 64) / 64 * 64);
    return memory;
}

/* Packs in two parts, as the trainer does, and computes charges. */
static void run_charge(const sg__kernels *table, const sg__geometry *g,
                       const int16_t *weight, const uint8_t *in,
                       const int32_t *bias, int32_t *charge)
{
    void *packed = take(table->pack_size(g));
    void *scratch = take(table->scratch_size(g));
    uint32_t half = g->out_c / 2 / SG__PACK_CHANNELS * SG__PACK_CHANNELS;
    table->pack(g, weight, half, g->out_c, packed);
    table->pack(g, weight, 0, half, packed);
    table->charge(g, SAMPLES, in, sg__inputs(g) + 1, packed, bias, charge,
                  sg__outputs(g) + 1, scratch);
    free(packed);
    free(scratch);
}

static void check_charge(const sg__kernels *table, size_t shape,
                         uint32_t density)
{
    sg__geometry g = geometry(shape);
    size_t weights = sg__fan_in(&g) * g.out_c;
    size_t in = SAMPLES * (sg__inputs(&g) + 1);
    size_t out = SAMPLES * (sg__outputs(&g) + 1);
    int16_t *weight = take(weights * sizeof *weight);
    int32_t *bias = take(g.out_c * sizeof *bias);
    uint8_t *counts = take(in + 1);
    int32_t *expected = take(out * sizeof(int32_t));
    int32_t *got = take(out * sizeof(int32_t));
    fill_weights(weight, weights, 1);
    for (uint32_t k = 0; k < g.out_c; k++)
        bias[k] = (int32_t)(draw(2, k) >> 8) - (1 << 23);
    fill_counts(counts + 1, in, 3, density);
    memset(expected, GUARD, out * sizeof(int32_t));
    memset(got, GUARD, out * sizeof(int32_t));
    run_charge(sg__kernels_table(0), &g, weight, counts + 1, bias, expected);
    run_charge(table, &g, weight, counts + 1, bias, got);
    assert_memory_equal(expected, got, out * sizeof(int32_t));
    free(weight);
    free(bias);
    free(counts);
    free(expected);
    free(got);
}

static void charge_matches_reference(void **state)
{
    (void)state;
    if (!sg__kernels_table(1))
        skip(); /* nothing to compare with the reference */
    for (size_t t = 1; sg__kernels_table(t); t++)
        for (size_t shape = 0; shape < SHAPES; shape++)
            for (uint32_t density = 0; density <= 100; density += 25)
                check_charge(sg__kernels_table(t), shape, density);
}

/* The reference against the definition, written down once more. */
static void reference_is_the_definition(void **state)
{
    (void)state;
    for (size_t shape = 0; shape < SHAPES; shape++) {
        sg__geometry g = geometry(shape);
        size_t K = sg__fan_in(&g), n = sg__inputs(&g);
        int16_t *weight = take(K * g.out_c * sizeof *weight);
        int32_t *bias = take(g.out_c * sizeof *bias);
        uint8_t *in = take(SAMPLES * (n + 1));
        int32_t *charge = take(SAMPLES * (sg__outputs(&g) + 1) * 4);
        fill_weights(weight, K * g.out_c, 4);
        fill_counts(in, SAMPLES * (n + 1), 5, 60);
        run_charge(sg__kernels_table(0), &g, weight, in, bias, charge);
        for (uint32_t y = 0; y < g.out_h; y++)
            for (uint32_t x = 0; x < g.out_w; x++)
                for (uint32_t k = 0; k < g.out_c; k++) {
                    int32_t sum = 0;
                    for (size_t i = 0; i < K; i++) {
                        size_t c = i % g.in_c, kx = i / g.in_c % g.kernel_w;
                        size_t ky = i / g.in_c / g.kernel_w;
                        size_t iy = y * g.stride + ky - g.pad;
                        size_t ix = x * g.stride + kx - g.pad;
                        if (iy < g.in_h && ix < g.in_w)
                            sum += weight[k * K + i] *
                                   in[(iy * g.in_w + ix) * g.in_c + c];
                    }
                    assert_int_equal(charge[(y * g.out_w + x) * g.out_c + k],
                                     sum);
                }
        free(weight);
        free(bias);
        free(in);
        free(charge);
    }
}

static void respond_matches_reference(void **state)
{
    (void)state;
    if (!sg__kernels_table(1))
        skip(); /* nothing to compare with the reference */
    enum { MOST = 200 };
    int32_t charge[MOST];
    uint8_t count[2][MOST + 1], gate[2][MOST + 1];
    for (size_t i = 0; i < MOST; i++)
        charge[i] = (int32_t)(draw(6, i) >> (i % 20)) / 4 * (i % 2 ? -1 : 1);
    charge[3] = -(1 << 30);
    charge[4] = 1 << 30;
    charge[5] = 0;
    for (size_t t = 1; sg__kernels_table(t); t++)
        for (size_t n = 0; n <= MOST; n++)
            for (int bits = 2; bits <= 18; bits += 4) {
                int32_t level = n % 2 ? 1 << bits : 1 << (bits - 1);
                int32_t cap = n % 3 ? 31 : 255;
                memset(count, GUARD, sizeof count);
                memset(gate, GUARD, sizeof gate);
                sg__kernels_table(0)->respond(n, charge, bits, level, cap,
                                              count[0], gate[0]);
                sg__kernels_table(t)->respond(n, charge, bits, level, cap,
                                              count[1], gate[1]);
                assert_memory_equal(count[0], count[1], sizeof count[0]);
                assert_memory_equal(gate[0], gate[1], sizeof gate[0]);
            }
}

static void tally_matches_reference(void **state)
{
    (void)state;
    if (!sg__kernels_table(1))
        skip(); /* nothing to compare with the reference */
    enum { MOST = 150 };
    uint8_t count[MOST + 1];
    for (int32_t cap = 1; cap <= 255; cap += 127)
        for (size_t n = 0; n <= MOST; n++) {
            uint32_t a[3], b[3];
            for (size_t i = 0; i < n; i++)
                count[i + 1] = draw(12, i) % 3 ? (uint8_t)(draw(13, i) % 7)
                                               : (uint8_t)cap;
            sg__kernels_table(0)->tally(n, count + 1, cap, a);
            for (size_t t = 1; sg__kernels_table(t); t++) {
                sg__kernels_table(t)->tally(n, count + 1, cap, b);
                assert_memory_equal(a, b, sizeof a);
            }
        }
}

static void pools_match_reference(void **state)
{
    (void)state;
    if (!sg__kernels_table(1))
        skip(); /* nothing to compare with the reference */
    for (uint32_t k = 2; k <= 5; k++)
        for (uint32_t c = 1; c <= 50; c += 7) {
            sg__geometry g = {11, 13, c, 11 / k, 13 / k, c, k, k, k, 0};
            size_t n = sg__inputs(&g), out = sg__outputs(&g);
            uint8_t *in = malloc(n), *a = malloc(out), *b = malloc(out);
            assert_true(in && a && b);
            for (size_t i = 0; i < n; i++)
                in[i] = (uint8_t)(draw(14, i) % (255 / (k * k) + 1));
            sg__kernels_table(0)->pool_sum(&g, in, a);
            for (size_t t = 1; sg__kernels_table(t); t++) {
                memset(b, GUARD, out);
                sg__kernels_table(t)->pool_sum(&g, in, b);
                assert_memory_equal(a, b, out);
            }
            free(in);
            free(a);
            free(b);
        }
}

static void errors_match_reference(void **state)
{
    (void)state;
    if (!sg__kernels_table(1))
        skip(); /* nothing to compare with the reference */
    enum { MOST = 100 };
    int32_t u[MOST];
    uint8_t gate[MOST];
    uint32_t events[2][MOST];
    for (size_t t = 1; sg__kernels_table(t); t++)
        for (size_t n = 0; n <= MOST; n++)
            for (int bits = 1; bits <= 16; bits += 5) {
                for (size_t i = 0; i < n; i++) {
                    u[i] = ((int32_t)(draw(7, i + n) >> 20) - 2048) *
                           (1 << (bits / 2));
                    gate[i] = draw(8, i + n) & 1;
                }
                const uint8_t *g = n % 2 ? gate : NULL;
                size_t a =
                    sg__kernels_table(0)->errors(n, u, g, bits, events[0]);
                size_t b =
                    sg__kernels_table(t)->errors(n, u, g, bits, events[1]);
                assert_int_equal(a, b);
                assert_memory_equal(events[0], events[1], a * 4);
            }
}

/* Error events of every third neuron, both signs, the extremes included. */
static size_t some_events(const sg__geometry *g, uint32_t *events)
{
    size_t length = 0, n = sg__outputs(g);
    for (size_t i = 0; i < n; i += 3) {
        int32_t d = (int32_t)(draw(9, i) % 255) - 127;
        events[length++] = sg__event_pack(i, i % 2 ? d : i % 4 ? 127 : -127);
    }
    return length;
}

static void backward_matches_reference(void **state)
{
    (void)state;
    if (!sg__kernels_table(1))
        skip(); /* nothing to compare with the reference */
    for (size_t t = 1; sg__kernels_table(t); t++)
        for (size_t shape = 0; shape < SHAPES; shape++) {
            const sg__kernels *ref = sg__kernels_table(0);
            const sg__kernels *table = sg__kernels_table(t);
            sg__geometry g = geometry(shape);
            size_t n = sg__inputs(&g), weights = sg__fan_in(&g) * g.out_c;
            size_t bytes = weights * 4;
            int16_t *weight = take(weights * sizeof *weight);
            uint8_t *in = take(n);
            uint32_t *events = take(sg__outputs(&g) * 4);
            int32_t *a = take((n + weights + g.out_c) * 4);
            int32_t *b = take((n + weights + g.out_c) * 4);
            fill_weights(weight, weights, 10);
            fill_counts(in, n, 11, 50);
            size_t length = some_events(&g, events);
            ref->propagate(&g, weight, events, length, a);
            table->propagate(&g, weight, events, length, b);
            assert_memory_equal(a, b, n * 4);
            uint32_t first = g.out_c / 4, last = g.out_c - g.out_c / 5;
            ref->gradient(&g, in, events, length, first, last, a + n,
                          a + n + weights);
            table->gradient(&g, in, events, length, first, last, b + n,
                            b + n + weights);
            assert_memory_equal(a + n, b + n, bytes + g.out_c * 4);
            free(weight);
            free(in);
            free(events);
            free(a);
            free(b);
        }
}

static void steps_match_reference(void **state)
{
    (void)state;
    if (!sg__kernels_table(1))
        skip(); /* nothing to compare with the reference */
    enum { MOST = 41 };
    int32_t gradient[MOST], v[2][MOST], w[2][MOST];
    for (int shift = 1; shift <= 61; shift += 4)
        for (size_t n = 0; n <= MOST; n++) {
            int32_t mult = (int32_t)(draw(15, n) >> 2), limit = INT32_MAX;
            if (n % 2)
                limit = 127 << 24;
            for (size_t i = 0; i < n; i++) {
                gradient[i] = (int32_t)(draw(16, i + n) >> 1) *
                              (i % 2 ? 1 : -1) / (i % 3 ? 1 : 4096);
                v[0][i] = v[1][i] =
                    i % 7 == 0 ? INT32_MAX : -(int32_t)(draw(17, i) >> 1);
                w[0][i] = w[1][i] =
                    sg__saturate((int64_t)draw(18, i) - INT32_MAX, limit);
            }
            for (int32_t friction = 0; friction <= 65536; friction += 8192)
                for (size_t t = 1; sg__kernels_table(t); t++) {
                    sg__kernels_table(0)->step(n, gradient, friction, mult,
                                               shift, limit, v[0], w[0]);
                    sg__kernels_table(t)->step(n, gradient, friction, mult,
                                               shift, limit, v[1], w[1]);
                    assert_memory_equal(v[0], v[1], n * sizeof v[0][0]);
                    assert_memory_equal(w[0], w[1], n * sizeof w[0][0]);
                }
        }
}

static void selection_obeys_the_environment(void **state)
{
    (void)state;
    setenv("SPIKEGRAD_ISA", "ref", 1);
    assert_string_equal(sg__kernels_select()->name, "ref");
    unsetenv("SPIKEGRAD_ISA");
    size_t last = 0;
    while (sg__kernels_table(last + 1))
        last++;
    assert_ptr_equal(sg__kernels_select(), sg__kernels_table(last));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_is_the_definition),
        cmocka_unit_test(charge_matches_reference),
        cmocka_unit_test(respond_matches_reference),
        cmocka_unit_test(tally_matches_reference),
        cmocka_unit_test(pools_match_reference),
        cmocka_unit_test(errors_match_reference),
        cmocka_unit_test(backward_matches_reference),
        cmocka_unit_test(steps_match_reference),
        cmocka_unit_test(selection_obeys_the_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
