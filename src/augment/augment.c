/* Augmentation in fixed point. Every output pixel asks where it comes from:
 * in Q16. Flip and whole-pixel shift are folded into that map, so an image is
 * resampled at most once, and turned into spike counts on the way. */
#include "augment/augment.h"

#include <string.h>

#include "augment/elastic.h"
#include "augment/move.h"
#include "core/thin.h"

static const struct {
    const char *form;
    const sg__augment_kind *kind;
} kinds[] = {
#define KIND(name, form) {form, &sg__augment_##name},
    SG__AUGMENT_LIST(KIND)
#undef KIND
};

/* Reads the number at text; the end of its digits, or NULL if it is not in
 * 1..most. */
static const char *read_number(const char *text, uint32_t most,
                               uint32_t *number)
{
    uint32_t value = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        value = 10 * value + (uint32_t)(*text - '0');
        if (value > most)
            return NULL;
    }
    *number = value;
    return value ? text : NULL;
}

/* Reads a part of the given form; its end, or NULL if it is not that. */
static const char *read_form(const char *part, const char *form,
                             uint32_t *number)
{
    size_t name = strcspn(form, ":");
    const uint32_t most =
        strchr(form, 'P') ? SG__AUGMENT_PERCENT_MAX : SG__AUGMENT_PIXELS_MAX;
    *number = 1;
    if (strncmp(part, form, name) != 0)
        return NULL;
    const char *end = part + name;
    if (form[name])
        end = *end == ':' ? read_number(end + 1, most, number) : NULL;
    return end && (*end == '\0' || *end == '+') ? end : NULL;
}

/* Whether a has this kind already, under any name. */
static bool repeats(const sg__augment *a, const sg__augment_kind *kind)
{
    for (size_t k = 0; k < SG__AUGMENT_KINDS; k++)
        if (a->number[k] && kinds[k].kind->place == kind->place)
            return true;
    return false;
}

/* Reads one part into a; its end, or NULL if it is unknown or repeated. */
static const char *read_part(const char *part, sg__augment *a)
{
    for (size_t k = 0; k < SG__AUGMENT_KINDS; k++) {
        uint32_t number;
        const char *end = read_form(part, kinds[k].form, &number);
        if (!end)
            continue;
        if (repeats(a, kinds[k].kind))
            return NULL;
        a->number[k] = number;
        return end;
    }
    return NULL;
}

sg_status sg__augment_parse(const char *spec, sg__augment *out,
                            sg_error *error)
{
    sg__augment a = {.number = {0}};
    const char *part = spec;
    if (strcmp(spec, "none") == 0) {
        *out = a;
        return SG_OK;
    }
    for (;;) {
        const char *end = read_part(part, &a);
        if (!end)
            return sg__fail(
                error, SG_E_ARGUMENT,
                "augment \"%s\": at \"%s\": expected none, or " SG__AUGMENT_FORMS
                "with N 1..%d and P 1..%d, each at most once, joined by +",
                spec, part, SG__AUGMENT_PIXELS_MAX, SG__AUGMENT_PERCENT_MAX);
        part = end;
        if (*part == '\0')
            break;
        part++; /* the plus sign */
    }
    *out = a;
    return SG_OK;
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

/* Reads the image where it is placed. */
static void transform(const sg__variant *v, const sg__placing *from,
                      const sg__kernels *kernels, int32_t levels,
                      const uint8_t *in, uint8_t *out)
{
    const sg_shape shape = v->shape;
    if (!from->warped && !from->reach) {
        sg__move(kernels, shape, from->dx, from->dy, from->flip, levels, in,
                 out);
        return;
    }
    if (!from->reach) {
        kernels->resample(&from->warp, shape, levels, in, out);
        return;
    }
    sg__elastic_resample(&from->warp, v, from->reach, in, out);
    kernels->quantise((size_t)shape.height * shape.width * shape.channels, out,
                      levels, out);
}

/* Blanks the square of a placing. */
static void cut_out(sg_shape shape, const sg__placing *p, uint8_t *out)
{
    const int32_t height = (int32_t)shape.height, width = (int32_t)shape.width;
    int32_t top = p->cut_y, left = p->cut_x;
    int32_t bottom = top + p->cut < height ? top + p->cut : height;
    int32_t right = left + p->cut < width ? left + p->cut : width;
    top = top > 0 ? top : 0;
    left = left > 0 ? left : 0;
    const size_t c = shape.channels;
    for (int32_t row = top; row < bottom && left < right; row++)
        memset(out + ((size_t)row * shape.width + (size_t)left) * c, 0,
               (size_t)(right - left) * c);
}

/* Leaves as many spikes as the placing says. */
static void thin_out(const sg__variant *v, const sg__placing *p, uint8_t *out)
{
    const size_t n =
        (size_t)v->shape.height * v->shape.width * v->shape.channels;
    const uint32_t chances = SG__THIN_CERTAIN - p->dropped;
    for (size_t i = 0; i < n; i++)
        if (out[i])
            out[i] = (uint8_t)sg__thinned(v->seed, v->epoch, v->sample,
                                          (uint32_t)i, out[i], chances);
}

void sg__augment_place(const sg__augment *a, const sg__variant *v,
                       sg__placing *out)
{
    *out = (sg__placing){.warp = {.m = {SG__PIXEL, 0, 0, SG__PIXEL}}};
    for (size_t k = 0; k < SG__AUGMENT_KINDS; k++)
        if (a->number[k])
            kinds[k].kind->place(v, a->number[k], out);
    if (out->warped || out->reach)
        out->warp =
            flip_and_move(out->warp, v->shape, out->flip, out->dx, out->dy);
}

void sg__augment_counts(const sg__augment *a, const sg__kernels *kernels,
                        sg_shape shape, uint64_t seed, uint32_t epoch,
                        uint32_t sample, int32_t levels, const uint8_t *in,
                        uint8_t *out)
{
    const sg__variant v = {shape, seed, epoch, sample};
    sg__placing from;
    sg__augment_place(a, &v, &from);
    transform(&v, &from, kernels, levels, in, out);
    if (from.cut)
        cut_out(shape, &from, out);
    if (from.dropped)
        thin_out(&v, &from, out);
}

void sg__augment_apply(const sg__augment *a, sg_shape shape, uint64_t seed,
                       uint32_t epoch, uint32_t sample, const uint8_t *in,
                       uint8_t *out)
{
    sg__augment_counts(a, sg__kernels_table(0), shape, seed, epoch, sample,
                       255, in, out);
}
