/* Augmentation in fixed point. Every output pixel asks where it comes from:
 * in Q16. Flip and whole-pixel shift are folded into that map, so an image is
 * resampled at most once, and turned into spike counts on the way. */
#include "data/augment.h"

#include <string.h>

#include "base/random.h"
#include "data/elastic.h"
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

/* Reads "name:N", N pixels, in 1..SG__AUGMENT_SHIFT_MAX; 0 if it is not
 * that. */
static size_t pixels_length(const char *spec, const char *name, uint32_t *n)
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
    length = a->cutout ? 0 : pixels_length(spec, "cutout:", &a->cutout);
    if (length == 0 && !a->elastic)
        length = pixels_length(spec, "elastic:", &a->elastic);
    if (length == 0 && !a->shift)
        length = pixels_length(spec, "shift:", &a->shift);
    if (length == 0 && !a->shift)
        length = pixels_length(spec, "crop:", &a->shift);
    return length;
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
                            "shift:N or crop:N, affine, elastic:N, flip, "
                            "cutout:N (N 1..%d), each at most once, joined "
                            "by +",
                            spec, part, SG__AUGMENT_SHIFT_MAX);
        part += length;
        if (*part == '\0')
            break;
        part++; /* the plus sign */
    }
    *out = a;
    return SG_OK;
}

/* Output rows and columns whose source is inside the image. */
typedef struct window {
    int32_t top, bottom, left, right; /* first, one past the last */
} window;

static window visible(sg_shape shape, int32_t dx, int32_t dy)
{
    int32_t width = (int32_t)shape.width, height = (int32_t)shape.height;
    window v = {dy > 0 ? dy : 0, dy < 0 ? height + dy : height,
                dx > 0 ? dx : 0, dx < 0 ? width + dx : width};
    if (v.top >= v.bottom || v.left >= v.right)
        v = (window){height, height, width, width}; /* nothing is */
    return v;
}

/* Makes 0 what is outside of the window. */
static void blacken(sg_shape shape, window v, uint8_t *out)
{
    size_t c = shape.channels;
    size_t row = shape.width * c;
    size_t left = (size_t)v.left * c;
    size_t right = row - (size_t)v.right * c;
    memset(out, 0, (size_t)v.top * row);
    memset(out + (size_t)v.bottom * row, 0,
           (shape.height - (size_t)v.bottom) * row);
    for (int32_t y = v.top; y < v.bottom && left; y++)
        memset(out + (size_t)y * row, 0, left);
    for (int32_t y = v.top; y < v.bottom && right; y++)
        memset(out + (size_t)(y + 1) * row - right, 0, right);
}

/* The visible part, read from right to left. A constant number of channels
 * makes the copy of a pixel a few moves. */
static inline void mirror(sg_shape shape, size_t channels, window v,
                          int32_t dx, int32_t dy, const uint8_t *in,
                          uint8_t *out)
{
    const size_t row = shape.width * channels;
    for (int32_t y = v.top; y < v.bottom; y++) {
        const uint8_t *from = in + (size_t)(y - dy) * row + row - channels -
                              (size_t)(v.left - dx) * channels;
        uint8_t *to = out + (size_t)y * row + (size_t)v.left * channels;
        for (size_t k = 0; k < (size_t)(v.right - v.left); k++)
            memcpy(to + k * channels, from - k * channels, channels);
    }
}

/* Whole pixels: output (x, y) comes from input (x - dx, y - dy), mirrored if
 * flipped. */
static void move(const sg__kernels *kernels, sg_shape shape, int32_t dx,
                 int32_t dy, bool flip, int32_t levels, const uint8_t *in,
                 uint8_t *out)
{
    const size_t c = shape.channels, row = shape.width * c;
    window v = visible(shape, dx, dy);
    if (v.top == v.bottom) {
        memset(out, 0, shape.height * row);
        return;
    }
    /* unless mirrored, what is visible is one run, which wraps at the ends of
     * rows; those are blackened */
    size_t first = (size_t)v.top * row + (size_t)v.left * c;
    size_t last = (size_t)(v.bottom - 1) * row + (size_t)v.right * c;
    const uint8_t *source = out + first;
    if (!flip)
        source = in + (size_t)(v.top - dy) * row + (size_t)(v.left - dx) * c;
    else if (c == 1)
        mirror(shape, 1, v, dx, dy, in, out);
    else if (c == 3)
        mirror(shape, 3, v, dx, dy, in, out);
    else
        mirror(shape, c, v, dx, dy, in, out);
    kernels->quantise(last - first, source, levels, out + first);
    blacken(shape, v, out);
}

/* The map that leaves everything where it is. */
static sg__warp identity(void)
{
    return (sg__warp){.m = {ONE, 0, 0, ONE}};
}

/* A random affine map about the centre of the image. */
static sg__warp affine(sg_shape shape, sg__draw d, sg__draw e)
{
    int32_t turn = sg__spread(d.v[0], TURN_MAX);
    int64_t scale = ONE + sg__spread(d.v[1], SCALE_MAX);
    int64_t shear = sg__spread(d.v[2], SHEAR_MAX);
    int64_t sine = sg__sin_q16(turn) * scale / ONE;
    int64_t cosine = sg__cos_q16(turn) * scale / ONE;
    int64_t mx = sg__spread(d.v[3], MOVE_MAX);
    int64_t my = sg__spread(e.v[0], MOVE_MAX);

    /* rotation * scale * (1, shear; 0, 1) */
    sg__warp w = {.m = {(int32_t)cosine,
                        (int32_t)(cosine * shear / ONE - sine), (int32_t)sine,
                        (int32_t)(sine * shear / ONE + cosine)}};

    /* twice the centre's coordinates are width-1 and height-1 */
    int64_t cx = (int64_t)shape.width - 1;
    int64_t cy = (int64_t)shape.height - 1;
    w.start_x = (cx * ONE - w.m[0] * cx - w.m[1] * cy) / 2 + mx;
    w.start_y = (cy * ONE - w.m[2] * cx - w.m[3] * cy) / 2 + my;
    return w;
}

/* The same map of an image that was mirrored, if flip, and then moved. */
static sg__warp flip_and_move(sg__warp w, sg_shape shape, bool flip,
                              int32_t dx, int32_t dy)
{
    int64_t cx = (int64_t)shape.width - 1;
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

/* Blanks rows and columns first..last-1 of a square around one pixel. */
static void cut_out(sg_shape shape, int32_t side, uint32_t x, uint32_t y,
                    uint8_t *out)
{
    const int32_t height = (int32_t)shape.height, width = (int32_t)shape.width;
    int32_t top = (int32_t)y - side / 2, left = (int32_t)x - side / 2;
    int32_t bottom = top + side < height ? top + side : height;
    int32_t right = left + side < width ? left + side : width;
    top = top > 0 ? top : 0;
    left = left > 0 ? left : 0;
    const size_t c = shape.channels;
    for (int32_t row = top; row < bottom && left < right; row++)
        memset(out + ((size_t)row * shape.width + (size_t)left) * c, 0,
               (size_t)(right - left) * c);
}

/* Everything but the cutout. Blocks: 0 shift and flip, 1 and 2 affine; 4 is
 * that of elastic. */
static void transform(const sg__augment *a, const sg__kernels *kernels,
                      sg_shape shape, uint64_t seed, uint32_t epoch,
                      uint32_t sample, int32_t levels, const uint8_t *in,
                      uint8_t *out)
{
    int32_t dx = 0, dy = 0;
    bool flip = false;
    if (a->flip || a->shift) {
        sg__draw d = sg__random(seed, SG__STREAM_AUGMENT, epoch, sample, 0, 0);
        dx = sg__spread(d.v[0], (int32_t)a->shift);
        dy = sg__spread(d.v[1], (int32_t)a->shift);
        flip = a->flip && (d.v[2] >> 31);
    }
    if (!a->affine && !a->elastic) {
        move(kernels, shape, dx, dy, flip, levels, in, out);
        return;
    }
    sg__warp w = identity();
    if (a->affine)
        w = affine(shape,
                   sg__random(seed, SG__STREAM_AUGMENT, epoch, sample, 1, 0),
                   sg__random(seed, SG__STREAM_AUGMENT, epoch, sample, 2, 0));
    w = flip_and_move(w, shape, flip, dx, dy);
    if (!a->elastic) {
        kernels->resample(&w, shape, levels, in, out);
        return;
    }
    sg__elastic_resample(&w, shape, a->elastic, seed, epoch, sample, in, out);
    kernels->quantise((size_t)shape.height * shape.width * shape.channels, out,
                      levels, out);
}

void sg__augment_counts(const sg__augment *a, const sg__kernels *kernels,
                        sg_shape shape, uint64_t seed, uint32_t epoch,
                        uint32_t sample, int32_t levels, const uint8_t *in,
                        uint8_t *out)
{
    transform(a, kernels, shape, seed, epoch, sample, levels, in, out);
    if (a->cutout == 0)
        return;
    sg__draw d = sg__random(seed, SG__STREAM_AUGMENT, epoch, sample, 3, 0);
    cut_out(shape, (int32_t)a->cutout, sg__random_below(d.v[0], shape.width),
            sg__random_below(d.v[1], shape.height), out);
}

void sg__augment_apply(const sg__augment *a, sg_shape shape, uint64_t seed,
                       uint32_t epoch, uint32_t sample, const uint8_t *in,
                       uint8_t *out)
{
    sg__augment_counts(a, sg__kernels_table(0), shape, seed, epoch, sample,
                       255, in, out);
}
