/* Arrays as images and labels; see arrays.h.
 *
 * Items are taken in the order of the file. Each axis has a step, by which an
 * item's place among the pixels goes on; so any order of axes, C or Fortran,
 * is read in one pass and never in memory twice. */
#include "data/arrays/arrays.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHANNELS_FEW = 4, /* as many are channels, if other axes are longer */
    SIDE_MAX = 65535,
    BUFFER = 1 << 16,
};

#define FIRST_BYTES ((uint64_t)1 << 20)

static const char *const layouts[] = {"NHW", "NHWC", "NCHW",
                                      "NL",  "NLC",  "NCL"};

sg_status sg__array_form_read(const sg__request *request, sg__array_form *out,
                              sg_error *error)
{
    const char *layout = sg__request_text(request, "layout");
    const char *range = sg__request_text(request, "range");
    *out = (sg__array_form){.limit = request->limit ? request->limit
                                                    : SG__DATA_BYTES_MAX};
    for (size_t i = 0; layout && i < sizeof layouts / sizeof *layouts; i++)
        if (strcmp(layout, layouts[i]) == 0)
            out->layout = layouts[i];
    if (layout && !out->layout)
        return sg__fail(error, SG_E_ARGUMENT,
                        "data \"%.120s\": layout=%.24s, expected NHW, NHWC, "
                        "NCHW, NL, NLC or NCL",
                        request->spec, layout);
    if (range && !sg__range_read(range, &out->range))
        return sg__fail(error, SG_E_ARGUMENT,
                        "data \"%.120s\": range=%.40s, expected LOW:HIGH, "
                        "decimal numbers with up to 6 digits behind the "
                        "point, within 2^32 of 0",
                        request->spec, range);
    return SG_OK;
}

/* What the axes are, if nobody says: NULL if it is not plain. */
static const char *guess_layout(const sg__npy *npy)
{
    bool last = npy->size[3] <= CHANNELS_FEW;
    bool second = npy->size[1] <= CHANNELS_FEW;
    switch (npy->dims) {
    case 2:
        return "NL";
    case 3:
        return "NHW";
    case 4:
        return last == second ? NULL : last ? "NHWC" : "NCHW";
    default:
        return NULL;
    }
}

/* The shape as a text, "60000x28x28". */
static const char *shape_of(const sg__npy *npy, char text[64])
{
    size_t n = 0;
    text[0] = '\0';
    for (uint32_t d = 0; d < npy->dims; d++)
        n += (size_t)snprintf(text + n, 64 - n, "%s%" PRIu64, d ? "x" : "",
                              npy->size[d]);
    return text;
}

static sg_status choose_layout(const sg__source *source, const sg__npy *npy,
                               const char *given, const char **layout,
                               sg_error *error)
{
    char text[64];
    *layout = given ? given : guess_layout(npy);
    if (*layout && strlen(*layout) == npy->dims)
        return SG_OK;
    if (given)
        return sg__fail(error, SG_E_FORMAT,
                        "%.160s: %s items are not %s, as layout= says",
                        source->name, shape_of(npy, text), given);
    return sg__fail(error, SG_E_FORMAT,
                    "%.160s: %s items: expected N,L or N,H,W, or N,H,W,C or "
                    "N,C,H,W: which, ',layout=' says",
                    source->name, shape_of(npy, text));
}

/* The axes of a file as it is gone through, the fastest first. */
typedef struct walk {
    uint32_t axes;
    uint64_t size[SG__NPY_DIMS], at[SG__NPY_DIMS];
    size_t step[SG__NPY_DIMS], place;
} walk;

static void make_walk(const sg__npy *npy, const char *layout, sg__images *out,
                      walk *w)
{
    uint64_t n = 1, h = 1, width = 1, c = 1;
    *w = (walk){.axes = npy->dims};
    for (uint32_t d = 0; d < npy->dims; d++)
        *(layout[d] == 'N'   ? &n
          : layout[d] == 'H' ? &h
          : layout[d] == 'C' ? &c
                             : &width) = npy->size[d];
    for (uint32_t d = 0; d < npy->dims; d++) {
        uint32_t a = npy->fortran ? d : npy->dims - 1 - d;
        w->size[a] = npy->size[d];
        w->step[a] = (size_t)(layout[d] == 'N'   ? h * width * c
                              : layout[d] == 'H' ? width * c
                              : layout[d] == 'C' ? 1
                                                 : c);
    }
    out->count = (uint32_t)n;
    out->height = (uint32_t)h;
    out->width = (uint32_t)width;
    out->channels = (uint32_t)c;
}

static sg_status check_shape(const sg__source *source, const sg__images *i,
                             uint64_t limit, sg_error *error)
{
    if (i->height > SIDE_MAX || i->width > SIDE_MAX || i->channels > UINT8_MAX)
        return sg__fail(error, SG_E_FORMAT,
                        "%.160s: samples of %ux%ux%u, expected sides up to "
                        "%d and up to 255 channels",
                        source->name, i->height, i->width, i->channels,
                        SIDE_MAX);
    const uint64_t sample = (uint64_t)i->height * i->width * i->channels;
    if (sample > limit / i->count)
        return sg__fail(error, SG_E_FORMAT,
                        "%.160s: %u samples of %" PRIu64 " bytes, at most "
                        "%" PRIu64 " bytes are read; ',limit=MIB' behind the "
                        "path takes more",
                        source->name, i->count, sample, limit);
    return SG_OK;
}

/* Whether the file has the pixels as they are wanted. */
static bool is_plain(const walk *w)
{
    size_t step = 1;
    for (uint32_t a = 0; a < w->axes; a++) {
        if (w->size[a] > 1 && w->step[a] != step)
            return false;
        step *= (size_t)w->size[a];
    }
    return true;
}

/* Goes on by one item along the axes above the fastest. */
static void go_on(walk *w)
{
    for (uint32_t a = 1; a < w->axes; a++) {
        w->place += w->step[a];
        if (++w->at[a] < w->size[a])
            return;
        w->place -= w->step[a] * (size_t)w->size[a];
        w->at[a] = 0;
    }
}

static sg_status refuse(const sg__source *source, const sg__npy *npy,
                        size_t sample, int64_t key, sg_error *error)
{
    char type[32];
    const bool real = npy->kind == 'f';
    return sg__fail(error, SG_E_FORMAT,
                    "%.140s: sample %zu: %s %g, expected 0..%s; "
                    "',range=LOW:HIGH' behind the path says what is black "
                    "and white",
                    source->name, sample, sg__npy_name(npy, type),
                    sg__npy_value(npy, key), real ? "1" : "255");
}

/* Items of the fastest axis, from bytes to their places. */
static bool place_run(const sg__npy *npy, const sg__levels *levels,
                      const uint8_t *bytes, size_t items, uint8_t *pixels,
                      size_t step, size_t *bad, int64_t *key)
{
    for (size_t i = 0; i < items; i++) {
        *key = sg__npy_key(npy, bytes + i * npy->width);
        if (!sg__levels_take(levels, *key)) {
            *bad = i;
            return false;
        }
        pixels[i * step] = sg__levels_byte(levels, *key);
    }
    return true;
}

/* Reads all items and puts them where they belong. */
static sg_status read_numbers(sg__source *source, const sg__npy *npy, walk *w,
                              const sg__levels *levels, sg__images *out,
                              sg_error *error)
{
    uint8_t buffer[BUFFER];
    const size_t sample = (size_t)out->height * out->width * out->channels;
    const uint64_t items = sg__npy_items(npy);
    const size_t most = BUFFER / npy->width;
    for (uint64_t done = 0; done < items;) {
        size_t n = items - done < most ? (size_t)(items - done) : most;
        sg_status status =
            sg__source_exact(source, buffer, n * npy->width, "items", error);
        if (status)
            return status;
        for (size_t i = 0; i < n;) {
            uint64_t left = w->size[0] - w->at[0];
            size_t run = left < n - i ? (size_t)left : n - i, bad = 0;
            size_t place = w->place + (size_t)w->at[0] * w->step[0];
            int64_t key;
            if (!place_run(npy, levels, buffer + i * npy->width, run,
                           out->pixels + place, w->step[0], &bad, &key))
                return refuse(source, npy, (place + bad * w->step[0]) / sample,
                              key, error);
            i += run;
            w->at[0] += run;
            if (w->at[0] == w->size[0]) {
                w->at[0] = 0;
                go_on(w);
            }
        }
        done += n;
    }
    return SG_OK;
}

/* Reads bytes that are as they are wanted into memory that grows with them. */
static sg_status read_plain(sg__source *source, uint64_t bytes,
                            sg__images *out, sg_error *error)
{
    uint64_t have = 0;
    while (have < bytes) {
        uint64_t room = have ? 2 * have : FIRST_BYTES;
        room = room < bytes && !source->known ? room : bytes;
        uint8_t *grown = realloc(out->pixels, (size_t)room);
        if (!grown)
            return sg__fail(error, SG_E_MEMORY, "%s: out of memory",
                            source->name);
        out->pixels = grown;
        sg_status status =
            sg__source_exact(source, grown + have, (size_t)(room - have),
                             "items", error);
        if (status)
            return status;
        have = room;
    }
    return SG_OK;
}

sg_status sg__array_images(sg__source *source, const sg__array_form *form,
                           bool bare, sg__images *out, sg_error *error)
{
    sg__npy npy;
    const char *layout = NULL;
    walk w;
    *out = (sg__images){.count = 0};
    sg_status status = sg__npy_open(source, &npy, error);
    if (!status)
        status = choose_layout(source, &npy, form->layout, &layout, error);
    if (status)
        return status;
    make_walk(&npy, layout, out, &w);
    status = check_shape(source, out, form->limit, error);
    if (status)
        return status;
    out->begin = npy.begin;
    const uint64_t items = sg__npy_items(&npy);
    const bool bytes = npy.kind == 'u' && npy.width == 1 && !form->range.given;
    if (bytes && is_plain(&w)) {
        if (bare && source->known)
            return source->length == npy.begin + items
                       ? SG_OK
                       : sg__fail(error, SG_E_FORMAT,
                                  "%s: byte %" PRIu64 ": the file goes on "
                                  "after its last item",
                                  source->name, npy.begin + items);
        status = read_plain(source, items, out, error);
    } else {
        sg__levels levels;
        sg__levels_make(&npy,
                        form->range.given ? form->range
                                          : sg__range_usual(&npy),
                        &levels);
        out->pixels = malloc((size_t)items);
        status = out->pixels
                     ? read_numbers(source, &npy, &w, &levels, out, error)
                     : sg__fail(error, SG_E_MEMORY, "%s: out of memory",
                                source->name);
    }
    if (!status)
        status = sg__npy_end(source, error);
    if (status) {
        free(out->pixels);
        out->pixels = NULL;
    }
    return status;
}

static sg_status read_labels(sg__source *source, const sg__npy *npy,
                             sg__classes *out, sg_error *error)
{
    uint8_t buffer[BUFFER];
    const size_t most = BUFFER / npy->width;
    for (uint32_t done = 0; done < out->count;) {
        uint32_t n = out->count - done;
        n = n < most ? n : (uint32_t)most;
        sg_status status =
            sg__source_exact(source, buffer, (size_t)n * npy->width, "labels",
                             error);
        if (status)
            return status;
        uint32_t *grown = realloc(out->labels, (done + n) * sizeof *grown);
        if (!grown)
            return sg__fail(error, SG_E_MEMORY, "%s: out of memory",
                            source->name);
        out->labels = grown;
        for (uint32_t i = 0; i < n; i++) {
            int64_t key = sg__npy_key(npy, buffer + (size_t)i * npy->width);
            if (key < 0 || key > UINT16_MAX)
                return sg__fail(error, SG_E_FORMAT,
                                "%s: byte %" PRIu64 ": label %" PRId64 ", "
                                "expected 0..65535",
                                source->name,
                                npy->begin + (uint64_t)(done + i) * npy->width,
                                key);
            out->labels[done + i] = (uint32_t)key;
            out->most = (uint32_t)key > out->most ? (uint32_t)key : out->most;
        }
        done += n;
    }
    return SG_OK;
}

sg_status sg__array_labels(sg__source *source, sg__classes *out,
                           sg_error *error)
{
    sg__npy npy;
    char text[64], type[32];
    *out = (sg__classes){.count = 0};
    sg_status status = sg__npy_open(source, &npy, error);
    if (status)
        return status;
    if (npy.kind == 'f' || npy.dims < 1 || npy.dims > 2 || npy.size[1] != 1)
        return sg__fail(error, SG_E_FORMAT,
                        "%.160s: %s labels of type %s, expected whole "
                        "numbers, N or N,1",
                        source->name, shape_of(&npy, text),
                        sg__npy_name(&npy, type));
    out->count = (uint32_t)npy.size[0];
    status = read_labels(source, &npy, out, error);
    if (!status)
        status = sg__npy_end(source, error);
    if (status) {
        free(out->labels);
        out->labels = NULL;
    }
    return status;
}
