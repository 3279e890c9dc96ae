/* Reading run directories; see results.h. */
#include "cli/run/results.h"

#include <stdio.h>
#include <string.h>

#include "cli/base/cli.h"
#include "cli/base/metrics.h"
#include "cli/base/output.h"
#include "cli/run/conclude.h"
#include "cli/run/history.h"
#include "cli/run/log_read.h"
#include "cli/run/rundir.h"

static const char *const words[] = {"not run", "unfinished", "complete",
                                    "refused", "failed"};

const char *results_state(const run_result *r)
{
    return words[r->state];
}

static void take_accuracy(const json_t *line, const char *key, double *out)
{
    uint64_t samples = log_count(json_object_get(line, key), "samples");
    if (samples > 0)
        *out = 100.0 *
               (double)log_count(json_object_get(line, key), "correct") /
               (double)samples;
}

/* Operations on samples as they are, if a line has any under this key. */
static void take_in_use(const sg_network *net, const json_t *line,
                        const char *key, double *out)
{
    sg_metrics metrics;
    figures f;
    if (!log_metrics(json_object_get(line, key), &metrics))
        return;
    metrics_figures(net, &metrics, &f);
    *out = f.forward;
}

static void take_line(const sg_network *net, const log_line *line,
                      run_result *out)
{
    sg_metrics metrics;
    figures f;
    if (line->type != LOG_EPOCH && line->type != LOG_FINAL)
        return;
    if (line->type == LOG_EPOCH && line->epoch > out->epochs)
        return; /* beyond the checkpoint */
    take_accuracy(line->json, "validation", &out->validation);
    take_accuracy(line->json, "test", &out->test);
    take_in_use(net, line->json, "validation", &out->in_use);
    take_in_use(net, line->json, "test", &out->in_use);
    if (line->type != LOG_EPOCH ||
        !log_metrics(json_object_get(line->json, "train"), &metrics))
        return;
    metrics_figures(net, &metrics, &f);
    out->forward = f.forward;
    out->backward = f.backward;
}

static int read_lines(const sg_network *net, const char *path, run_result *out)
{
    log_reader log;
    log_open(&log, path);
    while (log_next(&log))
        take_line(net, &log.line, out);
    return log_close(&log);
}

static void read_model(const rundir *run, run_result *out)
{
    sg_error error = {""};
    sg_network *net;
    sg_network_info info;
    history past = {0};

    sg_status status = sg_network_load(run->checkpoint, &net, &error);
    if (status != SG_OK) {
        out->state = RUN_FAILED;
        memcpy(out->reason, error.text, sizeof out->reason);
        return;
    }
    sg_network_get_info(net, &info);
    out->epochs = info.epoch;
    out->planned = info.epochs;
    bool tests = recipe_number(info.recipe, "validation") > 0 ||
                 conclude_flips(info.recipe);
    bool ended = info.epoch >= info.epochs;
    if (read_lines(net, run->metrics, out) != CLI_OK ||
        history_read(run->metrics, info.epoch, &past) != CLI_OK) {
        out->state = RUN_FAILED;
        snprintf(out->reason, sizeof out->reason,
                 "metrics.jsonl cannot be read");
    } else {
        out->state = ended && (past.final || !tests) ? RUN_COMPLETE : RUN_CUT;
        out->seconds = past.elapsed;
    }
    history_free(&past);
    sg_network_destroy(net);
}

int results_read(const char *path, run_result *out)
{
    rundir run;
    *out = (run_result){.validation = -1.0, .test = -1.0};
    int code = rundir_name(&run, path);
    if (code != CLI_OK)
        return code;
    if (rundir_has_checkpoint(&run))
        read_model(&run, out);
    rundir_close(&run);
    return CLI_OK;
}

json_t *results_json(const run_result *r, const char *path, json_t *options)
{
    json_t *object = json_pack("{s:o,s:o,s:s}", "path", output_text(path),
                               "options", options, "state", results_state(r));
    int failed = object ? 0 : -1;
    if (r->reason[0])
        failed |=
            json_object_set_new(object, "reason", output_text(r->reason));
    if (r->epochs > 0) {
        failed |=
            json_object_set_new(object, "epochs", json_integer(r->epochs));
        failed |=
            json_object_set_new(object, "planned", json_integer(r->planned));
        failed |=
            json_object_set_new(object, "forward", json_real(r->forward));
        failed |= json_object_set_new(object, "forward_in_use",
                                      json_real(r->in_use));
        failed |=
            json_object_set_new(object, "backward", json_real(r->backward));
        failed |=
            json_object_set_new(object, "seconds", json_real(r->seconds));
    }
    if (r->validation >= 0.0)
        failed |= json_object_set_new(object, "validation",
                                      json_real(r->validation));
    if (r->test >= 0.0)
        failed |= json_object_set_new(object, "test", json_real(r->test));
    if (!failed)
        return object;
    json_decref(object);
    return NULL;
}
