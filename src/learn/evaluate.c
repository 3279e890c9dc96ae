/* Evaluation and classification: the forward pass alone. */
#include "learn/evaluate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "learn/activity.h"
#include "network/loss.h"

enum { BATCH = 64 };

typedef struct evaluation {
    sg__ann *ann;
    const sg_data *data;
    sg_metrics *parts;
    uint32_t first, count; /* samples of this batch */
} evaluation;

static void run_chunk(void *context, unsigned task, unsigned thread)
{
    const evaluation *e = context;
    sg__ann *ann = e->ann;
    size_t first = task * ann->chunk, n = e->count - first;
    n = n < ann->chunk ? n : ann->chunk;
    for (size_t s = first; s < first + n; s++)
        ann->kernels->quantise(sg__inputs(&ann->net->layer[0].geo),
                               sg_data_pixels(e->data, e->first + (uint32_t)s),
                               ann->net->recipe.input_levels,
                               sg__ann_counts(ann, 0, s));
    sg__ann_forward(ann, first, n, 0, ann->net->layer_count, thread, NULL);
    for (size_t s = first; s < first + n; s++)
        sg__activity_add(ann, s,
                         sg_data_label(e->data, e->first + (uint32_t)s),
                         &e->parts[thread]);
}

/* Loss and confusion of the batch; the workspace may lack a backward pass. */
static void read_logits(const evaluation *e, int32_t *error, sg_metrics *out,
                        uint32_t *confusion)
{
    const sg_network *net = e->ann->net;
    for (uint32_t s = 0; s < e->count; s++) {
        const int32_t *logits = e->ann->logits + (size_t)s * net->classes;
        uint8_t label = sg_data_label(e->data, e->first + s);
        uint64_t loss;
        sg__loss_error(net, logits, label, error, &loss);
        out->loss_q20 += loss;
        if (confusion)
            confusion[label * net->classes +
                      sg__argmax(logits, net->classes)]++;
    }
}

void sg__evaluate(sg__ann *ann, sg__threads *threads, const sg_data *data,
                  sg_metrics *parts, sg_metrics *out, uint32_t *confusion)
{
    uint32_t size = sg_data_get_info(data)->size;
    evaluation e = {ann, data, parts, 0, 0};
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
        read_logits(&e, ann->scratch[0].error, out, confusion);
    }
    for (unsigned t = 0; t < workers; t++)
        sg__metrics_add(out, &parts[t]);
}

sg_status sg__check_data(const sg_network *net, const sg_data *data,
                         sg_error *error)
{
    const sg_data_info *info = sg_data_get_info(data);
    if (info->height != net->input.height || info->width != net->input.width ||
        info->channels != net->input.channels || info->classes != net->classes)
        return sg__fail(error, SG_E_ARGUMENT,
                        "%s: images of %ux%ux%u in %u classes, expected "
                        "%ux%ux%u in %u, as the network has",
                        info->name, info->height, info->width, info->channels,
                        info->classes, net->input.height, net->input.width,
                        net->input.channels, net->classes);
    if (info->size == 0)
        return sg__fail(error, SG_E_ARGUMENT, "%s: no samples", info->name);
    return SG_OK;
}

sg_status sg__adopt_data(sg_network *net, const sg_data *data, sg_error *error)
{
    const sg_data_info *info = sg_data_get_info(data);
    if (strlen(info->name) >= sizeof net->data)
        return sg__fail(error, SG_E_RANGE,
                        "data: name of %zu characters, expected at most %zu",
                        strlen(info->name), sizeof net->data - 1);
    snprintf(net->data, sizeof net->data, "%s", info->name);
    net->data_size = info->size;
    return SG_OK;
}

sg_status sg_evaluate(const sg_network *net, const sg_data *data,
                      unsigned threads, sg_metrics *out, uint32_t *confusion,
                      sg_error *error)
{
    sg__threads *pool = NULL;
    sg__ann *ann = NULL;
    sg_metrics *parts = NULL;
    sg_status status = sg__check_data(net, data, error);
    if (status != SG_OK)
        return status;

    status = sg__threads_create(threads, &pool);
    if (status == SG_OK)
        status = sg__ann_create(net, BATCH, sg__threads_count(pool), false,
                                false, &ann);
    if (status == SG_OK) {
        parts = calloc(sg__threads_count(pool), sizeof *parts);
        status = parts ? SG_OK : SG_E_MEMORY;
    }
    if (status == SG_OK) {
        sg__ann_pack_all(ann);
        sg__evaluate(ann, pool, data, parts, out, confusion);
    } else {
        sg__fail(error, status, "evaluation with %u threads: %s", threads,
                 sg_status_text(status));
    }
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
    sg__network_quantise(net, pixels, sg__ann_counts(ann, 0, 0));
    sg__ann_forward(ann, 0, 1, 0, net->layer_count, 0, NULL);
    if (logits)
        memcpy(logits, ann->logits, net->classes * sizeof *logits);
    *label = sg__argmax(ann->logits, net->classes);
    sg__ann_destroy(ann);
    return SG_OK;
}
