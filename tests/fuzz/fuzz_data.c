/* Fuzz target: specifications of data, and the files they lead to.
 *
 * The first byte says what the rest is:
 *   0  a specification, in a folder that has small sets of every reader
 *   1  records of CIFAR: two bytes say how many and what is missing, the rest
 *      are bytes to put in, place and value
 *   2  an image file of MNIST, plain or (odd second byte) by a packed name
 *   3  a label file
 * Whatever it is, it is refused with one line, or both splits that open have
 * what they say, and are equal when they are opened again. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "spikegrad/spikegrad.h"

#include "folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORD = 3073, RECORDS_MAX = 4, SPEC_MAX = 300, GLYPHS_MAX = 100 };

static const char *cifar_file, *image_file, *packed_file, *label_file;

static void write_small(const char *name, const char *head, size_t head_size,
                        size_t zeros)
{
    uint8_t bytes[RECORD + 1] = {0};
    memcpy(bytes, head, head_size);
    folder_write(folder_file(name), bytes, head_size + zeros);
}

#define WRITE(name, head, zeros)                                              \
    write_small(name, head, sizeof head - 1, zeros)

static void set_up(void)
{
    static const char images[] = "\0\0\x8\x3\0\0\0\x2\0\0\0\x2\0\0\0\x3";
    static const char labels[] = "\0\0\x8\x1\0\0\0\x2\x7\x9";
    if (cifar_file)
        return;
    cifar_file = folder_file("test_batch.bin");
    for (int i = 1; i <= 5; i++) {
        static char name[5][24];
        snprintf(name[i - 1], sizeof name[0], "data_batch_%d.bin", i);
        WRITE(name[i - 1], "\3", RECORD - 1);
    }
    WRITE("train.bin", "\3\63", RECORD - 1);
    WRITE("test.bin", "\3\63", RECORD - 1);
    WRITE("train-images-idx3-ubyte", images, 12);
    WRITE("train-labels-idx1-ubyte", labels, 0);
    WRITE("emnist-letters-train-images-idx3-ubyte", images, 12);
    WRITE("emnist-letters-train-labels-idx1-ubyte", labels, 0);
    image_file = folder_file("t10k-images-idx3-ubyte");
    packed_file = folder_file("t10k-images-idx3-ubyte.gz");
    label_file = folder_file("t10k-labels-idx1-ubyte");
    folder_write(label_file, labels, sizeof labels - 1);
}

static void check_line(const sg_error *error)
{
    if (!*error->text)
        abort();
    for (const char *c = error->text; *c; c++)
        if (*c == '\n')
            abort();
}

static void check_set(sg_data *set)
{
    const sg_data_info *info = sg_data_get_info(set);
    const size_t image = (size_t)info->height * info->width * info->channels;
    unsigned sum = 0;
    if (info->size == 0 || info->classes < 1 || info->classes > 65535)
        abort();
    for (uint32_t i = 0; i < info->size && i < GLYPHS_MAX; i++) {
        const uint8_t *pixels = sg_data_pixels(set, i);
        if (sg_data_label(set, i) >= info->classes)
            abort();
        sum += pixels[0] + pixels[image - 1];
    }
    (void)sum;
    sg_data_destroy(set);
}

static void open_both(const char *spec)
{
    for (int split = 0; split < 2; split++) {
        sg_data *set = NULL;
        sg_error error = {""};
        sg_status status =
            sg_data_open_in(folder, spec, (sg_split)split, &set, &error);
        if ((status == SG_OK) != (set != NULL))
            abort();
        if (set)
            check_set(set);
        else
            check_line(&error);
    }
}

static void open_spec(const uint8_t *data, size_t size)
{
    char spec[SPEC_MAX];
    int digits = 0;
    if (size >= sizeof spec)
        return;
    memcpy(spec, data, size);
    spec[size] = '\0';
    for (const char *c = spec; *c; c++) {
        digits = *c >= '0' && *c <= '9' ? digits + 1 : 0;
        if (digits == 5) /* glyphs that take long, large files of others */
            return;
    }
    if (strchr(spec, '/')) /* only what is here */
        return;
    open_both(spec);
}

static void open_cifar(const uint8_t *data, size_t size)
{
    static uint8_t bytes[RECORDS_MAX * RECORD];
    size_t length = (size_t)(data[0] % (RECORDS_MAX + 1)) * RECORD;
    length -= data[1] < length ? data[1] % 8 : length;
    memset(bytes, data[0] / (RECORDS_MAX + 1), length);
    for (size_t i = 2; i + 2 < size && length > 0; i += 3) {
        size_t at = (size_t)data[i] << 8 | data[i + 1];
        bytes[at % length] = data[i + 2];
    }
    folder_write(cifar_file, bytes, length);
    open_both("cifar10:.");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    set_up();
    switch (data[0] % 4) {
    case 0:
        open_spec(data + 1, size - 1);
        break;
    case 1:
        open_cifar(data + 1, size - 1);
        break;
    case 2:
        unlink(data[1] & 1 ? image_file : packed_file);
        folder_write(data[1] & 1 ? packed_file : image_file, data + 2,
                     size - 2);
        open_both("mnist:.");
        break;
    default:
        folder_write(label_file, data + 1, size - 1);
        open_both("mnist:.");
        break;
    }
    return 0;
}
