/* NEON weight gradients: errors are listed by channel, each with the row of
 * counts that it meets. */
#include "kernels/neon/gradient.h"

typedef sg__neon_event event;

/* Where the working memory of a gradient lies, and how much is in use. */
typedef struct work {
    uint8_t *rows;
    event *events; /* [SG__GRADIENT_CHANNELS][capacity] */
    int32_t *sum;  /* of one channel, padded */
    size_t capacity, taps;
    size_t length[SG__GRADIENT_CHANNELS];
} work;

static work lay_out(const sg__geometry *g, void *scratch)
{
    work w = {.capacity = sg__neon_gathered(g), .taps = sg__neon_taps(g)};
    w.rows = scratch;
    w.events = (event *)(void *)(w.rows + w.capacity * w.taps);
    w.sum = (int32_t *)(void *)(w.events + SG__GRADIENT_CHANNELS * w.capacity);
    memset(w.rows, 0, w.capacity * w.taps);
    return w;
}

/* Lists the errors of one position; whether there are any. */
static bool list_errors(work *w, const int8_t *d, uint32_t channels,
                        size_t row)
{
    bool any = false;
    for (uint32_t k = 0; k < channels; k++) {
        uint64_t eight = 1;
        if (channels - k >= sizeof eight)
            memcpy(&eight, d + k, sizeof eight);
        if (eight == 0) {
            k += 7;
        } else if (d[k]) {
            w->events[k * w->capacity + w->length[k]++] =
                (event){(uint32_t)(row * w->taps), d[k]};
            any = true;
        }
    }
    return any;
}

/* Adds what the listed errors of one channel give. */
static void add_channel(work *w, const sg__synapses *s, uint32_t k,
                        int32_t *gradient, int32_t *bias_gradient)
{
    const event *e = w->events + k * w->capacity;
    size_t count = w->length[k], fan_in = sg__fan_in(s->geo);
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++)
        *bias_gradient += e[i].factor;
    memset(w->sum, 0, w->taps * sizeof *w->sum);
    if (s->in_cap <= INT8_MAX)
        sg__add_byte_rows(w->sum, w->taps, (const int8_t *)w->rows, e, count,
                          (size_t)(INT16_MAX / (SG__ERROR_CAP * s->in_cap)));
    else
        sg__add_count_rows(w->sum, w->taps, w->rows, e, count);
    for (size_t i = 0; i < fan_in; i++)
        gradient[i] += w->sum[i];
}

void sg__gradient__neon(const sg__synapses *s, size_t n, const uint8_t *in,
                        const int8_t *d, uint32_t first, uint32_t last,
                        int32_t *gradient, int32_t *bias_gradient,
                        void *scratch)
{
    const sg__geometry *g = s->geo;
    size_t positions = (size_t)g->out_h * g->out_w, total = n * positions;
    size_t fan_in = sg__fan_in(g);
    uint32_t channels = last - first;
    work w = lay_out(g, scratch);
    memset(gradient, 0, channels * fan_in * sizeof *gradient);
    memset(bias_gradient, 0, channels * sizeof *bias_gradient);
    for (size_t p = 0; p < total;) {
        memset(w.length, 0, sizeof w.length);
        for (size_t row = 0; row < w.capacity && p < total; p++)
            if (list_errors(&w, d + p * g->out_c + first, channels, row)) {
                sg__neon_gather(g, in + p / positions * sg__inputs(g),
                                p % positions, w.rows + row * w.taps);
                row++;
            }
        for (uint32_t k = 0; k < channels; k++)
            add_channel(&w, s, k, gradient + k * fan_in, bias_gradient + k);
    }
}

void sg__gradient_sparse__neon(const sg__synapses *s, size_t n,
                               const uint8_t *in, const int8_t *d,
                               uint32_t first, uint32_t last,
                               int32_t *gradient, int32_t *bias_gradient,
                               void *scratch)
{
    sg__gradient__neon(s, n, in, d, first, last, gradient, bias_gradient,
                       scratch);
}
