/* How events become input spikes: which of them count, and to which input
 * neuron of which sample each belongs. All of it in integers; docs/events.md
 * has the rules. */
#ifndef SG_DATA_EVENTS_SHAPE_H
#define SG_DATA_EVENTS_SHAPE_H

#include "data/events/stream.h"
#include "data/reader.h"

enum { SG__BINS_MAX = 64 };

typedef struct sg__event_shape {
    sg__known known; /* as asked for; columns are these */
    char columns[5];
    bool crops, centred;
    uint32_t crop_h, crop_w, crop_y, crop_x;
    uint32_t size_h, size_w; /* 0: as it is */
    uint32_t bins;
    bool split;          /* a channel for each polarity, off first */
    uint32_t cap;        /* largest count */
    uint64_t hot;        /* events a second above which a pixel is silent */
    uint64_t from, to;   /* microseconds that count, to not included */
    uint64_t cut;        /* microseconds of a sample; 0: not by time */
    uint64_t cut_events; /* events of a sample; 0: not by number */
    bool growing;        /* training samples all begin where the first does */
} sg__event_shape;

/* The options by which it is said: of files, of how a recording is cut, and
 * those of all recordings. */
#define SG__FILE_OPTIONS                                                      \
    {"sensor", "HxW", "pixels of the camera, where the files do not say"},    \
    {                                                                         \
        "columns", "txyp", "order of the columns of tables without names"     \
    }

#define SG__CUT_OPTIONS                                                       \
    {"cut", "T",                                                              \
     "a recording becomes a sample for every T, as 100ms, or 5000ev for a "   \
     "number of events"},                                                     \
    {                                                                         \
        "parts", "apart|growing",                                             \
            "growing: for training, what has come after each cut from the "   \
            "beginning on; tests have whole recordings"                       \
    }

#define SG__SHAPE_OPTIONS                                                     \
    {"window", "[A..]B",                                                      \
     "time that is used, as 100ms, or 50ms..2s; in us, ms or s"},             \
        {"crop", "HxW[+Y+X]",                                                 \
         "part of the sensor that is used: the middle, or from row Y, "       \
         "column X"},                                                         \
        {"size", "HxW", "pixels of a sample: neighbours are put together"},   \
        {"polarity", "split|merge",                                           \
         "a channel for darker and one for brighter, or one for both"},       \
        {"bins", "N", "bins of time, each with channels of its own"},         \
        {"cap", "N",                                                          \
         "largest count of an input neuron; 31 if it is not given"},          \
    {                                                                         \
        "hot", "HZ",                                                          \
            "a pixel with more events a second is broken, and silent"         \
    }

/* sg__is_hot: whether a pixel of so many events in a recording, the last of
 * which comes at this time, is one that never stops. */
bool sg__is_hot(const sg__event_shape *shape, uint32_t events, uint64_t last);

/* sg__shape_read: from the options of a request; SG_E_ARGUMENT. */
sg_status sg__shape_read(const sg__request *request, sg__event_shape *out,
                         sg_error *error);

/* A shape on a sensor of known size. */
typedef struct sg__placer {
    const sg__event_shape *shape;
    uint32_t crop_y, crop_x, crop_h, crop_w;
    uint32_t height, width, channels; /* of a sample */
    const bool *silent;               /* [sensor], hot pixels; NULL: none */
    uint32_t sensor_h, sensor_w;
    uint64_t seen; /* events that counted */
} sg__placer;

/* sg__placer_begin: SG_E_ARGUMENT if the sensor is too small for it; name: of
 * the recording, for the detail. */
sg_status sg__placer_begin(sg__placer *p, const sg__event_shape *shape,
                           uint32_t sensor_h, uint32_t sensor_w,
                           const char *name, sg_error *error);

/* Where an event belongs. */
typedef struct sg__place {
    uint64_t part; /* of the recording */
    uint64_t time; /* microseconds since the part began; since the first one
                      did if parts are growing, or by number */
    uint32_t neuron;
} sg__place;

/* sg__placer_place: false if the event does not count. In order of time. */
bool sg__placer_place(sg__placer *p, const sg__camera_event *event,
                      sg__place *out);

/* sg__shape_keeps: whether the last part of a recording is a sample, of which
 * its last event is at: one of which less than half is there is none. */
bool sg__shape_keeps(const sg__event_shape *shape, const sg__place *at,
                     uint64_t seen);

#endif
