/* AVX2 weight gradient by planes, driven by the neurons that sent errors.
 *
 * The errors of many positions are listed by output channel, in parts that
 * share a plane. Then 64 input channels at a time: a plane is copied, and each
 * channel's part of the list is walked two errors at a time for the taps of
 * one kernel row. Their sums stay in registers, 16 bits wide, for as many
 * errors as cannot overflow them. */
#include "kernels/avx2/planes.h"

#include "kernels/avx2/events.h"

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

size_t sg__planes_scratch(const sg__geometry *g)
{
    if (!sg__by_planes(g))
        return 0;
    return plane_bytes(g) + CHANNELS * list_room(g) * 5 + 64;
}

/* Channels c..c+63 of n samples. */
static void copy_plane(const sg__geometry *g, size_t n, const uint8_t *in,
                       uint32_t c, uint8_t *to)
{
    const __m256i zero = _mm256_setzero_si256();
    size_t width = plane_width(g);
    for (size_t s = 0; s < n; s++)
        for (uint32_t y = 0; y < plane_height(g); y++) {
            bool inside = y >= g->pad_h && y < g->pad_h + g->in_h;
            for (size_t x = 0; x < width; x++, to += COLUMNS) {
                __m256i a = zero, b = zero;
                if (inside && x >= g->pad_w && x < g->pad_w + g->in_w) {
                    size_t pixel =
                        (s * g->in_h + y - g->pad_h) * g->in_w + x - g->pad_w;
                    a = sg__load_all(in + pixel * g->in_c + c);
                    b = sg__load_all(in + pixel * g->in_c + c + 32);
                }
                sg__store(to, a);
                sg__store(to + 32, b);
            }
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
            for (uint32_t c = first; c < last; c += 32) {
                uint32_t set = sg__sender_bits(d + c, last - c);
                for (; set; set &= set - 1) {
                    uint32_t k = c + (uint32_t)__builtin_ctz(set);
                    size_t at = (k - first) * l->room + length[k - first]++;
                    l->window[at] = window;
                    l->d[at] = d[k];
                }
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

/* gradient += d n for 32 columns in each of `registers`; `step` integers from
 * 64 columns to the next in the gradient. window and d: an even number. */
SG__INLINE void add_columns(const uint32_t *window, const int8_t *d,
                            size_t length, int registers, const uint8_t *from,
                            int32_t *gradient, size_t step)
{
    __m256i low[6], high[6];
#pragma GCC unroll 6
    for (int r = 0; r < registers; r++)
        low[r] = high[r] = _mm256_setzero_si256();
    for (size_t i = 0; i < length; i += 2) {
        int16_t two;
        memcpy(&two, d + i, sizeof two);
        __m256i both = _mm256_set1_epi16(two);
        const uint8_t *a = from + window[i], *b = from + window[i + 1];
#pragma GCC unroll 6
        for (int r = 0; r < registers; r++) {
            __m256i x = sg__load_once(a + 32 * r);
            __m256i y = sg__load_once(b + 32 * r), z;
            z = _mm256_maddubs_epi16(_mm256_unpacklo_epi8(x, y), both);
            SG__GATHER16(low[r], z);
            z = _mm256_maddubs_epi16(_mm256_unpackhi_epi8(x, y), both);
            SG__GATHER16(high[r], z);
        }
    }
#pragma GCC unroll 6
    for (int r = 0; r < registers; r++)
        sg__add_split(gradient + (size_t)(r / 2) * step + 32 * (r % 2), low[r],
                      high[r], 32);
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
            add_columns(window, d, length, 6, from, gradient, step);
            gradient += 3 * step;
        }
        for (; kx + 2 <= g->kernel_w; kx += 2, from += 2 * COLUMNS) {
            add_columns(window, d, length, 4, from, gradient, step);
            gradient += 2 * step;
        }
        for (; kx < g->kernel_w; kx++, from += COLUMNS) {
            add_columns(window, d, length, 2, from, gradient, step);
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

void sg__planes_gradient(const sg__synapses *s, size_t n, const uint8_t *in,
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
