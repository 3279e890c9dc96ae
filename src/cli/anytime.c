/* spikegrad anytime: accuracy against the share of the input spikes that have
 * arrived; of recordings of events against their own time. */
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/cli.h"
#include "cli/base/flags.h"
#include "cli/base/model.h"
#include "cli/base/output.h"
#include "cli/base/progress.h"
#include "cli/base/team.h"
#include "cli/base/team_work.h"
#include "cli/commands.h"

enum { HALVINGS = 6, POINTS = HALVINGS + 1 }; /* 1/64, 1/32, .. 1 */

/* Points of time, at most. */
enum { STEPS_MAX = 1000 };

struct options {
    model_images images;
    const char *arrival;
    uint64_t samples, seed, step;
    bool json, quiet;
};

#define FIELD(name) offsetof(struct options, name)

static const arg_flag own_flags[] = {
    {"samples", ARG_NUMBER, FIELD(samples), "N", "100",
     "how many, from the first on", 1, UINT32_MAX},
    {"seed", ARG_NUMBER, FIELD(seed), "S", "1", "of the order of arrival", 0,
     (UINT64_C(1) << 56) - 1},
    {"arrival", ARG_CHOICE, FIELD(arrival), "recorded|random|strong|even",
     "recorded",
     "events of a recording come at their times, other input in random order; "
     "or all in random order; neurons with most spikes first; or each neuron's "
     "spread evenly",
     0, 0},
    {"step", ARG_NUMBER, FIELD(step), "MS", "25",
     "milliseconds of a recording from one line of the table to the next", 1,
     1000000},
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
        "that eval gives. A recording of events is played in its own time, "
        "and the class is read every --step milliseconds. MODEL is a "
        "checkpoint or a run directory.",
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
    sg_simulation_number(sim, i);
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

/* Pushes the events of a sample that come before `until`, in microseconds,
 * from *next on; what a neuron does not take any more is no input spike. */
static sg_status push_until(sg_simulation *sim, const sg_data_event *event,
                            size_t count, uint64_t until, size_t *next,
                            uint64_t *arrived)
{
    for (; *next < count && event[*next].time < until; ++*next) {
        sg_status status =
            sg_simulation_push(sim, event[*next].neuron, 1, event[*next].time);
        if (status != SG_OK && status != SG_E_RANGE)
            return status;
        *arrived += status == SG_OK;
    }
    return SG_OK;
}

/* What was read off a sample at each point of time. */
struct course {
    uint32_t class[STEPS_MAX];
    uint64_t arrived[STEPS_MAX], spikes[STEPS_MAX];
    size_t steps; /* up to its last event */
};

static sg_status play(sg_simulation *sim, const int32_t *v, uint32_t classes,
                      uint64_t step_us, const sg_data_event *event,
                      size_t count, struct course *to)
{
    sg_event_totals before, now;
    size_t next = 0;
    uint64_t arrived = 0;
    sg_simulation_totals(sim, &before);
    sg_status status = sg_simulation_start(sim);
    for (to->steps = 0; status == SG_OK && to->steps < STEPS_MAX;) {
        size_t p = to->steps++;
        status =
            push_until(sim, event, count, (p + 1) * step_us, &next, &arrived);
        sg_simulation_totals(sim, &now);
        to->class[p] = strongest(v, classes);
        to->arrived[p] = arrived;
        to->spikes[p] = now.forward_spikes - before.forward_spikes;
        if (next == count)
            break;
    }
    return status == SG_OK && next < count ? SG_E_FULL : status;
}

/* After its last event a sample stays what it is. */
static void add_course(const struct course *of, uint32_t label,
                       struct point *points)
{
    const size_t last = of->steps - 1;
    for (size_t p = 0; p < STEPS_MAX; p++) {
        const size_t at = p < last ? p : last;
        points[p].correct += of->class[at] == label;
        points[p].settled += of->class[at] == of->class[last];
        points[p].arrived += of->arrived[at];
        points[p].spikes += of->spikes[at];
    }
}

static int print_time(uint64_t ms, const struct point *at, uint32_t samples,
                      bool head, bool json)
{
    double n = samples;
    if (json)
        return output_json(stdout, "standard output",
                           json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "ms",
                                     (json_int_t)ms, "samples",
                                     (json_int_t)samples, "correct",
                                     (json_int_t)at->correct, "settled",
                                     (json_int_t)at->settled, "input_spikes",
                                     (json_int_t)at->arrived, "spikes",
                                     (json_int_t)at->spikes));
    if (head)
        printf("%8s %10s %10s %12s %12s\n", "ms", "accuracy %", "settled %",
               "in spikes", "all spikes");
    printf("%8" PRIu64 " %10.2f %10.2f %12.1f %12.1f\n", ms,
           100 * (double)at->correct / n, 100 * (double)at->settled / n,
           (double)at->arrived / n, (double)at->spikes / n);
    return CLI_OK;
}

/* What both kinds of arrival go through. */
struct show {
    const struct options *options;
    const sg_data *data;
    sg_simulation *sim;
    const int32_t *v;
    struct point *points; /* [STEPS_MAX] */
    size_t used;
    sg_error error;
};

static sg_status play_sample(struct show *s, uint32_t i, struct course *course)
{
    sg_data_event *event;
    size_t count;
    sg_simulation_number(s->sim, i);
    sg_status status = sg_data_events(s->data, i, &event, &count, &s->error);
    if (status != SG_OK)
        return status;
    status = play(s->sim, s->v, sg_data_get_info(s->data)->classes,
                  s->options->step * 1000, event, count, course);
    sg_data_free_events(event);
    if (status == SG_E_FULL) {
        snprintf(s->error.text, sizeof s->error.text,
                 "sample %u is longer than %d steps of %" PRIu64
                 " ms; --step takes larger ones",
                 i, STEPS_MAX, s->options->step);
        return SG_E_RANGE;
    }
    if (status == SG_OK)
        add_course(course, sg_data_label(s->data, i), s->points);
    if (course->steps > s->used)
        s->used = course->steps;
    return status;
}

/* Whether events come at their times. */
static bool plays(const struct show *s)
{
    return sg_data_has_events(s->data) &&
           strcmp(s->options->arrival, "recorded") == 0;
}

static sg_status show_samples(struct show *s, team_part part)
{
    const bool events = plays(s);
    struct course *course = events ? malloc(sizeof *course) : NULL;
    sg_status status = events && !course ? SG_E_MEMORY : SG_OK;
    progress line;
    progress_begin(&line, s->options->quiet);
    for (uint32_t i = 0; status == SG_OK && i < part.count; i++) {
        const uint32_t sample = part.first + i;
        status = events ? play_sample(s, sample, course)
                        : run_sample(s->sim, s->v, s->data, sample, s->points);
        progress_update(&line, "anytime", 0, i + 1, part.count, "");
        if (cli_stopped())
            status = SG_E_STOPPED;
    }
    progress_clear(&line);
    free(course);
    return status;
}

static int print_all(const struct show *s)
{
    const bool json = s->options->json, events = plays(s);
    const uint32_t samples = sg_data_get_info(s->data)->size;
    int code = CLI_OK;
    for (int p = 0; !events && code == CLI_OK && p < POINTS; p++)
        code = print_point(p, &s->points[p], samples, json);
    for (size_t p = 0; events && code == CLI_OK && p < s->used; p++)
        code = print_time((p + 1) * s->options->step, &s->points[p], samples,
                          p == 0, json);
    return code;
}

/* A simulation, and points that are empty. */
static sg_status show_begin(struct show *s, const sg_network *net)
{
    sg_network_info info;
    sg_network_get_info(net, &info);
    const sg_status status =
        sg_simulation_create(net, SG_ORDER_TURNS, s->options->seed, &s->sim,
                             &s->error);
    if (status != SG_OK)
        return status;
    if (strcmp(s->options->arrival, "strong") == 0)
        (void)sg_simulation_set_arrival(s->sim, SG_ARRIVAL_STRONG);
    else if (strcmp(s->options->arrival, "even") == 0)
        (void)sg_simulation_set_arrival(s->sim, SG_ARRIVAL_EVEN);
    s->v = sg_simulation_potentials(s->sim, info.layers);
    s->points = calloc(STEPS_MAX, sizeof *s->points);
    return s->points ? SG_OK : SG_E_MEMORY;
}

static void show_end(struct show *s)
{
    free(s->points);
    sg_simulation_destroy(s->sim);
}

/* ---- several ranks ---- */

enum { NUMBERS = 4 }; /* of a point */

json_t *anytime_task(const json_t *order, const sg_network *net,
                     const sg_data *const *data, sg_status *status,
                     sg_error *error)
{
    const char *arrival = json_string_value(json_object_get(order, "arrival"));
    const struct options options = {.arrival = arrival ? arrival : "",
                                    .seed = team_number(order, "seed"),
                                    .step = team_number(order, "step"),
                                    .quiet = true};
    struct show s = {.options = &options, .data = data[0], .error = {""}};
    *status = net && data[0] ? show_begin(&s, net) : SG_E_FORMAT;
    if (*status == SG_OK)
        *status = show_samples(&s, team_part_of(order));
    *error = s.error;
    json_t *points = *status == SG_OK ? json_array() : NULL;
    for (size_t p = 0; points && p < STEPS_MAX; p++) {
        const struct point *at = &s.points[p];
        json_array_append_new(points,
                              json_pack("[I,I,I,I]", (json_int_t)at->correct,
                                        (json_int_t)at->settled,
                                        (json_int_t)at->arrived,
                                        (json_int_t)at->spikes));
    }
    show_end(&s);
    return points ? json_pack("{s:I,s:o}", "used", (json_int_t)s.used,
                              "points", points)
                  : NULL;
}

static void add_answer(struct show *s, const json_t *answer)
{
    const json_t *points = json_object_get(answer, "points");
    const size_t used = (size_t)team_number(answer, "used");
    s->used = used > s->used ? used : s->used;
    for (size_t p = 0; p < STEPS_MAX; p++) {
        uint64_t n[NUMBERS];
        for (size_t i = 0; i < NUMBERS; i++)
            n[i] = (uint64_t)json_integer_value(
                json_array_get(json_array_get(points, p), i));
        s->points[p].correct += n[0];
        s->points[p].settled += n[1];
        s->points[p].arrived += n[2];
        s->points[p].spikes += n[3];
    }
}

/* The samples of all ranks. */
static int show_all(struct show *s, const sg_network *net)
{
    const uint32_t ranks = sg_ranks_count(team_ranks());
    team_part own = {0, sg_data_get_info(s->data)->size};
    int code = CLI_OK;
    if (ranks > 1)
        code = team_divide("anytime", "anytime",
                           json_pack("{s:s,s:I,s:I}", "arrival",
                                     s->options->arrival, "seed",
                                     (json_int_t)s->options->seed, "step",
                                     (json_int_t)s->options->step),
                           net, true, own.count, 1, &own);
    if (code != CLI_OK)
        return code;
    const sg_status status = show_samples(s, own);
    if (status == SG_E_STOPPED) {
        cli_fail("interrupted");
        return CLI_INTERRUPTED;
    }
    if (status != SG_OK)
        return cli_status("anytime", status, &s->error);
    for (uint32_t r = 1; code == CLI_OK && r < ranks; r++) {
        json_t *answer;
        code = team_gather("anytime", r, &answer);
        if (answer)
            add_answer(s, answer);
        json_decref(answer);
    }
    return code;
}

static int let_arrive(const void *given, const model *m)
{
    const struct options *options = given;
    struct show s = {.options = options, .data = m->part, .error = {""}};
    int code = model_share("anytime", &options->images, m);
    if (code != CLI_OK)
        return code;
    const sg_status status = show_begin(&s, m->net);
    cli_catch_signals();
    code = status == SG_OK ? show_all(&s, m->net)
                           : cli_status("anytime", status, &s.error);
    if (code == CLI_OK)
        code = print_all(&s);
    show_end(&s);
    return code;
}

static int anytime(int argc, char **argv)
{
    struct options options = {0};
    return model_run(&command_anytime, argc, argv, &options, &options.images,
                     &options.samples, let_arrive);
}
