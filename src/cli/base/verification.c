#include "cli/base/verification.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/cli.h"
#include "cli/base/output.h"
#include "cli/base/progress.h"
#include "cli/base/recipefile.h"
#include "cli/base/team.h"
#include "cli/base/team_work.h"

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

/* What was found, the name of a quantity with it. */
typedef struct finding {
    sg_verification v;
    char quantity[64];
} finding;

/* A part of the samples, in some order. */
static sg_status verify_part(const verify_options *o, const sg_network *net,
                             const sg_data *data, size_t order, team_part part,
                             progress *line, sg_verification *v,
                             sg_error *error)
{
    unsigned started = o->threads;
    sg_verify_options how = SG_VERIFY_OPTIONS_INIT;
    how.samples = part.count;
    how.first = part.first;
    how.order = orders[order].order;
    how.seed = o->seed;
    how.progress = on_sample;
    how.user = line;
    how.device = o->device;
    how.threads = o->threads;
    how.started = &started;
    const sg_status status = sg_verify_with(net, data, &how, v, error);
    progress_clear(line);
    cli_tell_threads(o->threads, started);
    return status;
}

/* Samples of the small batches that the library compares at once. */
static uint32_t unit_of(const sg_network *net)
{
    enum { AT_ONCE = 16 };
    sg_network_info info;
    sg_network_get_info(net, &info);
    const int64_t batch = recipe_number(info.recipe, "batch");
    return batch < AT_ONCE ? (uint32_t)batch : AT_ONCE;
}

/* Fields of a sg_verification, as numbers of an answer. */
static const struct {
    const char *key;
    size_t at;
} counted[] = {
#define COUNTED(name)                                                         \
    {                                                                         \
#name, offsetof(sg_verification, name)                                \
    }
    COUNTED(samples),
    COUNTED(compared),
    COUNTED(events.forward_spikes),
    COUNTED(events.backward_spikes),
    COUNTED(events.forward_ops),
    COUNTED(events.backward_ops),
    COUNTED(events.gradient_ops),
    COUNTED(events.taken_back),
#undef COUNTED
};

static uint64_t *count_of(sg_verification *v, size_t i)
{
    return (uint64_t *)(void *)((char *)v + counted[i].at);
}

enum { COUNTED_FIELDS = sizeof counted / sizeof *counted };

json_t *verify_task(const json_t *order, const sg_network *net,
                    const sg_data *const *data, sg_status *status,
                    sg_error *error)
{
    sg_verification v = {0};
    progress line = {.shown = false};
    const verify_options o = {.seed = team_number(order, "seed"),
                              .threads =
                                  (unsigned)team_number(order, "threads")};
    const size_t which = (size_t)team_number(order, "order");
    const sg_data *of = data[team_number(order, "place") % SG_RANKS_DATA_MAX];
    if (!net || !of || which >= ORDERS) {
        *status = SG_E_FORMAT;
        return NULL;
    }
    *status =
        verify_part(&o, net, of, which, team_part_of(order), &line, &v, error);
    if (*status != SG_OK && !v.quantity)
        return NULL;
    *status = SG_OK;
    json_t *answer = json_object();
    for (size_t i = 0; i < COUNTED_FIELDS; i++)
        json_object_set_new(answer, counted[i].key,
                            json_integer((json_int_t)*count_of(&v, i)));
    json_object_set_new(answer, "longest",
                        json_integer((json_int_t)v.events.longest_queue));
    if (v.quantity)
        json_object_set_new(answer, "mismatch",
                            json_pack("{s:s,s:I,s:I,s:I,s:I,s:I}", "quantity",
                                      v.quantity, "sample",
                                      (json_int_t)v.sample, "layer",
                                      (json_int_t)v.layer, "index",
                                      (json_int_t)v.index, "event",
                                      (json_int_t)v.event_value, "ann",
                                      (json_int_t)v.ann_value));
    return answer;
}

/* Adds what a rank has found behind all before. */
static void add_answer(finding *all, const json_t *answer)
{
    sg_verification *v = &all->v;
    const json_t *first = json_object_get(answer, "mismatch");
    const uint64_t longest = team_number(answer, "longest");
    for (size_t i = 0; i < COUNTED_FIELDS; i++)
        *count_of(v, i) += team_number(answer, counted[i].key);
    v->events.longest_queue =
        longest > v->events.longest_queue ? longest : v->events.longest_queue;
    if (!first)
        return;
    snprintf(all->quantity, sizeof all->quantity, "%s",
             json_string_value(json_object_get(first, "quantity")));
    v->quantity = all->quantity;
    v->sample = team_number(first, "sample");
    v->layer = (size_t)team_number(first, "layer");
    v->index = team_number(first, "index");
    v->event_value = (int64_t)team_number(first, "event");
    v->ann_value = (int64_t)team_number(first, "ann");
}

/* All samples by all ranks, or with a device by this one; what is found is that
 * of one process, which would have gone no further than the first difference. */
static int verify_divided(const verify_options *o, const sg_network *net,
                          const sg_data *data, size_t order, progress *line,
                          finding *all)
{
    team_part own = {0, o->samples};
    sg_error error = {""};
    const uint32_t ranks = o->device ? 1 : sg_ranks_count(team_ranks());
    int code = CLI_OK;
    if (ranks > 1)
        code = team_divide(o->command, "verify",
                           json_pack("{s:I,s:I,s:i,s:i}", "order",
                                     (json_int_t)order, "seed",
                                     (json_int_t)o->seed, "threads",
                                     (int)o->threads, "place", (int)o->place),
                           net, true, o->samples, unit_of(net), &own);
    if (code != CLI_OK)
        return code;
    if (own.count > 0) {
        const sg_status status =
            verify_part(o, net, data, order, own, line, &all->v, &error);
        if (status == SG_E_STOPPED) {
            cli_fail("interrupted");
            return CLI_INTERRUPTED;
        }
        if (status != SG_OK && !all->v.quantity)
            return cli_status(o->command, status, &error);
    }
    for (uint32_t r = 1; r < ranks; r++) {
        json_t *answer;
        code = team_gather(o->command, r, &answer);
        if (code != CLI_OK)
            return code;
        if (answer && !all->v.quantity)
            add_answer(all, answer);
        json_decref(answer);
    }
    return CLI_OK;
}

static int verify_one(const verify_options *o, const sg_network *net,
                      const sg_data *data, size_t order)
{
    finding all = {.quantity = ""};
    const sg_verification *v = &all.v;
    progress line;
    progress_begin(&line, o->quiet);
    int code = verify_divided(o, net, data, order, &line, &all);
    if (code != CLI_OK)
        return code;
    const double seconds = cli_seconds() - line.begin;
    const char *word = orders[order].word;
    if (o->json && !o->silent)
        code = print_json(word, v, seconds);
    else if (!v->quantity && !o->silent)
        print_equal(word, v, seconds);
    if (code != CLI_OK)
        return code;
    return v->quantity ? report_mismatch(o, net, word, v) : CLI_OK;
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
