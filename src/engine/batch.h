/* One training batch on the ANN engine: images in, new weights out. */
#ifndef SG_ENGINE_BATCH_H
#define SG_ENGINE_BATCH_H

#include "ann/ann.h"
#include "base/threads.h"
#include "data/augment.h"
#include "optimiser/optimiser.h"

/* A share of the update: output channels first..last-1 of a layer. */
typedef struct sg__share {
    uint32_t layer, first, last;
} sg__share;

/* Working memory of one thread. */
typedef struct sg__batch_scratch {
    int32_t *gradient;      /* of one share */
    int32_t *bias_gradient; /* [SG__GRADIENT_CHANNELS] */
    uint32_t *labels, *ids; /* [chunk] */
    uint8_t *split;         /* an image on two channels, if input is onoff */
    sg_metrics *metrics;
    uint64_t load_ns; /* spent on images, while profiling */
} sg__batch_scratch;

/* Gradients of a whole layer, where they are kept for verification. */
typedef struct sg__gradients {
    int32_t *weight, *bias;
} sg__gradients;

/* Everything a batch works with, in one arena. */
typedef struct sg__batch {
    sg_network *net;
    const sg_data *data;
    sg__threads *threads;
    sg__augment augment;
    sg__arena arena;
    sg__ann ann;
    sg__batch_scratch *scratch; /* [threads] */
    sg__gradients *kept;        /* [layers], or NULL */
    sg__share *shares;
    size_t share_count;
    sg__update update[SG_LAYERS_MAX];
    uint64_t spikes[SG_LAYERS_MAX]; /* net ones of the last pass */
    sg__squares *squares; /* [layers], of the last pass that measured */

    uint32_t epoch;          /* keys augmentation */
    uint64_t step;           /* keys dropout, dither and rounding */
    const uint32_t *samples; /* indices into data */
    size_t count;            /* of them; at most the workspace's batch */
} sg__batch;

/* sg__batch_bytes: size of the arena for batches of `size` samples. */
size_t sg__batch_bytes(const sg_network *net, size_t size, unsigned threads);

/* sg__batch_create: takes all memory and starts the threads (0: one a
 * processor). keeps: charges and gradients are kept for verification. The
 * caller sets augment, epoch, step, samples, count and update, and ends with
 * sg__batch_destroy even if this fails. SG_E_MEMORY, SG_E_RANGE. */
sg_status sg__batch_create(sg_network *net, const sg_data *data, size_t size,
                           unsigned threads, bool keeps, sg__batch *out);
void sg__batch_destroy(sg__batch *batch);

/* sg__batch_pass: forward and backward of the batch; adds its metrics to
 * sums. Weights do not change. */
void sg__batch_pass(sg__batch *batch, sg_metrics *sums);

/* sg__batch_measure: a pass whose only result is batch->squares. */
void sg__batch_measure(sg__batch *batch);

/* sg__batch_update: gradient and optimiser step by batch->update, restrained
 * by the spikes of the pass; forward copies and the workspace's packed weights
 * included. */
void sg__batch_update(sg__batch *batch);

#endif
