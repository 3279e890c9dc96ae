/* Sums by channel; see channels.h. */
#include "cli/run/channels.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/cli.h"
#include "cli/base/team.h"
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

/* Adds some samples to the sums. */
static sg_status sum_part(const sg_network *net, size_t layers,
                          const size_t *begin, const sg_data *data,
                          team_part part, unsigned threads, uint64_t *sum,
                          sg_error *error)
{
    sg_layer_info layer;
    sg_pass *pass = NULL;
    sg_status status = SG_OK;
    if (part.count > 0)
        status = sg_pass_create(net, part.count < BATCH ? part.count : BATCH,
                                threads, &pass, error);
    for (uint32_t s = 0; status == SG_OK && s < part.count; s += BATCH) {
        const uint32_t n = part.count - s < BATCH ? part.count - s : BATCH;
        status = sg_pass_run(pass, data, part.first + s, n, 0, error);
        for (size_t l = 0; status == SG_OK && l < layers; l++)
            if (fires(net, layers, l, &layer))
                add(sum + begin[l], sg_pass_counts(pass, l + 1),
                    n * layer.neurons, layer.out.channels);
    }
    sg_pass_destroy(pass);
    return status;
}

json_t *channels_task(const json_t *order, const sg_network *net,
                      const sg_data *const *data, sg_status *status,
                      sg_error *error)
{
    size_t begin[SG_LAYERS_MAX];
    sg_network_info info;
    const sg_data *of = data[team_number(order, "place") % SG_RANKS_DATA_MAX];
    if (!net || !of) {
        *status = SG_E_FORMAT;
        return NULL;
    }
    sg_network_get_info(net, &info);
    const size_t sums = lay_out(net, info.layers, begin);
    uint64_t *sum = calloc(sums + 1, sizeof *sum);
    *status =
        sum ? sum_part(net, info.layers, begin, of, team_part_of(order),
                       (unsigned)team_number(order, "threads"), sum, error)
            : SG_E_MEMORY;
    json_t *list = *status == SG_OK ? json_array() : NULL;
    for (size_t i = 0; list && i < sums; i++)
        json_array_append_new(list, json_integer((json_int_t)sum[i]));
    free(sum);
    return list;
}

/* All samples by all ranks. */
static sg_status sum_all(const sg_network *net, size_t layers,
                         const size_t *begin, const sg_data *data,
                         unsigned place, uint32_t samples, unsigned threads,
                         uint64_t *sum, sg_error *error)
{
    team_part own = {0, samples};
    char problem[SG_ERROR_TEXT] = "";
    int code = CLI_OK;
    if (team_ranks())
        cli_capture(problem, sizeof problem);
    if (team_ranks())
        code = team_divide("train", "channels",
                           json_pack("{s:i,s:i}", "place", (int)place,
                                     "threads", (int)threads),
                           net, false, samples, 1, &own);
    sg_status status = code == CLI_OK ? sum_part(net, layers, begin, data, own,
                                                 threads, sum, error)
                                      : SG_OK;
    for (uint32_t r = 1;
         code == CLI_OK && status == SG_OK && r < sg_ranks_count(team_ranks());
         r++) {
        json_t *answer;
        size_t i;
        const json_t *value;
        code = team_gather("train", r, &answer);
        json_array_foreach(answer, i, value) sum[i] +=
            (uint64_t)json_integer_value(value);
        json_decref(answer);
    }
    if (team_ranks())
        cli_capture(NULL, 0);
    if (code == CLI_OK)
        return status;
    snprintf(error->text, sizeof error->text, "%s", problem);
    return code == CLI_INTERRUPTED ? SG_E_STOPPED : SG_E_IO;
}

sg_status channels_sum(const sg_network *net, const sg_data *data,
                       unsigned place, uint32_t samples, unsigned threads,
                       channel_sums *out, sg_error *error)
{
    size_t begin[SG_LAYERS_MAX];
    sg_network_info info;
    sg_layer_info layer;
    const uint32_t size = sg_data_get_info(data)->size;
    samples = samples < size ? samples : size;
    sg_network_get_info(net, &info);
    memset(out, 0, info.layers * sizeof *out);
    uint64_t *sum = calloc(lay_out(net, info.layers, begin) + 1, sizeof *sum);
    const sg_status status = sum ? sum_all(net, info.layers, begin, data,
                                           place, samples, threads, sum, error)
                                 : SG_E_MEMORY;
    for (size_t l = 0; status == SG_OK && l < info.layers; l++)
        if (fires(net, info.layers, l, &layer))
            out[l] = conclude(sum + begin[l], &layer, samples);
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
