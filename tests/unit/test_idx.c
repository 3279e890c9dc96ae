/* The IDX reader: what it takes, and the detail it gives for every way in
 * which a file can be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data/idx.h"
#include "data_files.h"

/* Two images of 2x3 and their labels, plain and as gzip made them. */
static const uint8_t images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2,  0,  0,
                                 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 7, 9};
static const uint8_t images_gz[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff, 0x63,
    0x60, 0xe0, 0x60, 0x66, 0x60, 0x60, 0x60, 0x82, 0x62, 0x66, 0x46,
    0x26, 0x66, 0x16, 0x56, 0x36, 0x76, 0x0e, 0x4e, 0x2e, 0x6e, 0x1e,
    0x00, 0x48, 0x11, 0x0c, 0x84, 0x1c, 0x00, 0x00, 0x00,
};
static const uint8_t labels_gz[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff,
    0x63, 0x60, 0xe0, 0x60, 0x64, 0x60, 0x60, 0x60, 0x62, 0xe7,
    0x04, 0x00, 0x7a, 0x82, 0x01, 0xa3, 0x0a, 0x00, 0x00, 0x00,
};

#define IMAGES "t10k-images-idx3-ubyte"
#define LABELS "t10k-labels-idx1-ubyte"

/* As labels if it has 1 dimension, else as images. */
static sg_status read_memory(const uint8_t *bytes, size_t size, uint32_t dims,
                             sg__idx *out, sg_error *error)
{
    sg__source source;
    sg__source_memory("memory", bytes, size, &source);
    return sg__idx_read(&source, dims == 1 ? SG__IDX_LABELS : SG__IDX_IMAGES,
                        out, error);
}

/* Expects SG_E_FORMAT with a detail that holds `text`. */
static void refused(const uint8_t *bytes, size_t size, uint32_t dims,
                    const char *text)
{
    sg__idx idx;
    sg_error error = {""};
    assert_int_equal(read_memory(bytes, size, dims, &idx, &error),
                     SG_E_FORMAT);
    assert_null(idx.bytes);
    assert_null(idx.labels);
    if (!strstr(error.text, "memory") || !strstr(error.text, text))
        fail_msg("\"%s\" does not say \"%s\"", error.text, text);
}

static void reads_what_is_there(void **state)
{
    (void)state;
    sg__idx idx;
    assert_int_equal(read_memory(images, sizeof images, 3, &idx, NULL), SG_OK);
    assert_int_equal(idx.size[0], 2);
    assert_int_equal(idx.size[1], 2);
    assert_int_equal(idx.size[2], 3);
    assert_memory_equal(idx.bytes, images + 16, 12);
    free(idx.bytes);
}

static void reads_more_than_one_step_of_memory(void **state)
{
    (void)state;
    const size_t items = 3 * 1024 * 1024 + 5;
    uint8_t *file = malloc(8 + items);
    assert_non_null(file);
    const uint8_t header[] = {0, 0, 8, 1, 0, 0x30, 0, 5};
    memcpy(file, header, 8);
    for (size_t i = 0; i < items; i++)
        file[8 + i] = (uint8_t)(i * 7 + i / 256);
    sg__idx idx;
    assert_int_equal(read_memory(file, 8 + items, 1, &idx, NULL), SG_OK);
    assert_int_equal(idx.size[0], items);
    for (size_t i = 0; i < items; i++)
        assert_int_equal(idx.labels[i], file[8 + i]);
    free(idx.labels);
    refused(file, 7 + items, 1, "expected 1 more bytes of items");
    free(file);
}

static void refuses_every_truncation(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof images; size++) {
        char byte[32];
        snprintf(byte, sizeof byte, "byte %zu: the file ends", size);
        refused(images, size, 3, byte);
    }
}

static void refuses_wrong_headers(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t value;
        const char *text;
    } damage[] = {
        {0, 1, "byte 0: magic 01 00 08 03"},
        {1, 1, "byte 0: magic 00 01 08 03"},
        {2, 0x0d, "expected 00 00 08 03"},
        {3, 1, "byte 0"},
        {3, 255, "byte 0"},
        {7, 0, "byte 4: size 0"},
        {11, 0, "byte 8: size 0"},
        {15, 0, "byte 12: size 0"},
        {8, 1, "byte 8: size 16777218"},
        {12, 255, "byte 12: size"},
        {4, 255, "25669140492 bytes of items, at most"}, /* 4278190082*6 */
        {7, 1, "byte 22: the file goes on"},
        {7, 3, "byte 28: the file ends"},
    };
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        uint8_t copy[sizeof images];
        memcpy(copy, images, sizeof images);
        copy[damage[i].at] = damage[i].value;
        refused(copy, sizeof copy, 3, damage[i].text);
    }
}

/* A header that promises 1 GiB, with nothing behind it: were memory taken on
 * its word, a limit on the address space would turn this into SG_E_MEMORY. */
static void believes_no_header(void **state)
{
    (void)state;
    const uint8_t header[] = {0, 0, 8,  3, 0, 0, 0,  64,
                              0, 0, 16, 0, 0, 0, 16, 0};
    refused(header, sizeof header, 3, "byte 16: the file ends");
}

/* The images above with these labels, as one data set. */
static sg_status pair(const uint8_t *label, size_t size, sg__idx_rule rule,
                      sg_data **out, sg_error *error)
{
    sg__source a;
    sg__source b;
    sg__idx read;
    sg__source_memory("labels", label, size, &b);
    assert_int_equal(sg__idx_read(&b, SG__IDX_LABELS, &read, error), SG_OK);
    sg__source_memory("images", images, sizeof images, &a);
    sg_status status =
        sg__idx_pair(&a, "labels", &read, rule, "x", out, error);
    assert_null(read.labels);
    return status;
}

static void refuses_disagreeing_pairs(void **state)
{
    (void)state;
    const uint8_t three[] = {0, 0, 8, 1, 0, 0, 0, 3, 7, 9, 1};
    const uint8_t ten[] = {0, 0, 8, 1, 0, 0, 0, 2, 7, 10};
    const sg__idx_rule digits = {0, 10, SG__IDX_USUAL, false},
                       from_one = {8, 3, SG__IDX_USUAL, false};
    sg_data *data = NULL;
    sg_error error;

    assert_int_equal(pair(three, sizeof three, digits, &data, &error),
                     SG_E_FORMAT);
    assert_string_equal(error.text,
                        "labels: byte 4: 3 labels, but there are 2 images");
    assert_int_equal(pair(ten, sizeof ten, digits, &data, &error),
                     SG_E_FORMAT);
    assert_string_equal(error.text,
                        "labels: sample 1: label 10, expected 0..9");
    assert_int_equal(pair(ten, sizeof ten, from_one, &data, &error),
                     SG_E_FORMAT);
    assert_string_equal(error.text,
                        "labels: sample 0: label 7, expected 8..10");
    assert_null(data);
}

/* Labels of every width, and the first column of a table of them. */
static void reads_labels_of_any_width(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[48];
        size_t size;
    } files[] = {
        {{0, 0, 9, 1, 0, 0, 0, 2, 7, 127}, 10},
        {{0, 0, 11, 1, 0, 0, 0, 2, 0, 7, 0, 127}, 12},
        {{0, 0, 12, 1, 0, 0, 0, 2, 0, 0, 0, 7, 0, 0, 0, 127}, 16},
        {{0, 0, 12, 2, 0, 0, 0, 2, 0, 0,   0, 2, 0, 0,
          0, 7, 9,  9, 9, 9, 0, 0, 0, 127, 9, 9, 9, 9},
         28},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        sg__idx idx;
        assert_int_equal(read_memory(files[i].bytes, files[i].size, 1, &idx,
                                     NULL),
                         SG_OK);
        assert_int_equal(idx.size[0], 2);
        assert_int_equal(idx.labels[0], 7);
        assert_int_equal(idx.labels[1], 127);
        assert_null(idx.bytes);
        free(idx.labels);
    }
    const uint8_t large[] = {0, 0, 12, 1, 0, 0, 0, 1, 0, 1, 0, 0};
    const uint8_t below[] = {0, 0, 12, 1, 0, 0, 0, 1, 255, 255, 255, 254};
    const uint8_t small[] = {0, 0, 9, 1, 0, 0, 0, 1, 0xff};
    const uint8_t real[] = {0, 0, 13, 1, 0, 0, 0, 1, 0, 0, 0, 0};
    refused(large, sizeof large, 1, "byte 8: label 65536, expected 0..65535");
    refused(below, sizeof below, 1, "byte 8: label -2, expected 0..65535");
    refused(small, sizeof small, 1, "byte 8: label -1, expected 0..65535");
    refused(real, sizeof real, 1, "magic 00 00 0d 01");
}

static void reads_channels(void **state)
{
    (void)state;
    const uint8_t colour[] = {0, 0, 8, 4, 0, 0, 0, 1, 0, 0, 0, 1, 0,
                              0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6};
    sg__idx idx;
    assert_int_equal(read_memory(colour, sizeof colour, 4, &idx, NULL), SG_OK);
    assert_int_equal(idx.size[2], 2);
    assert_int_equal(idx.size[3], 3);
    assert_memory_equal(idx.bytes, colour + 20, 6);
    free(idx.bytes);
}

/* Files that are something else say what. */
static void knows_other_files(void **state)
{
    (void)state;
    static const struct {
        const char *begin, *what;
    } files[] = {
        {"<!DOCTYPE html><html lang=en>", "an HTML page"},
        {"\n<html>", "an HTML page"},
        {"PK\3\4....archive/data.pkl", "a PyTorch file"},
        {"PK\3\4....readme", "a zip archive"},
        {"\x80\2}q", "a Python pickle"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        refused((const uint8_t *)files[i].begin, strlen(files[i].begin), 3,
                files[i].what);
    uint8_t tar[512] = "train-images-idx3-ubyte";
    memcpy(tar + 257, "ustar", 5);
    refused(tar, sizeof tar, 3, "a tar archive");
}

static void expect_samples(const folder *f)
{
    sg_data *data;
    sg_error error = {""};
    sg_status status = folder_open(f, "mnist", SG_SPLIT_TEST, &data, &error);
    if (status)
        fail_msg("%s", error.text);
    const sg_data_info *info = sg_data_get_info(data);
    assert_int_equal(info->size, 2);
    assert_int_equal(info->height, 2);
    assert_int_equal(info->width, 3);
    assert_int_equal(info->channels, 1);
    assert_int_equal(info->classes, 10);
    assert_memory_equal(sg_data_pixels(data, 1), images + 22, 6);
    assert_int_equal(sg_data_label(data, 0), 7);
    assert_int_equal(sg_data_label(data, 1), 9);
    sg_data_destroy(data);
}

static void finds_files_by_their_names(void **state)
{
    static const char *const names[][2] = {
        {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"},
        {"t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"},
    };
    const folder *f = *state;
    for (size_t i = 0; i < 2; i++) {
        folder_write(f, names[i][0], images, sizeof images);
        folder_write(f, names[i][1], labels, sizeof labels);
        expect_samples(f);
        folder_remove(f, names[i][0]);
        folder_remove(f, names[i][1]);
    }
}

/* The longest stems there are, plain and packed. */
static void reads_long_stems(void **state)
{
    const folder *f = *state;
    enum { LONGEST = 43 };
    char name[72], stem[LONGEST + 1] = "test";
    sg_data *data;
    sg_error error = {""};
    memset(stem + 4, 'x', LONGEST - 4);
    for (int packed = 0; packed < 2; packed++) {
        const char *end = packed ? ".gz" : "";
        snprintf(name, sizeof name, "%s-images-idx3-ubyte%s", stem, end);
        folder_write(f, name, packed ? images_gz : images,
                     packed ? sizeof images_gz : sizeof images);
        snprintf(name, sizeof name, "%s-labels-idx1-ubyte%s", stem, end);
        folder_write(f, name, packed ? labels_gz : labels,
                     packed ? sizeof labels_gz : sizeof labels);
        sg_status status = folder_open(f, "idx", SG_SPLIT_TEST, &data, &error);
        if (packed && status == SG_E_UNSUPPORTED)
            return;
        if (status)
            fail_msg("%s", error.text);
        assert_int_equal(sg_data_get_info(data)->size, 2);
        sg_data_destroy(data);
        folder_remove(f, name);
        snprintf(name, sizeof name, "%s-images-idx3-ubyte%s", stem, end);
        folder_remove(f, name);
    }
}

static void reads_gzip(void **state)
{
    const folder *f = *state;
    sg_data *data = NULL;
    sg_error error = {""};
    folder_write(f, IMAGES ".gz", images_gz, sizeof images_gz);
    folder_write(f, LABELS, labels, sizeof labels);
    sg_status status = folder_open(f, "mnist", SG_SPLIT_TEST, &data, &error);
    sg_data_destroy(data);
    if (status == SG_E_UNSUPPORTED) {
        assert_non_null(strstr(error.text, "gunzip"));
        skip();
    }
    folder_remove(f, LABELS);
    folder_write(f, LABELS ".gz", labels_gz, sizeof labels_gz);
    expect_samples(f);

    folder_write(f, IMAGES ".gz", images_gz, sizeof images_gz - 9);
    status = folder_open(f, "mnist", SG_SPLIT_TEST, &data, &error);
    assert_int_equal(status, SG_E_FORMAT);
    assert_non_null(strstr(error.text, IMAGES ".gz"));

    uint8_t damaged[sizeof images_gz];
    memcpy(damaged, images_gz, sizeof damaged);
    damaged[sizeof damaged - 8] ^= 1; /* the checksum */
    folder_write(f, IMAGES ".gz", damaged, sizeof damaged);
    status = folder_open(f, "mnist", SG_SPLIT_TEST, &data, &error);
    assert_int_equal(status, SG_E_FORMAT);
    assert_null(data);
}

static void names_missing_files(void **state)
{
    const folder *f = *state;
    sg_data *data;
    sg_error error;
    assert_int_equal(folder_open(f, "mnist", SG_SPLIT_TRAIN, &data, &error),
                     SG_E_MISSING);
    assert_non_null(strstr(error.text, f->path));
    assert_non_null(strstr(error.text, "train-images-idx3-ubyte"));

    folder_write(f, IMAGES, images, sizeof images);
    assert_int_equal(folder_open(f, "mnist", SG_SPLIT_TEST, &data, &error),
                     SG_E_MISSING);
    assert_non_null(strstr(error.text, LABELS));
    assert_null(data);
}

static void opens_regular_files_only(void **state)
{
    (void)state;
    sg__source source;
    sg_error error = {""};
    assert_int_equal(sg__source_open("/", 0, &source, &error), SG_E_IO);
    assert_non_null(strstr(error.text, "a folder"));
    assert_int_equal(sg__source_open("/dev/zero", 0, &source, &error),
                     SG_E_IO);
    assert_non_null(strstr(error.text, "no regular file"));
    assert_int_equal(sg__source_open("/nowhere", 0, &source, &error),
                     SG_E_MISSING);
}

static void real_mnist(void **state)
{
    static const uint32_t per_class[] = {5923, 6742, 5958, 6131, 5842,
                                         5421, 5918, 6265, 5851, 5949};
    uint32_t seen[10] = {0};
    (void)state;
    sg_data *data = open_real("mnist", "mnist", SG_SPLIT_TRAIN);
    if (!data)
        skip();
    const sg_data_info *info = sg_data_get_info(data);
    assert_int_equal(info->size, 60000);
    assert_int_equal(info->height, 28);
    assert_int_equal(info->width, 28);
    for (uint32_t i = 0; i < info->size; i++)
        seen[sg_data_label(data, i)]++;
    assert_memory_equal(seen, per_class, sizeof seen);
    assert_int_equal(sg_data_label(data, 0), 5);
    sg_data_destroy(data);

    data = open_real("mnist", "mnist", SG_SPLIT_TEST);
    assert_int_equal(sg_data_get_info(data)->size, 10000);
    assert_int_equal(sg_data_label(data, 0), 7);
    sg_data_destroy(data);
}

static int remove_folder(void **state)
{
    static const char *const names[] = {IMAGES, LABELS, IMAGES ".gz",
                                        LABELS ".gz"};
    folder *f = *state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        folder_remove(f, names[i]);
    int failed = rmdir(f->path);
    free(f);
    return failed;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_there),
        cmocka_unit_test(reads_more_than_one_step_of_memory),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(refuses_wrong_headers),
        cmocka_unit_test(believes_no_header),
        cmocka_unit_test(refuses_disagreeing_pairs),
        cmocka_unit_test(reads_labels_of_any_width),
        cmocka_unit_test(reads_channels),
        cmocka_unit_test(knows_other_files),
        cmocka_unit_test_setup_teardown(finds_files_by_their_names,
                                        folder_setup, remove_folder),
        cmocka_unit_test_setup_teardown(reads_long_stems, folder_setup,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(reads_gzip, folder_setup,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(names_missing_files, folder_setup,
                                        remove_folder),
        cmocka_unit_test(opens_regular_files_only),
        cmocka_unit_test(real_mnist),
    };
    return cmocka_run_group_tests_name("idx", tests, NULL, NULL);
}
