/* AVX2 error charge, driven by the neurons that send errors: of layers that go
 * neither by slabs nor by groups (propagate.h).
 *
 * All neurons of one output position have the same window, so their weights
 * are added up in registers, up to 64 of a kernel row, before they go to u.
 * Two neurons at a time go through vpmaddwd (16-bit weights), or vpmaddubsw
 * with |d| and weights of the sign of d (8 bits); those sums stay 16 bits wide
 * for as many neurons as cannot overflow them.
 *
 * Weights are read in whole registers; the last channels, where that would
 * leave the array, are read from a copy. */
#include "kernels/avx2/propagate.h"

#include "kernels/avx2/events.h"

enum {
    PAIRS = 128,   /* in a run at most */
    SUM_MAX = 258, /* 127 * 258 fits 16 bits */
    CHUNK = 64     /* weights of a row handled at once */
};

/* The weights of two neurons, and what multiplies them: d a b as 16-bit
 * integers, or as bytes a b a b. */
typedef struct pair {
    const char *a, *b;
    uint32_t d, size; /* size: |d|, bytes only */
} pair;

/* What is pending of one output position. */
typedef struct sender {
    const sg__synapses *s;
    size_t row;      /* bytes of the weights of a channel */
    const char *far; /* copy of the weights from channel `edge` on */
    uint32_t edge;
    sg__patch patch; /* of channel 0 */
    int32_t *u;
    pair pairs[PAIRS];
    uint32_t count; /* neurons */
    int32_t sum;    /* of |d| */
} sender;

/* Up to 16 * registers weights of 16 bits. */
SG__INLINE void add_words(const pair *p, size_t pairs, size_t at,
                          int registers, int32_t *to, size_t n)
{
    __m256i low[4], high[4];
    for (int r = 0; r < registers; r++)
        low[r] = high[r] = _mm256_setzero_si256();
    for (const pair *end = p + pairs; p < end; p++) {
        __m256i d = _mm256_set1_epi32((int32_t)p->d);
        for (int r = 0; r < registers; r++) {
            __m256i a = sg__load_once(p->a + at + 32 * r);
            __m256i b = sg__load_once(p->b + at + 32 * r);
            __m256i x = _mm256_unpacklo_epi16(a, b);
            __m256i y = _mm256_unpackhi_epi16(a, b);
            SG__GATHER32(low[r], _mm256_madd_epi16(x, d));
            SG__GATHER32(high[r], _mm256_madd_epi16(y, d));
        }
    }
    for (int r = 0; r < registers; r++) {
        size_t done = 16 * (size_t)r;
        sg__add_lanes(to + done,
                      _mm256_permute2x128_si256(low[r], high[r], 0x20),
                      n - done);
        if (n - done > 8)
            sg__add_lanes(to + done + 8,
                          _mm256_permute2x128_si256(low[r], high[r], 0x31),
                          n - done - 8);
    }
}

/* Up to 32 * registers weights of 8 bits. */
SG__INLINE void add_bytes(const pair *p, size_t pairs, size_t at,
                          int registers, int32_t *to, size_t n)
{
    __m256i low[2], high[2];
    low[0] = low[1] = high[0] = high[1] = _mm256_setzero_si256();
    for (const pair *end = p + pairs; p < end; p++) {
        __m256i d = _mm256_set1_epi32((int32_t)p->d);
        __m256i size = _mm256_set1_epi32((int32_t)p->size);
        for (int r = 0; r < registers; r++) {
            __m256i a = sg__load_once(p->a + at + 32 * r);
            __m256i b = sg__load_once(p->b + at + 32 * r);
            __m256i x = _mm256_sign_epi8(_mm256_unpacklo_epi8(a, b), d);
            __m256i y = _mm256_sign_epi8(_mm256_unpackhi_epi8(a, b), d);
            SG__GATHER16(low[r], _mm256_maddubs_epi16(size, x));
            SG__GATHER16(high[r], _mm256_maddubs_epi16(size, y));
        }
    }
    for (int r = 0; r < registers; r++) {
        size_t done = 32 * (size_t)r;
        sg__add_split(to + done, low[r], high[r],
                      n - done < 32 ? n - done : 32);
    }
}

static void add_row16(const pair *p, size_t pairs, size_t at, int32_t *to,
                      size_t n)
{
    while (n > 48) {
        size_t some = n < CHUNK ? n : CHUNK;
        add_words(p, pairs, at, 4, to, n);
        n -= some;
        at += 2 * some;
        to += some;
    }
    if (n > 32)
        add_words(p, pairs, at, 3, to, n);
    else if (n > 16)
        add_words(p, pairs, at, 2, to, n);
    else if (n > 0)
        add_words(p, pairs, at, 1, to, n);
}

static void add_row8(const pair *p, size_t pairs, size_t at, int32_t *to,
                     size_t n)
{
    while (n > 32) {
        size_t some = n < CHUNK ? n : CHUNK;
        add_bytes(p, pairs, at, 2, to, n);
        n -= some;
        at += some;
        to += some;
    }
    if (n > 0)
        add_bytes(p, pairs, at, 1, to, n);
}

/* Adds what is pending to u. */
static void flush(sender *q)
{
    const sg__patch *f = &q->patch;
    size_t unit = (size_t)q->s->bits / 8, pairs = (q->count + 1) / 2;
    if (pairs == 0)
        return; /* nothing has been sent, and there may be no patch yet */
    for (uint32_t row = 0; row < f->rows; row++) {
        size_t at = (f->weight + row * f->weight_step) * unit;
        int32_t *to = q->u + f->input + row * f->input_step;
        if (unit == 2)
            add_row16(q->pairs, pairs, at, to, f->width);
        else
            add_row8(q->pairs, pairs, at, to, f->width);
    }
    q->count = 0;
    q->sum = 0;
}

/* One more neuron of the position at hand. */
SG__INLINE void push(sender *q, uint32_t channel, int32_t d, bool words)
{
    int32_t size = d < 0 ? -d : d;
    if (q->count == 2 * PAIRS || (!words && q->sum + size > SUM_MAX))
        flush(q);
    const char *w = channel < q->edge
                        ? (const char *)q->s->weight + channel * q->row
                        : q->far + (channel - q->edge) * q->row;
    pair *p = &q->pairs[q->count / 2];
    uint32_t low = (uint32_t)(words ? d & 0xffff : (d & 0xff) * 0x10001);
    uint32_t sizes = (uint32_t)(size * 0x10001);
    if (q->count % 2 == 0)
        *p = (pair){w, w, low, sizes};
    else
        *p = (pair){p->a, w, p->d | low << (words ? 16 : 8),
                    p->size | sizes << 8};
    q->count++;
    q->sum += size;
}

SG__INLINE void send_sample(sender *q, const int8_t *d, bool words)
{
    const sg__geometry *g = q->s->geo;
    size_t outputs = sg__outputs(g), begin = 0, end = 0;
    for (size_t i = 0; i < outputs; i += 32)
        for (uint32_t set = sg__sender_bits(d + i, outputs - i); set;
             set &= set - 1) {
            size_t at = i + (size_t)__builtin_ctz(set);
            if (at >= end) {
                flush(q);
                begin = (uint32_t)at / g->out_c * (size_t)g->out_c;
                end = begin + g->out_c;
                q->patch = sg__patch_of(g, (uint32_t)begin);
            }
            push(q, (uint32_t)(at - begin), d[at], words);
        }
    flush(q);
}

void sg__propagate_sparse__avx2(const sg__synapses *s, size_t n,
                                const int8_t *d, int32_t *u, void *scratch)
{
    const sg__geometry *g = s->geo;
    size_t inputs = sg__inputs(g), outputs = sg__outputs(g);
    size_t row = sg__fan_in(g) * (size_t)s->bits / 8;
    uint32_t far = sg__far_channels(g);
    sender q;
    if (sg__by_slabs(g, s->bits)) {
        sg__slabs_propagate(s, n, d, u, scratch);
        return;
    }
    if (sg__by_groups(g, s->bits)) {
        sg__groups_propagate(s, n, d, u, scratch);
        return;
    }
    q.s = s;
    q.row = row;
    q.far = scratch;
    q.edge = g->out_c - far;
    q.count = 0;
    q.sum = 0;
    memcpy(scratch, (const char *)s->weight + q.edge * row, far * row);
    memset((char *)scratch + far * row, 0,
           SG__FAR_WEIGHTS * (size_t)s->bits / 8);
    memset(u, 0, n * inputs * sizeof *u);
    for (size_t i = 0; i < n; i++) {
        q.u = u + i * inputs;
        if (s->bits == 16)
            send_sample(&q, d + i * outputs, true);
        else
            send_sample(&q, d + i * outputs, false);
    }
}

void sg__propagate__avx2(const sg__synapses *s, size_t n, const int8_t *d,
                         int32_t *u, void *scratch)
{
    sg__propagate_sparse__avx2(s, n, d, u, scratch);
}
