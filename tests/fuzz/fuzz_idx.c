/* Fuzz target: the IDX reader, as a pair of image and label file.
 *
 * The first byte of an input chooses: odd, the rest is both files, two bytes
 * saying where the first ends; even, the rest is a list of edits, a position
 * and a value each, to a valid pair whose ends the next two bytes move, so
 * that the fuzzer starts next to what is accepted. A pair that is taken must
 * hold what it claims to. */
#include <stdlib.h>

#include "data/idx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_pair(const uint8_t *a, size_t a_size, const uint8_t *b,
                      size_t b_size)
{
    sg__source images;
    sg__source labels;
    sg__idx read;
    sg__source_memory("images", a, a_size, &images);
    sg__source_memory("labels", b, b_size, &labels);
    sg_data *set = NULL;
    sg_error error;
    if (sg__idx_read(&labels, SG__IDX_LABELS, &read, &error) != SG_OK)
        return;
    size_t items = (size_t)read.size[0];
    if (items + 8 > b_size)
        abort();
    const sg__idx_rule digits = {0, 10, SG__IDX_NCHW, false};
    if (sg__idx_pair(&images, "labels", &read, digits, "fuzz", &set, &error) !=
        SG_OK)
        return;
    const sg_data_info *info = sg_data_get_info(set);
    size_t bytes =
        (size_t)info->height * info->width * info->channels * info->size;
    if (bytes + 16 > a_size || bytes + 20 < a_size || info->size != items)
        abort();
    for (uint32_t i = 0; i < info->size; i++) {
        if (sg_data_label(set, i) > 9)
            abort();
    }
    sg_data_destroy(set);
}

static void edited_pair(const uint8_t *edits, size_t size)
{
    enum { IMAGES = 28, LABELS = 10, MORE = 8 };
    uint8_t images[IMAGES + MORE] = {0, 0, 8, 3, 0, 0, 0, 2,
                                     0, 0, 0, 2, 0, 0, 0, 3};
    uint8_t labels[LABELS + MORE] = {0, 0, 8, 1, 0, 0, 0, 2, 7, 9};
    size_t a_size = IMAGES;
    size_t b_size = LABELS;
    if (edits[0] & 1)
        a_size = edits[0] / 2 % sizeof images;
    if (edits[1] & 1)
        b_size = edits[1] / 2 % sizeof labels;
    for (size_t i = 2; i + 1 < size; i += 2) {
        size_t at = edits[i] % (sizeof images + sizeof labels);
        if (at < sizeof images)
            images[at] = edits[i + 1];
        else
            labels[at - sizeof images] = edits[i + 1];
    }
    read_pair(images, a_size, labels, b_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    size_t rest = size - 3;
    size_t split = (size_t)data[1] << 8 | data[2];
    if (split > rest)
        split = rest;
    if (data[0] & 1)
        read_pair(data + 3, split, data + 3 + split, rest - split);
    else
        edited_pair(data + 1, size - 1);
    return 0;
}
