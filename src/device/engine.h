/* The engine on a device: what docs/semantics.md says, batch-wide, layer by
 * layer. Weights and the optimiser's state are in device memory.
 *
 * The kernels work on all samples of a batch at once; who hears whom, which
 * way error charge takes and what joins it are decided here, as in ann/. */
#ifndef SG_DEVICE_ENGINE_H
#define SG_DEVICE_ENGINE_H

#include "device/device.h"
#include "engine/engine.h"
#include "layers/arrays.h"

/* Places in device memory of what belongs to a layer; 0 where it has none. */
typedef struct sg__remote_layer {
    uint64_t array[SG__ARRAYS]; /* layers/arrays.h */
    uint64_t counts;            /* uint8[batch][neurons] */
    uint64_t errors;            /* int8[batch][neurons]: g, then d */
    uint64_t pixels, active;    /* uint32[batch][places], of counts */
    uint64_t busy;              /* as in sg__task, of errors */
    uint64_t charges;           /* int32[batch][neurons], if they are kept */
    uint64_t error_charges;
    uint64_t down;     /* weights turned, for errors; sg_turn_weights */
    uint64_t kept;     /* int32[batch][neurons]: error charge that has
                                   come by another way; ann/keep.c */
    bool keeps, holds; /* whether kept is used, and holds any yet */
    uint32_t places, channels;
} sg__remote_layer;

/* A launch that waits: those of a pass, or of an update, are collected and
 * carried out together. */
typedef struct sg__launch {
    sg__kernel_id kernel;
    sg__grid grid;
    sg__block images;
    sg__task task;
} sg__launch;

/* Launches, and the tape on which they are if the same have come before. */
typedef struct sg__reel {
    sg__launch *launch;
    size_t count, room;
    sg__tape tape;
} sg__reel;

enum { SG__REELS = 8 };

typedef struct sg__remote {
    sg__engine base;
    sg__device *device;
    sg__block memory, images, dataset;
    size_t bytes;        /* of memory */
    const sg_data *held; /* whose images are in dataset; NULL: none */
    bool too_large;      /* the images of the data set that was tried */

    sg__remote_layer *sender; /* [layers + 1]: 0 the image, l + 1 layer l */
    uint64_t head;            /* moment, sums, done[layers], rates[layers] */
    uint64_t sums, done, rates, head_bytes;
    uint64_t shown;                       /* sg__shown[batch] */
    uint64_t logits, logits_too, classes; /* int32, uint32 [batch][..] */
    uint64_t charge[2];                   /* int32[batch][widest] */
    uint64_t gradient; /* of one layer, weights and then biases */
    uint64_t busy;     /* of all layers, and its words */
    uint32_t busy_words;

    char *head_copy;       /* of the host */
    sg__shown *shown_copy; /* [batch] */
    uint8_t *staging;      /* images of a batch */
    uint32_t *ids;

    sg__reel waiting, reel[SG__REELS];
    unsigned next_reel; /* that is given up */
    uint64_t played;    /* tapes, so far */

    uint32_t least_rows; /* from which on products go by tiles */
    sg__batch last;      /* of the last pass; its samples may be gone */
    bool watched;        /* charges and error charges are kept */
    bool profiles;
    sg_layer_cost *cost; /* [layers] */
    uint64_t load_ns;
} sg__remote;

static inline sg__remote *sg__remote_of(sg__engine *engine)
{
    return (sg__remote *)engine;
}

extern const sg__engine_kind sg__engine_device;

/* sg__remote_task: what the tasks of a layer have in common. */
sg__task sg__remote_task(const sg__remote *r, size_t l);

/* sg__remote_launch: one kernel over n elements of each of `rows` samples, when
 * something is written or read, or sg__remote_note called; or at once while
 * profiling, and its time goes to phase. A failure is kept by the device. */
void sg__remote_launch(sg__remote *r, sg__kernel_id kernel, uint32_t n,
                       uint32_t rows, const sg__task *task,
                       sg_phase_cost *phase, sg__block images);

/* sg__remote_tiles: groups of a product of that size if it goes by tiles, 0 if
 * it does not. */
uint32_t sg__remote_tiles(const sg__remote *r, uint64_t rows,
                          uint32_t columns);

/* sg__remote_write, _read: to and from device memory, after what waits. */
void sg__remote_write(sg__remote *r, sg__block to, uint64_t at,
                      const void *from, size_t bytes);
void sg__remote_read(sg__remote *r, void *to, uint64_t at, size_t bytes);

/* sg__remote_erase: gives launches up, and their tapes. */
void sg__remote_erase(sg__remote *r);

/* sg__remote_tile: the kernel of such a product of a layer, for its charge or
 * down. */
sg__kernel_id sg__remote_tile(const sg__layer *layer, bool down);

/* sg__remote_turn: turned weights of layer l anew, after they have changed. */
void sg__remote_turn(sg__remote *r, size_t l);

/* sg__remote_clear: makes words of 32 bits at a place 0. */
void sg__remote_clear(sg__remote *r, uint64_t at, uint32_t words);

/* sg__remote_note: the status of all that was done so far; a failure's text
 * becomes the engine's. */
sg_status sg__remote_note(sg__remote *r);

/* Hooks with files of their own. */
sg_status sg__remote_pass(sg__engine *engine, const sg__batch *batch,
                          sg_metrics *out, sg__squares *squares);
sg_status sg__remote_reduce(sg__engine *engine, size_t l, uint32_t first,
                            uint32_t last, int32_t *gradient,
                            int32_t *bias_gradient);
sg_status sg__remote_update(sg__engine *engine, const sg__update *update);
sg_status sg__remote_evaluate(sg__engine *engine, const sg__range *range,
                              sg_metrics *out, uint32_t *predicted);

/* sg__remote_begin: sends the head: the moment, and sums that are 0.
 * sg__remote_forward: samples 0..n-1 through all layers; in use or, with
 * training, with the draws of the moment. logits is where they go.
 * sg__remote_metrics: reads the sums; adds to out. */
void sg__remote_begin(sg__remote *r, uint64_t step);
void sg__remote_forward(sg__remote *r, uint32_t n, bool training,
                        uint64_t logits, sg__block images);
void sg__remote_metrics(sg__remote *r, uint32_t samples, sg_metrics *out,
                        sg__squares *squares);
/* sg__remote_loss: loss of n samples; mirrored, out and predicted may be 0. */
void sg__remote_loss(sg__remote *r, uint32_t n, bool in_use, uint64_t mirrored,
                     uint64_t out, uint64_t predicted);

#endif
