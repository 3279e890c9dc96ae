/* AVX-512 error charge, driven by the neurons that sent errors.
 *
 * Three ways, by geometry:
 * slabs  8-bit convolutions over many channels. Weights are packed as
 *        [tap][64 input channels][out_c]; the errors of one position select
 *        rows of a slab that fits the nearest cache, four at a time.
 * fans   8-bit fully connected layers: the rows are the weights themselves.
 * groups the same where the weights overflow the cache: four neighbouring
 *        rows are read once for all samples.
 * lines  everything else: one kernel row of one error at a time.
 *
 * Dot products want an unsigned factor: rows are taken as w + 128, and 128
 * times the sum of the errors is subtracted. */
#include <string.h>

#include "kernels/avx512_slabs.h"

enum {
    COLUMNS = 64,
    LIST_BYTES = 1 << 21,  /* of the samples whose errors are listed at once */
    CACHE_BYTES = 1 << 20, /* weights that stay near by themselves */
    GROUP_SAMPLES = 16,    /* whose charges of a block stay near */
    BLOCK = 512            /* columns of groups whose charges stay near */
};

static bool by_slabs(const sg__geometry *g, int bits)
{
    return bits == 8 && g->in_c % COLUMNS == 0 && g->in_h * g->in_w > 1;
}

static bool by_fans(const sg__geometry *g, int bits)
{
    /* a kernel may be larger than its padded image of one pixel */
    return bits == 8 && g->in_h * g->in_w == 1 && g->out_h * g->out_w == 1 &&
           g->kernel_h * g->kernel_w == 1;
}

static bool by_groups(const sg__geometry *g, int bits)
{
    return by_fans(g, bits) && sg__fan_in(g) * g->out_c > CACHE_BYTES;
}

static size_t positions(const sg__geometry *g)
{
    return (size_t)g->out_h * g->out_w;
}

static size_t list_samples(const sg__geometry *g)
{
    size_t n = LIST_BYTES / sg__lists_bytes(positions(g), g->out_c, 1);
    return n < 1 ? 1 : n;
}

size_t sg__avx512_propagate_pack_size(const sg__geometry *g, int bits)
{
    return by_slabs(g, bits) ? sg__fan_in(g) * g->out_c : 0;
}

/* Packed as [tap][in_c / 64][out_c][64], w + 128. */
void sg__avx512_propagate_pack(const sg__synapses *s, uint32_t first,
                               uint32_t last, uint8_t *to)
{
    const sg__geometry *g = s->geo;
    const __m512i bias = _mm512_set1_epi8((char)0x80);
    size_t K = sg__fan_in(g);
    if (!by_slabs(g, s->bits))
        return;
    for (uint32_t k = first; k < last; k++)
        for (size_t i = 0; i < K; i += COLUMNS) {
            __m512i w =
                _mm512_loadu_si512((const int8_t *)s->weight + k * K + i);
            _mm512_store_si512(to + i * g->out_c + (size_t)k * COLUMNS,
                               _mm512_xor_si512(w, bias));
        }
}

/* Four neighbouring errors of a sample that are not all 0. */
typedef struct active_group {
    uint32_t sample;
    int32_t d;
} active_group;

static size_t group_bytes(const sg__geometry *g, size_t n)
{
    size_t groups = (g->out_c + 3) / 4;
    return n * BLOCK * sizeof(int32_t) +
           (n * groups + 1) * sizeof(active_group) +
           groups * sizeof(uint32_t) + n * sizeof(int32_t);
}

size_t sg__avx512_propagate_scratch(const sg__geometry *g, int bits)
{
    if (!by_slabs(g, bits) && !by_fans(g, bits))
        return 0;
    if (by_groups(g, bits))
        return group_bytes(g, GROUP_SAMPLES);
    return sg__lists_bytes(positions(g), g->out_c, list_samples(g));
}

/* One tap and 64 input channels of one sample; u is theirs. */
static void add_tap(const sg__geometry *g, uint32_t ky, uint32_t kx,
                    const sg__quad *quads, const sg__senders *senders,
                    const uint8_t *slab, int32_t *u)
{
    for (uint32_t y = 0; y < g->out_h; y++) {
        uint32_t iy = y * g->stride + ky - g->pad;
        if (iy >= g->in_h) /* also where it would be negative */
            continue;
        for (uint32_t x = 0; x < g->out_w; x++) {
            const sg__senders *at = &senders[(size_t)y * g->out_w + x];
            uint32_t ix = x * g->stride + kx - g->pad;
            if (at->length == 0 || ix >= g->in_w)
                continue;
            sg__slab_add(quads + at->first, at, slab, true,
                         u + ((size_t)iy * g->in_w + ix) * g->in_c);
        }
    }
}

static void propagate_slabs(const sg__synapses *s, size_t n, const int8_t *d,
                            int32_t *u, void *scratch)
{
    const sg__geometry *g = s->geo;
    size_t inputs = sg__inputs(g);
    sg__lists l = sg__lists_in(positions(g), g->out_c, n, scratch);
    const uint8_t *slab = sg__avx512_slabs(s);
    for (size_t i = 0; i < n; i++)
        sg__lists_fill(&l, i, d + i * sg__outputs(g), COLUMNS);
    memset(u, 0, n * inputs * sizeof *u);
    for (uint32_t ky = 0; ky < g->kernel_h; ky++)
        for (uint32_t kx = 0; kx < g->kernel_w; kx++)
            for (uint32_t c = 0; c < g->in_c; c += COLUMNS) {
                const uint8_t *next = slab + (size_t)g->out_c * COLUMNS;
                for (size_t i = 0; i < n; i++) {
                    sg__prefetch_share(next, g->out_c, i, n);
                    add_tap(g, ky, kx, l.quads + i * l.room,
                            l.senders + i * l.positions, slab,
                            u + i * inputs + c);
                }
                slab = next;
            }
}

/* 64 columns of a fan, or as many as the mask says. */
static inline void fan_columns(const sg__quad *q, const sg__senders *at,
                               const int8_t *weight, __mmask64 columns,
                               int32_t *u)
{
    const __m512i bias = _mm512_set1_epi8((char)0x80);
    __m512i sum[4], x[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
        sum[i] = _mm512_set1_epi32(-at->offset);
    for (const sg__quad *end = q + at->length; q < end; q++) {
        int32_t word;
        memcpy(&word, q->n, sizeof word);
        __m512i d = _mm512_set1_epi32(word), w[4];
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            w[i] = _mm512_xor_si512(
                _mm512_maskz_loadu_epi8(columns, weight + q->row[i]), bias);
        sg__interleave(w[0], w[1], w[2], w[3], x);
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            sum[i] = _mm512_dpbusd_epi32(sum[i], x[i], d);
    }
    sg__in_order(sum);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
        _mm512_mask_storeu_epi32(u + 16 * i, (__mmask16)(columns >> 16 * i),
                                 sum[i]);
}

static void propagate_fans(const sg__synapses *s, size_t n, const int8_t *d,
                           int32_t *u, void *scratch)
{
    const sg__geometry *g = s->geo;
    size_t K = sg__fan_in(g);
    sg__lists l = sg__lists_in(1, g->out_c, n, scratch);
    for (size_t i = 0; i < n; i++)
        sg__lists_fill(&l, i, d + i * g->out_c, K);
    for (size_t c = 0; c < K; c += COLUMNS)
        for (size_t i = 0; i < n; i++)
            fan_columns(l.quads + i * l.room, &l.senders[i],
                        (const int8_t *)s->weight + c, sg__first64(K - c),
                        u + i * K + c);
}

/* Lists the active groups of n samples, group by group; end[i] is where group
 * i's end. sum[s] is the sum of sample s's errors. */
static void list_groups(const sg__geometry *g, size_t n, const int8_t *d,
                        active_group *list, uint32_t *end, int32_t *sum)
{
    uint32_t length = 0;
    memset(sum, 0, n * sizeof *sum);
    for (uint32_t k = 0; k < g->out_c; k += 4) {
        uint32_t width = g->out_c - k < 4 ? g->out_c - k : 4;
        for (uint32_t s = 0; s < n; s++) {
            int8_t four[4] = {0};
            memcpy(four, d + s * g->out_c + k, width);
            list[length].sample = s;
            memcpy(&list[length].d, four, sizeof four);
            sum[s] += four[0] + four[1] + four[2] + four[3];
            length += list[length].d != 0;
        }
        *end++ = length;
    }
}

/* 64 columns of four rows against the groups of all samples; u is theirs, in
 * unpack order. */
static inline void add_group(const int8_t *weight, size_t K, uint32_t rows,
                             __mmask64 columns, const active_group *a,
                             const active_group *end, int32_t *u)
{
    const __m512i bias = _mm512_set1_epi8((char)0x80);
    __m512i w[4], x[4];
#pragma GCC unroll 4
    for (uint32_t i = 0; i < 4; i++)
        w[i] = _mm512_xor_si512(
            _mm512_maskz_loadu_epi8(columns, weight + (i < rows ? i : 0) * K),
            bias);
    sg__interleave(w[0], w[1], w[2], w[3], x);
    for (; a < end; a++) {
        __m512i d = _mm512_set1_epi32(a->d);
        int32_t *to = u + (size_t)a->sample * BLOCK;
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            _mm512_store_si512(
                to + 16 * i,
                _mm512_dpbusd_epi32(_mm512_load_si512(to + 16 * i), x[i], d));
    }
}

/* The same columns of the next group; rows are too far apart for the
 * processor to guess. */
static inline void prefetch_group(const int8_t *weight, size_t K,
                                  uint32_t rows)
{
    for (size_t i = 4; i < 8 && i < rows; i++)
        _mm_prefetch((const char *)weight + i * K, _MM_HINT_T0);
}

/* Sums of one block in order, without what 128 added. */
static void take_block(const int32_t *block, size_t columns, int32_t sum,
                       int32_t *u)
{
    const __m512i offset = _mm512_set1_epi32(128 * sum);
    for (size_t c = 0; c < columns; c += COLUMNS) {
        __mmask64 mask = sg__first64(columns - c);
        __m512i x[4];
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            x[i] = _mm512_load_si512(block + c + 16 * i);
        sg__in_order(x);
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            _mm512_mask_storeu_epi32(u + c + 16 * i,
                                     (__mmask16)(mask >> 16 * i),
                                     _mm512_sub_epi32(x[i], offset));
    }
}

static void propagate_groups(const sg__synapses *s, size_t n, const int8_t *d,
                             int32_t *u, void *scratch)
{
    const sg__geometry *g = s->geo;
    size_t K = sg__fan_in(g), groups = (g->out_c + 3) / 4;
    int32_t *block = scratch;
    active_group *list = (active_group *)(block + n * BLOCK);
    uint32_t *end = (uint32_t *)(list + n * groups + 1);
    int32_t *sum = (int32_t *)(end + groups);
    list_groups(g, n, d, list, end, sum);
    for (size_t c = 0; c < K; c += BLOCK) {
        size_t columns = K - c < BLOCK ? K - c : BLOCK;
        memset(block, 0, n * BLOCK * sizeof *block);
        for (size_t i = 0; i < groups; i++) {
            const active_group *from = list + (i ? end[i - 1] : 0);
            const int8_t *w = (const int8_t *)s->weight + i * 4 * K + c;
            for (size_t j = 0; j < columns && from < list + end[i];
                 j += COLUMNS) {
                prefetch_group(w + j, K, g->out_c - (uint32_t)i * 4);
                add_group(w + j, K, g->out_c - (uint32_t)i * 4,
                          sg__first64(columns - j), from, list + end[i],
                          block + j);
            }
        }
        for (size_t i = 0; i < n; i++)
            take_block(block + i * BLOCK, columns, sum[i], u + i * K + c);
    }
}

static inline __attribute__((always_inline)) __m512i
load_weights(const void *weight, size_t i, int bits, __mmask16 lanes)
{
    if (bits == 8)
        return _mm512_cvtepi8_epi32(
            _mm_maskz_loadu_epi8(lanes, (const int8_t *)weight + i));
    return _mm512_cvtepi16_epi32(
        _mm256_maskz_loadu_epi16(lanes, (const int16_t *)weight + i));
}

/* u += d w along one kernel row; vpmaddwd with the odd halves of d zeroed
 * multiplies one 16-bit integer a lane. */
static inline __attribute__((always_inline)) void
add_line(const void *weight, size_t at, int bits, uint32_t n, __m512i d,
         int32_t *u, const int32_t *end)
{
    for (uint32_t i = 0; i < n; i += 16) {
        __mmask16 lanes = sg__first16(n - i);
        __m512i w = load_weights(weight, at + i, bits, lanes), old;
        if (u + i + 16 <= end) { /* the lanes beyond get 0 */
            old = _mm512_loadu_si512(u + i);
            _mm512_storeu_si512(u + i,
                                _mm512_add_epi32(old,
                                                 _mm512_madd_epi16(w, d)));
            continue;
        }
        old = _mm512_maskz_loadu_epi32(lanes, u + i);
        _mm512_mask_storeu_epi32(u + i, lanes,
                                 _mm512_add_epi32(old,
                                                  _mm512_madd_epi16(w, d)));
    }
}

/* All errors of one position, up to 64 channels at a time. */
static inline __attribute__((always_inline)) void
add_position(const sg__synapses *s, int bits, const int8_t *d, uint32_t p,
             int32_t *u)
{
    const sg__geometry *g = s->geo;
    const int32_t *end = u + sg__inputs(g);
    size_t K = sg__fan_in(g);
    for (uint32_t c = 0; c < g->out_c; c += 64) {
        __m512i v = _mm512_maskz_loadu_epi8(sg__first64(g->out_c - c), d + c);
        __mmask64 set = _mm512_test_epi8_mask(v, v);
        if (!set)
            continue;
        sg__patch f = sg__patch_of(g, p * g->out_c);
        for (; set; set &= set - 1) {
            uint32_t k = c + (uint32_t)__builtin_ctzll(set);
            __m512i z = _mm512_set1_epi32(d[k] & 0xffff);
            for (uint32_t row = 0; row < f.rows; row++)
                add_line(s->weight, k * K + f.weight + row * f.weight_step,
                         bits, f.width, z, u + f.input + row * f.input_step,
                         end);
        }
    }
}

static inline __attribute__((always_inline)) void
propagate_lines(const sg__synapses *s, int bits, const int8_t *d, int32_t *u)
{
    const sg__geometry *g = s->geo;
    memset(u, 0, sg__inputs(g) * sizeof *u);
    for (uint32_t p = 0; p < positions(g); p++, d += g->out_c)
        add_position(s, bits, d, p, u);
}

void sg_propagate_sparse__avx512(const sg__synapses *s, size_t n,
                                 const int8_t *d, int32_t *u, void *scratch)
{
    const sg__geometry *g = s->geo;
    size_t inputs = sg__inputs(g), outputs = sg__outputs(g);
    bool slabs = by_slabs(g, s->bits), fans = by_fans(g, s->bits);
    bool groups = by_groups(g, s->bits);
    size_t step = groups ? GROUP_SAMPLES : slabs || fans ? list_samples(g) : 1;
    for (size_t i = 0; i < n; i += step) {
        size_t part = n - i < step ? n - i : step;
        const int8_t *from = d + i * outputs;
        int32_t *to = u + i * inputs;
        if (slabs)
            propagate_slabs(s, part, from, to, scratch);
        else if (groups)
            propagate_groups(s, part, from, to, scratch);
        else if (fans)
            propagate_fans(s, part, from, to, scratch);
        else if (s->bits == 8)
            propagate_lines(s, 8, from, to);
        else
            propagate_lines(s, 16, from, to);
    }
}
