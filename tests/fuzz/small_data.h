/* Images for fuzz targets that train: of any small shape, the same ones every
 * time, with something in them that can be learned. */
#ifndef SG_TESTS_FUZZ_SMALL_DATA_H
#define SG_TESTS_FUZZ_SMALL_DATA_H

#include <stdint.h>
#include <stdlib.h>

#include "spikegrad/spikegrad.h"

enum { SMALL_SIDE = 13, SMALL_CHANNELS = 3, SMALL_SIZE = 12 };

/* shape within SMALL_SIDE and SMALL_CHANNELS; classes at most 256. */
static inline sg_data *small_data(sg_shape shape, uint32_t classes)
{
    static uint8_t
        pixels[SMALL_SIZE * SMALL_SIDE * SMALL_SIDE * SMALL_CHANNELS];
    uint8_t labels[SMALL_SIZE];
    const uint32_t image = shape.height * shape.width * shape.channels;
    sg_data *data = NULL;
    for (uint32_t s = 0; s < SMALL_SIZE; s++) {
        labels[s] = (uint8_t)(s * 5 % classes);
        for (uint32_t i = 0; i < image; i++) {
            uint32_t noise = (s * image + i) * UINT32_C(2654435761) >> 24;
            pixels[s * image + i] = (uint8_t)(i % classes == labels[s] ? 255
                                              : noise < 200            ? 0
                                                            : noise);
        }
    }
    const sg_data_info info = {.name = "small",
                               .height = shape.height,
                               .width = shape.width,
                               .channels = shape.channels,
                               .classes = classes,
                               .size = SMALL_SIZE};
    if (sg_data_from_arrays(&info, pixels, labels, &data, NULL) != SG_OK)
        abort();
    return data;
}

#endif
