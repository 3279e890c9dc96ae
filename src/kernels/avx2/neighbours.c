/* AVX2 forward pass of a first layer: 8-bit weights, few channels, stride 1.
 *
 * Lanes are neighbouring positions, not channels. An image is copied, channel
 * by channel, with its padding; a tap then is a byte offset for all positions,
 * of which 32 are taken at a time, those past the end of a row being thrown
 * away. Taps come in pairs, interleaved once for all output channels. A whole
 * charge is one sum of 16 bits, which the sum of a channel's weights and the
 * largest count at hand show to be exact; so are bias and firing rule. */
#include "kernels/avx2/neighbours.h"

#include "kernels/avx2/lanes.h"

enum {
    POSITIONS = 32, /* at a time */
    CHANNELS = 16,  /* whose results are transposed at a time */
    TOGETHER = 4,   /* channels whose sums are in registers */
    SLACK = 64      /* bytes that may be read past the planes */
};

static size_t plane_width(const sg__geometry *g)
{
    return g->in_w + 2 * (size_t)g->pad_w;
}

static size_t plane_bytes(const sg__geometry *g)
{
    return (g->in_h + 2 * (size_t)g->pad_h) * plane_width(g);
}

static size_t tap_pairs(const sg__geometry *g)
{
    return (sg__fan_in(g) + 1) / 2;
}

static size_t blocks(const sg__geometry *g)
{
    return (g->out_c + CHANNELS - 1) / CHANNELS;
}

/* Positions of padded rows, to whole registers. */
static size_t all_positions(const sg__geometry *g)
{
    size_t n = (g->out_h - 1) * plane_width(g) + g->out_w;
    return (n + POSITIONS - 1) / POSITIONS * POSITIONS;
}

enum { NOWHERE = UINT16_MAX };

/* Working memory, in this order. */
typedef struct memory {
    __m256i *taps;   /* [pairs][2]: counts of 32 positions */
    uint32_t *pair;  /* [channels][pairs]: weights as bytes a b a b */
    int16_t *offset; /* [channels][2]: what is added for count and gate */
    uint32_t *at;    /* [2 pairs]: where a tap is in the planes */
    uint32_t *used;  /* [pairs]: those of which some count is not 0 */
    uint16_t *place; /* [positions]: which output position, or NOWHERE */
    uint8_t *plane;
} memory;

size_t sg__neighbours_scratch(const sg__geometry *g)
{
    size_t pairs = tap_pairs(g), channels = blocks(g) * CHANNELS;
    return pairs * 2 * sizeof(__m256i) + channels * pairs * sizeof(uint32_t) +
           channels * 2 * sizeof(int16_t) + pairs * 3 * sizeof(uint32_t) +
           all_positions(g) * sizeof(uint16_t) + g->in_c * plane_bytes(g) +
           SLACK + POSITIONS;
}

static memory memory_in(const sg__geometry *g, void *scratch)
{
    size_t pairs = tap_pairs(g), channels = blocks(g) * CHANNELS;
    memory m;
    m.taps = scratch;
    m.pair = (uint32_t *)(m.taps + 2 * pairs);
    m.offset = (int16_t *)(m.pair + channels * pairs);
    m.at = (uint32_t *)(m.offset + 2 * channels);
    m.used = m.at + 2 * pairs;
    m.place = (uint16_t *)(m.used + pairs);
    m.plane = (uint8_t *)(m.place + all_positions(g));
    return m;
}

static uint32_t pair_of(int8_t a, int8_t b)
{
    return ((uint32_t)(uint8_t)a | (uint32_t)(uint8_t)b << 8) * 0x10001u;
}

/* One channel's weights and offsets; whether its charges fit 16 bits. */
static bool take_channel(const sg__synapses *s, uint32_t k,
                         const sg__response_out *out, const memory *m)
{
    size_t K = sg__fan_in(s->geo), pairs = tap_pairs(s->geo);
    const int8_t *w = (const int8_t *)s->weight + k * K;
    int64_t bias = s->bias[k], sum = 0;
    int64_t ready = bias + ((int64_t)1 << out->theta_bits) - out->level;
    for (size_t i = 0; i < K; i++)
        sum += w[i] < 0 ? -w[i] : w[i];
    for (size_t i = 0; i < pairs; i++)
        m->pair[k * pairs + i] =
            pair_of(w[2 * i], 2 * i + 1 < K ? w[2 * i + 1] : 0);
    if (sum * s->in_cap > INT16_MAX || bias > INT16_MAX || bias < -INT16_MAX ||
        ready > INT16_MAX || ready < -INT16_MAX)
        return false;
    m->offset[2 * k] = (int16_t)ready;
    m->offset[2 * k + 1] = (int16_t)bias;
    return true;
}

static bool prepare(const sg__synapses *s, const sg__response_out *out,
                    const memory *m)
{
    const sg__geometry *g = s->geo;
    size_t run = (size_t)g->kernel_w * g->in_c, pairs = tap_pairs(g);
    if (out->charge || !out->count || out->theta_bits > 14 ||
        out->cap > INT16_MAX >> out->theta_bits)
        return false;
    for (uint32_t k = 0; k < g->out_c; k++)
        if (!take_channel(s, k, out, m))
            return false;
    for (uint32_t k = g->out_c; k < blocks(g) * CHANNELS; k++) {
        memset(m->pair + k * pairs, 0, pairs * sizeof *m->pair);
        m->offset[2 * k] = m->offset[2 * k + 1] = 0;
    }
    for (size_t i = 0; i < 2 * pairs; i++) {
        size_t t = i < sg__fan_in(g) ? i : 0; /* it meets a weight of 0 */
        size_t at = t % g->in_c * plane_bytes(g) + t / run * plane_width(g) +
                    t % run / g->in_c;
        m->at[i] = (uint32_t)at;
    }
    for (size_t q = 0; q < all_positions(g); q++) {
        size_t y = q / plane_width(g), x = q % plane_width(g);
        bool is_there = x < g->out_w && y < g->out_h;
        m->place[q] = (uint16_t)(is_there ? y * g->out_w + x : NOWHERE);
    }
    memset(m->plane, 0, g->in_c * plane_bytes(g) + SLACK);
    return true;
}

static void copy_planes(const sg__geometry *g, const uint8_t *in,
                        const memory *m)
{
    size_t width = plane_width(g);
    for (uint32_t y = 0; y < g->in_h; y++) {
        uint8_t *row = m->plane + (y + g->pad_h) * width + g->pad_w;
        if (g->in_c == 1) {
            memcpy(row, in, g->in_w);
            in += g->in_w;
            continue;
        }
        for (uint32_t x = 0; x < g->in_w; x++)
            for (uint32_t c = 0; c < g->in_c; c++)
                row[c * plane_bytes(g) + x] = *in++;
    }
}

/* The firing rule; of the others only what a register holds. */
typedef struct rule {
    __m128i theta_bits;
    __m256i cap;
} rule;

/* Sums of `TOGETHER` channels and 32 positions, from unpack order to bytes. */
SG__INLINE void run_channels(const memory *m, size_t pairs, size_t used,
                             uint32_t k, const rule *r,
                             uint8_t (*count)[POSITIONS],
                             uint8_t (*gate)[POSITIONS])
{
    const uint32_t *w = m->pair + k * pairs;
    const __m256i zero = _mm256_setzero_si256();
    __m256i low[TOGETHER], high[TOGETHER];
    for (int j = 0; j < TOGETHER; j++)
        low[j] = high[j] = zero;
    for (size_t i = 0; i < used; i++) {
        __m256i a = m->taps[2 * i], b = m->taps[2 * i + 1];
        const uint32_t *at = w + m->used[i];
        for (int j = 0; j < TOGETHER; j++) {
            __m256i x = _mm256_set1_epi32((int32_t)at[(size_t)j * pairs]);
            SG__GATHER16(low[j], _mm256_maddubs_epi16(a, x));
            SG__GATHER16(high[j], _mm256_maddubs_epi16(b, x));
        }
    }
    for (uint32_t j = 0; j < TOGETHER; j++) {
        __m256i ready = _mm256_set1_epi16(m->offset[2 * (k + j)]);
        __m256i bias = _mm256_set1_epi16(m->offset[2 * (k + j) + 1]);
        __m256i a = _mm256_adds_epi16(low[j], ready);
        __m256i b = _mm256_adds_epi16(high[j], ready);
        a = _mm256_packus_epi16(_mm256_sra_epi16(a, r->theta_bits),
                                _mm256_sra_epi16(b, r->theta_bits));
        sg__store(count[k % CHANNELS + j], _mm256_min_epu8(a, r->cap));
        a = _mm256_cmpgt_epi16(_mm256_adds_epi16(low[j], bias), zero);
        b = _mm256_cmpgt_epi16(_mm256_adds_epi16(high[j], bias), zero);
        a = _mm256_and_si256(_mm256_packs_epi16(a, b), _mm256_set1_epi8(1));
        sg__store(gate[k % CHANNELS + j], a);
    }
}

/* The results of 16 positions; `loose` if what is written past a position's
 * channels is written again by the next ones, but for the last of a sample,
 * which ends at `end`. */
SG__INLINE void store_positions(const __m128i *x, size_t channels, bool loose,
                                const uint16_t *place, size_t step, size_t end,
                                uint8_t *to)
{
    for (int i = 0; i < CHANNELS; i++) {
        size_t at = place[i] * step;
        if (place[i] == NOWHERE)
            continue;
        if (loose && at + sizeof x[i] <= end)
            _mm_storeu_si128((__m128i *)(to + at), x[i]);
        else
            sg__store_bytes(to + at, x[i], channels);
    }
}

/* 16 channels of 32 positions to where each position's are. */
static void spread(const sg__geometry *g, uint8_t (*rows)[POSITIONS],
                   size_t channels, const uint16_t *place, uint8_t *to)
{
    __m256i a[CHANNELS], b[CHANNELS];
    __m128i low[CHANNELS], high[CHANNELS];
    const size_t end = sg__outputs(g);
    const bool loose = g->out_c < CHANNELS;
    for (int i = 0; i < CHANNELS; i++)
        a[i] = sg__load_all(rows[i]);
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < CHANNELS / 2; i++) {
            b[2 * i] = _mm256_unpacklo_epi8(a[i], a[i + CHANNELS / 2]);
            b[2 * i + 1] = _mm256_unpackhi_epi8(a[i], a[i + CHANNELS / 2]);
        }
        memcpy(a, b, sizeof a);
    }
    for (int i = 0; i < CHANNELS; i++) {
        low[i] = _mm256_castsi256_si128(a[i]);
        high[i] = _mm256_extracti128_si256(a[i], 1);
    }
    store_positions(low, channels, loose, place, g->out_c, end, to);
    store_positions(high, channels, loose, place + CHANNELS, g->out_c, end,
                    to);
}

/* Pairs of taps of 32 positions, without those of nothing but 0, which are
 * many around a digit. Returns how many there are. */
static size_t take_taps(const memory *m, size_t pairs, size_t q)
{
    size_t used = 0;
    for (size_t i = 0; i < pairs; i++) {
        __m256i a = sg__load_all(m->plane + m->at[2 * i] + q);
        __m256i b = sg__load_all(m->plane + m->at[2 * i + 1] + q);
        __m256i any = _mm256_or_si256(a, b);
        m->taps[2 * used] = _mm256_unpacklo_epi8(a, b);
        m->taps[2 * used + 1] = _mm256_unpackhi_epi8(a, b);
        m->used[used] = (uint32_t)i;
        used += !_mm256_testz_si256(any, any);
    }
    return used;
}

/* 32 positions of one sample; counts and gates are the sample's. */
static void run_positions(const sg__geometry *g, size_t q, const rule *r,
                          const memory *m, uint8_t *counts, uint8_t *gates)
{
    uint8_t count[CHANNELS][POSITIONS], gate[CHANNELS][POSITIONS];
    size_t pairs = tap_pairs(g), used = take_taps(m, pairs, q);
    for (uint32_t k = 0; k < g->out_c; k += CHANNELS) {
        size_t channels = g->out_c - k < CHANNELS ? g->out_c - k : CHANNELS;
        for (uint32_t j = 0; j < CHANNELS; j += TOGETHER)
            run_channels(m, pairs, used, k + j, r, count, gate);
        spread(g, count, channels, m->place + q, counts + k);
        if (gates)
            spread(g, gate, channels, m->place + q, gates + k);
    }
}

bool sg__neighbours_run(const sg__synapses *s, size_t n, const uint8_t *in,
                        const sg__response_out *out, void *scratch)
{
    const sg__geometry *g = s->geo;
    memory m = memory_in(g, scratch);
    if (!prepare(s, out, &m))
        return false;
    const rule r = {_mm_cvtsi32_si128(out->theta_bits),
                    _mm256_set1_epi8((char)out->cap)};
    for (size_t i = 0; i < n; i++) {
        size_t start = i * sg__outputs(g);
        copy_planes(g, in + i * sg__inputs(g), &m);
        for (size_t q = 0; q < all_positions(g); q += POSITIONS)
            run_positions(g, q, &r, &m, out->count + start,
                          out->gate ? out->gate + start : NULL);
    }
    return true;
}
