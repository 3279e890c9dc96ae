/* Sums by channel; see channels.h. */
#include "cli/run/channels.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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

/* Room for the sums of all channels; where those of a layer begin. */
static uint64_t *make_room(const sg_network *net, size_t layers, size_t *begin)
{
    sg_layer_info layer;
    size_t all = 0;
    for (size_t l = 0; l < layers; l++) {
        begin[l] = all;
        all += fires(net, layers, l, &layer) ? layer.out.channels : 0;
    }
    return calloc(all + 1, sizeof(uint64_t));
}

sg_status channels_sum(const sg_network *net, const sg_data *data,
                       uint32_t samples, unsigned threads, channel_sums *out,
                       sg_error *error)
{
    size_t begin[SG_LAYERS_MAX];
    sg_network_info info;
    sg_layer_info layer;
    sg_pass *pass = NULL;
    const uint32_t size = sg_data_get_info(data)->size;
    samples = samples < size ? samples : size;
    sg_network_get_info(net, &info);
    memset(out, 0, info.layers * sizeof *out);
    uint64_t *sum = make_room(net, info.layers, begin);
    sg_status status =
        sum ? sg_pass_create(net, samples < BATCH ? samples : BATCH, threads,
                             &pass, error)
            : SG_E_MEMORY;
    for (uint32_t s = 0; status == SG_OK && s < samples; s += BATCH) {
        const uint32_t n = samples - s < BATCH ? samples - s : BATCH;
        status = sg_pass_run(pass, data, s, n, 0, error);
        for (size_t l = 0; status == SG_OK && l < info.layers; l++)
            if (fires(net, info.layers, l, &layer))
                add(sum + begin[l], sg_pass_counts(pass, l + 1),
                    n * layer.neurons, layer.out.channels);
    }
    for (size_t l = 0; status == SG_OK && l < info.layers; l++)
        if (fires(net, info.layers, l, &layer))
            out[l] = conclude(sum + begin[l], &layer, samples);
    sg_pass_destroy(pass);
    free(sum);
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
