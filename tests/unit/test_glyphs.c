/* The generated digits: the same bits everywhere, whatever is asked for
 * around them, and pictures that have a digit in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "data/glyph_shapes.h"
#include "data/glyphs.h"

/* FNV-1a, to pin many bytes in one number. */
static uint64_t hash(uint64_t h, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
    return h;
}

static uint64_t hash_samples(uint64_t seed, sg_split split, uint32_t count)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t pixels[SG__GLYPH_PIXELS];
        uint8_t label = sg__glyph_draw(seed, split, i, pixels);
        h = hash(hash(h, pixels, sizeof pixels), &label, 1);
    }
    return h;
}

static void bits_are_pinned(void **state)
{
    (void)state;
    assert_int_equal(hash_samples(1, SG_SPLIT_TRAIN, 1000),
                     UINT64_C(0xa10e2aa3bac9baf9));
    assert_int_equal(hash_samples(1, SG_SPLIT_TEST, 1000),
                     UINT64_C(0xe8358523f59ad312));
    assert_int_equal(hash_samples((UINT64_C(1) << 56) - 1, SG_SPLIT_TRAIN, 10),
                     UINT64_C(0xdf26c2cc3515aa07));
}

static void samples_stand_alone(void **state)
{
    (void)state;
    uint8_t pixels[SG__GLYPH_PIXELS];
    sg_data *few;
    sg_data *many;
    assert_int_equal(sg_data_open("glyphs:train=10", SG_SPLIT_TRAIN, &few,
                                  NULL),
                     SG_OK);
    assert_int_equal(sg_data_open("glyphs:seed=1,test=3,train=50",
                                  SG_SPLIT_TRAIN, &many, NULL),
                     SG_OK);
    assert_int_equal(sg_data_get_info(few)->size, 10);
    assert_int_equal(sg_data_get_info(many)->size, 50);
    assert_string_equal(sg_data_get_info(few)->name, "glyphs:train=10");
    for (uint32_t i = 0; i < 10; i++) {
        uint8_t label = sg__glyph_draw(1, SG_SPLIT_TRAIN, i, pixels);
        assert_int_equal(sg_data_label(few, i), label);
        assert_memory_equal(sg_data_pixels(few, i), pixels, sizeof pixels);
        assert_memory_equal(sg_data_pixels(many, i), pixels, sizeof pixels);
    }
    sg_data_destroy(few);
    sg_data_destroy(many);
}

static void seeds_and_splits_differ(void **state)
{
    (void)state;
    uint64_t a = hash_samples(1, SG_SPLIT_TRAIN, 5);
    assert_int_not_equal(a, hash_samples(1, SG_SPLIT_TEST, 5));
    assert_int_not_equal(a, hash_samples(2, SG_SPLIT_TRAIN, 5));
    assert_int_not_equal(a, hash_samples(UINT64_C(1) << 40 | 1, SG_SPLIT_TRAIN,
                                         5));
}

static void every_picture_has_ink(void **state)
{
    uint32_t seen[10] = {0};
    (void)state;
    for (uint32_t i = 0; i < 5000; i++) {
        uint8_t pixels[SG__GLYPH_PIXELS];
        uint8_t label = sg__glyph_draw(7, SG_SPLIT_TRAIN, i, pixels);
        uint32_t dark = 0;
        uint32_t bright = 0;
        assert_true(label < 10);
        seen[label]++;
        for (size_t k = 0; k < sizeof pixels; k++) {
            dark += pixels[k] < 16;
            bright += pixels[k] >= 100;
        }
        assert_in_range(bright, 10, 300);
        assert_in_range(dark, 400, 770);
    }
    for (size_t k = 0; k < 10; k++)
        assert_in_range(seen[k], 425, 575); /* 500 +- 3.5 sigma */
}

static void shapes_are_drawable(void **state)
{
    (void)state;
    for (uint32_t digit = 0; digit < 10; digit++) {
        uint32_t count;
        const sg__glyph *shape = sg__glyph_shapes(digit, &count);
        assert_in_range(count, 2, 3);
        for (uint32_t k = 0; k < count; k++) {
            size_t stroke = 0;
            for (size_t i = 0; i < shape[k].count; i++) {
                if (shape[k].pen[i].x == SG__PEN_UP) {
                    assert_true(stroke >= 2);
                    stroke = 0;
                    continue;
                }
                stroke++;
                assert_in_range(shape[k].pen[i].x + 22, 0, 44);
                assert_in_range(shape[k].pen[i].y + 35, 0, 70);
            }
            assert_true(stroke >= 2);
        }
    }
}

static void options_are_checked(void **state)
{
    static const char *const bad[] = {
        "glyphs:",
        "glyphs:train=0",
        "glyphs:train=",
        "glyphs:train=1,",
        "glyphs:,train=1",
        "glyphs:train=1x",
        "glyphs:size=3",
        "glyphs:train=1000001",
        "glyphs:test=-1",
        "glyphs:train=5 ",
        "glyphs:seed=1:train=2",
        "glyphs:seed=72057594037927936",
        "glyphs:train=99999999999999999999999999"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sg_data *data;
        sg_error error = {""};
        if (sg_data_open(bad[i], SG_SPLIT_TEST, &data, &error) !=
            SG_E_ARGUMENT)
            fail_msg("\"%s\" is taken", bad[i]);
        assert_null(data);
        assert_non_null(strstr(error.text, "train=N"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_are_pinned),
        cmocka_unit_test(samples_stand_alone),
        cmocka_unit_test(seeds_and_splits_differ),
        cmocka_unit_test(every_picture_has_ink),
        cmocka_unit_test(shapes_are_drawable),
        cmocka_unit_test(options_are_checked),
    };
    return cmocka_run_group_tests_name("glyphs", tests, NULL, NULL);
}
