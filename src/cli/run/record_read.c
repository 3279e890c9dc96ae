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
#include "cli/run/observed.h"
#include "cli/run/record_read.h"

static uint64_t whole(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

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
        to->neurons = whole(value, "neurons");
        to->dense_macs = whole(value, "dense_macs");
        r->dense |= to->dense_macs > 0;
        if (to->neurons == 0)
            return false;
    }
    r->layers = n;
    return true;
}

static bool read_metrics(record *r, const json_t *object, sg_metrics *to)
{
    const json_t *layers = json_object_get(object, "layers");
    if (r->layers == 0 && !name_layers(r, layers))
        return false;
    *to = (sg_metrics){.samples = whole(object, "samples"),
                       .correct = whole(object, "correct"),
                       .loss_q20 = whole(object, "loss_q20"),
                       .layers = r->layers};
    if (json_array_size(layers) != r->layers || to->samples == 0)
        return false;
    for (size_t l = 0; l < r->layers; l++) {
        const json_t *value = json_array_get(layers, l);
        to->layer[l] =
            (sg_layer_activity){.spikes = whole(value, "spikes"),
                                .active = whole(value, "active"),
                                .saturated = whole(value, "saturated"),
                                .forward_ops = whole(value, "forward_ops"),
                                .error_spikes = whole(value, "error_spikes"),
                                .error_senders = whole(value, "error_senders"),
                                .backward_ops = whole(value, "backward_ops"),
                                .gradient_ops = whole(value, "gradient_ops")};
    }
    return true;
}

/* Bin, number, bin, number... to bins with shares. */
static bool read_bins(const json_t *list, chart_bin **out, size_t *n)
{
    size_t size = json_array_size(list) / 2;
    double all = 0;
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
        to->neurons = whole(value, "neurons");
        to->saturated = whole(value, "saturated");
        to->silent = whole(value, "silent");
        to->errorless = whole(value, "errorless");
        if (!read_bins(json_object_get(value, "counts"), &to->counts,
                       &to->count_bins) ||
            !read_bins(json_object_get(value, "errors"), &to->errors,
                       &to->error_bins))
            return false;
    }
    r->observed = whole(object, "samples");
    r->observed_at = r->epochs;
    r->observed_held = from && strcmp(from, "validation") == 0;
    return true;
}

/* The line of an epoch; it has to be the next one. */
static bool read_epoch(record *r, const json_t *line)
{
    const json_t *train = json_object_get(line, "train");
    const json_t *test = json_object_get(line, "test");
    const json_t *held = json_object_get(line, "validation");
    const json_t *seen = json_object_get(line, "observed");
    const json_t *time = json_object_get(line, "time");
    if (whole(line, "epoch") != r->epochs + 1)
        return false;
    record_epoch *more = realloc(r->epoch, (r->epochs + 1) * sizeof *r->epoch);
    if (!more)
        return false;
    r->epoch = more;
    record_epoch *to = &r->epoch[r->epochs];
    memset(to, 0, sizeof *to);
    to->seconds = json_number_value(json_object_get(time, "seconds"));
    r->held = held != NULL;
    if (!read_metrics(r, train, &to->train) ||
        ((held || test) && !read_metrics(r, held ? held : test, &to->test)))
        return false;
    r->epochs++;
    return !seen || read_sight(r, seen);
}

static bool read_line(record *r, const json_t *line)
{
    const char *type = json_string_value(json_object_get(line, "type"));
    if (!type)
        return false;
    if (strcmp(type, "epoch") == 0)
        return read_epoch(r, line);
    if (strcmp(type, "final") == 0 && r->epochs > 0)
        r->tested = read_metrics(r, json_object_get(line, "test"), &r->final);
    return true;
}

static int read_lines(record *r, const char *path, FILE *file)
{
    char *text = NULL;
    size_t size = 0;
    int code = CLI_OK;
    for (unsigned n = 1; code == CLI_OK && getline(&text, &size, file) > 0;
         n++) {
        json_t *line = json_loads(text, 0, NULL);
        int next = getc(file);
        ungetc(next, file);
        r->torn = next == EOF && (!line || !strchr(text, '\n'));
        if (!r->torn && (!line || !read_line(r, line))) {
            cli_fail("%s:%u: not a line of metrics", path, n);
            code = CLI_DATA;
        }
        json_decref(line);
    }
    free(text);
    if (code == CLI_OK && ferror(file))
        code = cli_fail("%s: %s", path, strerror(errno));
    if (code == CLI_OK && r->epochs == 0)
        code = cli_fail("%s: no epoch yet", path);
    return code;
}

static int read_file(record *r, const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return cli_fail("%s: %s", path, strerror(errno));
    int code = read_lines(r, path, file);
    fclose(file);
    return code;
}

static int read_recipe(record *r, const char *path)
{
    recipe_file file = {0};
    sg_recipe_init(&file.recipe);
    int code = recipe_file_read(path, &file);
    r->recipe = file.recipe;
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
