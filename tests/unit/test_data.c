/* Data sets: the caller's arrays, views, and the choice of a source. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spikegrad/data.h"

static const uint8_t pixels[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
                                 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
                                 23, 24, 25, 26, 27, 28, 29, 30, 31, 32};
static const uint8_t labels[] = {2, 0, 1, 2};
static const sg_data_info shape = {.name = "mine",
                                   .height = 2,
                                   .width = 2,
                                   .channels = 2,
                                   .classes = 3,
                                   .size = 4};

static void copies_arrays(void **state)
{
    (void)state;
    uint8_t mine[sizeof pixels];
    char name[] = "mine";
    sg_data_info info = shape;
    sg_data *data;
    info.name = name;
    memcpy(mine, pixels, sizeof mine);
    assert_int_equal(sg_data_from_arrays(&info, mine, labels, &data, NULL),
                     SG_OK);
    memset(mine, 0, sizeof mine);
    memset(name, 'x', sizeof name - 1);
    const sg_data_info *got = sg_data_get_info(data);
    assert_string_equal(got->name, "mine");
    assert_int_equal(got->size, 4);
    assert_int_equal(got->classes, 3);
    for (uint32_t i = 0; i < 4; i++) {
        assert_memory_equal(sg_data_pixels(data, i), pixels + 8 * i, 8);
        assert_int_equal(sg_data_label(data, i), labels[i]);
    }
    sg_data_destroy(data);
}

static void refused(sg_data_info info, sg_status wanted)
{
    sg_data *data;
    sg_error error = {""};
    assert_int_equal(sg_data_from_arrays(&info, pixels, labels, &data, &error),
                     wanted);
    assert_null(data);
    assert_string_not_equal(error.text, "");
}

static void refuses_bad_arrays(void **state)
{
    (void)state;
    sg_data_info info = shape;
    info.classes = 2; /* labels go to 2 */
    refused(info, SG_E_RANGE);
    info.classes = 0;
    refused(info, SG_E_RANGE);
    info.classes = 257;
    refused(info, SG_E_RANGE);
    info = shape;
    info.size = 0;
    refused(info, SG_E_RANGE);
    info = shape;
    info.channels = 0;
    refused(info, SG_E_RANGE);
    info = shape; /* the product of the sizes wraps to 0 */
    info.height = info.width = info.channels = UINT32_C(1) << 31;
    refused(info, SG_E_RANGE);

    sg_data *data;
    assert_int_equal(sg_data_from_arrays(NULL, pixels, labels, &data, NULL),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_data_from_arrays(&shape, NULL, labels, &data, NULL),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_data_from_arrays(&shape, pixels, labels, NULL, NULL),
                     SG_E_ARGUMENT);
}

static void slices(void **state)
{
    (void)state;
    sg_data *data;
    sg_data *view;
    sg_data *inner;
    sg_error error = {""};
    assert_int_equal(sg_data_from_arrays(&shape, pixels, labels, &data, NULL),
                     SG_OK);
    assert_int_equal(sg_data_slice(data, 1, 3, &view, NULL), SG_OK);
    assert_int_equal(sg_data_get_info(view)->size, 3);
    assert_ptr_equal(sg_data_pixels(view, 0), sg_data_pixels(data, 1));
    assert_int_equal(sg_data_label(view, 2), 2);
    assert_int_equal(sg_data_slice(view, 1, 1, &inner, NULL), SG_OK);
    assert_ptr_equal(sg_data_pixels(inner, 0), sg_data_pixels(data, 2));
    sg_data_destroy(inner);
    assert_int_equal(sg_data_slice(data, 4, 0, &inner, NULL), SG_OK);
    assert_int_equal(sg_data_get_info(inner)->size, 0);
    sg_data_destroy(inner);

    assert_int_equal(sg_data_slice(data, 2, 3, &inner, &error), SG_E_RANGE);
    assert_non_null(strstr(error.text, "mine"));
    assert_int_equal(sg_data_slice(data, 5, 0, &inner, NULL), SG_E_RANGE);
    assert_int_equal(sg_data_slice(data, 3, UINT32_MAX, &inner, NULL),
                     SG_E_RANGE);
    assert_int_equal(sg_data_slice(view, 0, 4, &inner, NULL), SG_E_RANGE);
    assert_null(inner);
    assert_int_equal(sg_data_slice(NULL, 0, 1, &inner, NULL), SG_E_ARGUMENT);
    sg_data_destroy(view);
    sg_data_destroy(data);
    sg_data_destroy(NULL);
}

static void refuses_unknown_sources(void **state)
{
    static const char *const specs[] = {"",         "mnist",   "mnist:",
                                        "cifar10:", "cifar",   "glyph",
                                        "glyphs2",  "./mnist", "MNIST:x"};
    (void)state;
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        sg_data *data;
        sg_error error = {""};
        assert_int_equal(sg_data_open(specs[i], SG_SPLIT_TEST, &data, &error),
                         SG_E_ARGUMENT);
        assert_null(data);
        assert_non_null(strstr(error.text, "mnist:DIR"));
    }
    sg_data *data;
    assert_int_equal(sg_data_open(NULL, SG_SPLIT_TEST, &data, NULL),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_data_open("glyphs", SG_SPLIT_TEST, NULL, NULL),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_data_open("mnist:/nonexistent/folder", SG_SPLIT_TEST,
                                  &data, NULL),
                     SG_E_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_arrays),
        cmocka_unit_test(refuses_bad_arrays),
        cmocka_unit_test(slices),
        cmocka_unit_test(refuses_unknown_sources),
    };
    return cmocka_run_group_tests_name("data", tests, NULL, NULL);
}
