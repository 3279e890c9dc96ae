/* Weight gradient by planes, driven by the neurons that sent errors.
 *
 * The errors of many positions are listed by output channel, in parts that
 * share a plane. Then 64 input channels at a time: a plane is copied, and each
 * channel's part of the list is walked four errors at a time for the taps of
 * one kernel row, whose sums stay in registers. */
#include <string.h>

#include "kernels/avx512/planes.h"
#include "kernels/avx512/quads.h"

enum {
    POSITIONS = 8192, /* listed at once, about */
    PARTS = 64,       /* of a list, at most */
    CHANNELS = SG__GRADIENT_CHANNELS
};

/* The listed errors of one channel; each part is completed to a multiple of
 * four by errors of 0. */
typedef struct lists {
    uint32_t end[PARTS + 1][CHANNELS]; /* of part i - 1 */
    size_t room;                       /* for each channel */
    uint32_t *window; /* [CHANNELS][room], byte offset in the plane */
    int8_t *d;        /* [CHANNELS][room] */
} lists;

/* Samples listed at once, a multiple of those in a plane if more than one
 * plane is needed. */
static size_t listed_samples(const sg__geometry *g)
{
    size_t part = sg__plane_samples(g);
    size_t parts = POSITIONS / (part * g->out_h * g->out_w);
    parts = parts < 1 ? 1 : parts > PARTS ? PARTS : parts;
    return parts * part;
}

static size_t list_room(const sg__geometry *g)
{
    size_t parts = listed_samples(g) / sg__plane_samples(g);
    return listed_samples(g) * g->out_h * g->out_w + 3 * parts + 64;
}

static size_t plane_bytes(const sg__geometry *g)
{
    return sg__plane_samples(g) * sg__plane_pixels(g) * SG__PLANE_CHANNELS;
}

size_t sg__planes_sparse_scratch(const sg__geometry *g)
{
    return plane_bytes(g) + CHANNELS * list_room(g) * 5 + 64;
}

static void list_sample(const sg__geometry *g, const int8_t *d, uint32_t first,
                        uint32_t last, size_t origin, const lists *l,
                        uint32_t length[CHANNELS])
{
    __mmask64 wanted = sg__first64(last - first);
    for (uint32_t y = 0; y < g->out_h; y++) {
        size_t window = origin + (size_t)y * g->stride_h * sg__plane_width(g);
        for (uint32_t x = 0; x < g->out_w; x++, d += g->out_c) {
            __m512i v = _mm512_maskz_loadu_epi8(wanted, d + first);
            __mmask64 set = _mm512_test_epi8_mask(v, v);
            for (; set; set &= set - 1) {
                size_t k = (size_t)__builtin_ctzll(set);
                size_t at = k * l->room + length[k]++;
                l->window[at] = (uint32_t)((window + (size_t)x * g->stride_w) *
                                           SG__PLANE_CHANNELS);
                l->d[at] = d[first + k];
            }
        }
    }
}

/* Lists n samples in parts, completes them and sums the bias gradients. */
static void list_all(const sg__geometry *g, size_t n, const int8_t *d,
                     uint32_t first, uint32_t last, lists *l,
                     int32_t *bias_gradient)
{
    size_t samples = sg__plane_samples(g), part = 0;
    uint32_t length[CHANNELS] = {0};
    memset(l->end[0], 0, sizeof l->end[0]);
    for (size_t s = 0; s < n; s += samples, part++) {
        size_t until = n - s < samples ? n : s + samples;
        for (size_t i = s; i < until; i++)
            list_sample(g, d + i * sg__outputs(g), first, last,
                        (i - s) * sg__plane_pixels(g), l, length);
        for (size_t k = 0; k < last - first; k++) {
            size_t row = k * l->room;
            uint32_t from = l->end[part][k], at = length[k];
            for (uint32_t i = from; i < at; i++)
                bias_gradient[k] += l->d[row + i];
            for (; at % 4; at++) {
                l->window[row + at] = l->window[row + from];
                l->d[row + at] = 0;
            }
            length[k] = l->end[part + 1][k] = at;
        }
    }
}

/* One channel's part of the list against one plane; gradient is the channel's,
 * at the plane's first input channel. */
static void add_channel(const sg__geometry *g, const sg__events *e,
                        const uint8_t *plane, int32_t *gradient)
{
    size_t row = sg__plane_width(g) * SG__PLANE_CHANNELS, step = g->in_c;
    for (uint32_t ky = 0; ky < g->kernel_h; ky++) {
        const uint8_t *from = plane + ky * row;
        uint32_t kx = 0;
        for (; kx + 4 <= g->kernel_w; kx += 4, from += 4 * 64) {
            sg__add_chunks(e, 4, from, gradient, step);
            gradient += 4 * step;
        }
        for (; kx + 3 <= g->kernel_w; kx += 3, from += 3 * 64) {
            sg__add_chunks(e, 3, from, gradient, step);
            gradient += 3 * step;
        }
        for (; kx < g->kernel_w; kx++, from += 64) {
            sg__add_chunks(e, 1, from, gradient, step);
            gradient += step;
        }
    }
}

void sg__planes_sparse(const sg__geometry *g, size_t n, const uint8_t *in,
                       const int8_t *d, uint32_t first, uint32_t last,
                       int32_t *gradient, int32_t *bias_gradient,
                       void *scratch)
{
    size_t listed = listed_samples(g), samples = sg__plane_samples(g);
    uint8_t *plane = scratch;
    lists l = {.room = list_room(g)};
    l.window = (uint32_t *)(plane + plane_bytes(g));
    l.d = (int8_t *)(l.window + CHANNELS * l.room);
    for (size_t i = 0; i < n; i += listed) {
        size_t part = n - i < listed ? n - i : listed;
        list_all(g, part, d + i * sg__outputs(g), first, last, &l,
                 bias_gradient);
        for (uint32_t c = 0; c < g->in_c; c += SG__PLANE_CHANNELS)
            for (size_t s = 0, p = 0; s < part; s += samples, p++) {
                size_t m = part - s < samples ? part - s : samples;
                sg__plane_copy(g, m, in + (i + s) * sg__inputs(g), c, plane);
                for (uint32_t k = 0; k < last - first; k++) {
                    size_t at = k * l.room + l.end[p][k];
                    sg__events e = {l.window + at, l.d + at,
                                    l.end[p + 1][k] - l.end[p][k]};
                    if (e.length > 0)
                        add_channel(g, &e, plane,
                                    gradient + k * sg__fan_in(g) + c);
                }
            }
    }
}
