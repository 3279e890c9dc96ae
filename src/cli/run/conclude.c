/* The last test of a run; see conclude.h. */
#include "cli/run/conclude.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/cli.h"
#include "cli/base/metrics.h"
#include "cli/base/output.h"

bool conclude_flips(const sg_recipe *recipe)
{
    const char *part = recipe->augment;
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

static void print_tests(const conclusion *c, const sg_metrics *plain,
                        const sg_metrics *flipped)
{
    if (c->best.epoch > 0)
        printf("best epoch: %" PRIu32 " of %" PRIu32
               ", validation %.2f %%, %" PRIu64 " of %" PRIu64 "\n",
               c->best.epoch, c->last.epoch, percent(&c->best),
               c->best.correct, c->best.samples);
    print_test("test", plain);
    if (c->flips)
        print_test("test, with mirror images", flipped);
}

/* The line of the log; NULL if there is no memory. */
static json_t *test_json(const conclusion *c, const sg_network *net, bool best,
                         const sg_metrics *plain, const sg_metrics *flipped)
{
    sg_network_info info;
    sg_network_get_info(net, &info);
    json_t *line =
        json_pack("{s:s,s:I,s:s}", "type", "final", "epoch",
                  (json_int_t)info.epoch, "chosen", best ? "best" : "last");
    int failed = line ? 0 : -1;
    if (c->held)
        failed |= json_object_set_new(line, "validation",
                                      history_epoch_json(best ? &c->best
                                                              : &c->last));
    failed |= json_object_set_new(line, "test", metrics_json(net, plain));
    if (c->flips)
        failed |=
            json_object_set_new(line, "test_flip", metrics_json(net, flipped));
    if (!failed)
        return line;
    json_decref(line);
    return NULL;
}

static int report(const conclusion *c, const sg_network *net, bool best,
                  const sg_metrics *plain, const sg_metrics *flipped)
{
    json_t *line = test_json(c, net, best, plain, flipped);
    json_incref(line);
    int code = rundir_log(c->run, line);
    if (c->json && code == CLI_OK)
        return output_json(stdout, "standard output", line);
    json_decref(line);
    if (code == CLI_OK && !c->silent)
        print_tests(c, plain, flipped);
    return code;
}

static int test(const conclusion *c, bool best)
{
    sg_metrics plain, flipped;
    sg_error error = {""};
    sg_network *loaded = NULL;
    sg_status status = SG_OK;
    sg_evaluate_options how = {.threads = c->threads};
    if (best && c->best.epoch != c->last.epoch)
        status = sg_network_load(c->run->best, &loaded, &error);
    const sg_network *net = loaded ? loaded : c->net;
    if (status == SG_OK)
        status = sg_evaluate_with(net, c->test, &how, &plain, NULL, &error);
    how.flip = 1;
    if (status == SG_OK && c->flips)
        status = sg_evaluate_with(net, c->test, &how, &flipped, NULL, &error);
    int code = status == SG_OK ? report(c, net, best, &plain, &flipped)
                               : cli_status(c->command, status, &error);
    sg_network_destroy(loaded);
    return code;
}

int conclude(const conclusion *c)
{
    bool best = c->best_wanted && (c->best.epoch > 0 || c->tested);
    int code = CLI_OK;
    if (c->best_wanted && !best && !c->quiet && !c->silent)
        fprintf(stderr, "spikegrad: no checkpoint of the best epoch is left: "
                        "the last one is chosen\n");
    if ((c->held || c->flips) && !c->tested)
        code = test(c, best);
    if (code != CLI_OK || c->silent)
        return code;
    const char *model = best ? c->run->best : c->run->checkpoint;
    if (c->json)
        return output_json(stdout, "standard output",
                           json_pack("{s:s,s:s}", "type", "end", "model",
                                     model));
    printf("model: %s\n", model);
    return CLI_OK;
}
