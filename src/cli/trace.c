/* spikegrad trace: the events of one sample, forward and backward, as text
 * and as a raster picture. */
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/base/model.h"
#include "cli/base/output.h"
#include "cli/base/verification.h"
#include "cli/commands.h"
#include "cli/raster/fates.h"
#include "cli/raster/raster.h"

struct options {
    model_images images;
    const char *order, *format, *out, *svg, *theme;
    uint64_t sample, seed;
    bool forward_only, replay;
};

#define FIELD(name) offsetof(struct options, name)

static const arg_flag own_flags[] = {
    {"sample", ARG_NUMBER, FIELD(sample), "I", "0", "which sample", 0,
     UINT32_MAX},
    {"order", ARG_CHOICE, FIELD(order), VERIFY_ORDERS, "turns",
     "order in which spikes are delivered, see verify", 0, 0},
    {"seed", ARG_NUMBER, FIELD(seed), "S", "1",
     "of the draws of random and scatter", 0, (UINT64_C(1) << 56) - 1},
    {"format", ARG_CHOICE, FIELD(format), "csv|jsonl", "csv",
     "of the event stream: time, phase, layer (0 is the input), neuron, "
     "sign, and sent: 1, or 0 for what was taken back before it was sent",
     0, 0},
    {"out", ARG_TEXT, FIELD(out), "FILE", NULL,
     "where the event stream goes (default: stdout; nowhere with --svg)", 0,
     0},
    {"svg", ARG_TEXT, FIELD(svg), "FILE", NULL,
     "also draw a raster of the spikes", 0, 0},
    {"theme", ARG_CHOICE, FIELD(theme), "auto|light|dark", "auto",
     "colours of the raster; auto: those of the reader's system", 0, 0},
    {"replay", ARG_SWITCH, FIELD(replay), NULL, NULL,
     "of a recording: its events come one by one, in their own order, and "
     "every spike has another field, the microseconds at which the event came "
     "that caused it; a network with dropout as it is in use",
     0, 0},
    {"forward-only", ARG_SWITCH, FIELD(forward_only), NULL, NULL,
     "no backward pass; a network with dropout as it is in use", 0, 0},
};

static int trace(int argc, char **argv);

const arg_command command_trace = {
    .name = "trace",
    .summary = "event stream of one sample, as text or picture",
    .usage = "MODEL [options]",
    .operands = "MODEL",
    .text =
        "Simulates one sample and writes every spike in the order in which "
        "it is emitted. In the orders turns and random a neuron may take it "
        "back before its turn to send comes; --svg draws those that are sent, "
        "when they are. MODEL is a checkpoint or a run directory.",
    .group = {ARG_SHARED(model_flags, struct options, images),
              ARG_OWN(own_flags)},
    .operand_min = 1,
    .operand_max = 1,
    .run = trace,
};

struct sink {
    output *out; /* or NULL */
    bool json, replay;
    raster *picture; /* or NULL */
    fates *fates;    /* NULL: all spikes are sent */
    uint64_t emitted, sent;
};

/* The simulation of one sample cannot be stopped from within: what is written
 * is given up, and the program ends. */
static void give_up(struct sink *sink)
{
    int code = cli_fail("interrupted");
    if (sink->out)
        (void)output_close(sink->out, code);
    exit(CLI_INTERRUPTED);
}

static void write_spike(const sg_spike *spike, bool sent, void *user)
{
    const struct sink *sink = user;
    const char *phase =
        spike->phase == SG_PHASE_FORWARD ? "forward" : "backward";
    fprintf(sink->out->stream,
            sink->json ? "{\"time\":%" PRIu64
                         ",\"phase\":\"%s\",\"layer\":%" PRIu32
                         ",\"neuron\":%" PRIu32 ",\"sign\":%d,\"sent\":%d"
                       : "%" PRIu64 ",%s,%" PRIu32 ",%" PRIu32 ",%d,%d",
            spike->time, phase, spike->layer, spike->neuron, spike->sign,
            sent);
    if (sink->replay)
        fprintf(sink->out->stream,
                sink->json ? ",\"us\":%" PRIu64 : ",%" PRIu64,
                spike->input_time);
    fputs(sink->json ? "}\n" : "\n", sink->out->stream);
}

static void on_spike(const sg_spike *spike, void *user)
{
    struct sink *sink = user;
    sink->emitted++;
    if (cli_stopped())
        give_up(sink);
    if (sink->picture)
        raster_count(sink->picture, spike);
    if (sink->fates)
        fates_emitted(sink->fates, spike);
    else if (sink->out)
        write_spike(spike, true, sink);
}

static void on_sent(const sg_spike *spike, void *user)
{
    struct sink *sink = user;
    sink->sent++;
    if (sink->picture)
        raster_add(sink->picture, spike);
    if (sink->fates)
        fates_sent(sink->fates, spike);
}

/* The events of the sample, one by one; one that its neuron does not take any
 * more is no input spike. */
static sg_status replay(sg_simulation *sim, const sg_data *data, uint32_t i,
                        sg_error *error)
{
    sg_data_event *event;
    size_t count;
    sg_status status = sg_data_events(data, i, &event, &count, error);
    if (status != SG_OK)
        return status;
    status = sg_simulation_start(sim);
    for (size_t k = 0; status == SG_OK && k < count; k++) {
        status = sg_simulation_push(sim, event[k].neuron, 1, event[k].time);
        status = status == SG_E_RANGE ? SG_OK : status;
    }
    sg_data_free_events(event);
    return status;
}

/* Runs the sample through the simulator; what it emits goes to sink. */
static int simulate(const struct options *options, const sg_network *net,
                    const sg_data *data, struct sink *sink)
{
    sg_network_info info;
    sg_simulation *sim;
    sg_error error = {""};
    uint32_t i = (uint32_t)options->sample;

    sg_network_get_info(net, &info);
    sg_status status = sg_simulation_create(net, verify_order(options->order),
                                            options->seed, &sim, &error);
    if (status != SG_OK)
        return cli_status("trace", status, &error);
    sg_simulation_watch(sim, on_spike, sink);
    sg_simulation_watch_sent(sim, on_sent, sink);
    if (options->replay)
        status = replay(sim, data, i, &error);
    else if (options->forward_only)
        status = sg_simulation_present(sim, sg_data_pixels(data, i));
    else
        status = sg_simulation_present_training(sim, sg_data_pixels(data, i),
                                                info.step, i);
    if (status == SG_OK && !options->forward_only)
        status =
            sg_simulation_learn(sim, sg_data_label(data, i), info.step, i);
    sg_simulation_destroy(sim);
    if (status == SG_E_FULL)
        return cli_fail("trace: --order %s: more than 2^26 spikes are under "
                        "way; turns and random have room for any network",
                        options->order);
    return status == SG_OK ? CLI_OK : cli_status("trace", status, &error);
}

/* Whether neurons hold what they have emitted until their turn comes. */
static bool holds_spikes(const char *order)
{
    const sg_order kind = verify_order(order);
    return kind == SG_ORDER_TURNS || kind == SG_ORDER_RANDOM;
}

/* The event stream, to --out or stdout; only counted with --svg alone. */
static int write_stream(const struct options *options, const sg_network *net,
                        const sg_data *data, struct sink *sink)
{
    output out;
    if (!options->out && options->svg)
        return simulate(options, net, data, sink);
    int code = output_open(&out, options->out);
    if (code != CLI_OK)
        return code;
    sink->out = &out;
    sink->json = strcmp(options->format, "jsonl") == 0;
    if (!sink->json)
        fprintf(out.stream, "time,phase,layer,neuron,sign,sent%s\n",
                sink->replay ? ",us" : "");
    if (holds_spikes(options->order) &&
        !(sink->fates = fates_create(net, write_spike, sink)))
        code = cli_fail("out of memory");
    if (code == CLI_OK)
        code = simulate(options, net, data, sink);
    if (sink->fates && !fates_end(sink->fates) && code == CLI_OK)
        code = cli_fail("out of memory");
    fates_destroy(sink->fates);
    sink->fates = NULL;
    sink->out = NULL;
    return output_close(&out, code);
}

static int write_picture(const struct options *options, const char *title,
                         const char *about, raster *picture)
{
    const char *theme = options->theme;
    const raster_text text = {title, about,
                              strcmp(theme, "dark") == 0    ? RASTER_DARK
                              : strcmp(theme, "light") == 0 ? RASTER_LIGHT
                                                            : RASTER_AUTO};
    output out;
    int code = output_open(&out, options->svg);
    if (code != CLI_OK)
        return code;
    if (raster_write(picture, &text, out.stream) != 0)
        code = cli_fail("%s: out of memory", options->svg);
    return output_close(&out, code);
}

static int trace_sample(const void *given, const model *m)
{
    const struct options *options = given;
    const sg_network *net = m->net;
    const sg_data *data = m->part;
    char title[120], about[400];
    uint32_t label = 0, i = (uint32_t)options->sample;
    struct sink sink = {.replay = options->replay};
    cli_catch_signals();

    if (i >= sg_data_get_info(data)->size)
        return cli_usage("trace",
                         "--sample: %u is not below %u, the size of "
                         "%s",
                         i, sg_data_get_info(data)->size,
                         sg_data_get_info(data)->name);
    if (options->out && options->svg && output_is_stdout(options->out) &&
        output_is_stdout(options->svg))
        return cli_usage("trace", "--out - and --svg - both want stdout");
    if (options->replay && !sg_data_has_events(data))
        return cli_usage("trace",
                         "--replay: the samples of %s are no "
                         "recordings of events",
                         sg_data_get_info(data)->name);
    sg_status status =
        sg_network_classify(net, sg_data_pixels(data, i), NULL, &label);
    if (status != SG_OK)
        return cli_status("trace", status, NULL);
    if (options->svg && !(sink.picture = raster_create(net)))
        return cli_fail("%s: out of memory", options->svg);
    snprintf(title, sizeof title, "sample %u: a %u, taken for a %u", i,
             sg_data_label(data, i), label);
    snprintf(about, sizeof about, "%s, %s; %s order",
             sg_data_get_info(data)->name, options->images.split,
             options->order);
    int code = write_stream(options, net, data, &sink);
    if (code == CLI_OK && options->svg)
        code = write_picture(options, title, about, sink.picture);
    raster_destroy(sink.picture);
    if (code == CLI_OK)
        clean_line(stderr,
                   "%s; %s; %" PRIu64 " spikes emitted, %" PRIu64 " sent",
                   title, about, sink.emitted, sink.sent);
    return code;
}

static int trace(int argc, char **argv)
{
    struct options options = {0};
    return model_run(&command_trace, argc, argv, &options, &options.images,
                     NULL, trace_sample);
}
