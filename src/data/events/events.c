/* events: recordings of event cameras, in a folder a class. An event is an
 * input spike; the counts of events are the input counts. */
#include <stdlib.h>
#include <string.h>

#include "data/data.h"
#include "data/events/listing.h"
#include "data/events/recordings.h"
#include "data/reader.h"
#include "data/single.h"
#include "data/source.h"

/* What is kept to read the events of a sample again. */
typedef struct album {
    sg__event_shape shape;
    sg__listing list;
    sg__parts parts;  /* which part each sample is; without the samples */
    uint64_t limit;   /* of a file, as asked for */
    uint32_t classes; /* of a single recording, by its network; else 0 */
} album;

static void free_album(void *self)
{
    album *a = self;
    if (!a)
        return;
    sg__listing_free(&a->list);
    sg__parts_free(&a->parts);
    free(a);
}

/* Opens a recording twice if hot pixels have to be known first. */
static sg_status open_recording(const album *a, const char *path,
                                sg__source *source, sg__hot *hot,
                                sg_error *error)
{
    *hot = (sg__hot){NULL, 0, 0};
    sg_status status = sg__source_open(path, a->limit, source, error);
    if (status || !a->shape.hot)
        return status;
    status = sg__hot_pixels(&a->shape, sg__event_format_of(path), source, hot,
                            error);
    sg__source_close(source);
    if (!status)
        status = sg__source_open(path, a->limit, source, error);
    if (status) {
        free(hot->silent);
        hot->silent = NULL;
    }
    return status;
}

static sg_status read_events(const void *self, uint32_t place,
                             sg_data_event **events, size_t *count,
                             sg_error *error)
{
    const album *a = self;
    const char *path = a->list.at[a->parts.part[place].recording].path;
    sg__source source;
    sg__hot hot;
    sg_status status = open_recording(a, path, &source, &hot, error);
    if (status)
        return status;
    status = sg__part_events(&a->parts, place, sg__event_format_of(path),
                             &source, &hot, events, count, error);
    sg__source_close(&source);
    free(hot.silent);
    return status;
}

static uint32_t recording_of(const void *self, uint32_t place)
{
    const album *a = self;
    return a->parts.part[place].recording;
}

/* The samples of all recordings. */
static sg_status read_samples(album *a, sg_error *error)
{
    sg_status status = SG_OK;
    for (uint32_t i = 0; !status && i < a->list.count; i++) {
        const sg__recording *r = &a->list.at[i];
        sg__source source;
        sg__hot hot;
        status = open_recording(a, r->path, &source, &hot, error);
        if (status)
            break;
        status = sg__parts_add(&a->parts, sg__event_format_of(r->path),
                               &source, &hot, i, (uint16_t)r->class, error);
        sg__source_close(&source);
        free(hot.silent);
    }
    return status;
}

static sg_status adopt(const sg__request *request, album *a, sg_data **out,
                       sg_error *error)
{
    sg__parts *parts = &a->parts;
    const sg_data_info info = {
        .name = request->spec,
        .height = parts->height,
        .width = parts->width,
        .channels = parts->channels,
        .classes = a->classes ? a->classes : a->list.classes,
        .size = parts->count,
        .counts = parts->shape->cap,
    };
    const sg__recorder recorder = {read_events, recording_of, free_album, a};
    sg_status status =
        sg__data_adopt_wide(&info, parts->counts, parts->labels, out, error);
    parts->counts = NULL;
    parts->labels = NULL;
    if (status) {
        free_album(a);
        return status;
    }
    (*out)->own->recorder = recorder;
    /* folders whose names are no names of classes go by their numbers */
    if (a->classes == 0 &&
        sg_data_name_classes(*out, (const char *const *)a->list.class, NULL) ==
            SG_E_MEMORY) {
        sg_data_destroy(*out);
        *out = NULL;
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory",
                        request->path);
    }
    return SG_OK;
}

/* What the options say, of a split. */
static sg_status take_shape(const sg__request *request, album *a,
                            sg_error *error)
{
    a->limit = request->limit;
    sg_status status = sg__shape_read(request, &a->shape, error);
    if (!status && a->shape.growing && request->split == SG_SPLIT_TEST) {
        a->shape.growing = false;
        a->shape.cut = 0;
    }
    return status;
}

static sg_status fill_album(const sg__request *request, album *a,
                            sg_error *error)
{
    sg_status status = take_shape(request, a, error);
    if (!status)
        status = sg__listing_read(request->path, &a->list, error);
    if (!status)
        status = sg__listing_divide(&a->list, request, error);
    if (!status)
        status = sg__listing_select(&a->list, request, error);
    return status;
}

/* The data of an album whose recordings are known, or what went wrong before;
 * frees it. */
static sg_status open_album(const sg__request *request, album *a,
                            sg_status status, sg_data **out, sg_error *error)
{
    a->parts.shape = &a->shape;
    a->parts.limit = request->limit ? request->limit : SG__DATA_BYTES_MAX;
    if (!status)
        status = read_samples(a, error);
    if (!status)
        return adopt(request, a, out, error);
    free_album(a);
    return status;
}

static sg_status open_events(const sg__request *request, sg_data **out,
                             sg_error *error)
{
    album *a = calloc(1, sizeof *a);
    if (!a)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory",
                        request->spec);
    return open_album(request, a, fill_album(request, a, error), out, error);
}

static bool is_recording(const char *path, const uint8_t head[SG__FILE_HEAD])
{
    (void)head;
    return sg__event_format_of(path) != NULL;
}

/* One recording, cut as those of a test split. */
static sg_status open_single(const sg__file *file, sg_data **out,
                             sg_error *error)
{
    album *a = calloc(1, sizeof *a);
    if (a)
        a->list.at = calloc(1, sizeof *a->list.at);
    char *copy = a && a->list.at ? sg__path_join(NULL, file->path, "") : NULL;
    if (!copy) {
        free_album(a);
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", file->path);
    }
    a->list.at[0].path = copy;
    a->list.count = a->list.room = 1;
    a->classes = file->like->classes;
    sg_status status = take_shape(file->request, a, error);
    status = open_album(file->request, a, status, out, error);
    return status ? status : sg__single_check(file, out, error);
}

static bool is_events(const char *path)
{
    sg__listing list;
    if (sg__listing_read(path, &list, NULL) != SG_OK)
        return false;
    sg__listing_free(&list);
    return true;
}

static const sg_data_option options[] = {
    {"fold", "K/N",
     "tests on every N-th recording from the K-th on, in the order of their "
     "paths, and trains on the others"},
    {"test", "P%", "tests on so many of all recordings, spread evenly"},
    SG__FILE_OPTIONS,
    SG__CUT_OPTIONS,
    SG__SHAPE_OPTIONS,
};

const sg__reader sg__reader_events = {
    .format = {.name = "events",
               .form = "events:DIR",
               .help = "recordings of event cameras in a folder a class, in "
                       "train and test or not: .bin of N-MNIST, .aedat 2.0 "
                       "and 3.1, .dat and .raw (EVT 2.0, 3.0) of Prophesee, "
                       ".npy, .npz and .csv of t, x, y, p",
               .example = "events:data/N-MNIST,polarity=split",
               .takes_path = 1,
               .option = options,
               .options = sizeof options / sizeof options[0]},
    .open = open_events,
    .claims = is_recording,
    .open_file = open_single,
    .recognise = is_events,
};
