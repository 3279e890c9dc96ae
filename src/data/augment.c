/* Augmentation in fixed point. Every output pixel asks where it comes from:
 * coordinates Q16, bilinear weights Q8. Flip and whole-pixel shift are folded
 * into that map, so an image is resampled at most once. */
#include "data/augment.h"

#include <string.h>

#include "base/random.h"
#include "data/fixed.h"

#define ONE 65536      /* Q16 */
#define TURN_MAX 11438 /* 10 degrees in radians */
#define SCALE_MAX (ONE / 10)
#define SHEAR_MAX (ONE / 10)
#define MOVE_MAX (2 * ONE)

/* Length of part if spec begins with it and it ends there, else 0. */
static size_t part_length(const char *spec, const char *part)
{
    size_t length = strlen(part);
    if (strncmp(spec, part, length) != 0)
        return 0;
    return spec[length] == '\0' || spec[length] == '+' ? length : 0;
}

/* Reads "name:N" with N in 1..SG__AUGMENT_SHIFT_MAX; 0 if it is not that. */
static size_t shift_length(const char *spec, const char *name, uint32_t *n)
{
    size_t length = strlen(name);
    if (strncmp(spec, name, length) != 0)
        return 0;
    uint32_t value = 0;
    for (; spec[length] >= '0' && spec[length] <= '9'; length++) {
        value = 10 * value + (uint32_t)(spec[length] - '0');
        if (value > SG__AUGMENT_SHIFT_MAX)
            return 0;
    }
    if (value == 0 || (spec[length] != '\0' && spec[length] != '+'))
        return 0;
    *n = value;
    return length;
}

/* Reads one part into a; its length, or 0 if it is unknown or repeated. */
static size_t read_part(const char *spec, sg__augment *a)
{
    size_t length = part_length(spec, "affine");
    if (length && !a->affine) {
        a->affine = true;
        return length;
    }
    length = part_length(spec, "flip");
    if (length && !a->flip) {
        a->flip = true;
        return length;
    }
    if (a->shift)
        return 0;
    length = shift_length(spec, "shift:", &a->shift);
    return length ? length : shift_length(spec, "crop:", &a->shift);
}

sg_status sg__augment_parse(const char *spec, sg__augment *out,
                            sg_error *error)
{
    sg__augment a = {.shift = 0};
    const char *part = spec;
    if (strcmp(spec, "none") == 0) {
        *out = a;
        return SG_OK;
    }
    for (;;) {
        size_t length = read_part(part, &a);
        if (length == 0)
            return sg__fail(error, SG_E_ARGUMENT,
                            "augment \"%s\": at \"%s\": expected none, or "
                            "shift:N or crop:N (N 1..%d), affine, flip, each "
                            "at most once, joined by +",
                            spec, part, SG__AUGMENT_SHIFT_MAX);
        part += length;
        if (*part == '\0')
            break;
        part++; /* the plus sign */
    }
    *out = a;
    return SG_OK;
}

/* Whole pixels: output (x, y) comes from input (x - dx, y - dy), read from
 * right to left if flipped. */
static void move(sg_shape shape, int32_t dx, int32_t dy, bool flip,
                 const uint8_t *in, uint8_t *out)
{
    size_t c = shape.channels;
    size_t row = shape.width * c;
    int32_t width = (int32_t)shape.width;
    int32_t first = dx > 0 ? dx : 0;
    int32_t last = dx < 0 ? width + dx : width;
    for (int32_t y = 0; y < (int32_t)shape.height; y++, out += row) {
        int32_t from = y - dy;
        memset(out, 0, row);
        if (from < 0 || from >= (int32_t)shape.height || first >= last)
            continue;
        const uint8_t *source = in + (size_t)from * row;
        if (!flip) {
            memcpy(out + (size_t)first * c, source + (size_t)(first - dx) * c,
                   (size_t)(last - first) * c);
            continue;
        }
        for (int32_t x = first; x < last; x++)
            memcpy(out + (size_t)x * c,
                   source + (size_t)(width - 1 - (x - dx)) * c, c);
    }
}

/* Q16 map from output to input coordinates: (x, y) -> m (x, y) + start. */
typedef struct warp {
    int32_t m[4];
    int64_t start_x, start_y;
} warp;

static warp choose_warp(sg_shape shape, sg__draw d, sg__draw e, int32_t dx,
                        int32_t dy, bool flip)
{
    int32_t turn = sg__spread(d.v[0], TURN_MAX);
    int64_t scale = ONE + sg__spread(d.v[1], SCALE_MAX);
    int64_t shear = sg__spread(d.v[2], SHEAR_MAX);
    int64_t sine = sg__sin_q16(turn) * scale / ONE;
    int64_t cosine = sg__cos_q16(turn) * scale / ONE;
    int64_t mx = sg__spread(d.v[3], MOVE_MAX);
    int64_t my = sg__spread(e.v[0], MOVE_MAX);

    /* rotation * scale * (1, shear; 0, 1) */
    warp w = {.m = {(int32_t)cosine, (int32_t)(cosine * shear / ONE - sine),
                    (int32_t)sine, (int32_t)(sine * shear / ONE + cosine)}};

    /* about the centre, twice whose coordinates are width-1 and height-1 */
    int64_t cx = (int64_t)shape.width - 1;
    int64_t cy = (int64_t)shape.height - 1;
    w.start_x = (cx * ONE - w.m[0] * cx - w.m[1] * cy) / 2 + mx;
    w.start_y = (cy * ONE - w.m[2] * cx - w.m[3] * cy) / 2 + my;

    if (flip) {
        w.start_x += w.m[0] * cx;
        w.start_y += w.m[2] * cx;
        w.m[0] = -w.m[0];
        w.m[2] = -w.m[2];
    }
    w.start_x -= (int64_t)w.m[0] * dx + (int64_t)w.m[1] * dy;
    w.start_y -= (int64_t)w.m[2] * dx + (int64_t)w.m[3] * dy;
    return w;
}

/* Q16 weights of the upper left, upper right, lower left and lower right
 * neighbour of a position, from its fraction in Q8; they add up to 1. */
static inline void bilinear(int64_t sx, int64_t sy, uint32_t weight[4])
{
    uint32_t fx = (uint32_t)((uint64_t)sx >> 8) & 0xff;
    uint32_t fy = (uint32_t)((uint64_t)sy >> 8) & 0xff;
    weight[3] = fx * fy;
    weight[2] = (fy << 8) - weight[3];
    weight[1] = (fx << 8) - weight[3];
    weight[0] = ONE - weight[1] - weight[2] - weight[3];
}

/* One channel of a position that touches the edge; outside is 0. */
static uint8_t edge_pixel(sg_shape shape, const uint8_t *in, int32_t x,
                          int32_t y, uint32_t channel,
                          const uint32_t weight[4])
{
    uint32_t sum = ONE / 2;
    for (int32_t k = 0; k < 4; k++) {
        int32_t px = x + (k & 1);
        int32_t py = y + (k >> 1);
        if (px < 0 || py < 0 || px >= (int32_t)shape.width ||
            py >= (int32_t)shape.height)
            continue;
        size_t at = (size_t)py * shape.width + (size_t)px;
        sum += weight[k] * in[at * shape.channels + channel];
    }
    return (uint8_t)(sum >> 16);
}

/* One pixel from position (sx, sy), Q16, of which a neighbour is outside. */
static void edge_sample(sg_shape shape, const uint8_t *in, int64_t sx,
                        int64_t sy, uint8_t *out)
{
    int64_t x = sg__floor_shift64(sx, 16);
    int64_t y = sg__floor_shift64(sy, 16);
    if (x < -1 || y < -1 || x >= shape.width || y >= shape.height) {
        memset(out, 0, shape.channels);
        return;
    }
    uint32_t weight[4];
    bilinear(sx, sy, weight);
    for (uint32_t c = 0; c < shape.channels; c++)
        out[c] = edge_pixel(shape, in, (int32_t)x, (int32_t)y, c, weight);
}

static void resample(sg_shape shape, const warp *w, const uint8_t *in,
                     uint8_t *out)
{
    const size_t channels = shape.channels;
    const size_t row = shape.width * channels;
    /* inside: all four neighbours exist */
    const uint64_t limit_x = (uint64_t)(shape.width - 1) << 16;
    const uint64_t limit_y = (uint64_t)(shape.height - 1) << 16;

    for (uint32_t y = 0; y < shape.height; y++) {
        int64_t sx = w->start_x + (int64_t)w->m[1] * y;
        int64_t sy = w->start_y + (int64_t)w->m[3] * y;
        for (uint32_t x = 0; x < shape.width; x++) {
            if ((uint64_t)sx < limit_x && (uint64_t)sy < limit_y) {
                const uint8_t *up = in + (size_t)(sy >> 16) * row +
                                    (size_t)(sx >> 16) * channels;
                uint32_t weight[4];
                bilinear(sx, sy, weight);
                for (size_t c = 0; c < channels; c++, up++) {
                    uint32_t sum =
                        weight[0] * up[0] + weight[1] * up[channels] +
                        weight[2] * up[row] + weight[3] * up[row + channels];
                    out[c] = (uint8_t)((sum + ONE / 2) >> 16);
                }
            } else {
                edge_sample(shape, in, sx, sy, out);
            }
            out += channels;
            sx += w->m[0];
            sy += w->m[2];
        }
    }
}

void sg__augment_apply(const sg__augment *a, sg_shape shape, uint64_t seed,
                       uint32_t epoch, uint32_t sample, const uint8_t *in,
                       uint8_t *out)
{
    /* blocks: 0 shift and flip, 1 and 2 affine */
    sg__draw d = sg__random(seed, SG__STREAM_AUGMENT, epoch, sample, 0, 0);
    int32_t dx = sg__spread(d.v[0], (int32_t)a->shift);
    int32_t dy = sg__spread(d.v[1], (int32_t)a->shift);
    bool flip = a->flip && (d.v[2] >> 31);
    if (!a->affine) {
        move(shape, dx, dy, flip, in, out);
        return;
    }
    sg__draw e = sg__random(seed, SG__STREAM_AUGMENT, epoch, sample, 1, 0);
    sg__draw f = sg__random(seed, SG__STREAM_AUGMENT, epoch, sample, 2, 0);
    warp w = choose_warp(shape, e, f, dx, dy, flip);
    resample(shape, &w, in, out);
}
