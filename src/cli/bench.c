/* spikegrad bench: samples a second of a network here, and where they go;
 * measure.c measures, costs.c reports. It leaves no files. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/cli.h"
#include "cli/base/flags.h"
#include "cli/base/model.h"
#include "cli/base/output.h"
#include "cli/base/recipefile.h"
#include "cli/base/team.h"
#include "cli/bench/costs.h"
#include "cli/bench/measure.h"
#include "cli/bench/timeline.h"
#include "cli/commands.h"
#include "cli/run/options.h"

/* Steps before it counts: past the dense first errors of a new network; the
 * memory of a trained one. */
enum { WARM_NEW = 20, WARM_FROM = 3 };

/* Steps that a timeline shows; letters of its lines. */
enum { STEPS = 2, DESCRIBED = 512 };

struct options {
    run_source source;
    const char *from;
    uint64_t threads, warm, milliseconds, rounds;
    const char *device, *timeline;
    bool layers, json;
};

#define FIELD(name) offsetof(struct options, name)

static const arg_flag own_flags[] = {
    {"from", ARG_TEXT, FIELD(from), "MODEL", NULL,
     "go on from a checkpoint or run directory, from the start of the "
     "epoch it stopped in or, if it is complete, of its last one; with its recipe",
     0, 0},
    {"warm", ARG_NUMBER, FIELD(warm), "STEPS", NULL,
     "training steps before the first measurement (default: 20, with "
     "--from 3)",
     0, 1000000},
    {"seconds", ARG_MILLI, FIELD(milliseconds), "S", "2",
     "length of one measurement", 10, 3600000},
    {"rounds", ARG_NUMBER, FIELD(rounds), "N", "5",
     "measurements of training and of inference, in turn", 1,
     MEASURE_ROUNDS_MAX},
    {"layers", ARG_SWITCH, FIELD(layers), NULL, NULL,
     "one more measurement of training, layer by layer and phase by phase, "
     "beside what this machine could reach",
     0, 0},
    {"ranks-timeline", ARG_TEXT, FIELD(timeline), "FILE.svg", NULL,
     "under mpirun, a picture of two more steps: what every rank does when, and "
     "when it waits",
     0, 0},
    {"json", ARG_SWITCH, FIELD(json), NULL, NULL,
     "one JSON line on stdout instead of tables", 0, 0},
};

static int bench(int argc, char **argv);

const arg_command command_bench = {
    .name = "bench",
    .summary = "samples a second, and where the time goes",
    .usage = "--data SPEC [options]\n--from MODEL [options]",
    .text =
        "Measures how many samples a second a network trains (augmentation "
        "and all counting included) and infers on this machine; medians of "
        "rounds in which both take turns. Nothing is written but what "
        "--ranks-timeline names.",
    .group = {ARG_SHARED(run_source_flags, struct options, source),
              ARG_OWN(own_flags),
              ARG_SHARED(device_flag, struct options, device),
              ARG_SHARED(threads_flag, struct options, threads)},
    .recipe = true,
    .run = bench,
};

/* Generated images are drawn when they are first asked for: not while the
 * clock runs. */
static void draw(const sg_data *data)
{
    for (uint32_t i = 0; i < sg_data_get_info(data)->size; i++)
        (void)sg_data_pixels(data, i);
}

static int open_data(recipe_file *file, sg_data **out)
{
    sg_error error = {""};
    sg_status status = run_open_data(file, out, &error);
    return status == SG_OK ? CLI_OK : cli_status("bench", status, &error);
}

static int start_new(const struct options *options, const arg_rest *rest,
                     measurement *m)
{
    recipe_file file;
    sg_recipe *plain = NULL;
    int code = recipe_file_begin(&file);
    if (code == CLI_OK)
        code = run_gather("bench", &options->source, rest, &file);
    if (code == CLI_OK)
        code = open_data(&file, &m->data);
    if (code == CLI_OK)
        code = run_suggest("bench", m->data, &file, &plain);
    sg_recipe_destroy(plain);
    if (code == CLI_OK)
        code = team_share_images("bench", file.folder, "train", m->data);
    if (code == CLI_OK) {
        draw(m->data);
        sg_error error = {""};
        const sg_trainer_options how = {sizeof how, m->threads, m->device,
                                        team_ranks()};
        sg_status status = sg_trainer_create_with(file.recipe, m->data, &how,
                                                  &m->trainer, &error);
        if (status != SG_OK)
            code = cli_status("bench", status, &error);
    }
    recipe_file_end(&file);
    return code;
}

/* Options of the recipe may be repeated, not changed. */
static int check_recipe(const sg_recipe *trained,
                        const struct options *options, const arg_rest *rest)
{
    size_t count;
    sg_error error = {""};
    recipe_difference d;
    sg_recipe *changed;
    int code = CLI_OK;
    const sg_recipe_option *option = sg_recipe_options(&count);

    if (options->source.recipe)
        return cli_usage("bench", "--recipe cannot be given with --from");
    if (sg_recipe_copy(trained, &changed) != SG_OK)
        return cli_fail("out of memory");
    for (size_t i = 0; code == CLI_OK && i < count && i < ARG_RECIPE_MAX; i++)
        if (rest->recipe[i] && sg_recipe_set(changed, option[i].name,
                                             rest->recipe[i], &error) != SG_OK)
            code = cli_usage("bench", "--%s", error.text);
    if (code == CLI_OK && recipe_differs(changed, trained, NULL, &d))
        code = cli_usage("bench",
                         "--%s: '%s' cannot be changed with --from, the "
                         "model has '%s'",
                         d.name, d.a, d.b);
    sg_recipe_destroy(changed);
    return code;
}

/* The data of a model, with other ranks if there are any. */
static int share(const struct options *options, const measurement *m)
{
    char folder[RECIPE_FOLDER] = "";
    if (team_ranks() && !options->source.data)
        model_folder(options->from, sg_data_get_info(m->data)->name, folder,
                     sizeof folder);
    return team_share_images("bench", folder, "train", m->data);
}

static int start_from(const struct options *options, const arg_rest *rest,
                      measurement *m)
{
    sg_network *net;
    sg_network_info info;
    sg_error error = {""};
    const model_images images = {.data = options->source.data,
                                 .split = "train"};
    int code = model_load("bench", options->from, false, &net);
    if (code != CLI_OK)
        return code;
    sg_network_get_info(net, &info);
    code = check_recipe(info.recipe, options, rest);
    if (code == CLI_OK)
        code = model_data("bench", options->from, net, &images, &m->data);
    if (code == CLI_OK)
        code = share(options, m);
    if (code == CLI_OK) {
        draw(m->data);
        uint32_t last = (uint32_t)recipe_number(info.recipe, "epochs") - 1;
        bool complete = info.epoch >= info.epochs;
        const sg_trainer_options how = {sizeof how, m->threads, m->device,
                                        team_ranks()};
        sg_status status =
            sg_trainer_create_taking(&net, complete ? last : info.epoch,
                                     m->data, &how, &m->trainer, &error);
        if (status != SG_OK)
            code = cli_status("bench", status, &error);
    }
    sg_network_destroy(net);
    return code;
}

/* The device that a name means; NULL: the processor. */
static const char *device_of(const char *name)
{
    static sg_device_info info;
    if (!name || strcmp(name, "cpu") == 0)
        return NULL;
    if (strcmp(name, "auto") != 0)
        return name;
    for (size_t i = 0; sg_device_get_info(i, &info) == SG_OK; i++)
        if (strncmp(info.device, "cuda", 4) == 0)
            return info.device;
    return NULL;
}

/* What an update moves, against a sum of floats among as many: each of R
 * processes sends and receives (R - 1) / R of them twice. */
static void print_traffic(void)
{
    sg_ranks_traffic t = {.size = sizeof t};
    const double ranks = sg_ranks_count(team_ranks());
    if (sg_ranks_get_traffic(team_ranks(), &t) != SG_OK || t.steps == 0)
        return;
    const double steps = (double)t.steps;
    const double floats =
        16.0 * (ranks - 1) / ranks * (double)t.parameters * steps;
    printf("\n%.0f ranks: in a step rank 0 sends and receives %.3f MB of "
           "gradients and %.3f MB of\nchanges of weights, %.3f of a sum in "
           "32-bit floats\n",
           ranks, (double)t.gradients / steps / 1e6,
           (double)t.weights / steps / 1e6,
           (double)(t.gradients + t.weights) / floats);
    printf("of %.1f ms of a step it waits %.1f ms for messages\n",
           (double)t.step_ns / steps / 1e6,
           (double)t.step_wait_ns / steps / 1e6);
}

/* The lines above the picture. */
static void describe(const measurement *m, const sg_span *span, size_t count,
                     char title[DESCRIBED], char about[DESCRIBED])
{
    char topology[SG_RECIPE_TEXT];
    sg_network_info info;
    uint64_t begin = UINT64_MAX, end = 0, waits = 0;
    const uint32_t ranks = sg_ranks_count(team_ranks());
    for (size_t i = 0; i < count; i++) {
        begin = span[i].begin < begin ? span[i].begin : begin;
        end = span[i].end > end ? span[i].end : end;
        if (span[i].kind == SG_SPAN_WAIT)
            waits += span[i].end - span[i].begin;
    }
    sg_network_get_info(sg_trainer_outline(m->trainer), &info);
    const char *data = sg_data_get_info(m->data)->name;
    snprintf(title, DESCRIBED, "%d steps of %.200s by %u ranks", STEPS,
             recipe_text(info.recipe, "net", topology), (unsigned)ranks);
    snprintf(about, DESCRIBED,
             "batch %lld on %.*s, %u thread%s a rank: %.1f ms, of which a "
             "rank waits %.1f %%; lines are gradients on their way to the "
             "update they are for",
             (long long)recipe_number(info.recipe, "batch"),
             (int)strcspn(data, ":"), data, m->threads,
             m->threads == 1 ? "" : "s", (double)(end - begin) / 1e6,
             100.0 * (double)waits / ranks / (double)(end - begin));
}

static int write_timeline(const measurement *m, const char *path,
                          const sg_span *span, size_t count)
{
    char title[DESCRIBED], about[DESCRIBED];
    const timeline t = {sg_trainer_outline(m->trainer), span,  count,
                        sg_ranks_count(team_ranks()),   title, about};
    describe(m, span, count, title, about);
    output file;
    int code = output_open(&file, path);
    if (code != CLI_OK)
        return code;
    timeline_write(&t, file.stream);
    return output_close(&file, CLI_OK);
}

/* Some more steps, of which ranks note what they do. */
static int draw_timeline(measurement *m, const char *path)
{
    sg_error error = {""};
    sg_span *span = NULL;
    size_t count = 0;
    sg_status status = sg_ranks_record(team_ranks(), 1, &error);
    int code = status == SG_OK ? measure_steps(m, STEPS) : CLI_OK;
    if (status == SG_OK && code == CLI_OK)
        status = sg_ranks_get_spans(team_ranks(), &span, &count, &error);
    if (code == CLI_OK && status == SG_OK)
        code = write_timeline(m, path, span, timeline_trim(span, count));
    sg_free(span);
    return status == SG_OK ? code : cli_status("bench", status, &error);
}

static int measure_and_report(measurement *m, bool json)
{
    cli_tell_threads(m->threads, sg_trainer_threads(m->trainer));
    if (!json)
        costs_begin(m);
    cli_catch_signals();
    int code = measure_run(m);
    if (code == CLI_INTERRUPTED)
        fputs("spikegrad: bench: stopped\n", stderr);
    if (code != CLI_OK)
        return code;
    if (json)
        return costs_json(m);
    costs_print(m);
    print_traffic();
    return CLI_OK;
}

static int bench(int argc, char **argv)
{
    struct options options = {.warm = UINT64_MAX};
    arg_rest rest;
    int code = args_parse(&command_bench, argc, argv, &options, &rest);
    if (code >= 0)
        return code;
    if (options.timeline && !team_ranks())
        return cli_usage("bench", "--ranks-timeline is for several ranks, as "
                                  "mpirun starts them");
    if (options.timeline && options.json && output_is_stdout(options.timeline))
        return cli_usage("bench", "--ranks-timeline - and --json both want "
                                  "stdout");
    if (options.warm == UINT64_MAX)
        options.warm = options.from ? WARM_FROM : WARM_NEW;

    measurement m = {
        .command = "bench",
        .threads = cli_threads(team_threads(options.threads)),
        .device = device_of(options.device),
        .seconds = (double)options.milliseconds / 1000,
        .warm = options.warm,
        .rounds = options.rounds,
        .layers = options.layers,
    };
    if (m.device)
        m.threads = 1; /* that launches */
    code = options.from ? start_from(&options, &rest, &m)
                        : start_new(&options, &rest, &m);
    if (code == CLI_OK)
        code = measure_and_report(&m, options.json);
    if (code == CLI_OK && options.timeline)
        code = draw_timeline(&m, options.timeline);
    sg_trainer_destroy(m.trainer);
    sg_data_destroy(m.data);
    return code;
}
