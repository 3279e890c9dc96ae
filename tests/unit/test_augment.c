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
#include "core/thin.h"
#include "data/glyphs.h"
#include "image.h"

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

/* Counts are the quantised pixels, by every table and kind of variant. */
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
        cmocka_unit_test(bytes_below_are_counted),
        cmocka_unit_test(thinning_is_its_definition),
        cmocka_unit_test(counts_are_quantised_pixels),
        cmocka_unit_test(samples_of_data_are_augmented),
        cmocka_unit_test(fixed_point_functions),
    };
    return cmocka_run_group_tests_name("augment", tests, NULL, NULL);
}
