/* Reading metrics.jsonl; see log_read.h. */
#include "cli/run/log_read.h"

#include <string.h>

#include "cli/base/cli.h"
#include "cli/base/memory.h"

void log_open(log_reader *log, const char *path)
{
    *log = (log_reader){.torn = false};
    input_open(&log->in, path);
}

uint64_t log_count(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

double log_seconds(const json_t *object, const char *key)
{
    double value = json_number_value(json_object_get(object, key));
    return value > 0.0 ? value : 0.0;
}

void log_refuse(log_reader *log, const char *expected)
{
    cli_fail("%s:%u: expected %s", log->in.path, log->in.number, expected);
    log->code = CLI_DATA;
}

void log_no_memory(log_reader *log)
{
    log->code = cli_fail("%s: out of memory", log->in.path);
}

/* What kind of line it is; false if it is none. */
static bool take(log_reader *log)
{
    static const char *const types[] = {"epoch", "final", "lost", "stop",
                                        "plan"};
    const char *type = json_string_value(json_object_get(log->json, "type"));
    if (!type)
        return false;
    log->line = (log_line){
        .type = LOG_OTHER,
        .epoch = log_count(log->json, "epoch"),
        .elapsed = log_seconds(json_object_get(log->json, "time"), "elapsed"),
        .text = log->in.text,
        .json = log->json,
    };
    for (int i = 0; i < LOG_OTHER; i++)
        if (strcmp(type, types[i]) == 0)
            log->line.type = (log_type)i;
    return true;
}

bool log_next(log_reader *log)
{
    json_decref(log->json);
    log->json = NULL;
    if (log->code != CLI_OK || log->torn || !input_next(&log->in))
        return false;
    log->json = json_loads(log->in.text, 0, NULL);
    if (memory_failed()) {
        log_no_memory(log);
        return false;
    }
    if (!log->json || !strchr(log->in.text, '\n'))
        log->torn = input_at_end(&log->in);
    if (log->torn || log->in.code != CLI_OK)
        return false;
    if (take(log))
        return true;
    log_refuse(log, "a line of metrics, a JSON object with a type");
    return false;
}

int log_close(log_reader *log)
{
    json_decref(log->json);
    log->json = NULL;
    int read = input_close(&log->in);
    return log->code != CLI_OK ? log->code : read;
}

bool log_chose_best(const log_line *line)
{
    const char *chosen =
        json_string_value(json_object_get(line->json, "chosen"));
    return chosen && strcmp(chosen, "best") == 0;
}

bool log_metrics(const json_t *object, sg_metrics *out)
{
    const json_t *layers = json_object_get(object, "layers");
    *out = (sg_metrics){.samples = log_count(object, "samples"),
                        .correct = log_count(object, "correct"),
                        .loss_q20 = log_count(object, "loss_q20"),
                        .layers = json_array_size(layers)};
    if (out->samples == 0 || out->layers < 1 || out->layers > SG_LAYERS_MAX)
        return false;
    for (size_t l = 0; l < out->layers; l++) {
        const json_t *row = json_array_get(layers, l);
        out->layer[l] = (sg_layer_activity){
            .spikes = log_count(row, "spikes"),
            .active = log_count(row, "active"),
            .saturated = log_count(row, "saturated"),
            .forward_ops = log_count(row, "forward_ops"),
            .error_spikes = log_count(row, "error_spikes"),
            .error_senders = log_count(row, "error_senders"),
            .backward_ops = log_count(row, "backward_ops"),
            .gradient_ops = log_count(row, "gradient_ops"),
        };
    }
    return true;
}
