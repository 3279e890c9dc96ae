/* Augmentation: what it may do to an image, and that it repeats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "augment/augment.h"
#include "base/random.h"
#include "core/fixed.h"
#include "core/quantise.h"
#include "core/thin.h"
#include "data/glyphs.h"

#define SIDE 28
#define BYTES_MAX (3 * SIDE * SIDE)

static const sg_shape grey = {SIDE, SIDE, 1};

static sg__augment parsed(const char *spec)
{
    sg__augment a;
    sg_error error = {""};
    if (sg__augment_parse(spec, &a, &error))
        fail_msg("%s", error.text);
    return a;
}

/* An image without symmetry and without zeros. */
static void fill(uint8_t *image, size_t size)
{
    uint32_t x = 12345;
    for (size_t i = 0; i < size; i++) {
        x = x * 1664525 + 1013904223;
        image[i] = (uint8_t)(1 + (x >> 24) % 255);
    }
}

enum {
#define KIND(name, form) OF_##name,
    SG__AUGMENT_LIST(KIND)
#undef KIND
};

/* Expects exactly these kinds in spec, of n pixels each. */
static void expect_kinds(const char *spec, uint32_t mask, uint32_t n)
{
    sg__augment a = parsed(spec);
    for (uint32_t k = 0; k < SG__AUGMENT_KINDS; k++)
        assert_int_equal(a.number[k], mask >> k & 1 ? n : 0);
}

static void parses(void **state)
{
    (void)state;
    expect_kinds("none", 0, 0);
    expect_kinds("shift:2", 1U << OF_shift, 2);
    expect_kinds("crop:1+flip", 1U << OF_crop | 1U << OF_flip, 1);
    expect_kinds("flip+affine+shift:1",
                 1U << OF_flip | 1U << OF_affine | 1U << OF_shift, 1);
    expect_kinds("cutout:64+crop:64", 1U << OF_cutout | 1U << OF_crop, 64);
    expect_kinds("thin:64+cutout:64", 1U << OF_thin | 1U << OF_cutout, 64);
    expect_kinds("thin:99", 1U << OF_thin, 99);
    expect_kinds("elastic:3+cutout:3", 1U << OF_elastic | 1U << OF_cutout, 3);
}

/* Every form of the list is read, and the text of an error and of the option
 * of a recipe names it. */
static void lists_are_one(void **state)
{
    static const char *const forms[] = {
#define FORM(name, form) form,
        SG__AUGMENT_LIST(FORM)
#undef FORM
    };
    (void)state;
    size_t count;
    const sg_recipe_option *option = sg_recipe_options(&count);
    while (strcmp(option->name, "augment") != 0)
        option++;
    for (size_t k = 0; k < SG__AUGMENT_KINDS; k++) {
        sg_error error = {""};
        sg__augment a;
        char spec[32];
        snprintf(spec, sizeof spec, "%.*s%s", (int)strcspn(forms[k], ":"),
                 forms[k], strchr(forms[k], ':') ? ":7" : "");
        assert_true(parsed(spec).number[k] > 0);
        assert_non_null(strstr(option->help, forms[k]));
        assert_int_equal(sg__augment_parse("?", &a, &error), SG_E_ARGUMENT);
        assert_non_null(strstr(error.text, forms[k]));
    }
}

static void refuses_unknown_parts(void **state)
{
    static const char *const bad[] = {"",
                                      "nothing",
                                      "none+flip",
                                      "flip+none",
                                      "shift",
                                      "shift:",
                                      "shift:0",
                                      "shift:65",
                                      "shift:-1",
                                      "shift:2px",
                                      "affine:",
                                      "affine+",
                                      "+affine",
                                      "flip+flip",
                                      "affine flip",
                                      "crop:99999999999999",
                                      "shift:1+crop:1",
                                      "cutout",
                                      "cutout:0",
                                      "cutout:65",
                                      "cutout:2+cutout:2",
                                      "thin",
                                      "thin:0",
                                      "thin:100",
                                      "thin:5%",
                                      "thin:50+thin:60",
                                      "elastic",
                                      "elastic:0",
                                      "elastic:65",
                                      "elastic:2+elastic:2",
                                      "Affine"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sg__augment a;
        sg_error error = {""};
        if (sg__augment_parse(bad[i], &a, &error) != SG_E_ARGUMENT)
            fail_msg("\"%s\" is taken", bad[i]);
        assert_non_null(strstr(error.text, "expected none"));
    }
}

static void none_is_identity(void **state)
{
    (void)state;
    sg__augment a = parsed("none");
    uint8_t in[BYTES_MAX];
    uint8_t out[BYTES_MAX];
    sg_shape colour = {SIDE, SIDE, 3};
    fill(in, sizeof in);
    for (uint32_t i = 0; i < 20; i++) {
        sg__augment_apply(&a, colour, 1, 0, i, in, out);
        assert_memory_equal(in, out, sizeof in);
    }
}

/* Whether out is in, mirrored or not, then moved by dx, dy. */
static bool is_moved(sg_shape s, const uint8_t *in, const uint8_t *out, int dx,
                     int dy, bool flip)
{
    int width = (int)s.width;
    int height = (int)s.height;
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            int fx = flip ? width - 1 - (x - dx) : x - dx;
            int fy = y - dy;
            bool inside = fx >= 0 && fy >= 0 && fx < width && fy < height;
            for (uint32_t c = 0; c < s.channels; c++) {
                size_t to = (size_t)(y * width + x) * s.channels + c;
                size_t from =
                    inside ? (size_t)(fy * width + fx) * s.channels + c : 0;
                if (out[to] != (inside ? in[from] : 0))
                    return false;
            }
        }
    }
    return true;
}

/* Every outcome of shift:n (with flip) is an exact move; all of them occur. */
static void expect_moves(const char *spec, sg_shape s, int n, bool flip)
{
    sg__augment a = parsed(spec);
    uint8_t in[BYTES_MAX];
    uint8_t out[BYTES_MAX];
    bool seen[2][9][9] = {{{false}}};
    fill(in, sizeof in);
    for (uint32_t sample = 0; sample < 1000; sample++) {
        int found = 0;
        sg__augment_apply(&a, s, 3, 1, sample, in, out);
        for (int k = 0; k < (flip ? 2 : 1) * (2 * n + 1) * (2 * n + 1); k++) {
            int dx = k % (2 * n + 1) - n;
            int dy = k / (2 * n + 1) % (2 * n + 1) - n;
            bool mirrored = k >= (2 * n + 1) * (2 * n + 1);
            if (!is_moved(s, in, out, dx, dy, mirrored))
                continue;
            seen[mirrored][dy + n][dx + n] = true;
            found++;
        }
        assert_int_equal(found, 1);
    }
    for (int m = 0; m < (flip ? 2 : 1); m++) {
        for (int k = 0; k < (2 * n + 1) * (2 * n + 1); k++)
            assert_true(seen[m][k / (2 * n + 1)][k % (2 * n + 1)]);
    }
}

static void shift_moves_exactly(void **state)
{
    (void)state;
    expect_moves("shift:2", grey, 2, false);
    expect_moves("crop:1", (sg_shape){5, 9, 3}, 1, false);
    expect_moves("shift:2+flip", (sg_shape){9, 6, 2}, 2, true);
    expect_moves("flip", (sg_shape){4, 7, 1}, 0, true);
}

static void shift_can_leave_the_image(void **state)
{
    (void)state;
    sg__augment a = parsed("shift:64+flip");
    const uint8_t in[] = {1, 2, 3, 4, 5, 6};
    for (uint32_t i = 0; i < 300; i++) {
        uint8_t out[6];
        memset(out, 99, sizeof out);
        sg__augment_apply(&a, (sg_shape){2, 3, 1}, 1, 0, i, in, out);
        for (size_t k = 0; k < 6; k++)
            assert_true(out[k] <= 6);
    }
}

/* What is blank is one rectangle of at most N x N pixels, whole unless it
 * touches the edge; every pixel is hit, and nothing else changes. */
static void cutout_blanks_a_square(void **state)
{
    (void)state;
    enum { N = 6, VARIANTS = 3000 };
    const sg_shape shape = {10, 9, 2};
    uint8_t in[180], out[180];
    uint32_t hits[90] = {0}, whole = 0;
    fill(in, sizeof in);
    sg__augment a = parsed("cutout:6");
    for (uint32_t v = 0; v < VARIANTS; v++) {
        uint32_t blank = 0, top = 10, left = 9, bottom = 0, right = 0;
        sg__augment_apply(&a, shape, 3, v, 1, in, out);
        for (uint32_t i = 0; i < 90; i++) {
            uint32_t y = i / 9, x = i % 9;
            if (out[2 * i] != 0) {
                assert_memory_equal(out + 2 * i, in + 2 * i, 2);
                continue;
            }
            assert_int_equal(out[2 * i + 1], 0);
            hits[i]++;
            blank++;
            top = y < top ? y : top;
            left = x < left ? x : left;
            bottom = y + 1 > bottom ? y + 1 : bottom;
            right = x + 1 > right ? x + 1 : right;
        }
        assert_int_equal(blank, (bottom - top) * (right - left));
        assert_true(bottom - top <= N && right - left <= N && blank >= 9);
        whole += blank == N * N;
    }
    assert_true(whole > VARIANTS / 10);
    for (uint32_t i = 0; i < 90; i++)
        assert_true(hits[i] > VARIANTS / 20);
}

static void variants_repeat_and_differ(void **state)
{
    static const char *const specs[] = {"affine", "affine+flip",
                                        "affine+shift:3"};
    (void)state;
    uint8_t in[SIDE * SIDE];
    uint8_t a[SIDE * SIDE];
    uint8_t b[SIDE * SIDE];
    sg__glyph_draw(1, SG_SPLIT_TRAIN, 5, in);
    for (size_t k = 0; k < sizeof specs / sizeof *specs; k++) {
        sg__augment g = parsed(specs[k]);
        sg__augment_apply(&g, grey, 1, 2, 3, in, a);
        sg__augment_apply(&g, grey, 1, 2, 3, in, b);
        assert_memory_equal(a, b, sizeof a);
        sg__augment_apply(&g, grey, 1, 3, 3, in, b);
        assert_memory_not_equal(a, b, sizeof a);
        sg__augment_apply(&g, grey, 1, 2, 4, in, b);
        assert_memory_not_equal(a, b, sizeof a);
        sg__augment_apply(&g, grey, 2, 2, 3, in, b);
        assert_memory_not_equal(a, b, sizeof a);
    }
}

/* A white square stays white in the middle, and the centre of mass moves by
 * no more than the 2 pixels allowed. */
static void affine_keeps_the_picture(void **state)
{
    (void)state;
    sg__augment a = parsed("affine");
    uint8_t in[SIDE * SIDE] = {0};
    uint8_t out[SIDE * SIDE];
    for (size_t y = 8; y < 20; y++)
        memset(in + y * SIDE + 8, 200, 12);
    for (uint32_t i = 0; i < 2000; i++) {
        int64_t mass = 0;
        int64_t x = 0;
        int64_t y = 0;
        sg__augment_apply(&a, grey, 1, 0, i, in, out);
        for (int64_t k = 0; k < SIDE * SIDE; k++) {
            mass += out[k];
            x += out[k] * (2 * (k % SIDE) - (SIDE - 1));
            y += out[k] * (2 * (k / SIDE) - (SIDE - 1));
        }
        assert_int_equal(out[14 * SIDE + 14], 200);
        /* area 144 / 1.1^2 .. 144 / 0.9^2, and the moves seen through
         * rotation, shear and scale */
        assert_in_range(mass, 200 * 117, 200 * 180);
        assert_in_range(x / mass + 100, 100 - 6, 100 + 6);
        assert_in_range(y / mass + 100, 100 - 6, 100 + 6);
    }
}

static void channels_are_warped_alike(void **state)
{
    (void)state;
    sg__augment a = parsed("affine+flip+shift:1");
    sg_shape colour = {11, 17, 3};
    sg_shape one = {11, 17, 1};
    uint8_t in[11 * 17 * 3];
    uint8_t out[sizeof in];
    fill(in, sizeof in);
    for (uint32_t i = 0; i < 50; i++) {
        sg__augment_apply(&a, colour, 1, 0, i, in, out);
        for (size_t c = 0; c < 3; c++) {
            uint8_t plane[11 * 17];
            uint8_t warped[11 * 17];
            for (size_t k = 0; k < sizeof plane; k++)
                plane[k] = in[3 * k + c];
            sg__augment_apply(&a, one, 1, 0, i, plane, warped);
            for (size_t k = 0; k < sizeof plane; k++)
                assert_int_equal(out[3 * k + c], warped[k]);
        }
    }
}

static void one_pixel_images_work(void **state)
{
    (void)state;
    sg__augment a = parsed("affine+flip");
    const uint8_t in = 255;
    for (uint32_t i = 0; i < 200; i++) {
        uint8_t out;
        sg__augment_apply(&a, (sg_shape){1, 1, 1}, 1, 0, i, &in, &out);
    }
}

static void bits_are_pinned(void **state)
{
    (void)state;
    sg__augment a = parsed("affine+flip+shift:2");
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (uint32_t i = 0; i < 500; i++) {
        uint8_t in[SIDE * SIDE];
        uint8_t out[SIDE * SIDE];
        sg__glyph_draw(1, SG_SPLIT_TRAIN, i, in);
        sg__augment_apply(&a, grey, 9, i % 7, i, in, out);
        for (size_t k = 0; k < sizeof out; k++)
            h = (h ^ out[k]) * UINT64_C(0x100000001b3);
    }
    assert_int_equal(h, UINT64_C(0x739854686d22de98));
}

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
            s = grey;
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

/* Counts are the quantised pixels, by every table and kind of variant. */
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

/* Bytes below a number, counted one by one. */
static void bytes_below_are_counted(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 20000; i++) {
        const sg__draw d = sg__random(3, SG__STREAM_INIT, i, 0, 0, 0);
        uint64_t x = (uint64_t)d.v[1] << 32 | d.v[0];
        const uint32_t n = 1 + i % 8, chances = 1 + d.v[2] % 255;
        uint32_t expected = 0;
        if (i % 3 == 0) /* bytes at the edge */
            x = (UINT64_C(0x0101010101010101) * chances) -
                (d.v[3] & 0x01010101);
        for (uint32_t k = 0; k < n; k++)
            expected += (x >> 8 * k & 255) < chances;
        assert_int_equal(sg__bytes_below(x, n, chances), expected);
    }
}

/* Each spike stays or not by its byte; what stays is the drawn share, all of
 * it only if all of 256 chances pass; a share P..100 % comes about. */
static void thinning_is_its_definition(void **state)
{
    (void)state;
    enum { W = 40, H = 30, P = 35, SEED = 8, EPOCH = 2, VARIANTS = 600 };
    static uint8_t in[W * H], out[W * H];
    const sg_shape shape = {H, W, 1};
    const sg__augment a = parsed("thin:35");
    uint32_t least = 256, most = 0;
    fill(in, sizeof in);
    for (uint32_t sample = 0; sample < VARIANTS; sample++) {
        const sg__draw d =
            sg__random(SEED, SG__STREAM_AUGMENT, EPOCH, sample, 5, 0);
        const uint32_t low = (256 * P + 99) / 100;
        const uint32_t q = low + sg__random_below(d.v[0], 257 - low);
        int64_t sent = 0, left = 0;
        sg__augment_apply(&a, shape, SEED, EPOCH, sample, in, out);
        for (uint32_t i = 0; i < W * H; i++) {
            uint32_t expected = 0;
            for (uint32_t j = 0; j < in[i] && sample < 20; j++) {
                const sg__draw s = sg__random(SEED, SG__STREAM_AUGMENT, EPOCH,
                                              sample, 6 + j / 16, i);
                expected += (s.v[j % 16 / 4] >> 8 * (j % 4) & 255) < q;
            }
            if (sample < 20)
                assert_int_equal(out[i], expected);
            sent += in[i];
            left += out[i];
        }
        assert_true(llabs(256 * left - q * sent) < 2 * sent);
        least = q < least ? q : least;
        most = q > most ? q : most;
    }
    assert_int_equal(least, 90); /* 0.35 x 256 = 89.6 */
    assert_int_equal(most, 256);
}

static void counts_are_quantised_pixels(void **state)
{
    static const char *const specs[] = {"none", "shift:3", "crop:64+flip",
                                        "flip", "affine+flip+shift:2"};
    (void)state;
    uint8_t in[BYTES_MAX], pixels[BYTES_MAX], counts[BYTES_MAX];
    const sg__kernels *table;
    fill(in, sizeof in);
    for (uint32_t i = 0; i < 500; i++) {
        sg__augment a = parsed(specs[i % 5]);
        sg_shape s = {1 + i % 28, 1 + i / 3 % 28, 1 + i / 7 % 3};
        size_t size = (size_t)s.height * s.width * s.channels;
        int32_t levels = 1 + (int32_t)(i * 7 % 255);
        sg__augment_apply(&a, s, 5, 6, i, in, pixels);
        for (size_t t = 0; (table = sg__kernels_table(t)); t++) {
            memset(counts, 99, sizeof counts);
            sg__augment_counts(&a, table, s, 5, 6, i, levels, in, counts);
            for (size_t k = 0; k < size; k++)
                assert_int_equal(counts[k], (pixels[k] * levels + 127) / 255);
            for (size_t k = size; k < sizeof counts; k++)
                assert_int_equal(counts[k], 99);
        }
    }
}

/* What a program sees of samples is what training shows of them. */
static void samples_of_data_are_augmented(void **state)
{
    static const char spec[] = "affine+flip+cutout:5";
    enum { FIRST = 3, COUNT = 4 };
    static uint8_t seen[COUNT][SIDE * SIDE], wanted[SIDE * SIDE];
    const sg__augment a = parsed(spec);
    sg_error error = {""};
    sg_data *data;
    (void)state;
    assert_int_equal(sg_data_open("glyphs:train=8,test=1", SG_SPLIT_TRAIN,
                                  &data, NULL),
                     SG_OK);
    assert_int_equal(sg_data_get_info(data)->height, SIDE);
    assert_int_equal(sg_data_augment(data, spec, 5, 2, FIRST, COUNT, seen[0],
                                     NULL),
                     SG_OK);
    for (uint32_t i = 0; i < COUNT; i++) {
        sg__augment_apply(&a, grey, 5, 2, FIRST + i,
                          sg_data_pixels(data, FIRST + i), wanted);
        assert_memory_equal(seen[i], wanted, sizeof wanted);
    }
    assert_int_equal(sg_data_augment(data, "spin", 5, 2, 0, 1, seen[0],
                                     &error),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_data_augment(data, spec, 5, 2, 7, 2, seen[0], &error),
                     SG_E_RANGE);
    assert_int_equal(sg_data_augment(data, spec, 5, 2, UINT32_MAX, 2, seen[0],
                                     &error),
                     SG_E_RANGE);
    assert_int_equal(sg_data_augment(data, spec, UINT64_C(1) << 56, 2, 0, 1,
                                     seen[0], &error),
                     SG_E_RANGE);
    assert_non_null(strstr(error.text, "seed 72057594037927936, expected"));
    assert_int_equal(sg_data_augment(data, spec, 5, 2, 8, 0, seen[0], NULL),
                     SG_OK);
    sg_data_destroy(data);
}

static void fixed_point_functions(void **state)
{
    (void)state;
    assert_in_range(sg__sin_q16(11438), 11380 - 2, 11380 + 2); /* 10 deg */
    assert_in_range(sg__cos_q16(11438), 64540 - 2, 64540 + 2);
    assert_in_range(sg__sin_q16(32768), 31420 - 2, 31420 + 2); /* 0.5 rad */
    assert_in_range(sg__cos_q16(-32768), 57513 - 4, 57513 + 4);
    for (int32_t x = 0; x <= 32768; x += 7)
        assert_int_equal(sg__sin_q16(-x), -sg__sin_q16(x));
    assert_int_equal(sg__spread(0, 5), -5);
    assert_int_equal(sg__spread(UINT32_MAX, 5), 5);
    assert_int_equal(sg__spread(UINT32_MAX, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses),
        cmocka_unit_test(lists_are_one),
        cmocka_unit_test(refuses_unknown_parts),
        cmocka_unit_test(none_is_identity),
        cmocka_unit_test(shift_moves_exactly),
        cmocka_unit_test(shift_can_leave_the_image),
        cmocka_unit_test(cutout_blanks_a_square),
        cmocka_unit_test(variants_repeat_and_differ),
        cmocka_unit_test(affine_keeps_the_picture),
        cmocka_unit_test(channels_are_warped_alike),
        cmocka_unit_test(one_pixel_images_work),
        cmocka_unit_test(bits_are_pinned),
        cmocka_unit_test(quantising_is_its_definition),
        cmocka_unit_test(quantising_rows_match),
        cmocka_unit_test(resampling_is_its_definition),
        cmocka_unit_test(resampling_at_the_edges),
        cmocka_unit_test(on_off_is_its_definition),
        cmocka_unit_test(bytes_below_are_counted),
        cmocka_unit_test(thinning_is_its_definition),
        cmocka_unit_test(counts_are_quantised_pixels),
        cmocka_unit_test(samples_of_data_are_augmented),
        cmocka_unit_test(fixed_point_functions),
    };
    return cmocka_run_group_tests_name("augment", tests, NULL, NULL);
}
