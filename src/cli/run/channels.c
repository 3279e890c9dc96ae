/* Sums by channel; see channels.h. */
#include "cli/run/channels.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/team_work.h"
#include "report/health.h"

/* Samples at once. */
enum { BATCH = 32 };

/* sum[c] += the counts of channel c. */
static void add(uint64_t *sum, const uint8_t *count, uint64_t neurons,
                uint32_t channels)
{
    for (uint64_t i = 0; i < neurons; i += channels)
        for (uint32_t c = 0; c < channels; c++)
            sum[c] += count[i + c];
}

/* What a layer's sums come to. */
static channel_sums conclude(const uint64_t *sum, const sg_layer_info *layer,
                             uint32_t samples)
{
    const uint32_t channels = layer->out.channels;
    channel_sums out = {.counts = samples * layer->neurons / channels};
    for (uint32_t c = 0; c < channels; c++) {
        out.loud += health_loud(sum[c], out.counts, layer->count_cap);
        if (sum[c] <= out.spikes)
            continue;
        out.spikes = sum[c];
        out.loudest = c;
    }
    return out;
}

/* Whether layer l has neurons that fire, of its own. */
static bool fires(const sg_network *net, size_t layers, size_t l,
                  sg_layer_info *layer)
{
    return sg_network_get_layer(net, l, layer) == SG_OK &&
           layer->synapses > 0 && l + 1 < layers;
}

/* Where the sums of a layer begin, and how many there are. */
static size_t lay_out(const sg_network *net, size_t layers, size_t *begin)
{
    sg_layer_info layer;
    size_t all = 0;
    for (size_t l = 0; l < layers; l++) {
        begin[l] = all;
        all += fires(net, layers, l, &layer) ? layer.out.channels : 0;
    }
    return all;
}

/* Samples that are summed up. */
typedef struct summing {
    const sg_network *net;
    const sg_data *data;
    unsigned threads;
    size_t layers, sums;
    size_t begin[SG_LAYERS_MAX];
    uint64_t *sum; /* [sums] */
} summing;

static sg_status summing_open(summing *s, const sg_network *net,
                              const sg_data *data, unsigned threads)
{
    sg_network_info info;
    sg_network_get_info(net, &info);
    *s = (summing){.net = net,
                   .data = data,
                   .threads = threads,
                   .layers = info.layers};
    s->sums = lay_out(net, info.layers, s->begin);
    s->sum = calloc(s->sums + 1, sizeof *s->sum);
    return s->sum ? SG_OK : SG_E_MEMORY;
}

static sg_status sum_part(void *user, team_part part, sg_error *error)
{
    const summing *to = user;
    sg_layer_info layer;
    sg_pass *pass = NULL;
    sg_status status = SG_OK;
    if (part.count > 0)
        status =
            sg_pass_create(to->net, part.count < BATCH ? part.count : BATCH,
                           to->threads, &pass, error);
    for (uint32_t s = 0; status == SG_OK && s < part.count; s += BATCH) {
        const uint32_t n = part.count - s < BATCH ? part.count - s : BATCH;
        status = sg_pass_run(pass, to->data, part.first + s, n, 0, error);
        for (size_t l = 0; status == SG_OK && l < to->layers; l++)
            if (fires(to->net, to->layers, l, &layer))
                add(to->sum + to->begin[l], sg_pass_counts(pass, l + 1),
                    n * layer.neurons, layer.out.channels);
    }
    sg_pass_destroy(pass);
    return status;
}

static bool add_answer(void *user, const json_t *answer)
{
    const summing *to = user;
    if (json_array_size(answer) != to->sums)
        return false;
    for (size_t i = 0; i < to->sums; i++)
        to->sum[i] += (uint64_t)json_integer_value(json_array_get(answer, i));
    return true;
}

json_t *channels_task(const json_t *order, const sg_network *net,
                      const sg_data *const *data, sg_status *status,
                      sg_error *error)
{
    summing s;
    const sg_data *of = data[team_number(order, "place") % SG_RANKS_DATA_MAX];
    if (!net || !of) {
        *status = SG_E_FORMAT;
        return NULL;
    }
    *status =
        summing_open(&s, net, of, (unsigned)team_number(order, "threads"));
    if (*status == SG_OK)
        *status = sum_part(&s, team_part_of(order), error);
    json_t *list = *status == SG_OK ? json_array() : NULL;
    for (size_t i = 0; list && i < s.sums; i++)
        json_array_append_new(list, json_integer((json_int_t)s.sum[i]));
    free(s.sum);
    return list;
}

sg_status channels_sum(const sg_network *net, const sg_data *data,
                       unsigned place, uint32_t samples, unsigned threads,
                       channel_sums *out, sg_error *error)
{
    summing s;
    sg_layer_info layer;
    const team_sum sum = {"channels", sum_part, add_answer, &s};
    const uint32_t size = sg_data_get_info(data)->size;
    samples = samples < size ? samples : size;
    sg_status status = summing_open(&s, net, data, threads);
    memset(out, 0, s.layers * sizeof *out);
    if (status == SG_OK)
        status = team_sum_run(&sum,
                              json_pack("{s:i,s:i}", "place", (int)place,
                                        "threads", (int)threads),
                              net, samples, error);
    for (size_t l = 0; status == SG_OK && l < s.layers; l++)
        if (fires(net, s.layers, l, &layer))
            out[l] = conclude(s.sum + s.begin[l], &layer, samples);
    free(s.sum);
    return status;
}

json_t *channels_json(size_t layers, const channel_sums *sums)
{
    json_t *list = json_array();
    for (size_t l = 0; list && l < layers; l++) {
        if (sums[l].counts == 0)
            continue;
        json_t *one =
            json_pack("{s:I,s:I,s:I,s:I,s:I}", "layer", (json_int_t)l,
                      "loudest", (json_int_t)sums[l].loudest, "spikes",
                      (json_int_t)sums[l].spikes, "counts",
                      (json_int_t)sums[l].counts, "loud",
                      (json_int_t)sums[l].loud);
        if (json_array_append_new(list, one) == 0)
            continue;
        json_decref(list);
        list = NULL;
    }
    return list;
}
