/* Images through the ANN and nothing else: too little work to take anywhere
 * else, so it does not go through the seam. */
#include <stdlib.h>
#include <string.h>

#include "ann/ann.h"
#include "base/status.h"
#include "base/threads.h"
#include "engine/activity.h"

struct sg_classifier {
    const sg_network *net;
    sg__ann *ann; /* of one thread */
};

static sg_status create(const sg_network *net, const sg__ann *lender,
                        sg_classifier **out, sg_error *error)
{
    sg_classifier *c = calloc(1, sizeof *c);
    sg_status status = SG_E_MEMORY;
    if (c)
        status = sg__ann_create_serving(net, 1, lender, &c->ann);
    if (status != SG_OK) {
        free(c);
        return sg__fail(error, status, "classifier: %s",
                        sg_status_text(status));
    }
    c->net = net;
    *out = c;
    return SG_OK;
}

sg_status sg_classifier_create(const sg_network *net, sg_classifier **out,
                               sg_error *error)
{
    if (out)
        *out = NULL;
    if (!net || !out)
        return sg__fail(error, SG_E_ARGUMENT, "classifier: missing argument");
    sg_status status = create(net, NULL, out, error);
    if (status == SG_OK)
        sg__ann_pack_all((*out)->ann);
    return status;
}

sg_status sg_classifier_share(const sg_classifier *c, sg_classifier **out,
                              sg_error *error)
{
    if (out)
        *out = NULL;
    if (!c || !out)
        return sg__fail(error, SG_E_ARGUMENT, "classifier: missing argument");
    return create(c->net, c->ann, out, error);
}

/* Images for a call, and where what they give goes. */
typedef struct images {
    const uint8_t *pixels;
    size_t count;
    int32_t *logits;
    uint32_t *labels;
} images;

/* Images first and on, a chunk of them at most, by one thread. */
static void run(sg__ann *ann, const images *all, size_t first, unsigned thread)
{
    const sg_network *net = ann->net;
    const size_t classes = net->classes, slot = thread * ann->chunk;
    const size_t size =
        (size_t)net->input.height * net->input.width * net->input.channels;
    const size_t left = all->count - first;
    const size_t n = left < ann->chunk ? left : ann->chunk;
    for (size_t i = 0; i < n; i++)
        sg__network_quantise(net, ann->kernels,
                             all->pixels + (first + i) * size,
                             sg__ann_counts(ann, 0, slot + i));
    sg__ann_forward(ann, slot, n, 0, net->layer_count, NULL, thread, NULL);
    const int32_t *logits = ann->logits + slot * classes;
    if (all->logits)
        memcpy(all->logits + first * classes, logits,
               n * classes * sizeof *logits);
    for (size_t i = 0; all->labels && i < n; i++)
        all->labels[first + i] =
            sg__argmax(logits + i * classes, net->classes);
}

sg_status sg_classifier_run_many(sg_classifier *c, const uint8_t *pixels,
                                 size_t count, int32_t *logits,
                                 uint32_t *labels)
{
    if (!c || (count > 0 && !pixels))
        return SG_E_ARGUMENT;
    const images all = {pixels, count, logits, labels};
    for (size_t first = 0; first < count; first += c->ann->chunk)
        run(c->ann, &all, first, 0);
    return SG_OK;
}

sg_status sg_classifier_run(sg_classifier *c, const uint8_t *pixels,
                            int32_t *logits, uint32_t *label)
{
    return sg_classifier_run_many(c, pixels, 1, logits, label);
}

const uint8_t *sg_classifier_counts(const sg_classifier *c, size_t sender)
{
    if (!c || sender >= c->net->layer_count)
        return NULL;
    return sg__ann_sent(c->ann, sender, 0);
}

void sg_classifier_destroy(sg_classifier *c)
{
    if (!c)
        return;
    sg__ann_destroy(c->ann);
    free(c);
}

sg_status sg_network_classify(const sg_network *net, const uint8_t *pixels,
                              int32_t *logits, uint32_t *label)
{
    sg__ann *ann;
    if (!net || !pixels || !label)
        return SG_E_ARGUMENT;
    sg_status status = sg__ann_create(net, 1, 1, false, false, &ann);
    if (status != SG_OK)
        return status;
    const images one = {pixels, 1, logits, label};
    sg__ann_pack_all(ann);
    run(ann, &one, 0, 0);
    sg__ann_destroy(ann);
    return SG_OK;
}

/* Many images in several threads. */
typedef struct bulk {
    sg__ann *ann;
    images all;
    size_t first; /* of this round of tasks */
} bulk;

static void pack_task(void *context, unsigned task, unsigned thread)
{
    const bulk *b = context;
    const sg__layer *layer = &b->ann->net->layer[task];
    (void)thread;
    if (layer->synaptic)
        sg__ann_pack(b->ann, task, 0, layer->geo.out_c);
}

static void run_task(void *context, unsigned task, unsigned thread)
{
    const bulk *b = context;
    run(b->ann, &b->all, b->first + task * b->ann->chunk, thread);
}

static void run_bulk(sg__threads *threads, bulk *b)
{
    enum { TASKS = 1 << 16 }; /* a round, so that their number fits */
    const size_t chunk = b->ann->chunk;
    sg__threads_run(threads, (unsigned)b->ann->net->layer_count, pack_task, b);
    for (; b->first < b->all.count; b->first += TASKS * chunk) {
        const size_t left = (b->all.count - b->first + chunk - 1) / chunk;
        sg__threads_run(threads, left < TASKS ? (unsigned)left : TASKS,
                        run_task, b);
    }
}

sg_status sg_predict(const sg_network *net, const uint8_t *pixels,
                     size_t count, unsigned threads, int32_t *logits,
                     uint32_t *labels, sg_error *error)
{
    bulk b = {NULL, {pixels, count, logits, labels}, 0};
    sg__threads *pool = NULL;
    if (!net || (count > 0 && !pixels))
        return sg__fail(error, SG_E_ARGUMENT, "prediction: missing argument");
    sg_status status = sg__threads_create(threads, &pool);
    if (status == SG_OK)
        status =
            sg__ann_create_serving(net, sg__threads_count(pool), NULL, &b.ann);
    if (status == SG_OK)
        run_bulk(pool, &b);
    else
        sg__fail(error, status, "prediction with %u threads: %s", threads,
                 sg_status_text(status));
    sg__ann_destroy(b.ann);
    sg__threads_destroy(pool);
    return status;
}
