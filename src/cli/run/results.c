/* Reading run directories; see results.h. */
#include "cli/run/results.h"

#include <stdlib.h>
#include <string.h>

#include "cli/base/cli.h"
#include "cli/base/metrics.h"
#include "cli/base/recipefile.h"
#include "cli/run/conclude.h"
#include "cli/run/history.h"
#include "cli/run/rundir.h"

static const char *const words[] = {"not run", "unfinished", "complete",
                                    "refused", "failed"};

const char *results_state(const run_result *r)
{
    return words[r->state];
}

static uint64_t count(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

/* What metrics_json wrote, as far as figures need it. */
static void parse_metrics(const json_t *object, sg_metrics *out)
{
    size_t i;
    json_t *row;
    memset(out, 0, sizeof *out);
    out->samples = count(object, "samples");
    out->correct = count(object, "correct");
    out->loss_q20 = count(object, "loss_q20");
    json_array_foreach(json_object_get(object, "layers"), i, row)
    {
        if (i == SG_LAYERS_MAX)
            break;
        out->layers = i + 1;
        sg_layer_activity *a = &out->layer[i];
        a->spikes = count(row, "spikes");
        a->error_senders = count(row, "error_senders");
        a->forward_ops = count(row, "forward_ops");
        a->backward_ops = count(row, "backward_ops");
        a->gradient_ops = count(row, "gradient_ops");
    }
}

static void take_accuracy(const json_t *line, const char *key, double *out)
{
    uint64_t samples = count(json_object_get(line, key), "samples");
    if (samples > 0)
        *out = 100.0 * (double)count(json_object_get(line, key), "correct") /
               (double)samples;
}

static void take_line(const sg_network *net, const json_t *line,
                      run_result *out)
{
    const char *type = json_string_value(json_object_get(line, "type"));
    sg_metrics metrics;
    figures f;
    bool epoch = type && strcmp(type, "epoch") == 0;
    if (!epoch && (!type || strcmp(type, "final") != 0))
        return;
    if (epoch && count(line, "epoch") > out->epochs)
        return; /* beyond the checkpoint */
    take_accuracy(line, "validation", &out->validation);
    take_accuracy(line, "test", &out->test);
    if (!epoch)
        return;
    parse_metrics(json_object_get(line, "train"), &metrics);
    metrics_figures(net, &metrics, &f);
    out->forward = f.forward;
    out->backward = f.backward;
}

static void read_lines(const sg_network *net, const char *path,
                       run_result *out)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = fopen(path, "r");
    while (stream && getline(&text, &size, stream) > 0) {
        json_t *line = json_loads(text, 0, NULL);
        take_line(net, line, out);
        json_decref(line);
    }
    free(text);
    if (stream)
        fclose(stream);
}

static void read_model(const rundir *run, run_result *out)
{
    sg_error error = {""};
    sg_network *net;
    sg_network_info info;
    history past;

    sg_status status = sg_network_load(run->checkpoint, &net, &error);
    if (status != SG_OK) {
        out->state = RUN_FAILED;
        snprintf(out->reason, sizeof out->reason, "%s", error.text);
        return;
    }
    sg_network_get_info(net, &info);
    out->epochs = info.epoch;
    out->planned = info.epochs;
    read_lines(net, run->metrics, out);
    bool tests = info.recipe->validation > 0 || conclude_flips(info.recipe);
    bool ended = info.epoch >= info.epochs;
    if (history_read(run->metrics, info.epoch, &past) == CLI_OK)
        out->seconds = past.elapsed;
    out->state = ended && (past.final || !tests) ? RUN_COMPLETE : RUN_CUT;
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
    json_t *object = json_pack("{s:s,s:o,s:s}", "path", path, "options",
                               options, "state", results_state(r));
    int failed = object ? 0 : -1;
    if (r->reason[0])
        failed |=
            json_object_set_new(object, "reason", json_string(r->reason));
    if (r->epochs > 0) {
        failed |=
            json_object_set_new(object, "epochs", json_integer(r->epochs));
        failed |=
            json_object_set_new(object, "planned", json_integer(r->planned));
        failed |=
            json_object_set_new(object, "forward", json_real(r->forward));
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
