/* Pixels to spike counts. Plain: count = floor((pixel * levels + 127) / 255), which
 * is pixel * levels / 255 rounded. levels 1..255; 255 changes nothing.
 *
 * floor(x / 255) = floor((x + floor(x / 256) + 1) / 256) for x < 65535, so 16
 * bits suffice, which vectorises well everywhere. */
#ifndef SG_CORE_QUANTISE_H
#define SG_CORE_QUANTISE_H

#include <stddef.h>
#include <stdint.h>

/* sg__quantised: the count of one pixel, 0..255. */
static inline uint8_t sg__quantised(uint32_t pixel, int32_t levels)
{
    uint16_t x = (uint16_t)(pixel * (uint32_t)levels + 127);
    x = (uint16_t)(x + (x >> 8) + 1);
    return (uint8_t)(x >> 8);
}

/* sg__quantise: the counts of n pixels, in place or to another array, which
 * does not overlap. */
static inline void sg__quantise(size_t n, const uint8_t *pixels,
                                int32_t levels, uint8_t *counts)
{
    if (pixels == counts) {
        for (size_t i = 0; i < n; i++)
            counts[i] = sg__quantised(counts[i], levels);
    } else {
        const uint8_t *restrict from = pixels;
        uint8_t *restrict to = counts;
        for (size_t i = 0; i < n; i++)
            to[i] = sg__quantised(from[i], levels);
    }
}

/* sg__on_off: counts of n pixels on two channels each, side by side: bright
 * ones max(0, floor(((p - 128) levels + 64) / 128)), dark ones the same of
 * 128 - p. At most levels, 1..255. counts is uint8[2 n], apart from pixels. */
static inline void sg__on_off(size_t n, const uint8_t *restrict pixels,
                              int32_t levels, uint8_t *restrict counts)
{
    for (size_t i = 0; i < n; i++) {
        int32_t contrast = ((int32_t)pixels[i] - 128) * levels;
        int32_t on = contrast > 0 ? contrast : 0;
        int32_t off = contrast < 0 ? -contrast : 0;
        counts[2 * i] = (uint8_t)((uint32_t)(on + 64) >> 7);
        counts[2 * i + 1] = (uint8_t)((uint32_t)(off + 64) >> 7);
    }
}

/* sg__counted: bytes that are spike counts already, at most levels of each,
 * 1..255. counts does not overlap with from. */
static inline void sg__counted(size_t n, const uint8_t *restrict from,
                               int32_t levels, uint8_t *restrict counts)
{
    const uint8_t most = (uint8_t)levels;
    for (size_t i = 0; i < n; i++)
        counts[i] = from[i] < most ? from[i] : most;
}

#endif
