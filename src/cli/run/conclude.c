/* The last test of a run; see conclude.h. */
#include "cli/run/conclude.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/base/metrics.h"
#include "cli/base/output.h"
#include "cli/base/team.h"
#include "cli/run/confusions.h"

bool conclude_flips(const sg_recipe *recipe)
{
    char text[SG_RECIPE_TEXT];
    const char *part = recipe_text(recipe, "augment", text);
    for (;; part++) {
        size_t length = strcspn(part, "+");
        if (length == strlen("flip") && strncmp(part, "flip", length) == 0)
            return true;
        part += length;
        if (!*part)
            return false;
    }
}

double conclude_cost(const sg_recipe *recipe, const sg_data *held,
                     const sg_data *test)
{
    double views = conclude_flips(recipe) ? 3.0 : held ? 1.0 : 0.0;
    if (!test)
        return 0.0;
    return held ? views * sg_data_get_info(test)->size /
                      sg_data_get_info(held)->size
                : views;
}

static double percent(const history_epoch *epoch)
{
    return epoch->samples
               ? 100.0 * (double)epoch->correct / (double)epoch->samples
               : 0.0;
}

static void print_test(const char *title, const sg_metrics *metrics)
{
    printf("%s: %.2f %%, %" PRIu64 " of %" PRIu64 "\n", title,
           metrics_accuracy(metrics), metrics->correct, metrics->samples);
}

/* The model that was chosen, and how it did. */
typedef struct verdict {
    const sg_network *net;
    bool best;            /* of the best epoch, not the last */
    history_epoch chosen; /* on held-back samples; none: not known */
    bool tested;          /* there is a test split */
    bool flips;           /* images are mirrored, see conclude_flips */
    sg_metrics plain, flipped;
    const sg_data *test;
    uint32_t *confusion; /* [classes][classes] of it; NULL: not known */
} verdict;

static void print_tests(const verdict *v, uint32_t epochs,
                        const history_epoch *best)
{
    if (best->epoch > 0)
        printf("best epoch: %" PRIu32 " of %" PRIu32
               ", validation %.2f %%, %" PRIu64 " of %" PRIu64 "\n",
               best->epoch, epochs, percent(best), best->correct,
               best->samples);
    if (v->tested)
        print_test("test", &v->plain);
    if (v->flips)
        print_test("test, with mirror images", &v->flipped);
}

/* The line of the log; NULL if there is no memory. */
static json_t *test_json(const verdict *v)
{
    sg_network_info info;
    sg_network_get_info(v->net, &info);
    json_t *line =
        json_pack("{s:s,s:I,s:s}", "type", "final", "epoch",
                  (json_int_t)info.epoch, "chosen", v->best ? "best" : "last");
    int failed = line ? 0 : -1;
    if (v->chosen.samples > 0)
        failed |= json_object_set_new(line, "validation",
                                      history_epoch_json(&v->chosen));
    if (v->tested)
        failed |=
            json_object_set_new(line, "test", metrics_json(v->net, &v->plain));
    if (v->confusion)
        failed |= json_object_set_new(line, "classes",
                                      confusions_json(v->net, v->test,
                                                      v->confusion));
    if (v->flips)
        failed |= json_object_set_new(line, "test_flip",
                                      metrics_json(v->net, &v->flipped));
    if (!failed)
        return line;
    json_decref(line);
    return NULL;
}

static int evaluate(const session *s, verdict *v)
{
    sg_error error = {""};
    sg_evaluate_options how = {.size = sizeof how,
                               .threads = (unsigned)s->options.threads,
                               .device = s->options.device,
                               .ranks = team_ranks()};
    const size_t classes = sg_data_get_info(s->test)->classes;
    if (classes <= CONFUSIONS_CLASSES) {
        v->confusion = calloc(classes * classes, sizeof *v->confusion);
        if (!v->confusion)
            return cli_fail("out of memory");
    }
    sg_status status = sg_evaluate_with(v->net, s->test, &how, &v->plain,
                                        v->confusion, &error);
    how.flip = 1;
    if (status == SG_OK && v->flips)
        status =
            sg_evaluate_with(v->net, s->test, &how, &v->flipped, NULL, &error);
    return status == SG_OK ? CLI_OK
                           : cli_status(s->options.command, status, &error);
}

/* Tests the model of the best epoch, or of the last, and tells. */
static int test(session *s, const history_epoch *last,
                const history_epoch *best, bool wants_best)
{
    sg_error error = {""};
    sg_network_info info;
    sg_network *loaded = NULL;
    verdict *v = calloc(1, sizeof *v);
    if (!v)
        return cli_fail("out of memory");
    v->net = session_network(s);
    v->best = wants_best;
    v->tested = s->test != NULL;
    v->test = s->test;
    v->flips = v->tested && conclude_flips(s->file.recipe);
    sg_network_get_info(v->net, &info);
    /* the line of the last epoch may be lost: it is not `last` then */
    const bool known = info.epoch == last->epoch;
    v->chosen = wants_best ? *best : known ? *last : (history_epoch){0};
    if (wants_best && best->epoch != info.epoch) {
        sg_status status = sg_network_load(s->run.best, &loaded, &error);
        if (status != SG_OK) {
            free(v);
            return cli_status(s->options.command, status, &error);
        }
        v->net = loaded;
    }
    int code = v->tested ? evaluate(s, v) : CLI_OK;
    json_t *line = code == CLI_OK ? test_json(v) : NULL;
    if (code == CLI_OK)
        code = rundir_log(&s->run, json_incref(line));
    if (code == CLI_OK && s->options.json)
        code = output_json(stdout, "standard output", json_incref(line));
    else if (code == CLI_OK && !s->options.silent)
        print_tests(v, info.epoch, best);
    json_decref(line);
    sg_network_destroy(loaded);
    free(v->confusion);
    free(v);
    return code;
}

int conclude(session *s, const history_epoch *last, const history_epoch *best)
{
    const run_options *o = &s->options;
    const bool tested = s->kept_final;
    const bool wanted = tested ? s->past.chose_best : session_wants_best(s);
    const bool wants_best = wanted && (best->epoch > 0 || tested);
    int code = CLI_OK;
    if (wanted && !wants_best && !o->quiet && !o->silent)
        fprintf(stderr, "spikegrad: no checkpoint of the best epoch is left: "
                        "the last one is chosen\n");
    if ((s->held || conclude_flips(s->file.recipe)) && !tested)
        code = test(s, last, best, wants_best);
    if (code != CLI_OK || o->silent)
        return code;
    const char *model = wants_best ? s->run.best : s->run.checkpoint;
    if (o->json)
        return output_json(stdout, "standard output",
                           json_pack("{s:s,s:o}", "type", "end", "model",
                                     output_text(model)));
    clean_line(stdout, "model: %s", model);
    return CLI_OK;
}
