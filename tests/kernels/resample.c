/* Quantised and resampled images. Their equations: unit/test_augment.c. */
#include <string.h>

#include "arrays.h"
#include "rows.h"

void check_quantise(void **state)
{
    FOR_TABLES
    for (size_t n = 0; n <= 150; n++) {
        int32_t levels = 1 + (int32_t)(n * 37 % 255);
        array in = counts(n, 30, 90, 255), a = take(n, 1), b = take(n, 3);
        reference->quantise(n, in.at, levels, a.at);
        table->quantise(n, in.at, levels, b.at);
        assert_same(table->name, a, b);
        table->quantise(n, in.at, levels, in.at);
        assert_same(table->name, a, in);
        give(in), give(a), give(b);
    }
}

/* A map near the identity, or far from it. */
static sg__warp warp(uint32_t key, bool far)
{
    sg__warp w;
    for (size_t i = 0; i < 4; i++) {
        int32_t x = (int32_t)(draw(key, i) >> 8) - (1 << 23);
        w.m[i] = (i == 0 || i == 3 ? 1 << 16 : 0) + x / (far ? 1 : 512);
    }
    w.start_x = (int64_t)(draw(key, 4) % (8 << 16)) - (4 << 16);
    w.start_y = (int64_t)(draw(key, 5) % (8 << 16)) - (4 << 16);
    if (far && key % 3 == 0)
        w.start_x *= 1 << 24;
    return w;
}

void check_resample(void **state)
{
    FOR_TABLES
    for (uint32_t i = 0; i < 300; i++) {
        sg_shape s = {1 + i * 7 % 33, 1 + i * 5 % 37, i % 4 ? 1 : 3};
        size_t n = (size_t)s.height * s.width * s.channels;
        sg__warp w = warp(100 + i, i % 5 == 0);
        array in = counts(n, 31, 90, 255), a = take(n, 1), b = take(n, 1);
        int32_t levels = 1 + (int32_t)(i * 37 % 255);
        reference->resample(&w, s, levels, in.at, a.at);
        table->resample(&w, s, levels, in.at, b.at);
        assert_same(table->name, a, b);
        give(in), give(a), give(b);
    }
}
