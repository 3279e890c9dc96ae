/* Reading metrics.jsonl back; see history.h. */
#include "cli/run/history.h"

#include "cli/run/log_read.h"

bool history_better(const history_epoch *best, const history_epoch *now)
{
    return best->epoch == 0 || now->correct >= best->correct;
}

json_t *history_epoch_json(const history_epoch *epoch)
{
    return json_pack("{s:I,s:I}", "samples", (json_int_t)epoch->samples,
                     "correct", (json_int_t)epoch->correct);
}

static void take_epoch(history *out, const log_line *line)
{
    const json_t *time = json_object_get(line->json, "time");
    const json_t *held = json_object_get(line->json, "validation");
    const json_t *train = json_object_get(line->json, "train");
    double rate = log_seconds(time, "samples_per_second");
    out->test_seconds = log_seconds(time, "test_seconds");
    /* not "seconds", which has only what the last process trained of it */
    out->epoch_seconds =
        out->test_seconds +
        (rate > 0.0 ? (double)log_count(train, "samples") / rate : 0.0);
    if (!held)
        return;
    out->last =
        (history_epoch){(uint32_t)line->epoch, log_count(held, "correct"),
                        log_count(held, "samples")};
    if (history_better(&out->best, &out->last))
        out->best = out->last;
}

int history_read(const char *path, uint32_t epoch, history *out)
{
    log_reader log;
    *out = (history){0};
    log_open(&log, path);
    while (log_next(&log)) {
        const log_line *line = &log.line;
        if (line->elapsed > out->elapsed)
            out->elapsed = line->elapsed;
        if (line->type == LOG_EPOCH && line->epoch >= 1 &&
            line->epoch <= epoch)
            take_epoch(out, line);
        if (line->type == LOG_FINAL) {
            out->final = true;
            out->chose_best = log_chose_best(line);
        }
    }
    return log_close(&log);
}
