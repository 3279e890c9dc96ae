/* Fuzz target: pictures.
 *
 * The first two bytes of an input choose size and channels, the rest is a
 * file. Of a PNG the checksums of chunks are put right first, unless the
 * choice says otherwise, so that what is behind them is reached. */
#include <stdlib.h>
#include <string.h>

#include "data/images/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t crc(const uint8_t *bytes, size_t size)
{
    uint32_t c = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        c ^= bytes[i];
        for (int b = 0; b < 8; b++)
            c = c >> 1 ^ (c & 1 ? 0xedb88320 : 0);
    }
    return ~c;
}

static void put_right(uint8_t *png, size_t size)
{
    for (size_t at = 8; at + 12 <= size;) {
        uint32_t length = (uint32_t)png[at] << 24 |
                          (uint32_t)png[at + 1] << 16 |
                          (uint32_t)png[at + 2] << 8 | png[at + 3];
        if (length > size - at - 12)
            return;
        uint32_t sum = crc(png + at + 4, (size_t)length + 4);
        for (int i = 0; i < 4; i++)
            png[at + 8 + length + (size_t)i] = (uint8_t)(sum >> (24 - 8 * i));
        at += (size_t)length + 12;
    }
}

static void read_picture(const uint8_t *bytes, size_t size,
                         const sg__picture_form *form)
{
    sg_error error;
    sg__canvas canvas = {.name = "fuzz", .form = form};
    sg_status status = sg__picture_read(bytes, size, &canvas, &error);
    if (status == SG_OK) {
        size_t total = (size_t)canvas.height * canvas.width * canvas.channels;
        unsigned sum = 0;
        for (size_t i = 0; i < total; i++)
            sum += canvas.pixels[i] != 0;
        if (sum > total || (form->resize && canvas.height != form->height) ||
            (form->channels && canvas.channels != form->channels))
            abort();
    }
    free(canvas.pixels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    sg__picture_form form = {
        .height = data[0] & 63,
        .width = data[0] & 63,
        .resize = (data[0] & 63) != 0,
        .channels = data[1] & 1 ? 1 + (data[1] & 2) : 0,
        .convert = (data[1] & 4) != 0,
        .background = data[1] & 8 ? 255 : 0,
    };
    uint8_t *copy = malloc(size - 1);
    if (!copy)
        return 0;
    memcpy(copy, data + 2, size - 2);
    if (!(data[1] & 128) && size > 10 && copy[0] == 0x89)
        put_right(copy, size - 2);
    read_picture(copy, size - 2, &form);
    free(copy);
    return 0;
}
