/* Reading metrics.jsonl and recipe.ini; see record_read.h.
 *
 * What a line lacks is refused if the report cannot do without, and is 0 if
 * it is a sum. Lines of a type that is not known here are passed over. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/cli.h"
#include "cli/base/output.h"
#include "cli/base/recipefile.h"
#include "cli/run/confusions.h"
#include "cli/run/log_read.h"
#include "cli/run/observed.h"
#include "cli/run/record_read.h"

/* As many as a recipe may ask for. */
enum { EPOCHS_MAX = 100000 };

/* The layers as the first epoch names them. */
static bool name_layers(record *r, const json_t *layers)
{
    size_t n = json_array_size(layers);
    if (n < 1 || n > SG_LAYERS_MAX)
        return false;
    for (size_t l = 0; l < n; l++) {
        const json_t *value = json_array_get(layers, l);
        record_layer *to = &r->layer[l];
        const char *name = json_string_value(json_object_get(value, "name"));
        if (!name || strlen(name) >= sizeof to->name)
            return false;
        memcpy(to->name, name, strlen(name) + 1);
        to->neurons = log_count(value, "neurons");
        to->dense_macs = log_count(value, "dense_macs");
        r->dense |= to->dense_macs > 0;
        if (to->neurons == 0)
            return false;
    }
    r->layers = n;
    return true;
}

static bool read_metrics(record *r, const json_t *object, record_sums *to)
{
    sg_metrics sums;
    const json_t *layers = json_object_get(object, "layers");
    if (r->layers == 0 && !name_layers(r, layers))
        return false;
    return log_metrics(object, &sums) && sums.layers == r->layers &&
           record_keep(r, &sums, to);
}

/* More bins than there are values are no histogram. */
enum { BINS_MAX = 511 };

/* Bin, number, bin, number... to bins with shares. */
static bool read_bins(const json_t *list, chart_bin **out, size_t *n)
{
    size_t size = json_array_size(list) / 2;
    double all = 0;
    size = size < BINS_MAX ? size : BINS_MAX;
    *n = 0;
    *out = calloc(size + 1, sizeof **out);
    if (!*out)
        return false;
    for (size_t i = 0; i < size; i++) {
        json_int_t bin = json_integer_value(json_array_get(list, 2 * i));
        json_int_t number =
            json_integer_value(json_array_get(list, 2 * i + 1));
        if (bin < -255 || bin > 255 || number <= 0)
            continue;
        int width = observed_width((int)bin);
        int from = bin < 0 ? (int)bin - width + 1 : (int)bin;
        (*out)[(*n)++] = (chart_bin){from, width, (double)number};
        all += (double)number;
    }
    for (size_t i = 0; i < *n; i++)
        (*out)[i].share /= all;
    return true;
}

static bool read_sight(record *r, const json_t *object)
{
    const json_t *layers = json_object_get(object, "layers");
    const char *from = json_string_value(json_object_get(object, "from"));
    record_free_sight(r);
    if (json_array_size(layers) != r->layers)
        return false;
    r->sight = calloc(r->layers, sizeof *r->sight);
    if (!r->sight)
        return false;
    for (size_t l = 0; l < r->layers; l++) {
        const json_t *value = json_array_get(layers, l);
        record_sight *to = &r->sight[l];
        to->neurons = log_count(value, "neurons");
        to->saturated = log_count(value, "saturated");
        to->silent = log_count(value, "silent");
        to->errorless = log_count(value, "errorless");
        if (!read_bins(json_object_get(value, "counts"), &to->counts,
                       &to->count_bins) ||
            !read_bins(json_object_get(value, "errors"), &to->errors,
                       &to->error_bins))
            return false;
    }
    r->observed = log_count(object, "samples");
    r->observed_at = r->epochs;
    r->observed_held = from && strcmp(from, "validation") == 0;
    return true;
}

/* Whether a layer of so many neurons can have such channels. */
static bool can_be(const record_channel *c, uint64_t neurons)
{
    return c->counts > 0 && c->spikes / UINT8_MAX <= c->counts &&
           c->number < neurons && c->loud <= neurons;
}

/* Loudest channels; those of an epoch before are forgotten. */
static void read_channels(record *r, const json_t *list)
{
    size_t i;
    const json_t *value;
    memset(r->channel, 0, sizeof r->channel);
    json_array_foreach(list, i, value)
    {
        const json_t *layer = json_object_get(value, "layer");
        /* below 0 it is a layer that there is not */
        const uint64_t l = (uint64_t)json_integer_value(layer);
        const record_channel c = {log_count(value, "counts"),
                                  log_count(value, "spikes"),
                                  log_count(value, "loudest"),
                                  log_count(value, "loud")};
        if (json_is_integer(layer) && l < r->layers - 1 &&
            record_has_weights(r, l) && can_be(&c, r->layer[l].neurons))
            r->channel[l] = c;
    }
}

/* The place of an epoch. Those before it that have no line yet stay without
 * samples. NULL without memory. */
static record_epoch *place_epoch(record *r, size_t epoch)
{
    while (r->epochs < epoch) {
        if (!record_add_epoch(r))
            return NULL;
        r->epochs++;
        r->lost++;
    }
    record_epoch *to = &r->epoch[epoch - 1];
    if (to->train.samples > 0)
        r->twice++;
    else
        r->lost--;
    return to;
}

/* The line of an epoch. */
static bool read_epoch(record *r, const log_line *line)
{
    const json_t *train = json_object_get(line->json, "train");
    const json_t *test = json_object_get(line->json, "test");
    const json_t *held = json_object_get(line->json, "validation");
    const json_t *seen = json_object_get(line->json, "observed");
    if (line->epoch < 1 || line->epoch > EPOCHS_MAX)
        return false;
    record_epoch *to = place_epoch(r, (size_t)line->epoch);
    if (!to)
        return false;
    r->held = held != NULL;
    if (!read_metrics(r, train, &to->train) ||
        ((held || test) && !read_metrics(r, held ? held : test, &to->test)))
        return false;
    read_channels(r, json_object_get(line->json, "channels"));
    /* under a limit of time, what was planned at the epoch's end holds */
    const size_t replanned = log_count(line->json, "replanned");
    r->planned =
        replanned ? replanned : (size_t)log_count(line->json, "planned");
    return !seen || read_sight(r, seen);
}

/* The line of the last test, which only a run that is complete has. */
static bool read_final(record *r, const log_line *line)
{
    r->planned = r->epochs;
    r->final_epoch = line->epoch >= 1 && line->epoch <= EPOCHS_MAX
                         ? (size_t)line->epoch
                         : r->epochs;
    const json_t *flipped = json_object_get(line->json, "test_flip");
    const json_t *test = json_object_get(line->json, "test");
    if (!test)
        return true; /* there was no test split */
    r->tested = read_metrics(r, test, &r->final);
    const json_t *classes = json_object_get(line->json, "classes");
    if (classes && !confusions_read(classes, r))
        return false;
    r->flipped = flipped && read_metrics(r, flipped, &r->final_flip);
    return r->tested && (r->flipped || !flipped);
}

/* What was not taken is as malformed as it looks, or there was no memory. */
static void refuse(log_reader *log, const char *expected)
{
    if (errno == ENOMEM)
        log_no_memory(log);
    else
        log_refuse(log, expected);
}

/* What an epoch's time says of ranks. */
static void read_ranks(record *r, const json_t *time)
{
    r->ranks = (double)log_count(time, "ranks");
    r->rank_steps += log_seconds(time, "rank_steps");
    r->rank_bytes += log_seconds(time, "sent") + log_seconds(time, "received");
    r->rank_seconds += log_seconds(time, "step_seconds");
    r->rank_waits += log_seconds(time, "wait_seconds");
}

static void read_line(record *r, log_reader *log)
{
    const log_line *line = &log->line;
    if (line->elapsed > r->seconds)
        r->seconds = line->elapsed;
    else if (line->type == LOG_EPOCH && line->elapsed == 0.0)
        r->seconds += log_seconds(json_object_get(line->json, "time"),
                                  "seconds"); /* as older metrics have it */
    if (line->type == LOG_EPOCH)
        read_ranks(r, json_object_get(line->json, "time"));
    errno = 0;
    if (line->type == LOG_EPOCH && !read_epoch(r, line))
        refuse(log, "an epoch, with samples and the layers of the first");
    if (line->type == LOG_PLAN && log_count(line->json, "planned") > 0)
        r->planned = (size_t)log_count(line->json, "planned");
    if (line->type == LOG_FINAL && r->epochs > 0 && !read_final(r, line))
        refuse(log, "a test of the layers of the epochs");
}

static int read_file(record *r, const char *path)
{
    log_reader log;
    log_open(&log, path);
    if (log.in.absent)
        log.code = cli_fail("%s: %s", path, strerror(ENOENT));
    while (log_next(&log))
        read_line(r, &log);
    r->torn = log.torn;
    if (log.code == CLI_OK && log.in.code == CLI_OK && r->epochs == 0)
        log.code = cli_fail("%s: no epoch yet", path);
    if (r->planned == 0) /* metrics from before there were plans */
        r->planned = (size_t)recipe_number(r->recipe, "epochs");
    return log_close(&log);
}

static int read_recipe(record *r, const char *path)
{
    recipe_file file;
    int code = recipe_file_begin(&file);
    r->recipe = file.recipe; /* record_free destroys it */
    if (code == CLI_OK)
        code = recipe_file_read(path, &file);
    recipe_text(r->recipe, "net", r->net);
    snprintf(r->data, sizeof r->data, "%s", file.data);
    return code;
}

int record_read(record *r, const char *path)
{
    char *recipe = output_path(path, "recipe.ini");
    char *metrics = output_path(path, "metrics.jsonl");
    int code = CLI_OK;
    memset(r, 0, sizeof *r);
    r->path = path;
    if (!recipe || !metrics)
        code = cli_fail("%s: out of memory", path);
    if (code == CLI_OK)
        code = read_recipe(r, recipe);
    if (code == CLI_OK)
        code = read_file(r, metrics);
    free(recipe);
    free(metrics);
    return code;
}
