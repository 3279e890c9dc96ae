/* Data sets: the caller's arrays, views, and the choice of a source. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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

static void lends_arrays(void **state)
{
    (void)state;
    sg_data *data, *view;
    assert_int_equal(sg_data_over_arrays(&shape, pixels, labels, &data, NULL),
                     SG_OK);
    for (uint32_t i = 0; i < 4; i++) {
        assert_ptr_equal(sg_data_pixels(data, i), pixels + 8 * i);
        assert_int_equal(sg_data_label(data, i), labels[i]);
    }
    assert_int_equal(sg_data_slice(data, 1, 2, &view, NULL), SG_OK);
    assert_ptr_equal(sg_data_pixels(view, 1), pixels + 16);
    sg_data_destroy(view);
    sg_data_destroy(data);
    sg_data_info info = shape;
    sg_error error = {""};
    info.classes = 2;
    assert_int_equal(sg_data_over_arrays(&info, pixels, labels, &data, &error),
                     SG_E_RANGE);
    assert_null(data);
    assert_string_equal(error.text, "data: sample 0: label 2, expected 0..1");
}

/* Gives the samples above, up to one at which it stops. */
static int give(void *user, uint32_t i, uint8_t *image, uint32_t *label)
{
    const uint32_t *stop = user;
    if (i == *stop)
        return 1;
    assert_int_equal(image[7], 0);
    memcpy(image, pixels + 8 * (size_t)i, 8);
    *label = labels[i];
    return 0;
}

static void asks_for_samples(void **state)
{
    (void)state;
    sg_data *data;
    uint32_t stop = 4;
    assert_int_equal(sg_data_from_callback(&shape, give, &stop, &data, NULL),
                     SG_OK);
    for (uint32_t i = 0; i < 4; i++) {
        assert_memory_equal(sg_data_pixels(data, i), pixels + 8 * i, 8);
        assert_int_equal(sg_data_label(data, i), labels[i]);
    }
    sg_data_destroy(data);
    sg_error error = {""};
    sg_data_info info = shape;
    info.classes = 2;
    assert_int_equal(sg_data_from_callback(&info, give, &stop, &data, &error),
                     SG_E_RANGE);
    assert_null(data);
    assert_string_equal(error.text, "data: sample 0: label 2, expected 0..1");
    stop = 2;
    assert_int_equal(sg_data_from_callback(&shape, give, &stop, &data, &error),
                     SG_E_STOPPED);
    assert_null(data);
    assert_string_equal(error.text,
                        "data: stopped by the caller at sample 2 of 4");
    info.size = 0;
    assert_int_equal(sg_data_from_callback(&info, give, &stop, &data, &error),
                     SG_E_RANGE);
}

static int give_large_label(void *user, uint32_t index, uint8_t *to,
                            uint32_t *label)
{
    (void)user;
    memset(to, 0, 8);
    *label = 300 + index;
    return 0;
}

/* Of more classes than a byte holds. */
static void asks_for_any_label(void **state)
{
    (void)state;
    sg_data *data;
    sg_data_info info = shape;
    info.classes = 1000;
    assert_int_equal(sg_data_from_callback(&info, give_large_label, NULL,
                                           &data, NULL),
                     SG_OK);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(sg_data_label(data, i), 300 + i);
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
    info.classes = SG_CLASSES_MAX + 1;
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

/* Labels of any width, names that are copied and checked, views of both. */
static void labels_are_wide_and_have_names(void **state)
{
    (void)state;
    enum { CLASSES = 1000, SIZE = 2 };
    static char text[CLASSES][8];
    static const char *names[CLASSES];
    const uint8_t images[SIZE] = {1, 2};
    const uint16_t two[SIZE] = {999, 300};
    const uint32_t four[SIZE] = {999, 300}, beyond[SIZE] = {1, 1000};
    const sg_data_info info = {.name = "wide",
                               .height = 1,
                               .width = 1,
                               .channels = 1,
                               .classes = CLASSES,
                               .size = SIZE};
    sg_data_arrays arrays = {.size = sizeof arrays,
                             .pixels = images,
                             .labels = two,
                             .label_bytes = 2,
                             .class_names = names};
    sg_data *data, *other, *view;
    sg_error error = {""};
    for (int k = 0; k < CLASSES; k++) {
        snprintf(text[k], sizeof text[k], "c%d", k);
        names[k] = text[k];
    }
    assert_int_equal(sg_data_create(&info, &arrays, &data, &error), SG_OK);
    assert_int_equal(sg_data_label(data, 0), 999);
    text[999][0] = 'X';
    assert_string_equal(sg_data_class_name(data, 999), "c999");
    assert_null(sg_data_class_name(data, 1000));
    assert_int_equal(sg_data_slice(data, 1, 1, &view, NULL), SG_OK);
    assert_int_equal(sg_data_label(view, 0), 300);
    assert_string_equal(sg_data_class_name(view, 300), "c300");
    assert_int_equal(sg_data_name_classes(view, names, &error), SG_E_ARGUMENT);
    names[7] = "";
    assert_int_equal(sg_data_name_classes(data, names, &error), SG_E_RANGE);
    names[7] = "a\tb";
    assert_int_equal(sg_data_name_classes(data, names, &error), SG_E_RANGE);
    assert_non_null(strstr(error.text, "name of class 7"));
    assert_string_equal(sg_data_class_name(data, 7), "c7");
    arrays.labels = four;
    arrays.label_bytes = 4;
    arrays.class_names = NULL;
    arrays.lent = 1;
    assert_int_equal(sg_data_create(&info, &arrays, &other, &error), SG_OK);
    assert_ptr_equal(sg_data_pixels(other, 0), images);
    assert_true(sg_data_hash(other) == sg_data_hash(data));
    for (int k = 0; k < CLASSES; k++) {
        snprintf(text[k], sizeof text[k], "%d", k);
        names[k] = text[k];
    }
    assert_int_equal(sg_data_name_classes(other, names, &error), SG_OK);
    assert_null(sg_data_class_name(other, 1)); /* numbers are none */
    sg_data_destroy(other);
    arrays.labels = beyond;
    assert_int_equal(sg_data_create(&info, &arrays, &other, &error),
                     SG_E_RANGE);
    assert_string_equal(error.text,
                        "data: sample 1: label 1000, expected 0..999");
    arrays.label_bytes = 3;
    assert_int_equal(sg_data_create(&info, &arrays, &other, &error),
                     SG_E_ARGUMENT);
    sg_data_destroy(view);
    sg_data_destroy(data);
}

/* Held back of a set of which some classes are rare and one is alone: each
 * has its share, and keeps a sample in the rest as long as it can. */
static void rare_classes_are_held_in_proportion(void **state)
{
    (void)state;
    enum { SIZE = 1000, CLASSES = 400 };
    static uint8_t images[SIZE];
    static uint16_t of[SIZE];
    const sg_data_info info = {.name = "rare",
                               .height = 1,
                               .width = 1,
                               .channels = 1,
                               .classes = CLASSES,
                               .size = SIZE};
    const sg_data_arrays arrays = {.size = sizeof arrays,
                                   .pixels = images,
                                   .labels = of,
                                   .label_bytes = 2};
    sg_data *data, *rest, *held;
    uint32_t count[3] = {0};
    for (uint32_t i = 0; i < SIZE; i++) /* 900 of 0, 99 of 399, 1 of 200 */
        of[i] = i == 500 ? 200 : i % 10 == 3 ? 399 : 0;
    of[3] = 0;
    assert_int_equal(sg_data_create(&info, &arrays, &data, NULL), SG_OK);
    assert_int_equal(sg_data_hold_back(data, 100, 5, &rest, &held, NULL),
                     SG_OK);
    for (uint32_t i = 0; i < 100; i++) {
        const uint32_t label = sg_data_label(held, i);
        count[label == 0 ? 0 : label == 399 ? 1 : 2]++;
    }
    assert_int_equal(count[0], 90);
    assert_int_equal(count[1], 10);
    assert_int_equal(count[2], 0);
    sg_data_destroy(rest);
    sg_data_destroy(held);
    sg_data_destroy(data);
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

static void selects(void **state)
{
    (void)state;
    static const uint32_t order[] = {3, 0, 3}, beyond[] = {0, 4},
                          second[] = {1};
    sg_data *data, *view, *slice, *inner;
    assert_int_equal(sg_data_from_arrays(&shape, pixels, labels, &data, NULL),
                     SG_OK);
    assert_int_equal(sg_data_select(data, order, 3, &view, NULL), SG_OK);
    assert_int_equal(sg_data_get_info(view)->size, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_ptr_equal(sg_data_pixels(view, i),
                         sg_data_pixels(data, order[i]));
        assert_int_equal(sg_data_label(view, i), labels[order[i]]);
    }
    /* views of views, either way round */
    assert_int_equal(sg_data_slice(view, 1, 2, &slice, NULL), SG_OK);
    assert_ptr_equal(sg_data_pixels(slice, 0), sg_data_pixels(data, 0));
    assert_int_equal(sg_data_select(slice, second, 1, &inner, NULL), SG_OK);
    assert_ptr_equal(sg_data_pixels(inner, 0), sg_data_pixels(data, 3));
    sg_data_destroy(inner);
    sg_data_destroy(slice);
    assert_int_equal(sg_data_slice(data, 2, 2, &slice, NULL), SG_OK);
    assert_int_equal(sg_data_select(slice, second, 1, &inner, NULL), SG_OK);
    assert_ptr_equal(sg_data_pixels(inner, 0), sg_data_pixels(data, 3));
    sg_data_destroy(inner);
    sg_data_destroy(slice);
    sg_data_destroy(view);
    assert_int_equal(sg_data_select(data, NULL, 0, &view, NULL), SG_OK);
    assert_int_equal(sg_data_get_info(view)->size, 0);
    sg_data_destroy(view);
    assert_int_equal(sg_data_select(data, beyond, 2, &view, NULL), SG_E_RANGE);
    assert_int_equal(sg_data_select(data, NULL, 1, &view, NULL),
                     SG_E_ARGUMENT);
    assert_null(view);
    sg_data_destroy(data);
}

/* 300 samples sorted by class, 150, 100, 40, 9 and 1 of them, each with its
 * number in its pixels. */
static sg_data *sorted_samples(void)
{
    static uint8_t bytes[600], classes[300];
    static const uint32_t ends[] = {150, 250, 290, 299, 300};
    const sg_data_info info = {
        .height = 1, .width = 1, .channels = 2, .classes = 5, .size = 300};
    sg_data *data;
    for (uint32_t i = 0; i < 300; i++) {
        bytes[2 * i] = (uint8_t)(i >> 8);
        bytes[2 * i + 1] = (uint8_t)i;
        for (uint8_t k = 0; i >= ends[k]; k++)
            classes[i] = (uint8_t)(k + 1);
    }
    assert_int_equal(sg_data_from_arrays(&info, bytes, classes, &data, NULL),
                     SG_OK);
    return data;
}

static uint32_t number_of(const sg_data *data, uint32_t i)
{
    return (uint32_t)sg_data_pixels(data, i)[0] << 8 |
           sg_data_pixels(data, i)[1];
}

/* Expects held to have these numbers of the classes, and the two parts to be
 * all samples, once each and in order. */
static void expect_parts(const sg_data *rest, const sg_data *held,
                         const uint32_t of_class[5])
{
    uint32_t seen[5] = {0}, r = 0, h = 0;
    for (uint32_t i = 0; i < 300; i++) {
        if (h < sg_data_get_info(held)->size && number_of(held, h) == i)
            seen[sg_data_label(held, h++)]++;
        else
            assert_int_equal(number_of(rest, r++), i);
    }
    assert_int_equal(r, sg_data_get_info(rest)->size);
    assert_int_equal(h, sg_data_get_info(held)->size);
    for (uint32_t k = 0; k < 5; k++)
        assert_int_equal(seen[k], of_class[k]);
}

static void holds_back_like_samples(void **state)
{
    (void)state;
    static const struct {
        uint32_t count, of_class[5];
    } cases[] = {
        {0, {0}},
        {30, {15, 10, 4, 1, 0}},   /* of 15, 10, 4, 0.9, 0.1 */
        {100, {50, 34, 13, 3, 0}}, /* of 50, 33 1/3, 13 1/3, 3, 1/3 */
        {296, {149, 99, 39, 8, 1}},
        {299, {150, 100, 40, 8, 1}},
    };
    sg_data *data = sorted_samples();
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        sg_data *rest, *held;
        assert_int_equal(sg_data_hold_back(data, cases[c].count, 5, &rest,
                                           &held, NULL),
                         SG_OK);
        if (c < 3)
            expect_parts(rest, held, cases[c].of_class);
        else
            assert_int_equal(sg_data_get_info(held)->size, cases[c].count);
        sg_data_destroy(rest);
        sg_data_destroy(held);
    }
    sg_data_destroy(data);
}

/* The seed decides, and which samples it chooses is pinned. */
static void holding_back_repeats(void **state)
{
    (void)state;
    sg_data *data = sorted_samples(), *rest, *a, *b;
    sg_data *all = data;
    assert_int_equal(sg_data_hold_back(data, 40, 1, &rest, &a, NULL), SG_OK);
    sg_data_destroy(rest);
    assert_int_equal(sg_data_hold_back(data, 40, 2, &rest, &b, NULL), SG_OK);
    assert_int_not_equal(sg_data_hash(a), sg_data_hash(b));
    sg_data_destroy(rest);
    sg_data_destroy(b);
    assert_int_equal(sg_data_slice(data, 0, 300, &all, NULL), SG_OK);
    assert_int_equal(sg_data_hold_back(all, 40, 1, &rest, &b, NULL), SG_OK);
    assert_int_equal(sg_data_hash(a), sg_data_hash(b));
    assert_int_equal(sg_data_hash(a), UINT64_C(0x2bdba8b9e81f2ce4));
    sg_data_destroy(rest);
    sg_data_destroy(b);
    sg_data_destroy(a);
    assert_int_equal(sg_data_hold_back(all, 300, 1, &rest, &b, NULL),
                     SG_E_RANGE);
    assert_int_equal(sg_data_hold_back(all, 1, UINT64_C(1) << 56, &rest, &b,
                                       NULL),
                     SG_E_RANGE);
    assert_int_equal(sg_data_hold_back(all, 1, 1, NULL, &b, NULL),
                     SG_E_ARGUMENT);
    assert_null(rest);
    sg_data_destroy(all);
    sg_data_destroy(data);
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
                     SG_E_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_arrays),
        cmocka_unit_test(lends_arrays),
        cmocka_unit_test(asks_for_samples),
        cmocka_unit_test(asks_for_any_label),
        cmocka_unit_test(refuses_bad_arrays),
        cmocka_unit_test(labels_are_wide_and_have_names),
        cmocka_unit_test(rare_classes_are_held_in_proportion),
        cmocka_unit_test(slices),
        cmocka_unit_test(selects),
        cmocka_unit_test(holds_back_like_samples),
        cmocka_unit_test(holding_back_repeats),
        cmocka_unit_test(refuses_unknown_sources),
    };
    return cmocka_run_group_tests_name("data", tests, NULL, NULL);
}
