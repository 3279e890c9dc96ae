/* Tiles: see tiles.h. All loops over positions and panels are unrolled
 * for constants, or their sums would be kept in memory. */
#include <string.h>

#include "kernels/avx512/dense.h"
#include "kernels/avx512/tiles.h"

enum {
    LANES = SG__TILE_LANES,
    GROUP = SG__TILE_GROUP,
    PANEL_BYTES = SG__TILE_PANEL_BYTES,
    PANELS = SG__TILE_PANELS,
    POSITIONS = SG__TILE_POSITIONS
};

static inline __attribute__((always_inline)) __m512i
multiply_add(int product, __m512i sum, __m512i in, __m512i weights)
{
    if (product == SG__COUNTS_8)
        return _mm512_dpbusd_epi32(sum, in, weights);
    if (product == SG__ERRORS_8)
        return _mm512_dpbusd_epi32(sum, weights, in);
    return _mm512_dpwssd_epi32(sum, in, weights);
}

static inline __attribute__((always_inline)) __m512i spread(const char *group)
{
    int32_t word;
    memcpy(&word, group, sizeof word);
    return _mm512_set1_epi32(word);
}

/* Charges of a tile of errors: the sums without what the products have too
 * much. */
static inline __attribute__((always_inline)) void
give_errors(const sg__dense_tile *t, int width, int positions,
            __m512i sum[POSITIONS][PANELS], const sg__response_out *out)
{
#pragma GCC unroll 8
    for (int p = 0; p < positions; p++) {
        __m512i offset = _mm512_set1_epi32(t->offset[p]);
#pragma GCC unroll 4
        for (int k = 0; k < width; k++)
            _mm512_storeu_si512(out->charge + t->out[p] + k * LANES,
                                _mm512_sub_epi32(sum[p][k], offset));
    }
}

/* The same of counts, all channels of four panels in use. */
static inline __attribute__((always_inline)) void
give_counts(const sg__dense_tile *t, int positions,
            __m512i sum[POSITIONS][PANELS], const sg__response_out *out)
{
    if (out->charge)
#pragma GCC unroll 8
        for (int p = 0; p < positions; p++)
#pragma GCC unroll 4
            for (int k = 0; k < PANELS; k++)
                _mm512_storeu_si512(out->charge + t->out[p] + k * LANES,
                                    sum[p][k]);
    if (out->gate)
#pragma GCC unroll 8
        for (int p = 0; p < positions; p++)
            sg__gates64(sum[p], out->gate + t->out[p]);
    if (out->count) {
        sg__rule16 r = sg__rule16_of(out);
#pragma GCC unroll 8
        for (int p = 0; p < positions; p++)
            sg__counts64(&r, sum[p], out->count + t->out[p]);
    }
}

/* Adds the bias to a tile's sums and writes what is wanted of them. */
static inline __attribute__((always_inline)) void
respond(const sg__dense_tile *t, int width, int positions,
        __m512i sum[POSITIONS][PANELS], const sg__response_out *out)
{
    __mmask16 lanes[PANELS];
#pragma GCC unroll 4
    for (int k = 0; k < width; k++) {
        lanes[k] = sg__first16(t->channels - (uint32_t)k * LANES);
        __m512i b = _mm512_maskz_loadu_epi32(lanes[k], t->bias + k * LANES);
#pragma GCC unroll 8
        for (int p = 0; p < positions; p++)
            sum[p][k] = _mm512_add_epi32(sum[p][k], b);
    }
    if (width == PANELS && t->channels >= PANELS * LANES) {
        give_counts(t, positions, sum, out);
        return;
    }
    /* one loop for each array: tests inside would cost more than the stores */
    if (out->charge)
#pragma GCC unroll 8
        for (int p = 0; p < positions; p++)
#pragma GCC unroll 4
            for (int k = 0; k < width; k++)
                _mm512_mask_storeu_epi32(out->charge + t->out[p] + k * LANES,
                                         lanes[k], sum[p][k]);
    if (out->gate)
#pragma GCC unroll 8
        for (int p = 0; p < positions; p++)
#pragma GCC unroll 4
            for (int k = 0; k < width; k++)
                sg__gate16(sum[p][k], lanes[k],
                           out->gate + t->out[p] + k * LANES);
    if (out->count) {
        sg__rule16 r = sg__rule16_of(out);
        uint8_t *count = out->count;
#pragma GCC unroll 8
        for (int p = 0; p < positions; p++)
#pragma GCC unroll 4
            for (int k = 0; k < width; k++)
                sg__count16(&r, sum[p][k], lanes[k],
                            count + t->out[p] + k * LANES);
    }
}

static inline __attribute__((always_inline)) void
run_tile(const sg__dense_tile *t, int product, int width, int positions,
         const sg__response_out *out)
{
    __m512i sum[POSITIONS][PANELS];
#pragma GCC unroll 8
    for (int p = 0; p < positions; p++)
#pragma GCC unroll 4
        for (int w = 0; w < width; w++)
            sum[p][w] = _mm512_setzero_si512();
    size_t in_row = 0, weight_row = 0;
    for (uint32_t row = 0; row < t->rows; row++) {
        const char *weight = (const char *)t->weight + weight_row;
        for (size_t i = in_row; i < in_row + t->groups * GROUP; i += GROUP) {
            __m512i w[PANELS];
#pragma GCC unroll 4
            for (int k = 0; k < width; k++)
                w[k] = _mm512_load_si512(weight + (size_t)k * t->weight_panel);
            weight += PANEL_BYTES;
#pragma GCC unroll 8
            for (int p = 0; p < positions; p++) {
                __m512i x = spread(t->in[p] + i);
#pragma GCC unroll 4
                for (int k = 0; k < width; k++)
                    sum[p][k] = multiply_add(product, sum[p][k], x, w[k]);
            }
        }
        in_row += t->in_row;
        weight_row += t->weight_row;
    }
    if (product == SG__ERRORS_8)
        give_errors(t, width, positions, sum, out);
    else
        respond(t, width, positions, sum, out);
}

/* One panel of counts for `positions` neighbours: see sg__tile_bytes. */
static inline __attribute__((always_inline)) void
run_bytes(const sg__dense_tile *t, int positions, size_t step,
          const sg__response_out *out)
{
    __m512i sum[SG__TILE_NEIGHBOURS];
#pragma GCC unroll 24
    for (int p = 0; p < positions; p++)
        sum[p] = _mm512_setzero_si512();
    const char *weight = t->weight;
    for (uint32_t row = 0; row < t->rows; row++) {
        const char *in = t->in[0] + row * t->in_row;
        __m256i seen = _mm256_loadu_si256((const __m256i *)in);
        if (t->groups <= 2 && _mm256_testz_si256(seen, seen)) {
            weight += t->groups * PANEL_BYTES; /* above and below a digit */
            continue;
        }
        for (size_t i = 0; i < t->groups; i++, weight += PANEL_BYTES) {
            __m512i w = _mm512_load_si512(weight);
#pragma GCC unroll 24
            for (int p = 0; p < positions; p++)
                sum[p] =
                    _mm512_dpbusd_epi32(sum[p], spread(in + i * GROUP + p), w);
        }
    }
    __mmask16 lanes = sg__first16(t->channels);
    __m512i b = _mm512_maskz_loadu_epi32(lanes, t->bias);
#pragma GCC unroll 24
    for (int p = 0; p < positions; p++)
        sum[p] = _mm512_add_epi32(sum[p], b);
    size_t first = t->out[0];
    if (out->charge)
#pragma GCC unroll 24
        for (int p = 0; p < positions; p++)
            _mm512_mask_storeu_epi32(out->charge + first + (size_t)p * step,
                                     lanes, sum[p]);
    if (out->gate)
#pragma GCC unroll 24
        for (int p = 0; p < positions; p++)
            sg__gate16(sum[p], lanes, out->gate + first + (size_t)p * step);
    if (out->count) {
        sg__rule16 r = sg__rule16_of(out);
        uint8_t *count = out->count + first;
#pragma GCC unroll 24
        for (int p = 0; p < positions; p++)
            sg__count16(&r, sum[p], lanes, count + (size_t)p * step);
    }
}

void sg__tile_bytes(const sg__dense_tile *t, int n, size_t step,
                    const sg__response_out *out)
{
    if (n == SG__TILE_NEIGHBOURS)
        run_bytes(t, SG__TILE_NEIGHBOURS, step, out);
    else
        run_bytes(t, 8, step, out);
}

#define TILE(product, width, positions)                                       \
    static void tile_##product##_##width##_##positions(                       \
        const sg__dense_tile *t, const sg__response_out *out)                 \
    {                                                                         \
        run_tile(t, product, width, positions, out);                          \
    }
#define WIDEST(product)                                                       \
    TILE(product, 4, 1)                                                       \
    TILE(product, 4, 2)                                                       \
    TILE(product, 4, 4)                                                       \
    TILE(product, 4, 6)
#define TILES(product)                                                        \
    TILE(product, 1, 1)                                                       \
    TILE(product, 1, 2)                                                       \
    TILE(product, 1, 4)                                                       \
    TILE(product, 1, 8)                                                       \
    TILE(product, 2, 1)                                                       \
    TILE(product, 2, 2)                                                       \
    TILE(product, 2, 4)                                                       \
    TILE(product, 2, 8)                                                       \
    TILE(product, 3, 1)                                                       \
    TILE(product, 3, 2)                                                       \
    TILE(product, 3, 4)                                                       \
    TILE(product, 3, 8)                                                       \
    WIDEST(product)
TILES(SG__COUNTS_8)
TILES(SG__WORDS_16)
WIDEST(SG__ERRORS_8)

/* By width and log2 of the positions; the widest takes 6 instead of 8, because
 * its 24 sums leave just enough registers. */
#define BY_POSITIONS(product, width, most)                                    \
    {                                                                         \
        tile_##product##_##width##_1, tile_##product##_##width##_2,           \
            tile_##product##_##width##_4, tile_##product##_##width##_##most   \
    }
#define BY_WIDTH(product)                                                     \
    {                                                                         \
        BY_POSITIONS(product, 1, 8), BY_POSITIONS(product, 2, 8),             \
            BY_POSITIONS(product, 3, 8), BY_POSITIONS(product, 4, 6)          \
    }
sg__tile_fn *const sg__tile_runs[SG__PRODUCTS][PANELS][4] = {
    [SG__COUNTS_8] = BY_WIDTH(SG__COUNTS_8),
    [SG__ERRORS_8] = {[PANELS - 1] = BY_POSITIONS(SG__ERRORS_8, 4, 6)},
    [SG__WORDS_16] = BY_WIDTH(SG__WORDS_16)};
