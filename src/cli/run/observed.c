/* Histograms in the metrics; see observed.h. */
#include "cli/run/observed.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/base/cli.h"
#include "cli/base/team.h"
#include "cli/base/team_work.h"

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

/* Some of the samples. */
typedef struct view {
    sg_layer_observation *layer; /* [layers] */
    size_t layers, neurons;      /* of all layers */
    uint8_t *spoke, *erred;      /* [neurons] */
} view;

static sg_status view_open(view *v, const sg_network *net)
{
    sg_network_info info;
    sg_layer_info layer;
    sg_network_get_info(net, &info);
    *v = (view){.layers = info.layers};
    for (size_t l = 0; l < info.layers; l++)
        if (sg_network_get_layer(net, l, &layer) == SG_OK)
            v->neurons += layer.neurons;
    v->layer = calloc(v->layers, sizeof *v->layer);
    v->spoke = calloc(v->neurons + 1, 1);
    v->erred = calloc(v->neurons + 1, 1);
    return v->layer && v->spoke && v->erred ? SG_OK : SG_E_MEMORY;
}

static void view_close(view *v)
{
    free(v->layer);
    free(v->spoke);
    free(v->erred);
}

/* What is looked at, and by how many threads. */
typedef struct sight {
    view *v;
    const sg_network *net;
    const sg_data *data;
    unsigned threads;
} sight;

static sg_status look(void *user, team_part part, sg_error *error)
{
    const sight *s = user;
    const sg_observe_options how = {sizeof how, part.first,  part.count,
                                    s->threads, s->v->spoke, s->v->erred};
    return part.count > 0
               ? sg_observe_with(s->net, s->data, &how, s->v->layer, error)
               : SG_OK;
}

static json_t *numbers(const uint64_t *n, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_integer((json_int_t)n[i]));
    return list;
}

/* Marks as text of 0 and 1. */
static json_t *marks(const uint8_t *mark, size_t n)
{
    char *text = malloc(n + 1);
    for (size_t i = 0; text && i < n; i++)
        text[i] = (char)('0' + mark[i]);
    json_t *value = text ? json_stringn(text, n) : NULL;
    free(text);
    return value;
}

json_t *observed_task(const json_t *order, const sg_network *net,
                      const sg_data *const *data, sg_status *status,
                      sg_error *error)
{
    view v;
    const sg_data *of = data[team_number(order, "place") % SG_RANKS_DATA_MAX];
    if (!net || !of) {
        *status = SG_E_FORMAT;
        return NULL;
    }
    *status = view_open(&v, net);
    if (*status == SG_OK)
        *status = look(&(sight){&v, net, of,
                                (unsigned)team_number(order, "threads")},
                       team_part_of(order), error);
    json_t *layers = *status == SG_OK ? json_array() : NULL;
    for (size_t l = 0; layers && l < v.layers; l++)
        json_array_append_new(
            layers,
            json_pack("{s:o,s:o}", "counts",
                      numbers(v.layer[l].counts, SG_COUNT_BINS), "errors",
                      numbers(v.layer[l].errors, SG_ERROR_BINS)));
    json_t *answer = layers ? json_pack("{s:o,s:o,s:o}", "layers", layers,
                                        "spoke", marks(v.spoke, v.neurons),
                                        "erred", marks(v.erred, v.neurons))
                            : NULL;
    view_close(&v);
    return answer;
}

static bool add_numbers(uint64_t *to, const json_t *list, size_t count)
{
    if (json_array_size(list) != count)
        return false;
    for (size_t i = 0; i < count; i++)
        to[i] += (uint64_t)json_integer_value(json_array_get(list, i));
    return true;
}

static bool add_marks(uint8_t *to, const json_t *text, size_t count)
{
    const char *mark = json_string_value(text);
    if (json_string_length(text) != count)
        return false;
    for (size_t i = 0; i < count; i++)
        to[i] |= mark[i] == '1';
    return true;
}

static bool add_answer(void *user, const json_t *answer)
{
    const sight *s = user;
    const view *v = s->v;
    const json_t *layers = json_object_get(answer, "layers");
    bool whole = true;
    for (size_t l = 0; l < v->layers; l++) {
        const json_t *layer = json_array_get(layers, l);
        whole = add_numbers(v->layer[l].counts,
                            json_object_get(layer, "counts"), SG_COUNT_BINS) &&
                add_numbers(v->layer[l].errors,
                            json_object_get(layer, "errors"), SG_ERROR_BINS) &&
                whole;
    }
    return add_marks(v->spoke, json_object_get(answer, "spoke"), v->neurons) &&
           add_marks(v->erred, json_object_get(answer, "erred"), v->neurons) &&
           whole;
}

/* What parts do not add up to: neurons that sent nothing at all. */
static void conclude(view *v, const sg_network *net)
{
    size_t at = 0;
    for (size_t l = 0; l < v->layers; l++) {
        sg_layer_observation *o = &v->layer[l];
        sg_layer_info layer;
        if (sg_network_get_layer(net, l, &layer) != SG_OK)
            return;
        uint64_t sent = 0, erred = 0, counts = 0, errors = 0;
        for (size_t i = 0; i < layer.neurons; i++, at++) {
            sent += v->spoke[at];
            erred += v->erred[at];
        }
        for (size_t i = 0; i < SG_COUNT_BINS; i++)
            counts += o->counts[i];
        for (size_t i = 0; i < SG_ERROR_BINS; i++)
            errors += o->errors[i];
        o->neurons = layer.neurons;
        o->saturated = counts ? o->counts[layer.count_cap] : 0;
        o->silent = counts ? layer.neurons - sent : 0;
        o->errorless = errors ? layer.neurons - erred : 0;
    }
}

json_t *observed_json(const sg_network *net, const sg_data *data,
                      unsigned place, uint32_t samples, unsigned threads,
                      const char *from, sg_status *status, sg_error *error)
{
    view seen;
    sight whole = {&seen, net, data, threads};
    const team_sum sum = {"observe", look, add_answer, &whole};
    uint32_t size = sg_data_get_info(data)->size;
    samples = samples < size ? samples : size;
    *status = view_open(&seen, net);
    if (*status == SG_OK)
        *status = team_sum_run(&sum,
                               json_pack("{s:i,s:i}", "place", (int)place,
                                         "threads", (int)threads),
                               net, samples, error);
    if (*status == SG_OK && team_ranks())
        conclude(&seen, net);
    json_t *layers = *status == SG_OK ? json_array() : NULL;
    bool failed = !layers;
    for (size_t l = 0; !failed && l < seen.layers; l++)
        failed =
            json_array_append_new(layers,
                                  layer_json(net, l, &seen.layer[l])) != 0;
    view_close(&seen);
    json_t *value =
        failed ? NULL
               : json_pack("{s:I,s:s,s:O}", "samples", (json_int_t)samples,
                           "from", from, "layers", layers);
    json_decref(layers);
    if (!value && *status == SG_OK)
        *status = SG_E_MEMORY;
    return value;
}
