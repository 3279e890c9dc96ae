/* The workspace: what is allocated, and how large. */
#include "ann/ann.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 8, ALIGNMENT = 64 };

/* Aligned, zeroed and counted; NULL when memory is out or sizes overflow. */
static void *take(sg__ann *ann, size_t count, size_t size)
{
    if (size != 0 && count > (SIZE_MAX / 2) / size)
        return NULL;
    size_t bytes = (count * size + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
    void *memory = aligned_alloc(ALIGNMENT, bytes);
    if (memory) {
        memset(memory, 0, bytes);
        ann->bytes += bytes;
    }
    return memory;
}

static bool take_layer(sg__ann *ann, size_t l, bool learns, bool keeps)
{
    const sg__layer *layer = &ann->net->layer[l];
    sg__ann_layer *to = &ann->layer[l];
    size_t batch = ann->batch, n = sg__outputs(&layer->geo);
    bool ok = true;

    if (!layer->output)
        ok = (to->counts = take(ann, batch, n)) != NULL;
    if (keeps)
        ok = ok && (to->charges = take(ann, batch, n * sizeof(int32_t)));
    if (!layer->synaptic)
        return ok;
    ok = ok &&
         (to->packed = take(ann, 1, ann->kernels->pack_size(&layer->geo)));
    if (!layer->output)
        ok = ok && (to->gates = take(ann, batch, n));
    if (learns)
        ok = ok && (to->events = take(ann, batch, n * sizeof(uint32_t))) &&
             (to->event_count = take(ann, batch, sizeof(size_t)));
    if (learns && keeps)
        ok = ok && (to->error_charges = take(ann, batch, n * sizeof(int32_t)));
    return ok;
}

static bool take_scratch(sg__ann *ann, bool learns)
{
    size_t widest = sg__inputs(&ann->net->layer[0].geo), kernel = 0;
    for (size_t l = 0; l < ann->net->layer_count; l++) {
        const sg__layer *layer = &ann->net->layer[l];
        size_t n = sg__outputs(&layer->geo);
        size_t size =
            layer->synaptic ? ann->kernels->scratch_size(&layer->geo) : 0;
        widest = n > widest ? n : widest;
        kernel = size > kernel ? size : kernel;
    }
    ann->scratch = calloc(ann->threads, sizeof *ann->scratch);
    for (unsigned t = 0; ann->scratch && t < ann->threads; t++) {
        sg__ann_scratch *scratch = &ann->scratch[t];
        /* one more: the evaluation of activity wants n + 1 */
        scratch->charge = take(ann, ann->chunk * widest + 1, sizeof(int32_t));
        scratch->kernel = take(ann, 1, kernel);
        if (!scratch->charge || !scratch->kernel)
            return false;
        if (!learns)
            continue;
        scratch->error = take(ann, widest, sizeof(int32_t));
        scratch->expanded = take(ann, widest, sizeof(int32_t));
        if (!scratch->error || !scratch->expanded)
            return false;
    }
    return ann->scratch != NULL;
}

sg_status sg__ann_create(const sg_network *net, size_t batch, unsigned threads,
                         bool learns, bool keeps, sg__ann **out)
{
    *out = NULL;
    sg__ann *ann = calloc(1, sizeof *ann);
    if (!ann)
        return SG_E_MEMORY;
    ann->net = net;
    ann->kernels = sg__kernels_select();
    ann->batch = batch;
    ann->chunk = batch < CHUNK ? batch : CHUNK;
    ann->threads = threads;
    ann->layer = calloc(net->layer_count, sizeof *ann->layer);
    size_t inputs = sg__inputs(&net->layer[0].geo);
    bool ok =
        ann->layer && (ann->input = take(ann, batch, inputs)) &&
        (ann->logits = take(ann, batch, net->classes * sizeof(int32_t))) &&
        (ann->loss_q20 = take(ann, batch, sizeof(uint64_t)));
    for (size_t l = 0; ok && l < net->layer_count; l++)
        ok = take_layer(ann, l, learns, keeps);
    if (!ok || !take_scratch(ann, learns)) {
        sg__ann_destroy(ann);
        return SG_E_MEMORY;
    }
    *out = ann;
    return SG_OK;
}

void sg__ann_destroy(sg__ann *ann)
{
    if (!ann)
        return;
    for (size_t l = 0; ann->layer && l < ann->net->layer_count; l++) {
        sg__ann_layer *layer = &ann->layer[l];
        free(layer->counts);
        free(layer->gates);
        free(layer->events);
        free(layer->event_count);
        free(layer->charges);
        free(layer->error_charges);
        free(layer->packed);
    }
    free(ann->layer);
    free(ann->input);
    for (unsigned t = 0; ann->scratch && t < ann->threads; t++) {
        free(ann->scratch[t].charge);
        free(ann->scratch[t].error);
        free(ann->scratch[t].expanded);
        free(ann->scratch[t].kernel);
    }
    free(ann->scratch);
    free(ann->logits);
    free(ann->loss_q20);
    free(ann);
}

void sg__ann_pack(sg__ann *ann, size_t l, uint32_t first, uint32_t last)
{
    const sg__layer *layer = &ann->net->layer[l];
    ann->kernels->pack(&layer->geo, layer->weight, first, last,
                       ann->layer[l].packed);
}

void sg__ann_pack_all(sg__ann *ann)
{
    for (size_t l = 0; l < ann->net->layer_count; l++)
        if (ann->net->layer[l].synaptic)
            sg__ann_pack(ann, l, 0, ann->net->layer[l].geo.out_c);
}
