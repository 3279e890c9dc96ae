#include "layers.h"

#include <string.h>

/* in_h in_w in_c, out_c, kernel, stride, pad: of rows, of columns */
static const uint32_t shapes[SHAPES][10] = {
    {1, 1, 1, 1, 1, 1, 1, 1, 0, 0},
    {1, 1, 33, 7, 1, 1, 1, 1, 0, 0},
    {1, 1, 64, 8, 1, 1, 1, 1, 0, 0},
    {1, 1, 640, 300, 1, 1, 1, 1, 0, 0},
    {1, 1, 31, 129, 1, 1, 1, 1, 0, 0},
    {1, 1, 1030, 66, 1, 1, 1, 1, 0, 0},
    {5, 7, 1, 15, 5, 5, 1, 1, 0, 0},
    {6, 6, 15, 40, 5, 5, 1, 1, 0, 0},
    {8, 8, 3, 16, 3, 3, 1, 1, 1, 1},
    {9, 7, 5, 17, 3, 3, 2, 2, 1, 1},
    {4, 4, 8, 65, 3, 3, 1, 1, 2, 2},
    {7, 7, 2, 9, 4, 4, 3, 3, 0, 0},
    {12, 12, 1, 64, 2, 2, 2, 2, 0, 0},
    {9, 11, 1, 16, 3, 3, 1, 1, 2, 2},
    {6, 13, 3, 33, 5, 5, 2, 2, 4, 4},
    {28, 28, 1, 15, 5, 5, 1, 1, 0, 0},
    {2, 3, 1, 5, 2, 2, 1, 1, 1, 1},
    {8, 8, 64, 64, 3, 3, 1, 1, 1, 1},
    {5, 4, 68, 130, 3, 3, 1, 1, 1, 1},
    {3, 3, 128, 48, 3, 3, 2, 2, 1, 1},
    {2, 9, 70, 32, 2, 2, 1, 1, 0, 0},
    {7, 3, 16, 80, 3, 3, 3, 3, 2, 2},
    {12, 12, 15, 40, 5, 5, 1, 1, 0, 0},
    {4, 4, 192, 31, 1, 1, 1, 1, 0, 0},
    {1, 1, 5, 5, 3, 3, 1, 1, 1, 1},
    {1, 1, 64, 16, 3, 3, 1, 1, 1, 1},
    {1, 1, 70, 33, 5, 5, 2, 2, 2, 2},
    {2, 1, 64, 20, 3, 3, 1, 1, 1, 1},
    {5, 4, 64, 128, 3, 3, 1, 1, 1, 1},
    {6, 5, 128, 64, 3, 3, 2, 2, 2, 2},
    {1, 1, 1024, 64, 1, 1, 1, 1, 0, 0},
    {1, 1, 512, 64, 2, 2, 1, 1, 1, 1},
    {1, 1, 4101, 9, 1, 1, 1, 1, 0, 0},
    {4, 7, 64, 144, 2, 2, 3, 3, 1, 1},
    /* steps from the last window that leave the row and the image */
    {28, 28, 1, 8, 1, 1, 3, 3, 0, 0},
    {28, 28, 1, 6, 2, 2, 30, 30, 0, 0},
    {5, 3, 64, 64, 1, 1, 9, 9, 1, 1},
    {7, 8, 20, 33, 2, 2, 5, 5, 0, 0},
    /* not square, in any respect */
    {1, 40, 1, 12, 1, 5, 1, 1, 0, 2},
    {1, 64, 64, 64, 1, 3, 1, 2, 0, 1},
    {40, 1, 3, 20, 7, 1, 3, 1, 3, 0},
    {9, 8, 64, 64, 1, 5, 1, 1, 0, 2},
    {7, 8, 64, 128, 5, 1, 1, 1, 2, 0},
    {6, 9, 128, 48, 2, 3, 1, 2, 1, 0},
    {9, 6, 64, 33, 3, 2, 2, 1, 0, 1},
    {8, 8, 5, 17, 2, 4, 3, 1, 1, 3},
    {6, 7, 70, 32, 3, 1, 1, 3, 2, 0},
    {5, 9, 16, 64, 4, 2, 1, 30, 3, 1},
    {12, 5, 1, 6, 1, 4, 9, 1, 0, 3},
    {4, 10, 192, 80, 1, 7, 1, 1, 0, 3},
    /* a first layer whose results are narrower than half a register */
    {9, 10, 2, 6, 3, 3, 1, 1, 1, 1},
    /* weights that overflow a near cache */
    {1, 1, 531, 501, 1, 1, 1, 1, 0, 0},
    {4, 3, 192, 160, 3, 3, 1, 1, 1, 1},
    {3, 4, 320, 96, 3, 3, 2, 2, 1, 1},
};

sg__geometry geometry(size_t shape)
{
    const uint32_t *s = shapes[shape];
    sg__geometry g = {s[0], s[1], s[2], 0,    0,    s[3],
                      s[4], s[5], s[6], s[7], s[8], s[9]};
    g.out_h = (g.in_h + 2 * g.pad_h - g.kernel_h) / g.stride_h + 1;
    g.out_w = (g.in_w + 2 * g.pad_w - g.kernel_w) / g.stride_w + 1;
    return g;
}

const uint32_t pools[POOLS][2] = {{2, 2}, {3, 3}, {4, 4}, {5, 5}, {1, 2},
                                  {2, 1}, {1, 4}, {3, 2}, {7, 1}, {2, 5}};

sg__geometry pool_geometry(uint32_t h, uint32_t w, uint32_t channels)
{
    return (sg__geometry){11, 13, channels, 11 / h, 13 / w, channels,
                          h,  w,  h,        w,      0,      0};
}

static void set_weights(layer *l, size_t n, int bits)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t x = draw(1, i);
        /* 16 bits: small enough for the largest fan-in, extremes rarely */
        int32_t w = (int32_t)(x >> 16) - 32768;
        w = bits == 8 ? w / 256 : w / 16;
        if (i % 97 == 0)
            w = (x & 1 ? 1 : -1) * (bits == 8 ? 127 : 32767);
        if (bits == 8)
            ((int8_t *)l->weight.at)[i] = (int8_t)(w < -127 ? -127 : w);
        else
            ((int16_t *)l->weight.at)[i] = (int16_t)w;
    }
}

void make_layer(layer *l, const sg__kernels *table, size_t shape, int bits)
{
    l->g = geometry(shape);
    size_t n = sg__fan_in(&l->g) * l->g.out_c;
    uint32_t half = l->g.out_c / 2 / SG__PACK_CHANNELS * SG__PACK_CHANNELS;
    l->weight = take(n * (size_t)bits / 8, 0);
    set_weights(l, n, bits);
    /* of first layers, so that they may be computed in 16 bits */
    bool small = bits == 8 && l->g.in_c <= 4;
    l->bias = take(l->g.out_c * 4, 0);
    for (uint32_t k = 0; k < l->g.out_c; k++)
        ((int32_t *)l->bias.at)[k] =
            ((int32_t)(draw(2, k) >> 8) - (1 << 23)) / (small ? 1024 : 1);
    l->packed = take(table->pack_size(&l->g, bits), 0);
    memset(l->packed.at, 0, l->packed.bytes);
    l->scratch = take(table->scratch_size(&l->g, bits), 0);
    l->s = (sg__synapses){
        &l->g, bits, l->weight.at, l->packed.at, (const int32_t *)l->bias.at,
        255};
    table->pack(&l->s, half, l->g.out_c);
    table->pack(&l->s, 0, half);
}

void free_layer(layer *l)
{
    give(l->weight);
    give(l->bias);
    give(l->packed);
    give(l->scratch);
}
