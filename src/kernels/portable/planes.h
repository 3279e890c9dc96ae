/* Weight gradient by planes, driven by the neurons that sent errors: the
 * counts of some samples, 64 channels at a time, with their padding around
 * them, so that a pixel is one line of the cache and the windows of all
 * positions have one shape. For convolutions over a multiple of 64 channels.
 *
 * The errors of many positions are listed by output channel, in parts that
 * share a plane. Then, plane by plane, each channel's part of the list is
 * walked two errors at a time for the taps of one kernel row. Their sums stay
 * in registers, 16 bits wide, for as many errors as cannot overflow them.
 *
 * One file a table includes it, which has before:
 * sg__plane_senders  bit k: d[k] is not 0, of the first n, n <= 64
 * sg__plane_taps     gradient += d n for 64 channels of 1 to 3 taps side by
 *                    side, `step` integers from one to the next; an even
 *                    number of windows and errors, whose sums fit 16 bits */
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/portable/ahead.h"

enum {
    COLUMNS = 64,
    PLANE_BYTES = 32 * 1024,
    POSITIONS = 8192, /* listed at once, about */
    PARTS = 64,       /* of a list, at most */
    CHANNELS = SG__GRADIENT_CHANNELS
};

/* A part of a channel's list; completed to an even number by an error of 0. */
typedef struct part {
    uint32_t begin, end;
    uint32_t depth; /* pairs whose sums fit 16 bits; 0: not even one */
} part;

typedef struct lists {
    part part[PARTS][CHANNELS];
    size_t room;      /* for each channel */
    uint32_t *window; /* [CHANNELS][room], byte offset in the plane */
    int8_t *d;        /* [CHANNELS][room] */
} lists;

static size_t plane_height(const sg__geometry *g)
{
    return g->in_h + 2 * (size_t)g->pad_h;
}

static size_t plane_width(const sg__geometry *g)
{
    return g->in_w + 2 * (size_t)g->pad_w;
}

static size_t plane_pixels(const sg__geometry *g)
{
    return plane_height(g) * plane_width(g);
}

/* Samples of a plane. */
static size_t plane_samples(const sg__geometry *g)
{
    size_t n = PLANE_BYTES / (plane_pixels(g) * COLUMNS);
    return n < 1 ? 1 : n;
}

/* Samples listed at once, a multiple of those in a plane. */
static size_t listed_samples(const sg__geometry *g)
{
    size_t samples = plane_samples(g);
    size_t parts = POSITIONS / (samples * g->out_h * g->out_w);
    parts = parts < 1 ? 1 : parts > PARTS ? PARTS : parts;
    return parts * samples;
}

static size_t list_room(const sg__geometry *g)
{
    size_t parts = listed_samples(g) / plane_samples(g);
    return listed_samples(g) * g->out_h * g->out_w + parts + 64;
}

static size_t plane_bytes(const sg__geometry *g)
{
    return plane_samples(g) * plane_pixels(g) * COLUMNS;
}

static size_t sg__planes_bytes(const sg__geometry *g)
{
    return plane_bytes(g) + CHANNELS * list_room(g) * 5 + 64;
}

/* Channels c..c+63 of n samples. */
static void copy_plane(const sg__geometry *g, size_t n, const uint8_t *in,
                       uint32_t c, uint8_t *to)
{
    size_t width = plane_width(g), edge = g->pad_w * (size_t)COLUMNS;
    for (size_t s = 0; s < n; s++)
        for (uint32_t y = 0; y < plane_height(g); y++) {
            if (y < g->pad_h || y >= g->pad_h + g->in_h) {
                memset(to, 0, width * COLUMNS);
                to += width * COLUMNS;
                continue;
            }
            const uint8_t *from =
                in + ((s * g->in_h + y - g->pad_h) * g->in_w) * g->in_c + c;
            memset(to, 0, edge);
            to += edge;
            for (size_t x = 0; x < g->in_w; x++, to += COLUMNS) {
                sg__fetch_ahead(from, (x + SG__PIXELS_AHEAD) * g->in_c);
                memcpy(to, from + x * g->in_c, COLUMNS);
            }
            memset(to, 0, edge);
            to += edge;
        }
}

static void list_sample(const sg__geometry *g, const int8_t *d, uint32_t first,
                        uint32_t last, size_t origin, const lists *l,
                        uint32_t length[CHANNELS])
{
    for (uint32_t y = 0; y < g->out_h; y++) {
        size_t row = origin + (size_t)y * g->stride_h * plane_width(g);
        for (uint32_t x = 0; x < g->out_w; x++, d += g->out_c) {
            uint32_t window =
                (uint32_t)((row + (size_t)x * g->stride_w) * COLUMNS);
            sg__fetch_ahead(d + first, SG__PIXELS_AHEAD * (size_t)g->out_c);
            uint64_t set = sg__plane_senders(d + first, last - first);
            for (; set; set &= set - 1) {
                size_t k = (size_t)__builtin_ctzll(set);
                size_t at = k * l->room + length[k]++;
                l->window[at] = window;
                l->d[at] = d[first + k];
            }
        }
    }
}

/* Completes one channel's part; returns the sum of its errors. */
static int32_t complete(const lists *l, part *p, size_t row, int32_t room)
{
    int32_t sum = 0, size = 0, most = 0;
    for (uint32_t i = p->begin; i < p->end; i++) {
        int32_t d = l->d[row + i], more = d < 0 ? -d : d;
        sum += d;
        size += more;
        most = more > most ? more : most;
    }
    if (p->end % 2 != p->begin % 2) {
        l->window[row + p->end] = l->window[row + p->begin];
        l->d[row + p->end++] = 0;
    }
    p->depth =
        size <= room ? (p->end - p->begin) / 2 : (uint32_t)(room / (2 * most));
    return sum;
}

/* Lists n samples in parts and sums the bias gradients. */
static void list_all(const sg__synapses *s, size_t n, const int8_t *d,
                     uint32_t first, uint32_t last, lists *l,
                     int32_t *bias_gradient)
{
    const sg__geometry *g = s->geo;
    size_t samples = plane_samples(g);
    int32_t room = INT16_MAX / s->in_cap;
    uint32_t length[CHANNELS] = {0};
    part *p = l->part[0];
    for (size_t i = 0; i < n; i += samples, p += CHANNELS) {
        size_t until = n - i < samples ? n : i + samples;
        for (uint32_t k = 0; k < last - first; k++)
            p[k].begin = length[k];
        for (size_t j = i; j < until; j++)
            list_sample(g, d + j * sg__outputs(g), first, last,
                        (j - i) * plane_pixels(g), l, length);
        for (uint32_t k = 0; k < last - first; k++) {
            p[k].end = length[k];
            bias_gradient[k] += complete(l, &p[k], k * l->room, room);
            length[k] = p[k].end;
        }
    }
}

/* One run of errors whose sums fit 16 bits, for all taps. */
static void add_run(const sg__geometry *g, const uint32_t *window,
                    const int8_t *d, size_t length, const uint8_t *plane,
                    int32_t *gradient)
{
    size_t row = plane_width(g) * COLUMNS, step = g->in_c;
    for (uint32_t ky = 0; ky < g->kernel_h; ky++) {
        const uint8_t *from = plane + ky * row;
        uint32_t kx = 0;
        for (; kx + 3 <= g->kernel_w; kx += 3, from += 3 * COLUMNS) {
            sg__plane_taps(window, d, length, 3, from, gradient, step);
            gradient += 3 * step;
        }
        for (; kx + 2 <= g->kernel_w; kx += 2, from += 2 * COLUMNS) {
            sg__plane_taps(window, d, length, 2, from, gradient, step);
            gradient += 2 * step;
        }
        for (; kx < g->kernel_w; kx++, from += COLUMNS) {
            sg__plane_taps(window, d, length, 1, from, gradient, step);
            gradient += step;
        }
    }
}

/* One channel's part of the list against one plane; gradient is the channel's,
 * at the plane's first input channel. */
static void add_part(const sg__geometry *g, const part *p,
                     const uint32_t *window, const int8_t *d,
                     const uint8_t *plane, int32_t *gradient)
{
    size_t run = 2 * (size_t)p->depth;
    if (run == 0) { /* counts and errors so large that each goes alone */
        for (size_t i = p->begin; i < p->end; i++) {
            uint32_t twice[2] = {window[i], window[i]};
            int8_t one[2] = {d[i], 0};
            add_run(g, twice, one, 2, plane, gradient);
        }
        return;
    }
    for (size_t i = p->begin; i < p->end; i += run)
        add_run(g, window + i, d + i, p->end - i < run ? p->end - i : run,
                plane, gradient);
}

/* A plane of channels c..c+63 of m samples, for part p of the lists. */
static void add_plane(const sg__geometry *g, const lists *l, const part *p,
                      uint32_t channels, const uint8_t *plane,
                      int32_t *gradient)
{
    for (uint32_t k = 0; k < channels; k++)
        if (p[k].begin < p[k].end)
            add_part(g, &p[k], l->window + k * l->room, l->d + k * l->room,
                     plane, gradient + k * sg__fan_in(g));
}

static void sg__planes_run(const sg__synapses *s, size_t n, const uint8_t *in,
                           const int8_t *d, uint32_t first, uint32_t last,
                           int32_t *gradient, int32_t *bias_gradient,
                           void *scratch)
{
    const sg__geometry *g = s->geo;
    size_t listed = listed_samples(g), samples = plane_samples(g);
    uint8_t *plane = scratch;
    lists l = {.room = list_room(g)};
    l.window = (uint32_t *)(plane + plane_bytes(g));
    l.d = (int8_t *)(l.window + CHANNELS * l.room);
    memset(gradient, 0, (last - first) * sg__fan_in(g) * sizeof *gradient);
    memset(bias_gradient, 0, (last - first) * sizeof *bias_gradient);
    for (size_t i = 0; i < n; i += listed) {
        size_t some = n - i < listed ? n - i : listed;
        list_all(s, some, d + i * sg__outputs(g), first, last, &l,
                 bias_gradient);
        for (uint32_t c = 0; c < g->in_c; c += COLUMNS)
            for (size_t j = 0, p = 0; j < some; j += samples, p++) {
                size_t m = some - j < samples ? some - j : samples;
                copy_plane(g, m, in + (i + j) * sg__inputs(g), c, plane);
                add_plane(g, &l, l.part[p], last - first, plane, gradient + c);
            }
    }
}
