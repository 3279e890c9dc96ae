/* Fans: see fans.h. */
#include <string.h>

#include "kernels/avx512/fans.h"

#include "kernels/avx512/slabs.h"

enum {
    COLUMNS = 64,
    LIST_BYTES = 1 << 21,  /* of the samples whose errors are listed at once */
    CACHE_BYTES = 1 << 20, /* weights that stay near by themselves */
    GROUP_SAMPLES = 16,    /* whose charges of a block stay near */
    BLOCK = 512            /* columns of groups whose charges stay near */
};

static bool by_groups(const sg__geometry *g)
{
    return sg__fan_in(g) * g->out_c > CACHE_BYTES;
}

static size_t list_samples(const sg__geometry *g)
{
    size_t n = LIST_BYTES / sg__lists_bytes(1, g->out_c, 1);
    return n < 1 ? 1 : n;
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

size_t sg__fans_scratch(const sg__geometry *g)
{
    return by_groups(g) ? group_bytes(g, GROUP_SAMPLES)
                        : sg__lists_bytes(1, g->out_c, list_samples(g));
}

/* 64 columns of a fan, or as many as the mask says. */
static inline void fan_columns(const sg__sender_quad *q, const sg__senders *at,
                               const int8_t *weight, __mmask64 columns,
                               int32_t *u)
{
    const __m512i bias = _mm512_set1_epi8((char)0x80);
    __m512i sum[4], x[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
        sum[i] = _mm512_set1_epi32(-128 * at->sum);
    for (const sg__sender_quad *end = q + at->length; q < end; q++) {
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
    sg__sender_lists l = sg__lists_in(1, g->out_c, n, false, scratch);
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

void sg__fans_propagate(const sg__synapses *s, size_t n, const int8_t *d,
                        int32_t *u, void *scratch)
{
    const sg__geometry *g = s->geo;
    bool groups = by_groups(g);
    size_t step = groups ? GROUP_SAMPLES : list_samples(g);
    for (size_t i = 0; i < n; i += step) {
        size_t part = n - i < step ? n - i : step;
        const int8_t *from = d + i * sg__outputs(g);
        int32_t *to = u + i * sg__inputs(g);
        if (groups)
            propagate_groups(s, part, from, to, scratch);
        else
            propagate_fans(s, part, from, to, scratch);
    }
}
