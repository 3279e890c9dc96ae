/* Histograms of spike counts and of error counts.
 *
 * A batch takes two fork-join rounds: a task of the first owns some samples,
 * from image to errors, a task of the second one histogram of one layer. So no
 * two write the same memory, and the threads can change no number.
 *
 * It looks at every neuron of every sample, which is what the seam of
 * engine/engine.h keeps out of sight; so it is the ANN of ann/ that is
 * observed, whatever engine trained the network. */
#include "spikegrad/observe.h"

#include <stdlib.h>
#include <string.h>

#include "ann/ann.h"
#include "base/sized.h"
#include "base/status.h"
#include "base/threads.h"
#include "network/match.h"

/* Samples at once; more only where many threads want some each. */
enum { BATCH = 32, BATCH_OF_THREAD = 4, WORD = sizeof(uint64_t) };

typedef struct observer {
    sg__ann *ann;
    sg__threads *threads;
    const sg_data *data;
    sg_layer_observation *out;
    uint8_t *spoke, *erred; /* [neurons of all layers]: for some sample */
    size_t *start;          /* [layers]: where a layer begins in them */
    uint32_t first, count;  /* samples of this batch */
    uint32_t *ids, *labels; /* [count] */
} observer;

static void pass_task(void *context, unsigned task, unsigned thread)
{
    const observer *o = context;
    sg__ann *ann = o->ann;
    const sg_network *net = ann->net;
    size_t first = task * ann->chunk, n = o->count - first;
    n = n < ann->chunk ? n : ann->chunk;
    for (size_t s = first; s < first + n; s++) {
        o->ids[s] = o->first + (uint32_t)s;
        o->labels[s] = sg_data_label(o->data, o->ids[s]);
        sg__network_quantise(net, ann->kernels,
                             sg_data_pixels(o->data, o->ids[s]),
                             sg__ann_counts(ann, 0, s));
    }
    const sg__ann_moment at = {net->run.step, o->ids + first};
    sg__ann_forward(ann, first, n, 0, net->layer_count, &at, thread, NULL);
    sg__ann_backward(ann, first, n, o->labels + first, &at, thread);
}

/* Adds n bytes to bins and marks those that are not 0. Most are: they are
 * passed over a word at a time. */
static void tally(const uint8_t *bytes, size_t n, uint64_t bins[256],
                  uint8_t *marks)
{
    size_t i = 0;
    uint64_t zeros = 0;
    while (i < n) {
        uint64_t word = 1;
        if (n - i >= WORD)
            memcpy(&word, bytes + i, WORD);
        if (word == 0) {
            zeros += WORD;
            i += WORD;
            continue;
        }
        size_t end = n - i < WORD ? n : i + WORD;
        for (; i < end; i++) {
            bins[bytes[i]]++;
            marks[i] |= bytes[i] != 0;
        }
    }
    bins[0] += zeros;
}

static void tally_errors(const int8_t *d, size_t n, uint64_t *bins,
                         uint8_t *marks)
{
    uint64_t bytes[256] = {0};
    tally((const uint8_t *)d, n, bytes, marks);
    for (int value = -SG_ERROR_CENTRE; value <= SG_ERROR_CENTRE; value++)
        bins[value + SG_ERROR_CENTRE] += bytes[(uint8_t)value];
}

/* The spikes of layer task / 2, or its errors. */
static void tally_task(void *context, unsigned task, unsigned thread)
{
    const observer *o = context;
    size_t l = task / 2;
    const sg__ann_layer *layer = &o->ann->layer[l];
    sg_layer_observation *out = &o->out[l];
    size_t n = sg__outputs(&o->ann->net->layer[l].geo);
    (void)thread;
    for (size_t s = 0; s < o->count; s++) {
        if (task % 2 == 0 && layer->counts)
            tally(layer->counts + s * n, n, out->counts,
                  o->spoke + o->start[l]);
        if (task % 2 == 1 && layer->errors)
            tally_errors(layer->errors + s * n, n, out->errors,
                         o->erred + o->start[l]);
    }
}

static uint64_t unmarked(const uint8_t *marks, size_t n)
{
    uint64_t count = n;
    for (size_t i = 0; i < n; i++)
        count -= marks[i];
    return count;
}

/* All samples below end. */
static void run(observer *o, uint32_t end)
{
    const sg__ann *ann = o->ann;
    unsigned layers = (unsigned)ann->net->layer_count;
    for (; o->first < end; o->first += o->count) {
        o->count = end - o->first;
        if (o->count > ann->batch)
            o->count = (uint32_t)ann->batch;
        size_t tasks = (o->count + ann->chunk - 1) / ann->chunk;
        sg__threads_run(o->threads, (unsigned)tasks, pass_task, o);
        sg__threads_run(o->threads, 2 * layers, tally_task, o);
    }
    for (size_t l = 0; l < layers; l++) {
        const sg__layer *layer = &ann->net->layer[l];
        size_t n = sg__outputs(&layer->geo);
        sg_layer_observation *out = &o->out[l];
        out->neurons = n;
        if (ann->layer[l].counts) {
            out->saturated = out->counts[layer->cap];
            out->silent = unmarked(o->spoke + o->start[l], n);
        }
        if (ann->layer[l].errors)
            out->errorless = unmarked(o->erred + o->start[l], n);
    }
}

/* All memory of an observation; what was taken is given back by give_back. */
static sg_status take_memory(observer *o, const sg_network *net,
                             uint32_t samples, unsigned threads)
{
    sg_status status = sg__threads_create(threads, &o->threads);
    if (status != SG_OK)
        return status;
    unsigned workers = sg__threads_count(o->threads);
    uint32_t batch = BATCH_OF_THREAD * workers;
    batch = batch > BATCH ? batch : BATCH;
    batch = batch < samples ? batch : samples;
    status = sg__ann_create(net, batch, workers, true, false, &o->ann);
    if (status != SG_OK)
        return status;
    size_t neurons = 0;
    o->start = malloc(net->layer_count * sizeof *o->start);
    for (size_t l = 0; o->start && l < net->layer_count; l++) {
        o->start[l] = neurons;
        neurons += sg__outputs(&net->layer[l].geo);
    }
    o->spoke = calloc(neurons + 1, 1);
    o->erred = calloc(neurons + 1, 1);
    o->ids = malloc(batch * sizeof *o->ids);
    o->labels = malloc(batch * sizeof *o->labels);
    return o->start && o->spoke && o->erred && o->ids && o->labels
               ? SG_OK
               : SG_E_MEMORY;
}

static void give_back(observer *o)
{
    free(o->start);
    free(o->spoke);
    free(o->erred);
    free(o->ids);
    free(o->labels);
    sg__ann_destroy(o->ann);
    sg__threads_destroy(o->threads);
}

/* Sets to where from is. */
static void set_marks(uint8_t *to, const uint8_t *from, const sg_network *net)
{
    size_t neurons = 0;
    for (size_t l = 0; l < net->layer_count; l++)
        neurons += sg__outputs(&net->layer[l].geo);
    for (size_t i = 0; to && i < neurons; i++)
        to[i] |= from[i];
}

sg_status sg_observe_with(const sg_network *net, const sg_data *data,
                          const sg_observe_options *options,
                          sg_layer_observation *out, sg_error *error)
{
    sg_observe_options how;
    if (!net || !data || !options || !out)
        return sg__fail(error, SG_E_ARGUMENT, "observation: missing argument");
    sg_status status = sg__sized_take(options, &how, sizeof how,
                                      "options of an observation", error);
    if (status == SG_OK)
        status = sg__check_data(net, data, error);
    if (status != SG_OK)
        return status;
    const uint32_t size = sg_data_get_info(data)->size;
    observer o = {.data = data, .out = out, .first = how.first};
    if (how.first >= size || how.samples < 1 || how.samples > size - how.first)
        return sg__fail(error, SG_E_RANGE, "%u samples, expected 1 to %u",
                        how.samples, how.first < size ? size - how.first : 0);
    memset(out, 0, net->layer_count * sizeof *out);
    status = take_memory(&o, net, how.samples, how.threads);
    if (status == SG_OK) {
        sg__ann_pack_all(o.ann);
        run(&o, how.first + how.samples);
        set_marks(how.spoke, o.spoke, net);
        set_marks(how.erred, o.erred, net);
    } else {
        sg__fail(error, status, "observation with %u threads: %s", how.threads,
                 sg_status_text(status));
    }
    give_back(&o);
    return status;
}

sg_status sg_observe(const sg_network *net, const sg_data *data,
                     uint32_t samples, unsigned threads,
                     sg_layer_observation *out, sg_error *error)
{
    const sg_observe_options how = {.size = sizeof how,
                                    .samples = samples,
                                    .threads = threads};
    return sg_observe_with(net, data, &how, out, error);
}
