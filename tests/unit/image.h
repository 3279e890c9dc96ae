/* An image for tests. */
#ifndef SG_TESTS_UNIT_IMAGE_H
#define SG_TESTS_UNIT_IMAGE_H

#include <stddef.h>
#include <stdint.h>

/* fill: bytes without symmetry and without zeros. */
static inline void fill(uint8_t *image, size_t size)
{
    uint32_t x = 12345;
    for (size_t i = 0; i < size; i++) {
        x = x * 1664525 + 1013904223;
        image[i] = (uint8_t)(1 + (x >> 24) % 255);
    }
}

#endif
