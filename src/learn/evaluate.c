/* Evaluation and classification: the forward pass alone. */
#include "learn/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "core/rules.h"
#include "engine/activity.h"
#include "network/loss.h"
#include "network/match.h"

/* Samples at once: as many as keep their counts in so many bytes. */
enum { BATCH_BYTES = 48 << 20, BATCH_MAX = 256 };

typedef struct evaluation {
    sg__ann *ann;
    const sg_data *data;
    sg_metrics *parts;
    int64_t *sums;         /* logits of both views; NULL if there is one */
    uint32_t first, count; /* samples of this batch */
} evaluation;

/* Left to right; HWC. */
static void mirror(sg_shape shape, uint8_t *counts)
{
    size_t channels = shape.channels, row = shape.width * channels;
    for (uint32_t y = 0; y < shape.height; y++, counts += row)
        for (size_t i = 0, k = row - channels; i < k;
             i += channels, k -= channels)
            for (size_t c = 0; c < channels; c++) {
                uint8_t swap = counts[i + c];
                counts[i + c] = counts[k + c];
                counts[k + c] = swap;
            }
}

/* Shows samples that have been through a forward pass once more, mirrored.
 * Their logits become the rounded down means of both views, for the loss. */
static void run_mirrored(const evaluation *e, size_t first, size_t n,
                         unsigned thread)
{
    sg__ann *ann = e->ann;
    const sg_network *net = ann->net;
    size_t begin = first * net->classes, end = (first + n) * net->classes;
    for (size_t i = begin; i < end; i++)
        e->sums[i] = ann->logits[i];
    for (size_t s = first; s < first + n; s++) {
        sg__activity_add_layers(ann, s, &e->parts[thread]);
        mirror(sg__input_neurons(&net->recipe, net->input),
               sg__ann_counts(ann, 0, s));
    }
    sg__ann_forward(ann, first, n, 0, net->layer_count, NULL, thread, NULL);
    for (size_t i = begin; i < end; i++) {
        e->sums[i] += ann->logits[i];
        ann->logits[i] = (int32_t)sg__floor_shift64(e->sums[i], 1);
    }
}

/* The class of sample s of the batch; of equal ones the first. */
static uint32_t predict(const evaluation *e, size_t s)
{
    uint32_t classes = e->ann->net->classes, best = 0;
    if (!e->sums)
        return sg__argmax(e->ann->logits + s * classes, classes);
    const int64_t *sums = e->sums + s * classes;
    for (uint32_t k = 1; k < classes; k++)
        best = sums[k] > sums[best] ? k : best;
    return best;
}

static void run_chunk(void *context, unsigned task, unsigned thread)
{
    const evaluation *e = context;
    sg__ann *ann = e->ann;
    const sg_network *net = ann->net;
    size_t first = task * ann->chunk, n = e->count - first;
    n = n < ann->chunk ? n : ann->chunk;
    for (size_t s = first; s < first + n; s++)
        sg__network_quantise(net, ann->kernels,
                             sg_data_pixels(e->data, e->first + (uint32_t)s),
                             sg__ann_counts(ann, 0, s));
    sg__ann_forward(ann, first, n, 0, net->layer_count, NULL, thread, NULL);
    if (e->sums)
        run_mirrored(e, first, n, thread);
    sg_metrics *part = &e->parts[thread];
    for (size_t s = first; s < first + n; s++) {
        uint32_t label = sg_data_label(e->data, e->first + (uint32_t)s);
        sg__loss_error(net, ann->logits + s * net->classes, label, true,
                       ann->scratch[thread].error, &ann->loss_q20[s]);
        part->samples++;
        part->correct += predict(e, s) == label;
        part->loss_q20 += ann->loss_q20[s];
        sg__activity_add_layers(ann, s, part);
    }
}

static void add_confusion(const evaluation *e, uint32_t *confusion)
{
    uint32_t classes = e->ann->net->classes;
    for (uint32_t s = 0; s < e->count; s++)
        confusion[sg_data_label(e->data, e->first + s) * classes +
                  predict(e, s)]++;
}

void sg__evaluate(sg__ann *ann, sg__threads *threads, const sg_data *data,
                  sg_metrics *parts, int64_t *sums, sg_metrics *out,
                  uint32_t *confusion)
{
    uint32_t size = sg_data_get_info(data)->size;
    evaluation e = {ann, data, parts, sums, 0, 0};
    unsigned workers = sg__threads_count(threads);
    memset(out, 0, sizeof *out);
    memset(parts, 0, workers * sizeof *parts);
    if (confusion)
        memset(confusion, 0,
               (size_t)ann->net->classes * ann->net->classes *
                   sizeof *confusion);
    for (; e.first < size; e.first += e.count) {
        e.count = size - e.first;
        e.count = e.count < ann->batch ? e.count : (uint32_t)ann->batch;
        size_t tasks = (e.count + ann->chunk - 1) / ann->chunk;
        sg__threads_run(threads, (unsigned)tasks, run_chunk, &e);
        if (confusion)
            add_confusion(&e, confusion);
    }
    for (unsigned t = 0; t < workers; t++)
        sg__metrics_add(out, &parts[t]);
}

static size_t batch_size(const sg_network *net)
{
    size_t bytes = 1;
    for (size_t l = 0; l < net->layer_count; l++)
        bytes += sg__outputs(&net->layer[l].geo);
    size_t n = BATCH_BYTES / bytes;
    return n < 1 ? 1 : n > BATCH_MAX ? BATCH_MAX : n;
}

sg_status sg_evaluate(const sg_network *net, const sg_data *data,
                      unsigned threads, sg_metrics *out, uint32_t *confusion,
                      sg_error *error)
{
    const sg_evaluate_options options = {.threads = threads};
    return sg_evaluate_with(net, data, &options, out, confusion, error);
}

sg_status sg_evaluate_with(const sg_network *net, const sg_data *data,
                           const sg_evaluate_options *options, sg_metrics *out,
                           uint32_t *confusion, sg_error *error)
{
    unsigned threads = options->threads;
    sg__threads *pool = NULL;
    sg__ann *ann = NULL;
    sg_metrics *parts = NULL;
    int64_t *sums = NULL;
    sg_status status = sg__check_data(net, data, error);
    if (status != SG_OK)
        return status;

    status = sg__threads_create(threads, &pool);
    if (status == SG_OK)
        status = sg__ann_create(net, batch_size(net), sg__threads_count(pool),
                                false, false, &ann);
    if (status == SG_OK) {
        parts = calloc(sg__threads_count(pool), sizeof *parts);
        if (options->flip)
            sums = calloc(ann->batch * net->classes, sizeof *sums);
        status = parts && (sums || !options->flip) ? SG_OK : SG_E_MEMORY;
    }
    if (status == SG_OK) {
        sg__ann_pack_all(ann);
        sg__evaluate(ann, pool, data, parts, sums, out, confusion);
    } else {
        sg__fail(error, status, "evaluation with %u threads: %s", threads,
                 sg_status_text(status));
    }
    free(sums);
    free(parts);
    sg__ann_destroy(ann);
    sg__threads_destroy(pool);
    return status;
}

sg_status sg_network_classify(const sg_network *net, const uint8_t *pixels,
                              int32_t *logits, uint32_t *label)
{
    sg__ann *ann;
    sg_status status = sg__ann_create(net, 1, 1, false, false, &ann);
    if (status != SG_OK)
        return status;
    sg__ann_pack_all(ann);
    sg__network_quantise(net, ann->kernels, pixels, sg__ann_counts(ann, 0, 0));
    sg__ann_forward(ann, 0, 1, 0, net->layer_count, NULL, 0, NULL);
    if (logits)
        memcpy(logits, ann->logits, net->classes * sizeof *logits);
    *label = sg__argmax(ann->logits, net->classes);
    sg__ann_destroy(ann);
    return SG_OK;
}
