/* Pixels become counts, and images are resampled, as their definitions say:
 * the functions of core/, and the rows of every table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "core/fixed.h"
#include "core/quantise.h"
#include "image.h"
#include "kernels/kernels.h"

static void quantising_is_its_definition(void **state)
{
    (void)state;
    for (int32_t levels = 1; levels <= 255; levels++) {
        uint8_t pixels[256], counts[256];
        for (size_t p = 0; p < 256; p++)
            pixels[p] = (uint8_t)p;
        sg__quantise(256, pixels, levels, counts);
        sg__quantise(256, pixels, levels, pixels);
        for (int32_t p = 0; p < 256; p++) {
            assert_int_equal(counts[p], (p * levels + 127) / 255);
            assert_int_equal(pixels[p], counts[p]);
        }
    }
}

/* Rows of every table: all lengths around a register, in place and not. */
static void quantising_rows_match(void **state)
{
    (void)state;
    uint8_t pixels[300];
    fill(pixels, sizeof pixels);
    const sg__kernels *table;
    for (size_t t = 0; (table = sg__kernels_table(t)); t++) {
        for (size_t n = 0; n <= 260; n++) {
            int32_t levels = 1 + (int32_t)(n * 37 % 255);
            uint8_t out[300], place[300];
            memset(out, 99, sizeof out);
            memcpy(place, pixels, sizeof place);
            table->quantise(n, pixels + n % 7, levels, out);
            table->quantise(n, place + n % 7, levels, place + n % 7);
            for (size_t i = 0; i < n; i++) {
                int32_t want = (pixels[n % 7 + i] * levels + 127) / 255;
                assert_int_equal(out[i], want);
                assert_int_equal(place[n % 7 + i], want);
            }
            assert_int_equal(out[n], 99);
            assert_int_equal(place[n % 7 + n], pixels[n % 7 + n]);
        }
    }
}

/* One byte of a resampled image, term by term. */
static uint8_t defined(const sg__warp *w, sg_shape s, int32_t levels,
                       const uint8_t *in, int64_t x, int64_t y, uint32_t c)
{
    int64_t sx = w->start_x + w->m[0] * x + w->m[1] * y;
    int64_t sy = w->start_y + w->m[2] * x + w->m[3] * y;
    int64_t left = sx / 65536 - (sx % 65536 < 0);
    int64_t top = sy / 65536 - (sy % 65536 < 0);
    int64_t fx = (sx - left * 65536) / 256;
    int64_t fy = (sy - top * 65536) / 256;
    int64_t sum = 32768;
    for (int k = 0; k < 4; k++) {
        int64_t px = left + k % 2;
        int64_t py = top + k / 2;
        if (px < 0 || py < 0 || px >= s.width || py >= s.height)
            continue;
        int64_t weight = (k % 2 ? fx : 256 - fx) * (k / 2 ? fy : 256 - fy);
        sum +=
            weight * in[((size_t)py * s.width + (size_t)px) * s.channels + c];
    }
    return (uint8_t)((sum / 65536 * levels + 127) / 255);
}

/* By every table, from and to memory of exactly the size of the image, so
 * that sanitizers see a step beyond it. */
static void expect_defined(const sg__warp *w, sg_shape s, int32_t levels,
                           const uint8_t *pixels)
{
    size_t size = (size_t)s.height * s.width * s.channels;
    const sg__kernels *table;
    for (size_t t = 0; (table = sg__kernels_table(t)); t++) {
        uint8_t *in = malloc(size), *out = malloc(size);
        assert_true(in && out);
        memcpy(in, pixels, size);
        memset(out, 77, size);
        table->resample(w, s, levels, in, out);
        for (size_t i = 0; i < size; i++) {
            size_t pixel = i / s.channels;
            uint8_t want =
                defined(w, s, levels, in, (int64_t)(pixel % s.width),
                        (int64_t)(pixel / s.width),
                        (uint32_t)(i % s.channels));
            if (out[i] != want)
                fail_msg("%s, %ux%ux%u, %d levels, (%d %d %d %d) %lld %lld: "
                         "byte %zu is %d, not %d",
                         table->name, s.height, s.width, s.channels, levels,
                         w->m[0], w->m[1], w->m[2], w->m[3],
                         (long long)w->start_x, (long long)w->start_y, i,
                         out[i], want);
        }
        free(in);
        free(out);
    }
}

static sg__draw draw(uint32_t trial, uint32_t block)
{
    return sg__random(4, SG__STREAM_AUGMENT, trial, block, 0, 99);
}

/* A map about as far from the identity as limit, Q16, that takes a pixel of
 * the image to one nearby. */
static sg__warp any_warp(uint32_t trial, sg_shape s, int32_t limit)
{
    sg__draw d = draw(trial, 1), e = draw(trial, 2), f = draw(trial, 3);
    sg__warp w = {.m = {sg__spread(d.v[0], limit), sg__spread(d.v[1], limit),
                        sg__spread(d.v[2], limit), sg__spread(d.v[3], limit)}};
    w.m[e.v[0] % 2 ? 0 : 1] += 65536;
    w.m[e.v[0] % 2 ? 3 : 2] += e.v[1] % 2 ? 65536 : -65536;
    int64_t x = e.v[2] % s.width, y = e.v[3] % s.height;
    w.start_x = (f.v[0] % (s.width + 2) * INT64_C(65536)) - 65536 -
                w.m[0] * x - w.m[1] * y + f.v[1] % 65536;
    w.start_y = (f.v[2] % (s.height + 2) * INT64_C(65536)) - 65536 -
                w.m[2] * x - w.m[3] * y + f.v[3] % 65536;
    return w;
}

static void resampling_is_its_definition(void **state)
{
    static const int32_t limits[] = {0,     1,      300,     6000,
                                     65536, 400000, 1 << 24, (1 << 30) - 1};
    (void)state;
    static uint8_t image[40 * 33 * 4];
    for (uint32_t trial = 0; trial < 8000; trial++) {
        sg__draw d = draw(trial, 0);
        sg_shape s = {1 + d.v[0] % 33, 1 + d.v[1] % 40, 1 + d.v[2] % 4};
        if (trial % 4)
            s.channels = 1;
        if (trial % 3 == 0)
            s = (sg_shape){28, 28, 1};
        if (trial % 50 == 0)
            s = (sg_shape){d.v[0] % 2 ? 64 : 65, d.v[1] % 2 ? 31 : 32, 1};
        if (trial % 17 == 0)
            memset(image, 255, sizeof image);
        else
            fill(image, sizeof image);
        image[d.v[2] % (s.height * s.width)] = (uint8_t)(d.v[2] >> 24);
        sg__warp w = any_warp(trial, s, limits[trial % 8]);
        expect_defined(&w, s, 1 + (int32_t)(d.v[3] % 255), image);
        if (trial % 5 == 0)
            expect_defined(&w, s, 255, image);
    }
}

/* Maps by whole pixels and to the last steps before and beyond an edge. */
static void resampling_at_the_edges(void **state)
{
    static const sg_shape shapes[] = {{1, 1, 1},   {1, 31, 1},  {28, 28, 1},
                                      {64, 31, 1}, {65, 31, 1}, {9, 32, 1},
                                      {5, 4, 3}};
    static const int64_t steps[] = {-65537, -65536, -65281, -65280, -256,
                                    -255,   -1,     0,      1,      255,
                                    256,    65535,  65536};
    (void)state;
    static uint8_t image[65 * 31];
    fill(image, sizeof image);
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        sg_shape s = shapes[k];
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            int64_t right = (int64_t)s.width * 65536;
            int64_t bottom = (int64_t)s.height * 65536;
            int64_t far = INT64_C(1) << (30 + i % 4);
            sg__warp w = {{65536, 0, 0, 65536}, steps[i], 0};
            expect_defined(&w, s, 255, image);
            w = (sg__warp){{65536, 0, 0, 65536}, 0, steps[i]};
            expect_defined(&w, s, 255, image);
            w = (sg__warp){{-65536, 0, 0, 65536}, right + steps[i], steps[i]};
            expect_defined(&w, s, 255, image);
            w = (sg__warp){{0, 0, 0, 0}, right + steps[i], bottom - 65536};
            expect_defined(&w, s, 255, image);
            w = (sg__warp){{65536, 0, 0, -65536}, 0, bottom + steps[i]};
            expect_defined(&w, s, 255, image);
            w = (sg__warp){{65536, 0, 0, 65536}, far + steps[i], 0};
            expect_defined(&w, s, 255, image);
            w = (sg__warp){{65536, 0, 0, 65536}, 0, -far + steps[i]};
            expect_defined(&w, s, 255, image);
        }
    }
}

/* On and off: each its definition, never both, and symmetric about grey. */
static void on_off_is_its_definition(void **state)
{
    (void)state;
    for (int32_t levels = 1; levels <= 255; levels++) {
        uint8_t pixels[256], counts[512];
        for (int i = 0; i < 256; i++)
            pixels[i] = (uint8_t)i;
        sg__on_off(256, pixels, levels, counts);
        for (int32_t p = 0; p < 256; p++) {
            int32_t on = p > 128 ? ((p - 128) * levels + 64) / 128 : 0;
            int32_t off = p < 128 ? ((128 - p) * levels + 64) / 128 : 0;
            assert_int_equal(counts[2 * p], on);
            assert_int_equal(counts[2 * p + 1], off);
            assert_true(on <= levels && off <= levels);
        }
        assert_int_equal(counts[1], levels);
        assert_int_equal(counts[2 * 255], counts[2 * 1 + 1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantising_is_its_definition),
        cmocka_unit_test(quantising_rows_match),
        cmocka_unit_test(resampling_is_its_definition),
        cmocka_unit_test(resampling_at_the_edges),
        cmocka_unit_test(on_off_is_its_definition),
    };
    return cmocka_run_group_tests_name("resample", tests, NULL, NULL);
}
