#include "cli/base/verification.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/cli.h"
#include "cli/base/output.h"
#include "cli/base/progress.h"

static const struct {
    const char *word;
    sg_order order;
} orders[] = {
    {"fifo", SG_ORDER_FIFO},       {"lifo", SG_ORDER_LIFO},
    {"scatter", SG_ORDER_SCATTER}, {"turns", SG_ORDER_TURNS},
    {"random", SG_ORDER_RANDOM},
};

enum { ORDERS = sizeof orders / sizeof orders[0] };

sg_order verify_order(const char *word)
{
    for (size_t i = 0; i < ORDERS; i++) {
        if (strcmp(orders[i].word, word) == 0)
            return orders[i].order;
    }
    return SG_ORDER_FIFO;
}

static int on_sample(uint32_t done, uint32_t total, void *user)
{
    progress_update(user, "verify", 0, done, total, "");
    return cli_stopped();
}

static int print_json(const char *order, const sg_verification *v,
                      double seconds)
{
    const sg_event_totals *e = &v->events;
    json_t *line =
        json_pack("{s:s,s:s,s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:f}",
                  "type", "verify", "order", order, "equal",
                  v->quantity == NULL, "samples", (json_int_t)v->samples,
                  "compared", (json_int_t)v->compared, "forward_spikes",
                  (json_int_t)e->forward_spikes, "backward_spikes",
                  (json_int_t)e->backward_spikes, "taken_back",
                  (json_int_t)e->taken_back, "longest_queue",
                  (json_int_t)e->longest_queue, "forward_ops",
                  (json_int_t)e->forward_ops, "backward_ops",
                  (json_int_t)e->backward_ops, "gradient_ops",
                  (json_int_t)e->gradient_ops, "seconds", seconds);
    if (line && v->quantity)
        json_object_set_new(line, "mismatch",
                            json_pack("{s:s,s:I,s:I,s:I,s:I,s:I}", "quantity",
                                      v->quantity, "sample",
                                      (json_int_t)v->sample, "layer",
                                      (json_int_t)v->layer, "index",
                                      (json_int_t)v->index, "event",
                                      (json_int_t)v->event_value, "ann",
                                      (json_int_t)v->ann_value));
    return output_json(stdout, "standard output", line);
}

static void print_equal(const char *order, const sg_verification *v,
                        double seconds)
{
    const sg_event_totals *e = &v->events;
    printf("%-7s  equal: %" PRIu64 " samples, %" PRIu64 " events (%" PRIu64
           " forward, %" PRIu64 " of them taken back, %" PRIu64
           " backward), %" PRIu64 " synaptic operations, %" PRIu64
           " integers compared, %.1f s\n",
           order, v->samples, e->forward_spikes + e->backward_spikes,
           e->forward_spikes, e->taken_back, e->backward_spikes,
           e->forward_ops + e->backward_ops + e->gradient_ops, v->compared,
           seconds);
    fflush(stdout);
}

static int report_mismatch(const verify_options *o, const sg_network *net,
                           const char *order, const sg_verification *v)
{
    sg_layer_info layer;
    if (sg_network_get_layer(net, v->layer, &layer) != SG_OK)
        layer.name[0] = '\0';
    cli_fail("verification failed, order %s: sample %" PRIu64
             ", layer %zu (%s), %s %" PRIu64 ": events give %" PRId64
             ", the %s gives %" PRId64,
             order, v->sample, v->layer, layer.name, v->quantity, v->index,
             v->event_value, o->device ? "device" : "ANN", v->ann_value);
    return CLI_MISMATCH;
}

static int verify_one(const verify_options *o, const sg_network *net,
                      const sg_data *data, size_t order)
{
    sg_verification v = {0};
    sg_error error = {""};
    progress line;

    unsigned started = o->threads;
    progress_begin(&line, o->quiet);
    sg_verify_options how = SG_VERIFY_OPTIONS_INIT;
    how.samples = o->samples;
    how.order = orders[order].order;
    how.seed = o->seed;
    how.progress = on_sample;
    how.user = &line;
    how.device = o->device;
    how.threads = o->threads;
    how.started = &started;
    sg_status status = sg_verify_with(net, data, &how, &v, &error);
    progress_clear(&line);
    cli_tell_threads(o->threads, started);
    double seconds = cli_seconds() - line.begin;
    if (status == SG_E_STOPPED) {
        cli_fail("interrupted");
        return CLI_INTERRUPTED;
    }
    if (status != SG_OK && !v.quantity)
        return cli_status(o->command, status, &error);
    const char *word = orders[order].word;
    if (o->json && !o->silent) {
        int code = print_json(word, &v, seconds);
        if (code != CLI_OK)
            return code;
    } else if (status == SG_OK && !o->silent) {
        print_equal(word, &v, seconds);
    }
    return status == SG_OK ? CLI_OK : report_mismatch(o, net, word, &v);
}

int verify_network(const verify_options *options, const sg_network *net,
                   const sg_data *data)
{
    int code = CLI_OK;
    cli_catch_signals();
    for (size_t i = 0; i < ORDERS && code == CLI_OK; i++) {
        if (strcmp(options->order, "all") == 0 ||
            strcmp(options->order, orders[i].word) == 0)
            code = verify_one(options, net, data, i);
    }
    return code;
}
