/* What happens after each batch and each epoch; see epochs.h. */
#include "cli/run/epochs.h"

#include <stdio.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/base/metrics.h"
#include "cli/base/output.h"
#include "cli/base/team.h"
#include "cli/base/verification.h"
#include "cli/run/channels.h"
#include "cli/run/observed.h"
#include "report/health.h"

static int save(epochs *e, const char *path)
{
    sg_error error = {""};
    sg_status status = sg_trainer_save(e->s->trainer, path, &error);
    if (status == SG_OK)
        return CLI_OK;
    progress_clear(&e->line);
    return cli_status(e->s->options.command, status, &error);
}

/* At the first batch of an epoch in this process. */
static void begin_epoch(epochs *e, const sg_progress *p)
{
    sg_network_info info;
    sg_network_get_info(sg_trainer_outline(p->trainer), &info);
    e->epoch = p->epoch;
    e->base_batch = p->batch - 1;
    e->base_samples =
        e->base_batch * (uint64_t)recipe_number(info.recipe, "batch");
    e->line.begin = cli_seconds();
}

static void show(epochs *e, const sg_progress *p)
{
    char label[64], note[64];
    figures now;
    if (!e->line.shown)
        return;
    metrics_figures(sg_trainer_outline(p->trainer), p->train, &now);
    snprintf(label, sizeof label, "epoch %u/%u", p->epoch, p->epochs);
    snprintf(note, sizeof note, "  loss %.4f  %.2f %%", now.loss,
             now.accuracy);
    progress_update(&e->line, label, e->base_batch, p->batch, p->batches,
                    note);
}

/* Changes the plan and says so. */
static int plan(epochs *e, uint32_t before, uint32_t now)
{
    sg_error error = {""};
    if (now == before)
        return CLI_OK;
    progress_clear(&e->line);
    sg_status status = sg_trainer_plan(e->s->trainer, now, &error);
    if (status != SG_OK)
        return cli_status(e->s->options.command, status, &error);
    /* the little changes of every epoch are in the metrics */
    uint32_t said = e->said_plan, tenth = said / 10;
    if (e->s->options.quiet || e->s->options.silent ||
        (now >= said - tenth && now <= said + tenth))
        return CLI_OK;
    e->said_plan = now;
    fprintf(stderr, "plan: %u epoch%s; %.1f of %.1f s are over\n", now,
            now == 1 ? "" : "s", budget_elapsed(&e->s->time),
            e->s->time.limit);
    return CLI_OK;
}

/* A first plan in the first epoch, always at the same batch: otherwise an
 * epoch that takes most of the time would be over before its learning rate
 * has begun to fall. */
static int plan_early(epochs *e, const sg_progress *p)
{
    sg_network_info info;
    if (e->s->time.limit <= 0.0 || p->epoch != 1 || e->base_batch > 0 ||
        p->batch != (p->batches + 7) / 8 || p->batch == p->batches)
        return CLI_OK;
    sg_network_get_info(sg_trainer_network(p->trainer), &info);
    const sg_data *tested = session_tested(e->s);
    const double tests =
        tested ? (double)sg_data_get_info(tested)->size /
                     sg_data_get_info(session_training(e->s))->size
               : 0.0;
    return plan(e, p->epochs,
                budget_guess(&e->s->time, (double)p->batch / p->batches, tests,
                             (uint32_t)recipe_number(info.recipe, "epochs")));
}

int epochs_on_batch(const sg_progress *p, void *user)
{
    epochs *e = user;
    const uint64_t every = e->s->options.checkpoint_every;
    if (e->epoch != p->epoch)
        begin_epoch(e, p);
    e->batches = p->batches;
    if (e->s->options.after_batch)
        e->s->options.after_batch(e->s->options.user);
    if ((e->code = plan_early(e, p)) != CLI_OK)
        return 1;
    show(e, p);
    /* After the last batch comes the end of the epoch, which saves and stops
     * by itself; stopping here would lose its evaluation. */
    if (p->batch >= p->batches)
        return 0;
    if (every > 0 && p->step % every == 0 &&
        (e->code = save(e, e->s->run.checkpoint)) != CLI_OK)
        return 1;
    return cli_stopped();
}

/* What ranks have sent each other since the epoch before, and how long the first
 * one has waited for them in steps. */
static int add_traffic(epochs *e, json_t *time)
{
    const sg_ranks_traffic before = e->traffic;
    sg_ranks_traffic *t = &e->traffic;
    t->size = sizeof *t;
    if (!team_ranks() || sg_ranks_get_traffic(team_ranks(), t) != SG_OK)
        return 0;
    const struct {
        const char *key;
        json_t *value;
    } fields[] = {
        {"ranks", json_integer(sg_ranks_count(team_ranks()))},
        {"rank_steps", json_integer((json_int_t)(t->steps - before.steps))},
        {"sent", json_integer((json_int_t)(t->sent - before.sent))},
        {"received",
         json_integer((json_int_t)(t->received - before.received))},
        {"step_seconds",
         json_real((double)(t->step_ns - before.step_ns) * 1e-9)},
        {"wait_seconds",
         json_real((double)(t->step_wait_ns - before.step_wait_ns) * 1e-9)},
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        failed |= json_object_set_new(time, fields[i].key, fields[i].value);
    return failed;
}

static json_t *epoch_json(epochs *e, const sg_network *net,
                          const sg_epoch_report *r, double rate)
{
    sg_network_info info;
    sg_network_get_info(net, &info);
    json_t *time =
        json_pack("{s:f,s:f,s:f,s:f}", "seconds", r->seconds, "test_seconds",
                  r->test_seconds, "samples_per_second", rate, "elapsed",
                  budget_elapsed(&e->s->time));
    json_t *line =
        json_pack("{s:s,s:I,s:I,s:I,s:o}", "type", "epoch", "epoch",
                  (json_int_t)r->epoch, "planned", (json_int_t)r->epochs,
                  "step", (json_int_t)r->step, "train",
                  metrics_json(net, r->train));
    int failed = line ? 0 : -1;
    if (info.epochs != r->epochs) /* plan_rest: for the epochs to come */
        failed |=
            json_object_set_new(line, "replanned", json_integer(info.epochs));
    if (r->test)
        failed |= json_object_set_new(line, e->s->held ? "validation" : "test",
                                      metrics_json(net, r->test));
    failed |= add_traffic(e, time);
    failed |= json_object_set_new(line, "time", time);
    if (!failed)
        return line;
    json_decref(line);
    return NULL;
}

/* Adds what the instruments see to the line of an epoch. */
static int observe(epochs *e, const sg_network *net, json_t *line)
{
    sg_status status = SG_OK;
    sg_error error = {""};
    double begin = cli_seconds();
    if (e->s->options.observe == 0 || !line)
        return CLI_OK;
    json_t *seen =
        observed_json(net, e->s->held ? e->s->held : e->s->whole,
                      session_place(e->s, e->s->held),
                      (uint32_t)e->s->options.observe,
                      (unsigned)e->s->options.threads,
                      e->s->held ? "validation" : "train", &status, &error);
    if (!seen)
        return cli_status(e->s->options.command, status, &error);
    json_object_set_new(line, "observed", seen);
    json_object_set_new(json_object_get(line, "time"), "observe_seconds",
                        json_real(cli_seconds() - begin));
    return CLI_OK;
}

static void print_row(epochs *e, const sg_network *net,
                      const sg_epoch_report *r, double rate, bool last)
{
    figures f;
    char test[16] = "", in_use[16] = "";
    bool bold = cli_colour(stdout);

    if (!e->headed || e->s->options.layers)
        printf("%sepoch  loss train%%%s spikes errors%% fwd/ANN%s bwd/ANN "
               "samples/s time s%s\n",
               bold ? "\033[1m" : "",
               !r->test     ? ""
               : e->s->held ? "   val%"
                            : "  test%",
               r->test ? " in use" : "", bold ? "\033[0m" : "");
    e->headed = true;
    if (r->test) {
        metrics_figures(net, r->test, &f);
        snprintf(test, sizeof test, " %6.2f", f.accuracy);
        snprintf(in_use, sizeof in_use, " %6.3f", f.forward);
    }
    metrics_figures(net, r->train, &f);
    printf("%5u %5.3f %6.2f%s %6.3f %7.3f %7.3f%s %7.4f %9.0f %6.1f\n",
           r->epoch, f.loss, f.accuracy, test, f.spikes, f.senders, f.forward,
           in_use, f.backward, rate, r->seconds);
    if (e->s->options.layers || last) {
        putchar('\n');
        metrics_layers(net, r->train, true);
        putchar('\n');
    }
    fflush(stdout);
}

/* How long the run is to be after this epoch; for whom it matters, so that
 * the checkpoint has it. */
static int plan_rest(epochs *e, const sg_epoch_report *r)
{
    sg_network_info info;
    double share = e->batches > 0
                       ? 1.0 - (double)e->base_batch / (double)e->batches
                       : 1.0;
    budget_epoch(&e->s->time, share, r->test_seconds);
    if (e->s->time.limit <= 0.0)
        return CLI_OK;
    sg_network_get_info(sg_trainer_network(r->trainer), &info);
    return plan(e, r->epochs,
                budget_plan(&e->s->time, r->epoch, r->epochs,
                            (uint32_t)recipe_number(info.recipe, "epochs")));
}

/* Before the checkpoint: whatever checkpoint a run goes on from, the best of
 * the epochs up to it is there, or is found again. */
static int keep_best(epochs *e, const sg_epoch_report *r)
{
    if (!e->s->held)
        return CLI_OK;
    e->last = (history_epoch){r->epoch, r->test->correct, r->test->samples};
    if (!history_better(&e->best, &e->last))
        return CLI_OK;
    e->best = e->last;
    return save(e, e->s->run.best);
}

/* Steps before which a run is too young to be judged. */
enum { YOUNG = 100 };

static layer_health health_at(const sg_network *net, const sg_epoch_report *r,
                              size_t l)
{
    sg_layer_info layer;
    if (sg_network_get_layer(net, l, &layer) != SG_OK || layer.synapses == 0)
        return HEALTH_WELL;
    const layer_health health =
        health_of(&r->train->layer[l], r->train->samples, r->train->correct,
                  layer.neurons, l + 1 == r->train->layers);
    return layer.frozen && health == HEALTH_ERRORLESS ? HEALTH_WELL : health;
}

/* Whether the epoch's accuracy is that of guessing, or nearly. */
static bool guesses(const sg_epoch_report *r, uint32_t classes)
{
    const uint64_t n = r->train->samples;
    return r->train->correct <= n / classes + n / 20;
}

/* Layers that take no part, and a network that learns nothing: in the line of
 * the epoch, and once each on stderr. */
static void tell_health(epochs *e, const sg_network *net,
                        const sg_epoch_report *r, json_t *line)
{
    const bool quiet = e->s->options.quiet || e->s->options.silent;
    sg_network_info info;
    bool ill = false;
    json_t *list = json_array();
    if (r->step < YOUNG) {
        json_decref(list);
        return;
    }
    sg_network_get_info(net, &info);
    for (size_t l = 0; l < r->train->layers; l++) {
        const layer_health health = health_at(net, r, l);
        sg_layer_info layer;
        bool news = e->said_health[l] != (uint8_t)health;
        e->said_health[l] = (uint8_t)health;
        if (health == HEALTH_WELL)
            continue;
        ill = true;
        (void)sg_network_get_layer(net, l, &layer);
        json_array_append_new(list,
                              json_pack("{s:I,s:s}", "layer", (json_int_t)l,
                                        "state", health_word(health)));
        if (news && !quiet)
            clean_line(stderr, "spikegrad: epoch %u: layer %zu (%s) is %s: %s",
                       r->epoch, l, layer.name, health_word(health),
                       health_text(health));
    }
    if (!ill && guesses(r, info.classes) && !e->said_chance) {
        e->said_chance = true;
        if (!quiet)
            clean_line(stderr,
                       "spikegrad: epoch %u: the accuracy is that of "
                       "guessing. Try a lower --lr, or --standardise on "
                       "--phi auto:2.",
                       r->epoch);
    }
    if (line && ill)
        json_object_set(line, "ill", list);
    json_decref(list);
}

/* Channels that shout, of the samples of the instruments: in the line of the
 * epoch, and once for each layer on stderr. */
static int tell_channels(epochs *e, const sg_network *net,
                         const sg_epoch_report *r, json_t *line)
{
    const run_options *o = &e->s->options;
    channel_sums sums[SG_LAYERS_MAX];
    sg_network_info info;
    sg_layer_info layer;
    sg_error error = {""};
    if (o->observe == 0 || !line)
        return CLI_OK;
    sg_network_get_info(net, &info);
    sg_status status =
        channels_sum(net, e->s->held ? e->s->held : e->s->whole,
                     session_place(e->s, e->s->held), (uint32_t)o->observe,
                     (unsigned)o->threads, sums, &error);
    if (status != SG_OK)
        return cli_status(o->command, status, &error);
    for (size_t l = 0; l < info.layers && r->step >= YOUNG; l++) {
        const channel_sums *c = &sums[l];
        const bool news = c->loud > 0 && !e->said_loud[l];
        e->said_loud[l] = c->loud > 0;
        if (!news || o->quiet || o->silent ||
            sg_network_get_layer(net, l, &layer) != SG_OK)
            continue;
        clean_line(stderr,
                   "spikegrad: epoch %u: layer %zu (%s): channel %u sends "
                   "%.1f of at most %d spikes on average, and %u of %u "
                   "channels more than half: %s",
                   r->epoch, l, layer.name, c->loudest,
                   (double)c->spikes / (double)c->counts, layer.count_cap,
                   c->loud, layer.out.channels, health_loud_text());
    }
    json_t *list = channels_json(info.layers, sums);
    return list && json_object_set_new(line, "channels", list) == 0
               ? CLI_OK
               : cli_status(o->command, SG_E_MEMORY, &error);
}

/* The line of an epoch, to the file and, if wanted, to stdout. */
static int log_epoch(epochs *e, const sg_epoch_report *r, double rate)
{
    const sg_network *net = sg_trainer_network(r->trainer);
    json_t *line = epoch_json(e, net, r, rate);
    tell_health(e, net, r, line);
    int code = tell_channels(e, net, r, line);
    if (code == CLI_OK)
        code = observe(e, net, line);
    if (code == CLI_OK)
        code = rundir_log(&e->s->run, json_incref(line));
    if (code == CLI_OK && e->s->options.json)
        code = output_json(stdout, "standard output", json_incref(line));
    json_decref(line);
    return code;
}

static int verify(const epochs *e, const sg_epoch_report *r)
{
    const run_options *o = &e->s->options;
    const sg_data *tested = session_tested(e->s);
    const sg_data *data = tested ? tested : session_training(e->s);
    const uint32_t size = sg_data_get_info(data)->size;
    if (o->verify == 0)
        return CLI_OK;
    const verify_options how = {
        .command = o->command,
        .order = "random",
        .samples = o->verify < size ? (uint32_t)o->verify : size,
        .seed = r->epoch,
        .device = o->device,
        .threads = cli_threads(o->threads),
        .json = o->json,
        .quiet = o->quiet || o->silent,
        .silent = o->silent,
        .place = session_place(e->s, session_tested(e->s)),
    };
    return verify_network(&how, sg_trainer_network(r->trainer), data);
}

int epochs_on_epoch(const sg_epoch_report *r, void *user)
{
    epochs *e = user;
    const sg_network *net = sg_trainer_network(r->trainer);
    const run_options *o = &e->s->options;
    uint64_t samples = r->train->samples - e->base_samples;
    double rate = r->seconds > 0.0 ? (double)samples / r->seconds : 0.0;
    sg_network_info info;

    progress_clear(&e->line);
    if ((e->code = plan_rest(e, r)) != CLI_OK)
        return 1;
    sg_network_get_info(net, &info);
    bool last = r->epoch == info.epochs;
    if (!o->json && !o->silent)
        print_row(e, net, r, rate, last);
    e->code = log_epoch(e, r, rate);
    if (e->code == CLI_OK)
        e->code = keep_best(e, r);
    if (e->code == CLI_OK)
        e->code = save(e, e->s->run.checkpoint);
    if (e->code == CLI_OK)
        e->code = verify(e, r);
    if (e->code != CLI_OK)
        return 1;
    return cli_stopped() && !last;
}
