/* Reading metrics.jsonl back; see history.h. */
#include "cli/run/history.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"
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
    if (!held || log_count(held, "correct") > log_count(held, "samples"))
        return;
    out->last =
        (history_epoch){(uint32_t)line->epoch, log_count(held, "correct"),
                        log_count(held, "samples")};
    if (history_better(&out->best, &out->last))
        out->best = out->last;
}

/* What was seen of an epoch: how many lines, of one or more; and of it and the
 * next one, how many more ranges say already that there is none. */
enum { ONE = 1, MORE = 2 };

typedef struct sight {
    uint8_t lines;
    int64_t told;
} sight;

static void take_told(const json_t *ranges, uint32_t epoch, sight *seen)
{
    for (size_t i = 0; i < json_array_size(ranges); i++) {
        const json_t *range = json_array_get(ranges, i);
        json_int_t from = json_integer_value(json_array_get(range, 0));
        json_int_t to = json_integer_value(json_array_get(range, 1));
        if (from < 1 || from > to || from > epoch)
            continue;
        seen[from].told++;
        if (to < epoch)
            seen[to + 1].told--;
    }
}

/* From differences to sums. */
static void sum_told(uint32_t epoch, sight *seen)
{
    for (uint32_t e = 1; e <= epoch; e++)
        seen[e].told += seen[e - 1].told;
}

static void count(history_gaps *gaps, uint32_t epoch)
{
    gaps->first = gaps->count++ ? gaps->first : epoch;
}

/* From what was seen to what there is to say. False without memory. */
static bool find_gaps(const sight *seen, uint32_t epoch, history *out)
{
    bool failed = false;
    for (uint32_t e = 1; e <= epoch; e++) {
        if (seen[e].lines & MORE)
            count(&out->twice, e);
        if (seen[e].lines)
            continue;
        count(&out->lost, e);
        if (seen[e].told)
            continue;
        if (!out->ranges && !(out->ranges = json_array()))
            return false;
        uint32_t to = e;
        while (to < epoch && !seen[to + 1].lines && !seen[to + 1].told)
            count(&out->lost, ++to);
        failed |= json_array_append_new(out->ranges,
                                        json_pack("[I,I]", (json_int_t)e,
                                                  (json_int_t)to)) != 0;
        e = to;
    }
    return !failed;
}

static void take_line(history *out, const log_line *line, uint32_t epoch,
                      sight *seen)
{
    if (line->elapsed > out->elapsed)
        out->elapsed = line->elapsed;
    if (line->type == LOG_EPOCH && line->epoch >= 1 && line->epoch <= epoch) {
        seen[line->epoch].lines |= seen[line->epoch].lines & ONE ? MORE : ONE;
        take_epoch(out, line);
    }
    if (line->type == LOG_LOST)
        take_told(json_object_get(line->json, "epochs"), epoch, seen);
    if (line->type == LOG_FINAL) {
        out->final = true;
        out->chose_best = log_chose_best(line);
    }
}

int history_read(const char *path, uint32_t epoch, history *out)
{
    log_reader log;
    *out = (history){0};
    sight *seen = calloc((size_t)epoch + 1, sizeof *seen);
    log_open(&log, path);
    if (!seen)
        log_no_memory(&log);
    while (log_next(&log))
        take_line(out, &log.line, epoch, seen);
    if (seen)
        sum_told(epoch, seen);
    if (log.code == CLI_OK && !find_gaps(seen, epoch, out))
        log_no_memory(&log);
    free(seen);
    return log_close(&log);
}

void history_free(history *past)
{
    json_decref(past->ranges);
    past->ranges = NULL;
}

static void warn(const char *path, const char *what, const history_gaps *gaps)
{
    if (gaps->count == 1)
        clean_line(stderr, "spikegrad: %s: %s of epoch %" PRIu32, path, what,
                   gaps->first);
    else if (gaps->count > 1)
        clean_line(stderr,
                   "spikegrad: %s: %s of %" PRIu32
                   " epochs, the first of them %" PRIu32,
                   path, what, gaps->count, gaps->first);
}

void history_warn(const history *past, const char *path)
{
    warn(path, "no line", &past->lost);
    warn(path, "more than one line", &past->twice);
}

json_t *history_lost_json(const history *past)
{
    return json_pack("{s:s,s:O}", "type", "lost", "epochs", past->ranges);
}
