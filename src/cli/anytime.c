/* spikegrad anytime: accuracy against the share of the input spikes that have
 * arrived. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "cli/base/cli.h"
#include "cli/base/flags.h"
#include "cli/base/model.h"
#include "cli/base/output.h"
#include "cli/base/progress.h"
#include "cli/commands.h"

enum { HALVINGS = 6, POINTS = HALVINGS + 1 }; /* 1/64, 1/32, .. 1 */

struct options {
    model_images images;
    uint64_t samples, seed;
    bool json, quiet;
};

#define FIELD(name) offsetof(struct options, name)

static const arg_flag own_flags[] = {
    {"samples", ARG_NUMBER, FIELD(samples), "N", "100",
     "how many, from the first on", 1, UINT32_MAX},
    {"seed", ARG_NUMBER, FIELD(seed), "S", "1", "of the order of arrival", 0,
     (UINT64_C(1) << 56) - 1},
    {"json", ARG_SWITCH, FIELD(json), NULL, NULL, "JSON lines on stdout", 0,
     0},
};

static int anytime(int argc, char **argv);

const arg_command command_anytime = {
    .name = "anytime",
    .summary = "accuracy while the input is still arriving",
    .usage = "MODEL [options]",
    .operands = "MODEL",
    .text =
        "Lets the input spikes of a sample arrive in random order and reads "
        "the class off the last layer when 1/64, 1/32, .. 1 of them are "
        "there and the network is at rest. With all of them it is the class "
        "that eval gives. MODEL is a checkpoint or a run directory.",
    .group = {ARG_SHARED(model_flags, struct options, images),
              ARG_OWN(own_flags),
              ARG_SHARED(quiet_flag, struct options, quiet)},
    .operand_min = 1,
    .operand_max = 1,
    .run = anytime,
};

/* Sums over samples when one share of the input has arrived. */
struct point {
    uint64_t correct, settled; /* as labelled; as with all of the input */
    uint64_t arrived, spikes;  /* input spikes; spikes delivered, all layers */
};

static uint32_t strongest(const int32_t *v, uint32_t classes)
{
    uint32_t best = 0;
    for (uint32_t k = 1; k < classes; k++)
        if (v[k] > v[best])
            best = k;
    return best;
}

static sg_status run_sample(sg_simulation *sim, const int32_t *v,
                            const sg_data *data, uint32_t i,
                            struct point *points)
{
    uint32_t classes = sg_data_get_info(data)->classes, class[POINTS];
    uint64_t spikes, arrived = 0;
    sg_event_totals before, now;
    sg_simulation_totals(sim, &before);
    sg_status status =
        sg_simulation_begin(sim, sg_data_pixels(data, i), &spikes);
    for (int p = 0; status == SG_OK && p < POINTS; p++) {
        uint64_t wanted = spikes >> (HALVINGS - p);
        status = sg_simulation_arrive(sim, wanted - arrived);
        arrived = wanted;
        sg_simulation_totals(sim, &now);
        class[p] = strongest(v, classes);
        points[p].correct += class[p] == sg_data_label(data, i);
        points[p].arrived += arrived;
        points[p].spikes += now.forward_spikes - before.forward_spikes;
    }
    for (int p = 0; status == SG_OK && p < POINTS; p++)
        points[p].settled += class[p] == class[POINTS - 1];
    return status;
}

static int print_point(int p, const struct point *at, uint32_t samples,
                       bool json)
{
    double n = samples, share = 1.0 / (1 << (HALVINGS - p));
    if (json)
        return output_json(stdout, "standard output",
                           json_pack("{s:f,s:I,s:I,s:I,s:I,s:I}", "share",
                                     share, "samples", (json_int_t)samples,
                                     "correct", (json_int_t)at->correct,
                                     "settled", (json_int_t)at->settled,
                                     "input_spikes", (json_int_t)at->arrived,
                                     "spikes", (json_int_t)at->spikes));
    if (p == 0)
        printf("%8s %10s %10s %12s %12s\n", "input", "accuracy %", "settled %",
               "in spikes", "all spikes");
    printf("%6s%-2d %10.2f %10.2f %12.1f %12.1f\n", "1/", 1 << (HALVINGS - p),
           100 * (double)at->correct / n, 100 * (double)at->settled / n,
           (double)at->arrived / n, (double)at->spikes / n);
    return CLI_OK;
}

static int let_arrive(const void *given, const model *m)
{
    const struct options *options = given;
    uint32_t samples = sg_data_get_info(m->part)->size;
    struct point points[POINTS] = {{0}};
    sg_network_info info;
    sg_simulation *sim;
    sg_error error = {""};
    progress line;

    sg_network_get_info(m->net, &info);
    sg_status status = sg_simulation_create(m->net, SG_ORDER_TURNS,
                                            options->seed, &sim, &error);
    if (status != SG_OK)
        return cli_status("anytime", status, &error);
    const int32_t *v = sg_simulation_potentials(sim, info.layers);
    cli_catch_signals();
    progress_begin(&line, options->quiet);
    for (uint32_t i = 0; status == SG_OK && i < samples; i++) {
        status = run_sample(sim, v, m->part, i, points);
        progress_update(&line, "anytime", 0, i + 1, samples, "");
        if (cli_stopped())
            status = SG_E_STOPPED;
    }
    progress_clear(&line);
    sg_simulation_destroy(sim);
    if (status == SG_E_STOPPED) {
        cli_fail("interrupted");
        return CLI_INTERRUPTED;
    }
    if (status != SG_OK)
        return cli_status("anytime", status, NULL);
    int code = CLI_OK;
    for (int p = 0; code == CLI_OK && p < POINTS; p++)
        code = print_point(p, &points[p], samples, options->json);
    return code;
}

static int anytime(int argc, char **argv)
{
    struct options options = {0};
    return model_run(&command_anytime, argc, argv, &options, &options.images,
                     &options.samples, let_arrive);
}
