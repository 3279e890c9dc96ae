/* Every row of every table against the reference, on geometries around the
 * sizes of their registers and tiles, unaligned memory and extreme values; and
 * the reference against the definition, written down once more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "core/rounding.h"
#include "kernels/kernels.h"
#include "spikegrad/machine.h"

/* in_h in_w in_c, out_c, kernel, stride, pad; out sizes are filled in. */
static const uint32_t shapes[][7] = {
    {1, 1, 1, 1, 1, 1, 0},     {1, 1, 33, 7, 1, 1, 0},
    {1, 1, 64, 8, 1, 1, 0},    {1, 1, 640, 300, 1, 1, 0},
    {1, 1, 31, 129, 1, 1, 0},  {1, 1, 1030, 66, 1, 1, 0},
    {5, 7, 1, 15, 5, 1, 0},    {6, 6, 15, 40, 5, 1, 0},
    {8, 8, 3, 16, 3, 1, 1},    {9, 7, 5, 17, 3, 2, 1},
    {4, 4, 8, 65, 3, 1, 2},    {7, 7, 2, 9, 4, 3, 0},
    {12, 12, 1, 64, 2, 2, 0},  {9, 11, 1, 16, 3, 1, 2},
    {6, 13, 3, 33, 5, 2, 4},   {28, 28, 1, 15, 5, 1, 0},
    {2, 3, 1, 5, 2, 1, 1},     {8, 8, 64, 64, 3, 1, 1},
    {5, 4, 68, 130, 3, 1, 1},  {3, 3, 128, 48, 3, 2, 1},
    {2, 9, 70, 32, 2, 1, 0},   {7, 3, 16, 80, 3, 3, 2},
    {12, 12, 15, 40, 5, 1, 0}, {4, 4, 192, 31, 1, 1, 0},
    {1, 1, 5, 5, 3, 1, 1},     {1, 1, 64, 16, 3, 1, 1},
    {1, 1, 70, 33, 5, 2, 2},   {2, 1, 64, 20, 3, 1, 1},
    {5, 4, 64, 128, 3, 1, 1},  {6, 5, 128, 64, 3, 2, 2},
    {1, 1, 1024, 64, 1, 1, 0}, {1, 1, 512, 64, 2, 1, 1},
    {1, 1, 4101, 9, 1, 1, 0},  {4, 7, 64, 144, 2, 3, 1},
};

enum { SHAPES = sizeof shapes / sizeof shapes[0], SAMPLES = 7, GUARD = 77 };

/* Ends a test that has nothing to compare with the reference. */
#define SKIP_WITHOUT_TABLES()                                                 \
    do {                                                                      \
        (void)state;                                                          \
        if (!sg__kernels_table(1))                                            \
            skip();                                                           \
    } while (0)

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

/* Bytes with guards on both sides, at an odd address. */
typedef struct array {
    uint8_t *block, *at;
    size_t bytes;
} array;

enum { BEFORE = 64 };

static array take(size_t bytes, size_t shift)
{
    array a = {aligned_alloc(64, (bytes + 3 * BEFORE) / 64 * 64), NULL, bytes};
    assert_non_null(a.block);
    memset(a.block, GUARD, (bytes + 3 * BEFORE) / 64 * 64);
    a.at = a.block + BEFORE + shift;
    return a;
}

/* Frees it after checking that what is around was not touched. */
static void give(array a)
{
    size_t whole = (a.bytes + 3 * BEFORE) / 64 * 64;
    for (uint8_t *p = a.block; p < a.block + whole; p++)
        if (p < a.at || p >= a.at + a.bytes)
            assert_int_equal(*p, GUARD);
    free(a.block);
}

static void assert_same(array a, array b)
{
    assert_int_equal(a.bytes, b.bytes);
    for (size_t i = 0; i < a.bytes; i++)
        if (a.at[i] != b.at[i])
            fail_msg("byte %zu of %zu: %d, expected %d", i, a.bytes, b.at[i],
                     a.at[i]);
}

/* Counts with a share of zeros, up to cap. */
static array counts(size_t n, uint32_t key, uint32_t percent, uint32_t cap)
{
    array a = take(n, 1);
    for (size_t i = 0; i < n; i++) {
        uint32_t x = draw(key, i);
        a.at[i] = (uint8_t)(x % 100 < percent ? (x >> 16) % cap + 1 : 0);
    }
    return a;
}

/* Error counts of a share of the neurons, the extremes among them. */
static array errors(size_t n, uint32_t key, uint32_t percent)
{
    array a = take(n, 1);
    for (size_t i = 0; i < n; i++) {
        uint32_t x = draw(key, i);
        int32_t d = (int32_t)(x >> 8) % 255 - 127;
        d = i % 5 == 0 ? (i % 2 ? 127 : -127) : d;
        a.at[i] = (uint8_t)(x % 100 < percent ? d : 0);
    }
    return a;
}

/* Weights and biases of a layer and the table's own layout of them. */
typedef struct layer {
    sg__geometry g;
    sg__synapses s;
    array weight, bias, packed, scratch;
} layer;

static layer make_layer(const sg__kernels *table, size_t shape, int bits)
{
    layer l = {.g = geometry(shape)};
    size_t n = sg__fan_in(&l.g) * l.g.out_c;
    l.weight = take(n * (size_t)bits / 8, 0);
    l.bias = take(l.g.out_c * 4, 0);
    for (size_t i = 0; i < n; i++) {
        uint32_t x = draw(1, i);
        /* 16 bits: small enough for the largest fan-in, extremes rarely */
        int32_t w = (int32_t)(x >> 16) - 32768;
        w = bits == 8 ? w / 256 : w / 16;
        if (i % 97 == 0)
            w = (x & 1 ? 1 : -1) * (bits == 8 ? 127 : 32767);
        if (bits == 8)
            ((int8_t *)l.weight.at)[i] = (int8_t)(w < -127 ? -127 : w);
        else
            ((int16_t *)l.weight.at)[i] = (int16_t)w;
    }
    for (uint32_t k = 0; k < l.g.out_c; k++)
        ((int32_t *)l.bias.at)[k] = (int32_t)(draw(2, k) >> 8) - (1 << 23);
    l.packed = take(table->pack_size(&l.g, bits), 0);
    memset(l.packed.at, 0, l.packed.bytes);
    l.scratch = take(table->scratch_size(&l.g, bits), 0);
    return l;
}

/* Points the layer at its own geometry, and packs in two parts as the trainer
 * does. */
static void settle(const sg__kernels *table, layer *l, int bits)
{
    uint32_t half = l->g.out_c / 2 / SG__PACK_CHANNELS * SG__PACK_CHANNELS;
    l->s = (sg__synapses){
        &l->g, bits, l->weight.at, l->packed.at, (const int32_t *)l->bias.at,
        255};
    table->pack(&l->s, half, l->g.out_c);
    table->pack(&l->s, 0, half);
}

static void free_layer(layer *l)
{
    give(l->weight);
    give(l->bias);
    give(l->packed);
    give(l->scratch);
}

/* What a forward row writes. */
typedef struct forward {
    array count, gate, charge;
} forward;

enum { WANT_COUNT = 1, WANT_GATE = 2, WANT_CHARGE = 4 };

static forward run_forward(const sg__kernels *table, size_t shape, int bits,
                           bool sparse, const uint8_t *in, int32_t in_cap,
                           int want)
{
    layer l = make_layer(table, shape, bits);
    settle(table, &l, bits);
    l.s.in_cap = in_cap;
    size_t n = SAMPLES * sg__outputs(&l.g);
    forward f = {take(n, 3), take(n, 5), take(n * 4, 0)};
    sg__response_out out = {
        .theta_bits = bits == 8 ? 6 : 14,
        .level = shape % 2 ? 1 << 5 : 1 << 6,
        .cap = shape % 3 ? 15 : 255,
        .count = want & WANT_COUNT ? f.count.at : NULL,
        .gate = want & WANT_GATE ? f.gate.at : NULL,
        .charge = want & WANT_CHARGE ? (int32_t *)f.charge.at : NULL,
    };
    (sparse ? table->forward_sparse : table->forward)(&l.s, SAMPLES, in, &out,
                                                      l.scratch.at);
    free_layer(&l);
    return f;
}

static void compare_forward(const sg__kernels *table, size_t shape, int bits,
                            uint32_t percent)
{
    sg__geometry g = geometry(shape);
    uint32_t cap = percent == 50 ? (shape % 2 ? 15 : 127) : 255;
    array in = counts(SAMPLES * sg__inputs(&g), 3, percent, cap);
    static const int wants[] = {WANT_COUNT, WANT_COUNT | WANT_GATE,
                                WANT_CHARGE,
                                WANT_COUNT | WANT_GATE | WANT_CHARGE};
    for (size_t i = 0; i < 4; i++)
        for (int sparse = 0; sparse < 2; sparse++) {
            forward a = run_forward(sg__kernels_table(0), shape, bits, false,
                                    in.at, (int32_t)cap, wants[i]);
            forward b = run_forward(table, shape, bits, sparse, in.at,
                                    (int32_t)cap, wants[i]);
            assert_same(a.charge, b.charge);
            assert_same(a.count, b.count);
            assert_same(a.gate, b.gate);
            give(a.count), give(a.gate), give(a.charge);
            give(b.count), give(b.gate), give(b.charge);
        }
    give(in);
}

static void forward_matches_reference(void **state)
{
    (void)state;
    for (size_t t = 0; sg__kernels_table(t); t++)
        for (size_t shape = 0; shape < SHAPES; shape++)
            for (uint32_t percent = 0; percent <= 100; percent += 50)
                for (int bits = 8; bits <= 16; bits += 8)
                    compare_forward(sg__kernels_table(t), shape, bits,
                                    percent);
}

static void reference_is_the_definition(void **state)
{
    (void)state;
    for (size_t shape = 0; shape < SHAPES; shape++) {
        sg__geometry g = geometry(shape);
        size_t K = sg__fan_in(&g), n = sg__inputs(&g);
        array in = counts(SAMPLES * n, 5, 60, 255);
        layer l = make_layer(sg__kernels_table(0), shape, 16);
        forward f = run_forward(sg__kernels_table(0), shape, 16, false, in.at,
                                255, WANT_CHARGE);
        for (size_t i = 0; i < SAMPLES * sg__outputs(&g); i++) {
            size_t k = i % g.out_c, x = i / g.out_c % g.out_w;
            size_t y = i / g.out_c / g.out_w % g.out_h;
            const uint8_t *from = in.at + i / sg__outputs(&g) * n;
            int32_t sum = ((const int32_t *)l.bias.at)[k];
            for (size_t j = 0; j < K; j++) {
                size_t c = j % g.in_c, kx = j / g.in_c % g.kernel_w;
                size_t ky = j / g.in_c / g.kernel_w;
                size_t iy = y * g.stride + ky - g.pad;
                size_t ix = x * g.stride + kx - g.pad;
                if (iy < g.in_h && ix < g.in_w)
                    sum += ((const int16_t *)l.weight.at)[k * K + j] *
                           from[(iy * g.in_w + ix) * g.in_c + c];
            }
            assert_int_equal(((const int32_t *)f.charge.at)[i], sum);
        }
        free_layer(&l);
        give(f.count), give(f.gate), give(f.charge);
        give(in);
    }
}

static array run_propagate(const sg__kernels *table, size_t shape, int bits,
                           bool sparse, const int8_t *d)
{
    layer l = make_layer(table, shape, bits);
    settle(table, &l, bits);
    array u = take(SAMPLES * sg__inputs(&l.g) * 4, 0);
    (sparse ? table->propagate_sparse : table->propagate)(&l.s, SAMPLES, d,
                                                          (int32_t *)u.at,
                                                          l.scratch.at);
    free_layer(&l);
    return u;
}

static void compare_propagate(const sg__kernels *table, size_t shape, int bits,
                              uint32_t percent)
{
    sg__geometry g = geometry(shape);
    array d = errors(SAMPLES * sg__outputs(&g), 9, percent);
    array a = run_propagate(sg__kernels_table(0), shape, bits, false,
                            (const int8_t *)d.at);
    for (int sparse = 0; sparse < 2; sparse++) {
        array b =
            run_propagate(table, shape, bits, sparse, (const int8_t *)d.at);
        assert_same(a, b);
        give(b);
    }
    give(a), give(d);
}

static void propagate_matches_reference(void **state)
{
    static const uint32_t percents[] = {0, 2, 20, 100};
    (void)state;
    for (size_t t = 0; sg__kernels_table(t); t++)
        for (size_t shape = 0; shape < SHAPES; shape++)
            for (size_t p = 0; p < 4; p++)
                for (int bits = 8; bits <= 16; bits += 8)
                    compare_propagate(sg__kernels_table(t), shape, bits,
                                      percents[p]);
}

/* Gradients of channels first..last-1, weights and biases. */
static array run_gradient(const sg__kernels *table, size_t shape, bool sparse,
                          const uint8_t *in, uint32_t in_cap, const int8_t *d,
                          uint32_t first, uint32_t last)
{
    layer l = make_layer(table, shape, 8);
    settle(table, &l, 8);
    l.s.in_cap = (int32_t)in_cap;
    size_t n = (last - first) * sg__fan_in(&l.g);
    array gradient = take((n + last - first) * 4, 0);
    int32_t *to = (int32_t *)gradient.at;
    (sparse ? table->gradient_sparse : table->gradient)(&l.s, SAMPLES, in, d,
                                                        first, last, to,
                                                        to + n, l.scratch.at);
    free_layer(&l);
    return gradient;
}

static void compare_gradient(const sg__kernels *table, size_t shape,
                             uint32_t percent)
{
    static const uint32_t caps[] = {255, 15, 127, 1};
    sg__geometry g = geometry(shape);
    uint32_t cap = caps[(shape + percent / 2) % 4];
    array in = counts(SAMPLES * sg__inputs(&g), 11, 50, cap);
    array d = errors(SAMPLES * sg__outputs(&g), 10, percent);
    static const uint32_t widths[] = {SG__GRADIENT_CHANNELS, SG__PACK_CHANNELS,
                                      SG__UNPACKED_CHANNELS};
    uint32_t width = widths[shape % 3];
    for (uint32_t k = 0; k < g.out_c; k += width) {
        uint32_t last = k + width < g.out_c ? k + width : g.out_c;
        array a = run_gradient(sg__kernels_table(0), shape, false, in.at, cap,
                               (const int8_t *)d.at, k, last);
        for (int sparse = 0; sparse < 2; sparse++) {
            array b = run_gradient(table, shape, sparse, in.at, cap,
                                   (const int8_t *)d.at, k, last);
            assert_same(a, b);
            give(b);
        }
        give(a);
    }
    give(in), give(d);
}

static void gradient_matches_reference(void **state)
{
    static const uint32_t percents[] = {0, 2, 20, 100};
    (void)state;
    for (size_t t = 0; sg__kernels_table(t); t++)
        for (size_t shape = 0; shape < SHAPES; shape++)
            for (size_t p = 0; p < 4; p++)
                compare_gradient(sg__kernels_table(t), shape, percents[p]);
}

static void pools_match_reference(void **state)
{
    SKIP_WITHOUT_TABLES();
    const sg__kernels *ref = sg__kernels_table(0);
    for (uint32_t k = 2; k <= 5; k++)
        for (uint32_t c = 1; c <= 130; c += c < 20 ? 3 : 37) {
            sg__geometry g = {11, 13, c, 11 / k, 13 / k, c, k, k, k, 0};
            array in = counts(sg__inputs(&g), 14, 70, 255 / (k * k));
            for (size_t t = 1; sg__kernels_table(t); t++) {
                const sg__kernels *table = sg__kernels_table(t);
                array a = take(sg__outputs(&g), 1), b = take(a.bytes, 1);
                ref->pool_sum(&g, in.at, a.at);
                table->pool_sum(&g, in.at, b.at);
                assert_same(a, b);
                ref->pool_max(&g, in.at, a.at);
                table->pool_max(&g, in.at, b.at);
                assert_same(a, b);
                give(a), give(b);
            }
            give(in);
        }
}

static void sums_match_reference(void **state)
{
    SKIP_WITHOUT_TABLES();
    const sg__kernels *ref = sg__kernels_table(0);
    static const uint32_t channels[] = {1,  2,  3,  15,  16,
                                        31, 64, 65, 200, 40000};
    for (size_t c = 0; c < 10; c++)
        for (size_t pixels = 0; pixels <= 70; pixels += pixels < 5 ? 1 : 13)
            for (size_t t = 1; sg__kernels_table(t); t++) {
                const sg__kernels *table = sg__kernels_table(t);
                size_t n = pixels * channels[c];
                array in = counts(n, 12, 60, c % 2 ? 255 : 3);
                array d = errors(n, 13, 60);
                array a = take(pixels * 8, 0), b = take(pixels * 8, 0);
                uint32_t *x = (uint32_t *)a.at, *y = (uint32_t *)b.at;
                int32_t cap = c % 2 ? 255 : 3;
                assert_int_equal(ref->count_sums(pixels, channels[c], in.at,
                                                 cap, x, x + pixels),
                                 table->count_sums(pixels, channels[c], in.at,
                                                   cap, y, y + pixels));
                assert_same(a, b);
                ref->error_sums(pixels, channels[c], (const int8_t *)d.at, x,
                                x + pixels);
                table->error_sums(pixels, channels[c], (const int8_t *)d.at, y,
                                  y + pixels);
                assert_same(a, b);
                give(in), give(d), give(a), give(b);
            }
}

/* Error charges around the threshold and far beyond, and open gates. */
static array charges(size_t n, int phi_bits, uint32_t key)
{
    array u = take(n * 4, 0);
    for (size_t i = 0; i < n; i++) {
        int32_t x = (int32_t)(draw(key, i) >> 20) - 2048;
        ((int32_t *)u.at)[i] = x * (1 << (phi_bits / 2)) / (i % 3 ? 16 : 1);
        if (i % 31 == 0)
            ((int32_t *)u.at)[i] = i % 2 ? 1 << 30 : -(1 << 30);
    }
    return u;
}

static array gates(size_t n)
{
    array d = take(n, 1);
    for (size_t i = 0; i < n; i++)
        d.at[i] = draw(8, i) & 1;
    return d;
}

static void fire_errors_matches_reference(void **state)
{
    SKIP_WITHOUT_TABLES();
    for (size_t t = 1; sg__kernels_table(t); t++)
        for (size_t n = 0; n <= 150; n++)
            for (int bits = 1; bits <= 24; bits += 5) {
                array u = charges(n, bits, 7), a = gates(n), b = gates(n);
                const int32_t *charge = (const int32_t *)u.at;
                size_t x = sg__kernels_table(0)->fire_errors(n, charge, bits,
                                                             (int8_t *)a.at);
                size_t y = sg__kernels_table(t)->fire_errors(n, charge, bits,
                                                             (int8_t *)b.at);
                assert_int_equal(x, y);
                assert_same(a, b);
                give(u), give(a), give(b);
            }
}

static void compare_fire_pooled(const sg__kernels *table, uint32_t k,
                                uint32_t c)
{
    const sg__kernels *ref = sg__kernels_table(0);
    sg__geometry g = {11, 13, c, 11 / k, 13 / k, c, k, k, k, 0};
    size_t n = sg__inputs(&g);
    array u = charges(sg__outputs(&g), 9, 15);
    array in = counts(n, 16, 60, 3);
    array a = gates(n), b = gates(n);
    const int32_t *charge = (const int32_t *)u.at;
    assert_int_equal(ref->fire_pooled(&g, charge, 9, (int8_t *)a.at),
                     table->fire_pooled(&g, charge, 9, (int8_t *)b.at));
    assert_same(a, b);
    give(a), give(b);
    a = gates(n), b = gates(n);
    assert_int_equal(ref->fire_winners(&g, in.at, charge, 9, (int8_t *)a.at),
                     table->fire_winners(&g, in.at, charge, 9,
                                         (int8_t *)b.at));
    assert_same(a, b);
    give(a), give(b), give(u), give(in);
}

static void fire_through_pools_matches_reference(void **state)
{
    SKIP_WITHOUT_TABLES();
    for (size_t t = 1; sg__kernels_table(t); t++)
        for (uint32_t k = 2; k <= 5; k++)
            for (uint32_t c = 1; c <= 140; c += c < 20 ? 3 : 40)
                compare_fire_pooled(sg__kernels_table(t), k, c);
}

/* One array of parameters before and after a step. */
static array run_step(const sg__kernels *table, const sg__step_plan *p,
                      size_t first, size_t n)
{
    array all = take(n * 16, 0);
    int32_t *gradient = (int32_t *)all.at, *v = gradient + n, *w = v + n;
    memset(all.at, 0, all.bytes);
    for (size_t i = 0; i < n; i++) {
        gradient[i] = (int32_t)(draw(16, i + n) >> 1) * (i % 2 ? 1 : -1) /
                      (i % 3 ? 1 : 4096);
        v[i] = i % 7 == 0 ? INT32_MAX : -(int32_t)(draw(17, i) >> 1);
        w[i] = sg__saturate((int64_t)draw(18, i) - INT32_MAX, p->limit);
    }
    table->step(p, first, n, gradient, v, w, w + n);
    return all;
}

static void step_matches_reference(void **state)
{
    SKIP_WITHOUT_TABLES();
    static const int bits[] = {8, 16, 32};
    for (size_t t = 1; sg__kernels_table(t); t++)
        for (int shift = 1; shift <= 61; shift += 4)
            for (size_t n = 0; n <= 70; n += n < 20 ? 1 : 9)
                for (int i = 0; i < 6; i++) {
                    sg__step_plan p = {
                        .friction = (int32_t)(draw(19, n) % 9) * 8192,
                        .mult = (int32_t)(draw(15, n) >> 2),
                        .shift = shift,
                        .limit = i % 3 == 0   ? 127 << 24
                                 : i % 3 == 1 ? 32767 << 16
                                              : INT32_MAX,
                        .weight_bits = bits[i % 3],
                        .weight_shift = i % 3 == 0   ? 24
                                        : i % 3 == 1 ? 16
                                                     : 9,
                        .stochastic = i >= 3,
                        .seed = 5,
                        .step = UINT64_C(0x100000007) * n,
                        .key = sg__rounding_key(70 * (n % 4)),
                    };
                    size_t first = n * 13;
                    array a = run_step(sg__kernels_table(0), &p, first, n);
                    array b = run_step(sg__kernels_table(t), &p, first, n);
                    assert_same(a, b);
                    give(a), give(b);
                }
}

/* A row that a table forgets would be NULL. */
static void tables_are_complete(void **state)
{
    (void)state;
    for (size_t t = 0; sg__kernels_table(t); t++) {
        const sg__kernels *table = sg__kernels_table(t);
#define KERNEL(type, kernel, arguments) assert_true(table->kernel != NULL);
#include "kernels/kernels.def"
#undef KERNEL
        assert_string_equal(sg_kernel_table_name(t), table->name);
    }
}

static void roofs_count_their_work(void **state)
{
    (void)state;
    for (size_t t = 0; sg__kernels_table(t); t++) {
        int32_t sink = 3;
        uint64_t once = sg__kernels_table(t)->roof(1, &sink);
        assert_true(once > 0);
        assert_int_equal(sg__kernels_table(t)->roof(1000, &sink), 1000 * once);
        assert_int_equal(sg__kernels_table(t)->roof(0, &sink), 0);
    }
}

static void the_machine_is_measured(void **state)
{
    (void)state;
    sg_machine machine;
    for (unsigned threads = 1; threads <= 2; threads++) {
        assert_int_equal(sg_machine_measure(threads, 1000, &machine), SG_OK);
        assert_true(machine.multiply_adds > 0 && machine.bytes > 0);
    }
    assert_int_equal(sg_machine_measure(257, 1000, &machine), SG_E_RANGE);
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
    /* where the processor is known, what it must run */
    const char *expected = getenv("SPIKEGRAD_TEST_ISA");
    if (expected)
        assert_string_equal(sg__kernels_select()->name, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_is_the_definition),
        cmocka_unit_test(forward_matches_reference),
        cmocka_unit_test(propagate_matches_reference),
        cmocka_unit_test(gradient_matches_reference),
        cmocka_unit_test(pools_match_reference),
        cmocka_unit_test(sums_match_reference),
        cmocka_unit_test(fire_errors_matches_reference),
        cmocka_unit_test(fire_through_pools_matches_reference),
        cmocka_unit_test(step_matches_reference),
        cmocka_unit_test(tables_are_complete),
        cmocka_unit_test(roofs_count_their_work),
        cmocka_unit_test(the_machine_is_measured),
        cmocka_unit_test(selection_obeys_the_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
