/* Data sets where people have them: a folder off, packed, by other names; and
 * one line that says what is there instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "data/data.h"
#include "data/source.h"
#include "data_files.h"

enum { SIDE = 2, COUNT = 4, RECORD = 3073 };

/* Removes a folder and all that is in it. */
static void remove_tree(const char *path)
{
    struct dirent *entry;
    DIR *entries = opendir(path);
    while (entries && (entry = readdir(entries))) {
        char inner[1200];
        if (strcmp(entry->d_name, ".") == 0 ||
            strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (remove(inner) != 0)
            remove_tree(inner);
    }
    if (entries)
        closedir(entries);
    rmdir(path);
}

static int remove_all(void **state)
{
    folder *f = *state;
    remove_tree(f->path);
    int left = access(f->path, F_OK) == 0;
    free(f);
    return left;
}

static void make_folder(const folder *f, const char *name)
{
    char path[600];
    assert_int_equal(mkdir(file_path(f, name, path), 0700), 0);
}

/* Images with a different byte for each pixel and COUNT labels from first
 * on by threes, as stem-images and stem-labels. */
static void write_pair(const folder *f, const char *stem, const char *mark,
                       uint8_t first)
{
    uint8_t images[16 + COUNT * SIDE * SIDE] = {0, 0, 8, 3,    0, 0, 0, COUNT,
                                                0, 0, 0, SIDE, 0, 0, 0, SIDE};
    uint8_t labels[8 + COUNT] = {0, 0, 8, 1, 0, 0, 0, COUNT};
    char name[80];
    for (uint8_t i = 0; i < COUNT * SIDE * SIDE; i++)
        images[16 + i] = (uint8_t)(i + 1);
    for (uint8_t i = 0; i < COUNT; i++)
        labels[8 + i] = (uint8_t)(first + 3 * i);
    snprintf(name, sizeof name, "%s-images%sidx3-ubyte", stem, mark);
    folder_write(f, name, images, sizeof images);
    snprintf(name, sizeof name, "%s-labels%sidx1-ubyte", stem, mark);
    folder_write(f, name, labels, sizeof labels);
}

/* Opens "scheme:folder rest". */
static sg_status open_spec(const folder *f, const char *scheme,
                           const char *rest, sg_split split, sg_data **out,
                           sg_error *error)
{
    char spec[700];
    snprintf(spec, sizeof spec, "%s:%s%s", scheme, f->path, rest);
    return sg_data_open(spec, split, out, error);
}

/* Expects a split of COUNT samples whose first has this label. */
static void expect_read(const folder *f, const char *scheme, const char *rest,
                        sg_split split, uint32_t classes, uint8_t label)
{
    sg_data *data;
    sg_error error = {""};
    if (open_spec(f, scheme, rest, split, &data, &error))
        fail_msg("%s", error.text);
    assert_int_equal(sg_data_get_info(data)->size, COUNT);
    assert_int_equal(sg_data_get_info(data)->classes, classes);
    assert_int_equal(sg_data_label(data, 0), label);
    sg_data_destroy(data);
}

static void expect_refused(const folder *f, const char *scheme,
                           const char *rest, sg_status wanted,
                           const char *text)
{
    sg_data *data;
    sg_error error = {""};
    assert_int_equal(open_spec(f, scheme, rest, SG_SPLIT_TRAIN, &data, &error),
                     wanted);
    assert_null(data);
    if (!strstr(error.text, text))
        fail_msg("\"%s\" does not say \"%s\"", error.text, text);
}

static void finds_folders_below(void **state)
{
    const folder *f = *state;
    make_folder(f, "MNIST");
    make_folder(f, "MNIST/raw");
    write_pair(f, "MNIST/raw/train", "-", 0);
    expect_read(f, "mnist", "", SG_SPLIT_TRAIN, 10, 0);
    expect_read(f, "mnist", "/MNIST", SG_SPLIT_TRAIN, 10, 0);
    expect_read(f, "fashion", "/MNIST/raw", SG_SPLIT_TRAIN, 10, 0);
    sg_data *mapped;
    assert_int_equal(open_spec(f, "mnist", "", SG_SPLIT_TRAIN, &mapped, NULL),
                     SG_OK);
    assert_non_null(mapped->own->map.bytes); /* files as they are */
    sg_data_destroy(mapped);
    /* a split that is not there is no reason against the other one */
    sg_data *data;
    assert_int_equal(open_spec(f, "mnist", "", SG_SPLIT_TEST, &data, NULL),
                     SG_E_MISSING);

    uint8_t record[RECORD] = {3};
    make_folder(f, "cifar-10-batches-bin");
    folder_write(f, "cifar-10-batches-bin/test_batch.bin", record, RECORD);
    assert_int_equal(open_spec(f, "cifar10", "", SG_SPLIT_TEST, &data, NULL),
                     SG_OK);
    assert_int_equal(sg_data_label(data, 0), 3);
    sg_data_destroy(data);
}

/* A folder by the name of the file, which has the file, or not. */
static void folders_hide_no_files(void **state)
{
    const folder *f = *state;
    make_folder(f, "train-images-idx3-ubyte");
    make_folder(f, "train-labels-idx1-ubyte");
    write_pair(f, "train", ".", 2);
    expect_read(f, "mnist", ",base=0", SG_SPLIT_TRAIN, 12, 2);
    folder_remove(f, "train-images.idx3-ubyte");
    write_pair(f, "train-images-idx3-ubyte/train", "-", 0);
    expect_read(f, "mnist", ",classes=20", SG_SPLIT_TRAIN, 20, 2);
}

/* Classes are those of both splits; labels beyond digits may begin with 1. */
static void counts_classes(void **state)
{
    const folder *f = *state;
    write_pair(f, "train", "-", 1);
    expect_read(f, "mnist", "", SG_SPLIT_TRAIN, 10, 0);
    expect_read(f, "mnist", ",base=0", SG_SPLIT_TRAIN, 11, 1);
    write_pair(f, "t10k", "-", 0);
    expect_read(f, "mnist", "", SG_SPLIT_TRAIN, 11, 1);
    expect_read(f, "mnist", "", SG_SPLIT_TEST, 11, 0);
    expect_refused(f, "mnist", ",classes=3", SG_E_FORMAT,
                   "sample 1: label 4, expected 0..2");
    expect_refused(f, "mnist", ",classes=1", SG_E_ARGUMENT,
                   "classes=1, expected 2..65535");
    expect_refused(f, "mnist", ",side=1", SG_E_ARGUMENT, "no option side");
}

/* A comma that is part of a folder's name is one. */
static void paths_keep_their_commas(void **state)
{
    const folder *f = *state;
    make_folder(f, "a,b");
    make_folder(f, "a,base=0");
    write_pair(f, "a,b/train", "-", 1);
    write_pair(f, "a,base=0/train", "-", 1);
    expect_read(f, "mnist", "/a,b", SG_SPLIT_TRAIN, 10, 0);
    expect_read(f, "mnist", "/a,b,base=0", SG_SPLIT_TRAIN, 11, 1);
    expect_read(f, "mnist", "/a,base=0", SG_SPLIT_TRAIN, 10, 0);
    /* relative ones begin where they are told to */
    sg_data *data;
    assert_int_equal(sg_data_open_in(f->path, "mnist:a,b", SG_SPLIT_TRAIN,
                                     &data, NULL),
                     SG_OK);
    assert_string_equal(sg_data_get_info(data)->name, "mnist:a,b");
    sg_data_destroy(data);
}

static void reads_emnist(void **state)
{
    const folder *f = *state;
    sg_data *data;
    write_pair(f, "emnist-letters-train", "-", 1);
    expect_refused(f, "mnist", "", SG_E_MISSING, "EMNIST: say emnist:");
    expect_refused(f, "emnist", ",set=digit", SG_E_ARGUMENT, "digits");
    assert_int_equal(open_spec(f, "emnist", "", SG_SPLIT_TRAIN, &data, NULL),
                     SG_OK);
    assert_null(data->own->map.bytes); /* copied to be turned */
    const uint8_t upright[] = {1, 3, 2, 4};
    assert_memory_equal(sg_data_pixels(data, 0), upright, 4);
    assert_int_equal(sg_data_label(data, 0), 0);
    assert_int_equal(sg_data_get_info(data)->classes, 10);
    assert_null(sg_data_class_name(data, 0)); /* of a part of the letters */
    sg_data_destroy(data);
    assert_int_equal(open_spec(f, "emnist", ",classes=26", SG_SPLIT_TRAIN,
                               &data, NULL),
                     SG_OK);
    assert_string_equal(sg_data_class_name(data, 0), "A");
    assert_string_equal(sg_data_class_name(data, 25), "Z");
    sg_data_destroy(data);
    write_pair(f, "emnist-balanced-train", "-", 0);
    assert_int_equal(open_spec(f, "emnist", ",set=balanced,classes=47",
                               SG_SPLIT_TRAIN, &data, NULL),
                     SG_OK);
    assert_string_equal(sg_data_class_name(data, 9), "9");
    assert_string_equal(sg_data_class_name(data, 10), "A");
    assert_string_equal(sg_data_class_name(data, 46), "t");
    sg_data_destroy(data);
    write_pair(f, "emnist-byclass-train", "-", 0);
    assert_int_equal(open_spec(f, "emnist", ",set=byclass,classes=62",
                               SG_SPLIT_TRAIN, &data, NULL),
                     SG_OK);
    assert_string_equal(sg_data_class_name(data, 61), "z");
    sg_data_destroy(data);
    write_pair(f, "emnist-digits-train", "-", 0);
    expect_refused(f, "emnist", "", SG_E_ARGUMENT, "expected balanced");
    expect_read(f, "emnist", ",set=digits", SG_SPLIT_TRAIN, 10, 0);
}

static void says_what_is_there(void **state)
{
    const folder *f = *state;
    static const struct {
        const char *scheme, *name, *text;
    } cases[] = {
        {"cifar10", "data_batch_1", "Python version"},
        {"cifar10", "cifar-10-binary.tar.gz", "still packed"},
        {"cifar100", "train", "Python version"},
        {"mnist", "mnist.zip", "mnist.zip, still packed"},
        {"mnist", "training.pt", "training.pt, a PyTorch file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        folder_write(f, cases[i].name, (const uint8_t *)"x", 1);
        expect_refused(f, cases[i].scheme, "", SG_E_MISSING, cases[i].text);
        expect_refused(f, cases[i].scheme, "/nowhere", SG_E_MISSING,
                       "no such folder");
        folder_remove(f, cases[i].name);
    }
    const char zip[] = "PK\3\4..............archive/data.pkl";
    folder_write(f, "x.pt", (const uint8_t *)zip, sizeof zip);
    expect_refused(f, "mnist", "/x.pt", SG_E_IO, "it is a PyTorch file");
    const char html[] = "<!DOCTYPE html><html>404</html>";
    folder_write(f, "data_batch_1.bin", (const uint8_t *)html, sizeof html);
    expect_refused(f, "cifar10", "", SG_E_FORMAT, "it is an HTML page");
    folder_write(f, "test_batch.bin", (const uint8_t *)html, sizeof html);
    expect_refused(f, "mnist", "", SG_E_MISSING, "it looks like cifar10:");
}

/* Not even opened: neither one that never ends nor one that never begins. */
static void refuses_special_files(void **state)
{
    const folder *f = *state;
    char path[600];
    assert_int_equal(symlink("/dev/zero",
                             file_path(f, "data_batch_1.bin", path)),
                     0);
    expect_refused(f, "cifar10", "", SG_E_MISSING, "data_batch_1.bin");
    assert_int_equal(mkfifo(file_path(f, "train-images-idx3-ubyte", path),
                            0600),
                     0);
    expect_refused(f, "mnist", "", SG_E_MISSING, "train-images-idx3-ubyte");
}

static void tells_permission_from_absence(void **state)
{
    const folder *f = *state;
    char path[600];
    if (geteuid() == 0)
        skip(); /* root may read everything */
    make_folder(f, "theirs");
    write_pair(f, "theirs/train", "-", 0);
    assert_int_equal(chmod(file_path(f, "theirs", path), 0), 0);
    expect_refused(f, "mnist", "/theirs", SG_E_IO, "belongs to user");
    assert_int_equal(chmod(path, 0700), 0);
}

/* Sizes are held against limits before anything is read. */
static void limits_hostile_sizes(void **state)
{
    const folder *f = *state;
    char path[600];
    /* 3 GiB of zeros that occupy nothing, said and not said */
    uint8_t images[] = {0, 0, 8, 3, 0, 0x30, 0, 0, 0, 0, 0, 32, 0, 0, 0, 32};
    folder_write(f, "train-images-idx3-ubyte", images, sizeof images);
    assert_int_equal(truncate(file_path(f, "train-images-idx3-ubyte", path),
                              (off_t)3 << 30),
                     0);
    const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 1, 1};
    folder_write(f, "train-labels-idx1-ubyte", labels, sizeof labels);
    expect_refused(f, "mnist", "", SG_E_FORMAT, "limit=MIB");
    expect_refused(f, "mnist", ",limit=4096", SG_E_FORMAT, "the file ends");
    folder_write(f, "train-labels-idx1-ubyte", images, sizeof images);
    assert_int_equal(truncate(file_path(f, "train-labels-idx1-ubyte", path),
                              (off_t)3 << 30),
                     0);
    expect_refused(f, "mnist", "", SG_E_FORMAT, "magic 00 00 08 03");
    folder_write(f, "data_batch_1.bin", images, 0);
    assert_int_equal(truncate(file_path(f, "data_batch_1.bin", path),
                              ((off_t)3 << 30) / RECORD * RECORD),
                     0);
    expect_refused(f, "cifar10", "", SG_E_FORMAT, "data_batch_1.bin");
}

static long peak_kib(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

/* AddressSanitizer marks all that is allocated in memory of its own. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* Of a million digits, only those are drawn that are asked for. */
static void draws_what_is_asked_for(void **state)
{
    (void)state;
    sg_data *data;
    long before = peak_kib();
    assert_int_equal(sg_data_open("glyphs:train=1000000", SG_SPLIT_TRAIN,
                                  &data, NULL),
                     SG_OK);
    assert_int_equal(sg_data_get_info(data)->size, 1000000);
    assert_true(sg_data_hash(data) != 0);
    assert_true(SANITIZED || peak_kib() - before < 64 * 1024);
    sg_data_destroy(data);
}

/* Formats are listed, and each example is one of its kind. */
static void lists_formats(void **state)
{
    (void)state;
    const sg_data_format *format;
    size_t n = 0;
    for (; (format = sg_data_get_format(n)); n++) {
        size_t length = strlen(format->name);
        assert_int_equal(strncmp(format->form, format->name, length), 0);
        assert_int_equal(strncmp(format->example, format->name, length), 0);
        assert_int_equal(format->example[length] == ':' && format->takes_path,
                         format->takes_path != 0);
        assert_true(strlen(format->help) > 10);
        for (size_t k = 0; k < format->options; k++)
            assert_true(format->option[k].key && format->option[k].value &&
                        format->option[k].help);
        sg_data *data;
        sg_status status =
            sg_data_open(format->example, SG_SPLIT_TRAIN, &data, NULL);
#if defined(SPIKEGRAD_FILES) && defined(SPIKEGRAD_ARCHIVE) &&                 \
    defined(SPIKEGRAD_PNG) && defined(SPIKEGRAD_JPEG)
        assert_int_not_equal(status, SG_E_UNSUPPORTED);
#endif
        assert_true(status == SG_OK || status == SG_E_MISSING ||
                    status == SG_E_UNSUPPORTED);
        sg_data_destroy(data);
    }
    assert_true(n >= 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_FOLDER(test)                                                       \
    cmocka_unit_test_setup_teardown(test, folder_setup, remove_all)
        IN_FOLDER(finds_folders_below),
        IN_FOLDER(folders_hide_no_files),
        IN_FOLDER(counts_classes),
        IN_FOLDER(paths_keep_their_commas),
        IN_FOLDER(reads_emnist),
        IN_FOLDER(says_what_is_there),
        IN_FOLDER(refuses_special_files),
        IN_FOLDER(tells_permission_from_absence),
        IN_FOLDER(limits_hostile_sizes),
        cmocka_unit_test(draws_what_is_asked_for),
        cmocka_unit_test(lists_formats),
    };
    return cmocka_run_group_tests_name("places", tests, NULL, NULL);
}
