/* Reading metrics.jsonl back; see history.h. */
#include "cli/run/history.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/cli.h"

bool history_better(const history_epoch *best, const history_epoch *now)
{
    return best->epoch == 0 || now->correct >= best->correct;
}

json_t *history_epoch_json(const history_epoch *epoch)
{
    return json_pack("{s:I,s:I}", "samples", (json_int_t)epoch->samples,
                     "correct", (json_int_t)epoch->correct);
}

static double number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static uint64_t count(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

static void take_epoch(history *out, const json_t *line, uint32_t epoch)
{
    const json_t *time = json_object_get(line, "time");
    const json_t *held = json_object_get(line, "validation");
    const json_t *train = json_object_get(line, "train");
    double rate = number(time, "samples_per_second");
    out->test_seconds = number(time, "test_seconds");
    /* not "seconds", which has only what the last process trained of it */
    out->epoch_seconds =
        out->test_seconds +
        (rate > 0.0 ? (double)count(train, "samples") / rate : 0.0);
    if (!held)
        return;
    out->last =
        (history_epoch){epoch, count(held, "correct"), count(held, "samples")};
    if (history_better(&out->best, &out->last))
        out->best = out->last;
}

static void take_line(history *out, const json_t *line, uint32_t epochs)
{
    const char *type = json_string_value(json_object_get(line, "type"));
    uint64_t epoch = count(line, "epoch");
    double elapsed = number(json_object_get(line, "time"), "elapsed");

    out->elapsed = elapsed > out->elapsed ? elapsed : out->elapsed;
    if (!type)
        return;
    if (strcmp(type, "epoch") == 0 && epoch >= 1 && epoch <= epochs)
        take_epoch(out, line, (uint32_t)epoch);
    if (strcmp(type, "final") == 0) {
        const char *chosen =
            json_string_value(json_object_get(line, "chosen"));
        out->final = true;
        out->chose_best = chosen && strcmp(chosen, "best") == 0;
    }
}

int history_read(const char *path, uint32_t epoch, history *out)
{
    char *text = NULL;
    size_t size = 0;

    *out = (history){0};
    FILE *stream = fopen(path, "r");
    if (!stream)
        return errno == ENOENT ? CLI_OK
                               : cli_fail("%s: %s", path, strerror(errno));
    while (getline(&text, &size, stream) > 0) {
        json_t *line = json_loads(text, 0, NULL);
        take_line(out, line, epoch);
        json_decref(line);
    }
    int reason = ferror(stream) ? errno : 0;
    free(text);
    fclose(stream);
    return reason ? cli_fail("%s: %s", path, strerror(reason)) : CLI_OK;
}
