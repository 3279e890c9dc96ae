/* AVX2 error charge of fully connected layers whose weights overflow the
 * cache: two neighbouring rows of them are read once, interleaved, and meet
 * the errors of all samples. Sums stay 16 bits wide as long as they hold them;
 * which error would be one too many for its sample is known beforehand.
 * Weights are taken as w + 128, as in propagate_slabs.c. */
#include "kernels/avx2/propagate.h"

#include "kernels/avx2/lanes.h"

enum {
    SAMPLES = 32, /* whose sums of a block stay near */
    BLOCK = 1024, /* columns */
    ROOM = 128,   /* sum of |d|: 255 * 128 fits 16 bits */
    AHEAD = 4     /* pairs of rows that are fetched while one is in use: they
                   * are too far apart for the processor to guess */
};

/* Two neighbouring errors of a sample that are not both 0. */
typedef struct active {
    uint32_t sample, flush; /* flush: the 16-bit sums before they are added */
    uint32_t d;             /* as bytes a b a b */
} active;

/* Working memory; every pair of errors may have to come as two halves. */
typedef struct memory {
    int16_t (*near)[BLOCK]; /* [SAMPLES], columns in unpack order */
    int32_t (*sum)[BLOCK];  /* [SAMPLES] */
    active *list;
    uint32_t *end;            /* [pairs of rows] */
    uint32_t offset[SAMPLES]; /* 128 times the sum of d */
} memory;

static size_t row_pairs(const sg__geometry *g)
{
    return ((size_t)g->out_c + 1) / 2;
}

size_t sg__groups_scratch(const sg__geometry *g)
{
    return SAMPLES * BLOCK * (sizeof(int16_t) + sizeof(int32_t)) +
           row_pairs(g) * (2 * SAMPLES * sizeof(active) + sizeof(uint32_t));
}

static memory memory_in(const sg__geometry *g, void *scratch)
{
    memory m;
    m.near = scratch;
    m.sum = (void *)(m.near + SAMPLES);
    m.list = (active *)(m.sum + SAMPLES);
    m.end = (uint32_t *)(m.list + row_pairs(g) * 2 * SAMPLES);
    return m;
}

static uint32_t size_of(int32_t d)
{
    return (uint32_t)(d < 0 ? -d : d);
}

/* One entry of the list; `sizes` is what each sample's sums hold. */
static active entry(uint32_t sample, int32_t a, int32_t b, uint32_t *sizes)
{
    uint32_t size = size_of(a) + size_of(b);
    bool flush = sizes[sample] + size > ROOM;
    uint32_t two = (uint32_t)(uint8_t)a | (uint32_t)(uint8_t)b << 8;
    sizes[sample] = flush ? size : sizes[sample] + size;
    return (active){sample, flush, two * 0x10001u};
}

/* Lists the errors of n samples, two rows by two rows. */
static void list_all(const sg__geometry *g, size_t n, const int8_t *d,
                     memory *m)
{
    uint32_t length = 0, sizes[SAMPLES] = {0};
    memset(m->offset, 0, sizeof m->offset);
    for (uint32_t k = 0; k < g->out_c; k += 2) {
        for (uint32_t s = 0; s < n; s++) {
            const int8_t *at = d + (size_t)s * g->out_c + k;
            int32_t a = at[0], b = k + 1 < g->out_c ? at[1] : 0;
            int32_t half_a = a / 2, half_b = b / 2;
            if (a == 0 && b == 0)
                continue;
            m->offset[s] += 128 * (uint32_t)(a + b);
            if (size_of(a) + size_of(b) > ROOM) {
                m->list[length++] = entry(s, half_a, half_b, sizes);
                a -= half_a;
                b -= half_b;
            }
            m->list[length++] = entry(s, a, b, sizes);
        }
        m->end[k / 2] = length;
    }
}

/* The 16-bit sums of a block go to those of 32 bits. */
static void flush(int16_t *near, int32_t *sum, size_t columns)
{
    for (size_t i = 0; i < columns; i += 32) {
        for (size_t j = 0; j < 2; j++) {
            __m256i x = sg__load_all(near + i + 16 * j);
            int32_t *to = sum + i + 8 * j;
            __m256i low = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(x));
            __m256i high =
                _mm256_cvtepi16_epi32(_mm256_extracti128_si256(x, 1));
            sg__store(to, _mm256_add_epi32(sg__load_all(to), low));
            sg__store(to + 16, _mm256_add_epi32(sg__load_all(to + 16), high));
            sg__store(near + i + 16 * j, _mm256_setzero_si256());
        }
    }
}

/* 32 columns of a row; those past the end of the weights are 0. */
static __m256i load_row(const int8_t *row, size_t columns)
{
    int8_t part[32] = {0};
    if (columns < 32) {
        memcpy(part, row, columns);
        row = part;
    }
    return _mm256_xor_si256(sg__load_all(row), _mm256_set1_epi8((char)0x80));
}

/* 32 columns of two rows against the errors of all samples. */
static void add_rows(__m256i a, __m256i b, const active *e, const active *end,
                     int16_t (*near)[BLOCK], size_t column)
{
    __m256i x = _mm256_unpacklo_epi8(a, b), y = _mm256_unpackhi_epi8(a, b);
    for (; e < end; e++) {
        __m256i d = _mm256_set1_epi32((int32_t)e->d);
        int16_t *to = near[e->sample] + column;
        sg__store(to, _mm256_add_epi16(sg__load_all(to),
                                       _mm256_maddubs_epi16(x, d)));
        sg__store(to + 16, _mm256_add_epi16(sg__load_all(to + 16),
                                            _mm256_maddubs_epi16(y, d)));
    }
}

static void take_block(const int32_t *sum, size_t columns, uint32_t offset,
                       int32_t *u)
{
    for (size_t i = 0; i < columns; i++)
        u[i] = (int32_t)((uint32_t)sum[i] - offset);
}

/* Columns c..c+columns-1 of n samples. */
static void run_block(const sg__synapses *s, size_t n, size_t c,
                      size_t columns, const memory *m, int32_t *u)
{
    const sg__geometry *g = s->geo;
    size_t K = sg__fan_in(g);
    memset(m->near, 0, n * sizeof *m->near);
    memset(m->sum, 0, n * sizeof *m->sum);
    for (size_t i = 0; i < row_pairs(g); i++) {
        const active *from = m->list + (i ? m->end[i - 1] : 0);
        const active *end = m->list + m->end[i];
        const int8_t *a = (const int8_t *)s->weight + 2 * i * K + c;
        const int8_t *b = 2 * i + 1 < g->out_c ? a + K : a;
        for (const active *e = from; e < end; e++)
            if (e->flush) {
                /* what came before, also of this pair of rows, is done */
                size_t before = (size_t)(e - from);
                for (size_t j = 0; before && j < columns; j += 32)
                    add_rows(load_row(a + j, columns - j),
                             load_row(b + j, columns - j), from, e, m->near,
                             j);
                flush(m->near[e->sample], m->sum[e->sample], columns);
                from = e;
            }
        for (size_t j = 0; from < end && j < columns; j += 32) {
            if (2 * (i + AHEAD + 1) <= g->out_c && j % 64 == 0) {
                const int8_t *next = a + 2 * AHEAD * K + j;
                _mm_prefetch((const char *)next, _MM_HINT_T0);
                _mm_prefetch((const char *)(next + K), _MM_HINT_T0);
            }
            add_rows(load_row(a + j, columns - j),
                     load_row(b + j, columns - j), from, end, m->near, j);
        }
    }
    for (size_t i = 0; i < n; i++) {
        flush(m->near[i], m->sum[i], columns);
        take_block(m->sum[i], columns, m->offset[i], u + i * K);
    }
}

void sg__groups_propagate(const sg__synapses *s, size_t n, const int8_t *d,
                          int32_t *u, void *scratch)
{
    const sg__geometry *g = s->geo;
    size_t K = sg__fan_in(g);
    memory m = memory_in(g, scratch);
    for (size_t i = 0; i < n; i += SAMPLES) {
        size_t part = n - i < SAMPLES ? n - i : SAMPLES;
        list_all(g, part, d + i * sg__outputs(g), &m);
        for (size_t c = 0; c < K; c += BLOCK)
            run_block(s, part, c, K - c < BLOCK ? K - c : BLOCK, &m,
                      u + i * K + c);
    }
}
