/* Histograms in the metrics; see observed.h. */
#include "cli/run/observed.h"

#include <stdbool.h>
#include <stdlib.h>

enum { EXACT = 16 };

int observed_width(int bin)
{
    int width = 1;
    for (int size = abs(bin); size >= EXACT; size /= 2)
        width *= 2;
    return width;
}

int observed_bin(int value)
{
    int width = observed_width(value);
    return value / width * width;
}

/* Bins of values low, low + 1, ..., n of them. */
static json_t *histogram(const uint64_t *times, int n, int low)
{
    json_t *list = json_array();
    for (int i = 0; list && i < n;) {
        int bin = observed_bin(low + i);
        uint64_t sum = 0;
        for (; i < n && observed_bin(low + i) == bin; i++)
            sum += times[i];
        if (sum == 0)
            continue;
        if (json_array_append_new(list, json_integer(bin)) != 0 ||
            json_array_append_new(list, json_integer((json_int_t)sum)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *layer_json(const sg_network *net, size_t l,
                          const sg_layer_observation *o)
{
    sg_layer_info layer;
    if (sg_network_get_layer(net, l, &layer) != SG_OK)
        return NULL;
    return json_pack("{s:s,s:I,s:I,s:o,s:o,s:I,s:I,s:I}", "name", layer.name,
                     "neurons", (json_int_t)o->neurons, "cap",
                     (json_int_t)layer.count_cap, "counts",
                     histogram(o->counts, SG_COUNT_BINS, 0), "errors",
                     histogram(o->errors, SG_ERROR_BINS, -SG_ERROR_CENTRE),
                     "saturated", (json_int_t)o->saturated, "silent",
                     (json_int_t)o->silent, "errorless",
                     (json_int_t)o->errorless);
}

json_t *observed_json(const sg_network *net, const sg_data *data,
                      uint32_t samples, unsigned threads, const char *from,
                      sg_status *status, sg_error *error)
{
    sg_network_info info;
    uint32_t size = sg_data_get_info(data)->size;
    samples = samples < size ? samples : size;
    sg_network_get_info(net, &info);
    sg_layer_observation *seen = malloc(info.layers * sizeof *seen);
    *status = seen ? sg_observe(net, data, samples, threads, seen, error)
                   : SG_E_MEMORY;
    json_t *layers = *status == SG_OK ? json_array() : NULL;
    bool failed = !layers;
    for (size_t l = 0; !failed && l < info.layers; l++)
        failed =
            json_array_append_new(layers, layer_json(net, l, &seen[l])) != 0;
    free(seen);
    json_t *value =
        failed ? NULL
               : json_pack("{s:I,s:s,s:O}", "samples", (json_int_t)samples,
                           "from", from, "layers", layers);
    json_decref(layers);
    if (!value && *status == SG_OK)
        *status = SG_E_MEMORY;
    return value;
}
