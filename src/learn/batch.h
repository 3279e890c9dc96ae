/* One training batch on the ANN engine: images in, new weights out. */
#ifndef SG_LEARN_BATCH_H
#define SG_LEARN_BATCH_H

#include "ann/ann.h"
#include "base/threads.h"
#include "data/augment.h"
#include "learn/optimiser.h"

/* Gradients of all layers, as wide as the weights; NULL for pooling. */
typedef struct sg__gradients {
    size_t layers;
    int32_t **weight;
    int32_t **bias;
} sg__gradients;

sg_status sg__gradients_create(const sg_network *net, sg__gradients *out);
void sg__gradients_destroy(sg__gradients *gradients);
/* sg__gradients_bytes: memory they hold. */
size_t sg__gradients_bytes(const sg_network *net);

/* Everything a batch works with; built once by its owner. */
typedef struct sg__batch {
    sg_network *net;
    sg__ann *ann;
    sg__threads *threads;
    sg__gradients gradients;
    const sg_data *data;
    sg__augment augment;
    sg_metrics *parts; /* [threads] */
    sg__update update[SG_LAYERS_MAX];

    uint32_t epoch;          /* keys augmentation */
    uint64_t step;           /* keys dither and rounding */
    const uint32_t *samples; /* indices into data */
    size_t count;            /* of them; at most the workspace's batch */
} sg__batch;

/* sg__batch_pass: forward and backward of the batch; adds its metrics to
 * sums. Weights do not change. */
void sg__batch_pass(sg__batch *batch, sg_metrics *sums);

/* sg__batch_update: gradient and optimiser step by batch->update, forward
 * copies and the workspace's packed weights included. */
void sg__batch_update(sg__batch *batch);

#endif
