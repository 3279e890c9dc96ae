/* glyph-events: the generated digits as an event camera sees them. Counts are
 * made when they are first asked for; no files needed. */
#include <stdlib.h>

#include "base/random.h"
#include "data/events/camera.h"
#include "data/events/shape.h"
#include "data/glyphs.h"
#include "data/reader.h"

enum { SAMPLES_MAX = 1000000, CLASSES = 10, SIDE = SG__CAMERA_SIDE };

/* What makes samples: all that their counts depend on. */
typedef struct studio {
    sg__event_shape shape;
    sg__placer placer; /* on the sensor; silent is each sample's own */
    uint64_t seed;
    sg_split split;
} studio;

/* Hot pixels of one sample. */
typedef struct tally {
    uint32_t events[SIDE * SIDE];
    uint64_t last;
} tally;

static void count_pixel(const sg__camera_event *event, void *user)
{
    tally *t = user;
    t->events[event->y * SIDE + event->x]++;
    if (event->time > t->last)
        t->last = event->time;
}

static sg__placer placer_of(const studio *s, uint32_t index,
                            bool silent[SIDE * SIDE])
{
    sg__placer p = s->placer;
    if (!s->shape.hot)
        return p;
    tally t = {{0}, 0};
    sg__camera_watch(s->seed, s->split, index, count_pixel, &t);
    for (size_t i = 0; i < SIDE * SIDE; i++)
        silent[i] = sg__is_hot(&s->shape, t.events[i], t.last);
    p.silent = silent;
    return p;
}

typedef struct counting {
    sg__placer placer;
    uint8_t *counts;
    uint32_t cap;
} counting;

static void count_event(const sg__camera_event *event, void *user)
{
    counting *c = user;
    sg__place at;
    if (sg__placer_place(&c->placer, event, &at))
        c->counts[at.neuron] =
            (uint8_t)(c->counts[at.neuron] + (c->counts[at.neuron] < c->cap));
}

static void draw(const sg__drawer *drawer, uint32_t index, uint8_t *counts)
{
    const studio *s = drawer->user;
    bool silent[SIDE * SIDE];
    counting c = {placer_of(s, index, silent), counts, s->shape.cap};
    const size_t n =
        (size_t)s->placer.height * s->placer.width * s->placer.channels;
    for (size_t i = 0; i < n; i++)
        counts[i] = 0;
    sg__camera_watch(s->seed, s->split, index, count_event, &c);
}

/* The events of a sample; number keeps the order of those of one time. */
typedef struct placed {
    sg_data_event event;
    size_t number;
} placed;

typedef struct collecting {
    sg__placer placer;
    placed *at;
    size_t count, room;
    bool failed;
} collecting;

static void collect_event(const sg__camera_event *event, void *user)
{
    collecting *c = user;
    sg__place at;
    if (c->failed || !sg__placer_place(&c->placer, event, &at))
        return;
    if (c->count == c->room) {
        size_t room = c->room ? 2 * c->room : 4096;
        placed *more = realloc(c->at, room * sizeof *more);
        c->failed = !more;
        if (!more)
            return;
        c->at = more;
        c->room = room;
    }
    c->at[c->count] = (placed){{at.time, at.neuron}, c->count};
    c->count++;
}

static int by_time(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    if (x->event.time != y->event.time)
        return x->event.time < y->event.time ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* In the order of time, no more of a neuron than the cap. */
static size_t keep(const studio *s, placed *at, size_t count,
                   sg_data_event *to, uint8_t *counts)
{
    size_t n = 0;
    qsort(at, count, sizeof *at, by_time);
    for (size_t i = 0; i < count; i++)
        if (counts[at[i].event.neuron] < s->shape.cap) {
            counts[at[i].event.neuron]++;
            to[n++] = at[i].event;
        }
    return n;
}

static sg_status read_events(const void *self, uint32_t place,
                             sg_data_event **events, size_t *count,
                             sg_error *error)
{
    const studio *s = self;
    bool silent[SIDE * SIDE];
    collecting c = {.placer = placer_of(s, place, silent)};
    sg__camera_watch(s->seed, s->split, place, collect_event, &c);
    uint8_t *counts =
        calloc((size_t)s->placer.height * s->placer.width * s->placer.channels,
               1);
    sg_data_event *kept = c.count ? malloc(c.count * sizeof *kept) : NULL;
    if (c.failed || !counts || (c.count && !kept)) {
        free(c.at);
        free(counts);
        free(kept);
        return sg__fail(error, SG_E_MEMORY, "glyph-events: out of memory");
    }
    if (kept)
        *count = keep(s, c.at, c.count, kept, counts);
    *events = kept;
    free(c.at);
    free(counts);
    return SG_OK;
}

static sg_status adopt(const sg__request *request, studio *s, uint32_t size,
                       sg_data **out, sg_error *error)
{
    const sg__drawer drawer = {.draw = draw, .user = s};
    const sg__recorder recorder = {read_events, NULL, free, s};
    const sg_data_info info = {
        .name = request->spec,
        .height = s->placer.height,
        .width = s->placer.width,
        .channels = s->placer.channels,
        .classes = CLASSES,
        .size = size,
        .counts = s->shape.cap,
    };
    uint8_t *counts =
        malloc((size_t)size * info.height * info.width * info.channels);
    uint8_t *labels = malloc(size);
    if (!counts || !labels) {
        free(counts);
        free(labels);
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory",
                        request->spec);
    }
    for (uint32_t i = 0; i < size; i++)
        labels[i] = sg__glyph_label(s->seed, s->split, i);
    sg_status status =
        sg__data_adopt_drawn(&info, counts, labels, &drawer, out, error);
    if (!status)
        (*out)->own->recorder = recorder;
    return status;
}

static sg_status read_request(const sg__request *request, studio *s,
                              uint32_t *size, sg_error *error)
{
    uint64_t train = 20000, test = 4000;
    s->seed = 1;
    s->split = request->split;
    sg_status status =
        sg__request_number(request, "train", 1, SAMPLES_MAX, &train, error);
    if (!status)
        status =
            sg__request_number(request, "test", 1, SAMPLES_MAX, &test, error);
    if (!status)
        status = sg__request_number(request, "seed", 0, SG__SEED_LIMIT - 1,
                                    &s->seed, error);
    if (!status)
        status = sg__shape_read(request, &s->shape, error);
    if (!status)
        status = sg__placer_begin(&s->placer, &s->shape, SIDE, SIDE,
                                  "glyph-events", error);
    *size = (uint32_t)(request->split == SG_SPLIT_TRAIN ? train : test);
    return status;
}

static sg_status open_glyph_events(const sg__request *request, sg_data **out,
                                   sg_error *error)
{
    uint32_t size = 0;
    studio *s = calloc(1, sizeof *s);
    if (!s)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory",
                        request->spec);
    sg_status status = read_request(request, s, &size, error);
    if (!status) {
        s->placer.shape = &s->shape;
        status = adopt(request, s, size, out, error);
    }
    if (status)
        free(s);
    return status;
}

static const sg_data_option options[] = {
    {"train", "N", "training samples, 20000 if it is not given"},
    {"test", "N", "test samples, 4000 if it is not given"},
    {"seed", "S", "other recordings for every seed below 2^56"},
    SG__SHAPE_OPTIONS,
};

const sg__reader sg__reader_glyph_events = {
    .format = {.name = "glyph-events",
               .form = "glyph-events[:train=N,test=N,seed=S]",
               .help = "the generated digits seen by a moving, noisy event "
                       "camera, 34x34, 300 ms; no files needed",
               .example = "glyph-events:train=2000,window=300ms,bins=3",
               .option = options,
               .options = sizeof options / sizeof options[0]},
    .open = open_glyph_events,
};
