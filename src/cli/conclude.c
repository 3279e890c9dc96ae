/* The last test of a run; see conclude.h. */
#include "conclude.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli.h"
#include "output.h"
#include "report.h"

double conclude_cost(const sg_recipe *recipe, const sg_data *held,
                     const sg_data *test)
{
    (void)recipe;
    return held ? (double)sg_data_get_info(test)->size /
                      sg_data_get_info(held)->size
                : 0.0;
}

static double percent(const history_epoch *epoch)
{
    return epoch->samples
               ? 100.0 * (double)epoch->correct / (double)epoch->samples
               : 0.0;
}

/* What the line of the log and the lines on stdout say. */
static int log_test(const conclusion *c, const sg_network *net,
                    const history_epoch *chosen, bool best,
                    const sg_metrics *metrics)
{
    json_t *line =
        json_pack("{s:s,s:I,s:s,s:o,s:o}", "type", "final", "epoch",
                  (json_int_t)chosen->epoch, "chosen", best ? "best" : "last",
                  "validation", history_epoch_json(chosen), "test",
                  report_json(net, metrics));
    json_incref(line);
    int code = rundir_log(c->run, line);
    if (c->json && code == CLI_OK)
        return output_json(stdout, "standard output", line);
    json_decref(line);
    if (code != CLI_OK)
        return code;
    if (c->best.epoch > 0)
        printf("best epoch: %" PRIu32 " of %" PRIu32
               ", validation %.2f %%, %" PRIu64 " of %" PRIu64 "\n",
               c->best.epoch, c->last.epoch, percent(&c->best),
               c->best.correct, c->best.samples);
    printf("test: %.2f %%, %" PRIu64 " of %" PRIu64 "\n",
           report_accuracy(metrics), metrics->correct, metrics->samples);
    return CLI_OK;
}

static int test(const conclusion *c, bool best)
{
    sg_metrics metrics;
    sg_error error = {""};
    sg_network *loaded = NULL;
    sg_status status = SG_OK;
    if (best && c->best.epoch != c->last.epoch)
        status = sg_network_load(c->run->best, &loaded, &error);
    const sg_network *net = loaded ? loaded : c->net;
    if (status == SG_OK)
        status = sg_evaluate(net, c->test, c->threads, &metrics, NULL, &error);
    int code = status == SG_OK ? log_test(c, net, best ? &c->best : &c->last,
                                          best, &metrics)
                               : cli_status(c->command, status, &error);
    sg_network_destroy(loaded);
    return code;
}

int conclude(const conclusion *c)
{
    bool best = c->best_wanted && (c->best.epoch > 0 || c->tested);
    int code = CLI_OK;
    if (c->best_wanted && !best && !c->quiet)
        fprintf(stderr, "spikegrad: no checkpoint of the best epoch is left: "
                        "the last one is chosen\n");
    if (c->held && !c->tested)
        code = test(c, best);
    if (code != CLI_OK)
        return code;
    const char *model = best ? c->run->best : c->run->checkpoint;
    if (c->json)
        return output_json(stdout, "standard output",
                           json_pack("{s:s,s:s}", "type", "end", "model",
                                     model));
    printf("model: %s\n", model);
    return CLI_OK;
}
