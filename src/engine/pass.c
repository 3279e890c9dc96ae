/* A pass through the ANN that leaves every integer to be read: see observe.h.
 *
 * As in observe.c a task owns some samples; the gradient is reduced in blocks
 * of output channels, as the update does it (cpu_update.c). */
#include <stdlib.h>

#include "base/status.h"
#include "base/threads.h"
#include "engine/cpu.h"
#include "network/match.h"
#include "spikegrad/observe.h"

struct sg_pass {
    const sg_network *net;
    sg__ann *ann;
    sg__threads *threads;
    uint32_t *ids, *labels; /* [samples] */
    uint32_t samples;       /* room */
    /* of the last pass */
    const sg_data *data; /* while it runs */
    uint32_t first, count;
    bool learned;
};

static sg_status take_memory(sg_pass *pass, unsigned threads)
{
    const uint32_t samples = pass->samples;
    sg_status status = sg__threads_create(threads, &pass->threads);
    if (status != SG_OK)
        return status;
    status =
        sg__ann_create(pass->net, samples, sg__threads_count(pass->threads),
                       true, false, &pass->ann);
    if (status != SG_OK)
        return status;
    pass->ids = malloc(samples * sizeof *pass->ids);
    pass->labels = malloc(samples * sizeof *pass->labels);
    return pass->ids && pass->labels ? SG_OK : SG_E_MEMORY;
}

sg_status sg_pass_create(const sg_network *net, uint32_t samples,
                         unsigned threads, sg_pass **out, sg_error *error)
{
    enum { SAMPLES_MAX = 65536 };
    if (out)
        *out = NULL;
    if (!net || !out)
        return sg__fail(error, SG_E_ARGUMENT, "pass: missing argument");
    if (samples < 1 || samples > SAMPLES_MAX)
        return sg__fail(error, SG_E_RANGE, "pass: %u samples, expected 1..%d",
                        samples, SAMPLES_MAX);
    sg_pass *pass = calloc(1, sizeof *pass);
    sg_status status = SG_E_MEMORY;
    if (pass) {
        pass->net = net;
        pass->samples = samples;
        status = take_memory(pass, threads);
    }
    if (status != SG_OK) {
        sg_pass_destroy(pass);
        return sg__fail(error, status, "pass with %u threads: %s", threads,
                        sg_status_text(status));
    }
    sg__ann_pack_all(pass->ann);
    *out = pass;
    return SG_OK;
}

static void run_task(void *context, unsigned task, unsigned thread)
{
    const sg_pass *p = context;
    sg__ann *ann = p->ann;
    const sg_network *net = p->net;
    const size_t first = task * ann->chunk;
    const size_t rest = p->count - first;
    const size_t n = rest < ann->chunk ? rest : ann->chunk;
    for (size_t s = first; s < first + n; s++) {
        p->ids[s] = p->first + (uint32_t)s;
        p->labels[s] = sg_data_label(p->data, p->ids[s]);
        sg__network_quantise(net, ann->kernels,
                             sg_data_pixels(p->data, p->ids[s]),
                             sg__ann_sent(ann, 0, s));
    }
    const sg__ann_moment at = {net->run.step, p->ids + first};
    sg__ann_forward(ann, first, n, 0, net->layer_count,
                    p->learned ? &at : NULL, thread, NULL);
    if (p->learned)
        sg__ann_backward(ann, first, n, p->labels + first, &at, thread);
}

sg_status sg_pass_run(sg_pass *pass, const sg_data *data, uint32_t first,
                      uint32_t count, int learn, sg_error *error)
{
    if (!pass || !data)
        return sg__fail(error, SG_E_ARGUMENT, "pass: missing argument");
    sg_status status = sg__check_data(pass->net, data, error);
    if (status != SG_OK)
        return status;
    const uint32_t size = sg_data_get_info(data)->size;
    const uint32_t batch = (uint32_t)pass->net->recipe.batch;
    const uint32_t most =
        learn && batch < pass->samples ? batch : pass->samples;
    if (first > size || count > size - first)
        return sg__fail(error, SG_E_RANGE,
                        "pass: %u samples from sample %u on, but there are %u",
                        count, first, size);
    if (count < 1 || count > most)
        return sg__fail(error, SG_E_RANGE, "pass: %u samples, expected 1..%u",
                        count, most);
    pass->data = data;
    pass->first = first;
    pass->count = count;
    pass->learned = learn != 0;
    const size_t chunk = pass->ann->chunk;
    sg__threads_run(pass->threads, (unsigned)((count + chunk - 1) / chunk),
                    run_task, pass);
    pass->data = NULL;
    return SG_OK;
}

const int32_t *sg_pass_logits(const sg_pass *pass)
{
    return pass && pass->count ? pass->ann->logits : NULL;
}

const uint8_t *sg_pass_counts(const sg_pass *pass, size_t sender)
{
    if (!pass || !pass->count || sender >= pass->net->layer_count)
        return NULL;
    return sg__ann_sent(pass->ann, sender, 0);
}

const int8_t *sg_pass_errors(const sg_pass *pass, size_t layer)
{
    if (!pass || !pass->learned || layer >= pass->net->layer_count)
        return NULL;
    return pass->ann->layer[layer].errors;
}

/* The gradient of a layer, in blocks of channels that are tasks. */
typedef struct reduction {
    const sg_pass *pass;
    size_t layer;
    uint32_t step;
    int32_t *weights, *biases;
} reduction;

static void reduce_task(void *context, unsigned task, unsigned thread)
{
    const reduction *r = context;
    const sg__geometry *g = &r->pass->net->layer[r->layer].geo;
    const uint32_t first = task * r->step;
    const uint32_t last =
        g->out_c - first < r->step ? g->out_c : first + r->step;
    sg__ann_gradient(r->pass->ann, r->pass->count, r->layer, first, last,
                     r->weights + first * sg__fan_in(g), r->biases + first,
                     thread);
}

sg_status sg_pass_gradient(const sg_pass *pass, size_t layer, int32_t *weights,
                           int32_t *biases, sg_error *error)
{
    if (!pass || !weights || !biases)
        return sg__fail(error, SG_E_ARGUMENT, "gradient: missing argument");
    if (layer >= pass->net->layer_count)
        return sg__fail(error, SG_E_RANGE, "layer %zu, expected below %zu",
                        layer, pass->net->layer_count);
    const sg__layer *l = &pass->net->layer[layer];
    if (!l->synaptic)
        return sg__fail(error, SG_E_ARGUMENT, "layer %zu (%s): has no weights",
                        layer, l->name);
    if (!pass->learned)
        return sg__fail(error, SG_E_ARGUMENT,
                        "gradient: the last pass was not to learn");
    reduction r = {pass, layer, sg__cpu_share_channels(pass->ann, l), weights,
                   biases};
    sg__threads_run(pass->threads, (l->geo.out_c + r.step - 1) / r.step,
                    reduce_task, &r);
    return SG_OK;
}

void sg_pass_destroy(sg_pass *pass)
{
    if (!pass)
        return;
    sg__ann_destroy(pass->ann);
    sg__threads_destroy(pass->threads);
    free(pass->ids);
    free(pass->labels);
    free(pass);
}
