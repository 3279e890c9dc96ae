/* Reading metrics.jsonl; see log_read.h. */
#include "cli/run/log_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/cli.h"

void log_open(log_reader *log, const char *path)
{
    *log = (log_reader){.path = path, .stream = fopen(path, "r")};
    log->absent = !log->stream && errno == ENOENT;
    if (!log->stream && !log->absent)
        log->code = cli_fail("%s: %s", path, strerror(errno));
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
    cli_fail("%s:%u: expected %s", log->path, log->number, expected);
    log->code = CLI_DATA;
}

/* What kind of line it is; false if it is none. */
static bool take(log_reader *log)
{
    static const char *const types[] = {"epoch", "final", "stop"};
    const char *type = json_string_value(json_object_get(log->json, "type"));
    if (!type)
        return false;
    log->line = (log_line){
        .type = LOG_OTHER,
        .epoch = log_count(log->json, "epoch"),
        .elapsed = log_seconds(json_object_get(log->json, "time"), "elapsed"),
        .text = log->text,
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
    if (!log->stream || log->code != CLI_OK || log->torn)
        return false;
    errno = 0;
    if (getline(&log->text, &log->size, log->stream) <= 0) {
        if (ferror(log->stream))
            log->code =
                cli_fail("%s: %s", log->path, strerror(errno ? errno : EIO));
        return false;
    }
    log->number++;
    log->json = json_loads(log->text, 0, NULL);
    const int next = getc(log->stream);
    if (next != EOF)
        ungetc(next, log->stream);
    log->torn = next == EOF && (!log->json || !strchr(log->text, '\n'));
    if (log->torn)
        return false;
    if (take(log))
        return true;
    log_refuse(log, "a line of metrics, a JSON object with a type");
    return false;
}

int log_close(log_reader *log)
{
    json_decref(log->json);
    free(log->text);
    if (log->stream)
        fclose(log->stream);
    log->stream = NULL;
    log->json = NULL;
    log->text = NULL;
    return log->code;
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
