/* Options of event recordings, and where an event belongs; see shape.h. */
#include "data/events/shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/events/columns.h"

static sg_status bad(const sg__request *request, const char *key,
                     const char *expected, sg_error *error)
{
    return sg__fail(error, SG_E_ARGUMENT,
                    "data \"%.100s\": %s=%.40s, expected %s", request->spec,
                    key, sg__request_text(request, key), expected);
}

/* A decimal number up to high at *text, which moves behind it. */
static bool take_number(const char **text, uint64_t high, uint64_t *out)
{
    uint64_t n = 0;
    const char *at = *text;
    if (*at < '0' || *at > '9')
        return false;
    for (; *at >= '0' && *at <= '9'; at++) {
        n = 10 * n + (uint64_t)(*at - '0');
        if (n > high)
            return false;
    }
    *text = at;
    *out = n;
    return true;
}

/* HxW at *text. */
static bool take_size(const char **text, uint32_t *height, uint32_t *width)
{
    uint64_t h, w;
    if (!take_number(text, SG__SENSOR_MAX, &h) || *(*text)++ != 'x' ||
        !take_number(text, SG__SENSOR_MAX, &w) || h == 0 || w == 0)
        return false;
    *height = (uint32_t)h;
    *width = (uint32_t)w;
    return true;
}

/* A time with its unit at *text, in microseconds. */
static bool take_time(const char **text, uint64_t *out)
{
    static const struct {
        const char *name;
        uint64_t us;
    } units[] = {{"us", 1}, {"ms", 1000}, {"s", 1000000}};
    uint64_t n;
    if (!take_number(text, UINT64_C(1000000000), &n))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t length = strlen(units[i].name);
        if (strncmp(*text, units[i].name, length) == 0) {
            *text += length;
            *out = n * units[i].us;
            return true;
        }
    }
    return false;
}

static sg_status read_size(const sg__request *request, const char *key,
                           uint32_t *height, uint32_t *width, sg_error *error)
{
    const char *text = sg__request_text(request, key);
    if (text && (!take_size(&text, height, width) || *text))
        return bad(request, key, "HEIGHTxWIDTH, each 1..4096", error);
    return SG_OK;
}

static sg_status read_crop(const sg__request *request, sg__event_shape *out,
                           sg_error *error)
{
    const char *text = sg__request_text(request, "crop");
    uint64_t y = 0, x = 0;
    if (!text)
        return SG_OK;
    bool good = take_size(&text, &out->crop_h, &out->crop_w);
    out->crops = true;
    out->centred = good && !*text;
    if (good && *text)
        good = *text++ == '+' && take_number(&text, SG__SENSOR_MAX, &y) &&
               *text++ == '+' && take_number(&text, SG__SENSOR_MAX, &x) &&
               !*text;
    out->crop_y = (uint32_t)y;
    out->crop_x = (uint32_t)x;
    return good ? SG_OK
                : bad(request, "crop", "HEIGHTxWIDTH or HEIGHTxWIDTH+Y+X",
                      error);
}

static sg_status read_window(const sg__request *request, sg__event_shape *out,
                             sg_error *error)
{
    const char *text = sg__request_text(request, "window");
    out->to = UINT64_MAX;
    if (!text)
        return SG_OK;
    bool good = take_time(&text, &out->to);
    if (good && strncmp(text, "..", 2) == 0) {
        text += 2;
        out->from = out->to;
        good = take_time(&text, &out->to);
    }
    return good && !*text && out->to > out->from
               ? SG_OK
               : bad(request, "window", "a time as 100ms, or two as 50ms..2s",
                     error);
}

static sg_status read_cut(const sg__request *request, sg__event_shape *out,
                          sg_error *error)
{
    const char *text = sg__request_text(request, "cut");
    const char *parts = sg__request_text(request, "parts");
    uint64_t n = 0;
    if (text) {
        const char *at = text;
        if (take_time(&at, &out->cut) && !*at && out->cut > 0)
            text = NULL;
        at = text;
        if (text && take_number(&at, UINT32_MAX, &n) && n > 0 &&
            strcmp(at, "ev") == 0) {
            out->cut_events = n;
            text = NULL;
        }
        if (text)
            return bad(request, "cut", "a time as 100ms, or events as 5000ev",
                       error);
    }
    if (!parts || strcmp(parts, "apart") == 0)
        return SG_OK;
    if (strcmp(parts, "growing") != 0)
        return bad(request, "parts", "apart or growing", error);
    out->growing = true;
    return out->cut ? SG_OK
                    : bad(request, "parts", "cut= as a time with it", error);
}

static sg_status read_bins(const sg__request *request, sg__event_shape *out,
                           sg_error *error)
{
    uint64_t bins = 1;
    sg_status status =
        sg__request_number(request, "bins", 1, SG__BINS_MAX, &bins, error);
    out->bins = (uint32_t)bins;
    if (!status && bins > 1 && out->to == UINT64_MAX &&
        (out->growing || (!out->cut && !out->cut_events)))
        return bad(request, "bins",
                   "window= with it, which says how long all bins are", error);
    return status;
}

static sg_status read_columns(const sg__request *request, sg__event_shape *out,
                              sg_error *error)
{
    const char *text = sg__request_text(request, "columns");
    int place[SG__COLUMNS];
    if (!text)
        return SG_OK;
    if (!sg__columns_read(text, place))
        return bad(request, "columns",
                   "the letters t, x, y and p, in the order of the columns",
                   error);
    memcpy(out->columns, text, sizeof out->columns - 1);
    out->known.columns = out->columns;
    return SG_OK;
}

sg_status sg__shape_read(const sg__request *request, sg__event_shape *out,
                         sg_error *error)
{
    const char *polarity = sg__request_text(request, "polarity");
    uint64_t cap = 31;
    *out = (sg__event_shape){.split = true};
    sg_status status = read_size(request, "sensor", &out->known.height,
                                 &out->known.width, error);
    if (!status)
        status = read_columns(request, out, error);
    if (!status)
        status = read_crop(request, out, error);
    if (!status)
        status = read_size(request, "size", &out->size_h, &out->size_w, error);
    if (!status)
        status = read_window(request, out, error);
    if (!status)
        status = read_cut(request, out, error);
    if (!status)
        status = read_bins(request, out, error);
    if (!status)
        status = sg__request_number(request, "cap", 1, 255, &cap, error);
    out->cap = (uint32_t)cap;
    if (!status)
        status =
            sg__request_number(request, "hot", 1, 1000000, &out->hot, error);
    if (!status && polarity) {
        out->split = strcmp(polarity, "split") == 0;
        if (!out->split && strcmp(polarity, "merge") != 0)
            status = bad(request, "polarity", "split or merge", error);
    }
    return status;
}

sg_status sg__placer_begin(sg__placer *p, const sg__event_shape *shape,
                           uint32_t sensor_h, uint32_t sensor_w,
                           const char *name, sg_error *error)
{
    *p = (sg__placer){.shape = shape,
                      .crop_h = shape->crops ? shape->crop_h : sensor_h,
                      .crop_w = shape->crops ? shape->crop_w : sensor_w,
                      .crop_y = shape->crop_y,
                      .crop_x = shape->crop_x,
                      .sensor_h = sensor_h,
                      .sensor_w = sensor_w,
                      .channels = shape->bins * (shape->split ? 2 : 1)};
    if (p->crop_h > sensor_h || p->crop_w > sensor_w ||
        p->crop_y > sensor_h - p->crop_h || p->crop_x > sensor_w - p->crop_w)
        return sg__fail(error, SG_E_ARGUMENT,
                        "%.160s: crop %" PRIu32 "x%" PRIu32 "+%" PRIu32
                        "+%" PRIu32 " is not within the sensor of %" PRIu32
                        "x%" PRIu32,
                        name, p->crop_h, p->crop_w, p->crop_y, p->crop_x,
                        sensor_h, sensor_w);
    if (shape->crops && shape->centred) {
        p->crop_y = (sensor_h - p->crop_h) / 2;
        p->crop_x = (sensor_w - p->crop_w) / 2;
    }
    p->height = shape->size_h ? shape->size_h : p->crop_h;
    p->width = shape->size_w ? shape->size_w : p->crop_w;
    if (p->height > p->crop_h || p->width > p->crop_w)
        return sg__fail(error, SG_E_ARGUMENT,
                        "%.160s: size %" PRIu32 "x%" PRIu32 ", expected at "
                        "most %" PRIu32 "x%" PRIu32 ", the pixels there are",
                        name, p->height, p->width, p->crop_h, p->crop_w);
    return SG_OK;
}

/* Which bin an event is in, the number seen-th of those that count. */
static uint64_t bin_of(const sg__event_shape *s, uint64_t time, uint64_t seen)
{
    if (s->bins == 1)
        return 0;
    if (s->cut_events)
        return seen % s->cut_events * s->bins / s->cut_events;
    uint64_t span = s->cut && !s->growing ? s->cut : s->to - s->from;
    return time * s->bins / span;
}

bool sg__placer_place(sg__placer *p, const sg__camera_event *event,
                      sg__place *out)
{
    const sg__event_shape *s = p->shape;
    if (event->time < s->from || event->time >= s->to ||
        event->y < p->crop_y || event->y - p->crop_y >= p->crop_h ||
        event->x < p->crop_x || event->x - p->crop_x >= p->crop_w ||
        (p->silent && p->silent[(size_t)event->y * p->sensor_w + event->x]))
        return false;
    uint64_t time = event->time - s->from, seen = p->seen++;
    uint32_t y = (event->y - p->crop_y) * p->height / p->crop_h;
    uint32_t x = (event->x - p->crop_x) * p->width / p->crop_w;
    out->part = s->cut          ? time / s->cut
                : s->cut_events ? seen / s->cut_events
                                : 0;
    out->time = s->cut && !s->growing ? time % s->cut : time;
    uint32_t channel = (uint32_t)bin_of(s, out->time, seen);
    if (s->split)
        channel = 2 * channel + event->on;
    out->neuron = (y * p->width + x) * p->channels + channel;
    return true;
}

bool sg__shape_keeps(const sg__event_shape *s, const sg__place *at,
                     uint64_t seen)
{
    if (at->part == 0)
        return true;
    if (s->cut)
        return (s->growing ? at->time % s->cut : at->time) >= s->cut / 2;
    return (seen - 1) % s->cut_events + 1 >= s->cut_events / 2;
}

bool sg__is_hot(const sg__event_shape *shape, uint32_t events, uint64_t last)
{
    /* of less than 2^32 events a pixel, and up to 2^43 us, three months */
    const uint64_t most = UINT64_C(1) << 43;
    return events * UINT64_C(1000000) >
           shape->hot * (last < most ? last : most);
}
