/* spikegrad info: topology, thresholds, numbers and bounds of a model. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/base/metrics.h"
#include "cli/base/model.h"
#include "cli/base/output.h"
#include "cli/base/recipefile.h"
#include "cli/commands.h"

struct options {
    uint64_t threads;
    bool json, best;
};

static const arg_flag own_flags[] = {
    {"threads", ARG_NUMBER, offsetof(struct options, threads), "N", NULL,
     "for which the memory of training is given (default: one a processor)", 1,
     256},
    {"best", ARG_SWITCH, offsetof(struct options, best), NULL, NULL,
     MODEL_BEST_HELP, 0, 0},
    {"json", ARG_SWITCH, offsetof(struct options, json), NULL, NULL,
     "one JSON line on stdout instead of tables", 0, 0},
};

static int info(int argc, char **argv);

const arg_command command_info = {
    .name = "info",
    .summary = "what a model is made of and how it came to be",
    .usage = "MODEL [options]",
    .operands = "MODEL",
    .text = "Topology, neurons, synapses, thresholds, number formats and "
            "accumulator bounds of a model, what it was trained with, and the "
            "memory training it takes. MODEL is a checkpoint or a run "
            "directory.",
    .group = {ARG_OWN(own_flags)},
    .operand_min = 1,
    .operand_max = 1,
    .run = info,
};

/* Share of what an int32 accumulator holds. */
static double share(int64_t bound)
{
    return 100.0 * (double)bound / 2147483648.0;
}

/* Thresholds that are others in use: behind dropouts. */
static void print_use(const sg_network *net, size_t layers)
{
    sg_layer_info l;
    for (size_t i = 0; i < layers; i++)
        if (sg_network_get_layer(net, i, &l) == SG_OK &&
            l.theta_in_use != l.theta)
            printf("   outside of training, theta and bias of layer %zu are "
                   "%" PRId32 " times as large\n",
                   i, l.theta_in_use / l.theta);
}

static void print_layers(const sg_network *net, size_t layers)
{
    sg_layer_info l;
    char in[METRICS_SHAPE], out[METRICS_SHAPE];

    printf("%2s %-9s %-12s %-10s %-10s %8s %9s %9s\n", "", "layer", "kind",
           "in", "out", "neurons", "synapses", "MACs");
    for (size_t i = 0; i < layers; i++) {
        if (sg_network_get_layer(net, i, &l) != SG_OK)
            continue;
        printf("%2zu %-9s %-12s %-10s %-10s %8" PRIu64 " %9" PRIu64
               " %9" PRIu64 "\n",
               i, l.name, sg_layer_kind_name(l.kind), metrics_shape(l.in, in),
               metrics_shape(l.out, out), l.neurons, l.synapses, l.dense_macs);
    }
    printf("\n%2s %-9s %7s %9s %8s %8s %14s %14s\n", "", "layer", "theta",
           "phi", "|w| <=", "count <=", "charge bound", "error bound");
    for (size_t i = 0; i < layers; i++) {
        if (sg_network_get_layer(net, i, &l) != SG_OK || l.synapses == 0)
            continue;
        printf("%2zu %-9s   2^%-3" PRId32 " %9" PRId32 " %8" PRId32 " ", i,
               l.name, l.fraction_bits, l.phi, l.weight_limit);
        if (i + 1 < layers)
            printf("%8" PRId32, l.count_cap);
        else
            printf("%8s", "-"); /* the last layer does not fire */
        printf(" %12.4f %% %12.4f %%\n", share(l.charge_bound),
               share(l.error_bound));
    }
    puts("   bounds: largest possible |charge|, and |error charge| into the "
         "layer below,\n   as a share of 2^31");
    print_use(net, layers);
}

static void print_recipe(const sg_recipe *recipe)
{
    size_t count;
    char text[SG_RECIPE_TEXT];
    const sg_recipe_option *option = sg_recipe_options(&count);
    for (size_t i = 0; i < count; i++) {
        if (sg_recipe_get(recipe, option[i].name, text, sizeof text) == SG_OK)
            clean_line(stdout, "  %-14s %s", option[i].name, text);
    }
}

/* The topology with its groups written out. */
static void print_expanded(const sg_network *net, size_t layers)
{
    sg_layer_info l;
    const char *between = "";
    for (size_t i = 0; i < layers; i++) {
        if (sg_network_get_layer(net, i, &l) != SG_OK ||
            l.kind == SG_LAYER_PROJECTION) /* of the addition's item */
            continue;
        printf("%s%s", between, l.name);
        between = "-";
    }
    puts("");
}

/* Names of the classes, some in a line. */
static void print_classes(const sg_network *net)
{
    char line[160] = "classes: ";
    size_t used = strlen(line), begin = used;
    const char *name;
    if (!sg_network_class_name(net, 0))
        return;
    for (uint32_t k = 0; (name = sg_network_class_name(net, k)); k++) {
        const size_t length = strlen(name);
        if (used > begin && used + length > 76) {
            clean_line(stdout, "%s", line);
            snprintf(line, sizeof line, "%*s", (int)begin, "");
            used = begin;
        }
        snprintf(line + used, sizeof line - used, "%s%.100s",
                 used > begin ? ", " : "", name);
        used = strlen(line);
    }
    clean_line(stdout, "%s", line);
    putchar('\n');
}

static void print_info(const sg_network *net, unsigned threads)
{
    char shape[METRICS_SHAPE];
    sg_network_info info;

    sg_network_get_info(net, &info);
    printf("input %s, %u classes, %zu layers\n%" PRIu64 " neurons, %" PRIu64
           " synapses, %" PRIu64 " multiply-adds as an ANN\n\n",
           metrics_shape(info.input, shape), info.classes, info.layers,
           info.neurons, info.synapses, info.dense_macs);
    print_expanded(net, info.layers);
    puts("");
    print_layers(net, info.layers);
    putchar('\n');
    print_classes(net);
    clean_line(stdout,
               "trained on %s: %" PRIu32 " of %" PRIu32 " epochs, %" PRIu64
               " steps, with",
               *info.data ? info.data : "unknown data", info.epoch,
               info.epochs, info.step);
    print_recipe(info.recipe);
    printf("\nmemory for training at batch %" PRId32 " with %u thread%s: "
           "%.1f MiB, and the images\n",
           (int32_t)recipe_number(info.recipe, "batch"), threads,
           threads == 1 ? "" : "s",
           (double)sg_network_training_memory(net, threads) / 1048576.0);
}

static json_t *layer_json(const sg_network *net, size_t i)
{
    sg_layer_info l;
    if (sg_network_get_layer(net, i, &l) != SG_OK)
        return NULL;
    return json_pack(
        "{s:s,s:s,s:[i,i,i],s:[i,i,i],s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
        "name", l.name, "kind", sg_layer_kind_name(l.kind), "in",
        (int)l.in.height, (int)l.in.width, (int)l.in.channels, "out",
        (int)l.out.height, (int)l.out.width, (int)l.out.channels, "neurons",
        (json_int_t)l.neurons, "synapses", (json_int_t)l.synapses,
        "dense_macs", (json_int_t)l.dense_macs, "count_cap",
        (json_int_t)l.count_cap, "theta", (json_int_t)l.theta, "theta_in_use",
        (json_int_t)l.theta_in_use, "phi", (json_int_t)l.phi, "weight_limit",
        (json_int_t)l.weight_limit, "charge_bound", (json_int_t)l.charge_bound,
        "error_bound", (json_int_t)l.error_bound);
}

static json_t *recipe_json(const sg_recipe *recipe)
{
    size_t count;
    char text[SG_RECIPE_TEXT];
    const sg_recipe_option *option = sg_recipe_options(&count);
    json_t *object = json_object();
    for (size_t i = 0; object && i < count; i++) {
        if (sg_recipe_get(recipe, option[i].name, text, sizeof text) == SG_OK)
            json_object_set_new(object, option[i].name, json_string(text));
    }
    return object;
}

static int print_json(const sg_network *net, unsigned threads)
{
    sg_network_info info;
    json_t *layers = json_array();

    sg_network_get_info(net, &info);
    for (size_t i = 0; layers && i < info.layers; i++)
        json_array_append_new(layers, layer_json(net, i));
    return output_json(
        stdout, "standard output",
        json_pack(
            "{s:[i,i,i],s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:o}",
            "input", (int)info.input.height, (int)info.input.width,
            (int)info.input.channels, "classes", (json_int_t)info.classes,
            "neurons", (json_int_t)info.neurons, "synapses",
            (json_int_t)info.synapses, "dense_macs",
            (json_int_t)info.dense_macs, "epoch", (json_int_t)info.epoch,
            "planned_epochs", (json_int_t)info.epochs, "step",
            (json_int_t)info.step, "training_memory_bytes",
            (json_int_t)sg_network_training_memory(net, threads), "threads",
            (json_int_t)threads, "data", output_text(info.data), "layers",
            layers, "recipe", recipe_json(info.recipe)));
}

static int info(int argc, char **argv)
{
    struct options options = {0};
    arg_rest rest;
    sg_network *net;
    int code = args_parse(&command_info, argc, argv, &options, &rest);

    if (code >= 0)
        return code;
    if ((code = model_load("info", rest.operand[0], options.best, &net)) !=
        CLI_OK)
        return code;
    if (options.json)
        code = print_json(net, cli_threads(options.threads));
    else
        print_info(net, cli_threads(options.threads));
    sg_network_destroy(net);
    return code;
}
