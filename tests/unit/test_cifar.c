/* The CIFAR readers: planes to interleaved bytes, labels, broken files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data_files.h"

#define PIXELS 3072

static const char *const files[] = {"data_batch_1.bin", "data_batch_2.bin",
                                    "data_batch_3.bin", "data_batch_4.bin",
                                    "data_batch_5.bin", "test_batch.bin",
                                    "train.bin",        "test.bin"};

static int remove_folder(void **state)
{
    folder *f = *state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        folder_remove(f, files[i]);
    int failed = rmdir(f->path);
    free(f);
    return failed;
}

/* Byte i of plane c of the record with this tag. */
static uint8_t plane_byte(uint8_t tag, size_t c, size_t i)
{
    return (uint8_t)(tag * 31 + c * 85 + i + i / 32);
}

/* Writes a record; returns the byte after it. */
static uint8_t *put_record(uint8_t *to, const uint8_t *label, size_t labels,
                           uint8_t tag)
{
    memcpy(to, label, labels);
    to += labels;
    for (size_t c = 0; c < 3; c++) {
        for (size_t i = 0; i < 1024; i++)
            *to++ = plane_byte(tag, c, i);
    }
    return to;
}

static void expect_pixels(const sg_data *data, uint32_t sample, uint8_t tag)
{
    const uint8_t *pixels = sg_data_pixels(data, sample);
    for (size_t c = 0; c < 3; c++) {
        for (size_t i = 0; i < 1024; i++)
            assert_int_equal(pixels[3 * i + c], plane_byte(tag, c, i));
    }
}

static void reads_cifar10(void **state)
{
    const folder *f = *state;
    uint8_t bytes[2 * (1 + PIXELS)];
    sg_data *data;
    for (uint8_t k = 0; k < 5; k++) {
        const uint8_t label[] = {k, (uint8_t)(9 - k)};
        uint8_t *end = put_record(bytes, label, 1, (uint8_t)(2 * k));
        end = put_record(end, label + 1, 1, (uint8_t)(2 * k + 1));
        folder_write(f, files[k], bytes, (size_t)(end - bytes));
    }
    sg_error error = {""};
    if (folder_open(f, "cifar10", SG_SPLIT_TRAIN, &data, &error))
        fail_msg("%s", error.text);
    const sg_data_info *info = sg_data_get_info(data);
    assert_int_equal(info->size, 10);
    assert_int_equal(info->height, 32);
    assert_int_equal(info->width, 32);
    assert_int_equal(info->channels, 3);
    assert_int_equal(info->classes, 10);
    for (uint8_t i = 0; i < 10; i++) {
        assert_int_equal(sg_data_label(data, i), i % 2 ? 9 - i / 2 : i / 2);
        expect_pixels(data, i, i);
    }
    sg_data_destroy(data);
}

static void reads_fine_labels_of_cifar100(void **state)
{
    const folder *f = *state;
    const uint8_t label[] = {19, 99};
    uint8_t bytes[2 + PIXELS];
    sg_data *data;
    put_record(bytes, label, 2, 3);
    folder_write(f, "test.bin", bytes, sizeof bytes);
    assert_int_equal(folder_open(f, "cifar100", SG_SPLIT_TEST, &data, NULL),
                     SG_OK);
    assert_int_equal(sg_data_get_info(data)->classes, 100);
    assert_int_equal(sg_data_get_info(data)->size, 1);
    assert_int_equal(sg_data_label(data, 0), 99);
    expect_pixels(data, 0, 3);
    sg_data_destroy(data);
}

static void refused(const folder *f, const char *scheme, sg_status wanted,
                    const char *text)
{
    sg_data *data;
    sg_error error = {""};
    assert_int_equal(folder_open(f, scheme, SG_SPLIT_TEST, &data, &error),
                     wanted);
    assert_null(data);
    if (!strstr(error.text, text))
        fail_msg("\"%s\" does not say \"%s\"", error.text, text);
}

static void refuses_broken_files(void **state)
{
    const folder *f = *state;
    uint8_t bytes[2 * (2 + PIXELS)];
    const uint8_t good[] = {4};
    const uint8_t ten[] = {10};
    const uint8_t coarse[] = {20, 5};
    const uint8_t fine[] = {5, 100};

    refused(f, "cifar10", SG_E_MISSING, "no file test_batch.bin");
    folder_write(f, "test_batch.bin", bytes, 0);
    refused(f, "cifar10", SG_E_FORMAT, "test_batch.bin: byte 0: the file is");
    uint8_t *second = put_record(bytes, good, 1, 0);
    put_record(second, ten, 1, 0);
    folder_write(f, "test_batch.bin", bytes, 3073 + 3072);
    refused(f, "cifar10", SG_E_FORMAT, "byte 6145: the file ends inside");
    folder_write(f, "test_batch.bin", bytes, 3073 + 1);
    refused(f, "cifar10", SG_E_FORMAT, "a multiple of 3073 bytes");
    folder_write(f, "test_batch.bin", bytes, 2 * 3073);
    refused(f, "cifar10", SG_E_FORMAT, "byte 3073: label 10, expected 0..9");

    put_record(bytes, coarse, 2, 0);
    folder_write(f, "test.bin", bytes, 3074);
    refused(f, "cifar100", SG_E_FORMAT, "byte 0: label 20, expected 0..19");
    put_record(bytes, fine, 2, 0);
    folder_write(f, "test.bin", bytes, 3074);
    refused(f, "cifar100", SG_E_FORMAT, "byte 1: label 100, expected 0..99");
}

static void needs_all_five_batches(void **state)
{
    const folder *f = *state;
    const uint8_t label = 1;
    uint8_t bytes[1 + PIXELS];
    sg_data *data;
    sg_error error = {""};
    put_record(bytes, &label, 1, 0);
    for (size_t k = 0; k < 4; k++)
        folder_write(f, files[k], bytes, sizeof bytes);
    assert_int_equal(folder_open(f, "cifar10", SG_SPLIT_TRAIN, &data, &error),
                     SG_E_MISSING);
    assert_non_null(strstr(error.text, "data_batch_5.bin"));
}

static void real_cifar10(void **state)
{
    uint32_t seen[10] = {0};
    (void)state;
    sg_data *data =
        open_real("cifar10", "cifar-10-batches-bin", SG_SPLIT_TRAIN);
    if (!data)
        skip();
    assert_int_equal(sg_data_get_info(data)->size, 50000);
    for (uint32_t i = 0; i < 50000; i++)
        seen[sg_data_label(data, i)]++;
    for (size_t k = 0; k < 10; k++)
        assert_int_equal(seen[k], 5000);
    /* the well-known means of red, green and blue: .4914, .4822, .4465 */
    uint64_t sum[3] = {0};
    for (uint32_t i = 0; i < 50000; i++) {
        const uint8_t *pixels = sg_data_pixels(data, i);
        for (size_t k = 0; k < PIXELS; k++)
            sum[k % 3] += pixels[k];
    }
    const uint64_t whole = UINT64_C(50000) * 1024 * 255;
    assert_int_equal((sum[0] * 10000 + whole / 2) / whole, 4914);
    assert_int_equal((sum[1] * 10000 + whole / 2) / whole, 4822);
    assert_int_equal((sum[2] * 10000 + whole / 2) / whole, 4465);
    sg_data_destroy(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_cifar10, folder_setup,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(reads_fine_labels_of_cifar100,
                                        folder_setup, remove_folder),
        cmocka_unit_test_setup_teardown(refuses_broken_files, folder_setup,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(needs_all_five_batches, folder_setup,
                                        remove_folder),
        cmocka_unit_test(real_cifar10),
    };
    return cmocka_run_group_tests_name("cifar", tests, NULL, NULL);
}
