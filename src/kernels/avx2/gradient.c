/* AVX2 gradients, driven by the neurons that send errors.
 *
 * Events of many samples are listed and sorted by channel, so that one row of
 * the gradient is in cache, and 64 of its sums in registers, while all events
 * of its channel pass by. Two events at a time go through vpmaddubsw; sums
 * stay 16 bits wide for as many events as cannot overflow them, which with
 * small errors and counts are hundreds.
 *
 * A window is read in whole registers, up to SG__SLACK bytes too far. Where
 * that leaves the input, or where there is padding, samples are copied. */
#include "kernels/avx2/gradient.h"

#include "kernels/avx2/events.h"
#include "kernels/avx2/planes.h"
#include "kernels/portable/ahead.h"

enum {
    RUN = 256,  /* events in a run at most */
    FLUSH = 32, /* events one look at d can add */
    ROWS = 5    /* kernel rows of a narrow window handled at once */
};

/* Two events: where their windows begin, and d as bytes a b a b. */
typedef struct pair {
    uint32_t a, b, d;
} pair;

typedef struct lister {
    const sg__synapses *s;
    sg__copies copies;
    const uint8_t *base; /* windows are relative to this */
    sg__event *events, *sorted;
    uint32_t length;
    uint32_t first, last; /* channels */
    int32_t *gradient, *bias_gradient;
} lister;

/* Width constants: 64 and 32 taps fill two and one registers, 16 and 8 half
 * of one; sums of the low and the high half of each, side by side. */
SG__INLINE void add_wide(const uint8_t *in, int registers, const pair *p,
                         size_t pairs, int32_t *to, size_t n)
{
    __m256i low[2], high[2];
    low[0] = low[1] = high[0] = high[1] = _mm256_setzero_si256();
    for (const pair *end = p + pairs; p < end; p++) {
        __m256i d = _mm256_set1_epi32((int32_t)p->d);
        for (int r = 0; r < registers; r++) {
            __m256i a = sg__load_once(in + p->a + 32 * r);
            __m256i b = sg__load_once(in + p->b + 32 * r);
            __m256i x = _mm256_unpacklo_epi8(a, b);
            __m256i y = _mm256_unpackhi_epi8(a, b);
            SG__GATHER16(low[r], _mm256_maddubs_epi16(x, d));
            SG__GATHER16(high[r], _mm256_maddubs_epi16(y, d));
        }
    }
    for (int r = 0; r < registers; r++) {
        size_t done = 32 * (size_t)r;
        sg__add_split(to + done, low[r], high[r],
                      n - done < 32 ? n - done : 32);
    }
}

/* Up to 8 taps of several kernel rows, or up to 16 of one. */
SG__INLINE void add_narrow(const uint8_t *in, size_t in_step, int rows,
                           bool both, const pair *p, size_t pairs, int32_t *to,
                           size_t to_step, size_t n)
{
    __m128i low[ROWS], high[ROWS];
    for (int r = 0; r < rows; r++)
        low[r] = high[r] = _mm_setzero_si128();
    for (const pair *end = p + pairs; p < end; p++) {
        __m128i d = _mm_set1_epi32((int32_t)p->d);
        const uint8_t *from_a = in + p->a, *from_b = in + p->b;
        for (int r = 0; r < rows; r++) {
            size_t at = (size_t)r * in_step;
            __m128i a, b;
            if (both) {
                a = sg__load_half(from_a + at);
                b = sg__load_half(from_b + at);
                high[r] = _mm_add_epi16(
                    high[r], _mm_maddubs_epi16(_mm_unpackhi_epi8(a, b), d));
            } else {
                a = _mm_loadl_epi64((const __m128i *)(from_a + at));
                b = _mm_loadl_epi64((const __m128i *)(from_b + at));
            }
            low[r] =
                _mm_add_epi16(low[r],
                              _mm_maddubs_epi16(_mm_unpacklo_epi8(a, b), d));
        }
    }
    for (int r = 0; r < rows; r++, to += to_step) {
        sg__add_words(to, low[r], n);
        if (both)
            sg__add_words(to + 8, high[r], n - 8);
    }
}

/* A window of rows of at most 8 taps. */
static void add_small(const uint8_t *in, size_t in_step, uint32_t rows,
                      const pair *p, size_t pairs, int32_t *to, size_t n)
{
    while (rows) {
        uint32_t some = rows < ROWS ? rows : ROWS;
        switch (some) {
        case 5:
            add_narrow(in, in_step, 5, false, p, pairs, to, n, n);
            break;
        case 4:
            add_narrow(in, in_step, 4, false, p, pairs, to, n, n);
            break;
        case 3:
            add_narrow(in, in_step, 3, false, p, pairs, to, n, n);
            break;
        case 2:
            add_narrow(in, in_step, 2, false, p, pairs, to, n, n);
            break;
        default:
            add_narrow(in, in_step, 1, false, p, pairs, to, n, n);
        }
        rows -= some;
        in += some * in_step;
        to += some * n;
    }
}

/* A kernel row of more than 8 taps. */
static void add_row(const uint8_t *in, const pair *p, size_t pairs,
                    int32_t *to, size_t n)
{
    while (n > 32) {
        size_t some = n < 64 ? n : 64;
        add_wide(in, 2, p, pairs, to, n);
        n -= some;
        in += some;
        to += some;
    }
    if (n > 16)
        add_wide(in, 1, p, pairs, to, n);
    else if (n > 8)
        add_narrow(in, 0, 1, true, p, pairs, to, 0, n);
    else if (n > 0)
        add_narrow(in, 0, 1, false, p, pairs, to, 0, n);
}

/* Adds events of one channel whose sums fit 16 bits. */
static void add_run(const lister *l, const pair *p, size_t pairs, int32_t *to)
{
    const sg__geometry *g = l->s->geo;
    size_t run = sg__kernel_run(g), step = l->copies.row;
    if (run <= 8) {
        add_small(l->base, step, g->kernel_h, p, pairs, to, run);
        return;
    }
    for (uint32_t ky = 0; ky < g->kernel_h; ky++, to += run)
        add_row(l->base + ky * step, p, pairs, to, run);
}

static uint32_t both_errors(int32_t a, int32_t b)
{
    uint32_t d = (uint32_t)(uint8_t)a | (uint32_t)(uint8_t)b << 8;
    return d | d << 16;
}

/* Adds all listed events of one channel, in runs. */
static void add_channel(const lister *l, const sg__event *e, uint32_t length,
                        int32_t *to)
{
    int32_t room = INT16_MAX / l->s->in_cap; /* for the sum of |d| */
    pair pairs[RUN / 2];
    while (length) {
        int32_t sum = 0;
        uint32_t n = 0, i = 0;
        for (; n < length && n < RUN; n++) {
            sum += e[n].d < 0 ? -e[n].d : e[n].d;
            if (sum > room)
                break;
        }
        for (; i + 2 <= n; i += 2)
            pairs[i / 2] = (pair){e[i].where, e[i + 1].where,
                                  both_errors(e[i].d, e[i + 1].d)};
        if (i < n)
            pairs[i / 2] =
                (pair){e[i].where, e[i].where, both_errors(e[i].d, 0)};
        add_run(l, pairs, (n + 1) / 2, to);
        e += n;
        length -= n;
    }
}

/* Adds what is listed and empties the list. */
static void flush(lister *l)
{
    size_t fan_in = sg__fan_in(l->s->geo);
    uint32_t start[SG__GRADIENT_CHANNELS + 1] = {0};
    uint32_t channels = l->last - l->first;
    for (uint32_t i = 0; i < l->length; i++)
        start[l->events[i].channel + 1]++;
    for (uint32_t k = 0; k < channels; k++)
        start[k + 1] += start[k];
    for (uint32_t i = 0; i < l->length; i++)
        l->sorted[start[l->events[i].channel]++] = l->events[i];
    for (uint32_t k = 0, at = 0; k < channels; at = start[k++])
        add_channel(l, l->sorted + at, start[k] - at,
                    l->gradient + k * fan_in);
    l->length = 0;
}

/* Lists the events among n neurons from `neuron` on, of the sample that
 * begins at `where`. */
SG__INLINE void list_run(lister *l, const int8_t *d, size_t neuron, size_t n,
                         uint32_t where)
{
    const sg__geometry *g = l->s->geo;
    size_t begin = 0, end = 0; /* of the position at hand */
    uint32_t window = 0;
    for (size_t i = 0; i < n; i += 32) {
        uint32_t set = sg__sender_bits(d + i, n - i);
        if (set && l->length + FLUSH > SG__EVENTS)
            flush(l);
        for (; set; set &= set - 1) {
            size_t at = i + (size_t)__builtin_ctz(set), id = neuron + at;
            if (id >= end) {
                uint32_t position = (uint32_t)id / g->out_c;
                uint32_t y = position / g->out_w, x = position % g->out_w;
                begin = (size_t)position * g->out_c;
                end = begin + g->out_c;
                window = (uint32_t)(y * g->stride_h * l->copies.row +
                                    x * g->stride_w * l->copies.pixel);
            }
            uint32_t channel = (uint32_t)(id - begin) - l->first;
            l->events[l->length++] =
                (sg__event){where + window, (int16_t)d[at], (uint16_t)channel};
            l->bias_gradient[channel] += d[at];
        }
    }
}

/* Lists the events of one sample, whose copy begins at `where`. */
static void list_sample(lister *l, const int8_t *d, uint32_t where)
{
    const sg__geometry *g = l->s->geo;
    size_t outputs = sg__outputs(g);
    if (l->first == 0 && l->last == g->out_c) {
        list_run(l, d, 0, outputs, where);
        return;
    }
    for (size_t p = l->first; p < outputs; p += g->out_c) {
        sg__fetch_ahead(d + p, SG__PIXELS_AHEAD * (size_t)g->out_c);
        list_run(l, d + p, p, l->last - l->first, where);
    }
}

/* How many of n samples can be read where they are. */
static size_t readable(const sg__geometry *g, size_t n)
{
    size_t beyond = (SG__SLACK + sg__inputs(g) - 1) / sg__inputs(g);
    return !sg__padded(g) && n > beyond ? n - beyond : 0;
}

void sg__gradient_sparse__avx2(const sg__synapses *s, size_t n,
                               const uint8_t *in, const int8_t *d,
                               uint32_t first, uint32_t last,
                               int32_t *gradient, int32_t *bias_gradient,
                               void *scratch)
{
    const sg__geometry *g = s->geo;
    size_t inputs = sg__inputs(g), outputs = sg__outputs(g), i = 0;
    size_t near = readable(g, n);
    if (sg__by_planes(g)) {
        sg__planes_gradient(s, n, in, d, first, last, gradient, bias_gradient,
                            scratch);
        return;
    }
    uint8_t *copy = (uint8_t *)scratch + 2 * SG__EVENTS * sizeof(sg__event);
    lister l = {s,        sg__copies_of(g, 8),
                in,       scratch,
                NULL,     0,
                first,    last,
                gradient, bias_gradient};
    size_t most = UINT32_MAX / l.copies.sample - 1; /* where is 32 bits */
    most += most == 0;
    l.sorted = l.events + SG__EVENTS;
    memset(gradient, 0, (last - first) * sg__fan_in(g) * sizeof *gradient);
    memset(bias_gradient, 0, (last - first) * sizeof *bias_gradient);
    while (i < near) {
        size_t some = near - i < most ? near - i : most;
        l.base = in + i * inputs;
        for (size_t k = 0; k < some; k++, i++)
            list_sample(&l, d + i * outputs, (uint32_t)(k * l.copies.sample));
        flush(&l);
    }
    l.base = copy;
    memset(copy, 0, i < n ? sg__copies_size(g, 8) : 0);
    while (i < n) {
        size_t some = n - i < l.copies.samples ? n - i : l.copies.samples;
        sg__copy_samples(g, &l.copies, some, in + i * inputs, copy);
        for (size_t k = 0; k < some; k++, i++)
            list_sample(&l, d + i * outputs, (uint32_t)(k * l.copies.sample));
        flush(&l);
    }
}

void sg__gradient__avx2(const sg__synapses *s, size_t n, const uint8_t *in,
                        const int8_t *d, uint32_t first, uint32_t last,
                        int32_t *gradient, int32_t *bias_gradient,
                        void *scratch)
{
    sg__gradient_sparse__avx2(s, n, in, d, first, last, gradient,
                              bias_gradient, scratch);
}
