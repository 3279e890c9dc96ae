/* NEON gradients, driven by the neurons that send errors.
 *
 * Events of many samples are listed and sorted by channel, so that the sums of
 * one row of the gradient stay in registers while all events of its channel
 * pass by, 16 bits wide for as many events as cannot overflow them.
 *
 * A window is read to a multiple of 8 counts. Where that leaves the input, or
 * where there is padding, samples are copied. */
#include "kernels/neon/copies.h"
#include "kernels/neon/events.h"
#include "kernels/neon/ways.h"

enum {
    EVENTS = 4096, /* listed at once */
    MORE = 16,     /* events one look at d can add */
    NARROW = 8,    /* taps of a kernel row of which several go together */
    ROWS = 8       /* such rows, at most */
};

/* A neuron with d != 0: where its window begins, and its channel, counted from
 * the first of the call. */
typedef struct event {
    uint32_t where;
    int8_t d;
    uint8_t channel;
} event;

typedef struct lister {
    sg__synapses s;
    sg__copies copies;
    const uint8_t *base;  /* windows are relative to this */
    event *events;        /* [EVENTS] */
    sg__event_list list;  /* those of a channel */
    uint32_t length;      /* of events */
    uint32_t first, last; /* channels */
    int32_t *gradient, *bias_gradient;
    event *sorted; /* [EVENTS] */
} lister;

size_t sg__gradient_scratch(const sg__geometry *g)
{
    size_t planes = sg__planes_scratch(g);
    size_t lists = 2 * EVENTS * sizeof(event) + sg__events_bytes(EVENTS) +
                   sg__copies_size(g, 8);
    return planes > lists ? planes : lists;
}

/* gradient[rows][n] += the events of a run, up to 8 taps of some kernel rows
 * each. */
SG__INLINE void add_narrow(const int8_t *in, size_t step, const int rows,
                           const uint32_t *at, const int8_t *d, size_t count,
                           int32_t *to, size_t n)
{
    int16x8_t sum[ROWS];
    for (int r = 0; r < rows; r++)
        sum[r] = vdupq_n_s16(0);
    for (size_t i = 0; i < count; i++) {
        const int8_t *row = in + at[i];
        int8x8_t by = vld1_dup_s8(d + i);
        for (int r = 0; r < rows; r++)
            sum[r] = vmlal_s8(sum[r], vld1_s8(row + (size_t)r * step), by);
    }
    for (int r = 0; r < rows; r++) {
        int16_t taps[8];
        vst1q_s16(taps, sum[r]);
        for (size_t i = 0; i < n; i++)
            *to++ += taps[i];
    }
}

#define NARROW_ROWS(n)                                                        \
    case n:                                                                   \
        add_narrow(in, step, n, at, d, count, to, run);                       \
        break

/* A window of `rows` kernel rows of at most 8 taps. */
static void add_small(const int8_t *in, size_t step, uint32_t rows,
                      const uint32_t *at, const int8_t *d, size_t count,
                      int32_t *to, size_t run)
{
    for (uint32_t some; rows > 0;
         rows -= some, in += some * step, to += some * run) {
        some = rows < ROWS ? rows : ROWS;
        switch (some) {
            NARROW_ROWS(1);
            NARROW_ROWS(2);
            NARROW_ROWS(3);
            NARROW_ROWS(4);
            NARROW_ROWS(5);
            NARROW_ROWS(6);
            NARROW_ROWS(7);
            NARROW_ROWS(8);
        }
    }
}

/* Adds all listed events of one channel. */
static void add_channel(const lister *l, int32_t *to)
{
    const sg__geometry *g = l->s.geo;
    const sg__event_list *e = &l->list;
    const size_t run = (size_t)g->kernel_w * g->in_c, step = l->copies.row;
    const bool bytes = l->s.in_cap <= SG__SIGNED_MAX;
    if (run <= NARROW && bytes) {
        uint32_t begin = 0;
        for (uint32_t r = 0; r < e->runs; begin = e->end[r++])
            add_small((const int8_t *)l->base, step, g->kernel_h,
                      e->at + begin, e->d + begin, e->end[r] - begin, to, run);
        return;
    }
    for (uint32_t ky = 0; ky < g->kernel_h; ky++, to += run)
        sg__add_list(to, run, l->base + ky * step,
                     bytes ? SG__ROW_BYTES : SG__ROW_COUNTS, e);
}

/* Adds what is listed and empties the list. */
static void flush(lister *l)
{
    const size_t fan_in = sg__fan_in(l->s.geo);
    const uint32_t channels = l->last - l->first;
    uint32_t start[SG__GRADIENT_CHANNELS + 1] = {0};
    for (uint32_t i = 0; i < l->length; i++)
        start[l->events[i].channel + 1]++;
    for (uint32_t k = 0; k < channels; k++)
        start[k + 1] += start[k];
    for (uint32_t i = 0; i < l->length; i++)
        l->sorted[start[l->events[i].channel]++] = l->events[i];
    for (uint32_t k = 0, i = 0; k < channels; k++) {
        sg__events_clear(&l->list);
        for (; i < start[k]; i++) {
            sg__event_push(&l->list, l->sorted[i].where, l->sorted[i].d);
            l->bias_gradient[k] += l->sorted[i].d;
        }
        sg__events_close(&l->list);
        add_channel(l, l->gradient + k * fan_in);
    }
    l->length = 0;
}

/* Lists the events among n neurons from `neuron` on, of the sample that begins
 * at `where`. */
static void list_run(lister *l, const int8_t *d, size_t neuron, size_t n,
                     uint32_t where)
{
    const sg__geometry *g = l->s.geo;
    size_t begin = 0, end = 0; /* of the position at hand */
    uint32_t window = 0;
    for (size_t i = 0; i < n; i += 16) {
        uint64_t set = sg__set_first(d + i, n - i);
        if (set && l->length + MORE > EVENTS)
            flush(l);
        for (; set; set &= set - 1) {
            size_t at = i + ((size_t)__builtin_ctzll(set) >> 2);
            size_t id = neuron + at;
            if (id >= end) {
                uint32_t position = (uint32_t)id / g->out_c;
                uint32_t y = position / g->out_w, x = position % g->out_w;
                begin = (size_t)position * g->out_c;
                end = begin + g->out_c;
                window = (uint32_t)(y * g->stride_h * l->copies.row +
                                    x * g->stride_w * l->copies.pixel);
            }
            l->events[l->length++] =
                (event){where + window, d[at],
                        (uint8_t)((uint32_t)(id - begin) - l->first)};
        }
    }
}

/* Lists the events of one sample, whose copy begins at `where`. */
static void list_sample(lister *l, const int8_t *d, uint32_t where)
{
    const sg__geometry *g = l->s.geo;
    const size_t outputs = sg__outputs(g);
    if (l->first == 0 && l->last == g->out_c) {
        list_run(l, d, 0, outputs, where);
        return;
    }
    for (size_t p = l->first; p < outputs; p += g->out_c)
        list_run(l, d + p, p, l->last - l->first, where);
}

/* How many of n samples can be read where they are. */
static size_t readable(const sg__geometry *g, size_t n)
{
    size_t beyond = (SG__SLACK + sg__inputs(g) - 1) / sg__inputs(g);
    return !sg__padded(g) && n > beyond ? n - beyond : 0;
}

/* Samples i.. of as many as 32 bits reach, that begin at base. */
static void add_samples(lister *l, const uint8_t *base, size_t n,
                        const int8_t *d)
{
    l->base = base;
    for (size_t k = 0; k < n; k++)
        list_sample(l, d + k * sg__outputs(l->s.geo),
                    (uint32_t)(k * l->copies.sample));
    flush(l);
}

static void gradient_lists(const sg__synapses *s, size_t n, const uint8_t *in,
                           const int8_t *d, uint32_t first, uint32_t last,
                           int32_t *gradient, int32_t *bias_gradient,
                           char *scratch)
{
    const sg__geometry *g = s->geo;
    const size_t inputs = sg__inputs(g), outputs = sg__outputs(g);
    const size_t near = readable(g, n);
    size_t i = 0;
    lister l = {.s = *s,
                .copies = sg__copies_of(g, 8),
                .first = first,
                .last = last,
                .gradient = gradient,
                .bias_gradient = bias_gradient};
    size_t most = UINT32_MAX / l.copies.sample - 1;
    most += most == 0;
    l.events = (event *)(void *)scratch;
    l.sorted = l.events + EVENTS;
    l.list = sg__events_in(l.sorted + EVENTS, EVENTS, INT16_MAX / s->in_cap);
    uint8_t *copy = (uint8_t *)(l.sorted + EVENTS) + sg__events_bytes(EVENTS);
    memset(gradient, 0, (last - first) * sg__fan_in(g) * sizeof *gradient);
    memset(bias_gradient, 0, (last - first) * sizeof *bias_gradient);
    for (size_t some; i < near; i += some) {
        some = near - i < most ? near - i : most;
        add_samples(&l, in + i * inputs, some, d + i * outputs);
    }
    memset(copy, 0, i < n ? sg__copies_size(g, 8) : 0);
    for (size_t some; i < n; i += some) {
        some = n - i < l.copies.samples ? n - i : l.copies.samples;
        sg__copy_samples(g, &l.copies, some, in + i * inputs, copy);
        add_samples(&l, copy, some, d + i * outputs);
    }
}

void sg__gradient_sparse__neon(const sg__synapses *s, size_t n,
                               const uint8_t *in, const int8_t *d,
                               uint32_t first, uint32_t last,
                               int32_t *gradient, int32_t *bias_gradient,
                               void *scratch)
{
    const sg__synapses t = sg__with_largest_count(s, n, in);
    if (sg__by_planes(s->geo) && t.in_cap <= SG__SIGNED_MAX)
        sg__planes_gradient(&t, n, in, d, first, last, gradient, bias_gradient,
                            scratch);
    else
        gradient_lists(&t, n, in, d, first, last, gradient, bias_gradient,
                       scratch);
}

void sg__gradient__neon(const sg__synapses *s, size_t n, const uint8_t *in,
                        const int8_t *d, uint32_t first, uint32_t last,
                        int32_t *gradient, int32_t *bias_gradient,
                        void *scratch)
{
    sg__gradient_sparse__neon(s, n, in, d, first, last, gradient,
                              bias_gradient, scratch);
}
