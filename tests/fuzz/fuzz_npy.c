/* Fuzz target: arrays of NumPy, as images and as labels.
 *
 * The first byte of an input chooses the layout and the range, the rest is a
 * .npy. What is taken must hold what it claims to. */
#include <stdlib.h>

#include "data/arrays/arrays.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = 1 << 20 };

static void read_images(const uint8_t *bytes, size_t size, unsigned choice)
{
    static const char *const layouts[] = {NULL, "NHW", "NHWC", "NCHW",
                                          "NL", "NLC", "NCL"};
    sg__array_form form = {.layout = layouts[choice % 7], .limit = LIMIT};
    sg__source source;
    sg__images images;
    sg_error error;
    if (choice & 64)
        form.range = (sg__range){-1500000, 2500000, true};
    sg__source_memory("fuzz", bytes, size, &source);
    source.known = (choice & 128) != 0;
    if (sg__array_images(&source, &form, choice & 32, &images, &error) !=
        SG_OK) {
        if (images.pixels)
            abort();
        return;
    }
    size_t total =
        (size_t)images.count * images.height * images.width * images.channels;
    if (total == 0 || total > LIMIT)
        abort();
    const uint8_t *pixels =
        images.pixels ? images.pixels : bytes + images.begin;
    unsigned sum = 0;
    for (size_t i = 0; i < total; i++)
        sum += pixels[i];
    if (sum > 255 * total)
        abort();
    free(images.pixels);
}

static void read_labels(const uint8_t *bytes, size_t size)
{
    sg__source source;
    sg__classes classes;
    sg_error error;
    sg__source_memory("fuzz", bytes, size, &source);
    if (sg__array_labels(&source, &classes, &error) != SG_OK) {
        if (classes.labels)
            abort();
        return;
    }
    for (uint32_t i = 0; i < classes.count; i++)
        if (classes.labels[i] > classes.most)
            abort();
    free(classes.labels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    read_images(data + 1, size - 1, data[0]);
    read_labels(data + 1, size - 1);
    return 0;
}
