/* Tables and JSON of `bench`; see costs.h. Costs are milliseconds of one
 * thread for 1000 samples, rates those of all threads together. */
#include "cli/bench/costs.h"

#include <stddef.h>
#include <string.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/base/metrics.h"
#include "cli/base/output.h"
#include "cli/base/recipefile.h"

static const struct phase {
    const char *name;
    size_t offset;
    bool multiplies; /* its operations are those that the roof counts */
    bool far;        /* it goes through the state of the weights */
} phases[] = {
    {"forward", offsetof(sg_layer_cost, forward), true, false},
    {"count", offsetof(sg_layer_cost, count), false, false},
    {"fire", offsetof(sg_layer_cost, fire), false, false},
    {"propagate", offsetof(sg_layer_cost, propagate), true, false},
    {"gradient", offsetof(sg_layer_cost, gradient), true, false},
    {"update", offsetof(sg_layer_cost, update), false, true},
};

enum { PHASES = sizeof phases / sizeof phases[0] };

/* One phase as it is read. What does not multiply has only bytes for a floor,
 * and 0 for its operations. */
typedef struct cost {
    double ms;          /* of one thread for 1000 samples */
    double gops, dense; /* done; done as by an engine that skips nothing */
    double density;     /* share of the dense operations that were done */
    double roof;        /* share of the machine's peak */
    double megabytes;   /* for 1000 samples */
    double floor;       /* ms at the peak or at the speed of reading */
} cost;

static double divide(double a, double b)
{
    return b > 0 ? a / b : 0;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static cost evaluate(const measurement *m, size_t l, const struct phase *phase)
{
    const measure_profile *p = &m->profile;
    sg_phase_cost c;
    memcpy(&c, (const char *)&p->cost[l] + phase->offset, sizeof c);
    double thousands = (double)p->samples / 1000, threads = m->threads;
    double seconds = (double)c.nanoseconds / 1e9 / threads;
    double ops = phase->multiplies ? (double)c.ops : 0;
    double dense = phase->multiplies ? (double)c.dense_ops : 0;
    double peak =
        larger((double)p->near.multiply_adds, (double)p->state.multiply_adds);
    double speed = (double)(phase->far ? p->state.bytes : p->near.bytes);
    double least = larger(divide(ops, peak), divide((double)c.bytes, speed));
    return (cost){
        .ms = divide((double)c.nanoseconds / 1e6, thousands),
        .gops = 2e-9 * divide(ops, seconds),
        .dense = 2e-9 * divide(dense, seconds),
        .density = divide(ops, dense),
        .roof = divide(divide(ops, seconds), peak),
        .megabytes = divide((double)c.bytes / 1e6, thousands),
        .floor = divide(1e3 * threads * least, thousands),
    };
}

static double load_ms(const measure_profile *p)
{
    return divide((double)p->load_ns / 1e3, (double)p->samples);
}

/* All the threads had, in ms for 1000 samples. */
static double all_ms(const measurement *m)
{
    const measure_profile *p = &m->profile;
    return divide(1e6 * p->seconds * m->threads, (double)p->samples);
}

static double mebibytes(uint64_t bytes)
{
    return (double)bytes / 1048576.0;
}

/* The epoch, from 1, that the last step was part of. */
static uint64_t epoch_of(const measurement *m, const sg_network_info *info)
{
    uint64_t batch = (uint64_t)recipe_number(info->recipe, "batch");
    uint64_t batches = (sg_data_get_info(m->data)->size + batch - 1) / batch;
    return info->step == 0 ? 1 : (info->step - 1) / batches + 1;
}

static int bits_of(const sg_network_info *info)
{
    return recipe_number(info->recipe, "weight-bits") ? 16 : 8;
}

void costs_begin(const measurement *m)
{
    char net[SG_RECIPE_TEXT];
    sg_network_info info;
    sg_network_get_info(sg_trainer_network(m->trainer), &info);
    clean_line(stdout, "%s on %s", recipe_text(info.recipe, "net", net),
               sg_data_get_info(m->data)->name);
    printf("batch %d, %d-bit weights, ",
           (int)recipe_number(info.recipe, "batch"), bits_of(&info));
    if (m->device)
        printf("device %s", m->device);
    else
        printf("%u thread%s, kernels %s", m->threads,
               m->threads == 1 ? "" : "s", sg_kernel_table());
    printf("; %llu round%s of %g s\n", (unsigned long long)m->rounds,
           m->rounds == 1 ? "" : "s", m->seconds);
    fflush(stdout);
}

static void print_rates(const char *name, const measure_rates *rates)
{
    printf("%-9s %12.1f %12.1f %12.1f\n", name, rates->median, rates->lowest,
           rates->highest);
}

static void print_activity(const measurement *m)
{
    figures f;
    sg_network_info info;
    const sg_network *net = sg_trainer_network(m->trainer);
    sg_network_get_info(net, &info);
    metrics_figures(net, sg_trainer_metrics(m->trainer), &f);
    printf("\nafter step %llu, in epoch %llu: %.3f spikes a hidden neuron, "
           "%.2f %% send errors;\noperations a multiply-add of the ANN: "
           "%.3f forward, %.3f backward\n",
           (unsigned long long)info.step,
           (unsigned long long)epoch_of(m, &info), f.spikes, f.senders,
           f.forward, f.backward);
}

/* A figure in `width` columns and a space, with four digits that count. */
static void print_figure(double value, int width)
{
    int decimals = value < 10 ? 3 : value < 100 ? 2 : value < 1000 ? 1 : 0;
    printf(" %*.*f", width, decimals, value);
}

static void print_cost(const char *layer, const char *phase, const cost *c)
{
    printf("%-9s %-9s", layer, phase);
    print_figure(c->ms, 9);
    if (c->dense > 0) {
        print_figure(c->gops, 7);
        print_figure(c->dense, 7);
        printf(" %6.2f %6.2f", 100 * c->density, 100 * c->roof);
    } else {
        printf(" %7s %7s %6s %6s", "-", "-", "-", "-");
    }
    print_figure(c->megabytes, 6);
    print_figure(c->floor, 6);
    if (c->floor >= 0.001)
        print_figure(c->ms / c->floor, 5);
    else
        printf(" %5s", "-"); /* so little is not worth a ratio */
    putchar('\n');
}

static void print_rest(const char *name, double ms)
{
    printf("%-19s", name);
    print_figure(ms, 9);
    putchar('\n');
}

static double peak_gops(const measure_profile *p)
{
    return 2e-9 * larger((double)p->near.multiply_adds,
                         (double)p->state.multiply_adds);
}

static void print_limits(const measurement *m)
{
    const measure_profile *p = &m->profile;
    if (m->device) {
        printf("\n%s at best: %.0f GOPS of int8, %.0f GB/s from its "
               "memory\n\n",
               m->device, peak_gops(p), 1e-9 * (double)p->near.bytes);
        return;
    }
    printf(
        "\n%u thread%s at best: %.0f GOPS of int8; %.0f GB/s from the "
        "nearest cache, %.0f GB/s\nfrom %.1f MiB, which is what the weights "
        "and the optimiser have\n\n",
        m->threads, m->threads == 1 ? "" : "s", peak_gops(p),
        1e-9 * (double)p->near.bytes, 1e-9 * (double)p->state.bytes,
        mebibytes(p->state_bytes));
}

static void print_layers(const measurement *m)
{
    const measure_profile *p = &m->profile;
    const sg_network *net = sg_trainer_network(m->trainer);
    sg_layer_info layer;
    cost all = {.ms = load_ms(p)};

    printf("%-9s %-9s %9s %7s %7s %6s %6s %6s %6s %5s\n", "layer", "phase",
           "ms/k", "GOPS", "dense", "done %", "peak %", "MB/k", "floor", "x");
    print_rest("load images", load_ms(p));
    for (size_t l = 0; sg_network_get_layer(net, l, &layer) == SG_OK; l++)
        for (size_t i = 0; i < PHASES; i++) {
            cost found = evaluate(m, l, &phases[i]);
            if (found.ms <= 0)
                continue;
            print_cost(layer.name, phases[i].name, &found);
            all.ms += found.ms;
            all.megabytes += found.megabytes;
            all.floor += found.floor;
        }
    print_rest("waiting", larger(all_ms(m) - all.ms, 0));
    all.ms = all_ms(m);
    print_cost("all", "", &all);
    if (m->device)
        puts("   each phase waits for the one before, as training does not: "
             "shares, not speed");
    puts(
        "   ms/k: milliseconds of one thread for 1000 samples; MB/k: "
        "megabytes they move\n   at least; GOPS: of all threads; dense: as if "
        "nothing were skipped; done: the\n   share that was not; floor: ms/k "
        "at the peak, or for reading the bytes;\n   x: ms/k over floor");
}

void costs_print(const measurement *m)
{
    printf("\n%-9s %12s %12s %12s\n", "", "samples/s", "lowest", "highest");
    print_rates("train", &m->train);
    print_rates("infer", &m->infer);
    if (m->device)
        puts("   infer: with the opening of the device, each time");
    print_activity(m);
    printf("memory: %.1f MiB for training, %.1f MiB for the whole process at "
           "its peak\n",
           mebibytes(sg_trainer_memory(m->trainer)), mebibytes(m->peak_bytes));
    if (!m->layers)
        return;
    print_limits(m);
    print_layers(m);
}

static json_t *rates_json(const measurement *m, const measure_rates *rates)
{
    json_t *list = json_array();
    for (uint64_t i = 0; list && i < m->rounds; i++)
        json_array_append_new(list, json_real(rates->round[i]));
    return list;
}

static json_t *phase_json(const cost *c)
{
    json_t *object = json_pack("{s:f,s:f,s:f,s:f}", "ms", c->ms, "megabytes",
                               c->megabytes, "floor_ms", c->floor,
                               "times_floor", divide(c->ms, c->floor));
    if (object && c->dense > 0)
        json_object_update_new(object,
                               json_pack("{s:f,s:f,s:f,s:f}", "gops", c->gops,
                                         "dense_gops", c->dense, "density",
                                         c->density, "roof_share", c->roof));
    return object;
}

static json_t *layers_json(const measurement *m)
{
    const sg_network *net = sg_trainer_network(m->trainer);
    json_t *list = json_array();
    sg_layer_info layer;
    for (size_t l = 0; list && sg_network_get_layer(net, l, &layer) == SG_OK;
         l++) {
        json_t *object = json_pack("{s:s}", "name", layer.name);
        for (size_t i = 0; object && i < PHASES; i++) {
            cost found = evaluate(m, l, &phases[i]);
            if (found.ms > 0)
                json_object_set_new(object, phases[i].name,
                                    phase_json(&found));
        }
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *profile_json(const measurement *m)
{
    const measure_profile *p = &m->profile;
    return json_pack("{s:f,s:f,s:f,s:f,s:f,s:o}", "roof_gops", peak_gops(p),
                     "cache_gigabytes_per_second",
                     1e-9 * (double)p->near.bytes,
                     "state_gigabytes_per_second",
                     1e-9 * (double)p->state.bytes, "load_ms", load_ms(p),
                     "all_ms", all_ms(m), "layers", layers_json(m));
}

int costs_json(const measurement *m)
{
    figures f;
    char topology[SG_RECIPE_TEXT];
    sg_network_info info;
    const sg_network *net = sg_trainer_network(m->trainer);
    sg_network_get_info(net, &info);
    metrics_figures(net, sg_trainer_metrics(m->trainer), &f);
    json_t *object =
        json_pack("{s:f,s:f,s:o,s:o,s:s,s:I,s:I,s:I,s:I,s:I}",
                  "train_samples_per_second", m->train.median,
                  "infer_samples_per_second", m->infer.median, "train_rounds",
                  rates_json(m, &m->train), "infer_rounds",
                  rates_json(m, &m->infer), "isa", sg_kernel_table(),
                  "threads", (json_int_t)m->threads, "batch",
                  (json_int_t)recipe_number(info.recipe, "batch"),
                  "weight_bits", (json_int_t)bits_of(&info), "memory_bytes",
                  (json_int_t)sg_trainer_memory(m->trainer), "peak_rss_bytes",
                  (json_int_t)m->peak_bytes);
    if (object && m->device)
        json_object_set_new(object, "device", json_string(m->device));
    json_t *state =
        json_pack("{s:s,s:o,s:I,s:I,s:f,s:f,s:f,s:f}", "net",
                  recipe_text(info.recipe, "net", topology), "data",
                  output_text(sg_data_get_info(m->data)->name), "step",
                  (json_int_t)info.step, "epoch",
                  (json_int_t)epoch_of(m, &info), "spikes_per_neuron",
                  f.spikes, "error_senders", f.senders / 100,
                  "forward_ops_per_mac", f.forward, "backward_ops_per_mac",
                  f.backward);
    if (object && json_object_update_new(object, state) == 0 && m->layers)
        json_object_update_new(object, profile_json(m));
    return output_json(stdout, "standard output", object);
}
