/* Augmentation: what it may do to an image, and that it repeats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "data/augment.h"
#include "data/fixed.h"
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

static void parses(void **state)
{
    (void)state;
    sg__augment a = parsed("none");
    assert_true(!a.shift && !a.affine && !a.flip);
    a = parsed("shift:2");
    assert_true(a.shift == 2 && !a.affine && !a.flip);
    a = parsed("crop:4+flip");
    assert_true(a.shift == 4 && !a.affine && a.flip);
    a = parsed("flip+affine+shift:64");
    assert_true(a.shift == 64 && a.affine && a.flip);
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

static void fixed_point_functions(void **state)
{
    (void)state;
    assert_in_range(sg__sin_q16(11438), 11380 - 2, 11380 + 2); /* 10 deg */
    assert_in_range(sg__cos_q16(11438), 64540 - 2, 64540 + 2);
    assert_in_range(sg__sin_q16(32768), 31420 - 2, 31420 + 2); /* 0.5 rad */
    assert_in_range(sg__cos_q16(-32768), 57513 - 4, 57513 + 4);
    for (int32_t x = 0; x <= 32768; x += 7)
        assert_int_equal(sg__sin_q16(-x), -sg__sin_q16(x));
    for (uint32_t r = 0; r < 32768; r++) {
        assert_int_equal(sg__isqrt(r * r), r);
        if (r > 0)
            assert_int_equal(sg__isqrt(r * r - 1), r - 1);
    }
    assert_int_equal(sg__spread(0, 5), -5);
    assert_int_equal(sg__spread(UINT32_MAX, 5), 5);
    assert_int_equal(sg__spread(UINT32_MAX, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses),
        cmocka_unit_test(refuses_unknown_parts),
        cmocka_unit_test(none_is_identity),
        cmocka_unit_test(shift_moves_exactly),
        cmocka_unit_test(shift_can_leave_the_image),
        cmocka_unit_test(variants_repeat_and_differ),
        cmocka_unit_test(affine_keeps_the_picture),
        cmocka_unit_test(channels_are_warped_alike),
        cmocka_unit_test(one_pixel_images_work),
        cmocka_unit_test(bits_are_pinned),
        cmocka_unit_test(fixed_point_functions),
    };
    return cmocka_run_group_tests_name("augment", tests, NULL, NULL);
}
