/* Evaluation of a network outside of a training run. */
#include "base/sized.h"
#include "base/status.h"
#include "engine/engine.h"
#include "engine/metrics.h"
#include "learn/place.h"
#include "network/match.h"

#include <string.h>

/* Samples at once: as many as keep their counts in so many bytes. */
enum { BATCH_BYTES = 48 << 20, BATCH_MAX = 256 };

/* Whose classes are asked for at once: enough for many ranks. */
enum { PREDICTED = 4096 };

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
    const sg_evaluate_options options = {sizeof options, threads, 0,
                                         NULL,           NULL,    NULL};
    return sg_evaluate_with(net, data, &options, out, confusion, error);
}

/* All of data, a part at a time: where the classes they are taken for are
 * wanted too. */
static sg_status count_classes(sg__engine *engine, const sg__range *all,
                               sg_metrics *out, uint32_t *confusion)
{
    const uint32_t classes = engine->net->classes;
    uint32_t predicted[PREDICTED];
    sg_metrics part;
    sg__range range = *all;
    sg_status status = SG_OK;
    memset(out, 0, sizeof *out);
    memset(confusion, 0, (size_t)classes * classes * sizeof *confusion);
    for (; status == SG_OK && range.first < all->count;
         range.first += range.count) {
        range.count = all->count - range.first;
        range.count = range.count < PREDICTED ? range.count : PREDICTED;
        status = sg__engine_evaluate(engine, &range, &part, predicted);
        if (status != SG_OK)
            break;
        sg__metrics_add(out, &part);
        for (uint32_t s = 0; s < range.count; s++)
            confusion[sg_data_label(range.data, range.first + s) * classes +
                      predicted[s]]++;
    }
    return status;
}

sg_status sg_evaluate_with(const sg_network *net, const sg_data *data,
                           const sg_evaluate_options *options, sg_metrics *out,
                           uint32_t *confusion, sg_error *error)
{
    sg_evaluate_options how;
    if (!net || !data || !out)
        return sg__fail(error, SG_E_ARGUMENT, "evaluation: missing argument");
    sg_status status = sg__sized_take(options, &how, sizeof how,
                                      "options of an evaluation", error);
    if (status == SG_OK)
        status = sg__check_data(net, data, error);
    if (status != SG_OK)
        return status;
    sg__place place;
    sg_error why = {{0}};
    status = sg__place_of(how.device, how.threads, how.ranks, &place, error);
    if (status != SG_OK)
        return status;
    const sg__engine_options built = {.net = net,
                                      .batch = batch_size(net) *
                                               sg_ranks_count(place.ranks),
                                      .threads = how.threads,
                                      .device = &place.device,
                                      .ranks = place.ranks,
                                      .error = &why};
    sg__engine *engine = NULL;
    const sg__range all = {data, 0, sg_data_get_info(data)->size,
                           how.flip != 0};
    status = sg__engine_create(place.kind, &built, &engine);
    if (status == SG_OK && how.started)
        *how.started = engine->threads;
    if (status == SG_OK)
        status = confusion ? count_classes(engine, &all, out, confusion)
                           : sg__engine_evaluate(engine, &all, out, NULL);
    if (status != SG_OK && why.text[0])
        sg__fail(error, status, "%s", why.text);
    else if (status != SG_OK)
        sg__fail(error, status, "evaluation with %u threads: %s", how.threads,
                 engine ? sg__engine_why(engine, status)
                        : sg_status_text(status));
    sg__engine_destroy(engine);
    return status;
}
