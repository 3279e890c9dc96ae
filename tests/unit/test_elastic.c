/* Elastic distortion: the field is the cubic B-spline of its draws, and images
 * are read where it says. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "augment/augment.h"
#include "augment/elastic.h"
#include "base/random.h"
#include "core/fixed.h"

enum { SEED = 5, EPOCH = 2, HEIGHT = 37, WIDTH = 61 };

static const sg__warp identity = {.m = {65536, 0, 0, 65536}};

/* Spline k of 4 at t in [0, 1), from its formula. */
static double basis(int k, double t)
{
    double s = 1 - t;
    switch (k) {
    case 0:
        return s * s * s / 6;
    case 1:
        return (3 * t * t * t - 6 * t * t + 4) / 6;
    case 2:
        return (3 * s * s * s - 6 * s * s + 4) / 6;
    default:
        return t * t * t / 6;
    }
}

/* The displacement of a pixel along an axis, in pixels. */
static double defined(uint32_t sample, uint32_t reach, uint32_t x, uint32_t y,
                      int axis)
{
    double sum = 0;
    for (int j = 0; j < 4; j++) {
        for (int i = 0; i < 4; i++) {
            uint32_t place =
                (y / 8 + (uint32_t)j) << 16 | (x / 8 + (uint32_t)i);
            sg__draw d =
                sg__random(SEED, SG__STREAM_AUGMENT, EPOCH, sample, 4, place);
            sum += basis(j, y % 8 / 8.0) * basis(i, x % 8 / 8.0) *
                   sg__spread(d.v[axis], (int32_t)reach * 65536) / 65536.0;
        }
    }
    return sum;
}

/* A ramp of 4 a pixel shows where each pixel was read, to a quarter. */
static void field_is_a_cubic_spline(void **state)
{
    (void)state;
    const sg_shape shape = {HEIGHT, WIDTH, 2};
    static uint8_t in[HEIGHT * WIDTH * 2], out[HEIGHT * WIDTH * 2];
    for (uint32_t i = 0; i < HEIGHT * WIDTH; i++) {
        in[2 * i] = (uint8_t)(4 * (i % WIDTH) + 1);
        in[2 * i + 1] = (uint8_t)(4 * (i / WIDTH) + 1);
    }
    for (uint32_t sample = 0; sample < 20; sample++) {
        const uint32_t reach = 1 + sample % 9;
        double square = 0;
        size_t inside = 0;
        const sg__variant v = {shape, SEED, EPOCH, sample};
        sg__elastic_resample(&identity, &v, reach, in, out);
        for (uint32_t i = 0; i < HEIGHT * WIDTH; i++) {
            double dx = defined(sample, reach, i % WIDTH, i / WIDTH, 0);
            double dy = defined(sample, reach, i % WIDTH, i / WIDTH, 1);
            double x = i % WIDTH + dx, y = i / WIDTH + dy;
            square += dx * dx;
            assert_true(fabs(dx) <= reach && fabs(dy) <= reach);
            if (x < 0 || y < 0 || x > WIDTH - 1 || y > HEIGHT - 1) {
                assert_true(out[2 * i] <= 4 * WIDTH);
                continue;
            }
            assert_true(fabs(out[2 * i] - (4 * x + 1)) < 0.6);
            assert_true(fabs(out[2 * i + 1] - (4 * y + 1)) < 0.6);
            inside++;
        }
        double deviation = sqrt(square / (HEIGHT * WIDTH)) / reach;
        assert_true(deviation > 0.15 && deviation < 0.45);
        assert_true(inside > HEIGHT * WIDTH / 2);
    }
}

/* White stays white but at the edges, where black comes in. */
static void outside_is_black(void **state)
{
    (void)state;
    const sg_shape shape = {HEIGHT, WIDTH, 1};
    static uint8_t in[HEIGHT * WIDTH], out[HEIGHT * WIDTH];
    size_t dark = 0;
    memset(in, 255, sizeof in);
    const sg__variant v = {shape, SEED, EPOCH, 0};
    sg__elastic_resample(&identity, &v, 6, in, out);
    for (uint32_t i = 0; i < HEIGHT * WIDTH; i++) {
        uint32_t x = i % WIDTH, y = i / WIDTH;
        if (x >= 6 && y >= 6 && x + 6 < WIDTH && y + 6 < HEIGHT)
            assert_int_equal(out[i], 255);
        dark += out[i] == 0;
    }
    assert_true(dark > 0);
}

/* Images of exactly their size, so that sanitizers see a step beyond. */
static void any_shape_works(void **state)
{
    static const sg_shape shapes[] = {{1, 1, 1}, {1, 9, 3},  {8, 8, 1},
                                      {9, 1, 2}, {16, 7, 1}, {28, 28, 1}};
    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const sg_shape shape = shapes[s];
        const size_t size =
            (size_t)shape.height * shape.width * shape.channels;
        uint8_t *in = malloc(size), *out = malloc(size);
        assert_true(in && out);
        memset(in, 200, size);
        for (uint32_t reach = 1; reach <= 64; reach += 21) {
            memset(out, 255, size);
            const sg__variant v = {shape, SEED, EPOCH, 7};
            sg__elastic_resample(&identity, &v, reach, in, out);
            for (size_t i = 0; i < size; i++)
                assert_true(out[i] <= 200);
        }
        free(in);
        free(out);
    }
}

static uint64_t hash_of(const char *spec, int32_t levels, const uint8_t *in)
{
    uint8_t out[28 * 28];
    sg__augment a;
    assert_int_equal(sg__augment_parse(spec, &a, NULL), SG_OK);
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (uint32_t epoch = 0; epoch < 3; epoch++) {
        sg__augment_counts(&a, sg__kernels_table(0), (sg_shape){28, 28, 1}, 1,
                           epoch, 4, levels, in, out);
        for (size_t i = 0; i < sizeof out; i++)
            hash = (hash ^ out[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

/* It joins the other parts: each changes the picture, and none its bits from
 * one call or machine to the next. */
static void joins_other_parts(void **state)
{
    static const char *const specs[] = {
        "elastic:4",         "elastic:5",         "affine+elastic:4",
        "flip+elastic:4",    "shift:2+elastic:4", "elastic:4+affine+flip",
        "elastic:4+cutout:6"};
    enum { SPECS = sizeof specs / sizeof *specs };
    (void)state;
    uint8_t in[28 * 28];
    uint64_t hash[SPECS];
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i * 7919 % 251);
    for (size_t k = 0; k < SPECS; k++) {
        hash[k] = hash_of(specs[k], 255, in);
        assert_int_equal(hash[k], hash_of(specs[k], 255, in));
        for (size_t j = 0; j < k; j++)
            assert_true(hash[j] != hash[k]);
    }
    assert_int_equal(hash_of("affine+elastic:4", 15, in),
                     UINT64_C(0x1a74a01d7fac5895));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(field_is_a_cubic_spline),
        cmocka_unit_test(outside_is_black),
        cmocka_unit_test(any_shape_works),
        cmocka_unit_test(joins_other_parts),
    };
    return cmocka_run_group_tests_name("elastic", tests, NULL, NULL);
}
